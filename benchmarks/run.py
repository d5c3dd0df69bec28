"""Runs a measurement by name and keeps its result: `python -m benchmarks.run NAME`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import torch
import typer
from rich import print_json

from benchmarks import drag, flows, likelihood, live, memory, page, pixelcnn, table, toy_training
from benchmarks.machine import describe_machine

RESULTS = Path(__file__).parent / "results"
app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)


def keep(name: str, settings: dict[str, object], measure: Callable[[], object]) -> None:
    """Measure, print, write `results/<name>.json` with the machine, and renew the table."""
    machine = describe_machine(str(settings.get("device", "cpu")))
    found = measure()
    machine["torch_threads"] = torch.get_num_threads()  # as the measurement set them
    result = {"name": name, "machine": machine, "settings": settings, "result": found}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    table.write(RESULTS)
    print_json(json.dumps(result))


@app.command("toy_training")
def run_toy_training(
    rounds: Annotated[int, typer.Option(help="Rounds of each path.")] = 100,
    device: Annotated[str, typer.Option(help="cpu, cuda, mps or auto.")] = "cpu",
) -> None:
    """WGAN-GP's update against its reference update, at widths 128 and 512."""
    name = "toy_training" if device == "cpu" else f"toy_training_{device}"
    settings = {"rounds": rounds, "device": device}
    keep(name, settings, lambda: toy_training.measure(rounds=rounds, device=device))


@app.command("live")
def run_live(
    seconds: Annotated[float, typer.Option(help="Length of each stretch.")] = 20,
    edits: Annotated[int, typer.Option(help="Hot edits timed.")] = 24,
) -> None:
    """Live picture, response and cost of watching, on one server and one run."""
    settings = {"seconds": seconds, "edits": edits}
    keep("live", settings, lambda: live.measure(seconds=seconds, edits=edits))


@app.command("page")
def run_page(
    repeats: Annotated[int, typer.Option(help="Starts and changes timed.")] = 5,
) -> None:
    """Seconds to the first page, to a page with its recording, and of a page change."""
    keep("page", {"repeats": repeats}, lambda: page.measure(repeats=repeats))


@app.command("checkpoints")
def run_checkpoints(
    repeats: Annotated[int, typer.Option(help="How often every page is opened.")] = 1,
) -> None:
    """Seconds to every page with its checkpoint, in a browser that knows the lab and a new one."""
    measure = page.measure_checkpoints
    keep("checkpoints", {"repeats": repeats}, lambda: measure(repeats=repeats))


@app.command("drag")
def run_drag(
    seconds: Annotated[float, typer.Option(help="How long the pointer moves on each plane.")] = 10,
) -> None:
    """Pictures painted while a pointer is dragged over a VAE's latent plane, and which stays."""
    keep("drag", {"seconds": seconds}, lambda: drag.measure(seconds=seconds))


@app.command("memory")
def run_memory(
    minutes: Annotated[float, typer.Option(help="120 for the full bar.")] = 10,
) -> None:
    """Resident memory of server and worker while a run plays and somebody watches."""
    keep("memory", {"minutes": minutes}, lambda: memory.measure(minutes=minutes))


@app.command("likelihood")
def run_likelihood(
    samples: Annotated[int, typer.Option(help="Importance samples N for each picture.")] = 5000,
) -> None:
    """Peak memory of an importance-weighted likelihood, against that of few samples."""
    keep("likelihood", {"samples": samples}, lambda: likelihood.measure(samples=samples))


@app.command("pixelcnn")
def run_pixelcnn(
    batch: Annotated[int, typer.Option(help="Pictures in an update.")] = 32,
    seconds: Annotated[float, typer.Option(help="Length of the training stretch.")] = 20,
) -> None:
    """Training of the gated PixelCNN against a plain one, and cached against full sampling."""
    settings = {"batch": batch, "seconds": seconds}
    keep("pixelcnn", settings, lambda: pixelcnn.measure(batch=batch, seconds=seconds))


@app.command("flows")
def run_flows(
    calls: Annotated[int, typer.Option(help="Calls of each flow and task.")] = 200,
    threads: Annotated[int, typer.Option(help="Threads of torch; a lane trains on one.")] = 1,
) -> None:
    """2-D Real NVP against zuko, normflows and nflows, whichever are installed."""
    settings = {"calls": calls, "threads": threads}
    keep("flows", settings, lambda: flows.measure(calls=calls, threads=threads))


@app.command("table")
def print_table() -> None:
    """The kept results beside their bars, as the Markdown table of the README."""
    typer.echo(table.render(RESULTS))


if __name__ == "__main__":
    app()
