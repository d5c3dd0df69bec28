"""One WGAN update as a script would write it: plain torch, autograd, nothing shared.

This module imports torch alone. Each function is one optimiser step as a generator of named
stages: slow motion walks them, the exported script is this text, and the fast path of
:mod:`gen_core.recipes.wgan` is tested against it.
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.optim import Optimizer

__all__ = ["critic_update", "generator_update"]

Stage = tuple[str, dict[str, Tensor]]


def critic_update(
    critic: torch.nn.Module,
    generator: Callable[[Tensor], Tensor],
    optimizer: Optimizer,
    real: Tensor,
    noise: Tensor,
    epsilon: Tensor,
    *,
    method: str,
    penalty: float,
    clip: float,
    clip_first: bool = False,
) -> Iterator[Stage]:
    """Do one critic step of weight clipping or gradient penalty.

    Args:
        critic: Maps ``(B, 2)`` to ``(B, 1)``.
        generator: Maps ``(B, noise_dim)`` to ``(B, 2)``; left unchanged.
        optimizer: Over the critic's parameters.
        real: ``(B, 2)``.
        noise: ``(B, noise_dim)``.
        epsilon: U[0, 1) of shape ``(B,)``.
        method: ``"clip"``, ``"gp"`` or ``"gp-one-sided"``.
        penalty: lambda.
        clip: c.
        clip_first: Clip before the step, as the first paper's code does, not after it.

    Yields:
        Stages ``sample``, ``generate``, ``score``, then for the penalty ``interpolate`` and
        ``slope``, then ``loss`` and ``step``.
    """
    yield "sample", {"real": real, "noise": noise}
    fake = generator(noise).detach()
    yield "generate", {"fake": fake}
    if method == "clip" and clip_first:
        clamp(critic, clip)
    real_score, fake_score = critic(real).squeeze(1), critic(fake).squeeze(1)
    yield "score", {"real_score": real_score.detach(), "fake_score": fake_score.detach()}
    if method != "clip":
        between = epsilon[:, None] * real + (1 - epsilon[:, None]) * fake
        between.requires_grad_()
        yield "interpolate", {"epsilon": epsilon, "between": between.detach()}
        (gradient,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
        slope = gradient.norm(2, dim=1)
        yield "slope", {"gradient": gradient.detach(), "slope": slope.detach()}
    loss = fake_score - real_score  # (B,)
    if method != "clip":
        excess = slope - 1
        if method == "gp-one-sided":
            excess = excess.clamp(min=0)
        loss = loss + penalty * excess**2
    yield "loss", {"loss": loss.detach()}
    optimizer.zero_grad()
    loss.mean().backward()
    optimizer.step()
    if method == "clip" and not clip_first:
        clamp(critic, clip)
    yield "step", {"estimate": (real_score - fake_score).mean().detach()}


def generator_update(
    critic: torch.nn.Module, generator: torch.nn.Module, optimizer: Optimizer, noise: Tensor
) -> Iterator[Stage]:
    """Do one generator step: raise the critic's score of the generated points.

    Args:
        critic: Maps ``(B, 2)`` to ``(B, 1)``; left unchanged.
        generator: Maps ``(B, noise_dim)`` to ``(B, 2)``.
        optimizer: Over the generator's parameters.
        noise: ``(B, noise_dim)``.

    Yields:
        Stages ``sample``, ``generate``, ``score``, ``loss``, ``backward`` and ``step``.
    """
    yield "sample", {"noise": noise}
    fake = generator(noise)
    fake.retain_grad()
    yield "generate", {"fake": fake.detach()}
    score = critic(fake).squeeze(1)
    yield "score", {"fake_score": score.detach()}
    loss = -score
    yield "loss", {"loss": loss.detach()}
    optimizer.zero_grad()
    loss.mean().backward()
    yield "backward", {"gradient": torch.as_tensor(fake.grad)}  # (B, 2)
    optimizer.step()
    yield "step", {"loss": loss.mean().detach()}


@torch.no_grad()
def clamp(critic: torch.nn.Module, c: float) -> None:
    """Clip every parameter of the critic to [-c, c], biases too."""
    for parameter in critic.parameters():
        parameter.clamp_(-c, c)
