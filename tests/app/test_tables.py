"""Tables on values."""

from app.tables import measures, settings_table


def test_measures_stand_beside_their_floor():
    meta = {
        "lanes": [{"name": "gp", "label": "GP"}],
        "metrics": {
            "gp": {"w1": {"value": 0.31, "floor": 0.12, "label": "Exact W1", "unit": "length"}}
        },
    }
    assert measures(meta).to_dict("records") == [
        {
            "Lane": "GP",
            "Measure": "Exact W1",
            "Value": 0.31,
            "Real samples score": 0.12,
            "Unit": "length",
        }
    ]
    assert measures({"lanes": [], "metrics": {}}).empty


def test_a_measure_without_a_floor_leaves_its_cell_empty():
    nll = {"value": 81.3, "floor": None, "label": "−log p(x)", "unit": "nats"}
    lanes = [{"name": "vae", "label": "VAE"}]
    table = measures({"lanes": lanes, "metrics": {"vae": {"nll": nll}}})
    assert table["Value"].tolist() == [81.3]
    assert table["Real samples score"].isna().all()
    assert table["Real samples score"].dtype == float, "a column of None is no column of numbers"


def test_settings_stand_one_column_a_lane():
    meta = {
        "lanes": [
            {
                "label": "Clip",
                "settings": {"clip": 0.01},
                "ranges": {"clip": {"symbol": "c"}},
            },
            {"label": "GP", "settings": {"penalty": 10.0}, "ranges": {}},
        ]
    }
    table = settings_table(meta)
    assert table.loc["clip c", "Clip"] == "0.01" and table.loc["penalty", "GP"] == "10"
    assert table.loc["clip c", "GP"] == ""
