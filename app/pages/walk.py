"""Walks: through pictures, on a plane, in one level, in the noise of a generator."""

from app.live_page import LivePage
from app.presets import WALK_FORM, WALKS

LivePage("walk", "Walk", WALKS, WALK_FORM).show()
