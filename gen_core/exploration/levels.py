"""What each level of a hierarchical PixelVAE models: vary one level's noise, hold the others.

Gulrajani et al. 2017 (PixelVAE), figures 6, 8 and 11. The noise of a picture is a function of its
index ``noise`` alone; a level is varied with noise of an index of its own. Where the paper looks,
rooms let us measure: their causes are known, and a reader reads them off samples.
"""

from collections.abc import Iterator
from typing import cast

import numpy as np
import torch
from torch import Tensor

from gen_core.data.rooms_factors import FACTORS, GROUPS
from gen_core.errors import ProbeError
from gen_core.evaluation.factors import explained, shipped
from gen_core.evaluation.nested import variance_by_level
from gen_core.exploration.registry import Arrays, Settings, View, probe
from gen_core.models.hierarchical_pixelvae import HierarchicalPixelVae
from gen_core.recipes.settings import Setting
from gen_core.sampling.ancestral import Painting
from gen_core.sampling.cached import cached
from gen_core.sampling.levels import LEVELS, LevelNoise, latent_map, noise_of, paint
from gen_core.training.seeding import normal, uniform

__all__ = [
    "factors_by_level",
    "latent_cell",
    "level_codes",
    "level_reconstructions",
    "level_variance",
    "vary_level",
]

TOGETHER = 48  # pictures drawn at once: a position costs about as much for one as for them all
SLICES = 32  # looks at the clock while pictures are painted
VARIED, NESTED = 100_000, 200_000  # indices of noise beyond those of base pictures
READABLE_SIDES = (16, 32)  # sizes for which a reader ships

_NOISE = Setting(0, "the first", low=0, high=9999, hint="Which noise; the same, the same picture.")
_COUNT = Setting(8, "a row", low=1, high=64, hint="Variations.")


def is_hierarchy(recipe: object) -> bool:
    """Say whether a recipe's model has levels of latents."""
    return getattr(recipe, "stem", "") == "hierarchical_pixelvae"


def has_known_factors(recipe: object) -> bool:
    """Say whether a hierarchy models rooms, of a size that a reader can read."""
    rooms = {f"rooms-{side}" for side in READABLE_SIDES}
    return is_hierarchy(recipe) and getattr(recipe, "data", "") in rooms


@probe(
    "vary_level",
    settings={
        "level": Setting("top", "PixelVAE, figure 6", choices=LEVELS, hint="Whose noise varies."),
        "noise": _NOISE,
        "n": _COUNT,
    },
    slow=True,
    suits=is_hierarchy,
)
def vary_level(view: View, settings: Settings, size: int) -> Iterator[Arrays]:
    """Pictures that differ in the noise of one level alone, the base picture first.

    Yields:
        ``images`` ``(n + 1, H, W, 3)`` or ``(n + 1, H, W)`` uint8, black where nothing is painted
        yet; 0-d ``progress``.
    """
    model = _model(view)
    base = noise_of(model, 1, view.seed, settings["noise"])
    fresh = noise_of(model, settings["n"], view.seed, VARIED + settings["noise"])
    varied = base.varied(settings["level"], fresh)
    joined = (torch.cat([getattr(base, name), getattr(varied, name)]) for name in LEVELS)
    for painting in _paced(paint(model, LevelNoise(*joined))):
        yield _shown(painting.x, painting.done / painting.total)


@probe(
    "level_codes",
    settings={"noise": _NOISE, "n": Setting(7, "a row of eight", low=1, high=64, hint="Maps.")},
    suits=is_hierarchy,
)
def level_codes(view: View, settings: Settings, size: int) -> Arrays:
    """Middle maps while one level's noise varies, and what they keep of test pictures.

    Returns:
        ``z1`` ``(3 (n + 1), S, S)`` float32, the first channel, a row for each level, the base
        picture's map first: under the pixels' noise it never changes. ``kept``
        ``(n + 1, H, W)`` float32, E[x | z_1, earlier pixels] of test pictures at the mean of
        q(z_1|x), averaged over colours.
    """
    model, n = _model(view), settings["n"]
    base = noise_of(model, 1, view.seed, settings["noise"])
    fresh = noise_of(model, n, view.seed, VARIED + settings["noise"])
    rows = [each for level in LEVELS for each in (base, base.varied(level, fresh))]
    top, middle = (torch.cat([getattr(row, name) for row in rows]) for name in LEVELS[:2])
    x = view.recipe.dataset().pictures("test", 0, n + 1).to(view.device)
    with torch.no_grad():
        kept = model.likelihood(x, model.encode(x).z1.mu).mean
    return {"z1": _array(latent_map(model, top, middle)[:, 0]), "kept": _array(kept.mean(1))}


@probe(
    "level_variance",
    settings={
        "tops": Setting(6, "observed: the maps are still by then", low=2, high=64, hint="Tops."),
        "middles": Setting(3, "as tops", low=2, high=16, hint="Middles under each top."),
        "pixels": Setting(3, "as tops", low=2, high=16, hint="Pictures of each middle."),
    },
    slow=True,
    suits=is_hierarchy,
)
def level_variance(view: View, settings: Settings, size: int) -> Iterator[Arrays]:
    """Variance that each level causes, pixel by pixel, from a nested design.

    Unbiased components of a nested design, clipped at 0; a lower level counts what its own noise
    does given what stands above it (:mod:`gen_core.evaluation.nested`).

    Yields:
        ``maps`` ``(3, H, W)`` float32, the top first, of values in [0, 1] squared, averaged over
        colours, and ``share`` ``(3,)`` of the total, from the tops so far (0 before there are
        two); 0-d ``progress``.
    """
    counts = settings["tops"], settings["middles"], settings["pixels"]
    maps = torch.zeros(3, *view.recipe.dataset().image_shape[1:])
    for done, pictures in _nested(view, counts):
        if pictures is not None and len(pictures) > 1:
            maps = variance_by_level(pictures, unbiased=True).float().cpu()
        means = maps.mean((1, 2))
        share = means / means.sum().clamp(min=1e-12)
        yield _progress(done) | {"maps": _array(maps), "share": _array(share)}


@probe(
    "factors_by_level",
    settings={
        "tops": Setting(24, "observed: shares to about a tenth", low=2, high=256, hint="Tops."),
        "middles": Setting(2, "as tops", low=2, high=16, hint="Middles under each top."),
        "pixels": Setting(2, "as tops", low=2, high=16, hint="Pictures of each middle."),
    },
    slow=True,
    suits=has_known_factors,
)
def factors_by_level(view: View, settings: Settings, size: int) -> Iterator[Arrays]:
    """Share of every known factor that each level sets, as a trained reader reads it off samples.

    Yields:
        ``shares`` ``(3, F)`` float32, the top first; a column sums to 1, or is NaN where the
        reader cannot read the factor, and before there are two tops. ``group`` ``(F,)`` int32,
        index in geometry, palette, texture; ``by_group`` ``(3, 3)``, mean shares of each level
        (rows) over the readable factors of each group; ``readable`` ``(F,)`` int32; 0-d
        ``progress``.
    """
    counts = settings["tops"], settings["middles"], settings["pixels"]
    known = shipped(view.recipe.dataset().image_shape[1])
    group = torch.tensor([GROUPS.index(factor.group) for factor in FACTORS])
    shares = torch.full((3, len(FACTORS)), torch.nan)
    readable = torch.zeros(len(FACTORS), dtype=torch.bool)
    for done, pictures in _nested(view, counts):
        if pictures is not None and len(pictures) > 1:
            readings = known.reader.read(pictures.flatten(0, 2).cpu().float())
            found = explained(readings.view(*pictures.shape[:3], len(FACTORS)), known.scores)
            shares, readable = found.shares.float(), torch.tensor(found.readable)
        by_group = [shares[:, group == each].nanmean(1) for each in range(len(GROUPS))]
        yield _progress(done) | {
            "shares": _array(shares),
            "by_group": _array(torch.stack(by_group, 1)),
            "group": group.int().numpy(),
            "readable": readable.int().numpy(),
        }


@probe(
    "level_reconstructions",
    settings={
        "n": Setting(6, "six rows", low=1, high=32, hint="Test pictures."),
        "samples": Setting(3, "PixelVAE, figure 8, has 5", low=1, high=8, hint="Samples of each."),
        "noise": _NOISE,
    },
    slow=True,
    suits=is_hierarchy,
)
def level_reconstructions(view: View, settings: Settings, size: int) -> Iterator[Arrays]:
    """Test pictures, and samples that know only what a level keeps of them.

    PixelVAE, figure 8: z_2 is the mean of q(z_2|x), and z_1 and x are drawn anew; then z_1 is the
    mean of q(z_1|x), and x alone is drawn.

    Yields:
        ``images`` ``(n (1 + 2 s), H, W, 3)`` or without the 3, uint8: in each row the original, s
        samples from p(x|z_2), s from p(x|z_1); 0-d ``progress``.
    """
    model, n, s = _model(view), settings["n"], settings["samples"]
    x = view.recipe.dataset().pictures("test", 0, n).to(view.device)
    with torch.no_grad():
        q = model.encode(x)
    seed, index = view.seed, settings["noise"]
    eps = normal((n * s, *model.z1_shape), seed, "reconstructions/middle", index).to(x)
    drawn = latent_map(model, q.z2.mu.repeat_interleave(s, 0), eps)
    z1 = torch.cat([drawn, q.z1.mu.repeat_interleave(s, 0)])
    noise = uniform((2 * n * s, *x.shape[1:]), seed, "reconstructions/pixels", index).to(x)
    for painting in _paced(paint_map(model, z1, noise)):
        of_top, of_middle = painting.x.view(2, n, s, *x.shape[1:])
        rows = torch.cat([x[:, None], of_top, of_middle], 1).flatten(0, 1)
        yield _shown(rows, painting.done / painting.total)


@probe(
    "latent_cell",
    settings={
        "noise": _NOISE,
        "row": Setting(1, "near the window", low=0, high=63, hint="Row of the latent map."),
        "column": Setting(1, "as row", low=0, high=63, hint="Column of the latent map."),
        "channel": Setting(0, "the first", low=0, high=127, hint="Channel of the latent map."),
        "change": Setting(
            2.0, "two deviations of z_1 at most", low=-8.0, high=8.0, hint="Added to the cell."
        ),
    },
    slow=True,
    suits=is_hierarchy,
)
def latent_cell(view: View, settings: Settings, size: int) -> Iterator[Arrays]:
    """What one cell of z_1 does: a picture, the same with the cell changed, and the difference.

    All noise is held, that of the pixels too.

    Yields:
        ``images`` ``(2, H, W, 3)`` or ``(2, H, W)`` uint8, before and after; ``difference``
        ``(H, W)`` float32, mean absolute difference over colours, in [0, 1]; ``z1`` ``(S, S)``
        float32, the channel after the change; ``cell`` ``(4,)`` int32: row, column, channel, and
        how many channels there are; 0-d ``progress``.

    Raises:
        ProbeError: The map has no such cell.
    """
    model = _model(view)
    cell = tuple(settings[name] for name in ("channel", "row", "column"))
    if any(at >= most for at, most in zip(cell, model.z1_shape, strict=True)):
        expected = "a channel, row and column within {} x {} x {}".format(*model.z1_shape)
        raise ProbeError(expected, cell, "Choose a cell of the map.")
    noise = noise_of(model, 1, view.seed, settings["noise"])
    z1 = latent_map(model, noise.top, noise.middle).repeat(2, 1, 1, 1)
    z1[1, *cell] += settings["change"]
    row, column = cell[1:]
    for painting in _paced(paint_map(model, z1, noise.pixels.repeat(2, 1, 1, 1))):
        x = painting.x
        yield _shown(x, painting.done / painting.total) | {
            "difference": _array((x[1] - x[0]).abs().mean(0)),
            "z1": _array(z1[1, cell[0]]),
            "cell": np.array([row, column, cell[0], model.z1_shape[0]], dtype=np.int32),
        }


def paint_map(model: HierarchicalPixelVae, z1: Tensor, noise: Tensor) -> Iterator[Painting]:
    """Paint pictures below given latent maps; see :func:`gen_core.sampling.levels.paint`."""
    with torch.no_grad():
        return cached(model.pixel_decoder(z1), noise)


def _model(view: View) -> HierarchicalPixelVae:
    return cast(HierarchicalPixelVae, view.models["vae"]).eval()


def _nested(view: View, counts: tuple[int, int, int]) -> Iterator[tuple[float, Tensor | None]]:
    """Draw a nested design, some tops at once.

    Yields:
        Share of the work done, and with each block of tops all that is drawn by then,
        ``(tops, middles, pixels, C, H, W)``.
    """
    model, (tops, middles, pixels) = _model(view), counts
    block = max(2, TOGETHER // (middles * pixels))
    done: list[Tensor] = []
    for start in range(0, tops, block):
        here = [
            _under_one_top(noise_of(model, middles * pixels, view.seed, NESTED + index), pixels)
            for index in range(start, min(tops, start + block))
        ]
        joined = (torch.cat([getattr(noise, name) for noise in here]) for name in LEVELS)
        for painting in _paced(paint(model, LevelNoise(*joined))):
            share = (start + len(here) * painting.done / painting.total) / tops
            yield min(share, 0.999), None
        done += painting.x.unflatten(0, (len(here), middles, pixels)).unbind(0)
        yield len(done) / tops, torch.stack(done)


def _under_one_top(noise: LevelNoise, pixels: int) -> LevelNoise:
    """Share the first top among all, and each middle among as many pictures."""
    middle = noise.middle[: len(noise.middle) // pixels].repeat_interleave(pixels, 0)
    return LevelNoise(noise.top[:1].expand_as(noise.top), middle, noise.pixels)


def _paced(paintings: Iterator[Painting]) -> Iterator[Painting]:
    """Pass on as many moments of a painting as there are slices, the last among them."""
    for painting in paintings:
        every = max(1, painting.total // SLICES)
        if painting.done % every == 0 or painting.done == painting.total:
            yield painting


def _shown(x: Tensor, progress: float) -> Arrays:
    bytes_ = (255 * x).round().to(torch.uint8).cpu()
    images = bytes_[:, 0] if x.shape[1] == 1 else bytes_.permute(0, 2, 3, 1)
    return _progress(progress) | {"images": images.contiguous().numpy()}


def _array(x: Tensor) -> np.ndarray:
    return cast(np.ndarray, x.float().cpu().contiguous().numpy())


def _progress(share: float) -> Arrays:
    return {"progress": np.array(share, dtype=np.float32)}
