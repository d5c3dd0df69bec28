"""What goes wrong in a run is said; the process, the other lanes and the past stay."""

import dataclasses
import json

import pytest
import torch

from app.library import Library
from app.live import commands
from app.presets import CRITIC
from app.suiting import checkpoint_spec


def said(run):
    events = [json.loads(each) for each in run.events]
    return [each["message"] for each in events if each["event"] == "error"]


def spoil(lane):
    """Make every parameter of a lane's generator NaN."""
    with torch.no_grad():
        for value in lane.state.models["generator"].parameters():
            value.fill_(float("nan"))


def full(folder):
    """Put a file where a folder is needed."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.touch()


def test_a_lane_that_is_not_finite_before_its_first_measure_has_no_value(bench):
    run = bench()
    spoil(run.engine.lanes[1])
    run.settle().do(commands.Want()).settle()
    w1 = run.header["metrics"]["gp"]["w1"]
    assert w1["value"] is None and "Expected finite points" in w1["error"]
    assert w1["floor"] > 0 and run.header["metrics"]["clip"]["w1"]["value"] > 0
    assert "w1" not in run.engine.lanes[1].history.state()["held"]


def test_only_lanes_that_train_are_measured(bench):
    run = bench()
    run.engine.lanes[1].freeze()
    run.settle()
    assert run.engine.measurer.values["gp"] == {} and run.engine.measurer.values["clip"]


def greedy(recipe, at):
    """The same recipe, for which the device's memory is too small at one step."""

    @dataclasses.dataclass(frozen=True)
    class Greedy(type(recipe)):
        def update(self, player, state):
            if state.t in at:
                at.remove(state.t)
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
            return super().update(player, state)

    return Greedy(**vars(recipe))


def test_a_full_device_pauses_the_run_which_can_go_on_afterwards(bench):
    run, straight = bench(), bench()
    state = run.engine.lanes[1].state
    state.recipe = greedy(state.recipe, {7})
    run.do(commands.Play()).turn(lambda e: e.state == "paused").settle()
    assert state.t == 7 and run.header["state"] == "paused"
    assert "room in the device's memory" in run.header["message"]
    assert said(run) == [run.header["message"]]
    assert run.to_round(3).weights() == straight.to_round(3).weights()


def test_seeking_a_frame_that_is_gone_shows_the_head_and_says_so(bench):
    run = bench().to_round(3)
    recorder = run.engine.journal.recorder
    for entry in recorder.frames:
        (recorder.folder / entry.name).unlink()
    run.do(commands.Seek(1)).settle()
    assert run.header["state"] == "paused" and run.header["round"] == 3
    assert "a recorded frame of round 1, got a missing or damaged file" in said(run)[-1]
    run.do(commands.Play()).turn(lambda e: e.round >= 4)


@pytest.mark.parametrize("how", ["back", "freeze"])
def test_a_run_that_slept_ill_wakes_ill_and_can_be_recovered(bench, how):
    run = bench().to_round(2)
    run.engine.journal.keep_moment(run.engine.good_moment, now=True)
    good = run.weights()
    spoil(run.engine.lanes[1])
    run.do(commands.Play()).turn(lambda e: e.state == "diverged").do(commands.Sleep())
    folder = str(run.engine.journal.recorder.folder)
    awake = bench(recording=folder, resume=True, play=True).settle()
    assert awake.header["state"] == "diverged"
    assert awake.header["message"].startswith("GP diverged")
    assert awake.engine.journal.good.lanes == good
    awake.do(commands.Recover("gp", how))
    if how == "back":
        assert awake.engine.state == "paused" and awake.weights() == good
    else:
        awake.turn(lambda e: e.lanes[0].state.round >= 4)
        assert awake.weights()["gp"] == good["gp"]


def test_what_is_not_finite_is_never_a_moment_to_go_back_to(bench):
    run = bench().to_round(1)
    spoil(run.engine.lanes[1])
    bad = run.engine.moment()
    run.engine.journal.recorder.add_snapshot(9, bad.lanes, bad.curves)
    run.engine.journal.good = None
    run.engine.journal.recall_good()
    assert run.engine.journal.good.is_good() and run.engine.journal.good.round < 9


def test_what_was_saved_is_listed_and_continues_bit_for_bit(bench, lane, home):
    run = bench(lane("clip"), lane("gp")).to_round(2)
    run.do(commands.SetValue("clip", 0.05, "clip")).do(commands.Save("My clip!"))
    [saved] = Library(home).checkpoints("wgan")
    assert saved.title == "My clip!" and [each["name"] for each in saved.lanes] == ["clip", "gp"]
    for each, path in zip(run.engine.lanes, saved.files.values(), strict=True):
        card = json.loads(path.with_suffix(".json").read_text())
        assert card["lane"] == dataclasses.asdict(each.spec), "a card says all of its lane"
    preset = next(iter(CRITIC.values()))
    again = bench(**{**checkpoint_spec(saved, preset), "probes": []})
    assert again.weights() == run.weights() and again.engine.state == "paused"
    assert again.to_round(4).weights() == run.to_round(4).weights()


@pytest.mark.parametrize("title", ["Twice", "W" * 60])
def test_saving_under_the_same_name_keeps_both(bench, home, title):
    run = bench().to_round(1).do(commands.Save(title))
    first = run.weights()
    run.to_round(2).do(commands.Save(title))
    assert json.loads(run.events[-1])["name"] == f"{title[:40]} (2)"
    later, earlier = Library(home).checkpoints("wgan")
    if earlier.title != title:
        later, earlier = earlier, later
    assert {name: path.read_bytes() for name, path in earlier.files.items()} == first
    assert {name: path.read_bytes() for name, path in later.files.items()} == run.weights()


def test_a_save_that_fails_is_said_and_leaves_nothing(bench, home):
    full(home / "checkpoints")
    run = bench().to_round(1).do(commands.Save("Lost"))
    assert "leave to write lost-clip.safetensors" in said(run)[-1]
    assert not run.engine.journal.recorder.card["saved"]
    run.to_round(2)


def test_a_recording_that_cannot_be_kept_is_said(bench):
    run = bench(record=False).to_round(1).do(commands.Save("Alone"))
    assert json.loads(run.events[-2])["event"] == "saved"
    assert "the recording is not kept" in said(run)[-1]
