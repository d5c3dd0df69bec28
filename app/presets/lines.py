"""Two parallel lines: what W1 and JS say of their distance, and what training finds of each."""

from collections.abc import Mapping
from typing import Any

from app.preset import Control, Lane, Preset, Shown
from app.presets.panels import READING, curves, field
from gen_core.recipes.settings import Value

__all__ = ["LINES"]

# Small and fast, so that both settle within a second or two after theta moves; the recipes' own
# rates, 1e-4 and 2e-4 at width 128, take ten times as long to show the same.
_SMALL: Mapping[str, Value] = {"width": 32, "depth": 2, "batch": 128}
_CRITIC = Lane(
    "critic",
    "Critic, gradient penalty",
    "gp",
    "wgan",
    "gp-lines",
    {**_SMALL, "n_critic": 1, "critic_lr": 2e-3},
    ignores=("clip",),
)
_DISCRIMINATOR = Lane(
    "discriminator",
    "Discriminator, minimax",
    "lane3",
    "gan",
    "minimax-lines",
    {**_SMALL, "discriminator_lr": 2e-3},
)
_LANES = (_CRITIC, _DISCRIMINATOR)

def _field(lane: Lane, game: str) -> Mapping[str, Any]:
    """Return a lane's surface with both lines; f and a probability have no scale in common."""
    drawn = dict(field(lane, fakes=True))
    del drawn["scale"]
    return {**drawn, **READING[game]}


_FUNCTIONS: Mapping[str, Any] = {
    "kind": "function",
    "title": "Distance of the lines over θ",
    "probe": "parallel_lines",
    "x": "theta",
    "symbol": "θ",
    "series": [
        {"lane": _CRITIC.name, "array": "w1", "label": "W₁ (length)"},
        {"lane": _DISCRIMINATOR.name, "array": "js", "label": "JS (nats)"},
    ],
}

LINES: Mapping[str, Preset] = {
    "lines": Preset(
        name="lines",
        act="Parallel lines",
        data="",
        title="Two parallel lines",
        caption="The real line stands at 0, the generated one at θ: move θ. A critic finds"
        " W₁ = |θ|, a discriminator finds JS = log 2 wherever θ is not 0.",
        source="Arjovsky et al. 2017, Example 1 and Figure 1; slides",
        lanes=_LANES,
        probes=("surface", "samples", "parallel_lines"),
        panels=(
            _field(_CRITIC, "gp"),
            _field(_DISCRIMINATOR, "minimax"),
            _FUNCTIONS,
            curves("Distance", "estimate", "closed_form"),
            {
                **curves("Slope in θ of the generator's loss", "theta_gradient"),
                "limits": [-2.0, 2.0],
            },
        ),
        controls=(
            Control("*", "theta", "place of the generated line", "θ"),
            Control("critic", "penalty", "penalty", "λ"),
            Control("critic", "critic_lr", "learning rate", "α"),
            Control("discriminator", "discriminator_lr", "learning rate", "α"),
        ),
        metrics=(),
        figures=tuple(Shown(5, lane.name, "surface", "values") for lane in _LANES),
    )
}
