"""Serves the page of `tests.app.picture_page` with the live routes, as the app serves its own."""

from pathlib import Path

import streamlit as st

from app.live.routes import lifespan, routes

_PAGE = Path(__file__).resolve().parents[1] / "app" / "picture_page.py"
app = st.App(_PAGE, routes=routes, lifespan=lifespan)
