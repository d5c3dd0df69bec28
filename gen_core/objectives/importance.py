"""What a model with latent variables has to offer so that its likelihood can be estimated.

Burda, Grosse & Salakhutdinov 2016 (arXiv 1509.00519), section 3: with z from q(z|x), the weight
p(x|z) p(z) / q(z|x) has mean p(x). With several levels both p(z) and q(z|x) are products, so that
the logarithm falls into one part for the picture and one for each level.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from gen_core.distributions import Posterior, standard_normal

__all__ = ["LatentModel", "LogWeight", "single_level"]


@dataclass(frozen=True)
class LogWeight:
    """Log of one importance weight for each example, by its parts, in nats.

    Attributes:
        log_p: log p(x|z) at one sample of every level, ``(B,)``.
        log_ratios: log q(z_i|x) - log p(z_i|z_{i+1}) of each level at the same sample, ``(B,)``,
            the level nearest to the picture first; the mean of each is that level's KL.
    """

    log_p: Tensor
    log_ratios: tuple[Tensor, ...]

    @property
    def total(self) -> Tensor:
        """The logarithm of the weight, ``(B,)``; its mean is the evidence lower bound."""
        total = self.log_p
        for log_ratio in self.log_ratios:
            total = total - log_ratio
        return total


class LatentModel(Protocol):
    """A model with latent variables and an encoder, for any number of levels."""

    def latent_noise_shapes(self, batch: int) -> tuple[tuple[int, ...], ...]:
        """Shape of the N(0, 1) noise of each level, the level nearest to the picture first."""

    def log_weight(self, x: Tensor, eps: Sequence[Tensor]) -> LogWeight:
        """Importance weights of n samples for each picture, from one pass of the encoder.

        Args:
            x: Pictures ``(B, C, H, W)``.
            eps: Noise of each level, ``(n B, ...)``: row ``k B + b`` is sample k of picture b.

        Returns:
            Weights whose parts have shape ``(n B,)``, in the order of the noise.
        """


def single_level(
    x: Tensor,
    posterior: Posterior,
    eps: Sequence[Tensor],
    log_p: Callable[[Tensor, Tensor], Tensor],
) -> LogWeight:
    """Return importance weights of a model with one code under the prior N(0, I).

    Args:
        x: Pictures ``(B, C, H, W)``.
        posterior: q(z|x), over ``(B, Z)``.
        eps: Noise of the only level, ``(n B, Z)``; see :meth:`LatentModel.log_weight`.
        log_p: Pictures ``(n B, C, H, W)`` and codes ``(n B, Z)`` to log p(x|z), ``(n B,)``.
    """
    (noise,) = eps
    n = len(noise) // len(x)
    draw = posterior.repeated(n).drawn(noise)
    ratio = draw.log_q - standard_normal(draw.z).log_prob(draw.z)
    return LogWeight(log_p(x.repeat(n, 1, 1, 1), draw.z), (ratio,))
