"""Real NVP on the plane: space bent layer by layer, beside planar and radial flows."""

from app.live_page import LivePage
from app.presets import FLOWS, FLOWS_FORM

LivePage("realnvp", "Real NVP", FLOWS, FLOWS_FORM).show()
