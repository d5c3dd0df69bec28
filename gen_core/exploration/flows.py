"""A flow on the plane: space bent layer by layer, the density, and where volume grows.

Dinh et al. 2017, Real NVP, figure 1: data are carried to the latent Gaussian and samples back, and
a grid of lines shows what becomes of the plane between them. All maps go through the model in
evaluation mode.
"""

import itertools
from collections.abc import Callable
from typing import cast

import numpy as np
import torch
from torch import Tensor

from gen_core.data.base import Extent
from gen_core.exploration.arrays import as_array
from gen_core.exploration.plane import SPAN, fixed_draws, flows, grid, points, window
from gen_core.exploration.registry import Arrays, Settings, View, probe
from gen_core.exploration.surface import ROWS
from gen_core.models.flow import Flow
from gen_core.recipes.settings import Setting

__all__ = ["density", "flow_stages", "log_det_map"]

LATENT: Extent = (-3.0, 3.0, -3.0, 3.0)
"""Window of the latents: three standard deviations."""

FLOOR = Setting(
    12.0,
    "observed: 8 Gaussians spread over 8 nats, and the gaps between them are deeper",
    low=1.0,
    high=1000.0,
    unit="nats",
    hint="How far below the highest value the map goes; what lies deeper is shown as that",
)
LAYER = Setting(
    0, "the whole flow", low=0, high=128, hint="After how many layers, from the data; 0 for all"
)
LINES = Setting(
    9, "as many as an eye can follow", low=2, high=41, unit="lines", hint="Lines along each axis"
)
NODES = Setting(
    33, "observed: bends look smooth", low=2, high=257, unit="nodes", hint="Nodes of each line"
)
STAGES = Setting(
    17,
    "16 layers and the start: longer chains are shown at every so manyth layer",
    low=2,
    high=129,
    hint="Stages that are shown at most, the first and the last among them",
)


@probe("density", settings={"span": SPAN, "floor": FLOOR}, suits=flows)
def density(view: View, settings: Settings, size: int) -> Arrays:
    """Show the log-density over the plane.

    Returns:
        ``values`` ``(size, size)`` in nats with values[i, j] = log p(x_j, y_i), row 0 the lowest
        y, the outer nodes on the window's edges; ``extent`` (x0, x1, y0, y1).
    """
    flow = _flow(view)
    extent = window(view, settings["span"])
    values = _map(view, extent, size, flow.log_prob)
    return {
        "values": as_array(values.clamp(min=values.max() - settings["floor"])),
        "extent": np.asarray(extent, np.float32),
    }


@probe("log_det_map", settings={"span": SPAN, "layer": LAYER}, suits=flows)
def log_det_map(view: View, settings: Settings, size: int) -> Arrays:
    """Show over the plane how the layers stretch it: ln |det dz/dx|.

    Returns:
        ``values`` ``(size, size)`` in nats, above 0 where volume grows on the way to the latents,
        laid out as in ``density``; ``extent`` (x0, x1, y0, y1).
    """
    flow = _flow(view)
    count = len(flow.layers.maps)
    upto = min(settings["layer"], count) or count

    def total(x: Tensor) -> Tensor:
        return next(itertools.islice(flow.stages(x), upto, None))[1]

    extent = window(view, settings["span"])
    values = _map(view, extent, size, total)
    return {"values": as_array(values), "extent": np.asarray(extent, np.float32)}


@probe(
    "flow_stages",
    settings={
        "n": points(128),
        "lines": LINES,
        "nodes": NODES,
        "stages": STAGES,
        "span": SPAN,
    },
    every=0.25,
    suits=flows,
)
def flow_stages(view: View, settings: Settings, size: int) -> Arrays:
    """Show points and a grid of lines after each layer, from data to latents and back.

    Returns:
        Over S stages, of which the first is the start: ``data`` ``(S, n, 2)``, the fixed real
        points on their way to the latents, with ``data_log_det`` ``(S, n)`` of all layers so far,
        in nats; ``data_lines`` ``(S, 2 L, P, 2)``, L lines of P nodes along y and L along x over
        the data's window ``extent``. ``latent``, ``latent_log_det`` and ``latent_lines`` are the
        same of the fixed noise on its way to the data, its lines over ``latent_extent``.
        ``layer`` ``(S,)`` int32 counts the layers done; latents have undone as many.
    """
    flow = _flow(view)
    real, noise = fixed_draws(view, settings["n"])
    extent = window(view, settings["span"])
    shown = _shown(len(flow.layers.maps), settings["stages"])
    arrays: Arrays = {
        "layer": np.asarray(shown, np.int32),
        "extent": np.asarray(extent, np.float32),
        "latent_extent": np.asarray(LATENT, np.float32),
    }
    for name, start, over, walk in (
        ("data", real, extent, flow.stages),
        ("latent", noise, LATENT, flow.inverse_stages),
    ):
        lines = _lines(over, settings["lines"], settings["nodes"]).to(view.device)
        n, shape = len(start), lines.shape
        with torch.no_grad():
            stages = list(walk(torch.cat((start, lines.reshape(-1, 2)))))
        reached = torch.stack([stages[index][0] for index in shown])  # (S, n + 2 L P, 2)
        log_dets = torch.stack([stages[index][1] for index in shown])
        arrays[name] = as_array(reached[:, :n])
        arrays[f"{name}_lines"] = as_array(reached[:, n:].reshape(len(shown), *shape))
        arrays[f"{name}_log_det"] = as_array(log_dets[:, :n])
    return arrays


def _flow(view: View) -> Flow:
    return cast(Flow, view.models["flow"]).eval()


@torch.no_grad()
def _map(view: View, extent: Extent, size: int, of: Callable[[Tensor], Tensor]) -> Tensor:
    """Return a map ``(B, 2) -> (B,)`` over the window, ``(size, size)``."""
    nodes = grid(extent, size, view.device)
    chunks = nodes.split(ROWS) if nodes.device.type == "cpu" else (nodes,)
    return torch.cat([of(chunk) for chunk in chunks]).reshape(size, size)


def _lines(extent: Extent, lines: int, nodes: int) -> Tensor:
    """Return lines along y, then lines along x, ``(2 L, P, 2)``, from the lowest on."""
    x0, x1, y0, y1 = extent
    at_x, along_y = torch.linspace(x0, x1, lines), torch.linspace(y0, y1, nodes)
    at_y, along_x = torch.linspace(y0, y1, lines), torch.linspace(x0, x1, nodes)
    upright = torch.stack(torch.meshgrid(at_x, along_y, indexing="ij"), -1)
    level = torch.stack(torch.meshgrid(at_y, along_x, indexing="ij"), -1).flip(-1)
    return torch.cat((upright, level))


def _shown(layers: int, most: int) -> list[int]:
    """Return which stages are shown: evenly spaced, the first and the last among them."""
    count = min(layers + 1, most)
    return [round(index * layers / (count - 1)) for index in range(count)]
