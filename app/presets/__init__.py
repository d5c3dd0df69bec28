"""The presets of every live page, as data."""

from app.presets.critic import CRITIC, CRITIC_FORM, DATA, GALLERY, Card

__all__ = ["CRITIC", "CRITIC_FORM", "DATA", "GALLERY", "Card"]
