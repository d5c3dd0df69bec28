"""Home: the gallery of every figure that exists so far; a click opens it live."""

import streamlit as st

from app.layout import sections, thumbnail, title
from app.presets import GALLERY

title("Gen Lab", sections("home")[""])
for act, cards in GALLERY.items():
    st.subheader(act, anchor=False)
    with st.grid(3, min_column_width=250, gap="medium", key=f"gallery_{act}") as gallery:
        for card in cards:
            key = f"card_{card.page}_{card.preset.name}"
            with gallery.cell(), st.container(gap="xxsmall", key=key):
                st.image(
                    str(thumbnail(card.page, card.preset.name, st.context.theme.type)),
                    width="stretch",
                    alt=f"{card.preset.title}: {card.preset.caption}",
                )
                st.page_link(
                    f"../pages/{card.page}.py",
                    label=f"**{card.preset.title}**",
                    query_params={"preset": card.preset.name},
                )
                st.caption(card.preset.source)
