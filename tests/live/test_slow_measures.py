"""Slow metrics and slow probes: named at once, measured in turns, each beside its floor."""

import dataclasses

import numpy as np

from app.cards import figures_of
from app.library import Library
from app.live import commands
from gen_core.checkpoint import card_beside


def test_slow_metrics_come_with_the_floor_of_real_data(bench):
    run = bench().settle().do(commands.Want()).settle()
    values = run.header["metrics"]["gp"]
    assert values.keys() == run.engine.lanes[1].state.recipe.metrics().keys() and values
    for value in values.values():
        assert np.isfinite([value["value"], value["floor"]]).all() and value["label"]


def test_a_saved_card_says_when_each_metric_was_measured(bench, lane, home):
    run = bench(lane("gp")).to_round(2).settle().do(commands.Save("mine"))
    path = home / "checkpoints" / "wgan" / "mine-gp.safetensors"
    metrics = card_beside(path)["metrics"]
    assert metrics.keys() == run.engine.lanes[0].state.recipe.metrics().keys()
    assert {each["scope"] for each in metrics.values()} == {"in training, after 2 rounds"}
    [kept] = Library(home).checkpoints("wgan")
    assert {each.scope for each in figures_of(kept.card)} == {"in training, after 2 rounds"}


def test_a_metric_without_a_floor_is_measured_all_the_same(bench):
    run = bench()
    declared = run.engine.measurer.declared
    w1 = dataclasses.replace(declared["gp"]["w1"], floor=None)
    declared["gp"] = {**declared["gp"], "w1": w1}
    values = run.settle().do(commands.Want()).settle().header["metrics"]["gp"]
    assert values["w1"]["floor"] is None and np.isfinite(values["w1"]["value"])
    assert np.isfinite(values["modes"]["floor"]), "the others keep theirs"


def test_a_metric_in_another_unit_costs_no_second_measurement(bench):
    run = bench()
    declared = run.engine.measurer.declared
    begun = []

    def steps(view):
        begun.append(view.t)
        yield from (1.0, 4.0)

    counted = dataclasses.replace(declared["gp"]["w1"], steps=steps)
    half = counted.scaled("w1", 0.5, "diameters")
    declared["gp"] = {"w1": counted, "half": half}
    values = run.settle().do(commands.Want()).settle().header["metrics"]["gp"]
    assert (values["w1"]["value"], values["half"]["value"]) == (4.0, 2.0)
    assert values["half"]["floor"] == 0.5 * values["w1"]["floor"]
    assert values["half"]["unit"] == "diameters" and begun == [0]
    run.to_round(1).settle()
    assert begun[-1] == run.engine.lanes[1].state.t > 0, "later both are measured anew"


def test_curves_have_their_labels_before_their_first_value(bench):
    """A legend that named a slow metric "w1" until it is measured would change under the eye."""
    run = bench().turn(lambda engine: engine.urgent is False)
    first = run.header["curves"]
    assert not any(run.header["metrics"].values()), "nothing is measured yet"
    assert first["w1"] == {"label": "W₁ to the data", "unit": ""}
    assert first["high_quality"] == {"label": "High quality, within 3σ", "unit": "%"}
    assert first["critic_estimate"]["label"] == "Critic's estimate"
    run.to_round(2).settle()
    measured = run.engine.lanes[0].history.newest
    assert measured and all(run.header["curves"][name] == first[name] for name in measured)


def test_slow_probes_of_all_lanes_and_metrics_take_turns(bench):
    """While a run trains every look is out of date at once; none may keep the others waiting."""
    run = bench(play=True, probes=[{"probe": "coupling", "settings": {"n": 16}}])
    run.engine.metric_purse.share = run.engine.paint_purse.share = 0.5

    def all_seen(engine):
        entries = engine.observer.gather(8)[1]  # as a frame does, between any two updates
        measured = engine.measurer.values.values()
        return all(each["progress"] == 1 for each in entries) and all(
            lane.get("w1", {}).get("value") is not None for lane in measured
        )

    run.turn(all_seen)
    assert run.engine.round > 0
