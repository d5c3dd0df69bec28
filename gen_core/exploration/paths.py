"""Paths through points of a latent space: straight, on great circles, along the prior's shell.

A path is given by what each of its points takes of each anchor, so that it is reproducible from
numbers, whatever the shape of a code. With a, b the ends of a leg, w the angle between them and
t from 0 to 1:

- linear: (1 - t) a + t b;
- spherical: the direction turns at a constant rate,
  (sin((1 - t) w) a / |a| + sin(t w) b / |b|) / sin w, and the norm goes straight from |a| to |b|:
  Shoemake 1985, "Animating rotation with quaternion curves"; White 2016, "Sampling Generative
  Networks", arXiv 1609.04468;
- shell: the same directions at the distance sqrt(d) from the origin that a draw of N(0, I) in d
  dimensions nearly has: out to it in the first quarter of a leg, along it, back in the last.

The straight path between two draws leaves that shell: in its middle the norm is sqrt(d / 2), where
the prior puts nothing. White's code applies the first formula to a and b themselves, which is the
same where their norms are; between ends of unlike norm and nearly opposite directions it would
lead far away from both.

Every path meets every anchor.
"""

import math

import numpy as np
import torch
from torch import Tensor

from gen_core.errors import DataError

__all__ = ["PATHS", "path_weights", "shares_of_leg"]

PATHS = ("linear", "spherical", "shell")
FINE = 256  # pieces of a leg whose lengths are added up
OPPOSITE = 1e-4  # angle to the straight line, in radians, below which two ends are opposite
FLAT = 1e-6  # angle below which two ends have one direction


def path_weights(
    anchors: Tensor, kind: str, steps: int, *, closed: bool = False, even: bool = True
) -> Tensor:
    """Return what each point of a path takes of each anchor, ``(steps, K)``, float64.

    Args:
        anchors: Where the path goes through, in order, ``(K, ...)``.
        kind: One of `PATHS`.
        steps: Points of the path, both its ends among them; a closed path does not repeat its
            first.
        closed: Whether it returns to the first anchor.
        even: Constant speed: steps are shared among the legs by their lengths, as far as whole
            numbers allow, and are of one length inside a leg. Otherwise every leg has as many.

    Raises:
        DataError: There are fewer than two anchors or fewer steps than anchors, or the ends of a
            leg lie opposite each other, where no great circle is the shortest.

    Example:
        >>> path_weights(torch.tensor([[3.0, 0.0], [0.0, 3.0]]), "linear", 3).tolist()
        [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]
    """
    count = len(anchors)
    if count < 2:
        raise DataError("two anchors or more", f"{count}", "Choose another one.")
    if steps < count:
        raise DataError(f"at least as many steps as anchors ({count})", steps, "Take more steps.")
    flat = anchors.detach().double().cpu().flatten(1)
    ends = [(k, (k + 1) % count) for k in range(count if closed else count - 1)]
    fine = torch.linspace(0, 1, FINE + 1, dtype=torch.float64)
    done = [_travelled(flat[[a, b]], shares_of_leg(flat[a], flat[b], kind, fine)) for a, b in ends]
    lengths = [float(each[-1]) if even else 1.0 for each in done]
    rows = []
    counts = _shared(steps - (not closed), lengths)
    for (a, b), travelled, own in zip(ends, done, counts, strict=True):
        t = torch.arange(own, dtype=torch.float64) / own
        if even and float(travelled[-1]) > 0:
            t = _inverse(travelled / travelled[-1], fine, t)
        shares = shares_of_leg(flat[a], flat[b], kind, t)
        shares[0] = torch.tensor([1.0, 0.0])  # the anchor itself, to the last bit
        rows.append(_placed(shares, a, b, count))
    if not closed:
        rows.append(torch.eye(count, dtype=torch.float64)[-1:])
    return torch.cat(rows)


def shares_of_leg(a: Tensor, b: Tensor, kind: str, t: Tensor) -> Tensor:
    """Return what points of a leg take of its ends, ``(T, 2)``, float64.

    Where both ends have one direction, or one of them none, the path is straight.

    Args:
        a: Where the leg begins, ``(d,)``, float64.
        b: Where it ends, like ``a``.
        kind: One of `PATHS`.
        t: Places from 0 to 1, ``(T,)``, float64.

    Raises:
        DataError: The ends lie opposite each other; on a straight leg they may.

    Example:
        >>> ends = torch.eye(2, dtype=torch.float64)
        >>> shares_of_leg(*ends, "spherical", torch.tensor([0.5], dtype=torch.float64)).square()
        tensor([[0.5000, 0.5000]], dtype=torch.float64)
    """
    straight = torch.stack((1 - t, t), 1)
    ends = torch.stack((a, b))
    radii = ends.norm(dim=1)
    if kind == "linear" or float(radii.min()) == 0:
        return straight
    angle = _angle(*(ends / radii[:, None]))
    if angle > math.pi - OPPOSITE:
        raise DataError(
            "two anchors that do not lie opposite each other on a round path",
            f"an angle of {math.degrees(angle):.2f}° between them",
            "Choose another anchor, put one between them, or go straight.",
        )
    turned = torch.stack((((1 - t) * angle).sin(), (t * angle).sin()), 1)
    directions = (straight if angle < FLAT else turned) / radii  # in terms of a and b
    radius = straight @ radii
    if kind == "shell":
        onto = (4 * torch.minimum(t, 1 - t)).clamp(0, 1)
        onto = onto.square() * (3 - 2 * onto)  # 0 at the ends, 1 in the middle half, smooth
        radius = radius + onto * (math.sqrt(a.numel()) - radius)
    return directions * (radius / (directions @ ends).norm(dim=1))[:, None]


def _angle(a: Tensor, b: Tensor) -> float:
    """Angle between two unit vectors, precise also where it is small or nearly flat."""
    return 2 * math.atan2(float((a - b).norm()), float((a + b).norm()))


def _travelled(ends: Tensor, shares: Tensor) -> Tensor:
    """Length of a leg up to each of its fine points, ``(T,)``."""
    pieces = (shares.diff(dim=0) @ ends).norm(dim=1)
    return torch.cat((pieces.new_zeros(1), pieces.cumsum(0)))


def _inverse(share: Tensor, fine: Tensor, wanted: Tensor) -> Tensor:
    """Places at which given shares of a leg are travelled, between the fine places."""
    return torch.from_numpy(np.interp(wanted.numpy(), share.numpy(), fine.numpy()))


def _shared(steps: int, lengths: list[float]) -> list[int]:
    """Whole numbers of at least 1 in proportion to the lengths, which add up to the steps."""
    total = sum(lengths) or 1.0
    own = [1] * len(lengths)
    for _ in range(steps - len(lengths)):
        behind = [steps * length / total - n for length, n in zip(lengths, own, strict=True)]
        own[behind.index(max(behind))] += 1
    return own


def _placed(shares: Tensor, a: int, b: int, count: int) -> Tensor:
    """Shares of a leg's two ends as shares of all anchors."""
    rows = shares.new_zeros(len(shares), count)
    rows[:, a], rows[:, b] = shares.unbind(1)
    return rows
