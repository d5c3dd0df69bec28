"""Every page runs through the router, shows its title, and says what is wrong in sentences."""

import json
import os
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.attach import leave
from app.live.frames import header
from app.live.runs import manager
from app.presets import PAGES

APP = Path(__file__).resolve().parents[2] / "app"
TITLES = {
    "home": "Gen Lab",
    "critic": "The critic",
    "gan": "The GAN games",
    "pixelcnn": "PixelCNN",
    "vae": "The VAE",
    "pixelvae": "PixelVAE",
    "levels": "Levels",
    "iaf": "IAF",
    "realnvp": "Real NVP",
    "walk": "Walk",
    "checkpoints": "Checkpoints",
}
WITHOUT_A_RUN = ("home", "checkpoints")

pytestmark = pytest.mark.usefixtures("workers_end")


def open_page(name: str, main: Path = APP / "shell" / "main.py", **query: str) -> AppTest:
    """Open a page as a link to it does."""
    page = AppTest.from_file(str(main), default_timeout=60)
    for key, value in query.items():
        page.query_params[key] = value
    page.run()
    if name != "home":
        page.switch_page(f"../pages/{name}.py")
        for key, value in query.items():
            page.query_params[key] = value
        page.run()
    return page


def viewer(page: AppTest) -> dict:
    """What the page tells the viewer."""
    told = [json.loads(each.proto.json) for each in page.get("bidi_component")]
    return next(each for each in told if "layout" in each)


def run_of(page: AppTest):
    """The run that the page shows."""
    return manager().get(viewer(page)["id"])[0]


def end(page: AppTest) -> None:
    """Make room for the next test's run."""
    leave(run_of(page))


def test_every_page_file_is_known_here():
    assert {path.stem for path in (APP / "pages").glob("*.py")} == set(TITLES)


@pytest.mark.parametrize(("name", "title"), TITLES.items())
def test_a_page_runs_and_shows_its_title(name, title):
    page = open_page(name)
    assert not page.exception
    assert page.title[0].value == title
    if name not in WITHOUT_A_RUN:
        end(page)


def test_a_page_that_raises_is_seen(tmp_path):
    shutil.copytree(APP / "shell", tmp_path / "shell")
    shutil.copytree(APP / "pages", tmp_path / "pages")
    (tmp_path / "pages" / "critic.py").write_text("raise RuntimeError('planted')\n")
    page = open_page("critic", tmp_path / "shell" / "main.py")
    assert len(page.exception) == 1


def test_the_gallery_shows_every_preset_with_a_picture():
    page = open_page("home")
    links = [link.proto for link in page.get("page_link")]
    presets = {(name, preset) for name, presets in PAGES.items() for preset in presets}
    assert len(links) == len(page.get("image")) == len(presets)
    opened = {(link.page, link.query_string.partition("preset=")[2]) for link in links}
    assert opened == presets


def test_the_address_becomes_the_run_and_the_run_goes_into_the_address():
    page = open_page("critic", seed="11", clip="0.03", lesson="share")
    told = viewer(page)
    run = run_of(page)
    assert told["role"] == "control" and run.spec["seed"] == 11
    assert run.spec["lanes"][0]["overrides"]["clip"] == 0.03
    assert told["query"] == f"v=1&preset=live&seed=11&clip=0.03&lesson=share&run={run.id}"
    assert told["layout"]["hide"] == ["share"]
    assert not page.warning and not page.error
    end(page)


def test_a_bad_address_is_said_and_the_page_still_opens():
    page = open_page("critic", seed="-3", clip="NaN", width="1e9")
    [said] = [warning.value for warning in page.warning]
    for part in ("seed=", "clip=NaN", "width="):
        assert part in said
    assert run_of(page).spec["seed"] == 7
    end(page)


def test_a_rerun_keeps_the_run_and_a_reload_finds_it():
    page = open_page("critic")
    run = run_of(page)
    page.run()
    assert run_of(page) is run
    again = open_page("critic", run=run.id)
    assert run_of(again) is run and not again.warning
    end(page)


def test_the_page_goes_along_when_the_viewer_continues_in_a_fork():
    page = open_page("critic")
    run = run_of(page)
    assert run.wait_for("playing", timeout=60)
    child = manager().fork(run)
    page.query_params["run"] = child.id  # as the viewer writes it
    page.run()
    assert run_of(page) is child
    page.query_params["run"] = run.id
    page.run()
    assert run_of(page) is child, "a run that was left does not come back by itself"
    leave(run)
    end(page)


def test_a_run_that_is_gone_is_said_and_begun_again():
    page = open_page("critic", run="AAAAAAAAAAAAAAAA", seed="5")
    assert "has ended" in page.warning[0].value
    assert run_of(page).spec["seed"] == 5
    end(page)


def test_a_follower_gets_the_view_and_no_widget_of_the_next_run():
    run = run_of(open_page("critic"))
    page = open_page("critic", follow=run.follow_id)
    told = viewer(page)
    assert (told["id"], told["role"]) == (run.follow_id, "follow")
    assert run.id not in json.dumps(told)
    assert not page.get("form") and not page.get("segmented_control")
    gone = open_page("critic", follow="BBBBBBBBBBBBBBBB")
    assert not gone.get("bidi_component") and "has ended" in gone.warning[0].value
    leave(run)


def test_another_preset_is_another_run_and_takes_the_followers_along():
    page = open_page("critic", seed="9")
    first = run_of(page)
    link = first.follow_id
    [data] = [each for each in page.get("segmented_control") if each.label == "Data"]
    data.set_value("Swiss roll").run()
    second = run_of(page)
    assert second is not first and second.spec["seed"] == 9
    assert second.spec["lanes"][0]["overrides"]["data"] == "swissroll"
    assert manager().get(link)[0] is second
    assert "run=" + second.id in viewer(page)["query"]
    end(page)


def test_the_form_starts_a_run_with_its_settings():
    page = open_page("critic")
    first = run_of(page)
    form = {each.label.split(" $")[0]: each for each in page.number_input}
    form["Seed"].set_value(21)
    form["Penalty weight"].set_value(5.0)
    start(page)
    assert not page.error
    second = run_of(page)
    assert second is not first and second.spec["seed"] == 21
    assert [lane["overrides"].get("penalty") for lane in second.spec["lanes"]] == [5.0, 5.0]
    assert "penalty=5.0" in viewer(page)["query"]
    end(page)


def test_the_form_leaves_out_what_no_lane_of_the_preset_has():
    page = open_page("gan", preset="fails-gradient")
    asked = {each.label.split(" $")[0] for each in [*page.number_input, *page.selectbox]}
    assert "Discriminator learning rate" in asked
    assert not {"Clip value", "Penalty weight", "Critic steps a round"} & asked
    start(page)
    assert not page.error
    end(page)


def start(page: AppTest) -> None:
    """Press the form's button."""
    [button] = [each for each in page.button if each.label == "Start a new run"]
    button.click().run()
    assert not page.exception


def test_uploaded_points_become_the_data_of_the_next_run():
    page = open_page("critic")
    first = run_of(page)
    rows = "".join(f"{i % 7},{i % 5}\r\n" for i in range(40))
    page.file_uploader[0].upload("points.csv", b"\xef\xbb\xbfx,y\r\n" + rows.encode())
    start(page)
    assert run_of(page) is not first and not page.error
    data = run_of(page).spec["lanes"][0]["overrides"]["data"]
    assert data.startswith("points-") and f"data={data}" in viewer(page)["query"]
    end(page)


NAN = b"1,2\nnan,3\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [("critic", each) for each in (b"a,b\n1,x\n", b"1\n2\n3\n", NAN, b"")] + [("realnvp", NAN)],
)
def test_points_that_cannot_be_read_are_said_and_the_run_goes_on(name, content):
    page = open_page(name)
    first = run_of(page)
    page.file_uploader[0].upload("points.csv", content)
    start(page)
    assert page.error[0].value.startswith("Expected ")
    assert content != NAN or "two finite numbers in line 2" in page.error[0].value
    assert run_of(page) is first
    end(page)


def test_pictures_that_are_halved_too_often_are_said():
    page = open_page("realnvp", preset="pictures", scales="5")
    run = run_of(page)
    assert run.wait_for("ended", timeout=60)
    assert "sides that can be halved 4 times for 5 scales, got 8 x 8" in run.message
    assert run.message.endswith("Choose fewer scales, or pictures of other sides.")
    assert not page.exception


def test_a_saved_checkpoint_opens_where_it_was_saved():
    page = open_page("critic", seed="12")
    run = run_of(page)
    assert run.wait_for("playing", timeout=60)
    run.command({"do": "pause"})
    assert run.wait_for("paused", timeout=20)
    run.command({"do": "save", "name": "twelve"})
    folder = Path(os.environ["GEN_LAB_HOME"]) / "checkpoints" / "wgan"
    with run.changed:
        assert run.changed.wait_for(lambda: len(list(folder.glob("twelve-*.json"))) == 2, 20)
    page = open_page("critic", run=run.id)
    [choice] = [each for each in page.selectbox if each.label == "Saved checkpoint"]
    choice.set_value(choice.options[0])
    [button] = [each for each in page.button if each.label == "Open and continue"]
    button.click().run()
    assert not page.exception and not page.error
    opened = run_of(page)
    assert opened is not run and opened.spec["title"] == "twelve"
    assert opened.wait_for("paused", timeout=60)
    with opened.changed:
        assert opened.changed.wait_for(lambda: header(opened.latest)["lanes"], 20)
    steps = [lane["t"] for lane in header(opened.latest)["lanes"]]
    assert steps == [lane["t"] for lane in header(run.latest)["lanes"]]
    leave(run)
    end(page)


def test_a_moment_is_held_still_and_drawn():
    page = open_page("critic")
    run = run_of(page)
    assert run.wait_for("playing", timeout=60)
    run.command({"do": "pause"})
    assert run.wait_for("paused", timeout=20)
    with run.changed:
        assert run.changed.wait_for(lambda: header(run.latest)["entries"], 20)
    [hold] = [button for button in page.button if button.label == "3-D of this moment"]
    hold.click().run()
    assert not page.exception and not page.error
    assert len(page.get("plotly_chart")) == 1
    assert len(page.get("arrow_vega_lite_chart") or page.get("vega_lite_chart")) == 2
    end(page)


def test_the_page_of_posteriors_draws_both_tables_and_says_what_they_show():
    page = open_page("iaf")
    headings = [each.value for each in page.subheader if "table of posteriors" in each.value]
    assert headings == ["The table of posteriors, on digits", "The table of posteriors, on MNIST"]
    assert len(page.get("arrow_vega_lite_chart") or page.get("vega_lite_chart")) == 2
    digits, mnist = (each.value for each in page.caption if "posterior_sweep" in each.value)
    assert "360 test pictures" in digits and "--variant digits" in digits
    assert "test pictures" in mnist and "--variant mnist" in mnist and "Table 1" in mnist
    end(page)
