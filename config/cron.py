"""AWS's dialect of cron: six fields, with `?`, `L`, `W` and `#`.

Application Auto Scaling User Guide, "Schedule recurring scaling actions using cron expressions".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_FIELD_NAMES: Final = "minutes hours day-of-month month day-of-week year"
_DAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
# fmt: off
_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
# fmt: on


def cron_expression(text: str) -> str:
    """Returns the expression with one space between its fields; raises `ValueError` if it breaks a rule.

    The expression has no `cron(…)` around it. A range has to run upwards: one that passes midnight or the end of a week
    is written as two, such as `22-23,0-2`.
    """
    fields = text.split()
    if len(fields) != len(_FIELDS) or "(" in text:
        raise ValueError(
            f"must be a cron expression of six fields ({_FIELD_NAMES}), such as 0 7 ? * MON-FRI *, without cron(…)"
        )
    for name, field in zip(_FIELD_NAMES.split(), fields, strict=True):
        if not _FIELDS[name].accepts(field):
            raise ValueError(f"must have {_FIELDS[name].allowed} as its {name}")
    if (fields[2] == "?") is (fields[4] == "?"):
        raise ValueError("must have ? as its day-of-month or as its day-of-week, but not as both")
    return " ".join(fields)


@dataclass(frozen=True)
class _Field:
    """The values that one field of a cron expression accepts."""

    low: int
    high: int
    names: tuple[str, ...] = ()  # names for the numbers from `low` on
    steps: bool = True  # whether `/` may follow a value
    alone: str = ""  # a pattern of values that fill the field by themselves: `?`, `L`, …
    marks: str = ""  # the special characters in `alone`

    @property
    def allowed(self) -> str:
        """What the field accepts, for an error message."""
        named = f" or {self.names[0]}-{self.names[-1]}" if self.names else ""
        marks = f", - *{' /' if self.steps else ''}{self.marks}"
        return f"{self.low}-{self.high}{named} (with {marks}; ranges upwards)"

    def accepts(self, field: str) -> bool:
        """Returns whether the text of the field is valid."""
        field = field.upper()
        return bool(self.alone and self._stands_alone(field)) or all(self._is_item(item) for item in field.split(","))

    def _stands_alone(self, field: str) -> bool:
        match = re.fullmatch(self.alone, field)
        return match is not None and all(self._number(value) is not None for value in match.groups() if value)

    def _is_item(self, item: str) -> bool:
        values, slash, step = item.partition("/")
        if slash and not (self.steps and re.fullmatch(r"[1-9][0-9]{0,3}", step) and int(step) <= self.high):
            return False
        if values == "*":
            return True
        first, dash, last = values.partition("-")
        low, high = self._number(first), self._number(last if dash else first)
        return low is not None and high is not None and low <= high

    def _number(self, text: str) -> int | None:
        if text in self.names:
            return self.low + self.names.index(text)
        number = int(text) if re.fullmatch(r"[0-9]{1,4}", text) else None
        return number if number is not None and self.low <= number <= self.high else None


_FIELDS: Final[Mapping[str, _Field]] = {
    "minutes": _Field(0, 59),
    "hours": _Field(0, 23),
    "day-of-month": _Field(1, 31, alone=r"\?|L|LW|([0-9]{1,2})W", marks=" ? L W"),
    "month": _Field(1, 12, _MONTHS),
    "day-of-week": _Field(
        1, 7, _DAYS, steps=False, alone=r"\?|L|([1-7]|[A-Z]{3})L|([1-7]|[A-Z]{3})#[1-5]", marks=" ? L #"
    ),
    "year": _Field(1970, 2199),
}
