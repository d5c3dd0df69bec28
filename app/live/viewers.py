"""A viewer: one open page that watches a run, as the run's other threads may touch it."""

import asyncio
import json
import secrets
import time
from collections import deque
from typing import Any

from app.live.commands import Subscribe

__all__ = ["Rate", "Viewer"]

MOST_EVENTS = 32  # waiting for a viewer that does not read; older ones are dropped


class Viewer:
    """One WebSocket's place in a run.

    Args:
        role: ``"control"`` or ``"follow"``.
        loop: The event loop that serves it.

    Attributes:
        ready: Whether it has painted the last frame it was sent.
        seen: Version of that frame.
        painted: Version of the newest frame that it has painted.
        moved: Whether it should ask again for its id, which now names another run.
    """

    def __init__(self, role: str, loop: asyncio.AbstractEventLoop) -> None:
        self.id = secrets.token_hex(6)
        self.role = role
        self.ready = True
        self.seen = self.painted = 0
        self.moved = False
        self.subscription: Subscribe | None = None
        self._loop = loop
        self._news = asyncio.Event()
        self._events: deque[str] = deque(maxlen=MOST_EVENTS)

    def notify(self) -> None:
        """Wake the viewer's sender, from any thread."""
        try:
            self._loop.call_soon_threadsafe(self._news.set)
        except RuntimeError:  # the server's loop has closed; nobody is left to tell
            return

    def tell(self, event: str, **fields: Any) -> None:  # noqa: ANN401
        """Queue a JSON event, from any thread."""
        self._events.append(json.dumps({"event": event} | fields))
        self.notify()

    async def news(self) -> list[str]:
        """Wait until something is new; return the events, oldest first."""
        await self._news.wait()
        self._news.clear()
        events = []
        while self._events:
            events.append(self._events.popleft())
        return events


class Rate:
    """A limit on messages: so many a second, with a reserve for a burst.

    Args:
        per_second: Messages a second in the long run.
        burst: Messages at once.
    """

    def __init__(self, per_second: float, burst: float) -> None:
        self.per_second, self.burst = per_second, burst
        self._left, self._seen = burst, time.monotonic()

    def allows(self) -> bool:
        """Count a message; return whether it is within the limit."""
        now = time.monotonic()
        self._left = min(self.burst, self._left + self.per_second * (now - self._seen))
        self._seen = now
        self._left -= 1
        return self._left >= 0
