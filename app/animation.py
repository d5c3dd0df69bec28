"""A recording as an animated GIF, in the viewer's own colours.

``python -m app.animation RECORDING.zip OUT.gif`` draws the frames of a recording as
:func:`app.thumbnails.draw` draws the gallery, and names the lanes and the round below. All frames
share one palette, which is made of the viewer's colour map and fixed colours. Bounds:
`MOST_FRAMES` frames of 640 by 346 pixels; a longer recording is thinned evenly, first and last
frame kept. A frame of that size takes at most 0.4 MB and about 0.1 s, so a file ends below 24 MB;
the shipped recordings make 0.4 to 4 MB.
"""

import argparse
import contextlib
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageColor, ImageDraw, ImageFont

from app.colormap import color_table
from app.figures import COLORS, color_of
from app.live.frames import decode
from app.live.recording import Recording
from app.preset import Preset
from app.presets import PAGES
from app.thumbnails import LINE, MAP, draw
from gen_core.errors import RecordingError

__all__ = ["MOST_FRAMES", "animate", "main"]

MOST_FRAMES = 60
_PACE = 100  # ms a frame
_HOLD = 1500  # ms of the last
_CAPTION = 30  # pixels below the picture
_GROUND = {"light": (255, 255, 255), "dark": (18, 22, 28)}  # the page's own ground and text
_INK = {"light": (29, 37, 48), "dark": (228, 232, 238)}


def animate(
    recording: Recording, panels: Sequence[Mapping[str, Any]], theme: str = "light"
) -> bytes:
    """Draw a recording's frames into one GIF that plays again and again.

    Args:
        recording: A recording; one that still grows is drawn as far as it is.
        panels: The preset's panels; its fields are drawn, and without any its first lines.
        theme: ``"light"`` or ``"dark"``.

    Returns:
        The GIF file.

    Raises:
        RecordingError: It holds no frame with the arrays of these panels.
    """
    pictures = list(_pictures(recording, panels, theme))
    if not pictures:
        got = f"{len(recording.frames)} frames without them"
        remedy = "Let the run play for a moment, or open another recording."
        raise RecordingError("a recorded frame with the arrays of a picture", got, remedy)
    palette = _palette(theme)
    first, *others = [
        each.quantize(palette=palette, dither=Image.Dither.NONE) for each in pictures
    ]
    file = io.BytesIO()
    first.save(
        file,
        "GIF",
        save_all=True,
        append_images=others,
        duration=[_PACE] * len(others) + [_HOLD],
        loop=0,
        optimize=False,
    )
    return file.getvalue()


def _pictures(
    recording: Recording, panels: Sequence[Mapping[str, Any]], theme: str
) -> Iterator[Image.Image]:
    """Draw frames from all over a recording; one that was thinned or lacks arrays is passed by."""
    last = len(recording.frames) - 1
    places = np.linspace(0, last, min(MOST_FRAMES, last + 1)).round().astype(int)
    for place in places.tolist():
        with contextlib.suppress(RecordingError, KeyError):
            arrays, fields = decode(recording.frame(place))
            names = {lane["name"] for lane in fields["lanes"]}
            shown = [each for each in panels if each.get("lane") in (None, "", *names)]
            yield _captioned(draw(arrays, fields, shown, theme), fields, shown, theme)


def _captioned(
    picture: Image.Image,
    fields: Mapping[str, Any],
    panels: Sequence[Mapping[str, Any]],
    theme: str,
) -> Image.Image:
    """Lay a picture on the theme's ground, lanes and round named below."""
    whole = Image.new("RGB", (picture.width, picture.height + _CAPTION), _GROUND[theme])
    whole.paste(picture, (0, 0), picture if picture.mode == "RGBA" else None)
    pen, middle = ImageDraw.Draw(whole), picture.height + _CAPTION / 2
    of_fields = [each["lane"] for each in panels if each["kind"] == "field"][:2]
    lanes = [lane for lane in fields["lanes"] if lane["name"] in of_fields or not of_fields]
    room = picture.width - 120.0  # beside the round
    size = 15.0
    while (font := ImageFont.load_default(size)) and size > 8:
        widths = [font.getlength(lane["label"]) + 33 for lane in lanes]
        if sum(widths) <= room:
            break
        size -= 1
    for column, lane in enumerate(lanes):
        x = picture.width / 2 * column if of_fields else sum(widths[:column])
        pen.rectangle((x + 6, middle - 5, x + 16, middle + 5), fill=color_of(lane["color"]))
        pen.text((x + 22, middle), lane["label"], _INK[theme], font, anchor="lm")
    said = f"round {fields['round']:,}"
    pen.text((picture.width - 6, middle), said, _INK[theme], ImageFont.load_default(15), "rm")
    return whole


def _palette(theme: str) -> Image.Image:
    """Return the colours of a theme's pictures: map, contour lines, fixed colours, text."""
    ground, ink = np.array(_GROUND[theme]), np.array(_INK[theme])
    line = np.array(LINE[theme])
    fixed = np.array([ImageColor.getrgb(color) for color in COLORS.values()])
    shares = np.linspace(0, 1, 16)[:, None]
    table = np.concatenate(
        [
            color_table(MAP[theme], 112),
            0.55 * color_table(MAP[theme], 60) + 0.45 * line,  # contours lie half over the map
            *(ground + share * (fixed - ground) for share in (1, 0.75, 0.5, 0.25)),
            0.6 * fixed,  # beside the rim of a dot
            ground + shares * (ink - ground),
        ]
    )  # (218, 3)
    palette = Image.new("P", (1, 1))
    palette.putpalette(np.rint(table).astype(np.uint8).tobytes())
    return palette


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; an error is one sentence and exit code 2."""
    parser = argparse.ArgumentParser(prog="python -m app.animation", description=__doc__)
    parser.add_argument("recording", type=Path, help="a recording's zip file or folder")
    parser.add_argument("target", type=Path, help="GIF file to write")
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    chosen = parser.parse_args(arguments)
    try:
        recording = Recording(chosen.recording)
        made = animate(recording, _preset_of(recording).panels, chosen.theme)
    except RecordingError as error:
        parser.error(str(error))
    chosen.target.write_bytes(made)
    print(f"{chosen.target}: {len(made) / 2**20:.1f} MB")


def _preset_of(recording: Recording) -> Preset:
    """Return the preset that a recording's title names."""
    titles = recording.card.get("title"), recording.card.get("spec", {}).get("title")
    for presets in PAGES.values():
        for preset in presets.values():
            if preset.title in titles:
                return preset
    got = f"one titled {titles[0]!r}"
    raise RecordingError("a recording of a preset", got, "Open it on its page and save it there.")


if __name__ == "__main__":
    main()
