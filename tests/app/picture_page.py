"""A live page with two presets on pictures: one that trains, one that only looks."""

from dataclasses import replace

from app.layout import frame
from app.live_page import LivePage
from app.preset import Lane, Preset
from app.presets.panels import curves

_LANE = Lane("vae", "VAE", "generated", "vae", "binomial", {"width": 16})
TRAINS = Preset(
    name="trains",
    act="Train",
    data="",
    title="A small VAE",
    caption="Its latent plane, while it trains.",
    source="Kingma & Welling 2014, Figure 4",
    lanes=(_LANE,),
    probes=("manifold",),
    panels=(
        {"kind": "atlas", "lane": "vae", "title": "Latent plane", "probe": "manifold"},
        curves("Evidence lower bound", "elbo", unit="nats"),
    ),
    controls=(),
    metrics=(),
    figures=(),
)
LOOKS = replace(TRAINS, name="looks", act="Look", train=False)
PRESETS = {preset.name: preset for preset in (TRAINS, LOOKS)}

if __name__ == "__main__":  # as Streamlit runs it
    frame()
    LivePage("pictures", "Pictures", PRESETS, {"Data": ("data",), "Networks": ("width",)}).show()
