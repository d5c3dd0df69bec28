"""A page's state: the address and back, and a sentence for each part that is refused."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.address import PageReader
from app.presets import CRITIC
from app.state import HIDEABLE, LONGEST, Edit, PageState
from gen_core.data.drawing import MOST, encode

READER = PageReader(CRITIC)
DEFAULT = PageState("live")
PAIR = encode(np.array([[1.0, 0.0], [-1.0, 0.0]]))
LONG = encode(np.random.default_rng(1).uniform(-2, 2, (MOST, 2)))


def _values(setting):
    if isinstance(setting.default, bool):
        return st.booleans()
    if setting.choices:
        return st.sampled_from(setting.choices)
    if isinstance(setting.default, int):
        return st.integers(int(setting.low), int(setting.high))
    if isinstance(setting.default, str):
        return st.just(setting.default)
    return st.floats(setting.low, setting.high, allow_nan=False)


@st.composite
def states(draw):
    preset = draw(st.sampled_from(list(CRITIC.values())))
    lanes = [lane.name for lane in preset.lanes]
    known = preset.settings()
    overrides = {}
    for name in draw(st.lists(st.sampled_from(sorted(known)), max_size=4)):
        prefix = draw(st.sampled_from(["", *(f"{lane}." for lane in lanes)]))
        overrides[prefix + name] = draw(_values(known[name]))
    hot = sorted(name for name, setting in known.items() if setting.hot)
    edits = [
        Edit(
            draw(st.integers(0, 10**9)),
            draw(st.sampled_from(["*", *lanes])),
            name,
            draw(_values(known[name])),
        )
        for name in draw(st.lists(st.sampled_from(hot), max_size=5))
    ]
    identity = st.text("abcXYZ012_-", min_size=8, max_size=43)
    followed = draw(st.booleans())
    state = PageState(
        preset=preset.name,
        seed=draw(st.integers(0, 999_999)),
        device=draw(st.sampled_from(["auto", "cpu", "cuda", "mps"])),
        overrides=tuple(sorted(overrides.items())),
        edits=tuple(sorted(edits, key=lambda edit: edit.t)),
        run="" if followed else draw(st.just("") | identity),
        follow=draw(identity) if followed else "",
        lesson=tuple(sorted(draw(st.sets(st.sampled_from([*HIDEABLE, *known]), max_size=4)))),
        projector=draw(st.booleans()),
        tour=draw(st.integers(0, 10)),
    )
    return draw(st.sampled_from([state, state.with_drawing(LONG), state.with_drawing(PAIR)]))


@given(states())
@settings(max_examples=200, deadline=None)
def test_state_to_address_and_back_is_the_identity(state):
    parsed = READER.read(state.query())
    assert parsed.state == state
    assert parsed.refused == ()
    assert len(state.query()) <= LONGEST


@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda b: b.decode("latin-1")))
@settings(max_examples=200, deadline=None)
def test_any_address_is_read_without_an_error(text):
    parsed = READER.read(text)
    assert parsed.state.preset in CRITIC
    assert READER.read(parsed.state.query()).state == parsed.state


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("clip=7", "clip=7 is outside 0.0001 to 1; the default 0.01 is used."),
        ("clip=red", "clip=red is not a number from 0.0001 to 1; the default 0.01 is used."),
        ("clip=nan", "clip=nan is not a number from 0.0001 to 1; the default 0.01 is used."),
        ("seed=-3", "seed=-3 is outside 0 to 999999; the default 7 is used."),
        (
            "seed=1.5",
            "seed=1.5 is not a whole number from 0 to 999999; the default 7 is used.",
        ),
        ("seed=1&seed=2", "seed is given twice; 1 is used."),
        ("bananas=3", "bananas=3 is no setting here; it is left out."),
        ("red.clip=0.1", "red.clip=0.1 is no setting here; it is left out."),
        ("run=../x", "run=../x is not the name of a run; it is left out."),
        ("edits=5:clip:clip:9", "The edit 5:clip:clip:9 cannot be made; it is left out."),
        ("edits=5:clip:width:64", "The edit 5:clip:width:64 cannot be made; it is left out."),
        ("lesson=everything", "lesson=everything names no control of this page; it is left out."),
        ("projector=2", "projector=2 is not true or false; the default false is used."),
        ("tour=11", "tour=11 is outside 0 to 10; the default 0 is used."),
        (
            "drawing=",
            "The drawing is left out: expected a drawing of at least two different points,"
            " got an empty one; the preset's data are used.",
        ),
        (
            "drawing=1wAgA",
            "The drawing is left out: expected a drawing of at least two different points,"
            " got a single one; the preset's data are used.",
        ),
        (
            "drawing=1wAgAAAA",
            "The drawing is left out: expected four characters for each point, got 7;"
            " the preset's data are used.",
        ),
        ("v=2", "v=2 is not a form of address known here; v=1 is read."),
    ],
)
def test_a_refused_part_is_one_sentence(query, sentence):
    parsed = READER.read(query)
    assert parsed.refused == (sentence,)
    assert parsed.state == replace(DEFAULT, seed=1 if query.startswith("seed=1&") else 7)


def test_a_drawing_is_the_data_of_every_lane():
    state = READER.read(f"clip.data=moons&gp.data=rings&width=64&drawing={PAIR}").state
    assert state == replace(DEFAULT, overrides=(("width", 64),)).with_drawing(PAIR)
    [name] = {value for key, value in state.overrides if "data" in key}
    lanes = CRITIC["live"].spec(state)["lanes"]
    assert [lane["overrides"]["data"] for lane in lanes] == [name, name]
    assert len(DEFAULT.with_drawing(LONG).query()) < 4200 < LONGEST


def test_an_unknown_preset_falls_back_to_the_first():
    parsed = READER.read("preset=atlantis&seed=3")
    assert parsed.state == PageState("live", seed=3)
    assert parsed.refused[0].startswith("preset=atlantis is not one of live, ")


def test_a_huge_address_is_left_out_whole():
    parsed = READER.read("seed=3&" + "x" * 9000)
    assert parsed.state == DEFAULT
    assert parsed.refused == (
        "The address holds 9007 characters, more than 8192;"
        " it is left out and every default is used.",
    )


def test_long_values_are_cut_and_many_refusals_are_counted():
    parsed = READER.read("&".join(f"a{i}=" + "y" * 300 for i in range(20)))
    assert len(parsed.refused) == 6
    assert all(len(sentence) < 120 for sentence in parsed.refused)
    assert parsed.refused[-1] == "15 more parts of the address were refused."


def test_a_log_that_does_not_fit_is_left_out_whole():
    log = tuple(Edit(t, "clip", "clip", 0.01 + t / 1e5) for t in range(600))
    state = PageState("live", edits=log)
    assert len(state.query()) <= LONGEST
    assert READER.read(state.query()).state == DEFAULT


def test_following_hides_the_control_id():
    state = READER.read("run=abcdefgh&follow=ijklmnop").state
    assert (state.run, state.follow) == ("", "ijklmnop")
    assert state.with_run("qrstuvwx").follow == ""
