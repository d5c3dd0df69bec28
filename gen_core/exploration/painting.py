"""Pictures painted pixel by pixel by a PixelCNN, and what it expects of a single pixel.

The noise is a function of ``noise`` alone: at the same noise, two classes, temperatures or moments
of the training show what they alone change.
"""

from collections.abc import Iterator
from typing import cast

import torch
from torch import Tensor

from gen_core.data import level_text
from gen_core.distributions import LogisticMixture
from gen_core.errors import ProbeError
from gen_core.exploration.arrays import as_array, as_bytes, progress
from gen_core.exploration.causality import PIXEL, is_pixelcnn, pixel_of
from gen_core.exploration.registry import Arrays, Settings, View, probe
from gen_core.models.pixelcnn import PixelCnn
from gen_core.nn.decoder import Decoder
from gen_core.recipes.settings import Setting
from gen_core.sampling.ancestral import Known
from gen_core.sampling.cached import cached
from gen_core.training.seeding import uniform

__all__ = ["completion", "painting", "predictive"]

SLICES = 28  # looks at the clock while a sheet is painted: a row of MNIST each

_TEMPERATURE = Setting(
    1.0, "1 is the model itself", low=0.05, high=5.0, symbol="T", hint="Below 1 sharper.", log=True
)
_NOISE = Setting(0, "the first", low=0, high=9999, hint="Which noise; the same, the same picture.")
_CLASS = Setting(
    -1, "each class in turn", low=-1, high=999, symbol="h", hint="Class, if the model has any."
)
_COUNT = Setting(16, "a 4 x 4 sheet", low=1, high=64, hint="Pictures.")
_PICTURE = Setting(
    "",
    "a test picture; the form is gen_core/data/level_text.py's",
    pattern="[A-Za-z0-9_-]{0,200}",
    hint="A picture as letters; empty for a test picture.",
)
_INDEX = Setting(0, "the first", low=0, high=99_999, hint="Which test picture.")


@probe(
    "painting",
    settings={"n": _COUNT, "temperature": _TEMPERATURE, "label": _CLASS, "noise": _NOISE},
    slow=True,
    suits=is_pixelcnn,
)
def painting(view: View, settings: Settings, size: int) -> Iterator[Arrays]:
    """A sheet of pictures, painted pixel by pixel.

    Yields:
        ``images`` ``(N, H, W)`` or ``(N, H, W, 3)`` uint8, black where nothing is painted yet;
        ``painted`` 0-d int32, positions so far; ``top_level`` 0-d int32, the largest level;
        0-d ``progress``.
    """
    decoder = _decoder(view, settings["label"], settings["n"])
    yield from _painted(view, decoder, settings, None)


@probe(
    "completion",
    settings={
        "picture": _PICTURE,
        "index": _INDEX,
        "rows": Setting(0, "the upper half", low=0, high=511, hint="Rows given; 0 for half."),
        "n": _COUNT,
        "temperature": _TEMPERATURE,
        "label": _CLASS,
        "noise": _NOISE,
    },
    slow=True,
    suits=is_pixelcnn,
)
def completion(view: View, settings: Settings, size: int) -> Iterator[Arrays]:
    """Several ways in which the model paints the rest of a picture whose top is given.

    Yields:
        What :func:`painting` does; besides ``given`` ``(1, H, W)``
        or ``(1, H, W, 3)`` uint8, the picture whose top is kept.

    Raises:
        ProbeError: The picture is none of this size, or nothing would be left to paint.
    """
    given = _picture(view, settings)
    height, width = given.shape[2:]
    rows = settings["rows"] or height // 2
    if rows >= height:
        expected = f"fewer rows given than the {height} of a picture"
        raise ProbeError(expected, rows, "Leave some to paint.")
    mask = torch.zeros(height, width, dtype=torch.bool)
    mask[:rows] = True
    decoder = _decoder(view, settings["label"], settings["n"])
    known = Known(given.to(view.device), mask)
    for arrays in _painted(view, decoder, settings, known):
        yield {**arrays, "given": as_bytes(given)}


@probe(
    "predictive",
    settings={
        "picture": _PICTURE,
        "index": _INDEX,
        **PIXEL,
        "temperature": _TEMPERATURE,
        "label": _CLASS,
    },
    suits=is_pixelcnn,
)
def predictive(view: View, settings: Settings, size: int) -> Arrays:
    """What the model expects of one pixel of a picture, given all that comes before it.

    van den Oord et al. 2016a (arXiv 1601.06759), figure 6: "softmax activations from the model".

    Returns:
        ``p`` ``(C, K)``, probability of each level, of each colour given the earlier ones;
        ``level`` ``(C,)`` int32, the level that the picture has there; ``expected`` ``(H, W)``,
        the mean of every pixel given those before, over channels; ``nats`` ``(H, W)``, -log p of
        each pixel; ``image`` ``(1, H, W)`` or ``(1, H, W, 3)`` uint8; ``pixel`` ``(2,)`` int32.
    """
    i, j = pixel_of(settings, _model(view).image_shape)
    x = _picture(view, settings).to(view.device)
    with torch.no_grad():
        label = settings["label"]
        if label < 0 and _model(view).n_classes and not settings["picture"]:
            label = int(view.recipe.dataset().labels("test")[settings["index"]])
        found = _decoder(view, label, 1).distribution(x).tempered(settings["temperature"])
        pmf = found.pmf(x) if isinstance(found, LogisticMixture) else found.pmf()
        nats = -found.log_prob_map(x)[0].sum(0)
    top = pmf.shape[-1] - 1
    levels = torch.arange(top + 1, device=pmf.device) / top
    return {
        "p": as_array(pmf[0, :, i, j]),
        "level": (x[0, :, i, j] * top).round().int().cpu().numpy(),
        "expected": as_array((pmf[0] @ levels).mean(0)),
        "image": as_bytes(x),
        "pixel": torch.tensor([i, j], dtype=torch.int32).numpy(),
        "nats": as_array(nats),
    }


def _painted(
    view: View, decoder: Decoder, settings: Settings, known: Known | None
) -> Iterator[Arrays]:
    shape = settings["n"], *decoder.shape
    noise = uniform(shape, 0, "painting", settings["noise"], view.device)
    total = shape[2] * shape[3]
    stride = max(1, total // SLICES // 2 * 2)
    for step in cached(decoder, noise, settings["temperature"], known):
        if step.done % stride and step.done < total:
            continue
        yield progress(step.done / total) | {
            "images": as_bytes(step.x),
            "painted": torch.tensor(step.done, dtype=torch.int32).numpy(),
            "top_level": torch.tensor(_model(view).output.top_level, dtype=torch.int32).numpy(),
        }


def _model(view: View) -> PixelCnn:
    return cast(PixelCnn, view.models["pixelcnn"])


def _decoder(view: View, label: int, n: int) -> Decoder:
    """Return the decoder of n pictures: all of one class, or each class in turn.

    Raises:
        ProbeError: The model has no such class.
    """
    classes = _model(view).n_classes
    if not classes:
        return _model(view).decoder()
    if label >= classes:
        raise ProbeError(f"a class from 0 to {classes - 1}", label, "Choose one of these.")
    labels = torch.arange(n) % classes if label < 0 else torch.full((n,), label)
    return _model(view).decoder(labels.to(view.device))


def _picture(view: View, settings: Settings) -> Tensor:
    """Return the picture that the settings name, ``(1, C, H, W)``.

    Raises:
        ProbeError: There are not so many test pictures.
        DataError: The letters are no picture of this size.
    """
    if settings["picture"]:
        model = _model(view)
        read = level_text.decode(settings["picture"], model.image_shape, model.output.top_level)
        return read.unsqueeze(0)
    source, index = view.recipe.dataset(), settings["index"]
    if index >= source.n_test:
        raise ProbeError(f"a test picture from 0 to {source.n_test - 1}", index, "Choose one.")
    return cast(Tensor, source.pictures("test", index, index + 1))
