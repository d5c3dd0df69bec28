"""The entry script: the page's frame and the list of pages.

It lies alone in its folder, because Streamlit treats what lies beside the entry script as its
own. Pages are registered by path, so that a deep link opens any of them on the first request.
"""

import streamlit as st

from app.layout import frame, visit

frame()
page = st.navigation(
    {
        "": [
            st.Page(
                "../pages/home.py",
                title="Home",
                icon=":material/home:",
                default=True,
                help="Every figure of the sources that exists so far; a click opens it live.",
            )
        ],
        "Adversarial": [
            st.Page(
                "../pages/critic.py",
                title="Critic",
                icon=":material/landscape:",
                url_path="critic",
                help="Weight clipping beside gradient penalty: two critics form their surfaces.",
            ),
            st.Page(
                "../pages/gan.py",
                title="GAN",
                icon=":material/swords:",
                url_path="gan",
                help="Minimax, non-saturating, least squares, WGAN-GP: how each works and fails.",
            ),
        ],
        "Autoregressive": [
            st.Page(
                "../pages/pixelcnn.py",
                title="PixelCNN",
                icon=":material/grid_on:",
                url_path="pixelcnn",
                help="Pictures painted pixel by pixel: masks, the blind spot, completion.",
            ),
        ],
        "Latent variables": [
            st.Page(
                "../pages/vae.py",
                title="VAE",
                icon=":material/scatter_plot:",
                url_path="vae",
                help="A latent plane that forms, the manifold that it decodes, unused dimensions.",
            ),
            st.Page(
                "../pages/pixelvae.py",
                title="PixelVAE",
                icon=":material/blur_linear:",
                url_path="pixelvae",
                help="What few masked layers leave to the code, and to the pixels.",
            ),
            st.Page(
                "../pages/levels.py",
                title="Levels",
                icon=":material/layers:",
                url_path="levels",
                help="Hierarchical PixelVAE: vary one level, hold the noise of the others.",
            ),
            st.Page(
                "../pages/iaf.py",
                title="IAF",
                icon=":material/extension:",
                url_path="iaf",
                help="Inverse autoregressive flow: posteriors that fit, and one that is known.",
            ),
        ],
        "Flows": [
            st.Page(
                "../pages/realnvp.py",
                title="Real NVP",
                icon=":material/grid_goldenratio:",
                url_path="realnvp",
                help="Space bent layer by layer until the data are noise, and back; its density.",
            ),
        ],
        "Explore": [
            st.Page(
                "../pages/walk.py",
                title="Walk",
                icon=":material/route:",
                url_path="walk",
                help="Interpolate anywhere: through pictures, on a plane, in one level's noise.",
            ),
            st.Page(
                "../pages/checkpoints.py",
                title="Checkpoints",
                icon=":material/inventory_2:",
                url_path="checkpoints",
                help="Everything kept, shipped or saved: open, continue, compare, export, import.",
            ),
        ],
    }
)
visit(page.url_path)
page.run()
