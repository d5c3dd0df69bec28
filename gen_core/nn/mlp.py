"""A plain ReLU network: linear maps with ReLU between them and none after the last."""

from typing import cast

from torch import Tensor, nn

__all__ = ["Mlp"]


class Mlp(nn.Module):
    """A multilayer perceptron with ``depth`` hidden ReLU layers of equal width.

    Args:
        in_features: Size of the input.
        out_features: Size of the output.
        width: Units of a hidden layer.
        depth: Number of hidden layers; 0 gives a linear map.

    Example:
        >>> import torch
        >>> Mlp(2, 1, width=8, depth=3)(torch.zeros(5, 2)).shape
        torch.Size([5, 1])
    """

    def __init__(self, in_features: int, out_features: int, *, width: int, depth: int) -> None:
        super().__init__()
        sizes = [in_features, *[width] * depth, out_features]
        self.layers = nn.ModuleList(
            nn.Linear(a, b) for a, b in zip(sizes[:-1], sizes[1:], strict=True)
        )

    @property
    def linears(self) -> list[nn.Linear]:
        """The linear maps, first layer first."""
        return cast(list[nn.Linear], list(self.layers))

    def activations(self, x: Tensor) -> list[Tensor]:
        """Return every post-ReLU activation and, last, the output.

        Args:
            x: ``(B, in_features)``.

        Returns:
            ``depth`` tensors ``(B, width)``, then one ``(B, out_features)``.
        """
        found = []
        for layer in self.layers[:-1]:
            x = layer(x).relu()
            found.append(x)
        return [*found, self.layers[-1](x)]

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, in_features)`` to ``(B, out_features)``."""
        for layer in self.layers[:-1]:
            x = layer(x).relu()
        return self.layers[-1](x)
