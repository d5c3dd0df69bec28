"""PixelVAE: what few masked layers leave to the code, live, and in a stored sweep."""

import streamlit as st

from app.layer_chart import layer_chart
from app.live_page import LivePage
from app.preset import SHIPPED
from app.presets import PIXELVAE, PIXELVAE_FORM

SWEEP = SHIPPED / "pixelvae" / "layers-digits.json"

LivePage("pixelvae", "PixelVAE", PIXELVAE, PIXELVAE_FORM).show()
if SWEEP.is_file():
    st.subheader("The sweep over masked layers, on digits", anchor=False)
    st.altair_chart(layer_chart(SWEEP), width="content")
