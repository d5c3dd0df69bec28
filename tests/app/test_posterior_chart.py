"""The chart of posteriors: means over runs, and the paper's numbers where the data are its own."""

import json
from pathlib import Path

from app.posterior_chart import posterior_chart, posterior_points, sweep_caption

SHIPPED = Path(__file__).parents[2] / "checkpoints" / "iaf"


def kept(folder, data="digits"):
    runs = [("diagonal", 0, -90, -85), ("diagonal", 1, -92, -87), ("iaf:2x320", 0, -84, -81)]
    points = [
        {
            "posterior": name,
            "seed": seed,
            "vlb": vlb,
            "vlb_error": 0.5,
            "log_p": log_p,
            "log_p_error": 0.25,
        }
        for name, seed, vlb, log_p in runs
    ]
    points[-1] |= {"gap": 6.0, "gap_error": 0.125}
    path = folder / f"{data}.json"
    said = {"command": "python -m gen_core.posterior_sweep", "rounds": 30, "samples": 8}
    said |= {"pictures": 500}
    path.write_text(json.dumps({**said, "data": data, "points": points}))
    return path


def cells(path):
    rows = posterior_points(path).to_dict("records")
    return {(row["from"], row["posterior"], row["quantity"]): row["nats"] for row in rows}


def test_runs_are_averaged_and_the_paper_stands_beside_its_own_data_alone(tmp_path):
    own = cells(kept(tmp_path))
    assert own["here", "diagonal", "bound"] == -91 and own["here", "diagonal", "log p(x)"] == -86
    assert {source for source, _, _ in own} == {"here"}
    beside = cells(kept(tmp_path, "mnist-binary"))
    assert beside["paper", "diagonal", "bound"] == -84.08
    assert beside["paper", "iaf:8x1920", "log p(x)"] == -79.10
    assert "Table 1" in sweep_caption(kept(tmp_path, "mnist-binary"))
    assert "Table 1" not in sweep_caption(kept(tmp_path))
    assert "means of 2 trainings each" in sweep_caption(kept(tmp_path))


def test_errors_are_kept_and_the_paper_has_none(tmp_path):
    points = posterior_points(kept(tmp_path, "mnist-binary"))
    here = points[points["from"] == "here"]
    assert set(here["error"][here["quantity"] == "bound"]) == {0.5}
    assert set(here["error"][here["quantity"] == "log p(x)"]) == {0.25}
    assert points["error"][points["from"] == "paper"].isna().all()


def test_the_caption_says_on_how_many_pictures_and_how_far_above_the_diagonal(tmp_path):
    said = sweep_caption(kept(tmp_path))
    assert "500 test pictures, 30 updates" in said
    assert "iaf:2x320 +6.00 ± 0.12" in said and "diagonal +" not in said


def test_the_chart_has_a_row_for_each_posterior_with_bars_where_errors_are_known(tmp_path):
    spec = posterior_chart(kept(tmp_path, "mnist-binary")).to_dict()
    assert [layer["mark"]["type"] for layer in spec["layer"]] == ["line", "rule", "point"]
    (bars,) = (spec["datasets"][layer["data"]["name"]] for layer in spec["layer"][1:2])
    assert {row["from"] for row in bars} == {"here"} and len(bars) == 4
    spec = posterior_chart(kept(tmp_path)).to_dict()
    assert spec["layer"][0]["encoding"]["y"]["sort"] == ["diagonal", "iaf:2x320"]


def test_a_shipped_sweep_tells_how_it_was_made_and_bounds_every_likelihood():
    for path in SHIPPED.glob("posteriors-*.json"):
        points, command = cells(path), json.loads(path.read_text())["command"]
        names = {name for source, name, _ in points if source == "here"}
        assert "diagonal" in names and any(name.startswith("iaf:") for name in names)
        assert "linear" in names or path.stem == "posteriors-mnist", "two, for longer"
        for name in names:
            assert f"--posterior {name}" in command
            assert points["here", name, "bound"] < points["here", name, "log p(x)"]
