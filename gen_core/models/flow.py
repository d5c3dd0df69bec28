"""A flow: a bijection under a standard Gaussian, so that densities and samples are both exact.

Dinh et al. 2017, Real NVP, arXiv 1605.08803, section 3.1; Rezende & Mohamed 2015, ICML, arXiv
1505.05770, section 3. With z = f(x),

    log p(x) = log N(f(x); 0, I) + log |det df/dx|,    x = f^-1(z), z ~ N(0, I).

>>> import torch
>>> from gen_core.bijections.base import Chain, Flip
>>> flow = Flow(Chain([Flip(), Flip()]), 2)
>>> flow.log_prob(torch.zeros(1, 2))  # -ln 2 pi
tensor([-1.8379])
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor, nn

from gen_core.bijections.base import Chain

__all__ = ["Flow", "evaluating"]


class Flow(nn.Module):
    """A chain of layers over vectors, each layer one bijection.

    Args:
        layers: The bijection, layer by layer, data side first.
        dim: Dimensions D of x and z.
    """

    def __init__(self, layers: Chain, dim: int) -> None:
        super().__init__()
        self.layers = layers
        self.dim = dim

    def log_prob(self, x: Tensor) -> Tensor:
        """Return the log-density, ``(B,)``, in nats.

        Args:
            x: Data ``(B, D)``.
        """
        z, log_det = self.layers(x)
        return self.log_prior(z) + log_det

    def log_prior(self, z: Tensor) -> Tensor:
        """Return log N(z; 0, I), ``(B,)``, in nats.

        Args:
            z: Latents ``(B, D)``.
        """
        return -0.5 * (z.square().sum(1) + self.dim * math.log(2 * math.pi))

    def sample(self, noise: Tensor) -> Tensor:
        """Return f^-1 of N(0, 1) noise.

        Args:
            noise: ``(B, D)``.
        """
        return self.layers.inverse(noise)[0]

    def stages(self, x: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """Walk from data to latents.

        Args:
            x: Data ``(B, D)``.

        Yields:
            x and zeros; then what each layer reaches ``(B, D)``, with the log-determinant of all
            layers so far ``(B,)``.
        """
        total = x.new_zeros(len(x))
        yield x, total
        for _, reached, log_det in self.layers.stages(x):
            total = total + log_det
            yield reached, total

    def inverse_stages(self, z: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """Walk from latents to data: the stages of :meth:`stages`, last first.

        Args:
            z: Latents ``(B, D)``.

        Returns:
            z and zeros; then what each layer's inverse reaches ``(B, D)``, with the
            log-determinant of all inverses so far ``(B,)``.
        """
        return self.layers.inverse_stages(z)


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Put a model into evaluation mode for a while: running averages hold still.

    Args:
        model: Any model; afterwards it is in the mode it was in.
    """
    before = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(before)
