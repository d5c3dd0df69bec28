"""The discretised mixture of logistics: few numbers a pixel, whatever the number of levels.

Paper: T. Salimans, A. Karpathy, X. Chen, D. P. Kingma, "PixelCNN++: Improving the PixelCNN with
Discretized Logistic Mixture Likelihood and Other Modifications", ICLR 2017, arXiv 1701.05517,
section 2.1 and 2.2; public code: openai/pixel-cnn, ``pixel_cnn_pp/nn.py``.

Deviations from the public code:
  1. Samples have levels. The code draws one component by Gumbel noise, then a real value from its
     logistic, clipped and not rounded. Here each sub-pixel inverts the distribution function of
     the *discretised* mixture at one uniform: the first channel that of the mixture, each later
     one that of the mixture whose weights are the components' posterior given the channels so
     far. The samples' law is that of ``log_prob``, and one uniform belongs to one sub-pixel.
  2. Bin masses need no guard. The code subtracts two sigmoids and, where less than 1e-5 is left,
     takes the density at the centre times the bin's width. Here sigma(a) - sigma(b) is written
     sigma(a) sigma(-b) (1 - e^(b - a)), which does not cancel: masses sum to one exactly, and
     equal the code's wherever its guard sleeps.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from gen_core.distributions.terms import like, per_example, positive
from gen_core.errors import DataError

__all__ = ["LogisticMixture"]

MIN_LOG_SCALE = -7.0


@dataclass(frozen=True)
class LogisticMixture:
    """Pixels of one or three channels on the levels k / n, from a mixture of logistics.

    Written for y = 2 x - 1 in [-1, 1]. Given its component, channel c is a logistic around
    mean_c + sum_{d<c} coefficient_cd y_d, rounded to the levels; the end bins are open. All
    channels of a pixel share the component.

    Attributes:
        logits: Of the components, ``(B, M, H, W)``.
        means: ``(B, M, C, H, W)``, before the coupling.
        log_scales: Like ``means``, at least -7.
        coefficients: ``(B, M, C (C - 1) / 2, H, W)`` in (-1, 1): of red in green, of red in blue,
            of green in blue.
        top_level: Largest level n.
    """

    logits: Tensor
    means: Tensor
    log_scales: Tensor
    coefficients: Tensor
    top_level: int

    @classmethod
    def from_raw(cls, raw: Tensor, channels: int, n_mix: int, top_level: int) -> "LogisticMixture":
        """Read a net's output in the order of the public code.

        First ``n_mix`` logits; then for each channel ``n_mix`` means, log-scales and, with three
        channels, raw coefficients, whose tanh is taken. That is 3 ``n_mix`` maps for one channel
        and 10 ``n_mix`` for three.

        Args:
            raw: ``(B, out, H, W)``.
            channels: 1 or 3.
            n_mix: Components M.
            top_level: Largest level n.

        Raises:
            DataError: The channels are neither one nor three, or the maps are not that many.
        """
        if channels not in (1, 3):
            raise DataError("1 or 3 channels", channels, "Take another output.")
        kinds = 3 if channels == 3 else 2
        expected = n_mix * (1 + kinds * channels)
        if raw.shape[1] != expected:
            raise DataError(f"{expected} maps", raw.shape[1], "Change the output's width.")
        rest = raw[:, n_mix:].unflatten(1, (channels, kinds, n_mix)).transpose(1, 3)
        means, log_scales = rest[:, :, 0], rest[:, :, 1]  # (B, M, C, H, W)
        coefficients = rest[:, :, 2].tanh() if channels == 3 else means[:, :, :0]
        return cls(
            raw[:, :n_mix], means, log_scales.clamp(min=MIN_LOG_SCALE), coefficients, top_level
        )

    @classmethod
    def single(cls, means: Tensor, log_scales: Tensor, top_level: int) -> "LogisticMixture":
        """Return one logistic for each sub-pixel, all independent.

        Args:
            means: In [-1, 1] as y is, ``(B, C, H, W)``.
            log_scales: Like ``means``, or of a shape that broadcasts with them.
            top_level: Largest level n.
        """
        wide = log_scales.expand_as(means).clamp(min=MIN_LOG_SCALE).unsqueeze(1)
        means = means.unsqueeze(1)  # (B, 1, C, H, W)
        channels = means.shape[2]
        one = torch.zeros_like(means[:, :, 0])
        uncoupled = one.unsqueeze(2).expand(-1, -1, channels * (channels - 1) // 2, -1, -1)
        return cls(one, means, wide, uncoupled, top_level)

    @property
    def mean(self) -> Tensor:
        """Expected picture ``(B, C, H, W)`` in [0, 1], of the components' unrounded means.

        The coupling is carried through the means; an open end counts at the level of its bin.
        """
        centres: list[Tensor] = []
        for c in range(self.means.shape[2]):
            centres.append(self._centre(c, centres).clamp(-1, 1))
        weights = self.logits.softmax(1).unsqueeze(2)  # (B, M, 1, H, W)
        return ((weights * torch.stack(centres, 2)).sum(1) + 1) / 2

    def pmf(self, x: Tensor | None = None) -> Tensor:
        """Probability of each level, ``(B, C, H, W, n + 1)``; a later channel's given the earlier.

        Args:
            x: Pictures ``(B, C, H, W)`` that give the earlier channels; one channel needs none.

        Raises:
            DataError: There are three channels and no picture.
        """
        if x is None and self.means.shape[2] > 1:
            raise DataError("the earlier channels", "no picture", "Hand in x.")
        y = torch.zeros_like(self.means[:, 0]) if x is None else self._scaled(x)
        levels = torch.arange(self.top_level + 1, device=y.device, dtype=y.dtype)
        levels = (2 * levels / self.top_level - 1).view(-1, 1, 1, 1, 1)  # (K, 1, 1, 1, 1)
        log_weights, found = self.logits.log_softmax(1), []
        for c in range(y.shape[1]):
            masses = self._log_mass(c, y, levels)  # (K, B, M, H, W)
            found.append((log_weights + masses).logsumexp(2).exp().permute(1, 2, 3, 0))
            log_weights = self._given(log_weights, c, y)
        return torch.stack(found, 1)

    def log_prob_map(self, x: Tensor) -> Tensor:
        """Log-probability of each sub-pixel given the earlier channels, ``(B, C, H, W)``.

        Args:
            x: Pictures on the levels k / n, ``(B, C, H, W)``.
        """
        y = self._scaled(x)
        log_weights, found = self.logits.log_softmax(1), []
        for c in range(y.shape[1]):
            joint = log_weights + self._log_mass(c, y, y[:, c].unsqueeze(1))
            found.append(joint.logsumexp(1))
            log_weights = joint - joint.logsumexp(1, keepdim=True)
        return torch.stack(found, 1)

    def log_prob(self, x: Tensor) -> Tensor:
        """Sum over pixels of log sum_m w_m prod_c P_m(x_c | x_<c), in nats, ``(B,)``.

        Args:
            x: Pictures on the levels k / n, ``(B, C, H, W)``.
        """
        y = self._scaled(x)
        masses = [self._log_mass(c, y, y[:, c].unsqueeze(1)) for c in range(y.shape[1])]
        joint = self.logits.log_softmax(1) + torch.stack(masses).sum(0)  # (B, M, H, W)
        return per_example(joint.logsumexp(1))

    def sample(self, uniforms: Tensor) -> Tensor:
        """Pictures on the levels k / n, one uniform for each sub-pixel.

        The smallest level whose cumulative probability exceeds the uniform, by bisection: log2 n
        sums over the components, and never all levels at once.

        Args:
            uniforms: U[0, 1) noise, ``(B, C, H, W)``.
        """
        y = torch.zeros_like(like(uniforms, self.means[:, 0]))
        log_weights = self.logits.log_softmax(1)
        for c in range(y.shape[1]):
            value = 2 * self._invert(c, y, log_weights, uniforms[:, c]) / self.top_level - 1
            y = torch.cat([y[:, :c], value.unsqueeze(1), y[:, c + 1 :]], 1)
            log_weights = self._given(log_weights, c, y)
        return ((y + 1) / 2 * self.top_level).round() / self.top_level

    def tempered(self, temperature: float) -> "LogisticMixture":
        """Return the mixture with component logits divided and scales multiplied by T.

        Args:
            temperature: T; below 1 sharper, above 1 flatter. Scales keep their lower bound.

        Raises:
            DataError: The temperature is not above 0.
        """
        wider = self.log_scales + math.log(positive(temperature))
        return LogisticMixture(
            self.logits / temperature,
            self.means,
            wider.clamp(min=MIN_LOG_SCALE),
            self.coefficients,
            self.top_level,
        )

    def _scaled(self, x: Tensor) -> Tensor:
        return 2 * like(x, self.means[:, 0]) - 1

    def _centre(self, c: int, earlier: list[Tensor]) -> Tensor:
        """Means of channel c, ``(B, M, H, W)``, given the earlier channels in [-1, 1]."""
        first = c * (c - 1) // 2
        coupled = [self.coefficients[:, :, first + d] * earlier[d] for d in range(c)]
        return sum(coupled, start=self.means[:, :, c])

    def _log_mass(self, c: int, y: Tensor, at: Tensor) -> Tensor:
        """Log of each component's mass in the bin around ``at``; broadcasts with (B, M, H, W)."""
        half = 1 / self.top_level
        inverse = (-self.log_scales[:, :, c]).exp()
        centred = at - self._centre(c, list(y.unsqueeze(1).unbind(2)))
        upper, lower = inverse * (centred + half), inverse * (centred - half)
        width = torch.log(-torch.expm1(-2 * half * inverse))
        inside = logsigmoid(upper) + logsigmoid(-lower) + width
        open_ends = torch.where(at > 1 - half, logsigmoid(-lower), inside)
        return torch.where(at < half - 1, logsigmoid(upper), open_ends)

    def _given(self, log_weights: Tensor, c: int, y: Tensor) -> Tensor:
        """Posterior of the component once channel c is known too, ``(B, M, H, W)``."""
        return (log_weights + self._log_mass(c, y, y[:, c].unsqueeze(1))).log_softmax(1)

    def _invert(self, c: int, y: Tensor, log_weights: Tensor, u: Tensor) -> Tensor:
        weights, inverse = log_weights.exp(), (-self.log_scales[:, :, c]).exp()
        centre = self._centre(c, list(y.unsqueeze(1).unbind(2)))
        low, high = torch.zeros_like(u), torch.full_like(u, self.top_level)
        for _ in range(self.top_level.bit_length()):
            middle = ((low + high) / 2).floor()
            edge = ((2 * middle + 1) / self.top_level - 1).unsqueeze(1)
            exceeds = (weights * (inverse * (edge - centre)).sigmoid()).sum(1) > u
            low, high = torch.where(exceeds, low, middle + 1), torch.where(exceeds, middle, high)
            low = torch.minimum(low, high)
        return low
