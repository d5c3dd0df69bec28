"""Tensors as the arrays of a probe: what goes on the wire is float32 or bytes, on the CPU."""

from typing import cast

import numpy as np
import torch
from torch import Tensor

from gen_core.exploration.registry import Arrays

__all__ = ["as_array", "as_bytes", "progress"]


def as_array(x: Tensor) -> np.ndarray:
    """Return a tensor as the wire takes it, float32."""
    return cast(np.ndarray, x.float().cpu().contiguous().numpy())


def as_bytes(x: Tensor) -> np.ndarray:
    """Return pictures ``(B, C, H, W)`` in [0, 1] as ``(B, H, W)`` or ``(B, H, W, 3)`` uint8."""
    levels = (255 * x).round().to(torch.uint8).cpu()
    shown = levels[:, 0] if levels.shape[1] == 1 else levels.permute(0, 2, 3, 1)
    return shown.contiguous().numpy()


def progress(share: float) -> Arrays:
    """Return the share of the work done, as a slow probe yields it."""
    return {"progress": np.array(share, dtype=np.float32)}
