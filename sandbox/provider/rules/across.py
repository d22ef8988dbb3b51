"""Checks across properties, which the tables of rules are made of.

A row of a table is a mapping of dotted paths to rules for the single values there, or a check. A check's words may hold
`{name}` for the value of a property. What is unknown breaks none.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from itertools import product
from typing import Any, Concatenate, ParamSpec

from ..faults import Fault
from ..spec import Context
from ..values import UNKNOWN, Values
from .places import OUTER, Condition, at, get, given, has, known, lacks, number, objects
from .single import Rule

Across = Callable[[Values, Context], Iterator[Fault]]
_P = ParamSpec("_P")
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


def check(of: Callable[Concatenate[Values, Context, _P], Iterator[Fault]]) -> Callable[_P, Across]:
    """Makes a check of a function that takes further arguments: call it with those alone."""
    return lambda *args, **kwargs: lambda values, context: of(values, context, *args, **kwargs)


@check
def refused(values: Values, _: Context, path: str, says: str, *when: Condition, shows: bool = False) -> Iterator[Fault]:
    """A property is refused when all of these hold; with `shows` its value is shown."""
    if all(condition(values) for condition in when):
        words = says.format_map(defaultdict(lambda: None, values))
        yield Fault(path, words, get(values, path) if shows else None)


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
    return check(lambda values, context, *rows: _run(rows if all(one(values) for one in when) else (), values, context))


@check
def each(values: Values, context: Context, path: str, *rows: Row) -> Iterator[Fault]:
    """Rows about each object at a dotted path."""
    for place, found in objects(values, path):
        for fault in _run(rows, {**found, OUTER: values}, context):
            yield Fault(f"{place}.{fault.path}".rstrip("."), fault.rule, fault.value)


@check
def parsed(values: Values, context: Context, name: str, *rows: Row) -> Iterator[Fault]:
    """Rows that see a JSON document where the program has its text. One that is none is not theirs to refuse."""
    try:
        document = json.loads(values.get(name, ""))
    except (TypeError, ValueError):
        return
    yield from _run(rows, {**values, name: document}, context)


@check
def exactly_one(
    values: Values, _: Context, *names: str, says: str = "", path: str = "", least: int = 1
) -> Iterator[Fault]:
    """Exactly one of these properties is given; with `least` 0 none will do."""
    found = given(values, *names)
    if known(*names)(values) and not least <= len(found) <= 1:
        need = f"exactly one of {_listed(names)} is needed" if least else f"only one of {_listed(names)} may be given"
        yield Fault(path, says or f"{need}, not {_listed(found) or 'none'}")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


@check
def less(values: Values, _: Context, smaller: str, larger: str, *, equal: bool = False) -> Iterator[Fault]:
    """A number, at a dotted path, is less than another one, or at most it."""
    for (place, value), (_other, most) in product(at(values, smaller), at(values, larger)):
        low, high = number(value), number(most)
        if low is not None and high is not None and (low > high or (low == high and not equal)):
            yield Fault(place, f"must be {'at most' if equal else 'less than'} `{larger}`, {most}", value)


@check
def count(
    values: Values, _: Context, path: str, most: int, says: str = "at most {most} are allowed", *of: str, least: int = 0
) -> Iterator[Fault]:
    """So many values at the dotted paths `of`, or else at `path`; one that is false is none."""
    found = [value for one in of or (path,) for _place, value in at(values, one, unknown=True) if value is not False]
    unknown = sum(value is UNKNOWN for value in found)
    if len(found) - unknown > most or (len(found) < least and not unknown):
        yield Fault(path, says.format(most=most), len(found) - unknown)


def distinct(items: Iterable[tuple[str, Hashable]], what: str) -> Iterator[Fault]:
    """Items, each with its place, of which no two may be the same."""
    seen: Counter[Hashable] = Counter()
    for place, item in items:
        seen[item] += 1
        if seen[item] == 2:
            yield Fault(place, f"{what} must be distinct, and this one is there already", item)


@check
def unique(values: Values, _: Context, path: str, what: str) -> Iterator[Fault]:
    """The values at a dotted path are distinct."""
    yield from distinct(((place, str(value)) for place, value in at(values, path)), what)


@check
def document(values: Values, _: Context, name: str, limit: int, *, spaces: bool = True) -> Iterator[Fault]:
    """A property that is a JSON document of at most so many characters, white space counted or not."""
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


def policy_size(text: Any) -> int:
    """The size of a policy document as IAM counts it: without white space."""
    return len(re.sub(r"\s", "", text if isinstance(text, str) else json.dumps(text)))
