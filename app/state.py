"""What the address of a live page says: the state of a page as a value.

The address carries ``v=1``, the preset, the seed, overrides, the log of edits and the run's id,
so any picture in a discussion can be made again from its link::

    ?v=1&preset=live&seed=7&width=64&gp.penalty=5&edits=120:clip:clip:0.02&run=Xy…

``name=value`` is meant for every lane that has the setting, ``lane.name=value`` for one lane.
:mod:`app.address` reads it back.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from gen_core.exploration.walk_settings import ANGLES, MANIFOLD, PLACE, WALK
from gen_core.recipes.settings import Setting, Value

__all__ = ["LONGEST", "WALKED", "Edit", "PageState", "text_of", "without_data"]

LONGEST = 8192  # characters of a query string; browsers and proxies cut longer ones
SEED = Setting(7, "arbitrary", low=0, high=999_999, hint="Fixes data, noise and first weights.")
DEVICE = Setting(
    "auto",
    "chosen by the machine",
    choices=("auto", "cpu", "cuda", "mps"),
    hint="Where the run computes.",
)
PROJECTOR = Setting(False, hint="Large type and thick lines for a room.")
TOUR = Setting(0, low=0, high=10, hint="Step of the guided tour that is open at once.")
WALKED: Mapping[str, Setting] = {**WALK, "at": PLACE["at"], **MANIFOLD, **ANGLES}
"""What the address says of a walk, or of a manifold of pictures, each as ``walk.name=value``."""

HIDEABLE = (
    *("play", "step", "speed", "timeline", "fork", "save", "share", "reset", "projector"),
    *("slow", "metrics", "performance"),
    *("presets", "settings", "checkpoints", "moment", "take-home", "text", "tour"),
)


@dataclass(frozen=True, order=True)
class Edit:
    """A hot edit: from step ``t`` on, ``name`` of ``lane`` has this value."""

    t: int
    lane: str
    name: str
    value: Value


@dataclass(frozen=True)
class PageState:
    """What the address of a live page says.

    Attributes:
        preset: Name of the page's preset.
        seed: Seed of every draw of the run.
        device: Where the run computes; ``"auto"`` leaves it to the machine.
        overrides: ``(name or lane.name, value)``, sorted, each at most once.
        drawing: Text of a drawing that is the data of every lane; see `with_drawing`.
        edits: Log of hot edits, sorted by step.
        run: The run's control id, empty before it starts.
        follow: A run's view-only id; a page with it controls nothing.
        lesson: Names of controls hidden for a class, sorted.
        projector: Whether type is large and lines are thick.
        tour: Step of the guided tour that is open at once; 0 for none.
        opened: What was opened, a checkpoint or a recording, by its name in the library.
        walk: What a person chose of a walk: name and value, sorted.
    """

    preset: str
    seed: int = int(SEED.default)
    device: str = str(DEVICE.default)
    overrides: tuple[tuple[str, Value], ...] = ()
    drawing: str = ""
    edits: tuple[Edit, ...] = ()
    run: str = ""
    follow: str = ""
    lesson: tuple[str, ...] = ()
    projector: bool = False
    tour: int = 0
    opened: str = ""
    walk: tuple[tuple[str, Value], ...] = ()

    def query(self) -> str:
        """Write the state as a query string of at most 8192 characters.

        A log of edits that does not fit is left out whole: half of it would replay to a run
        that nobody has seen.
        """
        pairs: list[tuple[str, str]] = [("v", "1"), ("preset", self.preset)]
        pairs.append(("seed", str(self.seed)))
        if self.device != DEVICE.default:
            pairs.append(("device", self.device))
        given = without_data(self.overrides) if self.drawing else self.overrides
        pairs += [(name, text_of(value)) for name, value in given]
        if self.drawing:
            pairs.append(("drawing", self.drawing))
        if self.opened:
            pairs.append(("open", self.opened))
        if self.lesson:
            pairs.append(("lesson", ",".join(self.lesson)))
        if self.projector:
            pairs.append(("projector", "1"))
        if self.tour:
            pairs.append(("tour", str(self.tour)))
        pairs += [(f"walk.{name}", text_of(value)) for name, value in self.walk]
        if self.follow:
            pairs.append(("follow", self.follow))
        elif self.run:
            pairs.append(("run", self.run))
        log = ",".join(f"{e.t}:{e.lane}:{e.name}:{text_of(e.value)}" for e in self.edits)
        written = urlencode([*pairs, ("edits", log)] if log else pairs, safe=":,*/")
        return written if len(written) <= LONGEST else urlencode(pairs, safe=":,*/")

    def with_run(self, run: str) -> "PageState":
        """Return the state of the same settings under another run."""
        return replace(self, run=run, follow="")

    def seen_as(self, other: "PageState") -> "PageState":
        """Return the same experiment as another state shows it: its lesson and its type."""
        return replace(self, lesson=other.lesson, projector=other.projector, tour=other.tour)

    def with_drawing(self, text: str) -> "PageState":
        """Return the state with a drawing, known by its hash to recipes, as every lane's data.

        Raises:
            DataError: The text is no drawing.
        """
        from gen_core.data.drawing import drawing  # torch, for pages that have a drawing

        overrides = (*without_data(self.overrides), ("data", drawing(text).name))
        return replace(self, overrides=tuple(sorted(overrides)), drawing=text)


def without_data(overrides: Iterable[tuple[str, Value]]) -> list[tuple[str, Value]]:
    """Return overrides without those of the data, of all lanes or of one."""
    return [each for each in overrides if each[0].rpartition(".")[2] != "data"]


def text_of(value: Value) -> str:
    """Return a value as an address writes it; :meth:`Setting.parse` reads it back."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)
