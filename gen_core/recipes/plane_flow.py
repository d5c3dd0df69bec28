"""What every flow on the plane shares: data, maximum likelihood, and its measures.

One player, ``flow``: an update is one step of Adam on -log p(x) of a fresh batch, so a round is
one update. Random streams, each indexed by the lane's step t: ``data`` (points).
"""

import math
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_

from gen_core.data.base import PointSource
from gen_core.data.mixtures import GaussianMixture
from gen_core.data.stored import points_or_set
from gen_core.evaluation.density import Density, density, fresh_points
from gen_core.evaluation.figures import Progress, Scope
from gen_core.evaluation.mode_gap import ModeGap, mode_gap
from gen_core.models.flow import Flow, evaluating
from gen_core.recipes.base import Stage
from gen_core.recipes.measures import Evaluation, Metric, View
from gen_core.recipes.one_player import OnePlayerRecipe
from gen_core.recipes.plane_metrics import plane_metrics
from gen_core.recipes.settings import setting
from gen_core.recipes.two_player import DATA_PATTERN
from gen_core.training.loop import TrainingState
from gen_core.training.seeding import generator, initialize_

__all__ = ["PlaneFlowRecipe"]

LEAST = 0.01  # of the step size, at the end of its decay
TEST_POINTS = 10_000  # a standard error of about 0.01 nats
DRAWN_POINTS = 100_000  # of the model, to find what share of them lies between modes


@dataclass(frozen=True)
class PlaneFlowRecipe(OnePlayerRecipe):
    """Settings, updates and measures of a flow that is fitted to points of the plane."""

    data: str = setting(
        "8gaussians",
        "Gulrajani et al. 2017, WGAN-GP, figure 1a; its entropy is known",
        pattern=DATA_PATTERN.replace("|line", ""),  # a line has no density over the plane
        symbol="p(x)",
        hint="The points whose density is learned.",
    )
    batch: int = setting(
        256,
        "the house's toy batch; the paper's 64 are pictures",
        low=1,
        high=8192,
        symbol="B",
        unit="points",
        hint="Points in one update.",
    )
    learning_rate: float = setting(
        2e-3,
        "observed, with the decay; Dinh et al. 2017 have Adam's own 1e-3",
        low=1e-6,
        high=1.0,
        symbol="α",
        hot=True,
        log=True,
        hint="Step size of Adam.",
    )
    decay: int = setting(
        8000,
        "chosen together with the rate, not measured alone: thin modes sharpen as steps get small;"
        " the paper has none",
        low=0,
        high=1_000_000,
        unit="updates",
        hint="Updates over which the step size falls along half a cosine to 1 %; 0: it stays.",
    )
    max_norm: float = setting(
        1.0,
        "chosen together with the rate, not measured alone: thin modes have steep gradients;"
        " Real NVP's public code has 100",
        low=1e-3,
        high=1e6,
        hot=True,
        log=True,
        hint="Longest gradient that a step takes; a longer one is shortened to it.",
    )

    player = "flow"
    noise_dim = 2
    default_probes = ("density", "samples", "flow_stages")

    @abstractmethod
    def flow(self) -> Flow:
        """Return the model, not yet initialised."""

    def build(self, seed: int, device: torch.device) -> dict[str, nn.Module]:
        """Return the flow; lanes share the values of equal names and shapes."""
        return {"flow": self.initialize(self.flow(), seed).to(device)}

    def initialize(self, flow: Flow, seed: int) -> nn.Module:
        """Redraw the flow's parameters from the seed."""
        return initialize_(flow, seed, "flow")

    def rate(self, t: int) -> float:
        """Return the step size of update t."""
        if not self.decay:
            return self.learning_rate
        share = min(t / self.decay, 1.0)
        return self.learning_rate * max(0.5 * (1 + math.cos(math.pi * share)), LEAST)

    def reference_update(self, player: str, state: TrainingState) -> Iterator[Stage]:
        """Maximum likelihood: one step on the mean of -log p(x)."""
        flow, optimizer = cast(Flow, state.models["flow"]), state.optimizers["flow"]
        x = self.dataset().batch(self.batch, generator(state.seed, "data", state.t))
        x = x.to(state.device)
        yield Stage("data", {"x": x})
        z, log_det = flow.layers(x)
        yield Stage("latents", {"z": z, "log_det": log_det})
        log_p = flow.log_prior(z) + log_det
        yield Stage("likelihood", {"log_p": log_p})
        for group in optimizer.param_groups:
            group["lr"] = self.rate(state.t)
        optimizer.zero_grad()
        (-log_p.mean()).backward()
        norm = clip_grad_norm_(flow.parameters(), self.max_norm)
        optimizer.step()
        yield Stage(
            "step",
            {
                "nll": -log_p.mean().detach(),
                "log_det": log_det.mean().detach(),
                "gradient_norm": norm,
            },
        )

    @property
    def curves(self) -> Mapping[str, tuple[str, str]]:
        """Label and unit of every metric that an update returns."""
        return {
            "nll": ("Negative log-likelihood −log p(x)", "nats"),
            "log_det": ("Volume change ln|det ∂z/∂x|", "nats"),
            "gradient_norm": ("Length of the gradient", ""),
        }

    def dataset(self) -> PointSource:
        """Return the data set, stored points or drawing that ``data`` names."""
        return points_or_set(self.data)

    def sample_noise(self, n: int, random: torch.Generator) -> Tensor:
        """Draw z ~ N(0, I), ``(n, 2)``."""
        return torch.randn(n, self.noise_dim, generator=random)

    def generate(self, models: Mapping[str, nn.Module], noise: Tensor, real: Tensor) -> Tensor:
        """Return generated points ``(B, 2)``: f^-1(z)."""
        return cast(Flow, models["flow"]).sample(noise)

    def metrics(self) -> dict[str, Metric]:
        """Return -log p of fresh points beside the data's entropy, and the plane's metrics."""
        known = self.dataset().entropy
        floor = None if known is None else lambda view: known
        nll = Metric("−log p(x) of fresh points", "nats", _nll_steps, floor)
        return {"nll": nll, **plane_metrics(self)}

    def evaluations(self) -> dict[str, Evaluation]:
        """Return -log p of test points, how far it lies above the data's entropy, and where."""
        found = {"density": Evaluation("Density of the test points", _test_density)}
        if isinstance(self.dataset(), GaussianMixture):
            found["modes"] = Evaluation("Points in the modes", _points_in_modes)
        return found


def _test_density(view: View, scope: Scope) -> Iterator[Progress[Density]]:
    source = cast(PlaneFlowRecipe, view.recipe).dataset()
    flow = cast(Flow, view.models["flow"])
    points = fresh_points(source, scope.pictures or TEST_POINTS, scope.seed)
    with evaluating(flow):
        found = list(density(flow.log_prob, points, source, view.device))
    yield from found


def _points_in_modes(view: View, scope: Scope) -> Iterator[Progress[ModeGap]]:
    source = cast(GaussianMixture, cast(PlaneFlowRecipe, view.recipe).dataset())
    flow = cast(Flow, view.models["flow"])

    def draw(n: int, t: int) -> Tensor:
        noise = torch.randn(n, 2, generator=generator(scope.seed, "points of the model", t))
        return flow.sample(noise.to(view.device))

    *_, last = _test_density(view, scope)
    whole = last.result.gap if last.result is not None else None
    with evaluating(flow):
        found = list(mode_gap(draw, source, DRAWN_POINTS, whole))
    yield from found


def _nll_steps(view: View) -> Iterator[float]:
    for progress in _test_density(view, Scope()):
        assert progress.result is not None
        yield progress.result.nll.value
