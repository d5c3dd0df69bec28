"""Commands: every valid one survives the trip, everything else is refused in a sentence."""

import json

import hypothesis.strategies as st
import pytest
from hypothesis import given

from app.live import commands
from gen_core.errors import CommandError

NAMES = st.text(min_size=1, max_size=20)
SETTINGS = st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=8), max_size=4)
ROUNDS = st.integers(0, 2**31 - 1)
RATES = st.none() | st.floats(0.01, 1e4)
VALID = st.one_of(
    st.sampled_from([commands.Ack(), commands.Play(), commands.Pause(), commands.Sleep(),
                     commands.Stop(), commands.Reset()]),
    st.builds(commands.Step, st.integers(1, 100_000), st.sampled_from(["", "round", "critic"])),
    st.builds(commands.SetValue, NAMES, st.integers() | st.text(max_size=9), NAMES),
    st.builds(commands.Speed, RATES),
    st.builds(commands.Seek, ROUNDS),
    st.builds(commands.Fork, st.none() | ROUNDS),
    st.builds(commands.Save, NAMES),
    st.builds(commands.Recover, NAMES, st.sampled_from(["back", "freeze"])),
    st.builds(commands.Look, NAMES, SETTINGS, st.integers(8, 256), st.integers(0, 99)),
    st.builds(commands.Subscribe, st.lists(st.tuples(NAMES, SETTINGS), max_size=4).map(tuple)),
)  # fmt: skip
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
KNOWN = st.sampled_from(["ack", "play", "step", "set", "speed", "seek", "fork", "look", "save"])


@given(VALID)
def test_a_valid_command_survives_the_trip(command):
    assert commands.parse(json.dumps(commands.to_json(command))) == command


@given(st.text() | st.binary())
def test_text_that_is_no_command_is_refused(text):
    with pytest.raises(CommandError, match="Expected .* got .*"):
        commands.parse(text)


@given(
    KNOWN,
    st.dictionaries(
        st.sampled_from(
            ["n", "value", "name", "round", "lane", "probe", "player", "size", "rounds_per_second"]
        ),
        ANYTHING,
    ),
)
def test_any_fields_give_a_command_or_a_sentence(do, fields):
    try:
        command = commands.parse(json.dumps({"do": do} | fields))
    except CommandError as error:
        assert str(error).startswith("Expected ")
    else:
        assert isinstance(command, commands.Command)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"do":"fly"}', "one of the commands"),
        ('{"do":["play"]}', "one of the commands"),
        ('{"do":"step","n":0}', "whole number from 1"),
        ('{"do":"step","n":true}', "whole number"),
        ('{"do":"step","n":1.5}', "whole number"),
        ('{"do":"seek"}', "'round'"),
        ('{"do":"seek","round":-1}', "from 0"),
        ('{"do":"speed","rounds_per_second":NaN}', "JSON object"),
        (f'{{"do":"speed","rounds_per_second":{10**400}}}', "0.01 to 10000 rounds"),
        ('{"do":"speed","rounds_per_second":1e999}', "0.01 to 10000 rounds"),
        ('{"do":"set","name":"clip","value":[1]}', "a number or a short text"),
        ('{"do":"recover","how":"pray"}', "'back', 'freeze'"),
        ('{"do":"look","probe":"surface","size":100000}', "8 to 256"),
        ('{"do":"subscribe","probes":[1]}', "probes written as"),
        ("[" * 5000, "JSON object"),
        ("[]", "JSON object"),
    ],
)
def test_each_mistake_is_named(text, says):
    with pytest.raises(CommandError) as caught:
        commands.parse(text)
    assert says in str(caught.value)


@pytest.mark.parametrize("do", ["want", "leave"])
def test_what_only_the_server_may_say_is_refused_from_a_viewer(do):
    with pytest.raises(CommandError):
        commands.parse({"do": do})
    assert commands.parse({"do": do}, internal=True).do == do


def test_a_follower_may_only_acknowledge_subscribe_and_look():
    may = {kind.do for kind in commands.Command.__subclasses__() if kind.follower}
    assert may == {"ack", "subscribe", "look"}
