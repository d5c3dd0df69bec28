"""Algorithm 1 in slow motion, as data: equations with their stages, captions, and the code.

Everything is plain JSON for the viewer. A term, a row, a caption or a line of code may carry
``tests`` on the lane's settings, each ``(setting, "==" or "!=", value)``: it stands only where all
of them hold. A term is lit at the stages that it names.

The equations: Gulrajani et al. 2017, algorithm 1; Arjovsky et al. 2017, algorithm 1; Goodfellow
et al. 2014, equation 1 and section 3; Mao et al. 2017, equation 9. D is the sigmoid of the logit
in Goodfellow's games, and the plain output in Mao's.
"""

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from app.captions import CAPTIONS
from gen_core.recipes.listing import PLAYERS, Test, listing

__all__ = ["STAGES", "slow_motion"]

STAGES: Mapping[str, str] = {
    "sample": "Sample",
    "generate": "Generate",
    "score": "Score",
    "interpolate": "Pick x̂",
    "slope": "Slope",
    "loss": "Loss",
    "backward": "Gradient",
    "step": "Step",
}
_NAMES = {"adam": "Adam", "rmsprop": "RMSProp", "rmsprop-tensorflow": "RMSProp"}

_FUNCTIONS = {"log", "max", "clip", "Adam", "RMSProp"}

Tests = tuple[Test, ...]
Piece = dict[str, Any]

_FIXED: Tests = (("fixed_generator", "==", True), ("data", "!=", "line"))
_MOVED: Tests = (("fixed_generator", "==", True), ("data", "==", "line"))
_LEARNS: Tests = (("fixed_generator", "==", False),)
_CLIP: Tests = (("method", "==", "clip"),)
_PENALTY: Tests = (("method", "!=", "clip"),)
_TWO_SIDED: Tests = (("method", "==", "gp"),)
_ONE_SIDED: Tests = (("method", "==", "gp-one-sided"),)
_MINIMAX: Tests = (("game", "==", "minimax"),)
_SATURATES_NOT: Tests = (("game", "==", "non-saturating"),)
_SQUARES: Tests = (("game", "==", "least-squares"),)
_LOGARITHMS: Tests = (("game", "!=", "least-squares"),)


def _math(text: str) -> str:
    """Return MathML of words: a letter is a variable, a number a number, all else an operator.

    ``x̃`` and ``x̂`` get their accents. Indices and squares are letters of their own, such as
    ``ᵣ`` and ``²``: without a mathematical font a browser would not lower and raise them.
    """
    words = text.split()
    between = {0, len(words) - 1}  # at a term's edge an operator would take itself for a sign
    return "".join(
        _token(word, ' form="infix"' if place in between and word in "+−=←∼" else "")
        for place, word in enumerate(words)
    )


def _token(word: str, form: str = "") -> str:
    accents = {"x̃": "~", "x̂": "^"}
    if word in accents:
        return f"<mover accent='true'><mi>x</mi><mo stretchy='false'>{accents[word]}</mo></mover>"
    if word in ("½", "0", "1", "2"):
        return f"<mn>{word}</mn>"
    if word in _FUNCTIONS:
        return f"<mspace width='0.15em'/><mi mathvariant='normal'>{word}</mi>"
    if word in ("²", "₂", "ᵣ"):
        return f"<mi mathvariant='normal'>{word}</mi>"
    if word.isalpha():
        return f"<mi>{word}</mi>"
    return f"<mo stretchy='false'{form}>{word}</mo>"


def _term(text: str, stages: str, tests: Tests = ()) -> Piece:
    return {"math": _math(text), "stages": stages.split(), "tests": tests}


def _row(*terms: Piece, tests: Tests = ()) -> Piece:
    return {"terms": terms, "tests": tests}


def _caption(text: str, tests: Tests = ()) -> Piece:
    return {"text": text, "tests": tests}


_GENERATE = (
    _row(_term("x̃ = G ( z )", "generate"), tests=_LEARNS),
    _row(_term("x̃ = x + z", "generate"), tests=_FIXED),
    _row(_term("x̃ = ( θ , Φ ( z ) )", "generate"), tests=_MOVED),
)
_BOTH_DRAWN = _row(_term("x ∼ P ᵣ", "sample"), _term(", z ∼ N ( 0 , I )", "sample"))
_NOISE_DRAWN = _row(_term("z ∼ N ( 0 , I )", "sample"))
_RULES: tuple[tuple[str, Tests], ...] = (
    ("Adam", (("optimizer", "==", "adam"),)),
    ("RMSProp", (("optimizer", "!=", "adam"),)),
)


def _descent(weights: str, gradient: str) -> tuple[Piece, ...]:
    """Return the rows of an optimiser's step on the mean loss."""
    return tuple(
        _row(
            _term(f"{weights} ← {weights} − α {rule} (", "step"),
            _term("∇ E [ L ]", f"{gradient} step"),
            _term(")", "step"),
            tests=tests,
        )
        for rule, tests in _RULES
    )


_CRITIC = (
    _BOTH_DRAWN,
    *_GENERATE,
    _row(
        _term("x̂ = ε x + ( 1 − ε ) x̃", "interpolate"),
        _term(", ε ∼ U", "interpolate"),
        tests=_PENALTY,
    ),
    _row(
        _term("L =", "loss"),
        _term("f ( x̃ ) − f ( x )", "score loss"),
        _term("+ λ (", "loss", _TWO_SIDED),
        _term("+ λ max ( 0 ,", "loss", _ONE_SIDED),
        _term("‖ ∇ f ( x̂ ) ‖ ₂", "slope loss", _PENALTY),
        _term("− 1 ) ²", "loss", _PENALTY),
    ),
    *_descent("w", "none"),
    _row(
        _term("w ← clip ( w , − c , c )", "step"),
        tests=(*_CLIP, ("clip_first", "==", False)),
    ),
    _row(
        _term("w ← clip ( w , − c , c )", "score"),
        tests=(*_CLIP, ("clip_first", "==", True)),
    ),
)
_WGAN_GENERATOR = (
    _NOISE_DRAWN,
    *_GENERATE,
    _row(_term("L = −", "loss"), _term("f ( x̃ )", "score loss")),
    *_descent("θ", "backward"),
)
_DISCRIMINATOR = (
    _BOTH_DRAWN,
    *_GENERATE,
    _row(
        _term("L = − log", "loss"),
        _term("D ( x )", "score loss"),
        _term("− log ( 1 −", "loss"),
        _term("D ( x̃ )", "score loss"),
        _term(")", "loss"),
        tests=_LOGARITHMS,
    ),
    _row(
        _term("L = ½ (", "loss"),
        _term("D ( x )", "score loss"),
        _term("− 1 ) ² + ½", "loss"),
        _term("D ( x̃ ) ²", "score loss"),
        tests=_SQUARES,
    ),
    *_descent("w", "none"),
)
_GAN_GENERATOR = (
    _NOISE_DRAWN,
    *_GENERATE,
    _row(
        _term("L = log ( 1 −", "loss"),
        _term("D ( x̃ )", "score loss"),
        _term(")", "loss"),
        tests=_MINIMAX,
    ),
    _row(_term("L = − log", "loss"), _term("D ( x̃ )", "score loss"), tests=_SATURATES_NOT),
    _row(
        _term("L = ½ (", "loss"),
        _term("D ( x̃ )", "score loss"),
        _term("− 1 ) ²", "loss"),
        tests=_SQUARES,
    ),
    *_descent("θ", "backward"),
)

_EQUATIONS: Mapping[tuple[str, str], tuple[Piece, ...]] = {
    ("wgan", "critic"): _CRITIC,
    ("wgan", "generator"): _WGAN_GENERATOR,
    ("gan", "discriminator"): _DISCRIMINATOR,
    ("gan", "generator"): _GAN_GENERATOR,
}


@cache
def _update(stem: str, player: str) -> Piece:
    return {
        "equation": _EQUATIONS[stem, player],
        "captions": {
            stage: [_caption(*each) for each in said]
            for stage, said in CAPTIONS[stem, player].items()
        },
        "code": [
            {"text": line.text, "stage": line.stage, "tests": line.tests}
            for line in listing(stem, player)
        ],
    }


def slow_motion(stems: Collection[str]) -> dict[str, Any] | None:
    """Return what the viewer needs to walk the updates of some papers; None if there are none.

    Args:
        stems: Papers of a run's lanes; those without a readable update are left out.
    """
    known = [stem for stem in PLAYERS if stem in stems]
    if not known:
        return None
    return {
        "stages": [{"name": name, "title": title} for name, title in STAGES.items()],
        "names": _NAMES,
        "updates": {
            stem: {player: _update(stem, player) for player in PLAYERS[stem]} for stem in known
        },
    }
