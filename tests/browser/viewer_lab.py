"""Two small WGAN critics, trained for real, that speak the live engine's commands and frames.

It stands in for the engine where only the viewer is under test: one thread, no recording on disk,
every frame encoded as safetensors with the same metadata. Faults are set from outside by `force`.
"""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from safetensors.numpy import save
from torch import Tensor, nn

EXTENT = (-3.0, 3.0, -3.0, 3.0)
RANGES: dict[str, dict[str, dict[str, Any]]] = {
    "clip": {
        "clip": {"low": 0.001, "high": 1.0, "log": True, "symbol": "c", "unit": "",
                 "hint": "every critic weight stays in [−c, c]"},
        "critic_rate": {"low": 1e-5, "high": 1e-2, "log": True, "symbol": "α", "unit": "",
                        "hint": "step size of the critic"},
        "n_critic": {"low": 1, "high": 20, "log": False, "symbol": "n", "unit": "updates",
                     "hint": "critic updates in one round"},
    },
    "gp": {
        "penalty": {"low": 0.1, "high": 100.0, "log": True, "symbol": "λ", "unit": "",
                    "hint": "weight of the gradient penalty"},
        "critic_rate": {"low": 1e-5, "high": 1e-2, "log": True, "symbol": "α", "unit": "",
                        "hint": "step size of the critic"},
        "n_critic": {"low": 1, "high": 20, "log": False, "symbol": "n", "unit": "updates",
                     "hint": "critic updates in one round"},
    },
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
        nn.Linear(2, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(),
        nn.Linear(width, width), nn.ReLU(), nn.Linear(width, outputs),
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
            "pictures/images": np.random.default_rng(self.t).integers(0, 255, (12, 8, 8), np.uint8),
        }


class Lab:
    """The run: its lanes, its state, what it recorded, and the thread that trains."""

    def __init__(self, width: int = 32, every: float = 0.1) -> None:
        torch.set_num_threads(1)
        self.width, self.every = width, every
        self.changed = threading.Condition()
        self.listeners: set[Callable[[], None]] = set()
        self.accepting = True
        self.reset()
        threading.Thread(target=self.train, daemon=True).start()

    def reset(self) -> None:
        """Start again from the seed."""
        self.lanes = [Lane("clip", self.width), Lane("gp", self.width)]
        self.state, self.message, self.speed = "paused", None, None
        self.round = self.head = self.due = 0
        self.seq = getattr(self, "seq", 0)
        self.marks: list[dict[str, Any]] = []
        self.recorded: dict[int, dict[str, np.ndarray]] = {}
        self.rate = self.took = 0.0
        self.publish()

    def command(self, order: dict[str, Any]) -> None:
        """Obey one command of the owner."""
        with self.changed:
            do = order["do"]
            if do == "play":
                self.state, self.round = "playing", self.head
            elif do in ("pause", "sleep"):
                self.state = "paused" if do == "pause" else "asleep"
            elif do == "step":
                self.due += int(order.get("n", 1))
            elif do == "speed":
                self.speed = order["rounds_per_second"]
            elif do == "reset":
                self.reset()
            elif do == "seek":
                known = min(self.recorded, key=lambda r: abs(r - order["round"]))
                self.state, self.round = "paused", known
            elif do == "set":
                self.edit(order)
            elif do == "recover":
                for lane in self.lanes:
                    if lane.status == "diverged":
                        lane.status = "frozen" if order["how"] == "freeze" else "ok"
                        lane.message = ""
                self.state = "paused"
            self.publish()
            self.changed.notify_all()

    def edit(self, order: dict[str, Any]) -> None:
        """A hot edit, marked."""
        name, value = order["name"], order["value"]
        for lane in self.lanes:
            if order["lane"] in ("*", lane.name) and name in lane.settings:
                lane.settings[name] = value
                self.marks.append({"round": self.head, "t": lane.t, "lane": lane.name,
                                   "name": name, "value": value})

    def force(self, what: dict[str, Any]) -> None:
        """Set a fault or a state from a test."""
        with self.changed:
            self.state = what.get("state", self.state)
            self.message = what.get("message")
            self.accepting = what.get("accepting", self.accepting)
            if self.state == "diverged":
                self.lanes[1].status = "diverged"
                self.lanes[1].message = f"critic loss is NaN at step {self.lanes[1].t}"
            self.publish()
            self.changed.notify_all()

    def train(self) -> None:
        """Train while playing or while steps are due; publish at most every `every` seconds."""
        shown = time.perf_counter()
        while True:
            with self.changed:
                while self.state != "playing" and not self.due:
                    self.changed.wait()
                began = time.perf_counter()
                for lane in self.lanes:
                    if lane.status == "ok":
                        lane.round()
                self.head += 1
                self.round = self.head
                self.took = time.perf_counter() - began
                stepped = self.due > 0
                self.due = max(0, self.due - 1)
                now = time.perf_counter()
                if stepped or now - shown >= self.every:
                    shown = now
                    self.publish()
                if self.speed and not stepped:
                    self.changed.wait(max(0.0, 1 / self.speed - self.took))

    def publish(self) -> None:
        """Encode the present frame and wake the sockets."""
        self.seq += 1
        if self.round == self.head:
            size = 64 if self.state == "playing" else 128
            self.recorded[self.head] = {
                f"{lane.name}/{name}": np.ascontiguousarray(array)
                for lane in self.lanes for name, array in lane.arrays(size).items()
            }
            if len(self.recorded) > 300:
                self.recorded.pop(next(iter(self.recorded)))
        self.latest = self.encode()
        for wake in list(self.listeners):
            wake()

    def encode(self) -> bytes:
        """The frame as safetensors bytes."""
        tensors = dict(self.recorded[self.round])
        for lane in self.lanes:
            for metric, values in lane.curves.items():
                tensors[f"{lane.name}/curves/{metric}"] = np.array(values, np.float32)
            count = len(lane.curves["w1"])
            tensors[f"{lane.name}/curves/rounds"] = np.arange(1, count + 1, dtype=np.int32)
        tensors["run/timeline/rounds"] = np.array(sorted(self.recorded), np.int32)
        return save(tensors, {"frame": json.dumps(self.describe())})

    def describe(self) -> dict[str, Any]:
        """The frame's metadata, as the contract has it."""
        lanes = [
            {"name": lane.name, "label": LABELS[lane.name], "color": lane.name, "t": lane.t,
             "round": self.round, "stem": "wgan", "variant": lane.name, "settings": lane.settings,
             "ranges": RANGES[lane.name], "status": lane.status, "message": lane.message}
            for lane in self.lanes
        ]
        probes = sorted({name.split("/")[1] for name in self.recorded[self.round]})
        entries = [
            {"lane": lane.name, "probe": probe, "key": probe, "settings": {}, "arrays": [],
             "request": None, "viewer": None, "progress": None, "error": None}
            for lane in self.lanes for probe in probes
        ]
        metrics = {
            lane.name: {
                "w1": {"value": next((v for v in reversed(lane.curves["w1"]) if v == v), None),
                       "floor": 0.031, "label": "W₁", "unit": ""},
                "modes": {"value": 8, "floor": 8, "label": "Modes", "unit": "of 8"},
                "high_quality": {"value": 0.412, "floor": 0.989, "label": "Good samples",
                                 "unit": ""},
            }
            for lane in self.lanes
        }
        steps = sum(int(lane.settings["n_critic"]) + 1 for lane in self.lanes)
        return {
            "v": 1, "seq": self.seq, "round": self.round, "head": self.head, "state": self.state,
            "message": self.message, "speed": self.speed, "lanes": lanes, "marks": self.marks,
            "performance": {"rounds_per_second": 1 / self.took if self.took else None,
                            "ms_per_step": 1000 * self.took / steps, "ms_per_frame": 3.1,
                            "device": "cpu", "threads": 1},
            "entries": entries, "metrics": metrics,
            "curves": {"critic_estimate": {"label": "Critic's estimate", "unit": ""},
                       "w1": {"label": "Distance W₁", "unit": "plane units"}},
            "errors": [],
        }
