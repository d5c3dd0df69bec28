"""The viewer's colour maps in Python: straight lines in OKLab lightness (B. Ottosson 2020).

Equal steps of value are equal steps of seen lightness, and the hues keep clear of the orange of
real data and of the blue of generated data. ``dawn`` is for light pages, ``dusk`` for dark ones;
``app/live/viewer/colormap.js`` holds the same numbers.
"""

import math
from functools import cache

import numpy as np

__all__ = ["color_table", "plotly_scale"]

# control points (lightness, chroma, hue in degrees), evenly spaced
_POINTS = {
    "dusk": (
        (0.2, 0.07, 292),
        (0.38, 0.115, 300),
        (0.56, 0.09, 310),
        (0.74, 0.075, 335),
        (0.93, 0.045, 20),
    ),
    "dawn": (
        (0.47, 0.115, 298),
        (0.6, 0.1, 300),
        (0.73, 0.075, 306),
        (0.86, 0.045, 320),
        (0.985, 0.008, 60),
    ),
}
_TO_LMS = np.array(
    [
        [1, 0.3963377774, 0.2158037573],
        [1, -0.1055613458, -0.0638541728],
        [1, -0.0894841775, -1.291485548],
    ]
)
_TO_LINEAR = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.707614701],
    ]
)


@cache
def color_table(name: str, n: int = 256) -> np.ndarray:
    """Return a map as ``(n, 3)`` uint8 RGB, low values first.

    Args:
        name: ``"dawn"`` or ``"dusk"``.
        n: Number of colours.

    Example:
        >>> table = color_table("dawn").astype(int)
        >>> bool((np.diff(table.sum(1)) >= 0).all())
        True
    """
    points = [
        (light, chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue)))
        for light, chroma, hue in _POINTS[name]
    ]
    lab = np.array(points)  # (P, 3)
    where, stops = np.linspace(0, 1, n), np.linspace(0, 1, len(lab))
    lab = np.stack([np.interp(where, stops, lab[:, axis]) for axis in range(3)], 1)  # (n, 3)
    linear = np.clip((lab @ _TO_LMS.T) ** 3 @ _TO_LINEAR.T, 0, 1)
    shown = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.rint(255 * shown).astype(np.uint8)


def plotly_scale(name: str) -> list[tuple[float, str]]:
    """Return a map as a Plotly colour scale."""
    table = color_table(name, 17)
    return [(i / 16, f"rgb({r},{g},{b})") for i, (r, g, b) in enumerate(table.tolist())]
