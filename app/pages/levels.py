"""Hierarchical PixelVAE: vary one level's noise, hold the others."""

from app.live_page import LivePage
from app.presets import LEVELS, LEVELS_FORM

LivePage("levels", "Levels", LEVELS, LEVELS_FORM).show()
