"""A law of the GAN page: a discriminator ahead makes modes drop, the critic's slope covers all.

Eight Gaussians, networks of 3 x 64, batch 128, 1000 rounds, seed 7. The count itself is proved on
hand-made samples in ``tests/evaluation/test_modes.py``.
"""

import itertools

from gen_core.exploration.registry import View
from gen_core.recipes.base import make
from gen_core.training.loop import TrainingState, train

GAME = {"width": 64, "batch": 128, "generator_lr": 1e-3}


def covered(stem, variant, overrides):
    """Modes covered after 1000 rounds, and by fresh real samples."""
    state = TrainingState.start(make(stem, variant, {**GAME, **overrides}), 7)
    for _ in itertools.islice(train(state), 1000 * len(state.recipe.schedule(0))):
        pass
    metric, view = state.recipe.metrics()["modes"], View.of(state)
    *_, value = metric.steps(view)
    return value, metric.floor(view)


def test_least_squares_with_three_steps_of_its_discriminator_drops_modes():
    """Measured: 2 of 8."""
    ahead = {"n_discriminator": 3, "discriminator_lr": 1e-3}
    value, floor = covered("gan", "least-squares", ahead)
    assert value <= 5 and floor == 8


def test_the_penalised_critic_covers_all_modes():
    """Measured: 8 of 8."""
    value, floor = covered("wgan", "gp", {"n_critic": 2, "critic_lr": 1e-3})
    assert value == floor == 8
