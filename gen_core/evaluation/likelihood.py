"""How likely a model finds held-out pictures: exactly, or bounded by importance sampling.

In nats for each picture, and in bits for each dimension (van den Oord et al. 2016, PixelRNN,
section 5.1). Importance sampling as in Burda, Grosse & Salakhutdinov 2016 (arXiv 1509.00519),
eq. 8; Gulrajani et al. 2017 (PixelVAE), section 4.1, take 5000 samples for each picture of MNIST.

Both measures are generators: a progress bar or a page advances them slice by slice, and each
slice holds a bounded number of decoded pictures, however many samples are asked for.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from gen_core.data.pixels import bits_per_dim
from gen_core.evaluation.figures import Estimate, Figure, Moments, Progress
from gen_core.objectives.importance import LatentModel, LogWeight
from gen_core.training.seeding import normal

__all__ = ["LIVE", "Bounded", "Exact", "exact", "importance_weighted"]

LIVE = 500
"""Decoded pictures that are held at once."""
EXACT = "−log p(x), exact"


@dataclass(frozen=True)
class Exact:
    """The likelihood of a model that knows it.

    Attributes:
        log_p: log p(x), in nats, mean over pictures.
        pictures: How many.
        dimensions: Sub-pixels of a picture.
        label: What the nats are called.
    """

    log_p: Estimate
    pictures: int
    dimensions: int
    label: str = EXACT

    @property
    def bits_per_dim(self) -> Estimate:
        """-log p(x) in bits for each dimension."""
        return self.log_p.scaled(-bits_per_dim(1.0, self.dimensions))

    def figures(self) -> Mapping[str, Figure]:
        """Return NLL and bits for each dimension."""
        nll = Figure(self.label, "nats", self.log_p.scaled(-1), self.pictures)
        bits = Figure("−log p(x)", "bits/dim", self.bits_per_dim, self.pictures)
        return {"nll": nll, "bits_per_dim": bits}


@dataclass(frozen=True)
class Bounded:
    """The likelihood of a model with latent variables, bounded from below; in nats.

    Attributes:
        elbo: Evidence lower bound, the mean of all samples' log weights.
        reconstruction: -log p(x|z), the mean of all samples.
        kls: KL of each level from the same samples, the level nearest to the picture first.
        iwae: log(1/N sum_k w_k), mean over pictures.
        samples: N.
        pictures: How many.
        dimensions: Sub-pixels of a picture.
        elbos: The bound of each picture ``(M,)``, to be held against another model's in pairs.
    """

    elbo: Estimate
    reconstruction: Estimate
    kls: tuple[Estimate, ...]
    iwae: Estimate
    samples: int
    pictures: int
    dimensions: int
    elbos: Tensor = field(repr=False, compare=False)

    @property
    def bits_per_dim(self) -> Estimate:
        """-iwae in bits for each dimension."""
        return self.iwae.scaled(-bits_per_dim(1.0, self.dimensions))

    def figures(self) -> Mapping[str, Figure]:
        """Return the bound with its parts, the importance-weighted NLL and bits per dimension."""
        error = "Reconstruction −log p(x|z)"
        found = {
            "elbo": Figure("Evidence lower bound", "nats", self.elbo, self.pictures),
            "reconstruction": Figure(error, "nats", self.reconstruction, self.pictures),
        }
        for level, kl in enumerate(self.kls, start=1):
            alone = len(self.kls) == 1
            name, label = ("kl", "KL") if alone else (f"kl_{level}", f"KL of level {level}")
            found[name] = Figure(label, "nats", kl, self.pictures)
        nll = self.iwae.scaled(-1)
        label, n = "−log p(x)", self.samples
        found["nll"] = Figure(label, "nats", nll, self.pictures, n)
        bits = self.bits_per_dim
        found["bits_per_dim"] = Figure("−log p(x)", "bits/dim", bits, self.pictures, n)
        return found


@torch.no_grad()
def exact(
    log_prob: Callable[..., Tensor],
    pictures: Tensor,
    labels: Tensor | None = None,
    live: int = LIVE,
    device: torch.device | str = "cpu",
    label: str = EXACT,
) -> Iterator[Progress[Exact]]:
    """Average log p(x) over pictures, a batch at a time.

    Args:
        log_prob: Pictures ``(B, C, H, W)``, and their labels where there are any, to
            log-probabilities in nats, ``(B,)``.
        pictures: ``(M, C, H, W)``.
        labels: Classes ``(M,)`` for a conditional model.
        live: Pictures in a batch.
        device: Where the model lives.
        label: What the nats are called.

    Yields:
        The average so far after each batch.
    """
    moments = Moments()
    given = [pictures] if labels is None else [pictures, labels]
    for batch in zip(*(each.split(live) for each in given), strict=True):
        moments.add(log_prob(*(each.to(device) for each in batch)))
        result = Exact(moments.estimate, moments.count, pictures[0].numel(), label)
        yield Progress(moments.count / len(pictures), result)


@torch.no_grad()
def importance_weighted(
    model: LatentModel,
    pictures: Tensor,
    samples: int,
    seed: int = 0,
    live: int = LIVE,
    device: torch.device | str = "cpu",
) -> Iterator[Progress[Bounded]]:
    """Estimate log 1/N sum_k w_k of pictures, and the bound with its parts, from N samples each.

    Sums over samples are carried from slice to slice (the weights' as a running log-sum-exp, in
    float64), so that memory does not depend on N. The noise is a function of the seed and the
    slice, hence of ``live`` too.

    Args:
        model: The model, in evaluation mode.
        pictures: ``(M, C, H, W)``.
        samples: N.
        seed: Seed of the noise.
        live: Decoded pictures that are held at once, at most.
        device: Where the model lives.

    Yields:
        After each slice the share done, and the estimate over the pictures that have all samples.
    """
    chunk = min(samples, live)  # of samples: one pass of the encoder serves many
    at_once = live // chunk  # of pictures
    tally, done, slices = _Tally(), 0, 0
    for x in pictures.split(at_once):
        sums = _Sums(len(x))
        for first in range(0, samples, chunk):
            n = min(chunk, samples - first)
            eps = _noise(model, n * len(x), seed, slices, device)
            sums.add(model.log_weight(x.to(device), eps), n)
            done, slices = done + n * len(x), slices + 1
            if first + n == samples:
                tally.add(sums, samples)
            yield Progress(done / (samples * len(pictures)), tally.result(samples, x[0].numel()))


def _noise(
    model: LatentModel, rows: int, seed: int, index: int, device: torch.device | str
) -> list[Tensor]:
    shapes = enumerate(model.latent_noise_shapes(rows), start=1)
    return [normal(shape, seed, f"evaluate/{level}", index, device) for level, shape in shapes]


class _Sums:
    """Of the samples of a few pictures so far, for each picture: ``(B,)``, float64."""

    def __init__(self, pictures: int) -> None:
        self.log_weights = torch.full((pictures,), -torch.inf, dtype=torch.float64)
        self.parts = torch.zeros(0, pictures, dtype=torch.float64)  # log p and each log ratio

    def add(self, weight: LogWeight, n: int) -> None:
        rows = torch.stack([weight.log_p, *weight.log_ratios, weight.total]).cpu().double()
        by_sample = rows.unflatten(1, (n, -1))  # (parts, n, B)
        total = by_sample[-1].logsumexp(0)
        self.log_weights = torch.logaddexp(self.log_weights, total)
        sums = by_sample.sum(1)
        self.parts = self.parts + sums if len(self.parts) else sums


class _Tally:
    """Means over the pictures that are done."""

    def __init__(self) -> None:
        self.iwae = Moments()
        self.parts: list[Moments] = []
        self.elbos = torch.zeros(0, dtype=torch.float64)

    def add(self, sums: _Sums, samples: int) -> None:
        self.iwae.add(sums.log_weights - math.log(samples))
        self.parts = self.parts or [Moments() for _ in sums.parts]
        for moments, part in zip(self.parts, sums.parts, strict=True):
            moments.add(part / samples)
        self.elbos = torch.cat([self.elbos, sums.parts[-1] / samples])

    def result(self, samples: int, dimensions: int) -> Bounded | None:
        if not self.parts:
            return None
        log_p, *kls, elbo = (moments.estimate for moments in self.parts)
        error, iwae, count = log_p.scaled(-1), self.iwae.estimate, self.iwae.count
        return Bounded(elbo, error, tuple(kls), iwae, samples, count, dimensions, self.elbos)
