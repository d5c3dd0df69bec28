"""Watching changes no number: one law for every recipe and every probe that suits it."""

import itertools
import random

import numpy as np
import pytest
import torch

from gen_core.exploration.base import View, probe_slices, probes, run_probe
from gen_core.recipes.base import make, recipes
from gen_core.recipes.settings import settings_of
from gen_core.training.loop import TrainingState, train
from gen_core.training.snapshot import take

SMALL = {"width": 8, "depth": 2, "batch": 16}
STEPS = 7  # past the first generator step of five to one
FEW = 3  # of a single player: what a look leaves behind shows in the next step


def small(stem, variant):
    """A recipe at a size that a law can afford, all else as the variant says."""
    known = settings_of(recipes()[stem])
    asked = SMALL
    data = getattr(make(stem, variant), "data", "")
    if data.startswith("mnist"):
        asked = SMALL | {"data": "digits"}  # no law waits for a download
    if data.startswith("rooms"):  # three colours share the maps
        asked = SMALL | {"width": 9, "batch": 4, "data": "rooms-16"}
    return make(stem, variant, {name: value for name, value in asked.items() if name in known})


def started(stem, variant, device):
    return TrainingState.start(small(stem, variant), 3, device)


def updates(state):
    """How many updates of a recipe a law takes."""
    return STEPS if len(state.optimizers) > 1 else FEW


def advance(state, steps):
    for _ in itertools.islice(train(state), steps):
        pass


VARIANTS = [(stem, variant) for stem, cls in recipes().items() for variant in cls.variants]
PAIRS = [
    (stem, variant, name)
    for stem, variant in VARIANTS
    for name, found in probes().items()
    if found.suits(small(stem, variant))
]


@pytest.mark.parametrize(("stem", "variant"), VARIANTS)
def test_default_probes_suit(stem, variant):
    recipe = small(stem, variant)
    assert recipe.default_probes
    for name in recipe.default_probes:
        assert probes()[name].suits(recipe), name


def test_every_probe_suits_some_recipe():
    assert {name for _, _, name in PAIRS} == probes().keys()


@pytest.mark.parametrize(("stem", "variant", "name"), PAIRS)
def test_a_look_is_isolated_and_repeats(stem, variant, name, device):
    state = started(stem, variant, device)
    advance(state, updates(state))
    for model in state.models.values():
        model.train()
    parameters = [p for model in state.models.values() for p in model.parameters()]
    bits, grads = take(state), [p.grad for p in parameters]
    values = [None if grad is None else grad.clone() for grad in grads]
    globally = torch.get_rng_state(), str(np.random.get_state()), random.getstate()

    first = run_probe(View.of(state), name, size=8)

    assert take(state) == bits
    assert all(p.grad is grad for p, grad in zip(parameters, grads, strict=True))
    for grad, value in zip(grads, values, strict=True):
        assert grad is None or torch.equal(grad, value)
    assert all(part.training for model in state.models.values() for part in model.modules())
    assert all(p.requires_grad for p in parameters)
    assert torch.equal(torch.get_rng_state(), globally[0])
    assert str(np.random.get_state()) == globally[1]
    assert random.getstate() == globally[2]

    torch.manual_seed(99)  # a probe that listened to the global generator would now differ
    second = run_probe(View.of(state), name, size=8)
    assert first.keys() == second.keys()
    for key, array in first.items():
        assert array.dtype == second[key].dtype
        assert array.tobytes() == second[key].tobytes(), f"{name}/{key}"
        assert np.isfinite(array).all(), f"{name}/{key}"


@pytest.mark.parametrize(("stem", "variant"), VARIANTS)
def test_watched_training_is_unwatched_training(stem, variant, device):
    """Every probe after every update, slow ones one slice at a time: the same bits at the end."""
    alone, watched = started(stem, variant, device), started(stem, variant, device)
    steps = updates(alone)
    advance(alone, steps)
    suiting = [name for name, found in probes().items() if found.suits(watched.recipe)]
    slow = [name for name in suiting if probes()[name].slow]
    painting = {name: iter(()) for name in slow}
    for step in itertools.islice(train(watched), steps):
        view = View.of(step.state)
        for name in suiting:
            if name not in slow:
                run_probe(view, name, size=4)
            elif next(painting[name], None) is None:
                painting[name] = probe_slices(view, name, size=4)
    assert take(watched) == take(alone)


@pytest.mark.parametrize(("stem", "variant"), VARIANTS)
def test_a_probe_sees_training(stem, variant, device):
    """Something that the recipe shows by default moves within a few steps."""
    state = started(stem, variant, device)
    names = state.recipe.default_probes
    before = {name: run_probe(View.of(state), name, size=8) for name in names}
    advance(state, 2 * updates(state))
    after = {name: run_probe(View.of(state), name, size=8) for name in names}
    assert any(
        not np.array_equal(before[name][key], after[name][key])
        for name in names
        for key in before[name]
    )
