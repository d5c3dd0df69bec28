"""The ResNet VAE of Kingma et al. 2016: many layers of latents, kept alive by free bits.

One player, ``resnet_vae``: both ways climb the same bound, so a round is one update. The loss is
equation 15: of every feature map of latents at least lambda nats are charged, on the mean over the
batch; the curves show the plain terms, which sum to the bound. Random streams, each indexed by the
lane's step t: ``data`` (pictures), ``epsilon1``, ``epsilon2``, ... (latents of each layer).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

import torch
from torch import Tensor, nn

from gen_core.data.image_forms import form_of
from gen_core.data.pixels import bits_per_dim
from gen_core.evaluation.figures import Progress, Scope
from gen_core.evaluation.likelihood import Bounded, importance_weighted
from gen_core.models.resnet_vae import INFERENCES, POSTERIORS, ResNetVae
from gen_core.objectives.elbo import Elbo, hierarchical
from gen_core.recipes.base import Stage, register
from gen_core.recipes.measures import Evaluation, Metric, View
from gen_core.recipes.one_player import PictureRecipe
from gen_core.recipes.pictures import data_setting
from gen_core.recipes.settings import Value, setting
from gen_core.training.devices import place
from gen_core.training.precision import PRECISIONS, autocast
from gen_core.training.seeding import generator, initialize_, normal

if TYPE_CHECKING:
    from gen_core.training.loop import TrainingState

__all__ = ["ALIVE", "ResNetVaeRecipe", "layer_nats", "layer_noise"]

IAF = "Kingma et al. 2016"
CODE = "openai/iaf, tf_train.py"
ALIVE = 0.5
"""Nats of a test picture above which a layer counts as alive; a bit is 0.69 nats."""
ASKED = 500  # test pictures of the slow metric
LIVE = 200  # pictures that are decoded at once: a layer's maps are large

_DIGITS: Mapping[str, Value] = {"learning_rate": 5e-3}
_ROOMS: Mapping[str, Value] = {"free_bits": 0.1, "width": 32, "batch": 16}


@register
@dataclass(frozen=True)
class ResNetVaeRecipe(PictureRecipe):
    """A VAE with latents in every residual unit.

    Variants: ``digits`` trains live on the plain bound, ``digits-free-bits`` with lambda above 0;
    ``rooms-16`` and ``rooms-32`` are colour pictures.

    Deviations beyond those of the model: the paper's best has 20 layers of 160 maps and 32
    channels of latents; sizes here are a CPU's. Adam, where the public code has AdaMax without
    bias correction at the same rate; one picture more or less drawn twice, with replacement.
    """

    stem: ClassVar[str] = "resnet_vae"
    player: ClassVar[str] = "resnet_vae"
    paper: ClassVar[str] = (
        "Kingma et al. 2016, Improved Variational Inference with Inverse Autoregressive Flow, "
        "NIPS, arXiv 1606.04934"
    )
    variants: ClassVar[Mapping[str, Mapping[str, Value]]] = {
        "digits": _DIGITS,
        "digits-free-bits": {**_DIGITS, "free_bits": 0.25},
        "rooms-16": {**_ROOMS, "data": "rooms-16", "blocks": 6},
        "rooms-32": {**_ROOMS, "data": "rooms-32", "blocks": 3, "scales": 2},
    }
    default_probes: ClassVar[tuple[str, ...]] = ("resnet_samples",)

    data: str = data_setting("digits", f"8 x 8 pictures that need no download; {IAF}: CIFAR-10")
    scales: int = setting(
        1,
        f"{IAF}, appendix C.4: more did not help",
        low=1,
        high=4,
        unit="sizes",
        hint="Sizes at which layers stand, each half of the one before.",
    )
    blocks: int = setting(
        8,
        f"a CPU's; {IAF}: 4 to 24 in all",
        low=1,
        high=24,
        symbol="L",
        unit="layers",
        hint="Layers of latents at each size.",
    )
    width: int = setting(
        16, f"a CPU's; {CODE}: 160", low=2, high=512, hint="Maps of the residual streams."
    )
    z_channels: int = setting(
        4,
        f"a CPU's; {CODE}: 32",
        low=1,
        high=64,
        symbol="Z",
        unit="maps",
        hint="Feature maps of each layer's latents.",
    )
    inference: str = setting(
        "bidirectional",
        f"{IAF}, appendix C.1: the better one",
        choices=INFERENCES,
        symbol="q(z|x)",
        hint="Whether latents are drawn on the way down, or on the way up.",
    )
    posterior: str = setting(
        "diagonal",
        f"the cheaper one; {IAF}, table 4: one step of the flow is better",
        choices=POSTERIORS,
        hint="A diagonal Gaussian in each layer, or one that a step of masked convolutions moves.",
    )
    flow_layers: int = setting(
        1,
        f"{IAF}, appendix C.3: 0, 1 or 2",
        low=0,
        high=2,
        hint="Hidden layers of each step's network; 0 for a linear one.",
    )
    free_bits: float = setting(
        0.0,
        f"off; {CODE}: 0.25, its best model 0.1; {IAF}, appendix C.8: 1/8 to 2 help",
        low=0.0,
        high=8.0,
        symbol="λ",
        unit="nats",
        hint="KL that costs nothing, for each feature map of latents.",
        hot=True,
    )
    batch: int = setting(
        32, f"{CODE}: 16 on each of 8 GPUs", low=1, high=1024, symbol="M", hint="Pictures."
    )
    learning_rate: float = setting(
        2e-3,
        "openai/iaf, README: 0.002, of AdaMax",
        low=1e-6,
        high=1.0,
        symbol="α",
        hint="Step size of Adam.",
        hot=True,
        log=True,
    )
    precision: str = setting(
        "float32", "exact", choices=PRECISIONS, hint="What the convolutions compute in."
    )

    @property
    def layers(self) -> int:
        """How many layers of latents there are, L."""
        return self.scales * self.blocks

    @property
    def curves(self) -> Mapping[str, tuple[str, str]]:
        """Label and unit of the bound, its parts, and each layer's nats."""
        each = {f"kl_{n}": (f"KL of layer {n}", "nats") for n in range(1, self.layers + 1)}
        return {
            "elbo": ("Evidence lower bound", "nats"),
            "bits": ("Bound: −ELBO", "bits/dim"),
            "reconstruction": ("Reconstruction error −log p(x|z)", "nats"),
            "kl": ("KL(q(z|x) ‖ p(z)), all layers", "nats"),
            **each,
        }

    def build(self, seed: int, device: torch.device) -> dict[str, nn.Module]:
        """Return the model ``resnet_vae``, initialised from the seed."""
        form = form_of(self.data)
        vae = ResNetVae(
            form.image_shape,
            form.top_level,
            self.scales,
            self.blocks,
            self.width,
            self.z_channels,
            self.inference,
            self.posterior,
            self.flow_layers,
        )
        parts: dict[str, nn.Module] = {"first": vae.first, "last": vae.last}
        for index, layer in enumerate(vae.layers):
            parts |= {f"layers.{index}.{name}": part for name, part in layer.named_children()}
        for name, part in parts.items():
            initialize_(part, seed, f"resnet_vae.{name}")
        return {"resnet_vae": place(vae.calm_(), device)}

    def reference_update(self, player: str, state: "TrainingState") -> Iterator[Stage]:
        """One step on equation 15, with one sample of every layer."""
        vae = cast(ResNetVae, state.models["resnet_vae"])
        x = self.dataset().batch(self.batch, generator(state.seed, "data", state.t))
        x = x.to(state.device)
        yield Stage("data", {"x": x})
        eps = layer_noise(vae, len(x), state.seed, "epsilon", state.t, state.device)
        with autocast(state.device, self.precision):
            found = vae.infer(x, eps)
        yield Stage("infer", {f"z{n}": level.z for n, level in enumerate(found.levels, 1)})
        yield Stage("decode", {"mean": found.likelihood.mean})
        kl_maps = [level.kl for level in found.levels]
        log_p = found.likelihood.log_prob(x)
        terms = hierarchical(log_p, kl_maps, [1.0] * len(kl_maps), self.free_bits)
        yield Stage("bound", {"log_p": terms.log_p, "kl": terms.kl})
        optimizer = state.optimizers["resnet_vae"]
        optimizer.zero_grad()
        terms.loss.mean().backward()
        optimizer.step()
        yield Stage("step", _described(terms, x[0].numel()))

    def metrics(self) -> dict[str, Metric]:
        """Return how many layers are alive, on test pictures."""
        unit = f"of {self.layers}"
        return {"live_layers": Metric("Layers alive", unit, _live_layers, better="high")}

    def evaluations(self) -> dict[str, Evaluation]:
        """Return the bound with the KL of each layer, and the importance-weighted NLL."""
        return {"likelihood": Evaluation("Likelihood of the test pictures", _test_likelihood)}


def layer_noise(
    vae: ResNetVae, batch: int, seed: int, stream: str, t: int, device: torch.device
) -> list[Tensor]:
    """Return N(0, 1) noise of each layer, the layer nearest to the picture first.

    Args:
        vae: The model.
        batch: Pictures.
        seed: The run's seed.
        stream: What the noise is for; each layer's name is this and its number from 1 on.
        t: Index inside the stream.
        device: Where the model lives.
    """
    shapes = enumerate(vae.latent_noise_shapes(batch), start=1)
    return [normal(shape, seed, f"{stream}{layer}", t, device) for layer, shape in shapes]


@torch.no_grad()
def layer_nats(view: View, pictures: int = ASKED) -> Tensor:
    """Return the KL of each layer in nats, ``(L,)``, the layer nearest to the picture first.

    A mean over test pictures, one draw each; the noise is the same at every t.

    Args:
        view: A lane of a ResNet VAE.
        pictures: How many at most.
    """
    vae = cast(ResNetVae, view.models["resnet_vae"])
    x = view.recipe.dataset().pictures("test", 0, pictures)
    sums = torch.zeros(len(vae.layers))
    for index, part in enumerate(x.split(LIVE)):
        eps = layer_noise(vae, len(part), view.seed, "layer nats/", index, view.device)
        levels = vae.infer(part.to(view.device), eps).levels
        sums += torch.stack([level.kl.sum() for level in levels]).cpu()
    return sums / len(x)


def _live_layers(view: View) -> Iterator[float]:
    yield float((layer_nats(view) > ALIVE).sum())


def _test_likelihood(view: View, scope: Scope) -> Iterator[Progress[Bounded]]:
    vae = cast(ResNetVae, view.models["resnet_vae"])
    x = view.recipe.dataset().pictures("test", 0, scope.pictures or None)
    return importance_weighted(vae, x, scope.samples, scope.seed, LIVE, view.device)


def _described(terms: Elbo, dimensions: int) -> dict[str, Tensor]:
    found = terms.means()
    found["bits"] = -bits_per_dim(1.0, dimensions) * found["elbo"]
    return found | {f"kl_{n}": kl.mean().detach() for n, kl in enumerate(terms.kls, 1)}
