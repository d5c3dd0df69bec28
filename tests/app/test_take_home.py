"""The popover that offers a run's files: made when it is opened, as the functions make them."""

import pytest

from app.exports import data_csv, script_of
from app.live.runs import manager
from tests.app.test_pages import open_page, run_of

pytestmark = pytest.mark.usefixtures("workers_end")

SMALL = {"width": "16", "depth": "1", "batch": "32"}


@pytest.fixture
def opened():
    """A small critic page whose run has stopped, its popover open."""
    page = open_page("critic", seed="5", **SMALL)
    run = run_of(page)
    assert run.wait_for("playing", timeout=60)
    run.command({"do": "pause"})
    assert run.wait_for("paused", timeout=10)
    page.session_state["critic_home"] = True
    yield page.run(), run
    manager().put_to_sleep(run)


def test_a_closed_popover_makes_nothing():
    page = open_page("critic", **SMALL)
    assert not page.exception and not page.get("download_button") and not page.code
    manager().put_to_sleep(run_of(page))


def test_the_script_shown_is_the_function_s_text(opened):
    page, run = opened
    assert not page.exception
    clip, gp = run.spec["lanes"]
    assert page.code[0].value == script_of(run.spec, clip, run.latest).rstrip()
    assert "SEED = 5\n" in page.code[0].value and "width: int = 16\n" in page.code[0].value
    [choice] = [each for each in page.get("segmented_control") if each.label == "Lane"]
    choice.set_value(gp["label"])
    page.run()
    assert page.code[0].value == script_of(run.spec, gp, run.latest).rstrip()


def test_every_file_has_its_button(opened):
    page, run = opened
    labels = [button.proto.label for button in page.get("download_button")]
    assert labels == ["PyTorch script", "Data (CSV)", "Curves (CSV)", "Recording (GIF)"]
    assert data_csv(run.spec, run.spec["lanes"][0]).count("\n") == 1025


def test_a_lesson_may_hide_it():
    page = open_page("critic", lesson="take-home", **SMALL)
    assert not page.warning
    assert "critic_home" not in page.session_state
    manager().put_to_sleep(run_of(page))
