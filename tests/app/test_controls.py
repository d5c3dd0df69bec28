"""The form of the next run: which widgets it shows, and what it makes of their values."""

from app.controls import fields, overrides, step_of
from app.presets import CRITIC, CRITIC_FORM
from app.state import PageState

LIVE = CRITIC["live"]
NAMES = [name for names in CRITIC_FORM.values() for name in names]


def _untouched(shown):
    return {field.key: field.now for field in shown}


def test_lanes_that_agree_share_a_widget_and_others_have_their_own():
    keys = [field.key for field in fields(LIVE, PageState("live"), ["width", "critic_lr"])]
    assert keys == ["width", "clip.critic_lr", "gp.critic_lr"]


def test_a_setting_has_a_widget_only_where_it_means_something():
    clip, penalty = fields(LIVE, PageState("live"), ["clip", "penalty"])
    assert (clip.key, clip.default) == ("clip", 0.01)
    assert (penalty.key, penalty.default) == ("penalty", LIVE.lanes[1].value("penalty"))


def test_widgets_start_from_the_present_run():
    state = PageState("live", overrides=(("gp.width", 32), ("n_critic", 3)))
    now = {field.key: field.now for field in fields(LIVE, state, ["width", "n_critic"])}
    assert now == {"clip.width": 128, "gp.width": 32, "n_critic": 3}


def test_a_form_left_alone_changes_nothing():
    for state in (
        PageState("live"),
        PageState("live", overrides=(("gp.critic_lr", 0.002), ("width", 64))),
    ):
        shown = fields(LIVE, state, NAMES)
        assert overrides(state, shown, _untouched(shown)) == state.overrides


def test_what_the_form_does_not_show_is_kept():
    state = PageState("live", overrides=(("beta1", 0.0), ("width", 64)))
    shown = fields(LIVE, state, ["width", "batch"])
    assert overrides(state, shown, {"width": 128, "batch": 32}) == (("batch", 32), ("beta1", 0.0))


def test_steps_of_numbers_follow_their_size():
    assert [step_of(value) for value in (0.01, 25.0, 0.0)] == [0.01, 10.0, 0.1]
