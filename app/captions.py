"""What slow motion says at each stage: a sentence with the numbers of this very stage.

``{stage.tensor}`` is the mean over the whole batch, ``{name}`` a setting of the lane. A sentence
with tests stands only in lanes where they hold; the first that fits is said.
"""

from collections.abc import Mapping

from gen_core.recipes.listing import Test

__all__ = ["CAPTIONS"]

Said = tuple[tuple[str, tuple[Test, ...]], ...]

_FIXED: tuple[Test, ...] = (("fixed_generator", "==", True), ("data", "!=", "line"))
_MOVED: tuple[Test, ...] = (("fixed_generator", "==", True), ("data", "==", "line"))
_CLIP: tuple[Test, ...] = (("method", "==", "clip"),)
_ONE_SIDED: tuple[Test, ...] = (("method", "==", "gp-one-sided"),)
_SQUARES: tuple[Test, ...] = (("game", "==", "least-squares"),)
_MINIMAX: tuple[Test, ...] = (("game", "==", "minimax"),)

_BOTH: Said = (("{batch} real points x and as many noise vectors z are drawn.", ()),)
_NOISE: Said = (("{batch} noise vectors z are drawn from a normal distribution.", ()),)
_GENERATE: Said = (
    ("The generator is held fixed: each generated point x̃ is a real point plus its z.", _FIXED),
    ("The generator is a line held at θ = {theta}: z only says how high a point stands.", _MOVED),
    ("The generator turns each of the {batch} noise vectors z into a point x̃.", ()),
)
_NO_PENALTY: tuple[str, tuple[Test, ...]] = (
    "No penalty here: the weights are clipped instead.",
    _CLIP,
)
_FOLLOW: Said = (
    ("{optimizer} moves the generator's weights once, α = {generator_lr}: the points follow.", ()),
)

CAPTIONS: Mapping[tuple[str, str], Mapping[str, Said]] = {
    ("wgan", "critic"): {
        "sample": _BOTH,
        "generate": _GENERATE,
        "score": (
            (
                "The critic f scores real points {score.real_score} and generated ones"
                " {score.fake_score} on average.",
                (),
            ),
        ),
        "interpolate": (
            _NO_PENALTY,
            (
                "A point x̂ is picked on each line, on average {interpolate.epsilon} of the way"
                " from x̃ to x.",
                (),
            ),
        ),
        "slope": (
            _NO_PENALTY,
            (
                "The slope ‖∇f‖ at x̂ is {slope.slope} on average; up to 1 is free.",
                _ONE_SIDED,
            ),
            ("The slope ‖∇f‖ at x̂ is {slope.slope} on average; the penalty wants 1.", ()),
        ),
        "loss": (
            ("The loss is the difference of the scores alone: {loss.loss} on average.", _CLIP),
            (
                "The scores' difference plus the penalty, λ = {penalty}: {loss.loss} on average.",
                (),
            ),
        ),
        "step": (
            (
                "{optimizer} moves the critic's weights once, α = {critic_lr}, and clips them"
                " to [−{clip}, {clip}].",
                (*_CLIP, ("clip_first", "==", False)),
            ),
            ("{optimizer} moves the critic's weights once, α = {critic_lr}.", ()),
        ),
    },
    ("wgan", "generator"): {
        "sample": _NOISE,
        "generate": _GENERATE,
        "score": (("The critic f scores generated points {score.fake_score} on average.", ()),),
        "loss": (("The generator wants high scores: its loss is {loss.loss} on average.", ()),),
        "backward": (
            (
                "The gradient comes back through the critic: each arrow raises its point's score,"
                " with slope {backward.pull} on average.",
                (),
            ),
        ),
        "step": _FOLLOW,
    },
    ("gan", "discriminator"): {
        "sample": _BOTH,
        "generate": _GENERATE,
        "score": (
            (
                "The discriminator gives real points {score.real_score} and generated ones"
                " {score.fake_score} on average.",
                _SQUARES,
            ),
            (
                "The discriminator's logits are {score.real_score} on real and {score.fake_score}"
                " on generated points, on average.",
                (),
            ),
        ),
        "loss": (
            ("Real points shall get 1, generated ones 0: the loss is {loss.loss}.", _SQUARES),
            ("The loss of telling them apart is {loss.loss} nats; guessing costs 2 log 2.", ()),
        ),
        "step": (
            ("{optimizer} moves the discriminator's weights once, α = {discriminator_lr}.", ()),
        ),
    },
    ("gan", "generator"): {
        "sample": _NOISE,
        "generate": _GENERATE,
        "score": (
            ("The discriminator gives them {score.fake_score} on average.", _SQUARES),
            ("The discriminator's logit on them is {score.fake_score} on average.", ()),
        ),
        "loss": (
            ("The generator wants them to get 1: its loss is {loss.loss}.", _SQUARES),
            ("The generator lowers log(1 − D): its loss is {loss.loss} nats.", _MINIMAX),
            ("The generator lowers −log D: its loss is {loss.loss} nats.", ()),
        ),
        "backward": (
            (
                "The gradient comes back through the discriminator: each arrow lowers its point's"
                " loss, with slope {backward.pull} on average.",
                (),
            ),
        ),
        "step": _FOLLOW,
    },
}
