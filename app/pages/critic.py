"""The critic: weight clipping beside gradient penalty, their value surfaces forming live."""

from app.live_page import LivePage
from app.presets import CRITIC, CRITIC_FORM

LivePage("critic", "The critic", CRITIC, CRITIC_FORM).show()
