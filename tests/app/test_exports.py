"""What leaves a run as a file holds what the run showed."""

import csv
import io
import runpy
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from app.animation import MOST_FRAMES, animate, main
from app.exports import DATA_POINTS, curves_csv, data_csv, script_of
from app.figures import COLORS
from app.live.frames import decode, encode, patch
from app.live.recording import Recording
from app.presets import CRITIC
from app.record import record
from gen_core.data.toy2d import dataset
from gen_core.errors import RecordingError, SettingError
from gen_core.training.seeding import generator

SMALL = {"width": 8, "depth": 2, "batch": 16, "n_critic": 2}


def recorded(name, folder, rounds):
    """A preset's recording at small sizes, a frame a round."""
    preset = CRITIC[name]
    lanes = tuple(replace(lane, overrides={**lane.overrides, **SMALL}) for lane in preset.lanes)
    small = replace(preset, lanes=lanes, rounds=rounds)
    return Recording(record(small, folder / f"{name}.zip", frames=rounds + 1))


@pytest.fixture(scope="module")
def surfaces(tmp_path_factory):
    return recorded("surfaces-8gaussians", tmp_path_factory.mktemp("surfaces"), 7)


@pytest.fixture(scope="module")
def layers(tmp_path_factory):
    return recorded("layers", tmp_path_factory.mktemp("layers"), 5)


def lanes_of(recording):
    return {lane["name"]: lane for lane in recording.card["spec"]["lanes"]}


def test_curves_parse_back_to_the_numbers_of_the_frame(surfaces):
    frame = surfaces.frame(len(surfaces.frames) - 1)
    arrays, _ = decode(frame)
    names, *rows = csv.reader(io.StringIO(curves_csv(frame)))
    assert names == ["round", "lane", "metric", "value"]
    seen = {}
    for at, lane, metric, value in rows:
        seen.setdefault(f"{lane}/curves/{metric}", []).append((int(at), np.float32(float(value))))
    curves = {name for name in arrays if "/curves/" in name and not name.endswith("/rounds")}
    assert {name for name in curves if np.isfinite(arrays[name]).any()} == set(seen)
    for name, points in seen.items():
        rounds = arrays[name.rpartition("/")[0] + "/rounds"]
        finite = np.isfinite(arrays[name])
        assert [at for at, _ in points] == rounds[finite].tolist()
        assert np.array_equal([value for _, value in points], arrays[name][finite])


def test_missing_values_are_left_out():
    frame = encode(
        {"a/curves/rounds": np.array([1, 2, 3]), "a/curves/loss": np.array([1.5, np.nan, 0.1])},
        {"lanes": [{"name": "a"}]},
    )
    assert curves_csv(frame) == "round,lane,metric,value\n1,a,loss,1.5\n3,a,loss,0.1\n"


def test_data_are_the_points_that_the_run_draws(surfaces):
    spec = surfaces.card["spec"]
    names, *rows = csv.reader(io.StringIO(data_csv(spec, lanes_of(surfaces)["gp"])))
    drawn = dataset("8gaussians").batch(DATA_POINTS, generator(spec["seed"], "data", 0))
    assert names == ["x", "y"]
    assert np.array_equal(np.array(rows, np.float64), drawn.double().numpy())


@pytest.mark.parametrize("lane", ["clip", "gp"])
def test_a_script_repeats_what_the_lane_showed(lane, surfaces, tmp_path):
    frame = surfaces.frame(len(surfaces.frames) - 1)
    path = tmp_path / "script.py"
    path.write_text(script_of(surfaces.card["spec"], lanes_of(surfaces)[lane], frame))
    made = runpy.run_path(str(path))
    numbers = list(made["train"](made["Game"](), made["SEED"], made["ROUNDS"]))
    shown = decode(frame)[0][f"{lane}/curves/critic_estimate"]
    assert len(numbers) == 7
    mine = np.array([each["critic_estimate"] for each in numbers])
    assert np.allclose(mine, shown[-7:], rtol=1e-3, atol=1e-6), "the fast path, to rounding"


def test_hot_edits_of_the_lane_go_into_its_script(surfaces):
    marks = [
        {"t": 9, "round": 3, "lane": "gp", "name": "penalty", "value": 2.5},
        {"t": 4, "round": 1, "lane": "clip", "name": "clip", "value": 0.3},
    ]
    frame = patch(surfaces.frame(0), marks=marks, head=40)
    text = script_of(surfaces.card["spec"], lanes_of(surfaces)["gp"], frame)
    assert '(9, "penalty", 2.5),' in text and '"clip", 0.3' not in text
    assert "ROUNDS = 40\n" in text


def test_a_lane_without_a_plain_script_says_so(surfaces):
    lane = {"name": "v", "label": "VAE", "stem": "vae", "variant": "", "overrides": {}}
    with pytest.raises(SettingError, match="a recipe of wgan, gan"):
        script_of({"seed": 0}, lane, surfaces.frame(0))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_gif_shows_every_recorded_round(surfaces, theme):
    image = Image.open(io.BytesIO(animate(surfaces, CRITIC["surfaces-8gaussians"].panels, theme)))
    assert image.format == "GIF" and image.n_frames == len(surfaces.frames) == 8
    pixels, palettes = [], set()
    for place in range(image.n_frames):
        image.seek(place)
        pixels.append(np.array(image.convert("RGB")))
        palettes.add(tuple(image.global_palette.palette))
    assert len(palettes) == 1
    assert all((before != after).any() for before, after in zip(pixels, pixels[1:], strict=False))
    for token in ("real", "clip", "gp"):
        color = np.array([int(COLORS[token][i : i + 2], 16) for i in (1, 3, 5)])
        assert (pixels[-1] == color).all(2).sum() > 20, f"the fixed colour of {token}"


def test_a_gif_of_lines_shows_them(layers):
    panels = CRITIC["layers"].panels
    image = Image.open(io.BytesIO(animate(layers, panels)))
    assert image.n_frames == len(layers.frames)
    first, image_last = np.array(image.convert("RGB")), image.n_frames - 1
    image.seek(image_last)
    assert (np.array(image.convert("RGB"))[:300] != first[:300]).any(), "the lines move"


def test_a_long_recording_is_thinned_to_its_ends(surfaces):
    read = []

    class Long(Recording):
        def refresh(self):
            super().refresh()
            self.frames = [self.frames[place * 8 // 200] for place in range(200)]

        def frame(self, index):
            read.append(index)
            return super().frame(index)

    animate(Long(surfaces.path), CRITIC["surfaces-8gaussians"].panels)
    assert len(read) == MOST_FRAMES and read == sorted(set(read))
    assert read[0] == 0 and read[-1] == 199


def test_the_command_writes_a_gif_and_refuses_what_is_none(surfaces, tmp_path, capsys):
    target = tmp_path / "out.gif"
    main([str(surfaces.path), str(target), "--theme", "dark"])
    with Image.open(target) as image:
        assert image.n_frames == 8
    with pytest.raises(SystemExit, match="2"):
        main([str(tmp_path / "missing.zip"), str(target)])
    assert "a recording's folder or zip file" in capsys.readouterr().err


def test_a_recording_without_the_panels_arrays_is_refused(surfaces):
    panels = ({"kind": "lines", "probe": "nothing", "array": "values"},)
    with pytest.raises(RecordingError, match="with the arrays of a picture"):
        animate(surfaces, panels)
