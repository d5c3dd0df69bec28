"""Four data points, as the toy of figure 1 of the IAF paper has them.

Kingma et al. 2016, IAF, arXiv 1606.04934, figure 1, shows a VAE of four data points and says
nothing else of them. Here they are the four pictures of 2 x 2 pixels with one pixel on, each its
own class; training and test are the same. No model gives a picture more than 1/4 on average, so
no bound exceeds -ln 4 = -1.386 nats.

>>> load().pictures("test")[1, 0]
tensor([[0., 1.],
        [0., 0.]])
"""

from functools import cache

import torch

from gen_core.data.image_source import ImageSource, Split

__all__ = ["load"]


@cache
def load() -> ImageSource:
    """Return the four pictures; the same object at each call."""
    on = Split(torch.eye(4, dtype=torch.uint8).reshape(4, 1, 2, 2), torch.arange(4))
    return ImageSource("four", 1, {"train": on, "test": on}, n_classes=4)
