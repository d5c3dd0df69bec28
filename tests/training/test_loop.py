"""The one loop: order of players, counters, and edits that act when they are said to act."""

import itertools

import pytest

from gen_core.errors import SettingError
from gen_core.recipes.base import make
from gen_core.training.loop import Edit, TrainingState, train

TINY = {"width": 6, "depth": 1, "batch": 8}


def start(variant="gp", stem="wgan", **overrides):
    return TrainingState.start(make(stem, variant, {**TINY, **overrides}), 7)


def advance(state, updates):
    return list(itertools.islice(train(state), updates))


def test_rounds_and_counters():
    steps = advance(start(n_critic=2), 7)
    assert [s.player for s in steps] == ["critic", "critic", "generator"] * 2 + ["critic"]
    assert [s.t for s in steps] == [1, 2, 3, 4, 5, 6, 7]
    assert [s.round for s in steps] == [0, 0, 1, 1, 1, 2, 2]
    assert [s.round_done for s in steps] == [False, False, True] * 2 + [False]


def test_a_step_is_yielded_after_its_update_and_nothing_runs_ahead():
    state = start()
    steps = train(state)
    assert state.t == 0
    for t in range(1, 9):
        step = next(steps)
        assert step.t == state.t == t
        assert step.state is state


def test_a_closed_generator_leaves_a_state_that_another_goes_on_from():
    whole, parts = start(), start()
    expected = [s.metrics for s in advance(whole, 12)]
    found = [s.metrics for _ in range(6) for s in advance(parts, 2)]
    assert found == expected and parts.t == 12


def test_n_critic_acts_from_the_next_round():
    state = start(n_critic=3)
    advance(state, 1)
    state.edit("n_critic", "1")
    players = [s.player[0] for s in advance(state, 7)]
    assert "".join(players) == "ccg" + "cg" * 2
    state.edit("n_critic", 2)  # between two rounds: the next one is that which begins
    assert [s.player[0] for s in advance(state, 3)] == ["c", "c", "g"]
    assert state.log == [Edit(1, "n_critic", 1), Edit(8, "n_critic", 2)]


def test_other_edits_act_at_the_next_update():
    calm, edited = start(), start()
    advance(calm, 2), advance(edited, 2)
    made = edited.edit("critic_lr", "1e-7")
    assert made == Edit(2, "critic_lr", 1e-7) and edited.log == [made]
    before = edited.models["critic"].linears[0].weight.detach().clone()
    advance(calm, 1), advance(edited, 1)
    moved = (edited.models["critic"].linears[0].weight - before).abs().max()
    assert 0 < moved < 1e-5
    assert (calm.models["critic"].linears[0].weight - before).abs().max() > 1e-5
    assert calm.recipe.critic_lr == 1e-4 == edited.base.critic_lr


@pytest.mark.parametrize("stem, variant", [("wgan", "clip"), ("wgan", "gp"), ("gan", "minimax")])
def test_every_hot_learning_rate_reaches_its_own_optimiser(stem, variant):
    state = start(variant, stem)
    for player, optimizer in state.optimizers.items():
        state.edit(f"{player}_lr", 0.0125)
        assert all(group["lr"] == 0.0125 for group in optimizer.param_groups), player
    assert len(state.log) == len(state.optimizers) == 2


@pytest.mark.parametrize("name, value", [("width", 8), ("critic_lr", "fast"), ("nonsense", 1)])
def test_a_refused_edit_changes_nothing(name, value):
    state = start()
    recipe = state.recipe
    with pytest.raises(SettingError):
        state.edit(name, value)
    assert state.recipe is recipe and state.log == []


def test_edits_of_clip_and_lambda_reach_the_numbers():
    clipped, penalised = start("clip"), start("gp")
    clipped.edit("clip", 0.001)
    advance(clipped, 1)
    assert max(p.abs().max() for p in clipped.models["critic"].parameters()) <= 0.001001
    plain = start("gp")
    penalised.edit("penalty", 1000)
    advance(plain, 1), advance(penalised, 1)
    gradients = [s.models["critic"].linears[0].weight.grad.norm() for s in (plain, penalised)]
    assert gradients[1] > 5 * gradients[0]
