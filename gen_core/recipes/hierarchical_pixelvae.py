"""The hierarchical PixelVAE of Gulrajani et al. 2017 on rooms, at sizes that a CPU can train.

One player, ``vae``. Sizes are far below the paper's (z_1 of 64 channels, z_2 of 512, widths of 64
to 512, 200 000 updates of 64 pictures): what counts here is which level models what, not the
likelihood. The pixel level is kept near-sighted, and the top latent cheap at first, so that
everything far apart has to come from above.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

import torch
from torch import Tensor, nn

from gen_core.data.image_forms import form_of
from gen_core.evaluation.figures import Progress, Scope
from gen_core.evaluation.likelihood import Bounded, importance_weighted
from gen_core.models.hierarchical_pixelvae import HierarchicalPixelVae
from gen_core.objectives.elbo import Elbo, hierarchical, ramps, warmup
from gen_core.recipes.base import Stage, register
from gen_core.recipes.measures import Evaluation, View
from gen_core.recipes.one_player import PictureRecipe
from gen_core.recipes.pictures import data_setting
from gen_core.recipes.settings import Value, setting
from gen_core.training.devices import place
from gen_core.training.precision import PRECISIONS, autocast
from gen_core.training.seeding import generator, initialize_, normal

if TYPE_CHECKING:
    from gen_core.training.loop import TrainingState

__all__ = ["HierarchicalPixelVaeRecipe"]

LIVE = 100  # pictures that are decoded at once: their feature maps are large
CODE = "igul222/PixelVAE, pixelvae.py"


@register
@dataclass(frozen=True)
class HierarchicalPixelVaeRecipe(PictureRecipe):
    """Two levels of latents over rooms.

    Variants: ``rooms-16`` trains live, ``rooms-32`` is the one that ships, ``digits`` is smallest.

    Deviations from paper and code beyond those of the model: ramps, batch and widths are those of
    a short training on a CPU; initial weights follow the house's law.
    """

    stem: ClassVar[str] = "hierarchical_pixelvae"
    player: ClassVar[str] = "vae"
    paper: ClassVar[str] = (
        "Gulrajani et al. 2017, PixelVAE: A Latent Variable Model for Natural Images, "
        "arXiv 1611.05013"
    )
    variants: ClassVar[Mapping[str, Mapping[str, Value]]] = {
        "rooms-16": {
            "batch": 16,
            "learning_rate": 2e-3,
            "decay_every": 2500,
            "decay": 0.6,
            "kl1_ramp": 600,
            "kl2_ramp": 4000,  # observed: at 800 the middle sets the geometry, not the top
        },
        "rooms-32": {
            "data": "rooms-32",
            "z2_dim": 32,
            "deep_width": 40,
            "batch": 16,
            "learning_rate": 2e-3,
            "decay_every": 1000,
            "decay": 0.6,
            "kl1_ramp": 1200,
            "kl2_ramp": 1600,
            "floor_ramp": 400,
        },
        "digits": {"data": "digits", "width": 16, "deep_width": 32, "z1_channels": 4},
    }
    default_probes: ClassVar[tuple[str, ...]] = ("latent_cell",)
    curves: ClassVar[Mapping[str, tuple[str, str]]] = {
        "bits": ("Bound: −ELBO", "bits/dim"),
        "reconstruction": ("Reconstruction −log₂ p(x|z₁)", "bits/dim"),
        "kl1": ("KL(q(z₁|x) ‖ p(z₁|z₂)), middle", "nats"),
        "kl2": ("KL(q(z₂|x) ‖ p(z₂)), top", "nats"),
    }

    data: str = data_setting("rooms-16", "rooms stand in for the paper's LSUN bedrooms")
    z1_channels: int = setting(
        8,
        f"observed: enough for rooms; {CODE}: 64",
        low=1,
        high=128,
        symbol="C₁",
        hint="Channels of the middle latent map.",
    )
    z2_dim: int = setting(
        24,
        f"observed: rooms have 20 factors; {CODE}: 512",
        low=1,
        high=512,
        symbol="Z₂",
        hint="Dimensions of the top latent.",
    )
    width: int = setting(
        18,
        f"a CPU's; {CODE}, 32px_small: 64",
        low=3,
        high=384,
        hint="Maps at the picture's resolution; a multiple of its colours.",
    )
    deep_width: int = setting(
        48, f"a CPU's; {CODE}: 128 to 512", low=4, high=512, hint="Maps below that resolution."
    )
    pixel_blocks: int = setting(
        1,
        f"observed: 4 pixels in sight, more and it paints the rooms' plan itself; {CODE}: 2",
        low=0,
        high=8,
        hint="Gated blocks of the pixel level: each sees two pixels further.",
    )
    latent_blocks: int = setting(
        0,
        f"{CODE} has 2; fewer leave more of the plan to the top level",
        low=0,
        high=8,
        hint="Gated blocks of the middle level's prior.",
    )
    latent_kernel: int = setting(
        3, f"{CODE} has 5; see latent_blocks", low=1, high=9, hint="First kernel of that prior."
    )
    batch: int = setting(
        32, f"a CPU's; {CODE}: 64", low=1, high=1024, symbol="M", hint="Pictures in an update."
    )
    learning_rate: float = setting(
        1e-3,
        "PixelVAE, section 4.2",
        low=1e-6,
        high=1.0,
        symbol="α",
        hint="Step size of Adam.",
        hot=True,
        log=True,
    )
    decay_every: int = setting(
        180_000,
        f"{CODE}; not in the paper",
        low=1,
        high=10**7,
        hint="Updates after which the step size falls.",
    )
    decay: float = setting(
        0.5, f"{CODE}, 64px_big", low=0.01, high=1.0, hint="Factor by which it falls."
    )
    kl1_ramp: int = setting(
        200,
        f"a short training's; {CODE}: 2000",
        low=0,
        high=10**6,
        symbol="A₁",
        unit="updates",
        hint="Updates over which the middle level's KL comes in; not in the paper.",
    )
    kl2_ramp: int = setting(
        1000,
        f"a short training's; {CODE}: 5000",
        low=0,
        high=10**6,
        symbol="A₂",
        unit="updates",
        hint="The same of the top level, on top of the middle's.",
    )
    floor_ramp: int = setting(
        200,
        f"a short training's; {CODE}: 1000",
        low=0,
        high=10**6,
        unit="updates",
        hint="Updates over which the least sigma of p(z₁|z₂) falls from 1 to 0.",
    )
    clip: float = setting(
        5.0,
        f"{CODE}: norm of the gradient of nats per pixel and colour",
        low=1e-3,
        high=1e6,
        hint="Largest norm of the whole gradient.",
    )
    precision: str = setting(
        "float32",
        "bfloat16 is faster on processors that have it",
        choices=PRECISIONS,
        hint="Precision of convolutions.",
    )

    def build(self, seed: int, device: torch.device) -> dict[str, nn.Module]:
        """Return the model ``vae``, initialised from the seed."""
        data = form_of(self.data)
        vae = HierarchicalPixelVae(
            data.image_shape,
            data.top_level,
            self.z1_channels,
            self.z2_dim,
            self.width,
            self.deep_width,
            self.pixel_blocks,
            self.latent_blocks,
            latent_kernel=self.latent_kernel,
        )
        _initialize(vae, seed)
        return {"vae": place(vae, device)}

    def reference_update(self, player: str, state: "TrainingState") -> Iterator[Stage]:
        """One step on the bound of section 3.1, with one sample of each level."""
        vae = cast(HierarchicalPixelVae, state.models["vae"])
        x = self.dataset().batch(self.batch, generator(state.seed, "data", state.t))
        x = x.to(state.device)
        yield Stage("data", {"x": x})
        with autocast(state.device, self.precision):
            q = vae.encode(x)
            yield Stage("encode", {"mu1": q.z1.mu, "mu2": q.z2.mu})
            z1, z2 = (
                each.rsample(normal(each.mu.shape, state.seed, name, state.t, state.device))
                for name, each in (("epsilon1", q.z1), ("epsilon2", q.z2))
            )
            yield Stage("sample", {"z1": z1, "z2": z2})
            prior = vae.prior(z1, z2, floor=1 - warmup(state.t, self.floor_ramp))
            likelihood = vae.likelihood(x, z1)
        yield Stage("decode", {"prior_mu1": prior.mu, "mean": likelihood.mean})
        weights = ramps(state.t, (self.kl1_ramp, self.kl2_ramp))
        kl_maps = q.z1.kl_map(prior), q.z2.kl_to_standard_map()
        terms = hierarchical(likelihood.log_prob(x), kl_maps, weights)
        yield Stage("bound", {"log_p": terms.log_p, "kl1": terms.kls[0], "kl2": terms.kls[1]})
        optimizer = state.optimizers["vae"]
        for group in optimizer.param_groups:
            group["lr"] = self.learning_rate * self.decay ** (state.t // self.decay_every)
        optimizer.zero_grad()
        (terms.loss.mean() / x[0].numel()).backward()
        nn.utils.clip_grad_norm_(vae.parameters(), self.clip)
        optimizer.step()
        yield Stage("step", _described(terms, x))

    def evaluations(self) -> dict[str, Evaluation]:
        """Return the bound with a KL for each level, and the importance-weighted NLL."""
        return {"likelihood": Evaluation("Likelihood of the test pictures", _test_likelihood)}


def _test_likelihood(view: View, scope: Scope) -> Iterator[Progress[Bounded]]:
    vae = cast(HierarchicalPixelVae, view.models["vae"])
    x = view.recipe.dataset().pictures("test", 0, scope.pictures or None)
    return importance_weighted(vae, x, scope.samples, scope.seed, LIVE, view.device)


def _described(terms: Elbo, x: Tensor) -> dict[str, Tensor]:
    bits = 1 / (x[0].numel() * math.log(2))
    return {
        "bits": -bits * terms.bound.mean().detach(),
        "reconstruction": -bits * terms.log_p.mean().detach(),
        "kl1": terms.kls[0].mean().detach(),
        "kl2": terms.kls[1].mean().detach(),
    }


def _initialize(vae: HierarchicalPixelVae, seed: int) -> None:
    """Draw every part by the house's law; batch norms start where they change nothing."""
    for name, part in vae.named_children():
        initialize_(part, seed, f"vae.{name}")
    for module in vae.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.ones_(module.weight)
