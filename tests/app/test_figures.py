"""Figures on values: what is drawn is what the arrays hold."""

import numpy as np
import pytest

from app.colormap import color_table
from app.figures import (
    COLORS,
    LaneArrays,
    gradient_lines,
    histograms,
    surfaces,
)

RAMP = np.arange(12, dtype=np.float32).reshape(3, 4)  # rises with y, then with x
EXTENT = np.array([-2, 2, -1, 1], np.float32)


def _lane(name, color, scale):
    return LaneArrays(
        name,
        name.upper(),
        color,
        {
            "surface/values": RAMP * scale,
            "surface/extent": EXTENT,
            "samples/real": np.array([[0.5, -0.5]], np.float32),
            "weight_histogram/counts": np.array([1, 3], np.int32),
            "weight_histogram/edges": np.array([-1, 0, 1], np.float32) * scale,
            "layer_gradients/log10_norm": np.array([-2.0, -1.0, 0.0], np.float32) * scale,
        },
    )


LANES = [_lane("clip", "clip", 0.1), _lane("gp", "gp", 1.0)]


def test_surface_keeps_its_orientation_and_extent():
    first = surfaces(LANES).data[0]
    np.testing.assert_allclose(first.x, np.linspace(-2, 2, 4), rtol=1e-6)
    np.testing.assert_allclose(first.y, np.linspace(-1, 1, 3), rtol=1e-6)
    np.testing.assert_allclose(first.z, RAMP * np.float32(0.1))
    assert first.z[2][0] > first.z[0][3]  # row 2 is the highest y


def test_lanes_share_one_scale_unless_told_otherwise():
    shared = [trace for trace in surfaces(LANES).data if trace.type == "surface"]
    assert {(trace.cmin, trace.cmax) for trace in shared} == {(0.0, 11.0)}
    own = [trace for trace in surfaces(LANES, shared=False).data if trace.type == "surface"]
    np.testing.assert_allclose([trace.cmax for trace in own], [1.1, 11.0], rtol=1e-6)


def test_real_points_lie_on_the_surface_in_orange():
    points = surfaces(LANES[1:]).data[1]
    assert points.marker.color == COLORS["real"]
    assert (points.x[0], points.y[0]) == (0.5, -0.5)
    # x = 0.5 is column 1.875, y = -0.5 is row 0.5; the ramp is 4 * row + column; 1 % above it
    assert points.z[0] == pytest.approx(4 * 0.5 + 1.875 + 0.01 * 11)


def test_a_flat_surface_and_one_with_gaps_still_have_a_range():
    flat = LaneArrays("a", "A", "clip", {"surface/values": RAMP * 0, "surface/extent": EXTENT})
    assert (surfaces([flat]).data[0].cmin, surfaces([flat]).data[0].cmax) == (-0.5, 0.5)
    broken = np.where(RAMP == 11, np.nan, RAMP)
    gaps = LaneArrays("a", "A", "clip", {"surface/values": broken, "surface/extent": EXTENT})
    assert surfaces([gaps]).data[0].cmax == 10.0


def test_a_density_is_drawn_from_its_logarithm():
    maps = {"density/values": np.log(RAMP + 1), "density/extent": EXTENT}
    figure = surfaces([LaneArrays("nvp", "Real NVP", "gp", maps)])
    np.testing.assert_allclose(figure.data[0].z, RAMP + 1, rtol=1e-6)
    assert figure.layout.scene.zaxis.title.text == "p(x)"
    assert surfaces(LANES).layout.scene.zaxis.title.text == "f(x)"


def test_no_surface_is_said():
    with pytest.raises(ValueError, match="Expected a lane with a surface, got none"):
        surfaces([LaneArrays("a", "A", "clip", {})])


def test_histograms_hold_shares_on_each_lanes_own_range():
    chart = histograms(LANES, "weight_histogram", x_title="Weight").to_dict()
    data = list(chart["datasets"].values())
    assert [[row["share"] for row in rows] for rows in data] == [[0.25, 0.75]] * 2
    assert [rows[0]["from"] for rows in data] == pytest.approx([-0.1, -1.0])
    assert [part["mark"]["color"] for part in chart["vconcat"]] == [COLORS["clip"], COLORS["gp"]]


def test_gradient_lines_count_layers_from_the_input():
    chart = gradient_lines(LANES).to_dict()
    rows = next(iter(chart["datasets"].values()))
    found = {(row["lane"], row["layer"]): row["log10_norm"] for row in rows}
    assert found["GP", 1] == -2.0 and found["GP", 3] == 0.0
    assert chart["encoding"]["x"]["sort"] == "descending"
    assert chart["encoding"]["color"]["scale"]["range"] == [COLORS["clip"], COLORS["gp"]]


@pytest.mark.parametrize("name", ["dawn", "dusk"])
def test_colour_maps_rise_evenly_in_lightness(name):
    rgb = color_table(name).astype(float) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    lightness = np.cbrt(linear @ np.array([0.2126, 0.7152, 0.0722]))
    assert (np.diff(lightness) >= 0).mean() > 0.97
    steps = np.diff(lightness[::51])  # 255 = 5 * 51
    assert np.ptp(steps) < 0.2 * steps.mean()
