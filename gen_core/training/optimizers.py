"""Optimisers whose semantics differ from torch's and change results.

TensorFlow's RMSProp, which the public WGAN-GP code uses for its clipped critics, decays by 0.9,
adds epsilon 1e-10 *inside* the root and starts its mean square at **1**, so that the first updates
are about ``lr · g``; torch's decays by 0.99, adds epsilon outside and starts at 0, so that they
are about ``lr · 10 · sign(g)``.
"""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor
from torch.optim import Optimizer

from gen_core.training.eager import Adam, RMSprop

__all__ = ["TensorFlowRMSprop", "make_optimizer"]


class TensorFlowRMSprop(Optimizer):
    r"""RMSProp as TensorFlow 1 computes it.

    .. math:: s \leftarrow \rho s + (1 - \rho) g^2, \quad s_0 = 1, \qquad
              \theta \leftarrow \theta - \eta\, g / \sqrt{s + \epsilon}

    Args:
        parameters: What to optimise.
        lr: Learning rate, eta.
        decay: rho.
        epsilon: Added inside the root.

    Example:
        >>> w = torch.nn.Parameter(torch.zeros(1))
        >>> w.grad = torch.ones(1)
        >>> TensorFlowRMSprop([w], lr=0.1).step()
        >>> round(w.item(), 6)
        -0.1
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        lr: float,
        decay: float = 0.9,
        epsilon: float = 1e-10,
    ) -> None:
        super().__init__(parameters, {"lr": lr, "decay": decay, "epsilon": epsilon})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Do one step; parameters without a gradient stay."""
        if closure is not None:
            raise TypeError("TensorFlowRMSprop takes no closure")
        for group in self.param_groups:
            moved = [p for p in group["params"] if p.grad is not None]
            gradients = [p.grad for p in moved]
            squares = [self._square(p) for p in moved]
            torch._foreach_mul_(squares, group["decay"])
            torch._foreach_addcmul_(squares, gradients, gradients, 1 - group["decay"])
            roots = torch._foreach_add(squares, group["epsilon"])
            torch._foreach_sqrt_(roots)
            torch._foreach_addcdiv_(moved, gradients, roots, -group["lr"])

    def _square(self, parameter: Tensor) -> Tensor:
        state = self.state[parameter]
        if "square" not in state:
            state["square"] = torch.ones_like(parameter)
        return state["square"]


def make_optimizer(
    kind: str, parameters: Iterable[Tensor], lr: float, betas: tuple[float, float]
) -> Optimizer:
    """Return an optimiser by its name in the recipes, in torch's fastest form.

    Args:
        kind: ``"adam"``, ``"rmsprop"`` (alpha 0.99, epsilon 1e-8) or ``"rmsprop-tensorflow"``.
        parameters: What to optimise.
        lr: Learning rate.
        betas: Decays of Adam.
    """
    own = list(parameters)
    if kind == "rmsprop":
        return RMSprop(own, lr, foreach=True)
    if kind == "rmsprop-tensorflow":
        return TensorFlowRMSprop(own, lr)
    fused = own[0].device.type in ("cpu", "cuda")
    return Adam(own, lr, betas=betas, fused=fused or None)
