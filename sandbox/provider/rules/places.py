"""Where values are among a resource's inputs, and conditions on them. `^` is what an object is part of (`each`)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from ..values import UNKNOWN, Values

Condition = Callable[[Values], Any]
OUTER = "^"
_NOTHING: tuple[Any, ...] = (None, "", [], {})


def at(value: Any, path: str, where: str = "", *, unknown: bool = False) -> Iterator[tuple[str, Any]]:
    """Everything known at a dotted path, with the place that it has in the program: each item of a list on its own.

    With `unknown` also what is not known there, or on the way.
    """
    if isinstance(value, list):
        for index, item in enumerate(cast(list[Any], value)):
            yield from at(item, path, f"{where}[{index}]", unknown=unknown)
    elif value is UNKNOWN or not path:
        if value is not None and (unknown or value is not UNKNOWN):
            yield where, value
    elif isinstance(value, Mapping):
        name, _, rest = path.partition(".")
        yield from at(cast(Values, value).get(name), rest, f"{where}.{name}".lstrip("."), unknown=unknown)


def objects(value: Any, path: str) -> Iterator[tuple[str, Values]]:
    """The objects at a dotted path, with their places."""
    yield from ((place, cast(Values, found)) for place, found in at(value, path) if isinstance(found, dict))


def get(values: Any, path: str) -> Any:
    """The value at a dotted path through objects."""
    for name in path.split("."):
        if not isinstance(values, Mapping):
            return UNKNOWN if values is UNKNOWN else None
        values = cast(Values, values).get(name)
    return values


def number(value: Any, otherwise: float | None = None) -> float | None:
    """A number, also one that is spelt as text; `otherwise` for anything else."""
    try:
        return otherwise if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return otherwise


def size(values: Any, path: str, otherwise: float = 0) -> float:
    """The number at a dotted path through objects."""
    return cast(float, number(get(values, path), otherwise))


def given(values: Any, *paths: str) -> list[str]:
    """Which of the properties have a value, known or not."""
    return [path for path in paths if get(values, path) is UNKNOWN or get(values, path) not in _NOTHING]


def has(*paths: str) -> Condition:
    """One of the properties is given."""
    return lambda values: bool(given(values, *paths))


def lacks(*paths: str) -> Condition:
    """None of the properties is given."""
    return lambda values: not given(values, *paths)


def known(*paths: str) -> Condition:
    """Nothing of these properties is unknown at its top."""
    return lambda values: not any(get(values, path) is UNKNOWN for path in paths)


def is_(path: str, *allowed: Any) -> Condition:
    """A property has one of these values."""
    return lambda values: get(values, path) in allowed


def isnt(path: str, *allowed: Any) -> Condition:
    """A property has another value than these, or none."""
    return lambda values: get(values, path) is not UNKNOWN and get(values, path) not in allowed
