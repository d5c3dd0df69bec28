"""The classical GAN on the plane: minimax, non-saturating and least squares.

Papers: Goodfellow et al., "Generative Adversarial Nets", 2014 (equation 1; section 3 for the
non-saturating game); Mao et al., "Least Squares Generative Adversarial Networks", 2017 (a = 0,
b = c = 1); Radford et al. 2016 for Adam 2e-4 with beta1 = 0.5 (F. Ahmed's thesis, 1.7.1).

Where papers and public code disagree, the default and its variants are:

- least squares: the paper's half of a *mean*; its code takes half of a sum over the batch, which
  only changes Adam's epsilon;
- ``least-squares-rmsprop`` has the RMSProp 1e-4 of WGAN-GP's comparison;
- ``minimax-lines``: two parallel lines (Arjovsky et al. 2017, example 1), whose JS with the factor
  1/2 is log 2.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from gen_core.models.gan import Discriminator
from gen_core.nn import closed_form
from gen_core.nn.mlp import Mlp
from gen_core.objectives import adversarial
from gen_core.recipes import gan_reference
from gen_core.recipes.base import Stage, register
from gen_core.recipes.settings import setting
from gen_core.recipes.two_player import (
    LINES,
    TwoPlayerRecipe,
    as_stages,
    differentiate,
    update_generator,
)
from gen_core.training.loop import TrainingState

__all__ = ["Gan"]


@register
@dataclass(frozen=True)
class Gan(TwoPlayerRecipe):
    """The classical games: a discriminator tells real from generated, a generator fools it."""

    stem = "gan"
    paper = "Goodfellow et al. 2014; Mao et al. 2017"
    variants = {
        "non-saturating": {"game": "non-saturating"},
        "minimax": {"game": "minimax"},
        "least-squares": {"game": "least-squares"},
        "least-squares-rmsprop": {
            "game": "least-squares", "optimizer": "rmsprop", "discriminator_lr": 1e-4,
            "generator_lr": 1e-4,
        },
        "minimax-lines": {"game": "minimax", **LINES},
    }  # fmt: skip
    default_probes = ("surface", "samples")

    game: str = setting(
        "non-saturating",
        "the variant",
        choices=("minimax", "non-saturating", "least-squares"),
        hint="What the two players lose.",
    )
    n_discriminator: int = setting(
        1,
        "Goodfellow et al. 2014, algorithm 1: k = 1",
        low=1,
        high=100,
        symbol="k",
        hot=True,
        unit="steps",
        hint="Discriminator steps before each generator step.",
    )
    discriminator_lr: float = setting(
        2e-4,
        "Radford et al. 2016",
        low=1e-7,
        high=10.0,
        symbol="α_D",
        hot=True,
        log=True,
        hint="Learning rate of the discriminator.",
    )
    generator_lr: float = setting(
        2e-4,
        "Radford et al. 2016",
        low=1e-7,
        high=10.0,
        symbol="α_G",
        hot=True,
        log=True,
        hint="Learning rate of the generator.",
    )
    beta1: float = setting(
        0.5, "Radford et al. 2016", low=0.0, high=0.999, symbol="β₁", hint="Adam's first decay."
    )

    @property
    def player(self) -> str:
        """Name of the generator's opponent."""
        return "discriminator"

    @property
    def curves(self) -> Mapping[str, tuple[str, str]]:
        """Label and unit of every metric that an update returns."""
        unit = "" if self.game == "least-squares" else "nats"
        return {
            "discriminator_loss": ("Discriminator loss", unit),
            "generator_loss": ("Generator loss", unit),
            "generator_gradient": ("Gradient at the generated points", ""),
            **self.line_curves,
        }

    @property
    def measures(self) -> str:
        """A discriminator of log-losses estimates JS; of squares, another divergence."""
        return "" if self.game == "least-squares" else "js"

    def estimate(self, real_score: Tensor, fake_score: Tensor) -> Tensor:
        """Return log 2 - (discriminator's mean loss) / 2 in nats, but at least 0.

        JS with the factor 1/2 is the largest value over all discriminators (Goodfellow et al.
        2014, theorem 1). The constant D = 1/2 has 0, so a worse one says no more than that.
        """
        terms = adversarial.minimax_discriminator(real_score, fake_score)
        return (math.log(2) - terms.loss.mean() / 2).clamp_min(0)

    def opponent(self) -> Mlp:
        """Return the discriminator."""
        return Discriminator(width=self.width, depth=self.depth)

    def rates(self) -> dict[str, float]:
        """Return the learning rate of each player."""
        return {"discriminator": self.discriminator_lr, "generator": self.generator_lr}

    @property
    def betas(self) -> tuple[float, float]:
        """Adam's decays."""
        return self.beta1, 0.999

    def schedule(self, round: int) -> tuple[str, ...]:
        """Return k discriminator updates, then one of a generator that learns."""
        learner = () if self.fixed_generator else ("generator",)
        return ("discriminator",) * self.n_discriminator + learner

    @torch.no_grad()
    def update(self, player: str, state: TrainingState) -> dict[str, Tensor]:
        """Do one step on written-out gradients; see the reference for the same step plainly."""
        opponent = state.models["discriminator"]
        assert isinstance(opponent, Mlp)
        if player == "generator":
            return update_generator(state, opponent, self.noise(state), self.generator_loss)
        real = self.real_batch(state)
        fake = self.generate(state.models, self.noise(state), real)
        trace = closed_form.forward(opponent, torch.cat([real, fake]))
        scores = trace.output.squeeze(1)  # (2B,)
        mean, gradients = differentiate(
            self._discriminator_loss, scores[: len(real)], scores[len(real) :]
        )
        aside = self.line_metrics(opponent, real, fake, self.generator_loss)
        deltas = closed_form.chain(opponent, trace, torch.cat(gradients).unsqueeze(1))
        closed_form.write_gradients(opponent, trace, deltas)
        state.optimizers["discriminator"].step()
        return {"discriminator_loss": mean, **aside}

    def reference_update(self, player: str, state: TrainingState) -> Iterator[Stage]:
        """Do the same step with autograd, stage by stage."""
        opponent, noise = state.models["discriminator"], self.noise(state)
        optimizer = state.optimizers[player]
        if player == "generator":
            made = gan_reference.generator_update(
                opponent, state.models["generator"], optimizer, noise, game=self.game
            )
        else:
            real = self.real_batch(state)
            made = gan_reference.discriminator_update(
                opponent,
                lambda z: self.generate(state.models, z, real),
                optimizer,
                real,
                noise,
                game=self.game,
            )
        return as_stages(made)

    def _discriminator_loss(self, real_score: Tensor, fake_score: Tensor) -> Tensor:
        if self.game == "least-squares":
            return adversarial.least_squares_discriminator(real_score, fake_score).loss
        return adversarial.minimax_discriminator(real_score, fake_score).loss

    def output(self, score: Tensor) -> Tensor:
        """Return D(x): sigmoid of the logit, or of least squares the number itself."""
        return score if self.game == "least-squares" else score.sigmoid()

    def generator_loss(self, score: Tensor) -> Tensor:
        """Return what the generator loses per generated point, ``(B,)``."""
        losses = {
            "minimax": adversarial.minimax_generator,
            "non-saturating": adversarial.non_saturating_generator,
            "least-squares": adversarial.least_squares_generator,
        }
        return losses[self.game](score).loss
