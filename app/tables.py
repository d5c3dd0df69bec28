"""A frame's header as tables: measures beside their floor, and the settings in force."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

__all__ = ["measures", "settings_table"]

_COLUMNS = ("Lane", "Measure", "Value", "Real samples score", "Unit")
_NUMBERS = ("Value", "Real samples score")


def measures(meta: Mapping[str, Any]) -> pd.DataFrame:
    """Tabulate a frame's slow metrics beside what fresh real samples score, NaN where they cannot.

    Args:
        meta: A frame's metadata: ``lanes`` and ``metrics``.
    """
    labels = {lane["name"]: lane["label"] for lane in meta["lanes"]}
    rows = [
        (labels.get(lane, lane), item["label"], item["value"], item["floor"], item["unit"])
        for lane, found in meta.get("metrics", {}).items()
        for item in found.values()
    ]
    # a column of nothing but None would not count as numbers
    return pd.DataFrame(rows, columns=list(_COLUMNS)).astype({name: float for name in _NUMBERS})


def settings_table(meta: Mapping[str, Any]) -> pd.DataFrame:
    """Tabulate the hot settings in force, one row a setting and one column a lane.

    Args:
        meta: A frame's metadata: ``lanes``, each with ``settings`` and ``ranges``.
    """
    columns: dict[str, dict[str, str]] = {}
    for lane in meta["lanes"]:
        for name, value in lane["settings"].items():
            symbol = lane["ranges"].get(name, {}).get("symbol", "")
            row = columns.setdefault(lane["label"], {})
            title = name.replace("_lr", " learning rate").replace("_", " ")
            row[title if symbol == name else f"{title} {symbol}".strip()] = _plain(value)
    return pd.DataFrame(columns).fillna("")


def _plain(value: object) -> str:
    numeric = isinstance(value, (int, float)) and not isinstance(value, bool)
    return f"{value:g}" if numeric else str(value)
