"""The contract of probes: names, settings, keys, array types, slices and errors."""

import re

import numpy as np
import pytest
import torch

from gen_core.errors import ProbeError
from gen_core.exploration.base import View, probe, probe_key, probe_slices, probes, run_probe
from gen_core.recipes.settings import Setting

NAMES = {
    "gradient_arrows",
    "gradient_norm",
    "layer_gradients",
    "parallel_lines",
    "samples",
    "slopes",
    "surface",
    "weight_histogram",
}


def test_every_probe_is_found_and_described():
    assert NAMES <= probes().keys()
    for name, found in probes().items():
        assert found.name == name and found.doc.endswith("."), name
        for key, item in found.settings.items():
            assert item.source, f"{name}.{key} says where its number comes from"
            assert item.parse(key, item.default) == item.default


def test_keys_mean_settings():
    assert probe_key("samples") == probe_key("samples", {}) == "samples"
    assert probe_key("samples", {"n": 512}) == probe_key("samples", {"n": "512"}) == "samples"
    short = probe_key("samples", {"n": 64})
    assert re.fullmatch(r"samples@[0-9a-f]{8}", short)
    assert short == probe_key("samples", {"n": "64"}) != probe_key("samples", {"n": 65})
    both = {"bins": 10, "top": 1.0}
    assert probe_key("slopes", both) == probe_key("slopes", dict(reversed(both.items())))


@pytest.mark.parametrize(
    ("name", "settings", "size", "message"),
    [
        ("surfaces", {}, 64, "Expected a probe .*surface.*got 'surfaces'"),
        ("samples", {"m": 3}, 64, r"a setting of the probe samples \(n\), got 'm'"),
        ("samples", {"n": 3}, 64, "a whole number from 16 to 1024 for n, got 3"),
        ("samples", {"n": "many"}, 64, "got 'many'"),
        ("slopes", {"top": 0.0}, 64, "a number from 0.01 to 1000 for top, got 0.0"),
        ("surface", {}, 1, "a size from 2 to 512, got 1"),
        ("surface", {}, 100_000, "a size from 2 to 512"),
        ("surface", {}, 64.0, "a size from 2 to 512"),
    ],
)
def test_bad_requests_say_what_is_wrong(name, settings, size, message, network_view):
    with pytest.raises(ProbeError, match=message):
        run_probe(network_view, name, settings, size)


def test_a_recipe_that_does_not_suit(plane_without_game):
    view = View(plane_without_game, 0, torch.device("cpu"), 0, {})
    assert not probes()["surface"].suits(plane_without_game)
    with pytest.raises(ProbeError, match="a recipe that the probe surface can show, got object"):
        run_probe(view, "surface")


def test_a_lane_without_critic(network_view):
    view = View(network_view.recipe, 0, network_view.device, 0, {"encoder": torch.nn.Identity()})
    with pytest.raises(ProbeError, match="a model named critic or discriminator, got encoder"):
        run_probe(view, "surface")


def test_a_failing_probe_is_named_and_leaves_nothing(network_view, own_probes):
    @probe("breaks")
    def breaks(view, settings, size):
        """Break."""
        view.models["critic"].eval()
        torch.nn.init.zeros_(view.models["critic"].layers[0].weight)
        raise RuntimeError("no such layer")

    critic = network_view.models["critic"]
    weight, state = critic.layers[0].weight.clone(), torch.get_rng_state()
    with pytest.raises(ProbeError, match="the probe breaks .* RuntimeError: no such layer"):
        run_probe(network_view, "breaks")
    assert torch.equal(critic.layers[0].weight, weight) and critic.training
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (torch.zeros(2), "named arrays of the probe odd, got Tensor"),
        ({}, "named arrays of the probe odd"),
        ({"a": torch.zeros(2)}, "odd/a as a contiguous numpy array .* got Tensor"),
        ({"a": np.zeros(2)}, "got ndarray float64"),
        ({"a": np.zeros((2, 3), np.float32).T}, "contiguous"),
        ({"a": [1.0]}, "got list"),
    ],
)
def test_arrays_are_checked(made, message, network_view, own_probes):
    @probe("odd")
    def odd(view, settings, size):
        """Return something."""
        return made

    with pytest.raises(ProbeError, match=message):
        run_probe(network_view, "odd")


def test_a_name_belongs_to_one_function(own_probes):
    with pytest.raises(ProbeError, match="a probe name of its own, got 'surface'"):

        @probe("surface")
        def other(view, settings, size):
            """Pretend."""


def declare_slow():
    @probe(
        "slowly",
        settings={"steps": Setting(4, "as many as a test needs", low=1, high=9)},
        slow=True,
    )
    def slowly(view, settings, size):
        """Watch the first weight for a few slices."""
        view.models["critic"].train()
        for i in range(settings["steps"]):
            torch.rand(1)
            weight = view.models["critic"].layers[0].weight.detach().numpy().copy()
            yield {"weight": weight, "progress": np.float32((i + 1) / settings["steps"])[...]}


def test_slow_probe_sees_one_moment(network_view, own_probes):
    """Training goes on between slices; the look stays at the t at which it was asked for."""
    declare_slow()
    weight = network_view.models["critic"].layers[0].weight
    asked = weight.detach().numpy().copy()
    state = torch.get_rng_state()
    seen = []
    for arrays in probe_slices(network_view, "slowly", {"steps": 3}):
        seen.append(arrays)
        assert torch.equal(torch.get_rng_state(), state)
        with torch.no_grad():
            weight.add_(1)
    assert [round(float(a["progress"]), 3) for a in seen] == [0.333, 0.667, 1.0]
    assert all(np.array_equal(a["weight"], asked) for a in seen)
    assert not np.array_equal(weight.detach().numpy(), asked)


def test_run_probe_takes_a_slow_probe_to_its_end(network_view, own_probes):
    declare_slow()
    assert float(run_probe(network_view, "slowly")["progress"]) == 1.0


def test_slow_probe_may_be_dropped(network_view, own_probes):
    declare_slow()
    slices = probe_slices(network_view, "slowly")
    next(slices)
    slices.close()
    assert len(list(probe_slices(network_view, "slowly"))) == 4


def test_slow_slices_need_progress(network_view, own_probes):
    @probe("silent", slow=True)
    def silent(view, settings, size):
        """Say nothing of progress."""
        yield {"a": np.zeros(1, np.float32)}

    with pytest.raises(ProbeError, match="a 0-d progress"):
        run_probe(network_view, "silent")


def test_bad_requests_fail_at_the_call(network_view):
    with pytest.raises(ProbeError):
        probe_slices(network_view, "samples", {"n": 0})
