"""Generative adversarial networks: two parallel lines, and what each distance says of them."""

from app.live_page import LivePage
from app.presets import LINES, LINES_FORM

LivePage("gan", "Generative adversarial networks", LINES, LINES_FORM).show()
