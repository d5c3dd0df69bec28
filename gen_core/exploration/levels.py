"""What each level of a hierarchical PixelVAE models: vary one level's noise, hold the others.

Gulrajani et al. 2017 (PixelVAE), figures 6, 8 and 11. The noise of a picture is a function of its
index ``noise`` alone; a level is varied with noise of an index of its own.
"""

from collections.abc import Iterator

import numpy as np
import torch

from gen_core.errors import ProbeError
from gen_core.exploration.arrays import as_array
from gen_core.exploration.level_painting import is_hierarchy, model_of, paced, paint_map, shown
from gen_core.exploration.registry import Arrays, Settings, View, probe
from gen_core.recipes.settings import Setting
from gen_core.sampling.levels import LEVELS, LevelNoise, latent_map, noise_of, paint
from gen_core.training.seeding import normal, uniform

__all__ = ["latent_cell", "level_codes", "level_reconstructions", "vary_level"]

VARIED = 100_000  # indices of noise beyond those of base pictures

_NOISE = Setting(0, "the first", low=0, high=9999, hint="Which noise; the same, the same picture.")
_COUNT = Setting(8, "a row", low=1, high=64, hint="Variations.")


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
    model = model_of(view)
    base = noise_of(model, 1, view.seed, settings["noise"])
    fresh = noise_of(model, settings["n"], view.seed, VARIED + settings["noise"])
    varied = base.varied(settings["level"], fresh)
    joined = (torch.cat([getattr(base, name), getattr(varied, name)]) for name in LEVELS)
    for painting in paced(paint(model, LevelNoise(*joined))):
        yield shown(painting.x, painting.done / painting.total)


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
    model, n = model_of(view), settings["n"]
    base = noise_of(model, 1, view.seed, settings["noise"])
    fresh = noise_of(model, n, view.seed, VARIED + settings["noise"])
    rows = [each for level in LEVELS for each in (base, base.varied(level, fresh))]
    top, middle = (torch.cat([getattr(row, name) for row in rows]) for name in LEVELS[:2])
    x = view.recipe.dataset().pictures("test", 0, n + 1).to(view.device)
    with torch.no_grad():
        kept = model.likelihood(x, model.encode(x).z1.mu).mean
    return {"z1": as_array(latent_map(model, top, middle)[:, 0]), "kept": as_array(kept.mean(1))}


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
    model, n, s = model_of(view), settings["n"], settings["samples"]
    x = view.recipe.dataset().pictures("test", 0, n).to(view.device)
    with torch.no_grad():
        q = model.encode(x)
    seed, index = view.seed, settings["noise"]
    eps = normal((n * s, *model.z1_shape), seed, "reconstructions/middle", index).to(x)
    drawn = latent_map(model, q.z2.mu.repeat_interleave(s, 0), eps)
    z1 = torch.cat([drawn, q.z1.mu.repeat_interleave(s, 0)])
    noise = uniform((2 * n * s, *x.shape[1:]), seed, "reconstructions/pixels", index).to(x)
    for painting in paced(paint_map(model, z1, noise)):
        of_top, of_middle = painting.x.view(2, n, s, *x.shape[1:])
        rows = torch.cat([x[:, None], of_top, of_middle], 1).flatten(0, 1)
        yield shown(rows, painting.done / painting.total)


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
    model = model_of(view)
    cell = tuple(settings[name] for name in ("channel", "row", "column"))
    if any(at >= most for at, most in zip(cell, model.z1_shape, strict=True)):
        expected = "a channel, row and column within {} x {} x {}".format(*model.z1_shape)
        raise ProbeError(expected, cell, "Choose a cell of the map.")
    noise = noise_of(model, 1, view.seed, settings["noise"])
    z1 = latent_map(model, noise.top, noise.middle).repeat(2, 1, 1, 1)
    z1[1, *cell] += settings["change"]
    row, column = cell[1:]
    for painting in paced(paint_map(model, z1, noise.pixels.repeat(2, 1, 1, 1))):
        x = painting.x
        yield shown(x, painting.done / painting.total) | {
            "difference": as_array((x[1] - x[0]).abs().mean(0)),
            "z1": as_array(z1[1, cell[0]]),
            "cell": np.array([row, column, cell[0], model.z1_shape[0]], dtype=np.int32),
        }
