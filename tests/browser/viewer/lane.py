"""One small WGAN critic and its generator, trained for real, and what its probes give."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn

EXTENT = (-3.0, 3.0, -3.0, 3.0)
# low, high, logarithmic, symbol, unit, hint
COMMON = {
    "critic_rate": (1e-5, 1e-2, True, "α", "", "step size of the critic"),
    "n_critic": (1, 20, False, "n", "updates", "critic updates in one round"),
}
OWN = {
    "clip": {"clip": (0.001, 1.0, True, "c", "", "every critic weight stays in [−c, c]")},
    "gp": {"penalty": (0.1, 100.0, True, "λ", "", "weight of the gradient penalty")},
}
FIELDS = ("low", "high", "log", "symbol", "unit", "hint")
RANGES = {
    lane: {name: dict(zip(FIELDS, row, strict=True)) for name, row in (own | COMMON).items()}
    for lane, own in OWN.items()
}
LABELS = {"clip": "Weight clipping", "gp": "Gradient penalty"}


def eight(n: int, generator: torch.Generator) -> Tensor:
    """Samples (n, 2) of eight Gaussians on a circle of radius 2."""
    angle = torch.randint(0, 8, (n,), generator=generator) * (math.pi / 4)
    centre = 2.0 * torch.stack([angle.cos(), angle.sin()], 1)
    return centre + 0.08 * torch.randn(n, 2, generator=generator)


def perceptron(width: int, outputs: int) -> nn.Sequential:
    """Three hidden layers of `width`."""
    return nn.Sequential(
        nn.Linear(2, width),
        nn.ReLU(),
        nn.Linear(width, width),
        nn.ReLU(),
        nn.Linear(width, width),
        nn.ReLU(),
        nn.Linear(width, outputs),
    )


class Lane:
    """One critic and its generator."""

    def __init__(self, name: str, width: int) -> None:
        torch.manual_seed(7)
        self.name = name
        self.critic = perceptron(width, 1)
        self.generator = perceptron(width, 2)
        self.settings: dict[str, float] = {"critic_rate": 1e-3, "n_critic": 5}
        self.settings |= {"clip": 0.1} if name == "clip" else {"penalty": 10.0}
        self.optimizers = {
            "critic": torch.optim.RMSprop(self.critic.parameters(), lr=1e-3),
            "generator": torch.optim.RMSprop(self.generator.parameters(), lr=5e-4),
        }
        self.t = 0
        self.status, self.message = "ok", ""
        self.curves: dict[str, list[float]] = {"critic_estimate": [], "w1": []}
        self.curves |= {f"norm_{layer}": [] for layer in (1, 2, 3)}
        self.noise = torch.randn(256, 2, generator=torch.Generator().manual_seed(3))
        self.reference = eight(256, torch.Generator().manual_seed(4))

    def update(self, player: str) -> None:
        """One optimiser step of one player."""
        draws = torch.Generator().manual_seed(self.t)
        real = eight(256, draws)
        fake = self.generator(torch.randn(256, 2, generator=draws))
        if player == "critic":
            fake = fake.detach()
            gap = self.critic(real).mean() - self.critic(fake).mean()
            self.gap = float(gap.detach())
            loss = -gap
            if self.name == "gp":
                mix = torch.rand(256, 1, generator=draws)
                between = (mix * real + (1 - mix) * fake).requires_grad_()
                (slope,) = torch.autograd.grad(
                    self.critic(between).sum(), between, create_graph=True
                )
                loss = loss + self.settings["penalty"] * (slope.norm(dim=1) - 1).square().mean()
        else:
            loss = -self.critic(fake).mean()
        optimizer = self.optimizers[player]
        if player == "critic":
            optimizer.param_groups[0]["lr"] = self.settings["critic_rate"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if player == "critic" and self.name == "clip":
            with torch.no_grad():
                for weight in self.critic.parameters():
                    weight.clamp_(-self.settings["clip"], self.settings["clip"])
        self.t += 1

    def round(self) -> None:
        """`n_critic` critic updates, one generator update, and the round's curves."""
        for _ in range(int(self.settings["n_critic"])):
            self.update("critic")
        self.update("generator")
        self.curves["critic_estimate"].append(self.gap)
        with torch.no_grad():
            fake = self.generator(self.noise)
        away = torch.cdist(fake, self.reference).min(1).values.mean()
        for layer in (1, 2, 3):
            norm = self.critic[2 * layer - 2].weight.detach().norm()
            self.curves[f"norm_{layer}"].append(float(norm))
        self.curves["w1"].append(float(away) if len(self.curves["w1"]) % 5 == 0 else math.nan)

    def arrays(self, size: int) -> dict[str, np.ndarray]:
        """What the probes of this lane give now."""
        x = torch.linspace(EXTENT[0], EXTENT[1], size)
        plane = torch.cartesian_prod(x, x).flip(1)
        with torch.no_grad():
            values = self.critic(plane).reshape(size, size)
            fake = self.generator(self.noise)
        points = fake.clone().requires_grad_()
        (arrows,) = torch.autograd.grad(self.critic(points).sum(), points)
        weights = torch.cat([p.detach().flatten() for p in self.critic.parameters()])
        counts, edges = np.histogram(weights.numpy(), bins=40)
        norms = [float((p.detach().norm() + 1e-9).log10()) for p in self.critic.parameters()][::2]
        return {
            "surface/values": values.numpy(),
            "surface/extent": np.array(EXTENT, np.float32),
            "samples/real": self.reference.numpy(),
            "samples/fake": fake.numpy(),
            "gradient_arrows/points": fake.numpy(),
            "gradient_arrows/arrows": arrows.numpy(),
            "weight_histogram/counts": counts.astype(np.float32),
            "weight_histogram/edges": edges.astype(np.float32),
            "layer_gradients/log10_norm": np.array(norms, np.float32),
            **self.clouds(),
            "pictures/images": np.random.default_rng(self.t).integers(
                0, 255, (12, 8, 8), np.uint8
            ),
        }

    def clouds(self) -> dict[str, np.ndarray]:
        """Two clouds of points, in the lane "gp" moved by two steps, with their outlines."""
        labels = np.tile(np.arange(2, dtype=np.int32), 64)
        start = self.noise[:128].numpy() * 0.3
        steps = 3 if self.name == "gp" else 1
        moved = [
            start + step * np.stack((2.0 * labels - 1, 0.0 * labels), 1) for step in range(steps)
        ]
        angle = np.linspace(0, 2 * np.pi, 17, dtype=np.float32)
        outline = np.stack([np.stack((np.cos(angle), np.sin(angle)), 1)] * 2)
        return {
            "posterior_clouds/path": np.stack(moved).astype(np.float32),
            "posterior_clouds/labels": labels,
            "posterior_clouds/prior": self.noise[128:].numpy(),
            "true_posterior/truth": outline,
            "true_posterior/own": 0.5 * outline,
            "true_posterior/gap": np.array([0.25, 0.75], np.float32),
        }
