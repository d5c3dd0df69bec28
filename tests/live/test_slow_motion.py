"""Walking a round in slow motion: looks between steps, and the run is the run without them."""

import numpy as np
import pytest

from app.live import commands, frames


def test_a_walked_round_is_the_same_round(bench):
    alone, walked = bench(), bench()
    alone.to_round(2)
    walked.to_round(1)
    begun = [lane.state.t for lane in walked.engine.lanes]
    while walked.engine.round < 2:
        lane = walked.engine.lanes[0].state
        kind = "generator" if lane.schedule[lane.position] == "generator" else "opponent"
        arrays = look(walked, kind)
        assert np.ptp(arrays["gp/generate.fake"]) > 0
        step(walked)
    assert [lane.state.t for lane in walked.engine.lanes] == [t + 6 for t in begun]
    assert walked.weights() == alone.weights()


def look(bench, player):
    """Ask for the stages and return the arrays of the finished answer, by lane and name."""
    bench.do(commands.Look("stages", {"player": player}, request=5)).settle()
    bench.do(commands.Want()).settle()
    arrays, fields = frames.decode(bench.frames[-1])
    answers = [each for each in fields["entries"] if each["request"] == 5]
    assert {each["lane"] for each in answers} == {"clip", "gp"}
    assert all(each["progress"] == 1 and not each["error"] for each in answers)
    return {
        f"{each['lane']}/{name}": arrays[f"{each['lane']}/{each['key']}/{name}"]
        for each in answers
        for name in each["arrays"]
    }


def step(bench):
    bench.do(commands.Step(1, "turn")).turn(lambda engine: engine.state == "paused")


def test_the_points_are_in_the_frame_before_the_update_that_uses_them(bench):
    walked = bench()
    walked.to_round(1)
    lane = walked.engine.lanes[1]
    shown = look(walked, "opponent")
    drawn = lane.state.recipe.real_batch(lane.state)[:24].numpy()
    np.testing.assert_array_equal(shown["gp/sample.real"], drawn)
    assert "gp/slope.slope" in shown and "clip/slope.slope" not in shown


def test_a_turn_is_one_update_of_each_lane_that_is_not_waiting(bench, lane):
    """Rounds of 2 and of 6 updates: the short lane waits at its end while the long one goes on."""
    walked = bench(lane("clip", n_critic=1), lane("gp", n_critic=5))
    seen = []
    for _ in range(7):
        step(walked)
        seen.append(tuple(each.state.t for each in walked.engine.lanes))
    assert seen == [(1, 1), (2, 2), (2, 3), (2, 4), (2, 5), (2, 6), (3, 7)]


@pytest.mark.parametrize("name", ["clip", "gp"])
def test_a_lane_tells_the_settings_that_its_code_asks_for(bench, name):
    walked = bench()
    walked.settle()
    (lane,) = [each for each in walked.header["lanes"] if each["name"] == name]
    assert lane["given"]["method"] == name
    assert lane["given"]["optimizer"] in ("adam", "rmsprop")
    assert not lane["given"].keys() & lane["settings"].keys()
