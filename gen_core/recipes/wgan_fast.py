"""One critic update of WGAN on written-out gradients: the fast twin of the reference.

Real, generated and interpolated points go through the critic as one batch, and one chain of matrix
products back-propagates the loss on the first two parts and differentiates the critic itself on
the third (:mod:`gen_core.nn.closed_form`).
"""

from functools import lru_cache

import torch
from torch import Tensor
from torch.optim import Optimizer

from gen_core.nn import closed_form
from gen_core.nn.mlp import Mlp
from gen_core.objectives import wasserstein

__all__ = ["clipped_step", "penalised_step"]


@torch.no_grad()
def clipped_step(
    critic: Mlp,
    optimizer: Optimizer,
    real: Tensor,
    fake: Tensor,
    *,
    clip: float,
    clip_first: bool = False,
) -> dict[str, Tensor]:
    """Do one critic step with weight clipping.

    Args:
        critic: The critic.
        optimizer: Over its parameters.
        real: ``(B, 2)``.
        fake: ``(B, 2)``.
        clip: c; every parameter ends in [-c, c], biases too.
        clip_first: Clip before the step instead.

    Returns:
        ``critic_estimate``, 0-d.
    """
    if clip_first:
        _clamp(critic, clip)
    trace = closed_form.forward(critic, torch.cat([real, fake]))
    deltas = closed_form.chain(critic, trace, _start(len(real), 2, real.device, real.dtype))
    closed_form.write_gradients(critic, trace, deltas)
    optimizer.step()
    if not clip_first:
        _clamp(critic, clip)
    return {"critic_estimate": _estimate(trace.output, len(real))}


@torch.no_grad()
def penalised_step(
    critic: Mlp,
    optimizer: Optimizer,
    real: Tensor,
    fake: Tensor,
    epsilon: Tensor,
    *,
    penalty: float,
    one_sided: bool = False,
) -> dict[str, Tensor]:
    """Do one critic step with gradient penalty.

    Args:
        critic: The critic.
        optimizer: Over its parameters.
        real: ``(B, 2)``.
        fake: ``(B, 2)``.
        epsilon: U[0, 1), ``(B,)``.
        penalty: lambda.
        one_sided: Punish only slopes above 1.

    Returns:
        ``critic_estimate``, ``penalty`` (before lambda) and ``slope``, 0-d.
    """
    rows = 2 * len(real)  # rows of the loss; those of the penalty follow
    between = wasserstein.interpolate(real, fake, epsilon)
    trace = closed_form.forward(critic, torch.cat([real, fake, between]))
    deltas = closed_form.chain(critic, trace, _start(len(real), 3, real.device, real.dtype))
    gradient = closed_form.input_gradient(critic, deltas, first=rows)
    slope = gradient.norm(dim=1)
    excess = slope - 1
    if one_sided:
        excess = excess.relu_()
    # d/dg of lambda mean (|g| - 1)^2; where g = 0 it is taken as 0, as autograd does
    factor = excess / slope.clamp_min(1e-30) * (2 * penalty / len(real))
    closed_form.tangents(critic, trace, gradient * factor.unsqueeze(1), first=rows)
    closed_form.write_gradients(critic, trace, deltas, bias_rows=rows)
    optimizer.step()
    return {
        "critic_estimate": _estimate(trace.output, len(real)),
        "penalty": excess.square().mean(),
        "slope": slope.mean(),
    }


@lru_cache(maxsize=16)
def _start(n: int, parts: int, device: torch.device, dtype: torch.dtype) -> Tensor:
    """Derivative of mean f(x~) - mean f(x) by score; 1 in the penalty's rows: ``(parts n, 1)``."""
    values = torch.tensor([-1 / n, 1 / n, 1.0][:parts], dtype=dtype)
    return values.repeat_interleave(n).unsqueeze(1).to(device)


def _estimate(scores: Tensor, n: int) -> Tensor:
    """Mean f(x) - mean f(x~) of scores that hold n real and then n generated points."""
    return scores[:n].mean() - scores[n : 2 * n].mean()


def _clamp(critic: Mlp, c: float) -> None:
    parameters: list[Tensor] = list(critic.parameters())
    torch._foreach_clamp_min_(parameters, -c)
    torch._foreach_clamp_max_(parameters, c)
