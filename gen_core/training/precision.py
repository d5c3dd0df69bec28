"""Mixed precision: convolutions in bfloat16, everything that is summed in float32.

On a CPU with bfloat16 instructions (AVX-512 BF16, AMX) and on CUDA a gated PixelCNN trains faster
so, 1.8 times on one thread of an AMD EPYC (``python -m benchmarks.run pixelcnn``); elsewhere the
numbers are emulated and slower. Weights, optimiser and losses stay in float32.
"""

from contextlib import AbstractContextManager

import torch

__all__ = ["PRECISIONS", "autocast", "full"]

PRECISIONS = ("float32", "bfloat16")


def autocast(device: torch.device, precision: str) -> AbstractContextManager[None]:
    """Return a context in which networks compute at a precision.

    Args:
        device: Where the models live.
        precision: One of ``PRECISIONS``.
    """
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")


def full(x: torch.Tensor) -> torch.Tensor:
    """Return a network's output in float32 where it was bfloat16, so that sums stay exact.

    Example:
        >>> full(torch.ones(1, dtype=torch.bfloat16)).dtype, full(torch.ones(1).double()).dtype
        (torch.float32, torch.float64)
    """
    return x.float() if x.dtype == torch.bfloat16 else x
