"""Converts property values between the engine's wire form (protobuf Structs) and plain Python, and compares them.

On the wire an unknown value is a well-known string, and a secret is an object with a signature. Here an unknown is
`UNKNOWN`. Secrets are unwrapped, and the names of the top-level properties that held one are kept, so that the same
properties are wrapped again on the way back.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import Any, Final, TypeGuard

from google.protobuf.struct_pb2 import Struct, Value

Values = dict[str, Any]

SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the wire signature of a secret value, not a secret
# The protocol has a sentinel for each kind of value. Python's SDK and the engine send the one of a string for all.
_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


# Values that count as not set, an empty JSON document included.
EMPTY: Final[tuple[Any, ...]] = (None, "", [], {}, False, 0, "{}")


class Unknown:
    """A value that is not known before the update has run. It equals only itself."""

    def __repr__(self) -> str:
        return "<unknown>"

    def __deepcopy__(self, _memo: object) -> "Unknown":
        return self


UNKNOWN: Final = Unknown()


def is_object(value: object) -> TypeGuard[Values]:
    """Whether a value is an object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Whether a value is a list."""
    return isinstance(value, list)


def from_struct(struct: Struct) -> tuple[Values, set[str]]:
    """Returns the properties in `struct`, secrets unwrapped, and the names of the top-level ones that hold a secret."""
    secret: set[str] = set()
    values = {name: _from_value(field, partial(secret.add, name)) for name, field in struct.fields.items()}
    return values, secret


def _from_value(value: Value, found_secret: Callable[[], None]) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "list_value":
        return [_from_value(item, found_secret) for item in value.list_value.values]
    if kind == "struct_value":
        fields = value.struct_value.fields
        if SIGNATURE not in fields:
            return {name: _from_value(field, found_secret) for name, field in fields.items()}
        if fields[SIGNATURE].string_value != _SECRET:
            raise ValueError(
                "a property holds an asset, an archive or a resource reference, which the sandbox does not support"
            )
        found_secret()
        return _from_value(fields["value"], found_secret)
    plain = None if kind in (None, "null_value") else getattr(value, kind)
    if plain == _UNKNOWN:
        return UNKNOWN
    return int(plain) if isinstance(plain, float) and plain.is_integer() else plain


def to_struct(values: Mapping[str, Any], secret: Collection[str] = ()) -> Struct:
    """Returns `values` in wire form, with the properties in `secret` wrapped as secrets. None values are left out."""
    wire = {name: _to_wire(value) for name, value in values.items() if value is not None}
    struct = Struct()
    struct.update({n: {SIGNATURE: _SECRET, "value": value} if n in secret else value for n, value in wire.items()})
    return struct


def _to_wire(value: Any) -> Any:
    if is_object(value):
        return {name: _to_wire(item) for name, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_to_wire(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    if value is UNKNOWN:
        return _UNKNOWN
    return value if isinstance(value, str | int | float | None) else str(value)


def leaves(value: Any) -> Iterator[Any]:
    """Yields every value inside that is neither an object nor a list."""
    if is_object(value) or is_list(value):
        for item in value.values() if is_object(value) else value:
            yield from leaves(item)
    else:
        yield value


def has_unknown(value: Any) -> bool:
    """Whether any part of `value` is unknown."""
    return any(leaf is UNKNOWN for leaf in leaves(value))


def _document(text: str) -> Any:
    """Returns the JSON document in a string, or the string if it holds none."""
    try:
        return json.loads(text) if text[:1] in ("{", "[") else text
    except ValueError:
        return text


def same(a: Any, b: Any, *, ordered: bool = False) -> bool:
    """Whether two values of a property mean the same.

    Two spellings of one JSON document do. So do lists that differ only in order, unless `ordered`. An unknown never
    does.
    """
    if a is UNKNOWN or b is UNKNOWN:
        return False
    if is_object(a) and is_object(b):
        return a.keys() == b.keys() and all(same(a[name], b[name], ordered=ordered) for name in a)
    if is_list(a) and is_list(b):
        return _match(a, b, partial(same, ordered=ordered), ordered)
    if isinstance(a, str) and isinstance(b, str):
        return a == b or _document(a) == _document(b)
    return a == b and isinstance(a, bool) == isinstance(b, bool)


def _match(a: list[Any], b: list[Any], fits: Callable[[Any, Any], bool], ordered: bool) -> bool:
    """Whether the items of two lists fit one to one: at their places if `ordered`, else in any order."""
    rest = list(b)
    return len(a) == len(b) and all(map(fits, a, b) if ordered else (_take(rest, partial(fits, item)) for item in a))


def _take(items: list[Any], fits: Callable[[Any], bool]) -> bool:
    """Whether one of the items fits. That item is removed."""
    match = next((index for index, item in enumerate(items) if fits(item)), None)
    if match is not None:
        del items[match]
    return match is not None


def agrees(given: Any, live: Any, *, ordered: bool = False) -> bool:
    """Whether the account's value `live` satisfies the program's value `given`.

    The account's may have more members. An empty value equals none, and numbers and booleans may be strings.
    """
    if given is UNKNOWN:
        return False
    if is_object(given):
        live = _single(live)
        members = live if is_object(live) else {}
        return all(agrees(value, members.get(name), ordered=ordered) for name, value in given.items())
    if is_list(given):
        items = live if is_list(live) else [] if live in (None, {}, "") else [live]
        return _match(given, items, partial(agrees, ordered=ordered), ordered)
    if given in EMPTY and live in (*EMPTY, "false", "0"):
        return True
    return given is not None and live is not None and (same(given, live) or spelt(given) == spelt(live))


def _single(value: Any) -> Any:
    """Returns the item of a list of one, and any other value as it is."""
    return value[0] if is_list(value) and len(value) == 1 else value


def spelt(value: Any) -> str:
    """Returns a plain value as text: `true`, `5` for 5.0."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def reconcile(given: Any, live: Any, *, ordered: bool) -> Any:
    """Returns the live value as the program spells it: `given` if the two agree, else the live value with only the
    members that the program names. The drift of a property is the difference between the result and `given`."""
    if agrees(given, live, ordered=ordered):
        return given
    if is_object(given):
        live = _single(live)
        if is_object(live):
            cut = {name: reconcile(value, live.get(name), ordered=ordered) for name, value in given.items()}
            return {name: value for name, value in cut.items() if value is not None}
    if is_list(given) and is_list(live):
        return _reconcile_items(given, live, ordered)
    return spelt(live) if isinstance(given, str) and isinstance(live, int | float) else live


def _reconcile_items(given: list[Any], live: list[Any], ordered: bool) -> list[Any]:
    rest = list(live)
    kept: list[Any] = []
    unmatched: list[Any] = []
    for item in given:  # first the items that agree, in the program's order
        (kept if _take(rest, partial(agrees, item, ordered=ordered)) else unmatched).append(item)
    names = {name for item in given if is_object(item) for name in item}
    kept += [reconcile(item, other, ordered=ordered) for item, other in zip(unmatched, rest, strict=False)]
    more = rest[len(unmatched) :]
    return kept + [{k: v for k, v in other.items() if k in names} if is_object(other) else other for other in more]
