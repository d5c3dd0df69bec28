"""Workers as processes: they end with their channel, die alone, sleep, wake and fork."""

import ast
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from app.live import commands, frames, resting
from app.live.channel import ROOT
from app.live.process import WorkerProcess
from app.live.recorder import Recorder
from app.live.recording import Recording
from app.live.runs import WAKES, RunManager
from gen_core.errors import CommandError

READY = 120  # seconds; a loaded machine imports torch slowly


@pytest.fixture
def runs():
    made = RunManager(limit=3, spare=False)
    yield made
    made.stop_all()
    _, left = psutil.wait_procs(psutil.Process().children(), timeout=READY)
    assert not left


def start(runs, describe, **fields):
    run = runs.start(describe(**fields))
    states = ("playing", "paused", "ended", "lost")
    assert run.wait_for(*states, timeout=READY), run.state
    assert run.state in ("playing", "paused"), run.message
    return run


def wait_until(run, condition, timeout=READY):
    with run.changed:
        assert run.changed.wait_for(condition, timeout), (run.state, run.message, run.round)


ORPHAN = """
import json, sys, time
from app.live.process import WorkerProcess
worker = WorkerProcess()
worker.connect(lambda tag, data: print(data.decode(), flush=True) if tag == b"J" else None,
               lambda: None)
worker.send({"do": "start", "spec": json.loads(sys.argv[1])})
print(json.dumps({"event": "pid", "pid": worker.pid}), flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("play", [True, False], ids=["playing", "paused"])
def test_a_killed_server_leaves_no_orphan(describe, tmp_path, play):
    spec = json.dumps(describe(play=play, recording=str(tmp_path)))
    server = subprocess.Popen(
        [sys.executable, "-c", ORPHAN, spec], cwd=ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    with server, server.stdout as said:
        pid = json.loads(said.readline())["pid"]
        for line in said:
            if json.loads(line).get("state") == ("playing" if play else "paused"):
                break
        worker = psutil.Process(pid)
        server.kill()
        killed = time.monotonic()
        worker.wait(20)
        assert time.monotonic() - killed < 2.5
    assert Recording(tmp_path).asleep  # its head was stored on the way out


def test_a_spare_ends_with_its_channel_too():
    worker = WorkerProcess()
    worker.close(timeout=READY)
    assert worker.gone.wait(READY) and worker.process.returncode == 0


def test_a_worker_loads_no_screen_and_the_server_no_torch():
    code = "import sys, app.live.worker, app.live.engine; print('streamlit' in sys.modules)"
    server = "import sys, app.live.routes; print('torch' in sys.modules)"
    for each in (code, server):
        said = subprocess.run([sys.executable, "-c", each], cwd=ROOT, capture_output=True,
                              text=True, check=True)  # fmt: skip
        assert said.stdout.strip() == "False", each


def test_a_killed_worker_is_reported_and_touches_nobody_else(runs, describe):
    victim, other = start(runs, describe), start(runs, describe)
    wait_until(victim, lambda: victim.round >= 3)
    os.kill(victim.worker.pid, signal.SIGKILL)
    assert victim.wait_for("lost", timeout=READY)
    assert "signal 9 (SIGKILL)" in victim.message and "continue from any" in victim.message
    header = frames.header(victim.latest)
    assert header["state"] == "lost" and header["message"] == victim.message
    before = other.round
    wait_until(other, lambda: other.round > before + 3)
    assert other.state == "playing"

    victim.command(commands.Seek(0))  # its recording is what the run shows now
    assert frames.header(victim.latest)["round"] == 0 and victim.state == "seeking"
    opened = runs.open_recording(victim.recording)
    assert opened.state == "paused" and frames.header(opened.latest)["lanes"]
    with pytest.raises(CommandError, match="Continue from here"):
        runs.command(victim, {"do": "set", "name": "clip", "value": 0.1})

    child = runs.fork(victim, 0)
    wait_until(child, lambda: child.round >= 2)
    assert child.state == "playing"


def test_sleep_ends_the_process_and_play_wakes_it(runs, describe):
    run = start(runs, describe)
    wait_until(run, lambda: run.round >= 2)
    runs.command(run, {"do": "pause"})
    assert run.wait_for("paused", timeout=READY)
    head, process = run.round, run.worker.process
    runs.command(run, {"do": "sleep"})
    assert run.wait_for("asleep", timeout=READY)
    assert process.wait(READY) == 0 and run.worker is None
    sequence = frames.header(run.latest)["seq"]
    runs.command(run, {"do": "seek", "round": 0})
    assert frames.header(run.latest)["round"] == 0
    runs.command(run, {"do": "play"})
    wait_until(run, lambda: run.state == "playing" and run.round > head)
    runs.command(run, {"do": "pause"})
    assert run.wait_for("paused", timeout=READY)
    assert frames.header(run.latest)["seq"] > sequence


def test_a_lost_run_starts_again_for_the_same_viewers(runs, describe):
    run = start(runs, describe)
    wait_until(run, lambda: run.round >= 3)
    ids, before = (run.id, run.follow_id), run.recording
    os.kill(run.worker.pid, signal.SIGKILL)
    assert run.wait_for("lost", timeout=READY)
    runs.command(run, {"do": "seek", "round": 0})
    sequence = frames.header(run.latest)["seq"]
    assert not runs.quick(run, commands.Reset())
    runs.command(run, {"do": "reset"})
    wait_until(run, lambda: run.state == "playing" and run.message is None)
    run.command(commands.Want())
    wait_until(run, lambda: frames.header(run.latest)["state"] == "playing")
    assert frames.header(run.latest)["seq"] > sequence
    assert runs.get(ids[0]) == (run, "control") and runs.get(ids[1]) == (run, "follow")
    assert run.recording != before and Recording(before).frames


def test_reset_save_and_speed_wake_a_sleeping_run(runs, describe):
    assert {commands.Reset, commands.Save, commands.Speed} <= set(WAKES)
    run = start(runs, describe)
    wait_until(run, lambda: run.round >= 2)
    assert runs.put_to_sleep(run, timeout=READY)
    runs.command(run, {"do": "reset"})
    run.command(commands.Want())
    wait_until(run, lambda: frames.header(run.latest)["head"] == 0)
    assert run.worker is not None and run.state == "paused"


def test_an_unwatched_run_that_cannot_sleep_is_paused_and_then_ended(describe, home):
    home.write_text("a file where the folder of recordings should be")
    runs = RunManager(limit=1, grace=0.0, spare=False)
    try:
        run = start(runs, describe)
        assert run.recording is None
        runs.reap()
        assert run.wait_for("paused", timeout=READY)
        tried = run.sleepless_since
        runs.reap()
        assert run.wait_for("ended", timeout=READY) and run.sleepless_since == tried
        assert "Nobody watched" in run.message and "reset" in run.message
        assert frames.header(run.latest)["message"] == run.message
        runs.command(run, {"do": "reset"})
        assert run.wait_for("playing", timeout=READY) and run.message is None
    finally:
        runs.stop_all()


def test_a_run_is_found_while_another_thread_holds_the_lock(runs, tmp_path):
    Recorder(tmp_path, {}).add_frame(0, frames.encode({}, {"round": 0}))
    run = runs.open_recording(tmp_path)
    with runs._lock, ThreadPoolExecutor(1) as pool:
        assert pool.submit(runs.get, run.id).result(10) == (run, "control")
        assert pool.submit(runs.get, "nobody").result(10) is None


def test_at_the_limit_the_longest_resting_run_falls_asleep(describe, monkeypatch):
    monkeypatch.setattr(resting, "FRESH", 3600.0)  # a busy machine starts no run within seconds
    runs = RunManager(limit=1, spare=False)
    try:
        first = start(runs, describe, play=False)
        second = start(runs, describe)
        assert first.state == "asleep" and second.state == "playing"
        with pytest.raises(CommandError, match="Pause or stop one"):
            runs.start(describe())
        with pytest.raises(CommandError, match="Pause or stop one"):
            runs.command(first, {"do": "play"})
        runs.command(second, {"do": "stop"})
        assert second.wait_for("ended", timeout=READY)
        with pytest.raises(CommandError, match="Open its recording"):
            runs.command(second, {"do": "play"})
        runs.command(first, {"do": "play"})
        assert first.wait_for("playing", timeout=READY)
    finally:
        runs.stop_all()


def test_an_unwatched_run_sleeps_after_its_grace(describe):
    runs = RunManager(limit=1, grace=0.0, spare=False)
    try:
        run = start(runs, describe)
        runs.reap()
        assert run.wait_for("asleep", timeout=READY)
    finally:
        runs.stop_all()


def test_a_fork_pauses_its_parent_and_names_it(runs, describe):
    parent = start(runs, describe)
    wait_until(parent, lambda: parent.round >= 3)
    child = runs.fork(parent, 2)
    assert parent.state == "paused"
    wait_until(child, lambda: child.state == "playing")
    origin = Recording(child.recording).card["parent"]
    assert origin["name"] == parent.recording.stem and origin["round"] == 2
    assert child.id != parent.id and child.follow_id != parent.follow_id
    head = parent.round
    wait_until(child, lambda: child.round > 4)
    assert parent.round == head


def test_a_run_that_cannot_be_built_says_why(runs, describe, lane):
    run = runs.start(describe(lane("gp", clip=1e9)))
    assert run.wait_for("ended", timeout=READY)
    assert "clip" in run.message and frames.header(run.latest)["message"] == run.message


def test_a_spare_is_taken_and_ids_cannot_be_guessed(describe):
    runs = RunManager(limit=2)
    try:
        runs.open()
        spare = runs._spare
        run = start(runs, describe)
        assert run.worker is spare
        assert len(run.id) >= 22 and len(run.follow_id) >= 22 and run.short not in run.id
        assert runs.get(run.id) == (run, "control") and runs.get(run.follow_id) == (run, "follow")
        assert runs.get(run.short) is None and runs.get("") is None
        heir = runs.start(describe(), follow=run.follow_id)
        assert runs.get(heir.follow_id) == (heir, "follow") and run.follow_id != heir.follow_id
        assert runs.get(run.follow_id) == (run, "follow")  # the old run can be shared anew
    finally:
        runs.stop_all()


def test_the_worker_names_no_screen():
    for name in ("worker", "engine", "orders", "composing", "observing"):
        tree = ast.parse((ROOT / "app" / "live" / f"{name}.py").read_text())
        names = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert not [each for each in names if each and each.startswith("streamlit")]
