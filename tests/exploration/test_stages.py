"""Slow motion shows the update that comes next: its points, its numbers, stage by stage."""

import dataclasses
import itertools
from dataclasses import dataclass, field

import numpy as np
import pytest
import torch

from gen_core.errors import ProbeError
from gen_core.exploration.base import View, probe_slices, probes, run_probe
from gen_core.recipes.base import make
from gen_core.recipes.gan import Gan
from gen_core.recipes.wgan import Wgan
from gen_core.training.loop import TrainingState, train
from gen_core.training.snapshot import take

SMALL = {"width": 8, "depth": 2, "batch": 40}
N = 24
FIRST = ["sample", "generate", "score"]
BACK = [*FIRST, "loss", "backward", "step"]
CASES = [
    ("wgan", "clip", "opponent", [*FIRST, "loss", "step"]),
    ("wgan", "clip-code", "opponent", [*FIRST, "loss", "step"]),
    ("wgan", "gp", "opponent", [*FIRST, "interpolate", "slope", "loss", "step"]),
    ("wgan", "gp-one-sided", "opponent", [*FIRST, "interpolate", "slope", "loss", "step"]),
    ("wgan", "gp-figure", "opponent", [*FIRST, "interpolate", "slope", "loss", "step"]),
    ("wgan", "clip", "generator", BACK),
    ("wgan", "gp", "generator", BACK),
    *(("gan", game, "opponent", [*FIRST, "loss", "step"]) for game in Gan.variants),
    *(
        ("gan", game, "generator", BACK)
        for game, given in Gan.variants.items()
        if not given.get("fixed_generator")
    ),
    ("wgan", "gp-lines", "opponent", [*FIRST, "interpolate", "slope", "loss", "step"]),
]


def started(stem, variant, updates=3):
    state = TrainingState.start(make(stem, variant, SMALL), 7)
    for _ in itertools.islice(train(state), updates):
        pass
    return state


@pytest.mark.parametrize(("stem", "variant", "player", "expected"), CASES)
def test_each_slice_adds_the_next_stage(stem, variant, player, expected):
    state = started(stem, variant)
    seen, progress = [], []
    for arrays in probe_slices(View.of(state), "stages", {"player": player}):
        names = {key.split(".")[0] for key in arrays} - {"progress"}
        seen += sorted(names - set(seen))
        progress.append(float(arrays["progress"]))
    assert seen == expected
    assert progress == sorted(progress) and progress[-1] == 1 > progress[-2]
    assert len(progress) == len(expected), "one slice a stage"


@pytest.mark.parametrize(("stem", "variant", "player", "expected"), CASES)
def test_the_numbers_are_those_of_the_reference(stem, variant, player, expected):
    state = started(stem, variant)
    arrays = run_probe(View.of(state), "stages", {"player": player, "n": N})
    name = state.recipe.player if player == "opponent" else player
    found = {"progress"}
    for stage in state.recipe.reference_update(name, state):
        for key, tensor in stage.tensors.items():
            wanted = tensor.detach().numpy()
            shown = arrays[f"{stage.name}.{key}"]
            np.testing.assert_array_equal(shown, wanted[:N] if wanted.ndim else wanted)
            found.add(f"{stage.name}.{key}")
            if wanted.ndim == 1:
                mean = arrays[f"{stage.name}.{key}.mean"]
                assert mean == pytest.approx(wanted.mean(), rel=1e-4, abs=1e-7)
    extra = set(arrays) - found
    assert {key for key in extra if not key.endswith(".mean")} <= {"backward.pull"}


@dataclass(frozen=True)
class Noted(Wgan):
    """The recipe, noting every point that an update uses."""

    drawn: dict = field(default_factory=dict, compare=False)

    def _note(self, name, tensor):
        self.drawn.setdefault(name, []).append(tensor.detach().clone())
        return tensor

    def real_batch(self, state, n=None):
        return self._note("sample.real", super().real_batch(state, n))

    def noise(self, state):
        return self._note("sample.noise", super().noise(state))

    def _epsilon(self, state):
        return self._note("interpolate.epsilon", super()._epsilon(state))

    def generate(self, models, noise, real):
        return self._note("generate.fake", super().generate(models, noise, real))


@pytest.mark.parametrize("variant", ["gp", "gp-figure"])
def test_the_points_are_those_that_the_next_real_update_draws(variant):
    recipe = make("wgan", variant, SMALL)
    fields = {f.name: getattr(recipe, f.name) for f in dataclasses.fields(recipe)}
    state = TrainingState.start(Noted(**fields), 7)
    steps = train(state)
    for _ in range(4):
        next(steps)
    shown = run_probe(View.of(state), "stages", {"n": N})
    state.recipe.drawn.clear()
    next(steps)
    for name, (drawn,) in state.recipe.drawn.items():
        np.testing.assert_array_equal(shown[name], drawn[:N].numpy(), err_msg=name)
    assert len(state.recipe.drawn) == 4


@pytest.mark.parametrize(("stem", "variant", "player", "expected"), CASES)
def test_a_walk_between_two_updates_changes_no_number(stem, variant, player, expected):
    alone, watched = started(stem, variant), started(stem, variant)
    walk = probe_slices(View.of(watched), "stages", {"player": player})
    for _, _ in zip(walk, train(watched), strict=False):  # an update after every slice
        assert next(iter(train(alone))).t == watched.t
    assert watched.t > 3
    assert take(watched) == take(alone)


def test_the_interpolated_point_lies_on_the_line_of_its_pair():
    arrays = run_probe(View.of(started("wgan", "gp")), "stages")
    share = arrays["interpolate.epsilon"][:, None]
    line = share * arrays["sample.real"] + (1 - share) * arrays["generate.fake"]
    np.testing.assert_allclose(arrays["interpolate.between"], line, atol=1e-6)
    norms = np.linalg.norm(arrays["slope.gradient"], axis=1)
    np.testing.assert_allclose(arrays["slope.slope"], norms, rtol=1e-5)


def test_an_arrow_points_where_the_critic_rises():
    """For WGAN the pull of a generated point is the critic's gradient there: on a plane, its w."""
    state = TrainingState.start(make("wgan", "gp", {**SMALL, "depth": 0}), 7)
    arrays = run_probe(View.of(state), "stages", {"player": "generator"})
    weight = state.models["critic"].linears[0].weight.detach().numpy()
    np.testing.assert_allclose(arrays["backward.pull"], np.repeat(weight, N, 0), rtol=1e-5)
    assert arrays["backward.pull.mean"] == pytest.approx(np.linalg.norm(weight), rel=1e-5)


def test_a_fixed_generator_has_no_update_to_walk():
    with pytest.raises(ProbeError, match="held fixed"):
        run_probe(View.of(started("wgan", "gp-figure")), "stages", {"player": "generator"})


def test_it_walks_when_autograd_is_off():
    with torch.no_grad():
        arrays = run_probe(View.of(started("wgan", "gp")), "stages")
    assert arrays["progress"] == 1


def test_recipes_of_one_player_have_no_walk():
    assert not probes()["stages"].suits(make("vae"))
