"""A real server of the app for tests and benchmarks: own port, own home, own log."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

__all__ = ["AppServer", "free_port"]

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class AppServer:
    """`streamlit run` as a person would start it, for the length of a `with`.

    Args:
        home: Folder that becomes `GEN_LAB_HOME`, so that no run writes elsewhere.
        patience: Seconds until the server must answer.
        environment: Further variables for the server.
        entry: What is served, a path below the repository's root.
    """

    def __init__(
        self,
        home: Path,
        *,
        patience: float = 60,
        environment: dict[str, str] | None = None,
        entry: str = "streamlit_app.py",
    ) -> None:
        self.home = home
        self.log = home / "server.log"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.patience = patience
        self.environment = environment or {}
        self.entry = entry
        self.seconds_to_health = float("nan")

    def __enter__(self) -> Self:
        self.home.mkdir(parents=True, exist_ok=True)
        started = time.perf_counter()
        # A file, not a pipe: nobody reads a pipe, and a full one would stop the server.
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "streamlit", "run", self.entry),
                    *("--server.address", "127.0.0.1", "--server.port", str(self.port)),
                    *("--server.headless", "true", "--server.fileWatcherType", "none"),
                    *("--browser.gatherUsageStats", "false"),
                ],
                cwd=ROOT,
                env={**os.environ, "GEN_LAB_HOME": str(self.home), **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        while not self.healthy():
            if self.process.poll() is not None:
                raise RuntimeError(f"The server ended at its start:\n{self.text()}")
            if time.perf_counter() - started > self.patience:
                self.stop()
                raise RuntimeError(f"No answer after {self.patience} s:\n{self.text()}")
            time.sleep(0.02)
        self.seconds_to_health = time.perf_counter() - started
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def healthy(self) -> bool:
        """Whether the server answers its health check."""
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2) as answer:
                return bool(answer.read() == b"ok")
        except (urllib.error.URLError, OSError):
            return False

    def text(self) -> str:
        """All that the server has logged."""
        return self.log.read_text(errors="replace")

    def workers(self) -> list[psutil.Process]:
        """The worker processes that the server has started and that still live."""
        found = []
        for process in psutil.Process(self.process.pid).children(recursive=True):
            try:
                if "app.live.worker" in process.cmdline():
                    found.append(process)
            except psutil.NoSuchProcess:
                continue
        return found

    def spare(self) -> psutil.Process:
        """The warm worker that a server without a run keeps for the first one."""
        begun = time.perf_counter()
        while not (found := self.workers()):
            if time.perf_counter() - begun > self.patience:
                raise RuntimeError(f"No spare worker after {self.patience} s:\n{self.text()}")
            time.sleep(0.02)
        return found[0]

    def stop(self) -> None:
        """End the server as Ctrl-C does, and forcibly when it does not follow."""
        if self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGINT if os.name != "nt" else signal.SIGTERM)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout=10)
