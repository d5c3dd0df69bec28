"""Posteriors that are a diagonal Gaussian carried through invertible maps.

Kingma et al. 2016, IAF, arXiv 1606.04934, algorithm 1 and equation 11: with z_0 = mu + sigma eps
and z_T the end of the chain,

    log q(z_T|x) = -sum_i (eps_i^2 / 2 + ln(2 pi) / 2 + log sigma_i) - sum_t log |det dz_t/dz_t-1|.

>>> import torch
>>> from gen_core.bijections.base import Flip
>>> base = DiagonalNormal(torch.tensor([[1.0, 2.0]]), torch.zeros(1, 2))
>>> FlowPosterior(base, Chain([Flip()])).drawn(torch.zeros(1, 2))
Draw(z=tensor([[2., 1.]]), log_q=tensor([-1.8379]))
"""

from dataclasses import dataclass
from typing import cast

from torch import Tensor

from gen_core.bijections.autoregressive import LinearIaf
from gen_core.bijections.base import Chain
from gen_core.distributions import DiagonalNormal, Draw, standard_normal

__all__ = ["FlowPosterior", "LinearPosterior"]


@dataclass(frozen=True)
class FlowPosterior:
    """A Gaussian for each example, and maps that bend it.

    Attributes:
        base: N(mu_0, diag(sigma_0^2)), over ``(B, Z)``.
        flow: The maps; ``forward`` leads to z.
        context: What each example's maps are conditioned on, ``(B, C)``.
    """

    base: DiagonalNormal
    flow: Chain
    context: Tensor | None = None

    @property
    def mu(self) -> Tensor:
        """Where the base's mean is carried, ``(B, Z)``; not the mean of z."""
        return cast(Tensor, self.flow(self.base.mu, self.context)[0])

    def rsample(self, eps: Tensor) -> Tensor:
        """Return z of N(0, 1) noise, both ``(B, Z)``."""
        return self.drawn(eps).z

    def drawn(self, eps: Tensor) -> Draw:
        """Return z of N(0, 1) noise ``(B, Z)``, with its density: algorithm 1."""
        z, log_det = self.flow(self.base.rsample(eps), self.context)
        return Draw(z, standard_normal(eps).log_prob(eps) - self.base.log_sigma.sum(1) - log_det)

    def path(self, eps: Tensor) -> tuple[Tensor, ...]:
        """Return z_0 and what each map makes of it, the last of them z, each ``(B, Z)``."""
        start = self.base.rsample(eps)
        return (start, *(z for _, z, _ in self.flow.stages(start, self.context)))

    def log_prob(self, z: Tensor) -> Tensor:
        """Return log q(z|x) of any points ``(B, Z)``, ``(B,)``, through the inverse maps."""
        start, log_det = self.flow.inverse(z, self.context)
        return self.base.log_prob(start) + log_det

    def kl_at(self, draw: Draw) -> Tensor:
        """Return log q(z|x) - log p(z) at the draw, ``(B, 1)``.

        The maps mix dimensions, so the whole code is one group.
        """
        return (draw.log_q - standard_normal(draw.z).log_prob(draw.z))[:, None]

    def repeated(self, n: int) -> "FlowPosterior":
        """Return n copies in a row, over ``(n B, Z)``: row ``k B + b`` is example b."""
        given = None if self.context is None else self.context.repeat(n, 1)
        return type(self)(self.base.repeated(n), self.flow, given)


@dataclass(frozen=True)
class LinearPosterior(FlowPosterior):
    """N(L mu_0, L diag(sigma_0^2) L^T): linear IAF, a Gaussian of any covariance (appendix A).

    Its chain is one :class:`~gen_core.bijections.autoregressive.LinearIaf`.
    """

    @property
    def covariance(self) -> Tensor:
        """L diag(sigma_0^2) L^T, ``(B, Z, Z)``."""
        spread = self._lower() * self.base.sigma[:, None]
        return spread @ spread.mT

    def kl_at(self, draw: Draw) -> Tensor:
        """Return KL(q || N(0, I)) in closed form, ``(B, Z)``.

        Entry i is the mean KL of z_i given those before it, 1/2 (E z_i^2 - 1) - log sigma_i: L
        has ones on its diagonal, so sigma_i is the deviation that is left then.
        """
        variance = self.covariance.diagonal(dim1=1, dim2=2)
        return 0.5 * (variance + self.mu.square() - 1) - self.base.log_sigma

    def _lower(self) -> Tensor:
        (step,) = self.flow.maps
        return cast(LinearIaf, step).lower(self.context)
