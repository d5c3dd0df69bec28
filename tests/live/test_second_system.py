"""A second system on the same engine: an autoencoder with one player, pictures, and a slow probe.

It goes through a real worker process; the engine knows nothing of it.
"""

from pathlib import Path

import numpy as np
import pytest

from app.live import commands, frames
from app.live.runs import RunManager
from gen_core.exploration.base import View, probe_key, run_probe
from gen_core.recipes.base import make
from gen_core.training.loop import TrainingState, train

SEED, WIDTH, BETA = 7, 32, 2.0
SAMPLES = {"samples": 24}
LIKELIHOOD = probe_key("test_likelihood", SAMPLES)
WAIT = 120.0


class Watched:
    """A run with a viewer that takes every frame as soon as it comes."""

    def __init__(self, manager, run):
        self.manager, self.run = manager, run

    def do(self, what, /, **fields):
        command = commands.parse({"do": what, **fields})
        if isinstance(command, (commands.Look, commands.Subscribe)):
            self.run.pass_on(command, "viewer")
        else:
            self.manager.command(self.run, command)

    def until(self, shown):
        """Take frames until one shows something; return its arrays and header."""
        for _ in range(2000):
            arrays, header = frames.decode(self.run.latest)
            if shown(arrays, header):
                return arrays, header
            with self.run.changed:
                version = self.run.version
                self.run.pass_on(commands.Want(), None)
                came = self.run.changed.wait_for(lambda v=version: self.run.version > v, WAIT)
            assert came, f"no frame came; the last: {header}"
        raise AssertionError(f"never shown; the last frame: {header}")

    def paused(self, round):
        there = ("paused", round)
        return self.until(lambda a, h: (h["state"], h["round"]) == there and h["lanes"])


@pytest.fixture
def watched():
    manager = RunManager(limit=1, spare=False)
    lane = {"name": "vae", "label": "VAE", "color": "lane3", "stem": "vae",
            "variant": "binomial", "overrides": {"width": WIDTH}}  # fmt: skip
    shown = [{"probe": "manifold"}, {"probe": "test_likelihood", "settings": SAMPLES}]
    run = manager.start({"seed": SEED, "lanes": [lane], "probes": shown, "play": False})
    yield Watched(manager, run)
    manager.stop_all()


def headless(rounds, edit_at=None):
    """The same training without an engine."""
    state = TrainingState.start(make("vae", "binomial", {"width": WIDTH}), SEED)
    steps = train(state)
    for round in range(rounds):
        if round == edit_at:
            state.edit("beta", BETA)
        next(steps)
    return state


def entry(header, key):
    return next((each for each in header["entries"] if each["key"] == key), None)


def finished(header):
    found = entry(header, LIKELIHOOD)
    return found is not None and found["progress"] == 1 and found["t"] == header["lanes"][0]["t"]


def test_an_autoencoder_trains_steps_takes_edits_and_goes_back(watched):
    first, header = watched.paused(0)
    assert first["vae/manifold/images"].shape == (196, 8, 8)
    assert first["vae/manifold/images"].dtype == np.uint8
    assert header["lanes"][0]["schedule"] == ["vae"]
    assert header["lanes"][0]["settings"] == {
        "learning_rate": 0.001,
        "beta": 1.0,
        "free_bits": 0.0,
    }

    watched.do("step", n=20, player="vae")
    trained, header = watched.paused(20)
    assert header["lanes"][0]["t"] == 20
    assert (trained["vae/manifold/images"] != first["vae/manifold/images"]).any()
    bound = trained["vae/curves/elbo"]
    assert len(bound) == 20 and bound[-1] > bound[0] + 100
    assert header["curves"]["kl"] == {"label": "KL(q(z|x) ‖ p(z))", "unit": "nats"}

    watched.do("set", name="beta", value=BETA)
    watched.do("step", n=10, player="round")
    edited, header = watched.paused(30)
    mark = {"round": 20, "t": 20, "lane": "vae", "name": "beta", "value": BETA}
    assert header["marks"] == [mark] and header["lanes"][0]["settings"]["beta"] == BETA
    alone = headless(30, edit_at=20)
    expected = run_probe(View.of(alone), "manifold")["images"]
    np.testing.assert_array_equal(edited["vae/manifold/images"], expected)

    watched.do("seek", round=0)
    past, header = watched.until(lambda a, h: h["state"] == "seeking")
    assert (header["round"], header["head"]) == (0, 30)
    np.testing.assert_array_equal(past["vae/manifold/images"], first["vae/manifold/images"])


def test_a_slow_probe_a_metric_and_a_look_are_answered(watched):
    watched.paused(0)
    watched.do("step", n=5, player="round")
    watched.paused(5)
    arrays, _ = watched.until(lambda a, h: h["round"] == 5 and finished(h))
    expected = run_probe(View.of(headless(5)), "test_likelihood", SAMPLES)
    np.testing.assert_array_equal(arrays[f"vae/{LIKELIHOOD}/log_p"], expected["log_p"])
    assert arrays[f"vae/{LIKELIHOOD}/samples"].tolist() == [8, 16, 24]

    _, header = watched.until(lambda a, h: "knn_error" in h["metrics"].get("vae", {}))
    metric = header["metrics"]["vae"]["knn_error"]
    assert metric["unit"] == "%" and metric["floor"] == pytest.approx(100 * 13 / 360)
    assert metric["floor"] < metric["value"] <= 100

    watched.do("look", probe="posteriors", settings={}, size=64, request=5)
    asked = lambda a, h: any(each["request"] == 5 for each in h["entries"])  # noqa: E731
    arrays, header = watched.until(asked)
    answer = next(each for each in header["entries"] if each["request"] == 5)
    expected = run_probe(View.of(headless(5)), "posteriors")
    for name, array in expected.items():
        np.testing.assert_array_equal(arrays[f"vae/{answer['key']}/{name}"], array)
    watched.do("subscribe", probes=[{"probe": "surface"}, {"probe": "posteriors"}])
    _, header = watched.until(lambda a, h: entry(h, "posteriors") is not None)
    assert entry(header, "surface") is None


def test_a_sleeping_autoencoder_wakes_and_goes_on_bit_for_bit(watched):
    watched.paused(0)
    watched.do("step", n=6, player="")
    watched.paused(6)
    watched.do("sleep")
    assert watched.run.wait_for("asleep", timeout=WAIT) and watched.run.worker is None
    watched.do("step", n=6, player="")
    arrays, _ = watched.paused(12)
    expected = run_probe(View.of(headless(12)), "manifold")["images"]
    np.testing.assert_array_equal(arrays["vae/manifold/images"], expected)


def test_the_engine_knows_nothing_of_autoencoders():
    engine = Path(__file__).resolve().parents[2] / "app" / "live"
    files = [path for kind in ("*.py", "*.js") for path in engine.rglob(kind)]
    assert len(files) > 20
    words = ("vae", "manifold", "posteriors", "test_likelihood", "elbo")
    known = {p.name: [w for w in words if w in p.read_text().lower()] for p in files}
    assert {name: found for name, found in known.items() if found} == {}
