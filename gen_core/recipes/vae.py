"""The variational autoencoder of Kingma & Welling 2014, fully connected or convolutional.

One player, ``vae``: encoder and decoder climb the same bound, so a round is one update. On the
8 x 8 digits the paper's sizes are those for Frey Face (560 pixels), its closest data set.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, cast

import torch
from torch import nn
from torch.optim import Optimizer

from gen_core.data.image_forms import form_of
from gen_core.errors import SettingError
from gen_core.models.conv_vae import LIKELIHOODS, ConvVae
from gen_core.models.vae import GaussianVae, Vae
from gen_core.objectives.elbo import elbo, warmup
from gen_core.recipes.base import Stage, register
from gen_core.recipes.one_player import CodeRecipe
from gen_core.recipes.pictures import data_setting
from gen_core.recipes.settings import Value, setting
from gen_core.training.devices import place
from gen_core.training.eager import Adagrad, Adam
from gen_core.training.precision import PRECISIONS, autocast
from gen_core.training.seeding import generator, initialize_, normal

if TYPE_CHECKING:
    from gen_core.training.loop import TrainingState

__all__ = ["VaeRecipe"]

AEVB = "Kingma & Welling 2014"
PIXELVAE = "Gulrajani et al. 2017, PixelVAE"


@register
@dataclass(frozen=True)
class VaeRecipe(CodeRecipe):
    """A VAE with a latent plane, on scikit-learn's digits unless asked for other pictures.

    Variants: ``binomial`` scores the native grey levels exactly, ``bernoulli`` reads grey as
    probability, ``aevb`` adds the paper's optimiser and weight decay to that; ``mnist`` is the
    convolutional VAE with two latents that PixelVAE's figure 5a shows; ``deep`` has more latents
    and layers than the digits need, so that dimensions of the code go unused.

    Deviations from the paper: Adam is the default (published later); weights start from the
    house's law, shared by all recipes, instead of N(0, 0.01); pictures are drawn with replacement.
    """

    stem: ClassVar[str] = "vae"
    player: ClassVar[str] = "vae"
    paper: ClassVar[str] = (
        "Kingma & Welling 2014, Auto-Encoding Variational Bayes, arXiv 1312.6114"
    )
    variants: ClassVar[Mapping[str, Mapping[str, Value]]] = {
        "binomial": {},
        "bernoulli": {"likelihood": "bernoulli"},
        "aevb": {
            "likelihood": "bernoulli",
            "optimizer": "adagrad",
            "learning_rate": 0.02,  # section 5: chosen from 0.01, 0.02, 0.1
            "weight_decay": 7e-4,  # section 5: prior N(0, I) on theta, 1 / 1437 an example
        },
        "mnist": {
            "data": "mnist-binary",
            "network": "conv",
            "likelihood": "bernoulli",
            "width": 16,  # half of appendix E.1: 0.06 s an update on one core in place of 0.14
            "precision": "bfloat16",
        },
        # one bit a pixel is little to say: Binomial(16, p) keeps every one of 16 latents alive
        "deep": {"likelihood": "bernoulli", "latent_dim": 16, "depth": 4},
    }
    default_probes: ClassVar[tuple[str, ...]] = ("posteriors", "mean_reconstructions")

    data: str = data_setting("digits", "8 x 8 pictures that need no download")
    network: str = setting(
        "mlp",
        f"{AEVB}, appendix C; conv: {PIXELVAE}, appendix E.1",
        choices=("mlp", "conv"),
        hint="Fully connected, or convolutions.",
    )
    likelihood: str = setting(
        "binomial",
        "observed: grey level 0..16 counts inked cells, so Binomial(16, p) is exact",
        choices=LIKELIHOODS,
        symbol="p(x|z)",
        hint="What the decoder says of a pixel.",
    )
    latent_dim: int = setting(
        2,
        f"{AEVB}, figure 4: two, so that the manifold can be drawn",
        low=1,
        high=64,
        symbol="Z",
        hint="Dimensions of the latent code.",
    )
    width: int = setting(
        200,
        f"{AEVB}, section 5: Frey Face",
        low=4,
        high=2048,
        hint="Units of a hidden layer, or maps of a convolution.",
    )
    depth: int = setting(
        1,
        f"{AEVB}, section 5",
        low=1,
        high=8,
        hint="Hidden layers of a fully connected encoder and decoder.",
    )
    batch: int = setting(
        100, f"{AEVB}, section 2.3", low=1, high=1437, symbol="M", hint="Pictures in an update."
    )
    precision: str = setting(
        "float32", "exact", choices=PRECISIONS, hint="What the networks compute in."
    )
    optimizer: str = setting(
        "adam",
        "observed: -164 nats after 2000 updates, Adagrad at 0.02 -172",
        choices=("adam", "adagrad"),
        hint="Rule of the optimiser step.",
    )
    learning_rate: float = setting(
        1e-3,
        "Kingma & Ba 2015, algorithm 1",
        low=1e-6,
        high=1.0,
        symbol="α",
        hint="Step size of the optimiser.",
        hot=True,
        log=True,
    )
    weight_decay: float = setting(
        0.0, "observed: none needed", low=0.0, high=0.1, hint="Pull of decoder weights to zero."
    )
    beta: float = setting(
        1.0,
        f"{AEVB}, equation 3; other values: Higgins et al. 2017",
        low=0.0,
        high=100.0,
        symbol="β",
        hint="Weight of the KL in the loss.",
        hot=True,
    )
    kl_warmup: int = setting(
        0,
        "off; the public PixelVAE code ramps over 10 000 on MNIST",
        low=0,
        high=1_000_000,
        unit="updates",
        hint="Updates until the KL has its full weight.",
    )
    free_bits: float = setting(
        0.0,
        "off; Kingma et al. 2016, IAF, equation 15",
        low=0.0,
        high=10.0,
        symbol="λ",
        unit="nats",
        hint="KL of a latent dimension that costs nothing.",
        hot=True,
    )

    def build(self, seed: int, device: torch.device) -> dict[str, nn.Module]:
        """Return the model ``vae``, encoder and decoder initialised from the seed.

        Raises:
            SettingError: A fully connected network is asked for an output that it does not have.
        """
        data = form_of(self.data)
        shape = data.image_shape
        vae: GaussianVae
        if self.network == "conv":
            vae = ConvVae(shape, data.top_level, self.latent_dim, self.width, self.likelihood)
        elif self.likelihood in ("binomial", "bernoulli"):
            levels = data.top_level if self.likelihood == "binomial" else 0
            vae = Vae(shape, self.latent_dim, self.width, self.depth, levels)
        else:
            raise SettingError(
                "binomial or bernoulli pixels of a fully connected network",
                self.likelihood,
                "Choose another likelihood, or network=conv.",
            )
        initialize_(vae.encoder, seed, "vae.encoder")
        initialize_(vae.decoder, seed, "vae.decoder")
        return {"vae": place(vae, device)}

    def optimizers(self, models: Mapping[str, nn.Module]) -> dict[str, Optimizer]:
        """Return the optimiser of the only player; weight decay acts on the decoder alone."""
        vae = cast(GaussianVae, models["vae"])
        groups: list[dict[str, Any]] = [
            {"params": list(vae.encoder.parameters())},
            {"params": list(vae.decoder.parameters()), "weight_decay": self.weight_decay},
        ]
        if self.optimizer == "adagrad":
            return {"vae": Adagrad(groups, lr=self.learning_rate)}
        fused = next(vae.parameters()).device.type in ("cpu", "cuda")
        return {"vae": Adam(groups, lr=self.learning_rate, fused=fused or None)}

    def reference_update(self, player: str, state: "TrainingState") -> Iterator[Stage]:
        """Algorithm 1 of the paper with one sample of z for each picture."""
        vae = cast(GaussianVae, state.models["vae"])
        x = self.dataset().batch(self.batch, generator(state.seed, "data", state.t))
        x = x.to(state.device)
        yield Stage("data", {"x": x})
        with autocast(state.device, self.precision):
            posterior = vae.encode(x)
        yield Stage("encode", {"mu": posterior.mu, "log_sigma": posterior.log_sigma})
        shape = posterior.mu.shape
        z = posterior.rsample(normal(shape, state.seed, "epsilon", state.t, state.device))
        yield Stage("sample", {"z": z})
        with autocast(state.device, self.precision):
            likelihood = vae.decode(z)
        yield Stage("decode", {"mean": likelihood.mean})
        weight = self.beta * warmup(state.t, self.kl_warmup)
        terms = elbo(x, posterior, likelihood, weight, self.free_bits)
        yield Stage("bound", {"log_p": terms.log_p, "kl": terms.kl})
        optimizer = state.optimizers["vae"]
        optimizer.zero_grad()
        terms.loss.mean().backward()
        optimizer.step()
        yield Stage("step", terms.means())
