"""What a flow over pictures shows: against the flow itself, and against what it must meet."""

import numpy as np
import pytest
import torch

from gen_core.errors import ProbeError
from gen_core.exploration.arrays import as_bytes
from gen_core.exploration.base import View, probes, run_probe
from gen_core.exploration.flow_manifold import on_manifold
from gen_core.recipes.base import make
from gen_core.training.loop import TrainingState
from gen_core.training.seeding import normal

NAMES = {
    *("flow_pictures", "flow_manifold", "manifold_point", "anchor_candidates"),
    *("compression", "extrapolation"),
}


@pytest.fixture
def view():
    known = {"width": 4, "norm": "batch", "batch_norm": False}
    recipe = make("realnvp_images", "digits", known)
    state = TrainingState.start(recipe, 7)
    with torch.no_grad():
        for parameter in state.models["flow"].parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
        for name, buffer in state.models["flow"].named_buffers():
            buffer.uniform_(0.5, 2.0) if "var" in name else buffer.normal_(0, 0.2)
    return View.of(state)


def digits(view, *indices):
    x = view.recipe.dataset().pictures("test", 0, max(indices) + 1)
    return as_bytes(x[list(indices)])


def test_samples_are_the_flows_at_a_temperature(view):
    flow = view.models["flow"].eval()
    made = run_probe(view, "flow_pictures", {"n": 4, "temperature": 0.5})["images"]
    z = 0.5 * normal((4, 1, 8, 8), 7, "flow pictures", 0)
    with torch.no_grad():
        np.testing.assert_array_equal(made, as_bytes(flow.sample(z)))
    cold = run_probe(view, "flow_pictures", {"n": 4, "temperature": 0})["images"]
    assert (cold == cold[0]).all() and not (made == made[0]).all()
    other = run_probe(view, "flow_pictures", {"n": 4, "temperature": 0.5, "index": 1})["images"]
    assert not np.array_equal(other, made)


def test_the_manifold_meets_its_four_pictures(view):
    """At angles (a, b) of 0 and a quarter turn, for any count of angles that has a quarter."""
    anchors = {"anchor_1": 5, "anchor_2": 0, "anchor_3": 9, "anchor_4": 2}
    for side in (4, 8):
        made = run_probe(view, "flow_manifold", {**anchors, "side": side})
        np.testing.assert_array_equal(made["anchors"], digits(view, 5, 0, 9, 2))
        sheet, quarter = made["images"].reshape(side, side, 8, 8), side // 4  # b, a
        met = sheet[0, 0], sheet[quarter, 0], sheet[0, quarter], sheet[quarter, quarter]
        np.testing.assert_array_equal(np.stack(met), made["anchors"])
        turn = made["angles"].reshape(side, side, 2)[quarter, 0]
        np.testing.assert_allclose(turn, [0, np.pi / 2], atol=1e-6)


def test_halfway_between_two_pictures_is_equation_14(view):
    flow = view.models["flow"].eval()
    made = run_probe(view, "flow_manifold", {"side": 8})["images"].reshape(8, 8, 8, 8)
    with torch.no_grad():
        z = flow.latents(view.recipe.dataset().pictures("test", 0, 4))
        first, across = flow.sample(torch.stack((z[0] + z[1], z.sum(0))) / 2**0.5).unbind()
        all_four = flow.sample(z.sum(0, keepdim=True) / 2)
    np.testing.assert_array_equal(made[1, 0], as_bytes(first[None])[0])
    np.testing.assert_array_equal(made[1, 1], as_bytes(all_four)[0])
    assert not np.array_equal(made[1, 1], as_bytes(across[None])[0])


def test_a_quarter_of_the_circles_has_its_four_pictures_at_the_corners(view):
    anchors = {"anchor_1": 5, "anchor_2": 0, "anchor_3": 9, "anchor_4": 2}
    made = run_probe(view, "flow_manifold", {**anchors, "side": 3, "quarter": True})
    sheet = made["images"].reshape(3, 3, 8, 8)
    met = sheet[0, 0], sheet[2, 0], sheet[0, 2], sheet[2, 2]
    np.testing.assert_array_equal(np.stack(met), digits(view, 5, 0, 9, 2))
    np.testing.assert_allclose(made["angles"][-1], [np.pi / 2, np.pi / 2], atol=1e-6)


def test_a_point_of_the_manifold_is_the_sheets_picture_there(view):
    anchors = {"anchor_1": 5, "anchor_2": 0, "anchor_3": 9, "anchor_4": 2}
    sheet = run_probe(view, "flow_manifold", anchors)["images"].reshape(8, 8, 8, 8)
    point = run_probe(view, "manifold_point", {**anchors, "a": 135, "b": 315})
    np.testing.assert_array_equal(point["images"][0], sheet[7, 3])
    half = np.float32(0.5)
    np.testing.assert_allclose(point["shares"], [-half, half, half, -half], atol=1e-6)


def test_candidates_are_test_pictures_and_end_where_those_end(view):
    made = run_probe(view, "anchor_candidates", {"n": 5, "start": 2})
    np.testing.assert_array_equal(made["images"], digits(view, 2, 3, 4, 5, 6))
    assert made["index"].tolist() == [2, 3, 4, 5, 6]
    last = run_probe(view, "anchor_candidates", {"n": 5, "start": 9999})
    assert last["index"].tolist() == [359] and last["images"].shape == (1, 8, 8)
    beyond = run_probe(view, "flow_manifold", {"anchor_1": 9999})["anchors"]
    np.testing.assert_array_equal(beyond[:1], last["images"])


@pytest.mark.parametrize(
    ("probe", "name", "value"),
    [
        ("flow_manifold", "anchor_1", -1),
        ("flow_manifold", "anchor_4", 10_000),
        ("flow_manifold", "anchor_2", 0.5),
        ("manifold_point", "anchor_3", "nan"),
        ("manifold_point", "a", 361),
        ("manifold_point", "b", "nan"),
        ("anchor_candidates", "start", -1),
        ("extrapolation", "times", 11),
        ("flow_pictures", "temperature", "nan"),
    ],
)
def test_settings_out_of_range_are_refused_by_name(view, probe, name, value):
    with pytest.raises(ProbeError, match=name):
        run_probe(view, probe, {name: value})


def test_the_manifold_keeps_to_the_sphere_and_turns_signs_after_half_a_turn():
    z = torch.eye(4).double()
    turns = torch.arange(8).double() * (torch.pi / 4)
    angles = torch.cartesian_prod(turns, turns)
    points = on_manifold(z, angles)
    torch.testing.assert_close(points.norm(dim=1), torch.ones(64).double())
    half = angles + torch.tensor([torch.pi, 0.0]).double()
    torch.testing.assert_close(on_manifold(z, half), -points)


def test_compression_starts_with_the_pictures_and_halves_what_is_kept(view):
    made = run_probe(view, "compression", {"n": 3, "start": 2})
    assert made["keep"].tolist() == [100, 50, 25, 12.5, 6.25]
    columns = made["images"].reshape(3, 5, 8, 8)
    np.testing.assert_array_equal(columns[:, 0], digits(view, 2, 3, 4))
    apart = np.abs(columns - columns[:, :1].astype(float)).mean((0, 2, 3))
    assert apart[0] == 0 < apart[1] < apart[4]
    other = run_probe(view, "compression", {"n": 3, "start": 2, "index": 1})["images"]
    assert not np.array_equal(other.reshape(3, 5, 8, 8)[:, 1], columns[:, 1])


def test_the_last_column_keeps_the_share_asked_for(view):
    assert run_probe(view, "compression", {"keep": 30})["keep"].tolist() == [100, 50, 30]
    assert run_probe(view, "compression", {"keep": 100})["keep"].tolist() == [100]


@pytest.mark.parametrize("keep", [0, -1, 101, "nan", "some"])
def test_a_share_out_of_range_is_refused(view, keep):
    with pytest.raises(ProbeError, match="keep"):
        run_probe(view, "compression", {"keep": keep})


def test_extrapolation_draws_at_a_multiple_of_the_size(view):
    made = run_probe(view, "extrapolation", {"n": 2, "times": 3})["images"]
    assert made.shape == (2, 24, 24)
    same = run_probe(view, "extrapolation", {"n": 2, "times": 1})["images"]
    np.testing.assert_array_equal(same, run_probe(view, "flow_pictures", {"n": 2})["images"])


def test_coloured_pictures_keep_their_channels():
    recipe = make("realnvp_images", "rooms-16", {"width": 2, "blocks": 0})
    view = View.of(TrainingState.start(recipe, 7))
    assert run_probe(view, "flow_pictures", {"n": 2})["images"].shape == (2, 16, 16, 3)
    assert run_probe(view, "extrapolation", {"n": 1})["images"].shape == (1, 32, 32, 3)
    made = run_probe(view, "flow_manifold", {"side": 4})
    assert made["images"].shape == (16, 16, 16, 3) and made["anchors"].shape == (4, 16, 16, 3)


def test_they_suit_flows_over_pictures_alone():
    flow, plane, vae = make("realnvp_images"), make("realnvp"), make("vae")
    suiting = {name for name, found in probes().items() if found.suits(flow)}
    assert suiting >= NAMES
    alone = NAMES - {"anchor_candidates"}  # walks through any latent space begin at pictures
    for other in (plane, vae):
        assert not alone & {name for name, found in probes().items() if found.suits(other)}


def test_watching_leaves_running_averages_alone(view):
    flow = view.models["flow"].train()
    before = {name: value.clone() for name, value in flow.state_dict().items()}
    for name in NAMES:
        run_probe(view, name)
    assert all(torch.equal(value, before[name]) for name, value in flow.state_dict().items())
    assert all(part.training for part in flow.modules())
