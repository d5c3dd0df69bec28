"""PixelCNN: training against a plain net with whole masked kernels, and cached sampling.

Both nets of the training row compute the same family of functions at the same size, alternately
in one process. Full-forward sampling is timed over its first positions: each costs the same.
"""

import time
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d

from gen_core.models.pixelcnn import PixelCnn
from gen_core.nn.gated import gate
from gen_core.sampling.ancestral import ancestral, finish
from gen_core.sampling.cached import cached
from gen_core.training.precision import autocast

__all__ = ["PlainGated", "measure"]

SHAPE = (1, 28, 28)
SIZE = {"width": 26, "depth": 6, "first_kernel": 7, "kernel": 5}  # about 175 000 weights in force
SAMPLED = {"width": 32, "depth": 9, "first_kernel": 7, "kernel": 5}  # ten gated layers of 32 maps
PICTURES = 16
POSITIONS = 12  # of the full-forward loop


class MaskedConv(nn.Conv2d):
    """A convolution whose whole kernel is stored and multiplied by a mask at each pass."""

    def __init__(self, inputs: int, outputs: int, kernel: int, kind: str) -> None:
        super().__init__(inputs, outputs, kernel, padding=kernel // 2)
        mask, middle = torch.ones(kernel, kernel), kernel // 2
        if kind == "vertical":
            mask[middle + 1 :] = 0
        else:
            mask[:middle], mask[middle + 1 :] = 0, 0
            mask[middle, middle + (kind == "B") :] = 0
        self.register_buffer("mask", mask)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(B, out, H, W)``."""
        return conv2d(x, self.weight * self.mask, self.bias, padding=self.padding)


class PlainGated(nn.Module):
    """The gated PixelCNN as a tutorial writes it: masks over whole kernels, rows shifted."""

    def __init__(self, width: int, depth: int, first_kernel: int, kernel: int) -> None:
        super().__init__()
        sizes = [(1, first_kernel, "A"), *[(width, kernel, "B")] * depth]
        self.vertical = nn.ModuleList(
            MaskedConv(inputs, 2 * width, k, "vertical") for inputs, k, _ in sizes
        )
        self.horizontal = nn.ModuleList(
            MaskedConv(inputs, 2 * width, k, kind) for inputs, k, kind in sizes
        )
        self.link = nn.ModuleList(nn.Conv2d(2 * width, 2 * width, 1) for _ in sizes)
        self.out = nn.ModuleList(nn.Conv2d(width, width, 1) for _ in sizes)
        self.head = nn.ModuleList(nn.Conv2d(width, 2 * width, 1) for _ in range(2))
        self.last = nn.Conv2d(width, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return one logit a pixel."""
        v = h = x
        layers = zip(self.vertical, self.horizontal, self.link, self.out, strict=True)
        for index, (vertical, horizontal, link, out) in enumerate(layers):
            above = vertical(v)
            shifted = nn.functional.pad(link(above), (0, 0, 1, 0))[:, :, :-1]
            new = out(gate(horizontal(h) + shifted))
            v, h = gate(above), new if index == 0 else h + new
        for layer in self.head:
            h = gate(layer(h))
        return self.last(h)


def measure(batch: int = 32, seconds: float = 20) -> dict[str, object]:
    """Pictures a second of both nets in training, and seconds of both samplers."""
    torch.manual_seed(0)
    plain, ours = PlainGated(**SIZE), PixelCnn(SHAPE, 1, **SIZE)
    x = (torch.rand(batch, *SHAPE) < 0.2).float()
    device = torch.device("cpu")

    def nll(precision: str) -> Tensor:
        with autocast(device, precision):
            found = ours(x)
        return -found.log_prob(x).mean()

    def entropy() -> Tensor:
        return nn.functional.binary_cross_entropy_with_logits(plain(x), x)

    kept = {
        "plain": _stepper(plain, entropy),
        "float32": _stepper(ours, lambda: nll("float32")),
        "bfloat16": _stepper(ours, lambda: nll("bfloat16")),
    }
    spent = {name: [] for name in kept}
    until = time.perf_counter() + seconds
    while time.perf_counter() < until or len(spent["plain"]) < 4:
        for name, step in kept.items():
            begun = time.perf_counter()
            step()
            spent[name].append(time.perf_counter() - begun)
    rates = {name: batch / sorted(times[1:])[len(times) // 2 - 1] for name, times in spent.items()}
    return {
        "parameters": sum(p.numel() for p in ours.parameters()),
        "parameters_plain": sum(p.numel() for p in plain.parameters()),
        "pictures_per_second": rates,
        "training_ratio": rates["float32"] / rates["plain"],
        "training_ratio_bfloat16": rates["bfloat16"] / rates["plain"],
        **_sampling(),
    }


def _stepper(model: nn.Module, loss: Callable[[], Tensor]) -> Callable[[], None]:
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)

    def step() -> None:
        optimizer.zero_grad()
        loss().backward()
        nn.utils.clip_grad_value_(model.parameters(), 1.0)
        optimizer.step()

    return step


def _sampling() -> dict[str, float]:
    decoder = PixelCnn(SHAPE, 1, **SAMPLED).decoder()
    noise = torch.rand(PICTURES, *SHAPE)
    begun = time.perf_counter()
    finish(cached(decoder, noise))
    fast = time.perf_counter() - begun
    walk = ancestral(decoder, noise)
    next(walk)
    begun = time.perf_counter()
    for _ in range(POSITIONS):
        next(walk)
    full = (time.perf_counter() - begun) / POSITIONS * SHAPE[1] * SHAPE[2]
    return {"cached_s": fast, "full_forward_s": full, "sampling_ratio": full / fast}
