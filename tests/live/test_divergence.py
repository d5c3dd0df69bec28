"""A lane that is no longer finite pauses the run, is named, and can be taken back or left out."""

import json

import pytest
import torch

from app.live import commands
from gen_core.recipes.base import recipes


def explode(run, lane="gp"):
    """Let a learning rate explode until the engine notices."""
    run.to_round(2)
    run.engine.journal.keep_moment(run.engine.moment, now=True)
    for name in ("critic_lr", "generator_lr"):
        run.do(commands.SetValue(name, 10.0, lane))
    return run.do(commands.Play()).turn(lambda e: e.state == "diverged")


@pytest.fixture
def exploded(bench, lane):
    return explode(bench(lane("clip"), lane("gp", depth=12, width=32)))


def test_an_exploding_learning_rate_pauses_the_run_and_is_named(exploded):
    exploded.settle()
    header = exploded.header
    assert header["state"] == "diverged"
    assert header["message"].startswith("GP diverged at round ")
    assert "nan" in header["message"] or "inf" in header["message"]
    assert [each["status"] for each in header["lanes"]] == ["ok", "diverged"]


def test_a_diverged_run_does_not_play_on(exploded):
    before = [lane.state.t for lane in exploded.engine.lanes]
    exploded.do(commands.Play()).do(commands.Step())
    exploded.settle()
    assert [lane.state.t for lane in exploded.engine.lanes] == before
    said = [json.loads(event) for event in exploded.events]
    assert "freeze the lane" in [e["message"] for e in said if e["event"] == "error"][-1]


def test_back_is_the_last_good_moment_and_undoes_the_edit(exploded, bench, lane):
    exploded.do(commands.Recover("gp", "back"))
    engine = exploded.engine
    assert engine.state == "paused" and [each.status for each in engine.lanes] == ["ok", "ok"]
    assert all(
        bool(value.isfinite().all())
        for each in engine.lanes
        for model in each.state.models.values()
        for value in model.parameters()
    )
    if not engine.marks:  # the moment was before the edits
        reference = bench(lane("clip"), lane("gp", depth=12, width=32)).to_round(engine.round)
        assert exploded.weights() == reference.weights()
    exploded.to_round(engine.round + 1)
    assert max(engine.journal.rounds) == engine.round


def test_freezing_goes_on_with_the_others(exploded):
    exploded.do(commands.Recover("gp", "freeze"))
    clip, gp = exploded.engine.lanes
    frozen, start = gp.snapshot(), clip.state.round
    exploded.turn(lambda e: clip.state.round >= start + 3)
    assert exploded.engine.state == "playing"
    assert gp.snapshot() == frozen
    assert gp.status == "frozen" and "frozen at round" in gp.message and "diverged" in gp.message
    assert all(bool(p.isfinite().all()) for p in gp.state.models["critic"].parameters())


def test_a_parameter_that_is_not_finite_is_named_with_its_value(bench):
    run = bench().to_round(1)
    critic = run.engine.lanes[1].state.models["critic"]
    name, weight = list(critic.named_parameters())[-1]
    with torch.no_grad():
        weight.fill_(float("-inf"))
    assert run.engine.lanes[1].bad_parameter() == (f"the parameter critic.{name}", float("-inf"))
    assert run.engine.good_moment() is None  # never kept as a place to go back to
    assert run.engine.state == "diverged" and name in run.engine.message


def test_a_bad_parameter_shows_within_a_round(bench):
    run = bench().to_round(1)
    with torch.no_grad():
        next(iter(run.engine.lanes[1].state.models["critic"].parameters())).fill_(float("nan"))
    run.do(commands.Play()).turn(lambda e: e.state == "diverged")
    assert run.engine.round <= 2 and "nan" in run.engine.message


class Poisoned:
    """Data of which every batch is NaN."""

    def __init__(self, data):
        self.data = data

    def __getattr__(self, name):
        return getattr(self.data, name)

    def batch(self, *asked):
        return torch.full_like(self.data.batch(*asked), float("nan"))


@pytest.mark.parametrize(
    ("stem", "variant", "size"),
    [
        ("realnvp", "plane", {"width": 8, "couplings": 2}),
        ("planar", "radial", {"steps": 2}),
        ("realnvp_images", "digits", {"width": 4}),
        ("iaf", "digits", {"width": 8, "flow_width": 8}),
        ("resnet_vae", "digits", {"width": 8, "blocks": 2}),
    ],
)
def test_data_that_are_no_numbers_stop_a_flow_by_name_and_the_others_go_on(
    bench, lane, monkeypatch, stem, variant, size
):
    recipe = recipes()[stem]
    monkeypatch.setattr(
        recipe, "dataset", lambda self, whole=recipe.dataset: Poisoned(whole(self))
    )
    flow = lane("flow", stem, variant) | {"overrides": {"batch": 8, **size}}
    run = bench(lane("clip"), flow)
    run.do(commands.Play()).turn(lambda e: e.state == "diverged")
    assert run.engine.round <= 1 and run.engine.message.startswith("FLOW diverged at round ")
    assert run.engine.message.endswith(" is nan.")
    clip, flow = run.engine.lanes
    run.do(commands.Recover("flow", "freeze")).turn(lambda e: clip.state.round >= 3)
    assert (clip.status, flow.status) == ("ok", "frozen") and run.engine.state == "playing"


def test_nothing_to_recover_is_said(bench):
    run = bench().do(commands.Recover("gp", "back"))
    assert "Nothing needs recovering" in json.loads(run.events[-1])["message"]
