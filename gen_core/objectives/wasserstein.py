"""Wasserstein objectives: weight clipping and the gradient penalty, one- and two-sided.

Papers: Arjovsky, Chintala, Bottou, "Wasserstein GAN", 2017 (equations 2-3, algorithm 1); Gulrajani
et al., "Improved Training of Wasserstein GANs", 2017 (equation 3, algorithm 1; F. Ahmed's thesis,
equations 1.44 and 3.3).

The critic f maximises E_r f(x) - E_g f(x~); the generator maximises E_g f(x~). All losses here
are minimised, per example, so the means over the batch are the papers' expectations.

Where papers and public code disagree, this file follows the papers:

- sign: the code of the first paper trains a critic that is *low* on real data and lets the
  generator minimise it, an equivalent game; here real scores high, as in both papers;
- the clipping itself is a step of training, after each critic update (that code clips before it);
- penalty weight: 10, the paper's for all data; the released toy script ships 0.1, with the remark
  that a smaller one is faster on toy data: pass ``weight=0.1``;
- interpolation: algorithm 1 writes ``eps x + (1 - eps) x~`` and the code ``x + a (x~ - x)``: the
  same law, since eps and a = 1 - eps are both uniform. Here eps multiplies the real point;
- the one-sided penalty is the variant of the paper's appendix; it reports a comparison over 174
  architectures whose counts (100 and 77) add to 177: quote it with care.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from gen_core.errors import GenLabError
from gen_core.objectives.scores import check_scores

__all__ = [
    "CriticTerms",
    "GeneratorTerms",
    "critic_loss",
    "critic_loss_gp",
    "generator_loss",
    "gradient_penalty",
    "input_gradient",
    "interpolate",
    "slope",
]


@dataclass(frozen=True, eq=False)
class CriticTerms:
    """Terms of the critic's loss, each of shape ``(B,)``.

    Attributes:
        real_score: f(x) at real points.
        fake_score: f(x~) at generated points.
        penalty: The penalty before its weight; None for a clipped critic, which has none.
        weight: The penalty's weight, lambda.
    """

    real_score: Tensor
    fake_score: Tensor
    penalty: Tensor | None = None
    weight: float | Tensor = 0.0

    @property
    def estimate(self) -> Tensor:
        """f(x) - f(x~): the critic's own estimate of W1, in units of its Lipschitz constant."""
        return self.real_score - self.fake_score

    @property
    def loss(self) -> Tensor:
        """f(x~) - f(x) + lambda penalty, to be minimised."""
        base = self.fake_score - self.real_score
        return base if self.penalty is None else base + self.weight * self.penalty


@dataclass(frozen=True, eq=False)
class GeneratorTerms:
    """Terms of the generator's loss, each of shape ``(B,)``.

    Attributes:
        fake_score: f(x~) at generated points.
    """

    fake_score: Tensor

    @property
    def loss(self) -> Tensor:
        """-f(x~), to be minimised."""
        return -self.fake_score


def critic_loss(real_score: Tensor, fake_score: Tensor) -> CriticTerms:
    """Loss of a critic that clipping keeps Lipschitz: f(x~) - f(x) (2017a, algorithm 1, line 5).

    Args:
        real_score: ``(B,)``.
        fake_score: ``(B,)``.

    Raises:
        GenLabError: The scores are not two vectors of one length.

    Example:
        >>> critic_loss(torch.tensor([1.0, 3.0]), torch.tensor([0.5, 4.0])).loss
        tensor([-0.5000,  1.0000])
    """
    check_scores(real_score, fake_score)
    return CriticTerms(real_score, fake_score)


def critic_loss_gp(
    real_score: Tensor,
    fake_score: Tensor,
    slope: Tensor,
    *,
    weight: float | Tensor = 10.0,
    one_sided: bool = False,
) -> CriticTerms:
    """Loss with gradient penalty: f(x~) - f(x) + lambda (|grad f(x^)| - 1)^2 (2017b, equation 3).

    Args:
        real_score: ``(B,)``.
        fake_score: ``(B,)``.
        slope: |grad f| at the interpolated points, ``(B,)``, from `slope` with its graph.
        weight: lambda; a 0-d tensor lets a captured graph change it.
        one_sided: Punish only slopes above 1.

    Raises:
        GenLabError: The arguments are not three vectors of one length.

    Example:
        >>> scores = torch.tensor([1.0]), torch.tensor([0.0])
        >>> critic_loss_gp(*scores, torch.tensor([1.5])).loss
        tensor([1.5000])
    """
    check_scores(real_score, fake_score, slope)
    return CriticTerms(real_score, fake_score, gradient_penalty(slope, one_sided), weight)


def generator_loss(fake_score: Tensor) -> GeneratorTerms:
    """Loss of the generator of either method: -f(x~).

    Args:
        fake_score: ``(B,)``.

    Raises:
        GenLabError: The scores are no vector.
    """
    check_scores(fake_score)
    return GeneratorTerms(fake_score)


def gradient_penalty(slope: Tensor, one_sided: bool = False) -> Tensor:
    """(s - 1)^2, or one-sided max(0, s - 1)^2, of slopes ``(B,)``."""
    excess = slope - 1.0
    return (excess.relu() if one_sided else excess).square()


def interpolate(real: Tensor, fake: Tensor, epsilon: Tensor) -> Tensor:
    """Points between pairs: eps x + (1 - eps) x~, one eps for each pair.

    Args:
        real: ``(B, ...)``.
        fake: Like ``real``.
        epsilon: ``(B,)`` from U[0, 1]; shared by all of an example's numbers.

    Returns:
        Like ``real``: the real point at eps = 1, the generated one at eps = 0.

    Raises:
        GenLabError: The shapes do not fit.
    """
    if real.shape != fake.shape or epsilon.shape != real.shape[:1]:
        raise GenLabError(
            "real and fake of one shape (B, ...) and epsilon of shape (B,)",
            f"{tuple(real.shape)}, {tuple(fake.shape)} and {tuple(epsilon.shape)}",
            "Draw one epsilon for each pair.",
        )
    return torch.lerp(fake, real, epsilon.view(-1, *[1] * (real.dim() - 1)))


def input_gradient(
    critic: Callable[[Tensor], Tensor], x: Tensor, *, create_graph: bool = False
) -> Tensor:
    """Gradient of the critic's score with respect to its input, per example.

    The critic must treat examples separately (no batch normalisation): then the gradient of the
    scores' sum holds each example's own.

    Args:
        critic: Maps ``(B, ...)`` to scores ``(B,)`` or ``(B, 1)``.
        x: ``(B, ...)``.
        create_graph: Keep the graph, so that the result can be differentiated again.

    Returns:
        Like ``x``.
    """
    with torch.enable_grad():
        at = x if x.requires_grad else x.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(critic(at).sum(), at, create_graph=create_graph)
    return gradient


def slope(critic: Callable[[Tensor], Tensor], x: Tensor, *, create_graph: bool = False) -> Tensor:
    """Euclidean norm of the critic's input gradient over all axes but the first, ``(B,)``.

    As in the authors' code there is no small constant under the root; where the gradient is
    exactly zero the norm's own gradient is taken as zero.

    Args:
        critic: Maps ``(B, ...)`` to scores ``(B,)`` or ``(B, 1)``.
        x: ``(B, ...)``.
        create_graph: Keep the graph: needed to train with the penalty.

    Example:
        >>> slope(lambda x: 3.0 * x[:, 0] + 4.0 * x[:, 1], torch.zeros(2, 2))
        tensor([5., 5.])
    """
    gradient = input_gradient(critic, x, create_graph=create_graph)
    return torch.linalg.vector_norm(gradient.flatten(1), dim=1)
