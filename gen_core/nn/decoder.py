"""An autoregressive decoder, whole: the net, what its output means, and what it is given.

PixelCNN, PixelVAE and both levels of the hierarchical PixelVAE hand one of these to the samplers,
so that there is one way to draw.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor

from gen_core.errors import DataError
from gen_core.training.precision import full

__all__ = ["Decoder", "Drawable", "PixelNet", "Stepper", "unchanged"]


class Stepper(Protocol):
    """A net evaluated position by position, in raster order."""

    def raw(self, i: int, j: int) -> Tensor:
        """Output ``(B, out)`` at a position, from everything written before.

        Positions come in raster order, each at least once; a second call at the same position,
        after some of its colours were written, gives the later colours' output.
        """

    def write(self, i: int, j: int, value: Tensor) -> None:
        """Enter the net's input ``(B, in)`` at a position."""


class PixelNet(Protocol):
    """A causal network over pictures."""

    def __call__(
        self, x: Tensor, vector: Tensor | None = None, maps: Tensor | None = None
    ) -> Tensor:
        """Raw outputs ``(B, out, H, W)``; the one at a position sees only earlier positions."""

    def stepper(
        self,
        batch: int,
        height: int,
        width: int,
        vector: Tensor | None = None,
        maps: Tensor | None = None,
    ) -> Stepper:
        """The same network, evaluated position by position."""


class Drawable(Protocol):
    """What a decoder's output is: a distribution that can be drawn from with given noise."""

    def log_prob(self, x: Tensor, /) -> Tensor:
        """Log-probability of each example in nats, ``(B,)``."""

    def sample(self, noise: Tensor, /) -> Tensor:
        """Values at noise of their shape: U[0, 1) for levels, N(0, 1) for Gaussians."""

    def tempered(self, temperature: float, /) -> Any:  # noqa: ANN401  (the same kind again)
        """The distribution made sharper (below 1) or flatter (above 1)."""


def unchanged(x: Tensor) -> Tensor:
    """Return a picture as it is."""
    return x


@dataclass(frozen=True)
class Decoder:
    """p(x | vector, maps) = prod over positions of p(x_i | x_<i, vector, maps).

    Attributes:
        net: The causal network.
        output: Raw outputs ``(B, out, H, W)`` to a distribution over ``(B, C, H, W)``; works
            position by position, so a single position may be handed in as ``(B, out, 1, 1)``.
        shape: Channels, height and width of what is drawn.
        passes: How often the net is asked for one position: once for each colour, or once in all
            where the output draws the colours of a position together.
        prepare: Picture to the net's input, position by position.
        vector: What conditions every layer, ``(B, K)``: a class, or z as a bias.
        maps: Feature maps that the net reads beside the picture, ``(B, F, H, W)``.
    """

    net: PixelNet
    output: Callable[[Tensor], Drawable]
    shape: tuple[int, int, int]
    passes: int = 1
    prepare: Callable[[Tensor], Tensor] = unchanged
    vector: Tensor | None = None
    maps: Tensor | None = None

    def distribution(self, x: Tensor) -> Drawable:
        """Return p(x_i | x_<i) of all positions at once, the true pixels given.

        Args:
            x: Pictures ``(B, C, H, W)``.

        Raises:
            DataError: The pictures have another shape.
        """
        if tuple(x.shape[1:]) != self.shape:
            raise DataError(f"pictures of shape {self.shape}", tuple(x.shape[1:]), "Resize them.")
        return self.output(full(self.net(self.prepare(x), self.vector, self.maps)))
