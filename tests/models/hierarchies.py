"""Small hierarchies, trained or not, for the laws of models and samplers."""

import torch
from torch import nn

from gen_core.models.hierarchical_pixelvae import HierarchicalPixelVae


def hierarchy(channels: int = 3, side: int = 8, top_level: int = 3, **sizes: int):
    """A small model in double precision and eval, biases and moving statistics off zero."""
    known = {"z1_channels": 2, "z2_dim": 3, "width": 6, "deep_width": 4, "pixel_blocks": 1}
    model = HierarchicalPixelVae((channels, side, side), top_level, **(known | sizes)).double()
    for name, parameter in model.named_parameters():
        if parameter.ndim == 1:
            nn.init.normal_(parameter, float("norm" in name or "gain" in name), 0.1)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_var, 0.5, 2.0)
            nn.init.normal_(module.running_mean)
    return model.eval()


def pictures(model: HierarchicalPixelVae, n: int = 4, top_level: int = 3) -> torch.Tensor:
    """Pictures on the model's levels."""
    return (torch.rand(n, *model.image_shape).double() * top_level).round() / top_level
