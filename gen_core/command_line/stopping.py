"""Ctrl-C: a request to stop at the next good moment, and the second time an order."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType

__all__ = ["stoppable"]


@contextlib.contextmanager
def stoppable() -> Iterator[Callable[[], bool]]:
    """Note Ctrl-C instead of breaking off amid an update; a second one breaks off.

    A snapshot of a half-done update could not be continued as if nothing had been.

    Yields:
        Whether a stop was asked for.
    """
    asked = False

    def ask(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)
