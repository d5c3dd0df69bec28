"""A worker process as the server sees it: a channel, a reader thread, and its end."""

import json
import signal
import subprocess
import threading
from collections.abc import Callable
from typing import Any

from app.live.channel import spawn

__all__ = ["WorkerProcess"]

OnMessage = Callable[[bytes, bytes], None]


class WorkerProcess:
    """A started worker, warm or busy.

    Messages that come before :meth:`connect` are kept (a spare only says that it is ready).
    """

    def __init__(self) -> None:
        self.process, self._channel = spawn("app.live.worker")
        self._sending = threading.Lock()
        self._handing = threading.Lock()
        self._on_message: OnMessage | None = None
        self._on_exit: Callable[[], None] | None = None
        self._early: list[bytes] = []
        self._ended = False
        self.gone = threading.Event()
        self._reader = threading.Thread(target=self._read, name="worker-reader", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """Process id."""
        return self.process.pid

    @property
    def alive(self) -> bool:
        """Whether the process can still be spoken to."""
        return not self._ended

    def connect(self, on_message: OnMessage, on_exit: Callable[[], None]) -> None:
        """Hand every message, and the end of the process, to a run.

        Args:
            on_message: Takes tag and payload, on the reader's thread.
            on_exit: Called once, after the last message.
        """
        with self._handing:
            for data in self._early:
                on_message(data[:1], data[1:])
            self._early.clear()
            self._on_message, self._on_exit = on_message, on_exit
            ended = self._ended
        if ended:
            on_exit()

    def send(self, message: dict[str, Any]) -> None:
        """Send a command; a process that is gone is noticed by its reader."""
        with self._sending:
            try:
                self._channel.send_bytes(json.dumps(message).encode())
            except (OSError, ValueError):
                return

    def close(self, timeout: float = 2.5) -> None:
        """Ask the worker to store its head and go; kill it if it does not."""
        self.send({"do": "quit"})  # closing our end would not wake our own reader
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the process at once."""
        self.process.kill()
        self.process.wait()

    def farewell(self) -> str:
        """Say how the process ended."""
        code = self.process.poll()
        if code is not None and code < 0:
            return f"signal {-code} ({signal.Signals(-code).name})"
        return f"exit status {code}"

    def _read(self) -> None:
        while True:
            try:
                data = self._channel.recv_bytes()
            except (EOFError, OSError):
                break
            with self._handing:
                if self._on_message is None:
                    self._early.append(data)
                    continue
                on_message = self._on_message
            on_message(data[:1], data[1:])
        try:
            self.process.wait(timeout=2.5)
        except subprocess.TimeoutExpired:
            self.kill()
        with self._sending:
            self._channel.close()
        with self._handing:
            self._ended = True
            on_exit = self._on_exit
        self.gone.set()
        if on_exit:
            on_exit()
