"""What a walk needs of a model: a space with the prior N(0, I), and pictures of its points.

Every space is walked alike; what else a picture depends on is held. A PixelVAE paints all points
with the same noise, so that neighbours differ only in z. Of a hierarchy one level walks: its
noise is the space, and that of the other levels is held bit by bit (Gulrajani et al. 2017,
PixelVAE, figure 6). Uniform noise u of pixels walks as Phi^-1(u), which is N(0, 1), so that a
round path through it stays uniform. The layers of a ResNet VAE walk together, as one noise, or
one walks as a level of a hierarchy does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, cast

import torch
from torch import Tensor

from gen_core.errors import DataError
from gen_core.exploration.flow_pictures import flow_of
from gen_core.exploration.level_painting import model_of, paced
from gen_core.exploration.registry import Settings, View
from gen_core.models.hierarchical_pixelvae import HierarchicalPixelVae
from gen_core.models.iaf import IafVae
from gen_core.models.pixelvae import PixelVae
from gen_core.models.realnvp_images import RealNvpImages
from gen_core.models.resnet_vae import ResNetVae
from gen_core.models.vae import GaussianVae
from gen_core.sampling.cached import cached
from gen_core.sampling.levels import LevelNoise, noise_of, paint
from gen_core.training.seeding import normal, uniform

__all__ = ["CodeSpace", "LatentSpace", "draws_at_once", "has_latent_space", "space_of"]

AT_ONCE = ("vae", "iaf", "realnvp_images", "resnet_vae")
PAINTED = ("pixelvae", "hierarchical_pixelvae")
EDGE = 2.0**-25  # half the least uniform number above 0: Phi^-1 stays finite

Paintings = Iterator[tuple[Tensor, float]]


class CodeSpace(Protocol):
    """A space of codes with the prior N(0, I)."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a code."""

    def encode(self, x: Tensor) -> Tensor:
        """Return the codes ``(B, *shape)`` of pictures ``(B, C, H, W)``.

        Raises:
            DataError: A picture has no one code here.
        """

    def draw(self, seed: int, index: int) -> Tensor:
        """Return one draw of the prior, ``(1, *shape)``."""


class LatentSpace(CodeSpace, Protocol):
    """A space whose codes have pictures."""

    def pictures(self, z: Tensor) -> Paintings:
        """Yield pictures ``(B, C, H, W)`` of codes as far as they are made, and the share."""


def has_latent_space(recipe: object) -> bool:
    """Say whether a recipe's model makes pictures of the points of a latent space."""
    return getattr(recipe, "stem", "") in (*AT_ONCE, *PAINTED)


def draws_at_once(recipe: object) -> bool:
    """Say whether a picture comes in one pass, so that it follows a pointer."""
    return getattr(recipe, "stem", "") in AT_ONCE


def space_of(view: View, settings: Settings) -> LatentSpace:
    """Return the space that a walk goes through.

    Args:
        view: A lane whose recipe :func:`has_latent_space`.
        settings: ``level``, of a hierarchy, ``layer``, of a ResNet VAE, and ``noise``, index of
            what is held.

    Raises:
        DataError: The ResNet VAE has no such layer.
    """
    stem = view.recipe.stem
    if stem in ("vae", "iaf"):
        return _Codes(cast(GaussianVae | IafVae, view.models[stem].eval()), view.device)
    if stem == "realnvp_images":
        return _FlowLatents(flow_of(view), view.device)
    if stem == "resnet_vae":
        vae = cast(ResNetVae, view.models[stem].eval())
        return _LayerNoise.of(vae, settings["layer"], view, settings["noise"])
    if stem == "pixelvae":
        model = cast(PixelVae, view.models[stem].eval())
        held = uniform((1, *model.image_shape), view.seed, "walk/pixels", settings["noise"])
        return _PaintedCodes(model, held.to(view.device))
    hierarchy = model_of(view)
    return _Level(
        hierarchy, settings["level"], noise_of(hierarchy, 1, view.seed, settings["noise"])
    )


def _drawn(shape: tuple[int, ...], seed: int, index: int, device: torch.device) -> Tensor:
    return normal((1, *shape), seed, "walk/prior", index, device)


@dataclass(frozen=True)
class _Codes:
    """Codes of a VAE; the picture is the decoder's mean."""

    model: GaussianVae | IafVae
    device: torch.device

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.model.latent_dim,)

    def encode(self, x: Tensor) -> Tensor:
        return self.model.encode(x).mu

    def draw(self, seed: int, index: int) -> Tensor:
        return _drawn(self.shape, seed, index, self.device)

    def pictures(self, z: Tensor) -> Paintings:
        yield self.model.decode(z).mean, 1.0


@dataclass(frozen=True)
class _FlowLatents:
    """Latents of a flow, as large as its pictures; a picture is the only one there is."""

    model: RealNvpImages
    device: torch.device

    @property
    def shape(self) -> tuple[int, ...]:
        return self.model.image_shape

    def encode(self, x: Tensor) -> Tensor:
        return self.model.latents(x)

    def draw(self, seed: int, index: int) -> Tensor:
        return _drawn(self.shape, seed, index, self.device)

    def pictures(self, z: Tensor) -> Paintings:
        yield self.model.sample(z), 1.0


@dataclass(frozen=True)
class _LayerNoise:
    """Noise of a ResNet VAE's layers, joined; the picture is the logistics' means.

    Attributes:
        model: The VAE.
        held: Noise of all layers, ``(1, D)``.
        walking: Which of it walks: all, or that of one layer.
    """

    model: ResNetVae
    held: Tensor
    walking: slice

    @classmethod
    def of(cls, model: ResNetVae, layer: int, view: View, noise: int) -> "_LayerNoise":
        """Return the space of a layer, or for 0 of all; the others hold draw ``noise``."""
        sizes = [shape.numel() for shape in _layer_shapes(model)]
        if layer > len(sizes):
            raise DataError(f"a layer from 1 to {len(sizes)}, or 0 for all", layer, "Choose one.")
        first, last = (layer - 1, layer) if layer else (0, len(sizes))
        walking = slice(sum(sizes[:first]), sum(sizes[:last]))
        return cls(model, _drawn((sum(sizes),), view.seed, noise, view.device), walking)

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.held[0, self.walking].shape)

    def encode(self, x: Tensor) -> Tensor:
        """The noise of which the prior makes the latents at the centre of the posterior."""
        still = [torch.zeros(s, device=x.device) for s in self.model.latent_noise_shapes(len(x))]
        found = self.model.infer(x, still)
        whole = torch.cat([level.noise.flatten(1) for level in found.levels], dim=1)
        return whole[:, self.walking]

    def draw(self, seed: int, index: int) -> Tensor:
        whole = _drawn(tuple(self.held.shape[1:]), seed, index, self.held.device)
        return whole[:, self.walking]

    def noise(self, z: Tensor) -> list[Tensor]:
        """Return the noise of every layer at codes of what walks."""
        whole = self.held.repeat(len(z), 1)
        whole[:, self.walking] = z
        shapes = _layer_shapes(self.model)
        parts = whole.split([shape.numel() for shape in shapes], dim=1)
        return [part.unflatten(1, shape) for part, shape in zip(parts, shapes, strict=True)]

    def pictures(self, z: Tensor) -> Paintings:
        yield self.model.generate(self.noise(z)).mean, 1.0


def _layer_shapes(model: ResNetVae) -> list[torch.Size]:
    return [torch.Size(shape[1:]) for shape in model.latent_noise_shapes(1)]


@dataclass(frozen=True)
class _PaintedCodes:
    """Codes of a PixelVAE; all pictures are painted with the same noise ``(1, C, H, W)``."""

    model: PixelVae
    held: Tensor

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.model.latent_dim,)

    def encode(self, x: Tensor) -> Tensor:
        return self.model.encode(x).mu

    def draw(self, seed: int, index: int) -> Tensor:
        return _drawn(self.shape, seed, index, self.held.device)

    def pictures(self, z: Tensor) -> Paintings:
        noise = self.held.expand(len(z), *self.held.shape[1:])
        for painting in paced(cached(self.model.decoder(z), noise)):
            yield painting.x, painting.done / painting.total


@dataclass(frozen=True)
class _Level:
    """Noise of one level of a hierarchy; that of the others is held."""

    model: HierarchicalPixelVae
    level: str
    held: LevelNoise

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(getattr(self.held, self.level).shape[1:])

    def encode(self, x: Tensor) -> Tensor:
        posterior = self.model.encode(x)
        if self.level == "top":
            return posterior.z2.mu
        if self.level == "middle":  # the noise that makes of the held top the pictures' own map
            z1 = posterior.z1.mu
            prior = self.model.prior(z1, self.held.top.expand(len(x), -1))
            return (z1 - prior.mu) / prior.sigma
        raise DataError(
            "draws of the pixels' noise as anchors (s0, s1, …)",
            "a picture, which many noises paint",
            "Choose draws, or walk another level.",
        )

    def draw(self, seed: int, index: int) -> Tensor:
        noise = getattr(noise_of(self.model, 1, seed, index), self.level)
        return _to_gaussian(noise) if self.level == "pixels" else cast(Tensor, noise)

    def noise(self, z: Tensor) -> LevelNoise:
        """Return the noise of every level at codes of the walking one."""
        own = torch.special.ndtr(z) if self.level == "pixels" else z
        held = self.held.repeated(len(z))
        return held.varied(self.level, LevelNoise(*([own] * 3)))

    def pictures(self, z: Tensor) -> Paintings:
        for painting in paced(paint(self.model, self.noise(z))):
            yield painting.x, painting.done / painting.total


def _to_gaussian(u: Tensor) -> Tensor:
    return torch.special.ndtri(u.double().clamp(EDGE, 1 - EDGE)).to(u)
