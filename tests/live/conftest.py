"""A home of its own for every test, and small runs."""

import os
import time

import hypothesis
import pytest

from app.live import commands, frames
from app.live.engine import Engine
from app.live.runspec import RunSpec

hypothesis.settings.register_profile("live", max_examples=40, deadline=None)
hypothesis.settings.load_profile("live")

SMALL = {"width": 8, "depth": 1, "batch": 16}


def small_lane(name, stem="wgan", variant=None, **overrides):
    return {
        "name": name, "label": name.upper(), "color": name, "stem": stem,
        "variant": name if variant is None else variant, "overrides": SMALL | overrides,
    }  # fmt: skip


def small_run(*lanes, **fields):
    return {"seed": 7, "lanes": list(lanes) or [small_lane("clip"), small_lane("gp")], **fields}


class Bench:
    """An engine on the bench: turned by hand, its messages kept."""

    def __init__(self, spec):
        self.frames, self.events = [], []
        self.engine = Engine(RunSpec.parse(spec), self._take)

    def _take(self, tag, payload):
        if tag == b"F":
            self.frames.append(payload)
        else:
            self.events.append(payload)

    def do(self, command, viewer="v"):
        self.engine.receive(command, viewer)
        return self

    def turn(self, until, limit=20_000):
        """Tick until a condition holds."""
        for _ in range(limit):
            if until(self.engine):
                return self
            self.engine.tick()
        raise AssertionError(f"not reached; at round {self.engine.round}, {self.engine.state}")

    def to_round(self, round):
        """Step to the end of a round and stand there paused."""
        missing = round - self.engine.round
        if missing > 0:
            self.do(commands.Step(missing, "round"))
        return self.turn(lambda engine: engine.round >= round and engine.state == "paused")

    def settle(self):
        """Tick until there is nothing left to do but wait."""
        end = time.monotonic() + 240
        while time.monotonic() < end:
            if self.engine.tick() is None:
                return self
        raise AssertionError("never at rest")

    @property
    def header(self):
        return frames.header(self.frames[-1])

    def weights(self):
        return {each.name: each.snapshot() for each in self.engine.lanes}


@pytest.fixture(autouse=True)
def home(tmp_path):
    before = os.environ.get("GEN_LAB_HOME")
    os.environ["GEN_LAB_HOME"] = str(tmp_path / "home")
    yield tmp_path / "home"
    if before is None:
        del os.environ["GEN_LAB_HOME"]
    else:
        os.environ["GEN_LAB_HOME"] = before


@pytest.fixture
def bench(tmp_path):
    """Make engines that record into a folder each."""
    made = []

    def make(*lanes, record=True, **fields):
        folder = tmp_path / f"recording{len(made)}"
        if record:
            folder.mkdir(exist_ok=True)
        fields = {"play": False, "recording": str(folder) if record else None} | fields
        made.append(Bench(small_run(*lanes, **fields)))
        return made[-1]

    return make


@pytest.fixture
def lane():
    """Describe a small lane."""
    return small_lane


@pytest.fixture
def describe():
    """Describe a small run."""
    return small_run
