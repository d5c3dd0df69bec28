"""The laws of the engine, turned by hand."""

import json

import numpy as np
import pytest

from app.live import commands, frames
from gen_core.exploration.base import probes


def errors(bench):
    events = [json.loads(each) for each in bench.events]
    return [each["message"] for each in events if each["event"] == "error"]


def ticks(bench):
    return [lane.state.t for lane in bench.engine.lanes]


def test_pause_stops_before_the_next_update(bench):
    run = bench(play=True).turn(lambda engine: engine.round >= 2)
    before = ticks(run)
    run.do(commands.Pause())
    for _ in range(50):
        run.engine.tick()
    assert ticks(run) == before and run.engine.state == "paused"
    run.do(commands.Play()).turn(lambda engine: engine.round >= 4)
    assert run.engine.state == "playing"


def test_a_paused_run_comes_to_rest_and_says_so(bench):
    run = bench().settle()
    assert run.engine.tick() is None
    assert run.header["state"] == "paused" and run.header["round"] == 0


@pytest.mark.parametrize(
    ("n", "player", "done"),
    [(1, "", [1, 1]), (4, "", [4, 4]), (1, "critic", [1, 1]), (1, "generator", [6, 6]),
     (2, "generator", [12, 12]), (6, "critic", [7, 7]), (1, "round", [6, 6]),
     (3, "round", [18, 18])],
)  # fmt: skip
def test_a_step_does_exactly_what_was_asked(bench, n, player, done):
    run = bench().do(commands.Step(n, player)).turn(lambda e: e.state == "paused")
    assert ticks(run) == done


def test_a_step_of_a_round_ends_the_round_begun(bench):
    run = bench().do(commands.Step(2, "")).turn(lambda e: e.state == "paused")
    run.do(commands.Step(1, "round")).turn(lambda e: e.state == "paused")
    assert ticks(run) == [6, 6]


def test_a_step_of_a_round_ends_where_all_lanes_meet(bench):
    """Paused between the last updates of a round, the lane that has ended it waits there."""
    run = bench().do(commands.Play())
    run.turn(lambda e: ticks(run) == [6, 5]).do(commands.Pause())
    run.do(commands.Step(1, "round")).turn(lambda e: e.state == "paused")
    assert ticks(run) == [6, 6]
    run.do(commands.Step(2, "round")).turn(lambda e: e.state == "paused")
    assert ticks(run) == [18, 18]


def test_stepping_an_unknown_player_is_refused_with_the_known_ones(bench):
    run = bench().do(commands.Step(1, "referee"))
    assert "critic, generator, round" in errors(run)[0]
    assert ticks(run) == [0, 0]


def test_lanes_of_different_schedules_meet_at_the_end_of_every_round(bench, lane):
    run = bench(lane("a", variant="clip", n_critic=1), lane("b", variant="gp", n_critic=5))
    met = []

    def watch(engine):
        a, b = (each.state for each in engine.lanes)
        assert abs(a.round - b.round) <= 1
        if a.position == b.position == 0 and a.round == b.round:
            met.append(a.round)
        return engine.round >= 4

    run.do(commands.Play()).turn(watch)
    assert set(met) >= {1, 2, 3, 4}
    assert ticks(run) == [8, 24]


def test_an_edit_acts_at_the_next_update_and_leaves_a_mark(bench):
    run = bench().to_round(2)
    run.do(commands.SetValue("clip", 0.05, "clip"))
    mark = {"round": 2, "t": 12, "lane": "clip", "name": "clip", "value": 0.05}
    assert run.engine.marks == [mark]
    run.do(commands.Step(1, "")).turn(lambda e: e.state == "paused")
    clip = run.engine.lanes[0].state
    assert all(float(p.detach().abs().max()) <= 0.05 for p in clip.models["critic"].parameters())
    assert any(float(p.detach().abs().max()) > 0.01 for p in clip.models["critic"].parameters())
    run.settle()
    assert run.header["marks"] == run.engine.marks
    assert run.header["lanes"][0]["settings"]["clip"] == 0.05


def test_an_edit_while_paused_shows_at_once(bench):
    """What a probe makes of the settings alone moves, though no step was done."""
    small = {"color": "gp", "overrides": {"width": 8, "depth": 1, "batch": 16}}
    critic = {"name": "critic", "label": "W₁", "stem": "wgan", "variant": "gp-lines", **small}
    judge = {"name": "judge", "label": "JS", "stem": "gan", "variant": "minimax-lines", **small}
    run = bench(critic, judge).to_round(2)
    run.do(commands.Subscribe((("samples", {}), ("parallel_lines", {})))).settle()
    before = ticks(run)
    run.do(commands.SetValue("theta", -0.25)).settle()
    assert ticks(run) == before and [mark["value"] for mark in run.engine.marks] == [-0.25] * 2
    arrays, _ = frames.decode(run.frames[-1])
    for lane in ("critic", "judge"):
        assert (arrays[f"{lane}/samples/fake"][:, 0] == -0.25).all()
        assert arrays[f"{lane}/parallel_lines/now"].tolist() == [-0.25]


def test_an_edit_of_n_critic_acts_from_the_next_round(bench):
    run = bench().do(commands.Step(2, "")).turn(lambda e: e.state == "paused")
    run.do(commands.SetValue("n_critic", 2, "gp"))
    run.do(commands.Step(1, "round")).turn(lambda e: e.state == "paused")
    assert ticks(run) == [6, 6]
    run.do(commands.Step(1, "round")).turn(lambda e: e.state == "paused")
    assert ticks(run) == [12, 9]


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [("clip", 1e9, "0.0001 to 1"), ("clip", "x", "clip"), ("width", 3, "may change during a run"),
     ("nothing", 1, "may change during a run")],
)  # fmt: skip
def test_a_bad_edit_changes_nothing_and_says_why(bench, name, value, says):
    run = bench().to_round(1)
    before = run.weights()
    run.do(commands.SetValue(name, value))
    assert says in errors(run)[-1]
    assert run.engine.marks == [] and run.weights() == before


def test_an_edit_of_every_lane_is_all_or_none(bench):
    run = bench().do(commands.SetValue("critic_lr", 1e-3))
    assert [mark["lane"] for mark in run.engine.marks] == ["clip", "gp"]


def test_watching_changes_no_number(bench):
    alone = bench(record=False).do(commands.Play()).turn(lambda e: e.round >= 6)
    watched = bench().do(commands.Play())
    wishes = tuple((name, {}) for name in probes())
    watched.do(commands.Subscribe(wishes), "a").do(commands.Subscribe(wishes[:2]), "b")

    def watch(engine):
        engine.receive(commands.Want())
        engine.urgent = True
        engine.receive(commands.Look("surface", {}, 16, engine.round), "a")
        engine.measurer.advance()
        engine.observer.advance()
        return engine.round >= 6

    watched.turn(watch)
    assert len(watched.frames) > 6
    assert watched.weights() == alone.weights()


def test_a_viewer_gets_the_union_and_only_while_it_is_there(bench):
    run = bench().settle()
    run.do(commands.Subscribe((("surface", {}),)), "a")
    run.do(commands.Subscribe((("gradient_norm", {}), ("surface", {}))), "b").settle()
    assert {each["key"] for each in run.header["entries"]} == {"surface", "gradient_norm"}
    run.do(commands.Leave(), "b").do(commands.Step()).settle()
    assert {each["key"] for each in run.header["entries"]} == {"surface"}


def test_an_unknown_probe_is_refused_and_the_others_go_on(bench):
    run = bench().do(commands.Subscribe((("x-ray", {}), ("surface", {}))), "a").settle()
    assert "x-ray" in errors(run)[0]
    assert [each["key"] for each in run.header["entries"]] == ["surface", "surface"]


def test_the_newest_look_of_a_viewer_wins(bench):
    run = bench().settle()
    for request in (1, 2, 3):
        run.do(commands.Look("surface", {}, 16, request), "a")
    run.do(commands.Look("surface", {}, 32, 9), "b").settle()
    looks = {(e["viewer"], e["request"]) for e in run.header["entries"] if e["viewer"]}
    assert looks == {("a", 3), ("b", 9)}
    arrays, _ = frames.decode(run.frames[-1])
    assert arrays["gp/surface#a/values"].shape == (16, 16)
    assert arrays["gp/surface#b/values"].shape == (32, 32)


def test_maps_are_small_while_playing_and_large_at_rest(bench):
    run = bench(record=False).settle()
    assert frames.decode(run.frames[-1])[0]["gp/surface/values"].shape == (128, 128)
    run.do(commands.Play()).turn(lambda e: len(run.frames) > 1)
    assert frames.decode(run.frames[-1])[0]["gp/surface/values"].shape[0] <= 64


def test_seek_shows_the_record_and_play_goes_on_from_the_head(bench):
    run = bench()
    for round in range(1, 7):
        run.to_round(round)
    run.do(commands.Seek(3)).settle()
    assert (run.header["state"], run.header["round"], run.header["head"]) == ("seeking", 3, 6)
    assert run.header["lanes"][0]["round"] == 3
    assert frames.decode(run.frames[-1])[0]["gp/curves/rounds"].tolist() == [1, 2, 3]
    assert frames.decode(run.frames[-1])[0][frames.TIMELINE].tolist() == list(range(7))
    run.do(commands.Play()).turn(lambda e: e.round >= 8)
    assert run.engine.state == "playing"


def test_seeking_moves_no_head(bench):
    run = bench().to_round(3)
    before = run.weights()
    run.do(commands.Seek(0)).settle()
    assert run.weights() == before and run.engine.round == 3


def test_seek_pauses_training(bench):
    run = bench(play=True).turn(lambda e: e.round >= 3)
    run.do(commands.Seek(0))
    before = ticks(run)
    run.settle()
    assert ticks(run) == before


def test_frames_of_the_record_are_those_that_were_live(bench):
    run = bench().to_round(2)
    run.settle()
    run.to_round(4).do(commands.Seek(2)).settle()
    then = frames.decode(run.frames[-1])[0]["gp/samples/fake"]
    again = bench().to_round(2).settle()
    assert np.array_equal(then, frames.decode(again.frames[-1])[0]["gp/samples/fake"])


def test_reset_begins_again_exactly(bench):
    run, fresh = bench(), bench()
    run.to_round(2).do(commands.SetValue("critic_lr", 1e-3)).to_round(4).do(commands.Reset())
    assert run.weights() == fresh.weights() and run.engine.marks == []
    run.settle()
    assert (run.header["round"], run.header["state"]) == (0, "paused")
    assert run.to_round(3).weights() == fresh.to_round(3).weights()
    assert run.engine.journal.rounds[0] == 0 and max(run.engine.journal.rounds) == 3


def test_an_ended_run_answers_with_a_sentence(bench):
    run = bench().to_round(1).do(commands.Stop())
    assert run.header["state"] == "ended" and run.engine.over and run.engine.tick() is None
    for command in (commands.Play(), commands.Seek(0), commands.SetValue("clip", 0.1)):
        run.do(command)
    assert len(errors(run)) == 3 and all("ended" in each for each in errors(run))


def test_a_run_that_only_looks_does_not_train(bench):
    run = bench(train=False, play=True).do(commands.Play()).do(commands.Step())
    assert ticks(run.settle()) == [0, 0] and len(errors(run)) == 2
    assert run.header["entries"]


def test_speed_limits_the_rounds(bench):
    run = bench(record=False).do(commands.Speed(5.0)).do(commands.Play())
    start = run.engine.clock()
    run.turn(lambda e: e.round >= 2, limit=10**7)
    assert run.engine.clock() - start >= 0.3
    assert run.engine.tempo.limit == 5.0
    run.do(commands.Speed(None)).turn(lambda e: e.round >= 4)


def test_edits_of_the_description_act_at_their_t(bench):
    edits = [{"t": 12, "lane": "clip", "name": "clip", "value": 0.05}]
    told = bench(edits=edits).to_round(4)
    done = bench().to_round(2).do(commands.SetValue("clip", 0.05, "clip")).to_round(4)
    assert told.weights() == done.weights()
    assert told.engine.marks == done.engine.marks


def test_a_checkpoint_can_be_saved_and_continued(bench, home):
    run = bench().to_round(2).do(commands.Save("My clip!"))
    saved = json.loads(run.events[-1])
    assert saved["event"] == "saved" and saved["viewer"] == "v"
    files = {name: str(home / "checkpoints" / "wgan" / f"my-clip-{name}.safetensors")
             for name in ("clip", "gp")}  # fmt: skip
    assert sorted(saved["paths"]) == sorted(files.values())
    again = bench(snapshots=files)
    assert again.weights() == run.weights()
    assert again.to_round(4).weights() == run.to_round(4).weights()
    assert run.engine.journal.recorder.card["saved"]
