"""What the critic or discriminator says, over the plane.

Gulrajani et al. (2017), "Improved Training of Wasserstein GANs", Figure 1a: the critic on a
128 x 128 grid over +-2, contoured. The figure's array is indexed [x, y] and has to be transposed
before it is drawn; here row 0 is the lowest y, so nothing has to be.

What is shown is the game's own reading: a critic's score f(x), a least-squares D(x), and where the
score is a logit the probability D(x) = sigmoid(score) (Goodfellow et al. 2014).
"""

import numpy as np
import torch

from gen_core.exploration.plane import SPAN, grid, in_plane, outputs_of, scores_of, window
from gen_core.exploration.registry import Arrays, Settings, View, probe
from gen_core.recipes.settings import Setting

__all__ = ["surface"]

ROWS = 1024  # a chunk whose 128-wide activations stay in a core's second-level cache


SHOW = Setting(
    "output",
    "a probability is easier to read than its logit; of a critic both are the same",
    choices=("output", "score"),
    hint="What the game reads off the network, or the network's own number",
)


@probe("surface", settings={"span": SPAN, "show": SHOW}, suits=in_plane)
def surface(view: View, settings: Settings, size: int) -> Arrays:
    """Show over the plane what the critic or discriminator says.

    Returns:
        ``values`` ``(size, size)`` with values[i, j] = D(x_j, y_i), row 0 the lowest y, the outer
        nodes on the window's edges; ``extent`` (x0, x1, y0, y1).
    """
    said = outputs_of(view) if settings["show"] == "output" else scores_of(view)
    extent = window(view, settings["span"])
    nodes = grid(extent, size, view.device)
    chunks = nodes.split(ROWS) if nodes.device.type == "cpu" else (nodes,)
    with torch.no_grad():
        values = torch.cat([said(chunk) for chunk in chunks])
    return {
        "values": values.reshape(size, size).float().cpu().numpy(),
        "extent": np.asarray(extent, np.float32),
    }
