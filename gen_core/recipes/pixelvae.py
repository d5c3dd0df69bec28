"""PixelVAE with one stochastic level (Gulrajani et al. 2017) on digits and MNIST.

One player, ``pixelvae``: encoder and autoregressive decoder climb the same bound, so a round is
one update. MNIST's numbers are those of the public code, mnist_pixelvae_train.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_value_

from gen_core.data.image_forms import form_of
from gen_core.errors import SettingError
from gen_core.models.pixelvae import CONDITIONINGS, PixelVae
from gen_core.objectives.elbo import elbo, warmup
from gen_core.recipes.base import register
from gen_core.recipes.one_player import CodeRecipe
from gen_core.recipes.pictures import data_setting
from gen_core.recipes.settings import Value, setting
from gen_core.training.devices import place
from gen_core.training.precision import PRECISIONS, autocast
from gen_core.training.seeding import generator, initialize_, normal

if TYPE_CHECKING:
    from gen_core.training.loop import TrainingState

__all__ = ["PixelVaeRecipe"]

PAPER = "Gulrajani et al. 2017"
CODE = "igul222/PixelVAE, mnist_pixelvae_train.py"


@register
@dataclass(frozen=True)
class PixelVaeRecipe(CodeRecipe):
    """A VAE whose decoder sees the pixels that come before.

    Variants: ``digits`` trains live in about a minute; ``mnist-2d`` has the plane of figure 5, cut
    to what a core trains in an hour; ``upsampling`` and ``z-bias`` are the two of table 1 at
    the code's sizes, ``z-bias`` at its best command.

    Deviations from paper and code: MNIST is binarised anew in each batch unless the data say
    ``mnist-static``; weights start from the house's law, shared by all recipes; pictures are drawn
    with replacement.
    """

    stem: ClassVar[str] = "pixelvae"
    player: ClassVar[str] = "pixelvae"
    paper: ClassVar[str] = (
        "Gulrajani et al. 2017, PixelVAE: A Latent Variable Model for Natural Images,"
        " arXiv 1611.05013"
    )
    variants: ClassVar[Mapping[str, Mapping[str, Value]]] = {
        "digits": {
            "learning_rate": 3e-3,  # observed: without layers 1e-3 and a ramp of 500 lose the code
            "kl_ramp": 1000,
        },
        "mnist-2d": {
            "data": "mnist-binary",
            "latent_dim": 2,  # section 4.1.3, figure 5
            "layers": 2,  # observed, with the ramp: 13 % k-NN error after 4000 updates
            "first_kernel": 7,  # appendix E.1
            "learning_rate": 2e-3,  # twice the code's, for a twentieth of its updates
            "kl_ramp": 3000,  # observed: a ramp of 1000 over one layer has 27 % by then
        },
        "upsampling": {
            "data": "mnist-static",  # section 4.1
            "latent_dim": 64,  # the code's default
            "layers": 3,  # section 3: few masked layers
            "width": 32,  # appendix E.1
            "first_kernel": 7,
            "kernel": 5,
            "coder_width": 32,
            "maps": 32,
            "weight_norm": True,
        },
        "z-bias": {
            "data": "mnist-static",
            "conditioning": "bias",
            "latent_dim": 16,  # best command: 16 latents, 16 maps, 12 layers after the first
            "layers": 13,
            "width": 16,
            "first_kernel": 7,
            "kernel": 5,
            "coder_width": 32,
            "weight_norm": True,
        },
    }
    default_probes: ClassVar[tuple[str, ...]] = ("pixel_samples", "pixelvae_reconstructions")

    data: str = data_setting("digits", "8 x 8 pictures train live on a laptop")
    conditioning: str = setting(
        "upsampling",
        f"{PAPER}, section 3; bias: table 1, without upsampling",
        choices=CONDITIONINGS,
        hint="How z reaches the pixels: as feature maps, or as a bias of every gate.",
    )
    latent_dim: int = setting(
        16, f"{CODE}: best command", low=1, high=256, symbol="Z", hint="Dimensions of the code."
    )
    layers: int = setting(
        1,
        f"{PAPER}, figure 4: one changes most",
        low=0,
        high=16,
        symbol="N",
        hint="Autoregressive layers of the decoder; 0 is a convolutional VAE.",
    )
    width: int = setting(16, f"{CODE}: best command", low=4, high=256, hint="Maps of a stack.")
    first_kernel: int = setting(
        3, "observed: 8 x 8 pictures; 7 on MNIST", low=1, high=11, hint="Side of the first kernel."
    )
    kernel: int = setting(
        3, "observed: 8 x 8 pictures; 5 on MNIST", low=1, high=11, hint="Side of the others."
    )
    coder_width: int = setting(
        16,
        f"half of {PAPER}, appendix E.1",
        low=4,
        high=256,
        hint="Maps of encoder and upsampler.",
    )
    maps: int = setting(
        16, f"half of {PAPER}, appendix E.1", low=1, high=256, hint="Feature maps made of z."
    )
    weight_norm: bool = setting(
        False,
        f"{CODE}: true; too slow for 8 x 8",
        hint="Kernels of separate length and direction.",
    )
    batch: int = setting(100, CODE, low=1, high=1000, symbol="M", hint="Pictures in an update.")
    learning_rate: float = setting(
        1e-3,
        f"{CODE}: Adam",
        low=1e-6,
        high=0.1,
        symbol="α",
        hint="Step size of the optimiser.",
        hot=True,
        log=True,
    )
    clip_gradient: float = setting(
        1.0, f"{CODE}: elementwise", low=1e-4, high=1e6, hint="Largest size of a gradient's entry."
    )
    beta: float = setting(
        1.0, f"{PAPER}, section 2", low=0.0, high=100.0, symbol="β",
        hint="Weight of the KL in the loss, after the ramp.", hot=True,
    )  # fmt: skip
    kl_ramp: int = setting(
        10_000,
        f"{CODE}: alpha",
        low=0,
        high=1_000_000,
        hint="Updates in which the KL's weight grows.",
    )
    precision: str = setting(
        "float32", "exact everywhere; bfloat16 is faster where the processor has it",
        choices=PRECISIONS, hint="Numbers inside the networks while they train.",
    )  # fmt: skip

    def build(self, seed: int, device: torch.device) -> dict[str, nn.Module]:
        """Return the model ``pixelvae``, initialised from the seed.

        Raises:
            SettingError: A kernel of even side, or a bias variant without a layer.
        """
        for name in ("first_kernel", "kernel"):
            if getattr(self, name) % 2 == 0:
                raise SettingError(f"an odd {name}", getattr(self, name), "Take one more.")
        data = form_of(self.data)
        model = PixelVae(
            data.image_shape,
            data.top_level,
            self.latent_dim,
            self.conditioning,
            self.layers,
            self.width,
            self.first_kernel,
            self.kernel,
            self.coder_width,
            self.maps,
            self.weight_norm,
        )
        for name, part in model.named_children():
            initialize_(part, seed, f"pixelvae.{name}")
        return {"pixelvae": place(model, device)}

    def update(self, player: str, state: "TrainingState") -> dict[str, Tensor]:
        """Climb the bound with one sample of z a picture; return its terms, batch means."""
        model = cast(PixelVae, state.models["pixelvae"])
        x = self.dataset().batch(self.batch, generator(state.seed, "data", state.t))
        x = x.to(state.device)
        epsilon = normal(
            (self.batch, self.latent_dim), state.seed, "epsilon", state.t, state.device
        )
        with autocast(state.device, self.precision):
            posterior = model.encode(x)
            likelihood = model.likelihood(x, posterior.rsample(epsilon))
        terms = elbo(x, posterior, likelihood, self.beta * warmup(state.t, self.kl_ramp))
        optimizer = state.optimizers["pixelvae"]
        optimizer.zero_grad()
        terms.loss.mean().backward()
        clip_grad_value_(model.parameters(), self.clip_gradient)
        optimizer.step()
        return terms.means()
