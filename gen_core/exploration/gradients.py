"""The critic's gradient over the plane: how steep it is, and which way it sends the fakes.

Gulrajani et al. (2017), Proposition 1: an optimal critic has gradient norm 1 almost everywhere
under both distributions and points from a fake towards its paired real point.
"""

import numpy as np
import torch

from gen_core.exploration.plane import (
    SPAN,
    fixed_batch,
    grid,
    in_plane,
    point_gradients,
    points,
    pushes_of,
    scores_of,
    window,
)
from gen_core.exploration.registry import Arrays, Settings, View, probe

__all__ = ["gradient_arrows", "gradient_norm"]

ROWS = 1024  # a chunk whose 128-wide activations stay in a core's second-level cache


@probe("gradient_norm", settings={"span": SPAN}, suits=in_plane)
def gradient_norm(view: View, settings: Settings, size: int) -> Arrays:
    """Show how steep the critic is over the plane: the L2 norm of its gradient.

    Returns:
        ``values`` ``(size, size)`` in critic units per unit of length, row 0 the lowest y;
        ``extent`` (x0, x1, y0, y1).
    """
    scores = scores_of(view)
    extent = window(view, settings["span"])
    nodes = grid(extent, size, view.device)
    chunks = nodes.split(ROWS) if nodes.device.type == "cpu" else (nodes,)
    norms = torch.cat([point_gradients(scores, chunk).norm(dim=1) for chunk in chunks])
    return {
        "values": norms.reshape(size, size).float().cpu().numpy(),
        "extent": np.asarray(extent, np.float32),
    }


@probe("gradient_arrows", settings={"n": points(64)}, suits=in_plane)
def gradient_arrows(view: View, settings: Settings, size: int) -> Arrays:
    """Show where the generator is sent: minus its loss's gradient at each generated point.

    Of a Wasserstein game this is the critic's gradient. Of the minimax game it is
    D(x) grad logit(x), which vanishes where the discriminator is sure (Goodfellow et al. 2014,
    section 3); of the non-saturating game (1 - D(x)) grad logit(x).

    Returns:
        ``points`` ``(n, 2)``, the first n fakes of the probe ``samples``; ``arrows`` ``(n, 2)``,
        in units of the loss per unit of length, so an arrow of a 1-Lipschitz critic is no longer
        than 1. Their mean length over a batch is the curve ``generator_gradient``.
    """
    _, fake = fixed_batch(view, settings["n"])
    arrows = point_gradients(pushes_of(view), fake)
    return {
        "points": fake.float().contiguous().cpu().numpy(),
        "arrows": arrows.float().contiguous().cpu().numpy(),
    }
