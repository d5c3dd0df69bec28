"""What flows show: the density, volumes and stages, against the flow itself."""

import numpy as np
import pytest
import torch

from gen_core.exploration.base import View, probes, run_probe
from gen_core.exploration.plane import fixed_draws
from gen_core.recipes.base import make
from gen_core.training.loop import TrainingState

SIZE = {"couplings": 5, "width": 8}


@pytest.fixture
def view():
    state = TrainingState.start(make("realnvp", "", SIZE), 7)
    with torch.no_grad():
        for parameter in state.models["flow"].parameters():
            parameter.normal_(0, 0.5)
    return View.of(state)


def nodes(extent, size):
    x0, x1, y0, y1 = extent
    x, y = np.meshgrid(np.linspace(x0, x1, size), np.linspace(y0, y1, size))
    return torch.tensor(np.stack([x.ravel(), y.ravel()], 1), dtype=torch.float32)


def test_the_density_is_the_models_and_ends_at_its_floor(view):
    made = run_probe(view, "density", {"floor": 1000}, size=40)
    assert made["extent"].tolist() == list(view.recipe.dataset().extent)
    with torch.no_grad():
        expected = view.models["flow"].log_prob(nodes(made["extent"], 40)).reshape(40, 40)
    np.testing.assert_allclose(made["values"], expected, rtol=1e-4, atol=1e-3)
    cut = run_probe(view, "density", {"floor": 2}, size=40)["values"]
    np.testing.assert_allclose(cut, np.maximum(made["values"], made["values"].max() - 2))


@pytest.mark.parametrize("layer", [0, 1, 3, 5, 9])
def test_volumes_are_those_of_so_many_layers(view, layer):
    made = run_probe(view, "log_det_map", {"layer": layer}, size=9)
    with torch.no_grad():
        stages = list(view.models["flow"].stages(nodes(made["extent"], 9)))
    expected = stages[layer if 0 < layer < 5 else 5][1].reshape(9, 9)
    np.testing.assert_allclose(made["values"], expected, atol=1e-5)
    assert made["values"].std() > 0


def test_stages_start_at_the_fixed_points_and_end_at_the_flows(view):
    made = run_probe(view, "flow_stages", {"n": 20, "lines": 3, "nodes": 4})
    flow, (real, noise) = view.models["flow"], fixed_draws(view, 20)
    assert made["layer"].tolist() == [0, 1, 2, 3, 4, 5]
    assert made["data"].shape == made["latent"].shape == (6, 20, 2)
    assert made["data_lines"].shape == made["latent_lines"].shape == (6, 6, 4, 2)
    np.testing.assert_array_equal(made["data"][0], real)
    np.testing.assert_array_equal(made["latent"][0], noise)
    with torch.no_grad():
        (z, log_det), (x, back) = flow.layers(real), flow.layers.inverse(noise)
    np.testing.assert_allclose(made["data"][-1], z, atol=1e-4)
    np.testing.assert_allclose(made["latent"][-1], x, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(made["data_log_det"][-1], log_det, atol=1e-4)
    np.testing.assert_allclose(made["latent_log_det"][-1], back, atol=1e-3)
    assert not made["data_log_det"][0].any()


def test_lines_are_straight_at_first_and_cover_the_window(view):
    made = run_probe(view, "flow_stages", {"lines": 3, "nodes": 5})
    x0, x1, y0, y1 = made["extent"]
    upright, level = made["data_lines"][0][:3], made["data_lines"][0][3:]
    np.testing.assert_allclose(upright[:, :, 0], np.repeat([[x0], [0], [x1]], 5, 1), atol=1e-6)
    np.testing.assert_allclose(level[:, :, 1], np.repeat([[y0], [0], [y1]], 5, 1), atol=1e-6)
    assert upright[:, 0, 1].tolist() == [y0] * 3 and level[:, -1, 0].tolist() == [x1] * 3


def test_long_chains_are_thinned_with_both_ends():
    state = TrainingState.start(make("planar", "", {"steps": 40}), 7)
    made = run_probe(View.of(state), "flow_stages", {"stages": 6, "n": 16})
    assert made["layer"].tolist() == [0, 8, 16, 24, 32, 40]
    assert len(made["data"]) == len(made["latent_lines"]) == 6


def test_a_critics_probes_do_not_suit_a_flow_and_a_flows_no_critic():
    flow, game = make("realnvp"), make("wgan")
    suiting = {name for name, found in probes().items() if found.suits(flow)}
    of_flows = {"density", "flow_stages", "log_det_map"}
    assert suiting == of_flows | {"noise_walk", "samples", "weight_histogram"}
    shared = {name for name in suiting if probes()[name].suits(game)}
    assert shared == {"noise_walk", "samples", "weight_histogram"}


def test_watching_looks_at_running_averages_and_leaves_them():
    state = TrainingState.start(make("realnvp", "plane-batchnorm", SIZE), 7)
    before = {key: value.clone() for key, value in state.models["flow"].named_buffers()}
    run_probe(View.of(state), "flow_stages")
    for key, value in state.models["flow"].named_buffers():
        assert torch.equal(value, before[key])
    assert state.models["flow"].training
