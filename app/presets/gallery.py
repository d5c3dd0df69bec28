"""Every live page's presets, and the gallery of home."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.preset import Preset
from app.presets.critic import CRITIC
from app.presets.flows import FLOWS
from app.presets.gan import GAN
from app.presets.iaf import IAF
from app.presets.levels import LEVELS
from app.presets.pixelcnn import PIXELCNN
from app.presets.pixelvae import PIXELVAE
from app.presets.vae import VAE
from app.presets.walk import WALKS

__all__ = ["GALLERY", "PAGES", "Card", "act_of"]

PAGES: Mapping[str, Mapping[str, Preset]] = {
    "critic": CRITIC,
    "gan": GAN,
    "pixelcnn": PIXELCNN,
    "vae": VAE,
    "pixelvae": PIXELVAE,
    "levels": LEVELS,
    "iaf": IAF,
    "realnvp": FLOWS,
    "walk": WALKS,
}

# What an act's name leaves to its page's title.
_BEFORE = {
    "critic": "",
    "gan": "GAN games · ",
    "pixelcnn": "PixelCNN · ",
    "vae": "VAE · ",
    "pixelvae": "PixelVAE · ",
    "levels": "Levels · ",
    "iaf": "IAF · ",
    "realnvp": "Real NVP · ",
    "walk": "Walk · ",
}


@dataclass(frozen=True)
class Card:
    """A picture of the gallery: the page that it opens, and the preset."""

    page: str
    preset: Preset


def act_of(page: str, preset: Preset) -> str:
    """Return an act's name with that of its page.

    Example:
        >>> act_of("vae", VAE["plane"])
        'VAE · Latent plane'
    """
    return _BEFORE[page] + preset.act


def _gallery() -> dict[str, tuple[Card, ...]]:
    """Sort the presets of all pages by page and act, in order."""
    acts: dict[str, list[Card]] = {}
    for page, presets in PAGES.items():
        for preset in presets.values():
            acts.setdefault(act_of(page, preset), []).append(Card(page, preset))
    return {act: tuple(cards) for act, cards in acts.items()}


GALLERY: Mapping[str, tuple[Card, ...]] = _gallery()
