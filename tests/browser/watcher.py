"""A plain WebSocket client of a live run: what a viewer is, without a browser."""

import json
import time
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from websockets.sync.client import connect

from tests.browser.app_server import AppServer

__all__ = ["Watcher"]


class Watcher:
    """Takes and acknowledges every frame of a run, for the length of a `with`.

    Args:
        server: The running app.
        run: A run id, or a follow id.
    """

    def __init__(self, server: AppServer, run: str) -> None:
        self.origin = server.url
        self.address = f"ws://127.0.0.1:{server.port}/live/ws?id={run}"
        self.stack = ExitStack()

    def __enter__(self) -> Self:
        connection = connect(self.address, origin=self.origin, max_size=None)
        self.socket = self.stack.enter_context(connection)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stack.close()

    def say(self, do: str, **more: object) -> None:
        """Send one command."""
        self.socket.send(json.dumps({"do": do, **more}))

    def frame(self, timeout: float = 30) -> dict:
        """The header of the next frame, which is acknowledged at once."""
        return _header(self.bytes(timeout))

    def bytes(self, timeout: float = 30) -> bytes:
        """The next frame as it came, which is acknowledged at once."""
        while True:
            message = self.socket.recv(timeout=timeout)
            if isinstance(message, bytes):
                self.say("ack")
                return message

    def event(self, name: str, timeout: float = 30) -> dict:
        """The next event of a name, such as ``error``; frames on the way are acknowledged."""
        until = time.monotonic() + timeout
        while True:
            message = self.socket.recv(timeout=until - time.monotonic())
            if isinstance(message, bytes):
                self.say("ack")
            elif (heard := json.loads(message))["event"] == name:
                return heard

    def until(self, state: str, timeout: float = 30) -> None:
        """Wait until a frame or a status event says that the run is in a state."""
        until = time.monotonic() + timeout
        while True:
            message = self.socket.recv(timeout=until - time.monotonic())
            if isinstance(message, bytes):
                self.say("ack")
                heard = _header(message)
            else:
                heard = json.loads(message)
            if heard.get("state") == state:
                return

    def watch(self, seconds: float) -> dict[str, float]:
        """Take every frame for a while; the speed is that between first and last frame."""
        first = last = self.frame()
        begun = arrived = time.perf_counter()
        frames = 0
        while arrived - begun < seconds:
            last = self.frame()
            arrived = time.perf_counter()
            frames += 1
        passed = arrived - begun
        return {
            "rounds_per_second": (last["head"] - first["head"]) / passed,
            "frames_per_second": frames / passed,
        }


def _header(frame: bytes) -> dict:
    size = int.from_bytes(frame[:8], "little")
    return json.loads(json.loads(frame[8 : 8 + size])["__metadata__"]["frame"])
