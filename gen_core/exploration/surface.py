"""The critic's value over the plane.

Gulrajani et al. (2017), "Improved Training of Wasserstein GANs", Figure 1a: the critic on a
128 x 128 grid over +-2, contoured. The figure's array is indexed [x, y] and has to be transposed
before it is drawn; here row 0 is the lowest y, so nothing has to be.
"""

import numpy as np
import torch

from gen_core.exploration.plane import SPAN, grid, in_plane, scores_of, window
from gen_core.exploration.registry import Arrays, Settings, View, probe

__all__ = ["surface"]

ROWS = 1024  # a chunk whose 128-wide activations stay in a core's second-level cache


@probe("surface", settings={"span": SPAN}, suits=in_plane)
def surface(view: View, settings: Settings, size: int) -> Arrays:
    """Show the critic's value over the plane.

    Returns:
        ``values`` ``(size, size)`` with values[i, j] = D(x_j, y_i), row 0 the lowest y, the outer
        nodes on the window's edges; ``extent`` (x0, x1, y0, y1).
    """
    scores = scores_of(view)
    extent = window(view, settings["span"])
    nodes = grid(extent, size, view.device)
    chunks = nodes.split(ROWS) if nodes.device.type == "cpu" else (nodes,)
    with torch.no_grad():
        values = torch.cat([scores(chunk) for chunk in chunks])
    return {
        "values": values.reshape(size, size).float().cpu().numpy(),
        "extent": np.asarray(extent, np.float32),
    }
