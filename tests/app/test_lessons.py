"""`lesson=` hides what it names and nothing else; `projector=1` and `tour=` reach the viewer."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from app.presets import CRITIC, CRITIC_FORM
from app.state import HIDEABLE
from app.tour import tour_of
from tests.app.test_pages import end, open_page, run_of, viewer

ON_PAGE = {"presets", "settings", "checkpoints", "moment", "text", "tour"}

pytestmark = pytest.mark.usefixtures("workers_end")


def keys(page: AppTest) -> list[str]:
    """The keys of every widget on the page."""
    kinds = ("button_group", "number_input", "selectbox", "file_uploader")
    return [str(widget.key) for kind in kinds for widget in page.get(kind)]


def shown(page: AppTest) -> set[str]:
    """What of the hideable parts of the page is there."""
    endings = {"presets": "_act", "settings": "_seed", "checkpoints": "_checkpoint"}
    found = {name for name, end in endings.items() if any(k.endswith(end) for k in keys(page))}
    if any("Holds the newest picture" in caption.value for caption in page.caption):
        found.add("moment")
    if any(heading.value == "The idea" for heading in page.subheader):
        found.add("text")
    if viewer(page)["layout"]["tour"] is not None:
        found.add("tour")
    return found


def test_each_name_hides_its_part_of_the_page_and_no_other():
    first = open_page("critic", seed="11")
    run = run_of(first)
    assert shown(first) == ON_PAGE <= set(HIDEABLE)
    for name in sorted(ON_PAGE):
        page = open_page("critic", run=run.id, lesson=name)
        assert not page.exception and not page.warning
        assert shown(page) == ON_PAGE - {name}
    end(first)


def test_a_hidden_setting_is_missing_from_the_form_and_from_the_viewer():
    names = {name for tab in CRITIC_FORM.values() for name in tab}
    hidden = sorted(names - {"width"})
    page = open_page("critic", lesson=",".join(hidden))
    [form] = {key.rpartition("_seed")[0] for key in keys(page) if key.endswith("_seed")}
    left = {key.removeprefix(f"{form}_") for key in keys(page) if key.startswith(f"{form}_")}
    assert left == {"seed", "device", "width", "points", "checkpoint", "recording"}
    assert viewer(page)["layout"]["controls"] == []
    end(page)


@pytest.mark.parametrize("preset", CRITIC.values(), ids=list(CRITIC))
def test_each_hot_setting_can_be_hidden_alone(preset):
    lanes = [lane.name for lane in preset.lanes]
    every = {control.name for control in preset.controls}
    for name in every:
        left = {control["name"] for control in preset.layout(lanes, [name])["controls"]}
        assert left == every - {name}


def test_a_room_opens_with_large_type_and_the_tour_at_its_step():
    page = open_page("critic", projector="1", tour="3")
    told = viewer(page)
    assert told["layout"]["projector"] is True
    assert told["layout"]["tour"] == json.loads(json.dumps(tour_of("critic").layout(3)))
    assert "&projector=1&tour=3&" in told["query"]
    assert not page.warning
    end(page)


def test_a_room_sees_the_same_recording_as_everybody():
    plain = open_page("critic", preset="layers")
    room = open_page("critic", preset="layers", projector="1")
    assert run_of(room).spec == run_of(plain).spec
    assert (run_of(room).worker is None) == (run_of(plain).worker is None)
    assert viewer(room)["layout"]["tour"] is None, "the tour explains the live presets"
    end(plain)
    end(room)
