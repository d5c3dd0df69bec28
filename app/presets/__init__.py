"""The presets of every live page, as data."""

from app.presets.critic import CRITIC, CRITIC_FORM
from app.presets.flows import FLOWS, FLOWS_FORM
from app.presets.gallery import GALLERY, PAGES, Card, act_of
from app.presets.gan import GAN, GAN_FORM
from app.presets.iaf import IAF, IAF_FORM
from app.presets.levels import LEVELS, LEVELS_FORM
from app.presets.panels import DATA
from app.presets.pixelcnn import PIXELCNN, PIXELCNN_FORM
from app.presets.pixelvae import PIXELVAE, PIXELVAE_FORM
from app.presets.vae import VAE, VAE_FORM
from app.presets.walk import WALK_FORM, WALKS

__all__ = [
    "CRITIC",
    "CRITIC_FORM",
    "DATA",
    "FLOWS",
    "FLOWS_FORM",
    "GALLERY",
    "GAN",
    "GAN_FORM",
    "IAF",
    "IAF_FORM",
    "LEVELS",
    "LEVELS_FORM",
    "PAGES",
    "PIXELCNN",
    "PIXELCNN_FORM",
    "PIXELVAE",
    "PIXELVAE_FORM",
    "VAE",
    "VAE_FORM",
    "WALKS",
    "WALK_FORM",
    "Card",
    "act_of",
]
