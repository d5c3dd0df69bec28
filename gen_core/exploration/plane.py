"""What the probes of a two-player game in the plane share: its critic, grid and fixed batches.

The fixed batches are drawn once per run from streams of their own, and the first n points are the
same whatever n is: dot i keeps its identity from frame to frame and from probe to probe, and lanes
of one seed show the same noise.
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from gen_core.data.base import Extent, PointSource
from gen_core.errors import ProbeError
from gen_core.exploration.registry import View
from gen_core.recipes.plane_flow import PlaneFlowRecipe
from gen_core.recipes.settings import Setting
from gen_core.training.seeding import generator, normal

__all__ = [
    "SPAN",
    "JudgedGame",
    "PlanarGame",
    "critic_of",
    "fixed_batch",
    "fixed_draws",
    "flows",
    "generates",
    "grid",
    "in_plane",
    "point_gradients",
    "outputs_of",
    "points",
    "pushes_of",
    "scores_of",
    "window",
]

BATCH = 1024  # of which a probe shows the first n

SPAN = Setting(
    1.0,
    "the data's extent is the figure script's range; gan_toy.py drew 1.5 times as far",
    low=0.25,
    high=4.0,
    symbol="×",
    hint="Half-width of the window, in half-widths of the data",
)


@runtime_checkable
class PlanarGame(Protocol):
    """A recipe whose generator and critic play in the plane."""

    noise_dim: int

    def dataset(self) -> Any:  # noqa: ANN401
        """Return the data; of a game in the plane a :class:`PointSource`."""

    def generate(self, models: Mapping[str, nn.Module], noise: Tensor, real: Tensor) -> Tensor:
        """Return ``(B, 2)`` fakes of ``(B, noise_dim)`` noise; a fixed generator uses real."""


@runtime_checkable
class JudgedGame(PlanarGame, Protocol):
    """A game that says how its critic's scores ``(B,)`` are read."""

    def output(self, score: Tensor) -> Tensor:
        """Return what the critic says of the points: a score, or a probability."""

    def generator_loss(self, score: Tensor) -> Tensor:
        """Return what the generator loses at each generated point."""


def generates(recipe: object) -> bool:
    """Say whether a recipe makes points of the plane from noise, as games and flows do."""
    return isinstance(recipe, PlanarGame) and isinstance(recipe.dataset(), PointSource)


def flows(recipe: object) -> bool:
    """Say whether a recipe's only model is a flow on the plane."""
    return isinstance(recipe, PlaneFlowRecipe)


def in_plane(recipe: object) -> bool:
    """Say whether a recipe is a :class:`PlanarGame` with a critic: a critic's probes suit it."""
    return generates(recipe) and not flows(recipe)


def points(default: int) -> Setting:
    """Return the setting of how many of the fixed points a probe shows."""
    return Setting(
        default,
        "the figure script draws one batch of 1024",
        low=16,
        high=BATCH,
        symbol="n",
        unit="points",
        hint="How many of the fixed points are shown",
    )


def critic_of(view: View) -> nn.Module:
    """Return the critic or discriminator, a map from ``(B, 2)`` to ``(B, 1)`` or ``(B,)``.

    Raises:
        ProbeError: The lane has neither.
    """
    for name in ("critic", "discriminator"):
        if name in view.models:
            return view.models[name]
    raise ProbeError(
        "a model named critic or discriminator",
        ", ".join(view.models) or "no model",
        "Choose another probe for this lane.",
    )


def scores_of(view: View) -> Callable[[Tensor], Tensor]:
    """Return D as a map ``(B, 2) -> (B,)``: the critic's scores, before any sigmoid.

    Raises:
        ProbeError: The lane has no critic.
    """
    critic = critic_of(view)
    return lambda x: critic(x).reshape(len(x))


def outputs_of(view: View) -> Callable[[Tensor], Tensor]:
    """Return D as the game reads it, ``(B, 2) -> (B,)``: a probability where D is one.

    A game that says nothing of its critic has the scores.

    Raises:
        ProbeError: The lane has no critic.
    """
    scores, recipe = scores_of(view), view.recipe
    if isinstance(recipe, JudgedGame):
        return lambda x: recipe.output(scores(x))
    return scores


def pushes_of(view: View) -> Callable[[Tensor], Tensor]:
    """Return what rises where a generated point is sent, ``(B, 2) -> (B,)``: minus its loss.

    Of a Wasserstein game that is the critic's score, and so it is of a game that names no loss.

    Raises:
        ProbeError: The lane has no critic.
    """
    scores, recipe = scores_of(view), view.recipe
    if isinstance(recipe, JudgedGame):
        return lambda x: -recipe.generator_loss(scores(x))
    return scores


def fixed_batch(view: View, n: int) -> tuple[Tensor, Tensor]:
    """Return the run's fixed real points and what the generator makes of its fixed noise.

    Args:
        view: The lane.
        n: How many of the points, at most 1024.

    Returns:
        Real and fake points, each ``(n, 2)``, detached. They pair by index: a fixed generator's
        fake i is real i plus noise i.
    """
    real, noise = fixed_draws(view, n)
    with torch.no_grad():
        fake = view.recipe.generate(view.models, noise, real)
    return real, fake


def fixed_draws(view: View, n: int) -> tuple[Tensor, Tensor]:
    """Return the run's fixed real points and its fixed noise.

    Args:
        view: The lane.
        n: How many of them, at most 1024.

    Returns:
        Points ``(n, 2)`` and noise ``(n, noise_dim)``; nobody may write into them.
    """
    real, noise = _draws(view.recipe.dataset(), view.recipe.noise_dim, view.seed, view.device)
    return real[:n], noise[:n]


@functools.lru_cache(maxsize=8)
def _draws(
    source: PointSource, noise_dim: int, seed: int, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Return a run's fixed real points and noise; nobody may write into them."""
    real = source.batch(BATCH, generator(seed, "probe/real", 0))
    return real.to(device), normal((BATCH, noise_dim), seed, "probe/noise", 0, device)


def window(view: View, span: float) -> Extent:
    """Return (x0, x1, y0, y1): the data's extent, ``span`` times as wide and as high."""
    x0, x1, y0, y1 = view.recipe.dataset().extent
    dx, dy = (span - 1) * (x1 - x0) / 2, (span - 1) * (y1 - y0) / 2
    return x0 - dx, x1 + dx, y0 - dy, y1 + dy


@functools.lru_cache(maxsize=16)
def grid(extent: Extent, size: int, device: torch.device | str) -> Tensor:
    """Return the nodes of a map, row by row from the lowest y, each row from the lowest x.

    The outer nodes lie on the extent's edges. Nobody may write into the cached result.

    Returns:
        ``(size * size, 2)`` float32.

    Example:
        >>> grid((0.0, 1.0, 0.0, 2.0), 2, "cpu").tolist()
        [[0.0, 0.0], [1.0, 0.0], [0.0, 2.0], [1.0, 2.0]]
    """
    x0, x1, y0, y1 = extent
    y, x = torch.meshgrid(
        torch.linspace(y0, y1, size), torch.linspace(x0, x1, size), indexing="ij"
    )
    return torch.stack((x.reshape(-1), y.reshape(-1)), 1).to(device)


def point_gradients(scores: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Return the critic's gradient at each point, by autograd; no graph and no ``.grad`` stay.

    The sum over the batch has the per-point gradients as its gradient because a critic without
    batch norm treats each point alone.

    Args:
        scores: A map ``(B, 2) -> (B,)``.
        x: Points, ``(B, 2)``.

    Returns:
        ``(B, 2)``, in critic units per unit of length.
    """
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(scores(x).sum(), x)
    return gradient
