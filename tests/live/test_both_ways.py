"""What a page saves the command line continues, and the other way round; both after a restart."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from app.attach import attach
from app.kept_pictures import draw_recorded, picture
from app.library import Library, library
from app.live import commands
from app.live.runs import RunManager
from app.presets import CRITIC
from app.state import PageState
from app.suiting import checkpoint_spec, fitting, openings
from gen_core.checkpoint import card_beside, card_of, load, save
from gen_core.command_line.main import app
from gen_core.recipes.base import make
from gen_core.training.loop import TrainingState
from gen_core.training.snapshot import take
from tests.live.conftest import SMALL

SETTINGS = [word for name, value in SMALL.items() for word in ("--set", f"{name}={value}")]
OPENED = """
import json, sys
from app.library import Library
from app.live.frames import header
from app.live.runs import manager
from app.presets import CRITIC
from app.suiting import fitting, open_kept
own = [kept for kept in Library().kept() if not kept.shipped]
found = []
for kept in own:
    run = open_kept(kept, fitting(kept.lanes, CRITIC))
    assert run.wait_for("paused", timeout=60), run.message
    with run.changed:
        run.changed.wait_for(lambda: header(run.latest)["entries"], 20)
    told = header(run.latest)
    lanes = {lane["name"]: lane["t"] for lane in told["lanes"]}
    found.append([kept.id, kept.title, kept.flaw, run.state, told["head"], lanes])
manager().stop_all()
print(json.dumps(found))
"""


def terminal(*words):
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output


def test_what_a_page_saved_goes_on_in_a_terminal_bit_for_bit(bench, lane, home, tmp_path):
    run = bench(lane("gp"), seed=5).to_round(2).do(commands.Save("mine"))
    [kept] = Library(home).checkpoints("wgan")
    after = tmp_path / "after.safetensors"
    path = str(kept.files["gp"])
    terminal("train", "wgan", "--resume", path, "--rounds", "4", "--save", str(after))
    assert after.read_bytes() == run.to_round(4).weights()["gp"]


def test_what_a_terminal_saved_goes_on_on_a_page_bit_for_bit(bench, home, tmp_path):
    path = home / "checkpoints" / "wgan" / "Of mine.safetensors"
    words = ("train", "wgan", "--variant", "gp", *SETTINGS, "--seed", "5")
    terminal(*words, "--rounds", "2", "--save", str(path))
    [kept] = Library(home).checkpoints("wgan")
    assert (kept.title, kept.head, kept.flaw) == ("Of mine", 2, "")
    opening = openings(kept)[0]
    assert (opening.page, opening.query["open"]) == ("critic", kept.id)
    preset = fitting(kept.lanes, CRITIC)
    run = bench(**{**checkpoint_spec(kept, preset), "probes": []})
    assert [each.name for each in run.engine.lanes] == ["gp"], "the panel's own lane"
    after = tmp_path / "after.safetensors"
    terminal(*words, "--rounds", "4", "--save", str(after))
    assert run.to_round(4).weights()["gp"] == after.read_bytes()


def test_the_picture_of_what_was_saved_is_drawn_from_its_recording(bench, lane, home):
    folder, preset = home / "recordings" / "20260101-mine", CRITIC["live"]
    folder.mkdir(parents=True)
    about = {"recording": str(folder), "probes": preset.wishes(), "title": preset.title}
    run = bench(lane("clip"), lane("gp"), **about).to_round(2)
    run.do(commands.Pause()).do(commands.Save("mine"))
    for kept in [kept for kept in Library(home).kept() if not kept.shipped]:
        assert picture(kept, "dark") is None and draw_recorded(kept)
        for theme in ("light", "dark"):
            drawn = picture(kept, theme)
            assert drawn is not None
            with Image.open(drawn) as image:
                assert image.size == (640, 316)
        Library(home).delete(kept)
    assert not list((home / "checkpoints" / "wgan").iterdir()) and not folder.exists()


def test_a_new_server_process_lists_and_opens_both(bench, lane, home):
    folder = home / "recordings" / "20260101-mine"
    folder.mkdir(parents=True)
    run = bench(lane("gp"), recording=str(folder)).to_round(3).do(commands.Save("mine"))
    assert card_beside(home / "checkpoints" / "wgan" / "mine-gp.safetensors")["recording"]
    done = subprocess.run(
        [sys.executable, "-c", OPENED],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"GEN_LAB_HOME": str(home)},
        capture_output=True,
        check=True,
    )
    found = {id: told for id, *told in json.loads(done.stdout)}
    head, whole = run.engine.lanes[0].state.t, ["mine", "", "paused", 3]
    assert found.pop("saved/wgan/mine-gp") == [*whole, {"gp": head}]
    assert found.pop("recorded/20260101-mine") == [*whole, {"gp": 0}], "it begins at its beginning"
    assert not found


@pytest.fixture
def runs(monkeypatch):
    """A manager of its own, as a server has that has just begun."""
    own = RunManager(spare=False)
    monkeypatch.setattr("app.suiting.manager", lambda: own)
    monkeypatch.setattr("app.attach.manager", lambda: own)
    yield own
    own.stop_all()


def test_an_address_opens_what_is_kept_or_says_that_it_is_not(bench, lane, home, runs):
    library.clear()
    folder = home / "recordings" / "20260101-mine"
    folder.mkdir(parents=True)
    bench(lane("clip"), lane("gp"), recording=str(folder)).to_round(3)
    state = PageState("live", run="A" * 22, opened="recorded/20260101-mine")
    found = attach(CRITIC["live"], state)
    assert found.notice == "" and found.state.opened == state.opened
    assert found.run.recording == folder and found.run.state == "paused"
    gone = attach(CRITIC["live"], PageState("live", opened="saved/wgan/gone"))
    assert "saved/wgan/gone is not here" in gone.notice and gone.state.opened == ""
    library.clear()


def test_a_run_is_saved_where_its_data_are_missing(tmp_path, monkeypatch):
    monkeypatch.delenv("GEN_LAB_DATA", raising=False)
    tiny = {"width": 3, "depth": 0, "first_kernel": 3}
    state = TrainingState.start(make("pixelcnn", "mnist", tiny), 7)
    card = card_of(state, "a test")
    assert card["data"] == {"name": state.recipe.data} != {"name": ""}
    assert load(save(tmp_path / "x.safetensors", take(state), card)).state.t == 0
