"""Time in a worker: what looking may cost, how fast training may go, and how fast it went."""

import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterator

__all__ = ["Clock", "Meter", "Purse", "Tempo"]

Clock = Callable[[], float]


class Purse:
    """A share of the wall clock that one kind of work may spend.

    Credit grows with time up to a small reserve, work is paid when it is done, and nothing is
    begun while the purse is in debt. So the long-run share holds whatever a piece of work costs.

    Args:
        share: Fraction of the wall clock.
        clock: Seconds, increasing.
        reserve: Most seconds of credit to save up.
    """

    def __init__(
        self, share: float, clock: Clock = time.perf_counter, reserve: float = 0.03
    ) -> None:
        self.share, self.clock, self.reserve = share, clock, reserve
        # what other programs take from this one while it works is not the work's cost
        self.effort = time.thread_time if clock is time.perf_counter else clock
        self.credit = reserve
        self.last = 0.0  # seconds that the newest piece of work took
        self.cost = 0.0  # running mean of these
        self._seen = clock()

    def open(self) -> bool:
        """Whether work may begin."""
        now = self.clock()
        self.credit = min(self.reserve, self.credit + self.share * (now - self._seen))
        self._seen = now
        return self.credit >= 0

    @contextlib.contextmanager
    def paying(self, free: bool = False) -> Iterator[None]:
        """Charge the work inside, unless it is ``free``."""
        start = self.effort()
        yield
        self.last = spent = self.effort() - start
        self.cost = spent if not self.cost else 0.8 * self.cost + 0.2 * spent
        if not free:
            self.credit -= spent


class Tempo:
    """When the next update may start, for a limit in rounds per second.

    The updates of a round are spread evenly over its time, which is what slow motion needs.
    """

    def __init__(self, clock: Clock = time.perf_counter) -> None:
        self.clock = clock
        self.limit: float | None = None
        self._next = 0.0

    def set(self, limit: float | None) -> None:
        """Limit the rounds per second; None for none."""
        self.limit = limit
        self._next = self.clock()

    def wait(self) -> float:
        """Seconds until the next update may start."""
        return 0.0 if self.limit is None else max(0.0, self._next - self.clock())

    def count(self, updates_per_round: int) -> None:
        """Note an update, of so many in a round of all lanes."""
        if self.limit is not None:
            now = self.clock()
            # a pause or a slow update is not made up for afterwards
            self._next = max(self._next, now - 0.05) + 1.0 / (self.limit * updates_per_round)


class Meter:
    """How fast training went: rounds per second over the last second, mean time of an update."""

    def __init__(self, clock: Clock = time.perf_counter) -> None:
        self.clock = clock
        self.step = 0.0
        self._rounds: deque[float] = deque(maxlen=4096)

    def count(self, seconds: float, round_done: bool) -> None:
        """Note an update that took so long."""
        self.step = seconds if not self.step else 0.95 * self.step + 0.05 * seconds
        if round_done:
            self._rounds.append(self.clock())

    def rest(self) -> None:
        """Training stopped: what came before no longer counts."""
        self._rounds.clear()

    def rounds_per_second(self) -> float:
        """Rounds per second, over at most the last second."""
        now = self.clock()
        recent = [each for each in self._rounds if each > now - 1.0]
        if len(recent) < 2:
            recent = list(self._rounds)[-2:]
        span = recent[-1] - recent[0] if len(recent) > 1 else 0.0
        return (len(recent) - 1) / span if span > 0 else 0.0
