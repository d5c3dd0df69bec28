"""Checkpoints and recordings: everything kept, shipped or saved here, and opened anywhere."""

import streamlit as st

from app.layout import sections, title
from app.library_page import library_page

title("Checkpoints", sections("checkpoints")[""])
library_page()
for name in ("What a card says", "Half-written files", "On the command line"):
    st.subheader(name, anchor=False)
    st.markdown(sections("checkpoints")[name])
