"""Saving that is killed: the files are whole, and what loads is what was saved."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gen_core.checkpoint import card_of, load, save
from gen_core.recipes.base import make
from gen_core.training.loop import TrainingState
from gen_core.training.snapshot import take


def saved(path, seed):
    """Keep an untrained network of a seed, and return its weights' path."""
    state = TrainingState.start(make("wgan", "gp", {"width": 6, "depth": 1}), seed)
    return save(path, take(state), card_of(state, "make tiny"))


WRITER = """
import sys
from pathlib import Path
from gen_core.checkpoint import save
path = Path(sys.argv[1])
print("ready", flush=True)
for n in range(10**9):
    save(path, bytes([n % 256]) * 3_000_000, {"n": n % 256})
    if n == 3:
        print("writing", flush=True)
"""


def assert_whole(data):
    assert len(data) == 3_000_000 and data == data[:1] * len(data)


def test_a_writer_killed_at_any_moment_leaves_no_half_file(tmp_path):
    """Read amid a dozen saves, then kill -9: the weights are always one of those saved, whole."""
    path = tmp_path / "w.safetensors"
    root = Path(__file__).parents[1]
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], cwd=root, stdout=subprocess.PIPE, text=True
    )
    try:
        assert writer.stdout.readline() == "ready\n"
        assert writer.stdout.readline() == "writing\n"
        seen = set()
        while len(seen) < 12:
            data = path.read_bytes()
            assert_whole(data)
            seen.add(data[0])
    finally:
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
    data = path.read_bytes()
    assert_whole(data)
    card_path = path.with_suffix(".json")
    assert not card_path.exists() or json.loads(card_path.read_text())["n"] == data[0]
    others = {p.name for p in tmp_path.iterdir()} - {path.name, "w.json"}
    assert all(name.endswith(".partial") for name in others)


@pytest.mark.parametrize("renames", [0, 1, 2])
def test_a_kill_between_weights_and_card_leaves_what_loads(tmp_path, monkeypatch, renames):
    """One save over another, stopped after so many renames: the old pair, or the new weights."""

    class Killed(BaseException):
        pass

    path = saved(tmp_path / "tiny.safetensors", seed=1)
    replace, done = Path.replace, []

    def rename(partial, target):
        if len(done) == renames:
            raise Killed
        done.append(target)
        return replace(partial, target)

    monkeypatch.setattr(Path, "replace", rename)
    with contextlib.suppress(Killed):
        saved(path, seed=2)
    found = load(path)
    assert found.state.seed == (2 if renames else 1)
    assert found.card == {} or renames == 2
