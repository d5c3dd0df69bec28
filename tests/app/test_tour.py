"""Guided tours: what is written is checked, and each fault names its step."""

import copy
import json
import re
from pathlib import Path

import pytest

from app.live import commands
from app.presets import CRITIC, PAGES
from app.tour import Tour, misfits, parse, tour_of
from gen_core.errors import TourError

TEXT = Path(__file__).resolve().parents[2] / "app" / "text"
WRITTEN = sorted(path.name.removesuffix(".tour.json") for path in TEXT.glob("*.tour.json"))
ASKED = {
    "asks": "Which?",
    "choices": ["This", "That"],
    "right": 1,
    "reason": "Because.",
}


def plain(**changes: object) -> dict:
    """Six steps that fit the critic page; the third with some changes."""
    steps: list[dict] = [{"title": f"Step {i}", "text": "Look."} for i in range(1, 7)]
    steps[2] |= copy.deepcopy(changes)
    return {"presets": ["live"], "steps": steps}


def read(fields: dict) -> Tour:
    return parse(json.dumps(fields))


@pytest.mark.parametrize("page", WRITTEN)
def test_a_written_tour_fits_every_preset_that_it_explains(page):
    tour = tour_of(page)
    assert tour.presets and set(tour.presets) <= set(PAGES[page])
    for name in tour.presets:
        assert misfits(tour, PAGES[page][name]) == []


@pytest.mark.parametrize("page", WRITTEN)
def test_a_written_tour_predicts_before_it_reveals_and_goes_back_to_playing(page):
    tour = tour_of(page)
    assert sum(step.question is not None for step in tour.steps) >= 3
    for step in tour.steps:
        if step.reveal or step.wait:
            assert step.question is not None
        for action in (*step.actions, *step.reveal):
            assert commands.to_json(commands.parse(action)).items() >= action.items()


def test_the_critic_tour_puts_back_what_it_changes():
    left: dict[tuple[str, str], object] = {}
    for step in tour_of("critic").steps:
        for action in (*step.actions, *step.reveal):
            if action["do"] == "set":
                left[action["lane"], action["name"]] = action["value"]
    assert left == {("clip", "clip"): 0.01, ("*", "n_critic"): 5}
    for (lane, name), value in left.items():
        assert CRITIC["live"].values(lane, name) == {value}


def test_the_viewer_gets_the_steps_and_which_one_is_open():
    told = tour_of("critic").layout(3)
    assert told["open"] == 3 and len(told["steps"]) == len(tour_of("critic").steps)
    assert json.loads(json.dumps(told))["steps"][2]["question"]["right"] == 1
    assert len(json.dumps(told)) < 8192, "it travels with every run of the page's script"


def test_a_page_without_a_file_has_no_tour():
    assert tour_of("home") is None


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"text": "word " * 61}, "Expected at most 60 words in step 3, got 61."),
        ({"text": " "}, "Expected a text as 'text' in step 3, got ' '."),
        ({"tilte": "x"}, "in step 3, got 'tilte'. Mind the spelling."),
        ({"look": "picture:gp"}, "Expected a look of step 3 at one of field, "),
        ({"actions": [{"do": "stop"}]}, "in step 3, got 'stop'. A tour sends no other."),
        (
            {"actions": [{"do": "seek", "round": -1}]},
            "Expected a whole number from 0 to 2147483647 as 'round', in step 3, got -1.",
        ),
        ({"wait": {"rounds": 3}}, "Expected a question in step 3, got only what follows it."),
        ({"question": {**ASKED, "choices": ["One"]}}, "two to four choices in step 3, got ['One"),
        ({"question": {**ASKED, "right": 2}}, "Expected right in step 3 from 0 to 1, got 2."),
        ({"question": {**ASKED, "right": True}}, "right in step 3 from 0 to 1, got True."),
        (
            {"question": ASKED, "wait": {"rounds": 3, "state": "paused"}},
            "Expected a wait of step 3 such as",
        ),
        ({"question": ASKED, "wait": {"state": "asleep"}}, "Expected a wait of step 3 such as"),
    ],
)
def test_a_fault_is_a_sentence_that_names_the_step(changes, sentence):
    with pytest.raises(TourError, match=re.escape(sentence)):
        read(plain(**changes))


@pytest.mark.parametrize("count", [5, 11])
def test_a_tour_has_six_to_ten_steps(count):
    fields = plain()
    fields["steps"] = [fields["steps"][0]] * count
    with pytest.raises(TourError, match=f"Expected six to ten steps, got {count}"):
        read(fields)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"look": "field:blue"}, "there is no field:blue to look at."),
        ({"look": "control:clip.penalty"}, "there is no control:clip.penalty to look at."),
        ({"look": "lines"}, "there is no lines to look at."),
        (
            {"actions": [{"do": "set", "lane": "blue", "name": "clip", "value": 0.1}]},
            "blue.clip is no setting that may change during a run.",
        ),
        (
            {"actions": [{"do": "set", "name": "width", "value": 64}]},
            "*.width is no setting that may change during a run.",
        ),
        (
            {"actions": [{"do": "set", "lane": "clip", "name": "clip", "value": 7}]},
            "Expected a number from 0.0001 to 1 for clip, got 7. The default is 0.01.",
        ),
    ],
)
def test_what_a_preset_lacks_is_a_sentence_that_names_step_and_preset(changes, sentence):
    found = misfits(read(plain(**changes)), CRITIC["live"])
    assert found == [f"Step 3, at the preset live: {sentence}"]


LOOKS = ("field", "field:gp", "curves:w1", "histogram:slopes", "metrics", "timeline", "fork")


@pytest.mark.parametrize("look", [*LOOKS, "control:*.n_critic", "control:gp.penalty"])
def test_a_target_is_found_by_its_lane_probe_metric_or_setting(look):
    assert misfits(read(plain(look=look)), CRITIC["live"]) == []
