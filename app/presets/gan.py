"""The GAN page: what each classical game loses beside the Wasserstein game, and how each fails."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.preset import Control, Lane, Preset, Shown
from app.presets.lines import LINES
from app.presets.panels import DATA, PAPER, READING, curves, field
from gen_core.recipes.settings import Value

__all__ = ["GAN", "GAN_FORM"]

WORKS, FAILS = "Works", "Fails, and why"
_GOODFELLOW, _MAO = "Goodfellow et al. 2014", "Mao et al. 2017"

GAN_FORM: Mapping[str, tuple[str, ...]] = {
    "Data": ("data",),
    "Networks": ("width", "depth", "batch", "n_discriminator", "n_critic"),
    "Training": ("discriminator_lr", "critic_lr", "generator_lr", "penalty", "clip"),
}

_NAMES: Mapping[str, tuple[str, str, str]] = {
    "minimax": ("mm", "Minimax", "lane4"),
    "non-saturating": ("ns", "Non-saturating", "lane3"),
    "least-squares": ("ls", "Least squares", "lane4"),
    "clip": ("clip", "WGAN, clipping", "clip"),
    "gp": ("gp", "WGAN-GP", "gp"),
}


def _lane(game: str, overrides: Mapping[str, Value]) -> Lane:
    """Return the lane of a game."""
    short, label, color = _NAMES[game]
    critics = {"clip": ("penalty",), "gp": ("clip",)}
    stem = "wgan" if game in critics else "gan"
    ignores = critics.get(game, ())
    return Lane(short, label, color, stem, game, overrides, ignores)


def _field(lane: Lane, among: Sequence[Lane], arrow: float) -> Mapping[str, Any]:
    """Return a lane's picture; an arrow of length ``arrow`` (loss/length) is drawn full size.

    All lanes of a preset share that length, so a push that vanishes is seen to vanish. Critics
    share a colour scale with critics alone.
    """
    drawn = dict(field(lane, fakes=True))
    if lane.stem != "wgan" or sum(each.stem == "wgan" for each in among) < 2:
        del drawn["scale"]
    pushes = {"type": "arrows", "probe": "gradient_arrows", "reference": arrow}
    layers = [*drawn["layers"], pushes] if arrow else drawn["layers"]
    return {**drawn, "layers": layers, **READING[lane.variant]}


_PUSH: Mapping[str, Any] = {
    **curves("Mean push ‖∇ₓ loss‖, loss per length", "generator_gradient"),
    "log": True,
}
_MODES, _DISTANCE = curves("Modes covered", "modes"), curves("W₁ to the data", "w1")


def _preset(
    name: str,
    act: str,
    data: str,
    title: str,
    caption: str,
    source: str,
    lanes: Sequence[Lane],
    controls: Sequence[Control],
    *,
    arrow: float = 0.0,
    modes: bool = True,
) -> Preset:
    """Return a preset of fields side by side, with what each loses in curves beside them."""
    return Preset(
        name=name,
        act=act,
        data=data,
        title=title,
        caption=caption,
        source=source,
        lanes=tuple(lanes),
        probes=("surface", "samples", *(("gradient_arrows",) if arrow else ())),
        panels=(
            *(_field(lane, lanes, arrow) for lane in lanes),
            _PUSH,
            _MODES if modes else _DISTANCE,  # the table has the other numbers
        ),
        controls=tuple(controls),
        metrics=("w1", "modes", "high_quality") if modes else ("w1",),
        figures=tuple(Shown(6, lane.name, "surface", "values") for lane in lanes),
    )


def _control(lane: str, name: str) -> Control:
    """Return a hot setting of the viewer under the name and symbol of this page."""
    label, symbol = _CONTROLS[name]
    return Control(lane, name, label, symbol)


_CONTROLS: Mapping[str, tuple[str, str]] = {
    "n_discriminator": ("steps of D", "k"),
    "discriminator_lr": ("rate of D", "α"),
    "generator_lr": ("rate of G", "α"),
    "penalty": ("penalty", "λ"),
    "clip": ("clip value", "c"),
    "n_critic": ("critic steps", "n"),
}

# Narrower, and faster than the papers (Adam 2e-4; WGAN-GP 1e-4), so that a minute of a laptop's
# core is enough to see where each game goes. At these rates and the papers' penalty of 10 the
# generator circles at most seeds (observed: W1 about 1); at 1 it settles at every one of twelve.
# The released toy script has 0.1, at which the push is 2 in place of 1.
_SIZE: Mapping[str, Value] = {"width": 64, "batch": 128}
_RATES: Mapping[str, Value] = {"discriminator_lr": 1e-3, "generator_lr": 1e-3}
_WGAN: Mapping[str, Value] = {
    **_SIZE,
    "critic_lr": 1e-3,
    "generator_lr": 1e-3,
    "n_critic": 2,
    "penalty": 1.0,
}


def _works(name: str, data: str) -> Preset:
    chosen: Mapping[str, Value] = {} if data == "8gaussians" else {"data": data}
    lanes = (
        _lane("non-saturating", {**_SIZE, **_RATES, **chosen}),
        _lane("least-squares", {**_SIZE, **_RATES, **chosen}),
        _lane("gp", {**_WGAN, **chosen}),
    )
    return _preset(
        name,
        WORKS,
        DATA[data],
        f"Three games, {DATA[data]}",
        "From one seed three objectives pull the generated points to the data: each leaves them a"
        " gradient wherever they are.",
        f"{_GOODFELLOW}; {_MAO}; {PAPER}",
        lanes,
        (
            _control("*", "n_discriminator"),
            _control("*", "discriminator_lr"),
            _control("gp", "n_critic"),
            _control("gp", "penalty"),
            _control("*", "generator_lr"),
        ),
        modes=data != "swissroll",
    )


def _gradient() -> Preset:
    ahead: Mapping[str, Value] = {**_SIZE, **_RATES, "n_discriminator": 10}
    return _preset(
        "fails-gradient",
        FAILS,
        "No gradient",
        "Minimax loses its gradient",
        "Ten discriminator steps to one of the generator: where D is sure, log(1 − D) is flat, and"
        " the arrows of minimax vanish; −log D pulls hardest just there.",
        f"{_GOODFELLOW}, section 3",
        (_lane("minimax", ahead), _lane("non-saturating", ahead)),
        (
            _control("*", "n_discriminator"),
            _control("*", "discriminator_lr"),
            _control("*", "generator_lr"),
        ),
        arrow=1.0,
    )


def _dropped() -> Preset:
    ahead: Mapping[str, Value] = {
        "n_discriminator": 10,
        "discriminator_lr": 2e-3,
        "generator_lr": 1e-4,
    }
    return _preset(
        "fails-modes",
        FAILS,
        "Dropped modes",
        "A strong pull drops modes",
        "A discriminator far ahead pulls every point to the nearest mode it believes in: from most"
        " seeds one to three of eight remain. The critic's slope reaches nearly all.",
        f"{_GOODFELLOW}; {PAPER}",
        (_lane("non-saturating", {**_SIZE, **ahead}), _lane("gp", _WGAN)),
        (
            _control("ns", "n_discriminator"),
            _control("ns", "discriminator_lr"),
            _control("ns", "generator_lr"),
            _control("gp", "n_critic"),
            _control("gp", "penalty"),
        ),
    )


def _circling() -> Preset:
    fast: Mapping[str, Value] = {"discriminator_lr": 2e-4, "generator_lr": 2e-3, "beta1": 0.9}
    lane = _lane("non-saturating", {**_SIZE, **fast})
    calm = replace(lane, name="calm", color="lane4", overrides={**_SIZE, **_RATES})
    return _preset(
        "fails-circling",
        FAILS,
        "Circling",
        "A fast generator circles",
        "The generator runs to wherever D is high now, D follows, and it runs on: with ten times"
        " D's rate and heavy momentum the distance swings and never settles.",
        "Radford et al. 2016: β₁ = 0.9 oscillates",
        (
            replace(lane, label="Non-saturating, β₁ = 0.9"),
            replace(calm, label="Non-saturating, β₁ = 0.5"),
        ),
        (
            _control("ns", "discriminator_lr"),
            _control("ns", "generator_lr"),
            _control("calm", "generator_lr"),
        ),
    )


def _clipped() -> Preset:
    lane = _lane("clip", _WGAN)
    decades = {"c0_001": (0.001, "lane4"), "c0_01": (0.01, "clip")}
    lanes = (
        *(
            replace(
                lane, name=name, label=f"Clipping, c = {c:g}", color=color,
                overrides={**_WGAN, "clip": c},
            )
            for name, (c, color) in decades.items()
        ),
        _lane("gp", _WGAN),
    )  # fmt: skip
    return _preset(
        "fails-clipping",
        FAILS,
        "Clipping",
        "Clipping sets the push",
        "The push is a product of four layers' weights: a billionth at c = 0.001, near 1 under the"
        " penalty; at c = 0.01 RMSProp's scaling alone saves it.",
        f"Arjovsky et al. 2017; {PAPER}",
        lanes,
        (
            *(_control(name, "clip") for name in decades),
            _control("*", "n_critic"),
            _control("gp", "penalty"),
        ),
        arrow=1.0,
    )


GAN: Mapping[str, Preset] = {
    preset.name: preset
    for preset in (
        _works("works", "8gaussians"),
        _works("works-25gaussians", "25gaussians"),
        _works("works-swissroll", "swissroll"),
        _gradient(),
        _dropped(),
        _circling(),
        _clipped(),
    )
} | LINES
