"""One update of a classical GAN as a script would write it: plain torch, autograd.

This module imports torch alone. Each function is one optimiser step as a generator of named
stages: slow motion walks them, the exported script is this text, and the fast path of
:mod:`gen_core.recipes.gan` is tested against it.
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.nn.functional import softplus
from torch.optim import Optimizer

__all__ = ["discriminator_update", "generator_update"]

Stage = tuple[str, dict[str, Tensor]]


def discriminator_update(
    discriminator: torch.nn.Module,
    generator: Callable[[Tensor], Tensor],
    optimizer: Optimizer,
    real: Tensor,
    noise: Tensor,
    *,
    game: str,
) -> Iterator[Stage]:
    """Do one discriminator step.

    Args:
        discriminator: Maps ``(B, 2)`` to logits ``(B, 1)``.
        generator: Maps ``(B, noise_dim)`` to ``(B, 2)``; left unchanged.
        optimizer: Over the discriminator's parameters.
        real: ``(B, 2)``.
        noise: ``(B, noise_dim)``.
        game: ``"minimax"``, ``"non-saturating"`` or ``"least-squares"``.

    Yields:
        Stages ``sample``, ``generate``, ``score``, ``loss`` and ``step``.
    """
    yield "sample", {"real": real, "noise": noise}
    fake = generator(noise).detach()
    yield "generate", {"fake": fake}
    real_score = discriminator(real).squeeze(1)
    fake_score = discriminator(fake).squeeze(1)
    yield "score", {"real_score": real_score.detach(), "fake_score": fake_score.detach()}
    if game == "least-squares":
        loss = 0.5 * (real_score - 1) ** 2 + 0.5 * fake_score**2
    else:
        loss = softplus(-real_score) + softplus(fake_score)  # -log D(x) - log(1 - D(G(z)))
    yield "loss", {"loss": loss.detach()}
    optimizer.zero_grad()
    loss.mean().backward()
    optimizer.step()
    yield "step", {"loss": loss.mean().detach()}


def generator_update(
    discriminator: torch.nn.Module,
    generator: torch.nn.Module,
    optimizer: Optimizer,
    noise: Tensor,
    *,
    game: str,
) -> Iterator[Stage]:
    """Do one generator step.

    Args:
        discriminator: Maps ``(B, 2)`` to logits ``(B, 1)``; left unchanged.
        generator: Maps ``(B, noise_dim)`` to ``(B, 2)``.
        optimizer: Over the generator's parameters.
        noise: ``(B, noise_dim)``.
        game: ``"minimax"``, ``"non-saturating"`` or ``"least-squares"``.

    Yields:
        Stages ``sample``, ``generate``, ``score``, ``loss``, ``backward`` and ``step``.
    """
    yield "sample", {"noise": noise}
    fake = generator(noise)
    fake.retain_grad()
    yield "generate", {"fake": fake.detach()}
    score = discriminator(fake).squeeze(1)
    yield "score", {"fake_score": score.detach()}
    if game == "least-squares":
        loss = 0.5 * (score - 1) ** 2
    elif game == "minimax":
        loss = -softplus(score)  # log(1 - D(G(z)))
    else:
        loss = softplus(-score)  # -log D(G(z))
    yield "loss", {"loss": loss.detach()}
    optimizer.zero_grad()
    loss.mean().backward()
    yield "backward", {"gradient": torch.as_tensor(fake.grad)}  # (B, 2)
    optimizer.step()
    yield "step", {"loss": loss.mean().detach()}
