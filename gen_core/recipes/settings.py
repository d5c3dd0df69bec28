"""A setting: one number of a recipe or a probe, with its range, its symbol and its source.

Recipes declare their fields with :func:`setting`; probes hold :class:`Setting` objects. Both
parse outside values (URL, command line, card, command) through :meth:`Setting.parse` alone.
"""

import dataclasses
import math
import re
from dataclasses import dataclass
from typing import Any

from gen_core.errors import SettingError

__all__ = ["Setting", "setting", "settings_of"]

Value = bool | int | float | str


@dataclass(frozen=True)
class Setting:
    """What is known of one setting.

    Attributes:
        default: Value where nothing else is said; its type is the setting's type.
        source: Where the number comes from: a paper and its section, or what was observed.
        low: Smallest value, inclusive.
        high: Largest value, inclusive.
        choices: The only values, for names.
        pattern: Regular expression that a name must match as a whole.
        symbol: The letter of the equations, such as ``"λ"``.
        unit: Unit of the value, empty for a pure number.
        hint: One line for the screen.
        hot: Whether it may change while the run goes on.
        log: Whether a slider should be logarithmic.
    """

    default: Value
    source: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    pattern: str = ""
    symbol: str = ""
    unit: str = ""
    hint: str = ""
    hot: bool = False
    log: bool = False

    def parse(self, name: str, value: object) -> Value:
        """Turn an outside value into one of this setting's type and range.

        Args:
            name: The setting's name, for the message.
            value: A string as it stands in a URL, or a value of the right type.

        Raises:
            SettingError: The value has another type, is not finite, or is out of range.

        Example:
            >>> Setting(0.01, low=1e-4, high=1.0).parse("clip", "0.02")
            0.02
        """
        parsed = self._typed(value)
        if parsed is None or not self._in_range(parsed):
            got = _shown(value)
            raise SettingError(
                f"{self.describe_range()} for {name}", got, f"The default is {self.default}."
            )
        return parsed

    def describe_range(self) -> str:
        """Say the legal values in words, such as ``a number from 0.0001 to 1``."""
        if isinstance(self.default, bool):
            return "true or false"
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        if self.pattern:
            return f"a name like {self.pattern.strip('()').replace('|', ', ')}"
        kind = {int: "a whole number", float: "a number", str: "a name"}[type(self.default)]
        if self.low is not None and self.high is not None:
            return f"{kind} from {self.low:g} to {self.high:g}"
        if self.low is not None:
            return f"{kind} of at least {self.low:g}"
        if self.high is not None:
            return f"{kind} of at most {self.high:g}"
        return kind

    def _typed(self, value: object) -> Value | None:
        if not isinstance(value, (bool, int, float, str)):
            return None
        if isinstance(value, int) and value.bit_length() > 64:  # Python refuses to print some
            return None
        text = str(value).strip()
        if len(text) > 200:
            return None
        if isinstance(self.default, bool):
            return {"true": True, "1": True, "false": False, "0": False}.get(text.lower())
        if isinstance(self.default, str):
            return text
        if isinstance(value, bool):
            return None
        try:
            number = float(text)
        except ValueError:
            return None
        if not math.isfinite(number):
            return None
        if isinstance(self.default, int):
            return int(number) if number.is_integer() else None
        return number

    def _in_range(self, value: Value) -> bool:
        if self.choices:
            return value in self.choices
        if isinstance(value, str):
            return not self.pattern or re.fullmatch(self.pattern, value) is not None
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        return low <= value <= high


def _shown(value: object) -> str:
    if isinstance(value, int) and value.bit_length() > 64:
        return f"a whole number of {value.bit_length()} bits"
    got = repr(value)
    return got if len(got) <= 60 else f"{got[:56]}…{got[0]}"


def setting(default: Value, source: str, **known: Any) -> Any:  # noqa: ANN401
    """Declare a dataclass field that carries a :class:`Setting`.

    Args:
        default: The field's default.
        source: Where the number comes from.
        **known: Further fields of :class:`Setting`.
    """
    return dataclasses.field(
        default=default, metadata={"setting": Setting(default, source, **known)}
    )


def settings_of(recipe: Any) -> dict[str, Setting]:  # noqa: ANN401
    """Return the settings that a recipe class (or instance) declares, in order."""
    return {
        field.name: field.metadata["setting"]
        for field in dataclasses.fields(recipe)
        if "setting" in field.metadata
    }
