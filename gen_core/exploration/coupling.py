"""Is the critic optimal? Its slope along an optimal coupling of real and generated points.

Gulrajani et al. (2017), "Improved Training of Wasserstein GANs", Proposition 1; F. Ahmed's thesis,
section 3.2.3 and appendix B.1. Let real y and generated x be coupled at the least mean distance,
and f* be an optimal critic, differentiable on the lines x_t = t y + (1 - t) x. Then almost surely

    f*(y) - f*(x) = ||y - x||,    grad f*(x_t) = (y - x_t) / ||y - x_t|| for 0 <= t < 1:

slope 1 between the ends, gradient norm 1 on the line, and the direction of the real point. In the
appendix x_t is t x + (1 - t) y in the statement and (1 - t) x - t y under v; the result stands.

**Of samples.** The law is about the distributions. An optimal coupling of n points sends some of
them far across, because n draws never fill the modes evenly; such a pair reads less than 1 for
the best of critics, and there are fewer of them the larger n is. The median tells more than the
mean.
"""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from gen_core.evaluation import transport
from gen_core.exploration.plane import fixed_batch, in_plane, point_gradients, points, scores_of
from gen_core.exploration.registry import Arrays, Settings, View, probe
from gen_core.exploration.slopes import BINS, TOP, line_slopes, summary
from gen_core.recipes.settings import Setting
from gen_core.training.seeding import uniform

__all__ = ["coupling"]


@probe(
    "coupling",
    settings={
        "n": points(256),
        "drawn": Setting(
            64, "as many as an eye can follow", low=1, high=1024, hint="How many pairs are drawn"
        ),
        "bins": BINS,
        "top": TOP,
    },
    slow=True,
    every=1.0,
    suits=in_plane,
)
def coupling(view: View, settings: Settings, size: int) -> Iterator[Arrays]:
    """Show whether the critic is optimal: its slope and gradient along an optimal coupling.

    Args:
        view: A lane whose critic judges points of the plane.
        settings: ``n`` points, of which ``drawn`` pairs are drawn; ``bins`` up to ``top``.
        size: Not used.

    Yields:
        While the transport solver is being loaded only ``progress`` 0. Then all at once: of the
        slopes |f(y) - f(x)| / ||y - x|| ``edges``, ``counts``, ``mean``, ``quantiles``, ``share``
        as the probe ``slopes`` has them; of the gradient norms at one x_t on each line the same,
        named ``gradient_…``; of the cosines between grad f(x_t) and y - x_t ``cosine_edges`` from
        -1 to 1, ``cosine_counts``, ``cosine_mean``, …; 0-d ``distance``, the samples' W1, and
        ``estimate``, the critic's mean of f(y) - f(x); the first pairs' ``real`` ``(drawn, 2)``,
        ``fake`` ``(drawn, 2)`` and ``arrows`` ``(drawn, 2)`` from fake to real; ``progress`` 1.
    """
    transport.prepare()
    while transport.preparing():
        yield {"progress": np.array(0, np.float32)}
    real, fake = fixed_batch(view, settings["n"])
    found = _coupled(*(sample.float().cpu().numpy().tobytes() for sample in (real, fake)))
    fake = fake[torch.from_numpy(found.partner).to(fake.device)]
    drawn = slice(settings["drawn"])
    yield {
        **_along(view, real, fake, np.linspace(0, settings["top"], settings["bins"] + 1)),
        "distance": np.array(found.distance, np.float32),
        "real": real[drawn].float().contiguous().cpu().numpy(),
        "fake": fake[drawn].float().contiguous().cpu().numpy(),
        "arrows": (real - fake)[drawn].float().contiguous().cpu().numpy(),
        "progress": np.array(1, np.float32),
    }


def _along(view: View, real: Tensor, fake: Tensor, edges: np.ndarray) -> Arrays:
    scores = scores_of(view)
    t = uniform((len(real),), view.seed, "probe/line", 0, view.device)[:, None]
    gradients = point_gradients(scores, t * real + (1 - t) * fake)
    cosine_edges = np.linspace(-1, 1, len(edges))
    measured = {
        "": summary(line_slopes(scores, real, fake), edges),
        "gradient_": summary(gradients.norm(dim=1), edges),
        "cosine_": summary(cosine_similarity(gradients, real - fake), cosine_edges),
    }
    with torch.no_grad():
        estimate = (scores(real) - scores(fake)).mean()
    return {
        "edges": edges.astype(np.float32),
        "cosine_edges": cosine_edges.astype(np.float32),
        "estimate": estimate.float().cpu().numpy(),
        **{f"{kind}{name}": array for kind, of in measured.items() for name, array in of.items()},
    }


@lru_cache(maxsize=8)
def _coupled(real: bytes, fake: bytes) -> transport.Coupling:
    """Couple two samples; those of a fixed generator never move, and both lanes have the same."""
    x, y = (torch.tensor(np.frombuffer(each, np.float32)).reshape(-1, 2) for each in (real, fake))
    return transport.coupling(x, y)
