"""Cards in words: figures with unit and scope, two side by side, and nonsense that is harmless."""

import dataclasses
import math

import pytest

from app.cards import compared, data_of, figures_of, rows
from app.kept import CHECKPOINT, Kept
from app.library import Library
from app.preset import SHIPPED

KEPT = {kept.id: kept for kept in Library(SHIPPED / "nothing of one's own").kept()}


def of(card, **lane):
    recipe = {"stem": "vae", "variant": "binomial", "overrides": {}} | lane
    lanes = ({"name": "", "label": "vae", **recipe},)
    return Kept("saved/vae/x", CHECKPOINT, False, "x", lanes, {"": SHIPPED / "x"}, {"": card})


def text(kept):
    return {row.name: row.text[0] for row in rows(kept)}


def test_a_shipped_card_reads_as_its_table_does():
    said = text(KEPT["pixelvae/mnist-2d"])
    assert said["Paper"] == "PixelVAE" and said["Recipe"] == "pixelvae, mnist-2d"
    assert said["Evidence lower bound, nats"] == "−84.85 ± 0.21 (10000 test pictures)"
    assert said["Parameters"] == "123 989" and said["Setting precision"] == "bfloat16"
    assert said["Made by"].startswith("python -m gen_core train pixelvae")
    assert data_of(KEPT["pixelvae/mnist-2d"]) == ("MNIST, binarised anew",)
    assert data_of(KEPT["recordings/critic-surfaces-8gaussians"]) == ("8 Gaussians",)


@pytest.mark.parametrize("error, written", [
    (0.23, "1.50 ± 0.23"), (0.0012, "1.5000 ± 0.0012"), (46.0, "2 ± 46"), (0, "1.5"),
    (math.nan, "1.5"), (math.inf, "1.5"), ("much", "1.5"), (None, "1.5"),
])
def test_a_value_has_the_digits_that_its_error_leaves(error, written):
    card = {"metrics": {"a": {"label": "A", "value": 1.5, "error": error, "unit": "nats"}}}
    assert [each.text for each in figures_of(card)] == [written]


def test_two_cards_are_marked_where_they_differ_and_nowhere_else():
    one = of({"seed": 1, "threads": 1, "round": 5})
    other = of({"seed": 2, "threads": 1, "round": 5}, overrides={"learning_rate": 0.5})
    lines = {line.name: line for line in compared(one, other)}
    assert lines["Seed"].differs and not lines["Threads"].differs
    assert lines["Setting learning_rate"].differs, "a default stands beside what was set"
    assert lines["Setting learning_rate"].text == ("0.001", "0.5")
    assert not any(line.differs for line in compared(one, dataclasses.replace(one)))
    beside = compared(KEPT["vae/mnist-2d"], KEPT["pixelvae/mnist-2d"])
    assert all(line.differs == (len(set(line.text)) == 2) for line in beside)


@pytest.mark.parametrize("nonsense", [None, 7, "x", [], [1], {"a": None}, {"a": {"value": "x"}}])
def test_nonsense_in_a_card_is_left_out(nonsense):
    names = ("metrics", "data", "software", "parameters", "log", "seed", "command", "recording")
    card = dict.fromkeys(names, nonsense)
    assert text(of(card))["Paper"] == "VAE" and figures_of(card) == []
    assert "Setting" not in " ".join(text(of(card)))
