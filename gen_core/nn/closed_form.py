r"""Gradients of a ReLU network written out: the fast path of the toy games.

For a network :math:`h_l = m_l \odot (W_l h_{l-1} + b_l)` with ReLU masks :math:`m_l`, everything
that WGAN-GP needs is a chain of matrix products:

- back-propagation: :math:`\delta_{l-1} = m_{l-1} \odot W_l^\top \delta_l`;
- the input gradient of a scalar output: the same chain from 1, :math:`v_{l-1} = m_{l-1} \odot
  W_l^\top v_l`, ending in :math:`g = W_1^\top v_1`;
- the penalty's gradient: with :math:`u = \partial P / \partial g`, the chain run forwards,
  :math:`t_l = m_l \odot W_l t_{l-1}` from :math:`t_0 = u`, gives :math:`\partial P / \partial W_l
  = v_l t_{l-1}^\top`. Masks are piecewise constant, so biases get nothing and no product returns
  through the forward pass. Autograd multiplies its way through that pass with zeros.

The same numbers as autograd up to float32 rounding; a test holds them together.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from gen_core.nn.mlp import Mlp

__all__ = ["InputGradient", "Trace", "accumulate_penalty", "backward", "forward", "input_gradient"]


@dataclass(frozen=True, eq=False)
class Trace:
    """A forward pass: the input, every post-ReLU activation, and the output.

    Attributes:
        inputs: Input of each linear map, ``(B, in)`` each.
        output: ``(B, out)``.
    """

    inputs: tuple[Tensor, ...]
    output: Tensor

    def rows(self, start: int, stop: int) -> "Trace":
        """Return the part of the batch from ``start`` to ``stop``, without a copy."""
        return Trace(tuple(x[start:stop] for x in self.inputs), self.output[start:stop])


@dataclass(frozen=True, eq=False)
class InputGradient:
    """The input gradient of a scalar network, with the chain that made it.

    Attributes:
        chain: v of each linear map's output, first layer first; ``(B, out)`` each.
        gradient: ``(B, in)``.
    """

    chain: tuple[Tensor, ...]
    gradient: Tensor


def forward(network: Mlp, x: Tensor) -> Trace:
    """Run the network and keep what the other functions need; call it without autograd."""
    inputs = [x]
    for layer in network.layers[:-1]:
        x = torch.addmm(layer.bias, x, layer.weight.t()).relu_()
        inputs.append(x)
    last = network.layers[-1]
    return Trace(tuple(inputs), torch.addmm(last.bias, x, last.weight.t()))


def backward(
    network: Mlp, trace: Trace, output_gradient: Tensor, *, parameters: bool = True
) -> Tensor:
    """Back-propagate a gradient of the output.

    Args:
        network: The network that made the trace.
        trace: Its forward pass.
        output_gradient: ``(B, out)``.
        parameters: Write every parameter's gradient into ``.grad`` (as a fresh value); otherwise
            only the input's gradient is computed.

    Returns:
        The gradient of the input, ``(B, in)``; empty ``(0,)`` where ``parameters`` is set, as
        nobody needs it then.
    """
    delta = output_gradient
    for index in reversed(range(len(network.layers))):
        layer, x = network.layers[index], trace.inputs[index]
        if parameters:
            layer.weight.grad = _into(layer.weight.grad, delta.t(), x)
            layer.bias.grad = delta.sum(0)
        if index:
            delta = torch.mm(delta, layer.weight).mul_(x > 0)
    return delta.new_empty(0) if parameters else delta @ network.layers[0].weight


def input_gradient(network: Mlp, trace: Trace) -> InputGradient:
    """Differentiate a scalar network's output with respect to its input, per example."""
    layers = network.layers
    v = torch.ones_like(trace.output)  # (B, 1)
    chain: list[Tensor] = [v]
    for index in reversed(range(1, len(layers))):
        mask = trace.inputs[index] > 0
        v = (layers[index].weight if index == len(layers) - 1 else v @ layers[index].weight) * mask
        chain.append(v)
    return InputGradient(tuple(reversed(chain)), v @ layers[0].weight)


def accumulate_penalty(
    network: Mlp, trace: Trace, made: InputGradient, penalty_gradient: Tensor
) -> None:
    """Add a penalty's gradient to the weights' ``.grad``.

    Args:
        network: The network.
        trace: Forward pass at the penalised points.
        made: Its input gradient there.
        penalty_gradient: Gradient of the penalty with respect to the input gradient, ``(B, in)``.
    """
    t = penalty_gradient
    for index, layer in enumerate(network.layers):
        weight_gradient = layer.weight.grad
        if weight_gradient is None:
            raise RuntimeError("call backward first: it writes the gradients added to here")
        if index == len(network.layers) - 1:
            weight_gradient.add_(t.sum(0))
            return
        weight_gradient.addmm_(made.chain[index].t(), t)
        t = torch.mm(t, layer.weight.t()).mul_(trace.inputs[index + 1] > 0)


def _into(buffer: Tensor | None, left: Tensor, right: Tensor) -> Tensor:
    if buffer is None:
        return torch.mm(left, right)
    return torch.mm(left, right, out=buffer)
