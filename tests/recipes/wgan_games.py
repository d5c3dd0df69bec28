"""Small WGAN games for the recipe's tests, and the two ways to advance them."""

import itertools

from gen_core.recipes.base import make
from gen_core.training.loop import TrainingState, train

SMALL = {"width": 16, "batch": 32}


def small(variant, **overrides):
    """A variant at small sizes; what makes it a variant stays."""
    figure = {"n_critic": 3, "data_repeat": 3} if variant.endswith("figure") else {}
    return make("wgan", variant, {**SMALL, **figure, **overrides})


def start(recipe, seed=7):
    return TrainingState.start(recipe, seed)


def advance(state, updates):
    return list(itertools.islice(train(state), updates))


def weights(state):
    return {
        f"{name}.{key}": value.detach().clone()
        for name, model in state.models.items()
        for key, value in model.named_parameters()
    }


def refer(state, updates):
    """The same updates by the reference, on the loop's own counters."""
    schedule = itertools.chain.from_iterable(state.recipe.schedule(r) for r in itertools.count())
    for player in itertools.islice(schedule, updates):
        for _ in state.recipe.reference_update(player, state):
            pass
        state.t += 1


def rounds(recipe, count):
    return sum(len(recipe.schedule(r)) for r in range(count))


def distances(first, second):
    """Relative distance ||a - b|| / ||b|| of each parameter tensor."""
    return {
        name: ((first[name] - b).norm() / b.norm().clamp_min(1e-30)).item()
        for name, b in second.items()
        if b.any() or first[name].any()
    }
