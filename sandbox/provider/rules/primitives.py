"""What rules are made of. An unknown value, or one that is not there, breaks none."""

import json
import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from ..faults import Fault
from ..spec import Context
from ..values import UNKNOWN, Values

Across = Callable[[Values, Context], Iterator[Fault]]
_NOTHING: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True)
class Rule:
    """A rule for one value: what it says, and whether a value holds to it."""

    says: str
    holds: Callable[[Any], bool]


def number(value: Any) -> float | None:
    """A number, also one that is spelt as text; None for anything else."""
    try:
        return None if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None


def between(least: float, most: float, unit: str = "") -> Rule:
    """A number within bounds; what is no number is for the service's model to refuse."""

    def holds(value: Any) -> bool:
        given = number(value)
        return given is None or least <= given <= most

    bounds = f"at least {least:,}" if most == float("inf") else f"{least:,} to {most:,}"
    return Rule(f"must be {bounds} {unit}".rstrip(), holds)


def one_of(*allowed: Any, says: str = "") -> Rule:
    """One of these values, whether text or numbers."""
    spelt = [str(one) for one in allowed]
    return Rule(says or f"must be one of {', '.join(spelt)}", lambda value: str(value) in spelt)


def form(pattern: str, says: str) -> Rule:
    """Text that matches a pattern as a whole."""
    matches = re.compile(pattern, re.DOTALL)
    return Rule(says, lambda value: not isinstance(value, str) or matches.fullmatch(value) is not None)


def at(value: Any, path: str, where: str = "") -> Iterator[tuple[str, Any]]:
    """Everything known at a dotted path, with the place that it has in the program: each item of a list on its own."""
    if isinstance(value, list):
        for index, item in enumerate(cast(list[Any], value)):
            yield from at(item, path, f"{where}[{index}]")
    elif not path:
        if value is not UNKNOWN and value is not None:
            yield where, value
    elif isinstance(value, Mapping):
        name, _, rest = path.partition(".")
        yield from at(cast(Values, value).get(name), rest, f"{where}.{name}".lstrip("."))


def hold(value: Any, rules: Mapping[str, Rule], where: str = "") -> Iterator[Fault]:
    """Faults against rules for single values, each by its dotted path below `value`, which stands at `where`."""
    for path, rule in rules.items():
        for place, found in at(value, path, where):
            if not rule.holds(found):
                yield Fault(place, rule.says, found)


def objects(value: Any, name: str, where: str = "") -> Iterator[tuple[str, Values]]:
    """The objects in list `name` of an object, with their places."""
    for place, found in at(value, name, where):
        if isinstance(found, dict):
            yield place, cast(Values, found)


def given(values: Mapping[str, Any], *names: str) -> list[str]:
    """Which of the properties have a value, known or not."""
    return [name for name in names if values.get(name) is UNKNOWN or values.get(name) not in _NOTHING]


def known(values: Mapping[str, Any], *names: str) -> bool:
    """Whether nothing of these properties is unknown at its top."""
    return not any(values.get(name) is UNKNOWN for name in names)


def exactly_one(*names: str, where: str = "") -> Across:
    """Exactly one of these properties is given."""

    def check(values: Values, _: Context) -> Iterator[Fault]:
        found = given(values, *names)
        if known(values, *names) and len(found) != 1:
            yield Fault(where, f"exactly one of {_listed(names)} is needed, not {_listed(found) or 'none'}")

    return check


def at_most_one(*names: str) -> Across:
    """No two of these properties are given."""

    def check(values: Values, _: Context) -> Iterator[Fault]:
        found = given(values, *names)
        if known(values, *names) and len(found) > 1:
            yield Fault("", f"only one of {_listed(names)} may be given, not {_listed(found)}")

    return check


def needs(name: str, other: str, why: str = "") -> Across:
    """A property that is given needs another one."""

    def check(values: Values, _: Context) -> Iterator[Fault]:
        if given(values, name) and values.get(name) is not False and known(values, name) and not given(values, other):
            yield Fault(name, f"needs `{other}`{why and f': {why}'}")

    return check


def less(smaller: str, larger: str, *, equal: bool = False) -> Across:
    """A number, at a dotted path, is less than another one, or at most it."""

    def check(values: Values, _: Context) -> Iterator[Fault]:
        for where, value in at(values, smaller):
            for other, most in at(values, larger):
                low, high = number(value), number(most)
                if low is not None and high is not None and (low > high or (low == high and not equal)):
                    yield Fault(where, f"must be {'at most' if equal else 'less than'} `{other}`, {most}", value)

    return check


def distinct(items: Iterable[tuple[str, Hashable]], what: str) -> Iterator[Fault]:
    """Items, each with its place, of which no two may be the same."""
    seen: Counter[Hashable] = Counter()
    for where, item in items:
        seen[item] += 1
        if seen[item] == 2:
            yield Fault(where, f"{what} must be distinct, and this one is there already", item)


def document(name: str, limit: int, *, spaces: bool = True) -> Across:
    """A property that is a JSON document of at most so many characters, white space counted or not."""

    def check(values: Values, _: Context) -> Iterator[Fault]:
        text = values.get(name)
        if not isinstance(text, str):
            return
        try:
            json.loads(text)
        except ValueError as error:
            yield Fault(name, f"not a JSON document: {error}")
            return
        size = len(text) if spaces else policy_size(text)
        if size > limit:
            without = "" if spaces else " without white space"
            yield Fault(name, f"has {size:,} characters{without}, and at most {limit:,} are allowed")

    return check


def policy_size(text: str) -> int:
    """The size of a policy document as IAM counts it: without white space."""
    return len(re.sub(r"\s", "", text))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
