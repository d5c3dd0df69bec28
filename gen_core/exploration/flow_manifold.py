"""The manifold of four pictures in a flow's latent space, as a sheet and point by point.

Dinh et al. 2017, Real NVP, arXiv 1605.08803, eq. 14 of version 1 with figures 6 and 12-16: the
latents z1 ... z4 of four held-out pictures span, over two angles,

    z = cos(a) (cos(b) z1 + sin(b) z2) + sin(a) (cos(b) z3 + sin(b) z4),

a being the paper's phi and b its phi'. Where the anchors are of equal length and at right angles
to each other, as independent draws of a prior of many dimensions nearly are, every z has that
length too: what the manifold passes through is as likely under the prior as the anchors.
"""

import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from gen_core.exploration.arrays import as_array, as_bytes, progress
from gen_core.exploration.flow_pictures import flow_of, of_pictures
from gen_core.exploration.held_out import held_out
from gen_core.exploration.latent_spaces import has_latent_space
from gen_core.exploration.registry import Arrays, Settings, View, probe
from gen_core.exploration.walk_settings import ANGLES, CORNERS, MANIFOLD
from gen_core.recipes.settings import Setting

__all__ = ["anchor_candidates", "flow_manifold", "manifold_point", "on_manifold", "shares"]


@probe(
    "flow_manifold",
    settings={
        **MANIFOLD,
        "side": Setting(
            8, "Dinh et al. 2017, figure 6", low=2, high=16, hint="Angles along each side."
        ),
    },
    slow=True,
    suits=of_pictures,
)
def flow_manifold(view: View, settings: Settings, size: int) -> Iterator[Arrays]:
    """The manifold of four test pictures, over two angles, row by row.

    At angles of 0 and a quarter turn the pictures are met exactly.

    Args:
        view: A lane of a flow over pictures.
        settings: ``anchor_1`` ... ``anchor_4``, indices of test pictures, the last one where
            there are fewer; ``side``, angles along each side: around a whole circle, evenly from
            0, or with ``quarter`` from 0 to a quarter turn, both ends among them.
        size: Not used: the pictures have the model's own size.

    Yields:
        ``images`` ``(side^2, H, W)`` or ``(side^2, H, W, 3)`` uint8, a to the right, b downwards,
        black where nothing is made yet; ``angles`` ``(side^2, 2)``, a and b of each; ``anchors``
        ``(4, H, W)`` or with 3 channels last, uint8; 0-d ``progress``.
    """
    x, side = _anchors(view, settings), settings["side"]
    with torch.no_grad():
        z = flow_of(view).latents(x)
    turns = _turns(side, settings["quarter"])
    b, a = torch.meshgrid(turns, turns, indexing="ij")
    angles = torch.stack((a, b), -1).reshape(-1, 2)
    held = {"angles": as_array(angles), "anchors": as_bytes(x)}
    sheet = x.new_zeros(side * side, *x.shape[1:])
    for row in range(side):
        here = slice(row * side, (row + 1) * side)
        sheet[here] = _met(view, z, angles[here])
        yield progress((row + 1) / side) | held | {"images": as_bytes(sheet)}


@probe(
    "manifold_point",
    settings={**CORNERS, **ANGLES},
    suits=of_pictures,
)
def manifold_point(view: View, settings: Settings, size: int) -> Arrays:
    """One picture of the manifold of four test pictures.

    Args:
        view: A lane of a flow over pictures.
        settings: ``anchor_1`` ... ``anchor_4`` as in :func:`flow_manifold`; ``a`` and ``b``, the
            angles, in degrees.
        size: Not used: the picture has the model's own size.

    Returns:
        ``images`` ``(1, H, W)`` or ``(1, H, W, 3)`` uint8; ``shares`` ``(4,)``, the factors of
        the anchors in eq. 14.
    """
    degrees = torch.tensor([[settings["a"], settings["b"]]], dtype=torch.float64)
    angles = degrees.deg2rad()
    with torch.no_grad():
        z = flow_of(view).latents(_anchors(view, settings))
    return {
        "images": as_bytes(_met(view, z, angles)),
        "shares": as_array(shares(angles)[0]),
    }


@probe(
    "anchor_candidates",
    settings={
        "n": Setting(40, "a sheet of 8 x 5", low=4, high=144, hint="Pictures."),
        "start": Setting(0, "the first", low=0, high=9999, hint="Index of the first picture."),
    },
    suits=has_latent_space,
)
def anchor_candidates(view: View, settings: Settings, size: int) -> Arrays:
    """Test pictures to choose anchors from.

    Args:
        view: A lane whose model has a latent space of pictures.
        settings: ``n`` test pictures from index ``start`` on.
        size: Not used.

    Returns:
        ``images`` ``(n, H, W)`` or ``(n, H, W, 3)`` uint8, fewer where the test set ends;
        ``index`` ``(n,)``, their indices among the test pictures, int32.
    """
    first = min(settings["start"], view.recipe.dataset().n_test - 1)
    x = held_out(view, first, settings["n"])
    return {"images": as_bytes(x), "index": np.arange(first, first + len(x), dtype=np.int32)}


def shares(angles: Tensor) -> Tensor:
    """Return the factors of the four anchors in eq. 14, ``(N, 4)``; their squares add up to 1.

    Args:
        angles: a and b of each point, ``(N, 2)``, in radians.

    Example:
        >>> shares(torch.tensor([[0.0, math.pi / 6]])).round(decimals=3)
        tensor([[0.8660, 0.5000, 0.0000, 0.0000]])
    """
    a, b = angles.unbind(1)
    return torch.stack(
        (a.cos() * b.cos(), a.cos() * b.sin(), a.sin() * b.cos(), a.sin() * b.sin()), 1
    )


def on_manifold(z: Tensor, angles: Tensor) -> Tensor:
    """Return points of eq. 14, ``(N, ...)``.

    Args:
        z: The four anchors, ``(4, ...)``.
        angles: a and b of each point, ``(N, 2)``, in radians.

    Example:
        >>> quarter = math.pi / 2
        >>> angles = torch.tensor([[0, 0], [0, quarter], [quarter, 0], [quarter, quarter]])
        >>> on_manifold(torch.tensor([1.0, 2.0, 3.0, 4.0]), angles).round(decimals=5)
        tensor([1., 2., 3., 4.])
    """
    return torch.tensordot(shares(angles).to(z), z, dims=1)


def _turns(side: int, quarter: bool) -> Tensor:
    """Angles along a side, in radians."""
    if quarter:
        return torch.linspace(0, math.pi / 2, side, dtype=torch.float64)
    return torch.arange(side, dtype=torch.float64) * (2 * math.pi / side)


def _anchors(view: View, settings: Settings) -> Tensor:
    return torch.cat([held_out(view, settings[name], 1) for name in CORNERS])


def _met(view: View, z: Tensor, angles: Tensor) -> Tensor:
    """Pictures at angles of the manifold of four latents."""
    with torch.no_grad():
        return flow_of(view).sample(on_manifold(z, angles))
