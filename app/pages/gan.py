"""Classical GANs: what minimax, non-saturating and least squares lose, beside WGAN-GP."""

from app.live_page import LivePage
from app.presets import GAN, GAN_FORM

LivePage("gan", "The GAN games", GAN, GAN_FORM).show()
