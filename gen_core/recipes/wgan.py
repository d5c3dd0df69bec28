"""WGAN on the plane: weight clipping and gradient penalty, with the papers' numbers.

Papers: Arjovsky, Chintala, Bottou, "Wasserstein GAN", 2017, algorithm 1; Gulrajani et al.,
"Improved Training of Wasserstein GANs", 2017, algorithm 1 and figure 1; F. Ahmed's thesis,
sections 3.2-3.3.

Where papers and public code disagree, the default and its variants are:

- clipping: after each critic update (paper); ``clip-code`` clips before it and trains the critic
  100 times in each of the first 25 rounds and every 500th one, as the authors' code does;
- optimiser of clipping: RMSProp 5e-5 as torch computes it; ``clip-tensorflow`` has TensorFlow's
  (decay 0.9, mean square from 1), which drew the figures;
- beta1 of Adam: 0.5, as in the second paper's toy experiments and appendix; ``gp-algorithm-1`` has
  the 0 of its algorithm 1;
- lambda: 10, the paper's for all data; ``gp-code`` has the 0.1 of the released toy script;
- example 1 of the first paper, two parallel lines: ``gp-lines``, with the second paper's critic;
- figure 1a: ``clip-figure`` and ``gp-figure`` follow the authors' figure script (critic 2 x 1024,
  batch 1024, 10 critic steps on each real batch, fixed generator), not the released toy script;
- sign: the critic is high on real points (papers), not low (the first paper's code).

Deviations: figure scripts serve 25 Gaussians and Swiss roll from a finite shuffled supply; here
every batch is fresh.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from gen_core.models.wgan import Critic
from gen_core.nn.mlp import Mlp
from gen_core.objectives import wasserstein
from gen_core.recipes import wgan_fast, wgan_reference
from gen_core.recipes.base import Stage, register
from gen_core.recipes.settings import Value, setting
from gen_core.recipes.two_player import (
    LINES,
    TwoPlayerRecipe,
    as_stages,
    update_generator,
)
from gen_core.training.loop import TrainingState
from gen_core.training.seeding import generator

__all__ = ["Wgan"]

Numbers = Mapping[str, Value]

CLIP: Numbers = {"method": "clip", "optimizer": "rmsprop", "critic_lr": 5e-5, "generator_lr": 5e-5}
GP: Numbers = {"method": "gp", "optimizer": "adam", "critic_lr": 1e-4, "generator_lr": 1e-4}
FIGURE: Numbers = {
    "fixed_generator": True,
    "width": 1024,
    "depth": 2,
    "batch": 1024,
    "n_critic": 10,
    "data_repeat": 10,
}


@register
@dataclass(frozen=True)
class Wgan(TwoPlayerRecipe):
    """The Wasserstein game: the critic maximises E f(x) - E f(G(z)), the generator E f(G(z))."""

    stem = "wgan"
    paper = "Arjovsky et al. 2017; Gulrajani et al. 2017"
    variants = {
        "clip": CLIP,
        "gp": GP,
        "gp-one-sided": {**GP, "method": "gp-one-sided"},
        "gp-algorithm-1": {**GP, "beta1": 0.0},
        "gp-code": {**GP, "penalty": 0.1, "width": 512},
        "clip-code": {**CLIP, "clip_first": True, "warm_up": True},
        "clip-tensorflow": {**CLIP, "optimizer": "rmsprop-tensorflow"},
        "clip-figure": {**CLIP, **FIGURE, "optimizer": "rmsprop-tensorflow"},
        "gp-figure": {**GP, **FIGURE},
        "gp-lines": {**GP, **LINES},
    }
    default_probes = ("surface", "samples")

    method: str = setting(
        "gp",
        "the variant",
        choices=("clip", "gp", "gp-one-sided"),
        hint="How the critic is kept 1-Lipschitz.",
    )
    penalty: float = setting(
        10.0,
        "WGAN-GP, algorithm 1",
        low=0.0,
        high=1000.0,
        symbol="λ",
        hot=True,
        log=True,
        hint="Weight of the gradient penalty.",
    )
    clip: float = setting(
        0.01,
        "WGAN, algorithm 1",
        low=1e-4,
        high=1.0,
        symbol="c",
        hot=True,
        log=True,
        hint="Every critic parameter is clipped to [−c, c].",
    )
    clip_first: bool = setting(
        False,
        "paper: after the update; the authors' code: before it",
        hint="Clip before the step instead of after it.",
    )
    warm_up: bool = setting(
        False,
        "the first paper's code: 100 critic steps in rounds 0-24 and every 500th",
        hint="Train the critic longer at the start.",
    )
    n_critic: int = setting(
        5,
        "both papers, algorithm 1",
        low=1,
        high=100,
        symbol="n_critic",
        hot=True,
        unit="steps",
        hint="Critic steps before each generator step.",
    )
    data_repeat: int = setting(
        1,
        "fresh batches (released script); 10 in the figure script",
        low=1,
        high=100,
        unit="steps",
        hint="Critic steps on the same real batch, while the generator is fixed.",
    )
    critic_lr: float = setting(
        1e-4,
        "WGAN-GP, algorithm 1 (RMSProp of WGAN: 5e-5)",
        low=1e-7,
        high=10.0,
        symbol="α_f",
        hot=True,
        log=True,
        hint="Learning rate of the critic.",
    )
    generator_lr: float = setting(
        1e-4,
        "WGAN-GP, algorithm 1 (RMSProp of WGAN: 5e-5)",
        low=1e-7,
        high=10.0,
        symbol="α_G",
        hot=True,
        log=True,
        hint="Learning rate of the generator.",
    )
    beta1: float = setting(
        0.5,
        "WGAN-GP, appendix; 0 in algorithm 1",
        low=0.0,
        high=0.999,
        symbol="β₁",
        hint="Adam's first decay.",
    )
    beta2: float = setting(
        0.9,
        "WGAN-GP, algorithm 1",
        low=0.0,
        high=0.9999,
        symbol="β₂",
        hint="Adam's second decay.",
    )

    @property
    def curves(self) -> Mapping[str, tuple[str, str]]:
        """Label and unit of every metric that an update returns."""
        one_sided = self.method == "gp-one-sided"
        penalty = "Penalty E max(0, ‖∇f‖ − 1)²" if one_sided else "Penalty E (‖∇f‖ − 1)²"
        return {
            "critic_estimate": ("Critic's estimate", ""),
            "penalty": (penalty, ""),
            "slope": ("Mean slope ‖∇f(x̂)‖", ""),
            "generator_loss": ("Generator loss −E f(G(z))", ""),
            "generator_gradient": ("Gradient at the generated points", ""),
            **self.line_curves,
        }

    @property
    def measures(self) -> str:
        """The critic estimates W1."""
        return "w1"

    def estimate(self, real_score: Tensor, fake_score: Tensor) -> Tensor:
        """Return mean f(x) - mean f(x~): W1 as far as f is 1-Lipschitz and optimal."""
        return real_score.mean() - fake_score.mean()

    def opponent(self) -> Mlp:
        """Return the critic."""
        return Critic(width=self.width, depth=self.depth)

    def rates(self) -> dict[str, float]:
        """Return the learning rate of each player."""
        return {"critic": self.critic_lr, "generator": self.generator_lr}

    @property
    def betas(self) -> tuple[float, float]:
        """Adam's decays."""
        return self.beta1, self.beta2

    def schedule(self, round: int) -> tuple[str, ...]:
        """Return n_critic critic updates, then one of a generator that learns."""
        count = 100 if self.warm_up and (round < 25 or round % 500 == 0) else self.n_critic
        return ("critic",) * count + (() if self.fixed_generator else ("generator",))

    def update(self, player: str, state: TrainingState) -> dict[str, Tensor]:
        """Do one step on written-out gradients; see the reference for the same step plainly."""
        if player == "generator":
            critic = state.models["critic"]
            assert isinstance(critic, Mlp)
            return update_generator(state, critic, self.noise(state), self.generator_loss)
        return self._update_critic(state)

    def reference_update(self, player: str, state: TrainingState) -> Iterator[Stage]:
        """Do the same step with autograd, stage by stage."""
        critic, noise = state.models["critic"], self.noise(state)
        if player == "generator":
            made = wgan_reference.generator_update(
                critic, state.models["generator"], state.optimizers["generator"], noise
            )
        else:
            real = self.real_batch(state)
            made = wgan_reference.critic_update(
                critic,
                lambda z: self.generate(state.models, z, real),
                state.optimizers["critic"],
                real,
                noise,
                self._epsilon(state),
                method=self.method,
                penalty=self.penalty,
                clip=self.clip,
                clip_first=self.clip_first,
            )
        return as_stages(made)

    def _update_critic(self, state: TrainingState) -> dict[str, Tensor]:
        critic, optimizer = state.models["critic"], state.optimizers["critic"]
        assert isinstance(critic, Mlp)
        real = self.real_batch(state)
        with torch.no_grad():
            fake = self.generate(state.models, self.noise(state), real)
        aside = self.line_metrics(critic, real, fake, self.generator_loss)
        if self.method == "clip":
            return aside | wgan_fast.clipped_step(
                critic, optimizer, real, fake, clip=self.clip, clip_first=self.clip_first
            )
        return aside | wgan_fast.penalised_step(
            critic,
            optimizer,
            real,
            fake,
            self._epsilon(state),
            penalty=self.penalty,
            one_sided=self.method == "gp-one-sided",
        )

    def generator_loss(self, score: Tensor) -> Tensor:
        """Return -f(x~) per generated point, ``(B,)``."""
        return wasserstein.generator_loss(score).loss

    def _epsilon(self, state: TrainingState) -> Tensor:
        random = generator(state.seed, "epsilon", state.t)
        return torch.rand(self.batch, generator=random).to(state.device)
