"""How much each level of a hierarchical PixelVAE causes: of a pixel's variance, of a known factor.

Where the paper looks (Gulrajani et al. 2017, section 4.2), rooms let us measure: their causes are
known, and a trained reader reads them off samples of a nested design.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from gen_core.data.rooms_factors import FACTORS, GROUPS
from gen_core.evaluation.factors import explained, shipped
from gen_core.evaluation.nested import variance_by_level
from gen_core.exploration.arrays import as_array, progress
from gen_core.exploration.level_painting import is_hierarchy, model_of, paced
from gen_core.exploration.registry import Arrays, Settings, View, probe
from gen_core.recipes.settings import Setting
from gen_core.sampling.levels import LEVELS, LevelNoise, noise_of, paint

__all__ = ["factors_by_level", "level_variance"]

TOGETHER = 48  # pictures drawn at once: a position costs about as much for one as for them all
NESTED = 200_000  # index of the first noise, beyond those of base and varied pictures
READABLE_SIDES = (16, 32)  # sizes for which a reader ships


def has_known_factors(recipe: object) -> bool:
    """Say whether a hierarchy models rooms, of a size that a reader can read."""
    rooms = {f"rooms-{side}" for side in READABLE_SIDES}
    return is_hierarchy(recipe) and getattr(recipe, "data", "") in rooms


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
        yield progress(done) | {"maps": as_array(maps), "share": as_array(share)}


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
        ``shares`` ``(3, F)`` float32, the top first; a column sums to 1, or is 0 where the
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
        yield progress(done) | {
            "shares": as_array(shares.nan_to_num()),
            "by_group": as_array(torch.stack(by_group, 1).nan_to_num()),
            "group": group.int().numpy(),
            "readable": readable.int().numpy(),
        }


def _nested(view: View, counts: tuple[int, int, int]) -> Iterator[tuple[float, Tensor | None]]:
    """Draw a nested design, some tops at once.

    Yields:
        Share of the work done, and with each block of tops all that is drawn by then,
        ``(tops, middles, pixels, C, H, W)``.
    """
    model, (tops, middles, pixels) = model_of(view), counts
    block = max(2, TOGETHER // (middles * pixels))
    done: list[Tensor] = []
    for start in range(0, tops, block):
        here = [
            _under_one_top(noise_of(model, middles * pixels, view.seed, NESTED + index), pixels)
            for index in range(start, min(tops, start + block))
        ]
        joined = (torch.cat([getattr(noise, name) for noise in here]) for name in LEVELS)
        for painting in paced(paint(model, LevelNoise(*joined))):
            share = (start + len(here) * painting.done / painting.total) / tops
            yield min(share, 0.999), None
        done += painting.x.unflatten(0, (len(here), middles, pixels)).unbind(0)
        yield len(done) / tops, torch.stack(done)


def _under_one_top(noise: LevelNoise, pixels: int) -> LevelNoise:
    """Share the first top among all, and each middle among as many pictures."""
    middle = noise.middle[: len(noise.middle) // pixels].repeat_interleave(pixels, 0)
    return LevelNoise(noise.top[:1].expand_as(noise.top), middle, noise.pixels)
