"""What may go wrong in a run without ending it, and the sentence that is said of it."""

import torch

from gen_core.errors import GenLabError

__all__ = ["MISHAPS", "sentence"]

MISHAPS = (GenLabError, torch.OutOfMemoryError)


def sentence(error: BaseException) -> str:
    """Say one of ``MISHAPS`` to a person; torch's own words on memory fill a screen."""
    if isinstance(error, torch.OutOfMemoryError):
        remedy = "Close other runs, or start one with smaller networks or batches."
        return str(GenLabError("room in the device's memory", "none left", remedy))
    return str(error)
