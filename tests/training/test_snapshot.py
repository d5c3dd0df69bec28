"""A snapshot resumes bit for bit, wherever it is taken, and refuses what is none."""

import itertools
import json
import pickle

import pytest
import torch
from safetensors.torch import load, save

from gen_core.errors import SettingError, SnapshotError
from gen_core.recipes.base import make, recipes
from gen_core.training.loop import Edit, TrainingState, train
from gen_core.training.snapshot import header, restore, take

TINY = {"width": 6, "depth": 1, "batch": 8}
LANES = [(stem, variant) for stem in ("wgan", "gan") for variant in recipes()[stem].variants]


def tiny(stem="wgan", variant="gp", **overrides):
    figure = {"n_critic": 3, "data_repeat": 2} if variant.endswith("figure") else {}
    calm = {"warm_up": False} if stem == "wgan" else {}
    return make(stem, variant, {**TINY, **figure, **calm, **overrides})


def advance(state, updates):
    return list(itertools.islice(train(state), updates))


def assert_same(left, right):
    assert (left.t, left.round, left.position) == (right.t, right.round, right.position)
    assert left.schedule == right.schedule and left.recipe == right.recipe
    assert left.base == right.base and left.log == right.log and left.seed == right.seed
    assert take(left) == take(right), "weights and optimiser slots, byte for byte"


@pytest.mark.parametrize("stem, variant", LANES)
def test_resumed_at_every_position_equals_unbroken(stem, variant):
    """Two rounds; from each of their updates a restored twin walks to the same end."""
    recipe = tiny(stem, variant)
    updates = 2 * len(recipe.schedule(0))
    unbroken, taken = TrainingState.start(recipe, 3), []
    taken.append(take(unbroken))
    for _ in advance(unbroken, updates):
        pass
    again = TrainingState.start(recipe, 3)
    for _ in range(updates):
        advance(again, 1)
        taken.append(take(again))
    for t, data in enumerate(taken):
        resumed = restore(data, make)
        assert resumed.t == t
        advance(resumed, updates - t)
        assert_same(resumed, unbroken)


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop", "rmsprop-tensorflow"])
@pytest.mark.parametrize("method", ["clip", "gp"])
def test_every_optimiser_resumes_amid_edits(method, optimizer):
    """Edits before and after the cut; n_critic changes in the middle of a round."""
    def walk(state, cut):
        for t, (name, value) in {2: ("critic_lr", 3e-4), 3: ("n_critic", 2), 5: ("clip", 0.05),
                                 6: ("penalty", 1.0), 9: ("n_critic", 4)}.items():
            for _ in range(t - state.t):
                advance(state, 1)
                state = restore(take(state), make) if state.t == cut else state
            state.edit(name, value)
        advance(state, 15 - state.t)
        return state

    recipe = tiny("wgan", method, optimizer=optimizer, n_critic=3)
    unbroken = walk(TrainingState.start(recipe, 5), None)
    for cut in range(1, 10):
        assert_same(walk(TrainingState.start(recipe, 5), cut), unbroken)
    resumed = restore(take(unbroken), make)
    assert resumed.log == [Edit(2, "critic_lr", 3e-4), Edit(3, "n_critic", 2),
                           Edit(5, "clip", 0.05), Edit(6, "penalty", 1.0), Edit(9, "n_critic", 4)]
    assert_same(resumed, unbroken)
    advance(resumed, 7), advance(unbroken, 7)
    assert_same(resumed, unbroken)


def test_a_schedule_under_way_survives_an_edit_of_n_critic():
    state = TrainingState.start(tiny(n_critic=4), 0)
    advance(state, 2)
    state.edit("n_critic", 1)
    resumed = restore(take(state), make)
    assert [s.player[0] for s in advance(resumed, 5)] == ["c", "c", "g", "c", "g"]


def test_taking_leaves_the_state_as_it_was():
    calm, watched = (TrainingState.start(tiny(), 1) for _ in range(2))
    for _ in range(9):
        advance(calm, 1), advance(watched, 1)
        first, second = take(watched), take(watched)
        assert first == second
    assert_same(calm, watched)


def test_a_snapshot_is_a_copy():
    state = TrainingState.start(tiny(), 1)
    data = take(state)
    kept = bytes(data)
    advance(state, 6)
    assert data == kept and restore(data, make).t == 0


def test_the_header_tells_what_it_is():
    state = TrainingState.start(tiny(n_critic=2), 9)
    advance(state, 4)
    state.edit("penalty", 5)
    assert header(take(state)) == {
        "format": 1,
        "recipe": {"stem": "wgan", "variant": "gp", "overrides": {**TINY, "n_critic": 2}},
        "seed": 9, "t": 4, "round": 1, "position": 1,
        "schedule": ["critic", "critic", "generator"],
        "log": [{"t": 4, "name": "penalty", "value": 5.0}],
    }  # fmt: skip


def trained():
    state = TrainingState.start(tiny(), 2)
    advance(state, 7)
    return take(state)


def rewritten(change=lambda known: None, alter=lambda tensors: None):
    """A whole safetensors file that says something else."""
    data = trained()
    known, tensors = header(data), load(data)
    known = change(known) or known
    alter(tensors)
    return save(tensors, {"snapshot": json.dumps(known)})


def test_rewriting_alone_is_accepted():
    assert_same(restore(rewritten(), make), restore(trained(), make))


@pytest.mark.parametrize("keep", [0, 1, 7, 8, 9, 100, 0.5, 0.9, -1])
def test_truncated_bytes_are_refused(keep):
    data = trained()
    cut = data[: int(keep * len(data)) if isinstance(keep, float) else keep]
    with pytest.raises(SnapshotError, match=r"^Expected a (whole )?snapshot.*\. Save it|again\.$"):
        restore(cut, make)


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00" * 100, b"\xff" * 100, pickle.dumps({"w": torch.ones(2)}), b"hello world, a csv",
     save({"w": torch.ones(2)}), save({"w": torch.ones(2)}, {"snapshot": "[]"}),
     save({"w": torch.ones(2)}, {"snapshot": '{"format": 99}'}),
     save({"w": torch.ones(2)}, {"snapshot": '{"format": 1}'}),
     save({"w": torch.ones(2)}, {"snapshot": "{" * 99_999})],
    ids=["empty", "zeros", "ones", "pickle", "text", "plain weights", "list", "newer", "bare",
         "broken json"],
)  # fmt: skip
def test_what_is_no_snapshot_is_refused(data):
    with pytest.raises(SnapshotError) as caught:
        restore(data, make)
    assert str(caught.value).startswith("Expected ") and caught.value.remedy.endswith(".")


@pytest.mark.parametrize(
    "name, value",
    [("recipe", None), ("recipe", {"stem": "wgan"}), ("seed", "x"), ("t", -1), ("t", None),
     ("round", -2), ("position", 99), ("position", -1), ("schedule", []), ("schedule", None),
     ("schedule", ["nobody"] * 6), ("log", 5), ("log", [{"t": 1}]), ("log", [[1, 2, 3]]),
     ("recipe", {"stem": "dcgan", "variant": "", "overrides": {}}),
     ("recipe", {"stem": "wgan", "variant": ["gp"], "overrides": {}}),
     ("recipe", {"stem": "wgan", "variant": "gp", "overrides": {"width": -4}}),
     ("log", [{"t": 1, "name": "width", "value": 3}])],
)  # fmt: skip
def test_a_header_that_lies_is_refused(name, value):
    with pytest.raises(SnapshotError):
        restore(rewritten(lambda known: known.update({name: value})), make)


def test_another_models_tensors_are_refused():
    def wider(known):
        known["recipe"]["overrides"]["width"] = 12

    def deeper(known):
        known["recipe"]["overrides"]["depth"] = 3

    for change in (wider, deeper):
        with pytest.raises(SnapshotError, match="the tensors of critic, got a difference"):
            restore(rewritten(change), make)


@pytest.mark.parametrize(
    "alter, words",
    [
        (lambda t: t.pop("models/critic/layers.0.bias"), "the tensors of critic"),
        (lambda t: t.update({"models/critic/extra": torch.ones(1)}), "the tensors of critic"),
        (lambda t: t.update({"models/generator/layers.0.bias": torch.ones(7)}),
         "the tensors of generator"),
        (lambda t: t.update({"optimizers/critic/exp_avg/0": torch.ones(3, 3)}),
         "the optimiser of critic"),
        (lambda t: t.update({"optimizers/critic/exp_avg/77": torch.ones(3)}),
         "the optimiser of critic"),
        (lambda t: t.update({"optimizers/critic/x": torch.ones(3)}), "the optimiser of critic"),
        (lambda t: [t.pop(k) for k in list(t) if k.startswith("optimizers/generator")],
         "the optimiser of generator"),
    ],
)  # fmt: skip
def test_other_tensors_are_refused(alter, words):
    with pytest.raises(SnapshotError, match=f"Expected {words}, got "):
        restore(rewritten(alter=alter), make)


def test_a_device_that_is_not_here_is_named_as_such():
    with pytest.raises(SettingError, match="a device of this machine"):
        restore(trained(), make, "npu")


def test_restoring_reads_tensors_and_no_code():
    """A pickle that would write when it is loaded writes nothing."""
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("a pickle ran",))

    with pytest.raises(SnapshotError):
        restore(pickle.dumps(Trap()), make)
