"""Entry point: ``streamlit run streamlit_app.py`` serves the pages and the live routes."""

import streamlit as st

from app.document import documents
from app.live.routes import lifespan, routes

app = st.App("app/shell/main.py", routes=[*documents, *routes], lifespan=lifespan)
