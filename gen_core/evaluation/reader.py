"""A small convolutional network that reads the factors off a picture of a room.

It is trained on drawn rooms, whose factors are known, and then reads pictures of any origin. What
it reads is worth its score on the test rooms: R^2 (1 - squared error / variance) of a continuous
factor, accuracy of a choice. Of pictures unlike any room nothing is known.
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from gen_core.data.rooms import Rooms, draw
from gen_core.data.rooms_factors import FACTORS, sample
from gen_core.errors import DataError
from gen_core.training.eager import Adam
from gen_core.training.seeding import generator, initialize_

__all__ = ["Reader", "fit", "measure"]

FINE = 24
"""Maps of the two layers that see every pixel."""
WIDTHS = (32, 48, 64)
HIDDEN = 128
BATCH = 64
RATE = 3e-3
OUTPUTS = [max(len(factor.choices), 1) for factor in FACTORS]
SPREAD = 12**0.5
"""1 / standard deviation of U[0, 1]: targets have variance 1."""


class Reader(nn.Module):
    """Convolutions of stride 2 down to 4 x 4, where things are; and averages, for textures.

    Args:
        size: Pixels along a side: 16 or 32.

    Raises:
        DataError: It is another size.

    Example:
        >>> Reader(16).read(torch.zeros(2, 3, 16, 16)).shape
        torch.Size([2, 20])
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        if size not in (16, 32):
            raise DataError("a reader of 16 or 32 pixels", size, "Read smaller pictures.")
        self.size = size
        halvings = size.bit_length() - 3  # 16: 2, 32: 3
        widths = [3, FINE, FINE, *WIDTHS[-halvings:]]
        self.convolutions = nn.ModuleList(
            nn.Conv2d(a, b, 3, padding=1, stride=1 if b == FINE else 2)
            for a, b in zip(widths[:-1], widths[1:], strict=True)
        )
        features = 16 * widths[-1] + sum(widths[1:])
        self.hidden = nn.Linear(features, HIDDEN)
        self.output = nn.Linear(HIDDEN, sum(OUTPUTS))

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return raw outputs a factor: a standardised value ``(B, 1)`` or logits ``(B, n)``."""
        x = 2 * x - 1
        averages = []
        for convolution in self.convolutions:
            x = convolution(x).relu()
            averages.append(x.mean((2, 3)))
        features = torch.cat([x.flatten(1), *averages], 1)
        return list(self.output(self.hidden(features).relu()).split(OUTPUTS, 1))

    @torch.no_grad()
    def read(self, x: Tensor) -> Tensor:
        """Read the factors of pictures.

        Args:
            x: ``(B, 3, S, S)`` in [0, 1], on any levels.

        Returns:
            ``(B, F)``: continuous factors in their unit of [0, 1], unclipped; of a choice its
            likeliest index.

        Raises:
            DataError: The pictures have another shape.
        """
        shape = (3, self.size, self.size)
        if x.ndim != 4 or x.shape[1:] != shape:
            got = tuple(x.shape)
            raise DataError(f"pictures (B, {shape})", got, "Load the reader of their size.")
        raw = [torch.cat(parts) for parts in zip(*map(self, x.split(500)), strict=True)]
        columns = [
            out.argmax(1).float() if factor.choices else out[:, 0] / SPREAD + 0.5
            for factor, out in zip(FACTORS, raw, strict=True)
        ]
        return torch.stack(columns, 1)


def fit(size: int, seed: int, epochs: int, n: int = 20_000) -> Iterator[Reader]:
    """Train a reader on rooms that are drawn for it, each seen once; yields it after every epoch.

    Adam under a one-cycle schedule (Smith & Topin 2018, arXiv:1708.07120); squared error of
    standardised continuous factors, cross-entropy of choices.

    Args:
        size: Pixels along a side.
        seed: Gives the initial weights and the rooms.
        epochs: Times that n rooms are drawn.
        n: Rooms of an epoch.
    """
    reader = Reader(size)
    initialize_(reader, seed, "reader")
    optimizer = Adam(reader.parameters())
    steps = -(-n // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, epochs * steps)
    for epoch in range(epochs):
        for step in range(epoch * steps, (epoch + 1) * steps):
            random = generator(seed, "reader/rooms", step)
            factors = sample(BATCH, random)
            noise = torch.randn(BATCH, 1, size, size, generator=random)
            optimizer.zero_grad()
            _loss(reader(draw(factors, size, noise)), factors).backward()
            optimizer.step()
            schedule.step()
        yield reader


def _loss(raw: list[Tensor], factors: Tensor) -> Tensor:
    terms = [
        functional.cross_entropy(out, truth.long())
        if factor.choices
        else functional.mse_loss(out[:, 0], (truth - 0.5) * SPREAD)
        for factor, out, truth in zip(FACTORS, raw, factors.unbind(1), strict=True)
    ]
    return torch.stack(terms).sum()


def measure(reader: Reader, rooms: Rooms) -> dict[str, float]:
    """Score of every factor by name on the test rooms: R^2, or the accuracy of a choice."""
    read, truth = reader.read(rooms.pictures("test")).double(), rooms.factors("test").double()
    error = (read - truth).square().mean(0) / truth.var(0, correction=0)
    right = (read == truth).double().mean(0)
    return {
        factor.name: float(right[i] if factor.choices else 1 - error[i])
        for i, factor in enumerate(FACTORS)
    }
