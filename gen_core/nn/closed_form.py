r"""Gradients of a ReLU network written out: the fast path of the toy games.

For a network :math:`h_l = m_l \odot (W_l h_{l-1} + b_l)` with ReLU masks :math:`m_l`, everything
that WGAN-GP needs is three chains of matrix products, each run once for the whole batch:

- :func:`forward`: the activations of real, generated and interpolated points together;
- :func:`chain`: :math:`\delta_{l-1} = m_{l-1} \odot W_l^\top \delta_l`. Started from the loss's
  derivative it back-propagates; started from 1 it is the critic's own input gradient,
  :math:`g = W_1^\top \delta_1`. One call does both, on different rows of the batch;
- :func:`tangents`: with :math:`u = \partial P / \partial g` of a penalty P, the chain
  :math:`t_l = m_l \odot W_l t_{l-1}` from :math:`t_0 = u`.

Then :math:`\partial / \partial W_l = \sum \delta_l h_{l-1}^\top` on the rows of the loss and
:math:`\sum \delta_l t_{l-1}^\top` on those of the penalty: again one product. Masks are piecewise
constant, so a penalty moves no bias, and nothing returns through the forward pass, where autograd
multiplies its way with zeros.

The same numbers as autograd up to float32 rounding; a test holds them together.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from gen_core.nn.mlp import Mlp

__all__ = ["Trace", "chain", "forward", "input_gradient", "tangents", "write_gradients"]


@dataclass(frozen=True, eq=False)
class Trace:
    """A forward pass.

    Attributes:
        inputs: Input of each linear map, ``(B, in)`` each; all but the first are post-ReLU.
        output: ``(B, out)``.
    """

    inputs: tuple[Tensor, ...]
    output: Tensor


def forward(network: Mlp, x: Tensor) -> Trace:
    """Run the network and keep what the chains need; call it without autograd."""
    *hidden, last = network.linears
    inputs = [x]
    for layer in hidden:
        x = torch.addmm(layer.bias, x, layer.weight.t()).relu_()
        inputs.append(x)
    return Trace(tuple(inputs), torch.addmm(last.bias, x, last.weight.t()))


def chain(network: Mlp, trace: Trace, start: Tensor) -> list[Tensor]:
    """Run back from the output.

    Args:
        network: The network that made the trace.
        trace: Its forward pass.
        start: Derivative with respect to the output, ``(B, out)``.

    Returns:
        The derivative with respect to each linear map's output, first layer first.
    """
    delta, found = start, [start]
    for index, layer in reversed(list(enumerate(network.linears))[1:]):
        delta = _masked_(torch.mm(delta, layer.weight), trace.inputs[index])
        found.append(delta)
    return found[::-1]


def input_gradient(network: Mlp, deltas: list[Tensor], first: int = 0) -> Tensor:
    """Finish a chain down to the input, for the rows from ``first`` on: ``(B - first, in)``."""
    return deltas[0][first:] @ network.linears[0].weight


def tangents(network: Mlp, trace: Trace, direction: Tensor, first: int) -> None:
    """Run a direction through the linearised network, in place of activations.

    The rows from ``first`` on of every ``trace.inputs`` are overwritten by t, so that one product
    of :func:`write_gradients` holds the loss's and the penalty's part.

    Args:
        network: The network that made the trace.
        trace: Its forward pass.
        direction: t of the input, ``(B - first, in)``.
        first: First row of the penalised points.
    """
    t = direction
    for index, layer in enumerate(network.linears):
        trace.inputs[index][first:].copy_(t)
        if index + 1 < len(trace.inputs):
            t = _masked_(torch.mm(t, layer.weight.t()), trace.inputs[index + 1][first:])


def write_gradients(
    network: Mlp, trace: Trace, deltas: list[Tensor], bias_rows: int | None = None
) -> None:
    """Write every parameter's ``.grad``.

    Args:
        network: The network.
        trace: Its forward pass, with tangents in the rows of a penalty.
        deltas: What :func:`chain` returned.
        bias_rows: Rows that move biases: those of the loss; None for all.
    """
    for layer, x, delta in zip(network.linears, trace.inputs, deltas, strict=True):
        if layer.weight.grad is None:
            layer.weight.grad = torch.empty_like(layer.weight)
            layer.bias.grad = torch.empty_like(layer.bias)
        torch.mm(delta.t(), x, out=layer.weight.grad)
        torch.sum(delta[:bias_rows], 0, out=layer.bias.grad)


def _masked_(gradient: Tensor, activation: Tensor) -> Tensor:
    """Zero the gradient, in place, where the ReLU was closed."""
    return torch.ops.aten.threshold_backward.grad_input(
        gradient, activation, 0, grad_input=gradient
    )
