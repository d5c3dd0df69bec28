"""The kept results beside their bars, as one Markdown table."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ROWS", "Row", "render", "write"]

README = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- table -->\n", "\n<!-- end -->"


@dataclass(frozen=True)
class Row:
    """One line of the table: a bar and where its number stands."""

    what: str
    file: str
    command: str
    path: tuple[str, ...]
    bar: str
    holds: Callable[[float], bool]
    show: Callable[[float], str]


LIVE = "python -m benchmarks.run live"
TOY = "python -m benchmarks.run toy_training"
PAGE = "python -m benchmarks.run page"
CHECKPOINTS = "python -m benchmarks.run checkpoints"
DRAG = "python -m benchmarks.run drag"
MEMORY = "python -m benchmarks.run memory"
LIKELIHOOD = "python -m benchmarks.run likelihood"
PIXELCNN = "python -m benchmarks.run pixelcnn"
FLOWS = "python -m benchmarks.run flows"
ROWS = (
    Row(
        "live picture: frames painted", "live", LIVE,
        ("live_picture", "painted_frames_per_second"),
        "≥ 30 /s", lambda x: x >= 30, "{:.1f} /s".format,
    ),
    Row(
        "live picture: real updates", "live", LIVE,
        ("live_picture", "real_updates_per_second"),
        "≥ 10 /s", lambda x: x >= 10, "{:.1f} /s".format,
    ),
    Row(
        "response: hot edit in the picture, median", "live", LIVE,
        ("response", "median_ms"), "≤ 250 ms", lambda x: x <= 250, "{:.0f} ms".format,
    ),
    Row(
        "cost of watching: speed kept", "live", LIVE,
        ("cost_of_watching", "share_kept"), "≥ 85 %", lambda x: x >= 0.85, "{:.0%}".format,
    ),
    Row(
        "toy training, width 128, against its reference", "toy_training", TOY,
        ("128", "ratio"), "≥ 1.5×", lambda x: x >= 1.5, "{:.2f}×".format,
    ),
    Row(
        "toy training, width 512, against its reference", "toy_training", TOY,
        ("512", "ratio"), "≥ 1×", lambda x: x >= 1, "{:.2f}×".format,
    ),
    Row(
        "toy training on a GPU, width 128", "toy_training_cuda", f"{TOY} --device cuda",
        ("128", "ratio"), "≥ 10×", lambda x: x >= 10, "{:.2f}×".format,
    ),
    Row(
        "first page after the server's start: navigation and text", "page", PAGE,
        ("first_page_text", "median_s"), "≤ 6 s", lambda x: x <= 6, "{:.1f} s".format,
    ),
    Row(
        "first page after the server's start: a live picture", "page", PAGE,
        ("first_page_picture", "median_s"), "≤ 6 s", lambda x: x <= 6, "{:.1f} s".format,
    ),
    Row(
        "page with its recording", "page", PAGE,
        ("page_with_recording", "median_s"), "≤ 2 s", lambda x: x <= 2, "{:.1f} s".format,
    ),
    Row(
        "page with its checkpoint, the middle one of all", "checkpoints", CHECKPOINTS,
        ("middle_s",), "≤ 2 s", lambda x: x <= 2, "{:.1f} s".format,
    ),
    Row(
        "page with its checkpoint, the slowest", "checkpoints", CHECKPOINTS,
        ("slowest", "median_s"), "≤ 2 s", lambda x: x <= 2, "{:.1f} s".format,
    ),
    Row(
        "page change", "page", PAGE,
        ("page_change", "median_s"), "≤ 1 s", lambda x: x <= 1, "{:.1f} s".format,
    ),
    Row(
        "dragging over a VAE's plane: pictures painted", "drag", DRAG,
        ("pictures_per_second",), "≥ 20 /s", lambda x: x >= 20, "{:.1f} /s".format,
    ),
    Row(
        "dragging over a VAE's plane: looks unanswered at once, at most", "drag", DRAG,
        ("most_looks_unanswered",), "≤ 3", lambda x: x <= 3, "{:.0f}".format,
    ),
    Row(
        "dragging over a VAE's plane: the last place's picture stays", "drag", DRAG,
        ("share_where_the_last_stays",), "100 %", lambda x: x == 1, "{:.0%}".format,
    ),
    Row(
        "memory of the server: growth", "memory", MEMORY,
        ("server_growth_mb_per_hour",), "≤ 10 MB/h", lambda x: x <= 10, "{:.0f} MB/h".format,
    ),
    Row(
        "memory of the worker: growth", "memory", MEMORY,
        ("worker_growth_mb_per_hour",), "≤ 10 MB/h", lambda x: x <= 10, "{:.0f} MB/h".format,
    ),
    Row(
        "memory of 5000 importance samples a picture: above that of 500", "likelihood", LIKELIHOOD,
        ("growth_mb",), "≤ 10 MB", lambda x: x <= 10, "{:.1f} MB".format,
    ),
    Row(
        "gated PixelCNN, training against a plain one of equal size", "pixelcnn", PIXELCNN,
        ("training_ratio",), "≥ 1×", lambda x: x >= 1, "{:.2f}×".format,
    ),
    Row(
        "PixelCNN sampling, cached against full forward passes", "pixelcnn", PIXELCNN,
        ("sampling_ratio",), "≥ 50×", lambda x: x >= 50, "{:.0f}×".format,
    ),
    Row(
        "2-D Real NVP, training against the fastest peer", "flows", FLOWS,
        ("training_ratio",), "≥ 1.3×", lambda x: x >= 1.3, "{:.2f}×".format,
    ),
    Row(
        "2-D Real NVP, density against the fastest peer", "flows", FLOWS,
        ("density_ratio",), "≥ 1.3×", lambda x: x >= 1.3, "{:.2f}×".format,
    ),
    Row(
        "2-D Real NVP, sampling against the fastest peer", "flows", FLOWS,
        ("sampling_ratio",), "≥ 1.3×", lambda x: x >= 1.3, "{:.2f}×".format,
    ),
)  # fmt: skip


def render(results: Path) -> str:
    """One line a bar; a measurement that was not made leaves its line empty."""
    lines = ["| what | bar | measured | reached | command |", "|---|---|---|---|---|"]
    machines: list[str] = []
    for row in ROWS:
        file = results / f"{row.file}.json"
        measured = reached = ""
        if file.exists():
            kept = json.loads(file.read_text())
            value = _found(kept["result"], row.path)
            if value is not None:
                measured, reached = row.show(value), "yes" if row.holds(value) else "**no**"
            machines.append(_machine(row.file, kept["machine"]))
        lines.append(f"| {row.what} | {row.bar} | {measured} | {reached} | `{row.command}` |")
    return "\n".join([*lines, "", *dict.fromkeys(machines)])


def _found(result: dict, path: tuple[str, ...]) -> float | None:
    """The number at a path; None where an older measurement did not make it."""
    for key in path:
        if key not in result:
            return None
        result = result[key]
    return result


def write(results: Path, readme: Path = README) -> None:
    """Put the table into the README, between its two marks."""
    before, rest = readme.read_text().split(BEGIN)
    after = rest.partition(END)[2]
    readme.write_text(f"{before}{BEGIN}{render(results)}{END}{after}")


def _machine(name: str, machine: dict) -> str:
    threads = machine["torch_threads"]
    return (
        f"* `{name}`: {machine['device']}, {machine['cores']} cores, "
        f"{threads} thread{'' if threads == 1 else 's'}, "
        f"torch {machine['torch']}, {machine['date']}"
        f"{_load(machine)}."
    )


def _load(machine: dict) -> str:
    """The machine's load just before: on a busy machine every number but a ratio is worse."""
    load = machine.get("load_before")
    return f", load before {load[0]:.1f}" if load else ""
