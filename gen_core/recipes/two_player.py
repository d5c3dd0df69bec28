"""What every two-dimensional adversarial recipe shares: networks, data, noise and one round.

The critic (or discriminator) and the generator are ReLU networks, so both updates run on written
out gradients (:mod:`gen_core.nn.closed_form`). Only the loss of the scores differs between the
recipes, the plain objective: autograd on the ``(B,)`` scores alone gives its derivative.

Random streams, each indexed by the lane's step t: ``data`` (real points), ``noise`` (z, or the
noise that a fixed generator adds), ``epsilon`` (interpolation).

A fixed generator of the data set ``line`` is the one that Arjovsky et al. 2017, example 1, move:
it makes (theta, u) with a u of its own, and theta may change while the critic trains.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from gen_core.data.base import PointSource
from gen_core.data.line import moved_line
from gen_core.data.stored import points_or_set
from gen_core.models.wgan import Generator
from gen_core.nn import closed_form
from gen_core.nn.mlp import Mlp
from gen_core.objectives.parallel_lines import parallel_lines
from gen_core.recipes.base import Recipe, Stage
from gen_core.recipes.measures import Metric
from gen_core.recipes.plane_metrics import plane_metrics
from gen_core.recipes.settings import Value, setting
from gen_core.training.loop import TrainingState
from gen_core.training.optimizers import make_optimizer
from gen_core.training.seeding import generator, initialize_

__all__ = [
    "DATA_PATTERN",
    "LINES",
    "TwoPlayerRecipe",
    "as_stages",
    "differentiate",
    "update_generator",
]

DATA_PATTERN = (
    "(8gaussians|25gaussians|swissroll|moons|rings|checkerboard|line"
    "|points-[0-9a-f]{16}|drawing-[0-9a-f]{16})"
)
LINES: Mapping[str, Value] = {"data": "line", "fixed_generator": True}


@dataclass(frozen=True)
class TwoPlayerRecipe(Recipe):
    """Settings and draws of an adversarial game on the plane."""

    data: str = setting(
        "8gaussians",
        "WGAN-GP, figure 1a",
        pattern=DATA_PATTERN,
        symbol="P_r",
        hint="What the generator shall imitate.",
    )
    fixed_generator: bool = setting(
        False,
        "thesis 3.3.1: the figure holds the generator at real + unit Gaussian noise",
        hint="Generated points are real ones + N(0, I), and only the critic trains.",
    )
    theta: float = setting(
        0.5,
        "Arjovsky et al. 2017, example 1; figure 1 shows -1 to 1",
        low=-1.0,
        high=1.0,
        symbol="θ",
        hot=True,
        hint="Where a fixed generator holds its line.",
    )
    width: int = setting(
        128,
        "live default; the public toy script has 512",
        low=1,
        high=2048,
        unit="units",
        hint="Units of a hidden layer, in both networks.",
    )
    depth: int = setting(
        3,
        "public toy script (gan_toy.py)",
        low=0,
        high=24,
        unit="layers",
        hint="Hidden ReLU layers, in both networks.",
    )
    batch: int = setting(
        256,
        "public toy script",
        low=1,
        high=8192,
        symbol="m",
        unit="points",
        hint="Points of each kind in one update.",
    )

    optimizer: str = setting(
        "adam",
        "the papers: Adam, or RMSProp",
        choices=("adam", "rmsprop", "rmsprop-tensorflow"),
        hint="Optimiser of both players.",
    )

    noise_dim = 2  # z ~ N(0, I_2), the public toy script

    @property
    def player(self) -> str:
        """Name of the generator's opponent."""
        return "critic"

    @abstractmethod
    def opponent(self) -> Mlp:
        """Return the critic or discriminator, not yet initialised."""

    def build(self, seed: int, device: torch.device) -> dict[str, nn.Module]:
        """Return opponent and generator; lanes share the values of equal shapes."""
        models = {self.player: initialize_(self.opponent(), seed, "critic")}
        if not self.fixed_generator:
            made = Generator(width=self.width, depth=self.depth, noise_dim=self.noise_dim)
            models["generator"] = initialize_(made, seed, "generator")
        return {name: model.to(device) for name, model in models.items()}

    def output(self, score: Tensor) -> Tensor:
        """Return what the opponent says of points, from its scores ``(B,)``.

        A critic says the score itself; a discriminator whose score is a logit, a probability.
        """
        return score

    @abstractmethod
    def generator_loss(self, score: Tensor) -> Tensor:
        """Return what the generator loses per generated point, from its scores ``(B,)``."""

    @abstractmethod
    def rates(self) -> dict[str, float]:
        """Return the learning rate of each player."""

    @property
    @abstractmethod
    def betas(self) -> tuple[float, float]:
        """Adam's decays."""

    def optimizers(self, models: Mapping[str, nn.Module]) -> dict[str, Optimizer]:
        """Return one optimiser per player."""
        rates = self.rates()
        return {
            name: make_optimizer(self.optimizer, model.parameters(), rates[name], self.betas)
            for name, model in models.items()
        }

    def apply(self, state: TrainingState) -> None:
        """Carry the learning rates into the optimisers."""
        rates = self.rates()
        for player, made in state.optimizers.items():
            for group in made.param_groups:
                group["lr"] = rates[player]

    def dataset(self) -> PointSource:
        """Return the data set, stored points or drawing that ``data`` names."""
        return points_or_set(self.data)

    def real_batch(self, state: TrainingState, n: int | None = None) -> Tensor:
        """Draw the real points of the current step, ``(B, 2)``."""
        index = state.t // (self.data_repeat if self.fixed_generator else 1)
        drawn = self.dataset().batch(n or self.batch, generator(state.seed, "data", index))
        return drawn.to(state.device)

    @property
    def data_repeat(self) -> int:
        """Steps that see the same real batch, while the generator is fixed."""
        return 1

    def noise(self, state: TrainingState) -> Tensor:
        """Draw the noise of the current step, ``(B, noise_dim)``."""
        random = generator(state.seed, "noise", state.t)
        return self.sample_noise(self.batch, random).to(state.device)

    def sample_noise(self, n: int, random: torch.Generator) -> Tensor:
        """Draw z ~ N(0, I), ``(n, noise_dim)``."""
        return torch.randn(n, self.noise_dim, generator=random)

    def generate(self, models: Mapping[str, nn.Module], noise: Tensor, real: Tensor) -> Tensor:
        """Return generated points ``(B, 2)``: G(z), or those of a fixed generator."""
        if self.moves:
            return moved_line(noise, self.theta)
        if self.fixed_generator:
            return real + noise
        return models["generator"](noise)

    @property
    def moves(self) -> bool:
        """Whether theta places the generated points: a fixed generator of the data set line."""
        return self.fixed_generator and self.data == "line"

    @property
    @abstractmethod
    def measures(self) -> str:
        """Distance that the opponent estimates: ``"w1"``, ``"js"``, or none that is known."""

    @abstractmethod
    def estimate(self, real_score: Tensor, fake_score: Tensor) -> Tensor:
        """Return that distance as ``(B,)`` scores of real and generated points have it, 0-d."""

    @torch.no_grad()
    def line_metrics(
        self, opponent: Mlp, real: Tensor, fake: Tensor, loss: Callable[[Tensor], Tensor]
    ) -> dict[str, Tensor]:
        """Return what theta means for the opponent; nothing where theta places no points.

        Args:
            opponent: Before its update.
            real: ``(B, 2)``.
            fake: ``(B, 2)``.
            loss: The generator's loss l of scores, per example.

        Returns:
            ``estimate``, the distance that the opponent finds; ``closed_form``, the one that it
            should find; ``theta_gradient``, the mean of d l(D(x~)) / d x~_1; each 0-d.
        """
        if not (self.moves and self.measures):
            return {}
        theta = torch.tensor(self.theta, device=fake.device)
        _, at_points = _through(opponent, fake, loss)
        return {
            "estimate": self.estimate(opponent(real).squeeze(1), opponent(fake).squeeze(1)),
            "closed_form": getattr(parallel_lines(theta), self.measures),
            "theta_gradient": at_points[:, 0].sum(),
        }

    @property
    def line_curves(self) -> dict[str, tuple[str, str]]:
        """Label and unit of the line's metrics."""
        if not (self.moves and self.measures):
            return {}
        unit = "nats" if self.measures == "js" else ""
        return {
            "estimate": ("as trained", unit),
            "closed_form": ("in closed form", unit),
            "theta_gradient": ("∂/∂θ of the generator's loss", ""),
        }

    def metrics(self) -> dict[str, Metric]:
        """Return W1, modes covered and the share of high quality, each with its floor."""
        return plane_metrics(self)


def differentiate(
    loss: Callable[..., Tensor], *arguments: Tensor
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Average a per-example loss and differentiate it with respect to its arguments.

    Args:
        loss: Maps the arguments to per-example terms ``(B,)``.
        *arguments: Score vectors or gradients.

    Returns:
        The mean, detached, and one gradient per argument, shaped like it.
    """
    leaves = [argument.detach().requires_grad_() for argument in arguments]
    with torch.enable_grad():
        mean = loss(*leaves).mean()
        gradients = torch.autograd.grad(mean, leaves)
    return mean.detach(), gradients


@torch.no_grad()
def update_generator(
    state: TrainingState, opponent: Mlp, noise: Tensor, loss: Callable[[Tensor], Tensor]
) -> dict[str, Tensor]:
    """Do one generator step: through the opponent to the points, through G to its weights."""
    maker = state.models["generator"]
    assert isinstance(maker, Mlp)
    trace = closed_form.forward(maker, noise)
    mean, at_points = _through(opponent, trace.output, loss)
    closed_form.write_gradients(maker, trace, closed_form.chain(maker, trace, at_points))
    state.optimizers["generator"].step()
    return {"generator_loss": mean, "generator_gradient": at_points.norm(dim=1).sum()}


def _through(
    opponent: Mlp, points: Tensor, loss: Callable[[Tensor], Tensor]
) -> tuple[Tensor, Tensor]:
    """Return the mean loss of the points' scores, and its gradient at the points, ``(B, 2)``."""
    seen = closed_form.forward(opponent, points)
    mean, (at_score,) = differentiate(loss, seen.output.squeeze(1))
    deltas = closed_form.chain(opponent, seen, at_score.unsqueeze(1))
    return mean, closed_form.input_gradient(opponent, deltas)


def as_stages(made: Iterator[tuple[str, dict[str, Tensor]]]) -> Iterator[Stage]:
    """Turn a reference script's plain stages into :class:`Stage` objects."""
    for name, tensors in made:
        yield Stage(name, tensors)
