"""PixelCNN and gated PixelCNN: p(x) as a product over pixels, each given those before it.

Papers: A. van den Oord, N. Kalchbrenner, K. Kavukcuoglu, "Pixel Recurrent Neural Networks", 2016,
arXiv 1601.06759 (masked stack, ``architecture="masked"``); A. van den Oord et al., "Conditional
Image Generation with PixelCNN Decoders", 2016, arXiv 1606.05328 (two gated stacks, ``"gated"``);
T. Salimans et al., "PixelCNN++", 2017, arXiv 1701.05517 (the discretised logistic mixture as an
output, ``output="logistic"``).

Deviations:
  1. Widths and depths are those of a laptop; a recipe says which.
  2. ``"logistic"`` puts PixelCNN++'s output on the stacks above, not on its own down-and-up net.
  3. Whole pixels are drawn at once under ``"logistic"``, whose coefficients couple the colours;
     otherwise red, then green given red, then blue given both.
  4. The class enters every gate as V^T h of a one-hot h, as the paper's equation 4 has it.

>>> import torch
>>> model = PixelCnn((1, 8, 8), top_level=16, width=8, depth=2)
>>> model(torch.zeros(5, 1, 8, 8)).log_prob(torch.zeros(5, 1, 8, 8)).shape
torch.Size([5])
"""

from collections.abc import Callable
from typing import cast

from torch import Tensor, nn
from torch.nn.functional import one_hot

from gen_core.distributions import Bernoulli, Categorical, LogisticMixture, PixelDistribution
from gen_core.errors import SettingError
from gen_core.nn.decoder import Decoder, PixelNet, unchanged
from gen_core.nn.gated import GatedNet
from gen_core.nn.masked import MaskedNet

__all__ = ["ARCHITECTURES", "OUTPUTS", "Output", "PixelCnn", "centred"]

ARCHITECTURES = ("gated", "masked")
OUTPUTS = ("softmax", "logistic")


class Output:
    """What a pixel net's raw outputs mean.

    Args:
        image_shape: Channels, height and width.
        top_level: Largest grey level n of pixels k / n.
        kind: ``"softmax"`` over the n + 1 levels (one logit where n = 1), or ``"logistic"``.
        n_mix: Components of the logistic mixture.

    Attributes:
        out_channels: Raw outputs of a position, colour fastest.
        passes: Times that a position is asked for.
        colours: Colour groups of the masks.

    Raises:
        SettingError: No such kind of output.
    """

    def __init__(
        self, image_shape: tuple[int, int, int], top_level: int, kind: str, n_mix: int = 5
    ) -> None:
        if kind not in OUTPUTS:
            raise SettingError(f"an output ({', '.join(OUTPUTS)})", repr(kind), "Choose one.")
        channels = image_shape[0]
        self.channels, self.top_level, self.kind, self.n_mix = channels, top_level, kind, n_mix
        self.passes = 1 if kind == "logistic" else channels
        self.colours = self.passes
        if kind == "logistic":
            self.out_channels = (10 if channels == 3 else 3) * n_mix
        else:
            self.out_channels = channels * (1 if top_level == 1 else top_level + 1)

    def __call__(self, raw: Tensor) -> PixelDistribution:
        """Return the distribution of raw outputs ``(B, out, H, W)``."""
        if self.kind == "logistic":
            return LogisticMixture.from_raw(raw, self.channels, self.n_mix, self.top_level)
        if self.top_level == 1:
            return Bernoulli(raw)
        return Categorical.from_raw(raw, self.channels)


def centred(x: Tensor) -> Tensor:
    """Return grey levels of [0, 1] in [-1, 1], so that zero padding is mid-grey."""
    return 2 * x - 1


class PixelCnn(nn.Module):
    """An autoregressive model of pictures.

    Args:
        image_shape: Channels, height and width.
        top_level: Largest grey level n of pixels k / n.
        architecture: ``"gated"`` (two stacks) or ``"masked"`` (one, with its blind spot).
        output: ``"softmax"`` or ``"logistic"``.
        width: Maps of a stack.
        depth: Layers under mask B.
        first_kernel: Side of the first kernel.
        kernel: Side of the others.
        n_classes: Classes to condition on; 0 for none.
        n_mix: Components of the logistic mixture.
        weight_norm: Whether kernels are weight-normalised.

    Attributes:
        net: The causal network.
        output: Raw outputs to a distribution.

    Raises:
        SettingError: No such architecture or output, or a width that colours cannot share.
    """

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (1, 28, 28),
        top_level: int = 1,
        architecture: str = "gated",
        output: str = "softmax",
        width: int = 32,
        depth: int = 5,
        first_kernel: int = 7,
        kernel: int = 5,
        n_classes: int = 0,
        n_mix: int = 5,
        weight_norm: bool = False,
    ) -> None:
        super().__init__()
        nets: dict[str, Callable[..., nn.Module]] = {"gated": GatedNet, "masked": MaskedNet}
        if architecture not in nets:
            known = ", ".join(ARCHITECTURES)
            raise SettingError(f"an architecture ({known})", repr(architecture), "Choose one.")
        self.image_shape = image_shape
        self.n_classes = n_classes
        self.output = Output(image_shape, top_level, output, n_mix)
        self.net = nets[architecture](
            image_shape[0],
            self.output.out_channels,
            width,
            depth,
            first_kernel,
            kernel,
            vector_dim=n_classes,
            colours=self.output.colours,
            weight_norm=weight_norm,
        )

    def decoder(self, labels: Tensor | None = None) -> Decoder:
        """Return p(x | class) as the samplers want it.

        Args:
            labels: Classes ``(B,)``, int64, for a conditional model.

        Raises:
            SettingError: A conditional model without classes, classes for another, or a class
                out of range.
        """
        prepare = unchanged if self.output.top_level == 1 else centred
        net = cast(PixelNet, self.net)
        vector = self._one_hot(labels)
        return Decoder(net, self.output, self.image_shape, self.output.passes, prepare, vector)

    def forward(self, x: Tensor, labels: Tensor | None = None) -> PixelDistribution:
        """Return p(x_i | x_<i) of every pixel, over ``(B, C, H, W)``."""
        return cast(PixelDistribution, self.decoder(labels).distribution(x))

    def _one_hot(self, labels: Tensor | None) -> Tensor | None:
        if not self.n_classes and labels is None:
            return None
        expected = f"classes 0 to {self.n_classes - 1}" if self.n_classes else "no classes"
        if labels is None or not self.n_classes:
            got = "none" if labels is None else "some"
            raise SettingError(expected, got, "Ask a model that fits.")
        if labels.numel() and not 0 <= int(labels.min()) <= int(labels.max()) < self.n_classes:
            raise SettingError(expected, labels.tolist()[:8], "Choose one of these.")
        like = next(self.net.parameters())
        return one_hot(labels, self.n_classes).to(like)
