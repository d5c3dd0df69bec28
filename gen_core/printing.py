"""Tables for a terminal: what a training measured, and what an evaluation found."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from gen_core.evaluate import Comparison
from gen_core.evaluation.figures import Estimate

__all__ = ["Entries", "beside_real_samples", "beside_the_card"]

Entries = dict[str, dict[str, object]]
"""Metrics as a card keeps them: by name, each with value, floor, label, unit and scope."""


def beside_real_samples(
    curves: Mapping[str, tuple[str, str]], last: Mapping[str, float], measured: Mapping[str, Any]
) -> Table:
    """Tabulate a training's numbers, slow metrics beside the score of fresh real samples.

    Args:
        curves: Label and unit of each fast metric.
        last: The fast metrics of the last update.
        measured: The slow ones, as a card keeps them.
    """
    table = Table("metric", "value", "fresh real samples", "unit")
    for name, value in last.items():
        label, unit = curves.get(name, (name, ""))
        table.add_row(label, f"{value:.4g}", "", unit)
    for item in measured.values():
        floor = "" if item["floor"] is None else f"{item['floor']:.4g}"
        table.add_row(item["label"], f"{item['value']:.4g}", floor, item["unit"])
    return table


def beside_the_card(compared: Mapping[str, Comparison]) -> Table:
    """Tabulate test figures with their standard errors beside what the card says.

    Args:
        compared: What :func:`gen_core.evaluate.compare` found.
    """
    table = Table("figure", "measured ± s.e.", "card ± s.e.", "", "pictures")
    for each in compared.values():
        now = each.figure
        with_n = f", N = {now.samples}" if now.samples else ""
        table.add_row(
            f"{now.label}{with_n} ({now.unit})",
            _with_error(now.estimate),
            _with_error(each.card) if each.card else "",
            _verdict(each),
            str(now.pictures),
        )
    return table


def _verdict(compared: Comparison) -> str:
    if compared.card is None:
        return ""
    if not compared.same_samples:
        return "another N"
    return "agrees" if compared.agrees else "differs"


def _with_error(estimate: Estimate) -> str:
    error = f" ± {estimate.error:.2g}" if estimate.error else ""
    return f"{estimate.value:.5g}{error}"
