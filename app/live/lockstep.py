"""Lockstep: which lane's update is due, and when a step or a replay is done.

Lanes meet at the end of every round: none begins round r + 1 before all have ended round r.
Within a round the lane that is proportionally furthest behind goes next, so lanes of equal
schedules alternate and an ``n_critic`` of 1 beside one of 5 spreads over the round.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from app.live.lane import Lane
from gen_core.errors import CommandError
from gen_core.training.loop import Step

__all__ = ["Replay", "StepGoal", "current_round", "next_lane"]


def _due(lanes: Iterable[Lane]) -> list[Lane]:
    alive = [lane for lane in lanes if lane.status == "ok"]
    behind = _behind(alive)
    return [lane for lane in alive if lane.state.round == behind]


def _behind(alive: Iterable[Lane]) -> int:
    """The fewest rounds that a lane in training has completed."""
    return min((lane.state.round for lane in alive), default=0)


def next_lane(lanes: Iterable[Lane], prefer: Callable[[Lane], bool] | None = None) -> Lane | None:
    """Return the lane whose update is due, or None if no lane can train.

    Args:
        lanes: All lanes of the run.
        prefer: Lanes to take first among those that may go.
    """
    due = _due(lanes)
    wanted = [lane for lane in due if prefer is None or prefer(lane)] or due
    share = {id(lane): lane.state.position / len(lane.state.schedule) for lane in wanted}
    return min(wanted, key=lambda lane: share[id(lane)], default=None)


def current_round(lanes: Sequence[Lane]) -> int:
    """Rounds that every lane in training has completed."""
    alive = [lane.state.round for lane in lanes if lane.status != "frozen"]
    return min(alive) if alive else max(lane.state.round for lane in lanes)


@dataclass
class StepGoal:
    """Go on until every lane has done ``n`` updates of a player, of any (""), or whole rounds.

    ``turn`` is an update of each lane whose turn it is: one that waits at a round's end waits on.
    """

    left: dict[str, int] = field(default_factory=dict)
    player: str = ""

    @classmethod
    def of(cls, lanes: Iterable[Lane], n: int, player: str) -> "StepGoal":
        """Aim at ``n`` more updates of a player in every lane that has one.

        Raises:
            CommandError: No lane has such a player.
        """
        alive = [lane for lane in lanes if lane.status == "ok"]
        if player == "turn":
            return cls(dict.fromkeys((lane.name for lane in _due(alive)), n))
        known = {each for lane in alive for each in lane.state.schedule}
        if player not in known | {"", "round"}:
            choices = ", ".join(sorted(known | {"round"}))
            raise CommandError(f"a player to step ({choices})", repr(player), "Step one of these.")
        if player == "round":  # the run's: a lane that has ended the one begun waits for it
            end = _behind(alive) + n
            return cls({lane.name: end - lane.state.round for lane in alive}, player)
        left = {lane.name: n for lane in alive if player in ("", *lane.state.schedule)}
        return cls(left, player)

    def prefer(self, lane: Lane) -> bool:
        """Whether this lane still has updates to do."""
        return self.left.get(lane.name, 0) > 0

    def count(self, lane: Lane, step: Step) -> None:
        """Note an update."""
        counts = step.round_done if self.player == "round" else self.player in ("", step.player)
        if counts and lane.name in self.left:
            self.left[lane.name] -= 1

    def done(self, lanes: Iterable[Lane]) -> bool:
        """Whether every lane that can train has done its updates."""
        return not any(self.prefer(lane) for lane in lanes if lane.status == "ok")


@dataclass(frozen=True)
class Replay:
    """Go on until every lane has completed a round: the way from a snapshot to a fork's start."""

    round: int
    start: int

    def prefer(self, lane: Lane) -> bool:
        """Take any lane."""
        return True

    def count(self, lane: Lane, step: Step) -> None:
        """Nothing to note: the lanes know their round."""

    def done(self, lanes: Iterable[Lane]) -> bool:
        """Whether every lane is there."""
        return all(lane.state.round >= self.round for lane in lanes if lane.status == "ok")
