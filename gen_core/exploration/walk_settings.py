"""What a person chooses of a walk: its anchors, its path, its steps. Read without torch.

An anchor is written as a sum of weighted atoms; several are parted by commas. An atom is

    t12         the code of test picture 12
    s7          draw 7 from the prior
    z0.5_-1.2   coordinates; those not given are 0
    c3          the averaged code of test pictures of class 3
    h9, l9      the averaged code of the test rooms with the most, or the least, of factor 9
    o0          the code of picture 0 of the uploaded ones
    d           the code of the picture that is drawn

and atoms joined by a colon are averaged: ``t3:t8:t11-t4+t9`` is the averaged code of three test
pictures less that of a fourth plus that of a fifth, ``0.25t3+0.75t9`` a point between two.
"""

from collections.abc import Mapping

from gen_core.recipes.settings import Setting

__all__ = [
    "ANCHORS",
    "ANGLES",
    "ATOM",
    "CORNERS",
    "LEVEL_NAMES",
    "MANIFOLD",
    "NOISE_WALK",
    "PLACE",
    "WALK",
]

_NUMBER = r"(?:\d+\.?\d*|\.\d+)"
ATOM = rf"(?:[tschlo]\d{{1,6}}|d|z-?{_NUMBER}(?:_-?{_NUMBER})*)"
_TERM = rf"(?:{_NUMBER})?{ATOM}(?::{ATOM})*"
_ANCHOR = rf"[-+]?{_TERM}(?:[-+]{_TERM})*"

LEVEL_NAMES = ("top", "middle", "pixels")

ANCHORS = Setting(
    "s0,s1",
    "two draws of the prior: they need no pictures",
    pattern=rf"{_ANCHOR}(?:,{_ANCHOR})*",
    symbol="z",
    hint="Where the walk goes through.",
)

_NOISE = Setting(
    0, "an index, no quantity", low=0, high=9999, symbol="u", hint="Which noise the walk holds."
)
_OF_POINTS: Mapping[str, Setting] = {
    "drawn": Setting(
        "",
        "nothing is drawn; the form is gen_core/data/level_text.py's",
        pattern="[A-Za-z0-9_-]{0,200}",
        hint="A picture as letters, for the anchor d.",
    ),
    "own": Setting(
        "",
        "nothing is uploaded",
        pattern="(images-[0-9a-f]{16})?",
        hint="Name of uploaded pictures, for the anchors o0, o1, …",
    ),
    "level": Setting(
        "top",
        "PixelVAE, figure 6",
        choices=LEVEL_NAMES,
        hint="Level of a hierarchy whose noise walks; the others hold.",
    ),
    "layer": Setting(
        0,
        "all layers walk together",
        low=0,
        high=99,
        symbol="l",
        hint="Layer of a ResNet VAE whose noise walks, 1 the nearest to the picture; 0 for all.",
    ),
    "noise": _NOISE,
}
_PATH: Mapping[str, Setting] = {
    "path": Setting(
        "spherical",
        "White 2016: between draws of a Gaussian of many dimensions",
        choices=("linear", "spherical", "shell"),
        hint="Straight, on great circles, or along the prior's shell.",
    ),
    "closed": Setting(False, "an open walk", hint="Back to the first anchor."),
    "even": Setting(
        True, "constant speed", hint="Longer legs get more steps; otherwise each has as many."
    ),
    "steps": Setting(16, "two rows of eight", low=2, high=240, symbol="T", unit="pictures"),
}

WALK: Mapping[str, Setting] = {
    "anchors": ANCHORS,
    **_PATH,
    **_OF_POINTS,
    "nearest": Setting(
        False, "a look at all training pictures", hint="Find the nearest training pictures too."
    ),
}
"""Settings of a walk, as its probe, its page and the command line have them."""

PLACE: Mapping[str, Setting] = {
    "anchors": ANCHORS,
    **_PATH,
    **_OF_POINTS,
    "at": Setting(
        0.0, "the first anchor", low=0.0, high=1.0, symbol="t", hint="Share of the way there."
    ),
}
"""Settings of one point of a walk."""

NOISE_WALK: Mapping[str, Setting] = {"anchors": ANCHORS, **_PATH}
"""Settings of a walk through the noise of a generator in the plane."""


def _corner(which: int) -> Setting:
    return Setting(
        which - 1,
        "Dinh et al. 2017, eq. 14: four held-out pictures",
        low=0,
        high=9999,
        symbol=f"z({which})",
        hint="Test picture at this corner.",
    )


def _angle(symbol: str) -> Setting:
    return Setting(
        45.0,
        "halfway between two anchors",
        low=0.0,
        high=360.0,
        symbol=symbol,
        unit="°",
        hint="Angle of eq. 14.",
    )


CORNERS: Mapping[str, Setting] = {f"anchor_{which}": _corner(which) for which in (1, 2, 3, 4)}
"""The four pictures that a manifold joins."""

ANGLES: Mapping[str, Setting] = {"a": _angle("φ"), "b": _angle("φ′")}
"""Where on the manifold a picture lies."""

MANIFOLD: Mapping[str, Setting] = {
    **CORNERS,
    "quarter": Setting(
        False,
        "Dinh et al. 2017, figure 6: whole circles",
        hint="Only the first quarter of each circle: the anchors are the sheet's corners.",
    ),
}
"""Settings of the manifold of four pictures."""
