"""Real points beside what the generator makes of one fixed noise batch."""

from gen_core.exploration.plane import fixed_batch, generates, points
from gen_core.exploration.registry import Arrays, Settings, View, probe

__all__ = ["samples"]


@probe("samples", settings={"n": points(512)}, suits=generates)
def samples(view: View, settings: Settings, size: int) -> Arrays:
    """Show real points and generated ones; each dot keeps its noise, so it can be followed.

    Returns:
        ``real`` ``(n, 2)`` and ``fake`` ``(n, 2)``, drawn once per run.
    """
    real, fake = fixed_batch(view, settings["n"])
    return {
        "real": real.float().contiguous().cpu().numpy(),
        "fake": fake.float().contiguous().cpu().numpy(),
    }
