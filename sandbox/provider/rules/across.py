"""Checks across properties, which the tables of rules are made of.

A row of a table is a mapping of dotted paths to rules for the single values there, or a check. A check's words may hold
`{name}` for the value of a property. What is unknown breaks none.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any

from ..faults import Fault
from ..spec import Context
from ..values import UNKNOWN, Values
from .places import OUTER, Condition, at, get, given, has, known, lacks, number, objects
from .single import Rule

Across = Callable[[Values, Context], Iterator[Fault]]
Row = Mapping[str, Rule] | Across


class Rules:
    """The rules of a resource type, with where AWS publishes them; called with inputs, what those break."""

    def __init__(self, source: str, *rows: Row) -> None:
        self.source, self.rows = source, rows

    def __call__(self, values: Values, context: Context) -> Iterator[Fault]:
        return _run(self.rows, values, context)


def _run(rows: Iterable[Row], values: Values, context: Context) -> Iterator[Fault]:
    for row in rows:
        if callable(row):
            yield from row(values, context)
            continue
        for path, rule in row.items():
            yield from (Fault(place, rule.says, found) for place, found in at(values, path) if not rule.holds(found))


def refused(path: str, says: str, *when: Condition, shows: bool = False) -> Across:
    """A property is refused when all of these hold; with `shows` its value is shown."""

    def check(values: Values, _: Context) -> Iterator[Fault]:
        if all(condition(values) for condition in when):
            words = says.format_map(defaultdict(lambda: None, values))
            yield Fault(path, words, get(values, path) if shows else None)

    return check


def requires(paths: str, says: str, *when: Condition) -> Across:
    """Each of these properties, separated by spaces, is needed when all of these hold."""
    return where(*when)(*(refused(path, says, lacks(path)) for path in paths.split()))


def excludes(paths: str, says: str, *when: Condition) -> Across:
    """None of these properties, separated by spaces, may be given when all of these hold, unless as false."""
    return where(*when)(
        *(refused(one, says, has(one), lambda v, o=one: get(v, o) is not False) for one in paths.split())
    )


def where(*when: Condition) -> Callable[..., Across]:
    """Rows that count where all of these hold."""

    def rows_then(*rows: Row) -> Across:
        return lambda values, context: _run(rows if all(one(values) for one in when) else (), values, context)

    return rows_then


def each(path: str, *rows: Row) -> Across:
    """Rows about each object at a dotted path."""

    def check(values: Values, context: Context) -> Iterator[Fault]:
        for place, found in objects(values, path):
            for fault in _run(rows, {**found, OUTER: values}, context):
                yield Fault(f"{place}.{fault.path}".rstrip("."), fault.rule, fault.value)

    return check


def parsed(name: str, *rows: Row) -> Across:
    """Rows that see a JSON document where the program has its text. One that is none is not theirs to refuse."""

    def check(values: Values, context: Context) -> Iterator[Fault]:
        try:
            document = json.loads(values.get(name, ""))
        except (TypeError, ValueError):
            return
        yield from _run(rows, {**values, name: document}, context)

    return check


def exactly_one(*names: str, says: str = "", path: str = "", least: int = 1) -> Across:
    """Exactly one of these properties is given; with `least` 0 none will do."""

    def check(values: Values, _: Context) -> Iterator[Fault]:
        found = given(values, *names)
        if known(*names)(values) and not least <= len(found) <= 1:
            need = (
                f"exactly one of {_listed(names)} is needed" if least else f"only one of {_listed(names)} may be given"
            )
            yield Fault(path, says or f"{need}, not {_listed(found) or 'none'}")

    return check


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def less(smaller: str, larger: str, *, equal: bool = False) -> Across:
    """A number, at a dotted path, is less than another one, or at most it."""

    def check(values: Values, _: Context) -> Iterator[Fault]:
        for place, value in at(values, smaller):
            for _other, most in at(values, larger):
                low, high = number(value), number(most)
                if low is not None and high is not None and (low > high or (low == high and not equal)):
                    yield Fault(place, f"must be {'at most' if equal else 'less than'} `{larger}`, {most}", value)

    return check


def count(path: str, most: int, says: str = "at most {most} are allowed", *of: str, least: int = 0) -> Across:
    """So many values at the dotted paths `of`, or else at `path`; one that is false is none."""

    def check(values: Values, _: Context) -> Iterator[Fault]:
        found = [
            value for one in of or (path,) for _place, value in at(values, one, unknown=True) if value is not False
        ]
        known = [value for value in found if value is not UNKNOWN]
        if len(known) > most or (len(found) < least and known == found):
            yield Fault(path, says.format(most=most), len(known))

    return check


def distinct(items: Iterable[tuple[str, Hashable]], what: str) -> Iterator[Fault]:
    """Items, each with its place, of which no two may be the same."""
    seen: Counter[Hashable] = Counter()
    for place, item in items:
        seen[item] += 1
        if seen[item] == 2:
            yield Fault(place, f"{what} must be distinct, and this one is there already", item)


def unique(path: str, what: str) -> Across:
    """The values at a dotted path are distinct."""
    return lambda values, _: distinct(((place, str(value)) for place, value in at(values, path)), what)


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
        size, without = (len(text), "") if spaces else (policy_size(text), " without white space")
        if size > limit:
            yield Fault(name, f"has {size:,} characters{without}, and at most {limit:,} are allowed")

    return check


def policy_size(text: Any) -> int:
    """The size of a policy document as IAM counts it: without white space."""
    return len(re.sub(r"\s", "", text if isinstance(text, str) else json.dumps(text)))
