"""The worker: a child process that holds one run and talks over one channel.

``python -m app.live.worker <handle>`` imports torch, says that it is ready, waits for the
description of a run, and then lets an :class:`~app.live.engine.Engine` work. It never imports
streamlit. When the channel closes, because the server stopped or was killed, the head is stored
and the process ends within two seconds, playing or paused.
"""

import gc
import json
import os
import signal
import sys
import threading
from multiprocessing.connection import Connection
from typing import Any

from app.live import commands
from app.live.channel import inherited

__all__ = ["Inbox", "main"]

LAST_SECONDS = 1.5  # to store the head after the channel closed
IDLE_SECONDS = 20.0  # after which a spare that nobody needs loads what only some runs need


class Inbox:
    """Messages from the server, read by a thread of their own.

    Args:
        channel: The worker's end.
    """

    def __init__(self, channel: Connection) -> None:
        self.channel = channel
        self.closed = False
        self._messages: list[dict[str, Any]] = []
        self._news = threading.Condition()
        threading.Thread(target=self._read, name="inbox", daemon=True).start()

    def take(self, wait: float | None = 0.0) -> list[dict[str, Any]]:
        """Return what has come, waiting so many seconds (None: for ever) for a first message."""
        with self._news:
            if wait != 0:
                self._news.wait_for(lambda: self._messages or self.closed, wait)
            messages, self._messages = self._messages, []
        return messages

    def _read(self) -> None:
        while not self.closed:
            try:
                message = json.loads(self.channel.recv_bytes())
                closed = False
            except (EOFError, OSError):
                message, closed = None, True
            with self._news:
                self.closed = closed
                if message is not None:
                    self._messages.append(message)
                self._news.notify()
        _end_within(LAST_SECONDS)


def _end_within(seconds: float) -> None:
    """Let a long update or a stuck disk not outlive the server."""
    if hasattr(signal, "setitimer"):  # the kernel's timer needs neither our lock nor our turn
        signal.setitimer(signal.ITIMER_REAL, seconds)
    else:
        last = threading.Timer(seconds, os._exit, (0,))
        last.daemon = True
        last.start()


def main(handle: str) -> None:
    """Run one worker.

    Args:
        handle: The end of the channel that the server passed on.
    """
    channel = inherited(handle)
    inbox = Inbox(channel)
    import torch

    torch.set_num_threads(int(os.environ.get("GEN_LAB_THREADS", "1")))
    from app.live.engine import Engine
    from app.live.mishaps import MISHAPS, sentence
    from app.live.runspec import RunSpec
    from gen_core.evaluation import transport
    from gen_core.exploration.base import probes
    from gen_core.recipes.base import recipes

    recipes(), probes()  # a warm spare has loaded what any run needs
    gc.freeze()  # a full collection of all that takes 100 ms, in the middle of a run

    def send(tag: bytes, payload: bytes) -> None:
        try:
            channel.send_bytes(tag + payload)
        except OSError:
            inbox.closed = True

    def event(name: str, **fields: object) -> None:
        send(b"J", json.dumps({"event": name} | fields).encode())

    event("ready", pid=os.getpid())
    engine: Engine | None = None
    wait: float | None = IDLE_SECONDS
    while not inbox.closed and not (engine and engine.over):
        messages = inbox.take(wait)
        if not messages and engine is None:
            transport.prepare()
        for message in messages:
            viewer = message.get("viewer")
            try:
                if message.get("do") == "quit":
                    inbox.closed = True
                elif message.get("do") == "start":
                    engine = Engine(RunSpec.parse(message["spec"]), send)
                elif engine:
                    engine.receive(commands.parse(message, internal=True), viewer)
            except MISHAPS as error:
                event("error" if engine else "refused", message=sentence(error), viewer=viewer)
                if engine is None:
                    return
        wait = engine.tick() if engine else None
    if engine and not engine.over:
        engine.receive(commands.Sleep())
    channel.close()


if __name__ == "__main__":
    main(sys.argv[1])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # what is worth keeping is on disk; tearing torch down takes a second
