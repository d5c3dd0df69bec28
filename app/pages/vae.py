"""The VAE: a latent plane that forms, the manifold that it decodes, and unused dimensions."""

from app.live_page import LivePage
from app.presets import VAE, VAE_FORM

LivePage("vae", "The VAE", VAE, VAE_FORM).show()
