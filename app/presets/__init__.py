"""The presets of every live page, as data."""

from app.presets.critic import CRITIC, CRITIC_FORM
from app.presets.gallery import GALLERY, PAGES, Card
from app.presets.lines import LINES, LINES_FORM
from app.presets.panels import DATA

__all__ = [
    "CRITIC",
    "CRITIC_FORM",
    "DATA",
    "GALLERY",
    "LINES",
    "LINES_FORM",
    "PAGES",
    "Card",
]
