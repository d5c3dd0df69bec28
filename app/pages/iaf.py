"""IAF: posteriors that fit, on four points and on a known Gaussian; table 1 as a chart."""

import streamlit as st

from app.live_page import LivePage
from app.preset import SHIPPED
from app.presets import IAF, IAF_FORM

SWEEPS = {"digits": "posteriors-digits.json", "MNIST": "posteriors-mnist.json"}

LivePage("iaf", "IAF", IAF, IAF_FORM).show()
for data, name in SWEEPS.items():
    sweep = SHIPPED / "iaf" / name
    if sweep.is_file():
        from app.posterior_chart import posterior_chart, sweep_caption  # after the picture

        st.subheader(f"The table of posteriors, on {data}", anchor=False)
        with st.container(width=640):
            st.altair_chart(posterior_chart(sweep), width="stretch")
            st.caption(sweep_caption(sweep))
