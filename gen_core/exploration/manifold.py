"""The manifold that a decoder with two latents has learnt, as an atlas of pictures.

Kingma & Welling 2014, figure 4: nodes spaced evenly on the unit square go through the inverse CDF
of the Gaussian on each axis, so every node stands for the same share of the prior; at each node
the decoder's mean is drawn.
"""

from typing import cast

import torch
from torch import Tensor

from gen_core.exploration.arrays import as_bytes
from gen_core.exploration.base import Arrays, Settings, View, probe
from gen_core.exploration.codes import is_vae
from gen_core.models.vae import GaussianVae
from gen_core.recipes.settings import Setting

__all__ = ["latent_nodes", "manifold"]


def latent_nodes(side: int) -> Tensor:
    """Return the nodes z = Phi^-1((i + 1/2) / side) of the plane, ``(side^2, 2)``.

    Row by row from the top left, as one reads: z_1 grows to the right, z_2 upwards.

    Args:
        side: Nodes along each axis.

    Example:
        >>> latent_nodes(2).sign().tolist()
        [[-1.0, 1.0], [1.0, 1.0], [-1.0, -1.0], [1.0, -1.0]]
    """
    shares = (torch.arange(side, dtype=torch.float64) + 0.5) / side
    axis = torch.special.ndtri(shares).float()
    z2, z1 = torch.meshgrid(axis.flip(0), axis, indexing="ij")
    return torch.stack([z1, z2], dim=-1).reshape(-1, 2)


def _has_latent_plane(recipe: object) -> bool:
    return is_vae(recipe) and getattr(recipe, "latent_dim", 0) == 2


@probe(
    "manifold",
    settings={
        "side": Setting(
            14,
            "observed: 196 pictures of 8 x 8, every class in sight",
            low=2,
            high=40,
            hint="Pictures along each axis.",
        )
    },
    suits=_has_latent_plane,
)
def manifold(view: View, settings: Settings, size: int) -> Arrays:
    """Decoder means over the plane of two latents.

    Args:
        view: A lane of a VAE with two latents.
        settings: ``side``, pictures along each axis.
        size: Not used: the pictures have the model's own size.

    Returns:
        ``images`` ``(N, H, W)`` or ``(N, H, W, 3)`` uint8, N = side^2, row by row from the top
        left;
        ``z`` ``(N, 2)``, the node of each.
    """
    vae = cast(GaussianVae, view.models["vae"])
    nodes = latent_nodes(settings["side"])
    with torch.no_grad():
        images = as_bytes(vae.decode(nodes.to(view.device)).mean)
    return {"images": images, "z": nodes.numpy()}
