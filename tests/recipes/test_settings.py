"""What a setting takes from outside, and the sentence with which it refuses the rest."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gen_core.errors import SettingError
from gen_core.recipes.base import make, recipes
from gen_core.recipes.settings import Setting, settings_of

WHOLE = Setting(5, low=1, high=100)
NUMBER = Setting(0.01, low=1e-4, high=1.0)
SWITCH = Setting(False)
CHOICE = Setting("adam", choices=("adam", "rmsprop"))
NAME = Setting("rings", pattern="(rings|moons|points-[0-9a-f]{4})")
HUGE = "9" * 100_000


@pytest.mark.parametrize(
    "setting, value, parsed",
    [
        (WHOLE, 7, 7),
        (WHOLE, "7", 7),
        (WHOLE, " 7 ", 7),
        (WHOLE, "7.0", 7),
        (WHOLE, "1e2", 100),
        (WHOLE, 1, 1),
        (NUMBER, "0.02", 0.02),
        (NUMBER, 1, 1.0),
        (NUMBER, "1e-4", 1e-4),
        (SWITCH, "true", True),
        (SWITCH, "False", False),
        (SWITCH, "1", True),
        (SWITCH, 0, False),
        (SWITCH, True, True),
        (CHOICE, "rmsprop", "rmsprop"),
        (NAME, "points-00ff", "points-00ff"),
    ],
)
def test_what_is_taken(setting, value, parsed):
    made = setting.parse("x", value)
    assert made == parsed and type(made) is type(parsed)


@pytest.mark.parametrize(
    "setting, values",
    [
        (WHOLE, [0, 101, "0", 7.5, "7.5", "", "seven", "0x7", True, False, "true", None, [7], {},
                 math.nan, math.inf, "nan", "inf", "-inf", "1e400", HUGE, 10**5000, -(10**300)]),
        (NUMBER, [0, 1.0001, "1e-5", "", "0,02", True, None, [0.02], math.nan, "NaN", "-inf",
                  "Infinity", HUGE, 10**5000, b"0.02", 0.02j]),
        (SWITCH, [2, -1, "yes", "", None, "truetrue", 0.5, HUGE, [True]]),
        (CHOICE, ["Adam", "sgd", "", None, 1, "adam,rmsprop", HUGE]),
        (NAME, ["ring", "rings ; rm", "points-00f", "points-00FF", "points-00ff\nx", "../moons",
                "", None, HUGE]),
    ],
)  # fmt: skip
def test_what_is_refused(setting, values):
    for value in values:
        with pytest.raises(SettingError) as caught:
            setting.parse("x", value)
        sentence = str(caught.value)
        assert sentence.startswith(f"Expected {setting.describe_range()} for x, got ")
        assert sentence.endswith(f". The default is {setting.default}.")
        assert len(sentence) < 250, "a huge value is not repeated to the person"


@pytest.mark.parametrize(
    "setting, words",
    [
        (WHOLE, "a whole number from 1 to 100"),
        (NUMBER, "a number from 0.0001 to 1"),
        (SWITCH, "true or false"),
        (CHOICE, "one of adam, rmsprop"),
        (Setting(1.0, low=0), "a number of at least 0"),
        (Setting(1, high=9), "a whole number of at most 9"),
        (Setting(1), "a whole number"),
    ],
)
def test_a_range_in_words(setting, words):
    assert setting.describe_range() == words


@given(st.one_of(st.text(), st.floats(), st.integers(), st.booleans(), st.none(), st.binary()))
def test_nothing_from_outside_leaves_the_range(value):
    """Either a value of the right type and range, or a SettingError: never another exception."""
    for setting in (WHOLE, NUMBER, SWITCH, CHOICE, NAME):
        try:
            parsed = setting.parse("x", value)
        except SettingError:
            continue
        assert type(parsed) is type(setting.default)
        if setting.low is not None:
            assert setting.low <= parsed <= setting.high


@given(st.floats(1e-4, 1.0), st.integers(1, 100))
def test_a_value_survives_its_own_text(number, whole):
    assert NUMBER.parse("x", repr(number)) == number
    assert WHOLE.parse("x", str(whole)) == whole


@pytest.mark.parametrize("stem", recipes())
def test_every_declared_setting_says_where_its_number_comes_from(stem):
    for name, item in settings_of(recipes()[stem]).items():
        assert item.source and item.hint, name
        assert item.parse(name, item.default) == item.default
        if isinstance(item.default, str):
            assert item.choices or item.pattern, f"{name} takes any text"
        elif not isinstance(item.default, bool):
            assert item.low is not None and item.high is not None, f"{name} has no bounds"


@pytest.mark.parametrize("stem", recipes())
def test_every_variant_stays_in_its_own_range(stem):
    for variant, delta in recipes()[stem].variants.items():
        made = make(stem, variant)
        for name, item in settings_of(made).items():
            assert item.parse(name, getattr(made, name)) == getattr(made, name), (variant, name)
        assert all(getattr(made, name) == value for name, value in delta.items())
