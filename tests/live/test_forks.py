"""Fork, sleep and wake equal the unbroken run, bit for bit, edits included."""

import json

import numpy as np
import pytest

from app.live import commands, frames
from app.live.home import plain_name
from app.live.recording import Recording
from gen_core.errors import CommandError


def unbroken(bench, rounds, **fields):
    """A run with edits on its way; returns it and its weights at the end of each round."""
    run, weights = bench(**fields), {0: None}
    weights[0] = run.weights()
    for round in range(1, rounds + 1):
        run.to_round(round)
        if round == 3:
            run.do(commands.SetValue("clip", 0.03, "clip"))
        if round == 5:
            run.do(commands.SetValue("n_critic", 2, "gp")).do(commands.SetValue("critic_lr", 1e-3))
        weights[round] = run.weights()
    return run, weights


def fork(bench, parent, round, edits=None, **fields):
    marks = parent.engine.marks if edits is None else edits
    origin = {"recording": str(parent.engine.journal.recorder.folder), "round": round}
    return bench(origin=origin, edits=marks, **fields).turn(lambda e: e.state != "loading")


def before(parent, round):
    """The edits that a fork of an earlier round takes along."""
    return [mark for mark in parent.engine.marks if mark["round"] < round]


@pytest.mark.parametrize("round", [0, 2, 4, 7])
def test_a_fork_equals_the_unbroken_run(bench, round):
    parent, weights = unbroken(bench, 7)
    child = fork(bench, parent, round, before(parent, round))
    assert child.engine.round == round and child.engine.state == "paused"
    found = child.weights()
    if round in (0, 7):  # no edit stands exactly there
        assert found == weights[round]
    assert_same_state(found, weights[round])


def assert_same_state(found, expected):
    """Equal tensors; the log may differ by an edit made at that very moment."""
    from safetensors.numpy import load

    for lane in expected:
        left, right = load(found[lane]), load(expected[lane])
        assert left.keys() == right.keys()
        for name in left:
            assert left[name].tobytes() == right[name].tobytes(), (lane, name)


def test_a_fork_trains_on_as_the_parent_did(bench):
    parent, weights = unbroken(bench, 9)
    child = fork(bench, parent, 4, parent.engine.marks)
    child.do(commands.SetValue("n_critic", 2, "gp"))  # not yet made at round 4: make it at 5
    child = fork(bench, parent, 4, before(parent, 5)).to_round(5)
    child.do(commands.SetValue("n_critic", 2, "gp")).do(commands.SetValue("critic_lr", 1e-3))
    assert child.to_round(9).weights() == weights[9]
    assert child.engine.marks == parent.engine.marks


def test_a_fork_at_the_head_carries_an_edit_made_there(bench):
    parent = bench().to_round(3).do(commands.SetValue("clip", 0.03, "clip"))
    child = fork(bench, parent, 3).to_round(5)
    assert child.weights() == parent.to_round(5).weights()


def test_a_fork_without_stored_snapshots_replays_from_the_seed(bench):
    parent, weights = unbroken(bench, 6)
    child = bench(origin={"recording": None, "round": 6}, edits=parent.engine.marks)
    child.turn(lambda e: e.state != "loading")
    assert child.weights() == weights[6]


def test_a_fork_of_a_fork_equals_the_unbroken_run(bench):
    parent, weights = unbroken(bench, 8)
    child = fork(bench, parent, 6, before(parent, 6)).to_round(7)
    grandchild = fork(bench, child, 7)
    assert grandchild.to_round(8).weights() == weights[8]


def test_a_fork_keeps_the_curves_and_the_timeline_of_its_past(bench):
    parent, _ = unbroken(bench, 6)
    parent.settle()
    child = fork(bench, parent, 4, before(parent, 4)).settle()
    past, _ = frames.decode(parent.frames[-1])
    now, header = frames.decode(child.frames[-1])
    assert now["gp/curves/rounds"].tolist() == [1, 2, 3, 4]
    fast = parent.engine.lanes[1].state.recipe.curves.keys() & {
        name.split("/")[2] for name in now if name.startswith("gp/curves/")
    }
    assert fast
    for name in fast:
        key = f"gp/curves/{name}"
        assert np.array_equal(now[key], past[key][:4], equal_nan=True), name
    assert now[frames.TIMELINE].tolist() == [0, 1, 2, 3, 4]
    child.do(commands.Seek(2)).settle()
    assert child.header["round"] == 2


def test_a_replay_says_how_far_it_is_and_takes_no_command_but_play(bench):
    parent, _ = unbroken(bench, 4)
    child = bench(origin={"recording": None, "round": 4}, edits=parent.engine.marks)
    assert child.engine.state == "loading"
    child.do(commands.Step()).do(commands.Play())
    assert "loaded" in json.loads(child.events[-1])["message"]
    child.engine.urgent = True
    child.turn(lambda e: bool(child.frames))
    assert child.header["state"] == "loading" and "Replaying to round 4" in child.header["message"]
    child.turn(lambda e: e.state == "playing")


@pytest.mark.parametrize("extra", [0, 1, 3])
def test_sleep_and_wake_equal_the_unbroken_run_in_mid_round_too(bench, extra):
    reference = bench().to_round(2).do(commands.SetValue("clip", 0.03))
    run = bench().to_round(2).do(commands.SetValue("clip", 0.03))
    if extra:
        run.do(commands.Step(extra)).turn(lambda e: e.state == "paused")
    asleep = run.weights()
    run.do(commands.Sleep())
    assert run.engine.over and run.header["state"] == "asleep"
    folder = str(run.engine.journal.recorder.folder)
    awake = bench(recording=folder, resume=True, sequence=run.header["seq"]).settle()
    assert awake.weights() == asleep and awake.engine.marks == run.engine.marks
    assert awake.header["seq"] > run.header["seq"]
    assert awake.to_round(4).weights() == reference.to_round(4).weights()
    assert awake.engine.lanes[0].history.arrays()["rounds"].tolist() == [1, 2, 3, 4]


def test_a_run_without_a_recording_cannot_sleep(bench):
    run = bench(record=False).do(commands.Sleep())
    assert not run.engine.over and "recording" in json.loads(run.events[-1])["message"]


def test_a_card_says_what_was_run(bench):
    run = bench(title="Clip and penalty").to_round(1).do(commands.SetValue("clip", 0.03))
    card = Recording(run.engine.journal.recorder.folder).card
    assert card["title"] == "Clip and penalty" and card["spec"]["seed"] == 7
    assert card["marks"] == run.engine.marks
    again = bench(**{**card["spec"], "edits": card["marks"]}).to_round(3)
    assert again.weights() == run.to_round(3).weights()


def test_names_of_lanes_cannot_lead_out_of_a_recording(bench, lane):
    with pytest.raises(CommandError, match="letters, digits and underscores"):
        bench(lane("gp") | {"name": "../gp"})
    assert plain_name("../gp") == "gp"
