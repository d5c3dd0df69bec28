"""Couplings of vectors whose halves take turns, computed in one go.

The same map as the chain of :class:`~gen_core.bijections.coupling.HalfCoupling`, laid out for
speed. Vectors stand in columns, so that each half is a block of whole rows: no coupling cuts,
masks or joins anything, and thin products (from one number, to two) run along memory. Gradients
are written out; with ``o`` the half that changes, e = exp(s) and g the gradient of the result,

    d t = g,    d s = g o e + d log_det,    d raw = d s scale (1 - tanh^2(raw)),    d o = g e,

and (d raw, d t) go back through the ReLU network by one chain of products. In a run of
``python -m benchmarks.run flows`` this and the plain chain stand side by side; a test holds them
together to rounding.
"""

from collections.abc import Iterator, Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from gen_core.bijections.base import Chain
from gen_core.bijections.coupling import HalfCoupling, half_size
from gen_core.bijections.normalization import FlowBatchNorm
from gen_core.nn.mlp import Mlp

__all__ = ["AlternatingCouplings"]

SCALE_START = 1.0  # the public code's for couplings of channels, which halves of a vector are


class AlternatingCouplings(Chain):
    """Couplings that keep the first half, the second half, the first half ... of ``(B, D)``.

    Args:
        dim: Dimensions D, at least 2.
        couplings: How many.
        width: Units of a hidden layer in each network.
        depth: Hidden layers in each network.
        norms: A normalisation after each coupling, or none at all.
    """

    def __init__(
        self,
        dim: int,
        couplings: int,
        width: int,
        depth: int,
        norms: Sequence[FlowBatchNorm] = (),
    ) -> None:
        maps = []
        for index in range(couplings):
            second = index % 2 == 1
            kept = half_size(dim, keeps_second=second)
            network = Mlp(kept, 2 * (dim - kept), width=width, depth=depth)
            maps.append(HalfCoupling(network, keeps_second=second, scale_start=SCALE_START))
        super().__init__(maps)
        self.norms = nn.ModuleList(norms)

    def forward(self, x: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the last coupling's z and the sum of the log-determinants."""
        if self.norms:
            return super().forward(x, context)
        if not torch.is_grad_enabled():
            return self._looked_at(x)
        scales = [coupling.scale for coupling in self._couplings()]
        weights = [each for coupling in self._couplings() for each in _weights(coupling)]
        return cast(tuple[Tensor, Tensor], _Fused.apply(x, len(scales), *scales, *weights))

    def inverse(self, z: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the first coupling's x and the sum of the log-determinants."""
        if self.norms or torch.is_grad_enabled():
            *_, (x, total) = self.inverse_stages(z, context)
            return x, total
        rows = _rows(z)
        total = z.new_zeros(len(z))
        for index, coupling in reversed(list(enumerate(self._couplings()))):
            kept, other = index % 2, 1 - index % 2
            out = _hidden(_weights(coupling), rows[kept])[-1]
            raw, shift = out.tensor_split(2)
            s = raw.tanh() * (SCALE_START + coupling.scale)
            rows[other] = (rows[other] - shift).mul_((-s).exp_())
            total -= s[0] if len(s) == 1 else s.sum(0)
        return torch.cat(rows).t(), total

    def stages(
        self, x: Tensor, context: Tensor | None = None
    ) -> Iterator[tuple[int, Tensor, Tensor]]:
        """Yield, coupling by coupling, its index, what it makes of x, and its log-determinant."""
        for index, coupling in enumerate(self._couplings()):
            x, log_det = coupling(x)
            if self.norms:
                x, more = self.norms[index](x)
                log_det = log_det + more
            yield index, x, log_det

    def inverse_stages(
        self, z: Tensor, context: Tensor | None = None
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield z and zeros, then what each inverse makes of it, the last coupling's first."""
        total = z.new_zeros(len(z))
        yield z, total
        for index, coupling in reversed(list(enumerate(self._couplings()))):
            if self.norms:
                z, log_det = cast(FlowBatchNorm, self.norms[index]).inverse(z)
                total = total + log_det
            z, log_det = coupling.inverse(z)
            total = total + log_det
            yield z, total

    def _looked_at(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return what :meth:`forward` does, and keep nothing for gradients."""
        rows, total = _rows(x), x.new_zeros(len(x))
        for index, coupling in enumerate(self._couplings()):
            _couple(rows, total, index, coupling.scale, _weights(coupling))
        return torch.cat(rows).t(), total

    def _couplings(self) -> list[HalfCoupling]:
        return cast(list[HalfCoupling], list(self.maps))


def _weights(coupling: HalfCoupling) -> list[Tensor]:
    """Weight and bias of each linear map, first layer first."""
    linears = cast(Mlp, coupling.network).linears
    return [each for linear in linears for each in (linear.weight, linear.bias)]


def _rows(x: Tensor) -> list[Tensor]:
    """Return both halves as rows, ``(D', B)``."""
    return list(x.t().contiguous().tensor_split([x.shape[1] // 2]))


def _hidden(weights: Sequence[Tensor], x: Tensor) -> list[Tensor]:
    """Return the input, each post-ReLU activation and the output, as rows ``(..., B)``."""
    found = [x]
    for index in range(0, len(weights), 2):
        weight, bias = weights[index], weights[index + 1][:, None]
        thin = len(x) == 1  # an outer product: no matrix routine is worth its start
        x = torch.addcmul(bias, weight, x) if thin else torch.mm(weight, x).add_(bias)
        found.append(x.relu_() if index + 2 < len(weights) else x)
    return found


def _couple(
    rows: list[Tensor], total: Tensor, index: int, scale: Tensor, weights: Sequence[Tensor]
) -> list[Tensor]:
    """Move one half of ``rows`` and add the log-determinants to ``total``, both in place.

    Returns:
        What a gradient needs: the input of each linear map, the half as it was, tanh of the raw
        scale, and the stretch.
    """
    still, moved = index % 2, 1 - index % 2
    seen = _hidden(weights, rows[still])
    raw, shift = seen.pop().tensor_split(2)
    squashed = raw.tanh_()
    s = squashed * (SCALE_START + scale)
    total += s[0] if len(s) == 1 else s.sum(0)
    before, stretch = rows[moved], s.exp_()
    rows[moved] = torch.addcmul(shift, before, stretch)
    return [*seen, before, squashed, stretch]


class _Fused(torch.autograd.Function):
    """All couplings as one node of the graph."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, n: int, *parameters: Tensor) -> tuple[Tensor, Tensor]:  # noqa: ANN401
        scales, weights = parameters[:n], parameters[n:]
        per = len(weights) // n if n else 0
        rows, total, kept = _rows(x), x.new_zeros(len(x)), list[Tensor]()
        for index, scale in enumerate(scales):
            kept += _couple(rows, total, index, scale, weights[index * per : (index + 1) * per])
        ctx.n = n
        ctx.save_for_backward(*parameters, *kept)
        return torch.cat(rows).t(), total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, at_z: Tensor, at_log_det: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
        n, saved = ctx.n, ctx.saved_tensors
        per = (len(saved) // n - 4) // 3 * 2 if n else 0
        parameters, kept = saved[: n * (1 + per)], saved[n * (1 + per) :]
        scales, weights = parameters[:n], parameters[n:]
        at = _rows(at_z)
        at_scales, at_weights = list[Tensor](), list[Tensor]()
        size = len(kept) // n if n else 0
        for index in reversed(range(n)):
            *seen, before, squashed, stretch = kept[index * size : (index + 1) * size]
            still, moved = index % 2, 1 - index % 2
            through = at[moved] * stretch
            at_s = torch.addcmul(at_log_det, through, before)
            at_scales.append(torch.dot(at_s.flatten(), squashed.flatten()))
            at_raw = torch.ops.aten.tanh_backward(at_s.mul_(SCALE_START + scales[index]), squashed)
            delta = torch.cat((at_raw, at[moved]))
            at[moved] = through
            found = list[Tensor]()
            of = weights[index * per : (index + 1) * per]
            for layer in reversed(range(per // 2)):
                found += [delta.sum(1), torch.mm(delta, seen[layer].t())]
                delta = torch.mm(of[2 * layer].t(), delta)
                if layer:  # where the ReLU was closed nothing comes through
                    torch.ops.aten.threshold_backward.grad_input(
                        delta, seen[layer], 0, grad_input=delta
                    )
            at[still] = at[still] + delta
            at_weights += found
        return torch.cat(at).t(), None, *at_scales[::-1], *at_weights[::-1]
