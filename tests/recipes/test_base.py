"""The outside form of a recipe: stem, variant, overrides; there and back."""

import dataclasses
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gen_core.errors import SettingError
from gen_core.recipes.base import make, parse_assignments, recipes, spec
from gen_core.recipes.settings import settings_of

EVERY = [(stem, variant) for stem, cls in recipes().items() for variant in cls.variants]
NAMES = ["8gaussians", "moons", "points-0123456789abcdef", "digits", "images-0123456789abcdef"]


def values_of(item):
    if isinstance(item.default, bool):
        return st.booleans()
    if item.choices:
        return st.sampled_from(item.choices)
    if isinstance(item.default, str):
        return st.sampled_from([name for name in NAMES if re.fullmatch(item.pattern, name)])
    if isinstance(item.default, int):
        return st.integers(int(item.low), int(item.high))
    return st.floats(item.low, item.high)


@st.composite
def outside_forms(draw):
    stem, variant = draw(st.sampled_from(EVERY))
    known = settings_of(recipes()[stem])
    chosen = draw(st.sets(st.sampled_from(sorted(known)), max_size=5))
    return stem, variant, {name: draw(values_of(known[name])) for name in sorted(chosen)}


@settings(max_examples=150, deadline=None)
@given(outside_forms())
def test_spec_and_make_are_each_others_inverse(form):
    stem, variant, overrides = form
    recipe = make(stem, variant, overrides)
    for name, value in overrides.items():
        assert getattr(recipe, name) == value
    outside = spec(recipe)
    assert set(outside.overrides) <= set(overrides), "only what differs from the variant"
    assert make(outside.stem, outside.variant, outside.overrides) == recipe
    as_text = {name: str(value) for name, value in outside.overrides.items()}
    assert make(stem, variant, as_text) == recipe, "as it stands in a URL"
    again = json.loads(json.dumps(recipe.outside()))
    assert make(again["stem"], again["variant"], again["overrides"]) == recipe, "as in a card"


@pytest.mark.parametrize("stem, variant", EVERY)
def test_a_variant_needs_no_overrides(stem, variant):
    assert spec(make(stem, variant)) == spec(make(stem, variant, {}))
    assert spec(make(stem, variant)).overrides == {}


def test_no_variant_means_the_first():
    for stem, cls in recipes().items():
        assert make(stem).variant == next(iter(cls.variants))


@pytest.mark.parametrize("stem", recipes())
def test_a_recipe_is_frozen_and_hashable(stem):
    recipe = make(stem)
    assert hash(recipe) == hash(make(stem)) and recipe == make(stem)
    with pytest.raises(dataclasses.FrozenInstanceError):
        recipe.variant = "other"


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (("dcgan2",), "Expected a stem (wgan, gan, vae,"),
        ((["wgan"],), "Expected a stem"),
        (("wgan", "gp2"), "Expected a variant of wgan (clip, gp,"),
        (("wgan", ["gp"]), "Expected a variant of wgan"),
        (("wgan", "gp", {"lambda": 10}), "Expected a setting of wgan (data, fixed_generator,"),
        (("wgan", "gp", {("a",): 10}), "Expected a setting of wgan"),
        (("wgan", "gp", {"clip": "2"}),
         "Expected a number from 0.0001 to 1 for clip, got '2'. The default is 0.01."),
        (("wgan", "gp", {"width": "64.5"}), "Expected a whole number from 1 to 2048 for width"),
        (("wgan", "gp", {"batch": True}), "Expected a whole number from 1 to 8192 for batch"),
        (("gan", "minimax", {"game": "hinge"}), "Expected one of minimax, non-saturating,"),
        (("wgan", "gp", {"data": "../../points"}), "Expected a name like 8gaussians,"),
        (("wgan", "gp", {"penalty": float("nan")}), "Expected a number from 0 to 1000"),
    ],
)  # fmt: skip
def test_refusals_say_what_was_expected_and_what_came(arguments, sentence):
    with pytest.raises(SettingError) as caught:
        make(*arguments)
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize("stem, variant", EVERY)
def test_only_hot_settings_may_be_edited(stem, variant):
    recipe = make(stem, variant)
    for name, item in settings_of(recipe).items():
        value = getattr(recipe, name)
        if item.hot:
            other = item.low if value != item.low else item.high
            changed = recipe.edited(name, str(other))
            assert getattr(changed, name) == other
            assert getattr(recipe, name) == value, "the old recipe is as it was"
            assert dataclasses.replace(changed, **{name: value}) == recipe, "nothing else moved"
            with pytest.raises(SettingError, match="for " + name):
                recipe.edited(name, item.high * 2 + 1)
        else:
            with pytest.raises(SettingError) as caught:
                recipe.edited(name, value)
            sentence = str(caught.value)
            assert sentence.startswith("Expected a setting that may change during a run (")
            assert sentence.endswith(f"got {name}. Start a new run for it.")
    with pytest.raises(SettingError, match=f"a setting of {stem}"):
        recipe.edited("nonsense", 1)


def test_what_the_live_page_edits_is_hot():
    """Learning rates, clip value, lambda, n_critic, and the place of a moved line."""
    hot = {name for name, item in settings_of(make("wgan")).items() if item.hot}
    assert hot == {"critic_lr", "generator_lr", "clip", "penalty", "n_critic", "theta"}


def test_assignments_split_at_the_first_equals_sign():
    assert parse_assignments(["a=b=c", " x = 1 "]) == {"a": "b=c", "x": "1"}
    with pytest.raises(SettingError, match="Expected name=value, got 'width'"):
        parse_assignments(["width"])
