"""What many viewers, long drags and slow motion may cost."""

import json

import pytest

from app.live import commands, frames
from app.live.composing import FRAMES_PER_SECOND
from app.live.engine import Engine
from app.live.observing import ANSWERED
from app.live.runspec import RunSpec


class Hand:
    """A clock turned by hand."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def by_hand(describe):
    """An engine and its clock; frames are thrown away."""
    clock = Hand()
    return Engine(RunSpec.parse(describe(play=False)), lambda *sent: None, clock), clock


def test_paintings_of_dropped_wishes_are_forgotten(bench):
    run = bench().settle()
    for scale in range(1, 20):
        wish = ("weight_histogram", {"bins": 10 + scale})
        run.do(commands.Subscribe((wish,)), "a").settle()
    kept = {key for _, key in run.engine.observer._painted}
    own = {name for lane in run.engine.lanes for name in lane.state.recipe.default_probes}
    assert len(kept - own) == 1
    run.do(commands.Leave(), "a").settle()
    assert {key for _, key in run.engine.observer._painted} <= own


def test_an_answer_is_in_the_frames_for_a_moment_only(by_hand):
    engine, clock = by_hand
    engine.receive(commands.Look("surface", {}, 16, 1), "a")
    asked = lambda: [e["request"] for e in engine.observer.gather(16)[1] if e["viewer"]]  # noqa: E731
    assert asked() == [1, 1]
    clock.now += 0.9 * ANSWERED
    assert asked() == [1, 1], "a viewer that skipped a frame finds it in the next"
    clock.now += 0.2 * ANSWERED
    assert asked() == [1, 1] and asked() == []


@pytest.mark.parametrize(
    "asking", [commands.Look("surface", {}, 16, 1), commands.Subscribe((("surface", {}),))]
)
def test_asking_while_training_goes_on_takes_the_frames_budget(bench, asking):
    run = bench().settle()
    run.do(asking, "a")
    assert run.engine.urgent
    run.settle().do(commands.Play()).turn(lambda e: not e.urgent)
    run.engine.wanted = False
    run.do(asking, "a")
    assert run.engine.wanted and not run.engine.urgent


def test_a_dragged_slider_leaves_one_mark_and_one_entry(bench):
    run = bench().to_round(2)
    for step in range(1, 200):
        run.do(commands.SetValue("clip", step / 1000, "clip"))
        run.do(commands.SetValue("n_critic", 1 + step % 4))
    clip = run.engine.lanes[0].state
    assert [(each.t, each.name) for each in clip.log] == [(12, "clip"), (12, "n_critic")]
    assert [(mark["lane"], mark["name"]) for mark in run.engine.marks] == [
        ("clip", "clip"), ("clip", "n_critic"), ("gp", "n_critic")]  # fmt: skip
    straight = bench().to_round(2).do(commands.SetValue("clip", 0.199, "clip"))
    straight.do(commands.SetValue("n_critic", 4))
    assert straight.weights() == run.weights()
    assert straight.to_round(4).weights() == run.to_round(4).weights()


@pytest.mark.parametrize("kept", [False, True])
def test_a_fork_replays_the_last_of_a_drag_even_if_a_moment_was_kept_within_it(bench, kept):
    run = bench().to_round(2).do(commands.SetValue("clip", 0.5, "clip"))
    if kept:
        run.engine.journal.keep_moment(run.engine.moment, now=True)
    run.do(commands.SetValue("clip", 0.03, "clip")).to_round(5)
    origin = {"recording": str(run.engine.journal.recorder.folder), "round": 5}
    child = bench(origin=origin, edits=run.engine.marks).turn(lambda e: e.state != "loading")
    assert child.weights() == run.weights() and child.engine.marks == run.engine.marks


def test_a_playing_run_sends_no_more_frames_than_the_viewer_needs(describe):
    clock, sent = Hand(), []
    engine = Engine(RunSpec.parse(describe(play=True)), lambda tag, _: sent.append(tag), clock)
    seconds, start = 3.0, clock.now
    while clock.now - start < seconds:
        clock.now += 0.002
        engine.receive(commands.Want())
        engine.tick()
    assert engine.round > 2 * seconds * FRAMES_PER_SECOND  # there was more to show
    frames_sent = sent.count(b"F")
    assert 0.9 * seconds * FRAMES_PER_SECOND < frames_sent <= seconds * FRAMES_PER_SECOND + 2


@pytest.mark.parametrize(("dear", "size"), [(1.0, 64), (1.4, 48), (2.2, 40), (9.0, 32)])
def test_maps_shrink_until_they_can_be_paid_and_one_dear_frame_changes_none(by_hand, dear, size):
    engine, _ = by_hand
    composer, purse = engine.composer, engine.frame_purse

    def frames(n, summaries=0.0):
        sides = set()
        for _ in range(n):
            side = composer.playing_size
            purse.last = dear * affordable * side**2 / 64**2 + summaries
            composer.fit(purse)
            sides.add(composer.playing_size)
        return sides

    affordable = purse.share / FRAMES_PER_SECOND
    frames(200)
    assert frames(50) == {size}
    assert frames(1, summaries=affordable) | frames(50) == {size}
    dear = 0.1
    assert 64 in frames(200)


def test_slow_motion_counts_the_lanes_that_train(by_hand):
    engine, clock = by_hand
    engine.lanes[0].freeze()
    engine.receive(commands.Speed(1.0))
    engine.receive(commands.Play())
    while engine.lanes[1].state.t == 0:
        clock.now += 0.01
        engine.tick()
    assert engine.tempo.wait() > 0.9 / 6


def test_seeking_shows_what_was_measured_then(bench):
    run = bench()
    for lane in run.engine.lanes:
        run.engine.measurer.values[lane.name]["w1"] = {
            "value": 5.0, "floor": 0.2, "label": "W", "unit": "", "better": "low", "round": 0,
        }  # fmt: skip
    run.to_round(2)
    run.engine.measurer.values["gp"]["w1"]["value"] = 1.0
    run.to_round(4).do(commands.Seek(2)).settle()
    assert run.header["metrics"]["gp"]["w1"]["value"] == 5.0
    arrays = frames.decode(run.frames[-1])[0]
    ends = [array[-1] for name, array in arrays.items() if name.endswith("/curves/rounds")]
    assert ends == [2, 2]
    assert all(len(a) == 2 for name, a in arrays.items() if name.startswith("gp/curves/"))
    run.do(commands.Play()).turn(lambda e: e.round >= 5).do(commands.Pause()).settle()
    assert run.header["metrics"]["gp"]["w1"]["value"] != 5.0


def test_a_run_that_cannot_sleep_stops_training(bench):
    run = bench(record=False, play=True).turn(lambda e: e.round >= 1)
    run.do(commands.Sleep())
    said = json.loads(run.events[-1])
    assert said["event"] == "error" and run.engine.state == "paused"
    before = run.weights()
    run.settle()
    assert run.weights() == before and run.header["message"] == said["message"]
