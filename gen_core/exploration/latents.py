"""What the posterior of a VAE keeps of held-out pictures, and how likely the model finds them."""

from collections.abc import Iterator
from typing import cast

import numpy as np
import torch
from torch import Tensor

from gen_core import codes_file
from gen_core.data.images import ImageSource
from gen_core.distributions import Bernoulli
from gen_core.exploration.base import Arrays, Settings, View, probe
from gen_core.exploration.codes import is_vae
from gen_core.models.pixelvae import PixelVae
from gen_core.models.vae import GaussianVae
from gen_core.recipes.settings import Setting
from gen_core.training.seeding import normal, uniform

__all__ = ["likelihood_of_test", "posteriors"]

SLICE = 8  # importance samples between two looks at the clock: 2880 decoded digits, about 15 ms
PICTURES = 500  # all of the digits, few of MNIST


_PICTURES = Setting(
    1000,
    "observed: 0.2 s at 28 x 28; all of the digits",
    low=1,
    high=10_000,
    hint="Test pictures, from the first on.",
)


def _has_a_code(recipe: object) -> bool:
    return getattr(recipe, "stem", "") in codes_file.CODED


@probe("posteriors", settings={"pictures": _PICTURES}, suits=_has_a_code)
def posteriors(view: View, settings: Settings, size: int) -> Arrays:
    """Where the encoder puts the test pictures.

    The means that lie beside a checkpoint (:mod:`gen_core.codes_file`) are read, not made: they
    need no pictures, and all of them come.

    Args:
        view: A lane of a VAE or a PixelVAE.
        settings: ``pictures``, how many are encoded at most.
        size: Not used.

    Returns:
        ``mu`` and, of codes that are not read, ``sigma`` ``(N, Z)`` of q(z|x); ``labels`` ``(N,)``
        int32, all 0 for pictures without classes.

    Raises:
        DataError: The pictures are not on this machine, and no codes either.
        CheckpointError: The codes beside the checkpoint are those of other weights.
    """
    kept = codes_file.read(view.checkpoint) if view.checkpoint else None
    if kept is not None:
        return {"mu": kept.mu, "labels": kept.labels}
    data: ImageSource = view.recipe.dataset()
    x = data.pictures("test", 0, settings["pictures"])
    labels = data.labels("test")[: len(x)] if data.n_classes else torch.zeros(len(x))
    with torch.no_grad():
        model = cast(GaussianVae | PixelVae, view.models[view.recipe.stem])
        posterior = model.encode(x.to(view.device))
    return {
        "mu": posterior.mu.cpu().contiguous().numpy(),
        "sigma": posterior.sigma.cpu().contiguous().numpy(),
        "labels": labels.int().numpy(),
    }


@probe(
    "test_likelihood",
    settings={
        "samples": Setting(
            512,
            "observed: the mean moves by less than 1 nat from there to 5000",
            low=1,
            high=5000,
            symbol="K",
            hint="Importance samples for each picture.",
        )
    },
    slow=True,
    suits=is_vae,
)
def likelihood_of_test(view: View, settings: Settings, size: int) -> Iterator[Arrays]:
    """Importance-weighted log-likelihood of the test pictures, tighter slice by slice.

    log 1/K sum_k p(x|z_k) p(z_k) / q(z_k|x) with z_k from the posterior: Burda, Grosse &
    Salakhutdinov 2016, section 3. The noise is the same at every t, so two looks compare the
    models alone. A Bernoulli decoder is asked for test pictures binarised with fixed noise,
    because it gives grey pictures no likelihood.

    Args:
        view: A lane of a VAE.
        settings: ``samples``, K at the end.
        size: Not used.

    Yields:
        ``log_p`` ``(N,)`` in nats with the samples so far; ``samples`` ``(S,)`` int32 and
        ``bound`` ``(S,)``, the mean over pictures after each slice; 0-d ``progress``.
    """
    vae, wanted = cast(GaussianVae, view.models["vae"]), settings["samples"]
    x = _pictures(view, vae)
    total = torch.full((len(x),), -torch.inf, device=x.device)  # log of the weights' sum
    counts: list[int] = []
    bounds: list[float] = []
    done = 0
    while done < wanted:
        n = min(SLICE, wanted - done)
        weights = _log_weights(view, vae, x, n, index=done // SLICE)
        total = torch.logaddexp(total, weights.logsumexp(0))
        done += n
        log_p = total - float(np.log(done))
        counts.append(done)
        bounds.append(log_p.mean().item())
        yield {
            "log_p": log_p.cpu().numpy(),
            "samples": np.array(counts, dtype=np.int32),
            "bound": np.array(bounds, dtype=np.float32),
            "progress": np.array(done / wanted, dtype=np.float32),
        }


def _pictures(view: View, vae: GaussianVae) -> Tensor:
    x = view.recipe.dataset().pictures("test", 0, PICTURES)
    if isinstance(vae.decode(torch.zeros(1, vae.latent_dim, device=view.device)), Bernoulli):
        x = (uniform(x.shape, view.seed, "binarise test", 0) < x).float()
    return x.to(view.device)


@torch.no_grad()
def _log_weights(view: View, vae: GaussianVae, x: Tensor, n: int, index: int) -> Tensor:
    (shape,) = vae.latent_noise_shapes(len(x))
    eps = normal((SLICE, *shape), view.seed, "importance", index, view.device)
    log_w = vae.log_weight(x, [eps[:n].flatten(0, 1)]).total  # (n B,)
    return log_w.unflatten(0, (n, len(x)))
