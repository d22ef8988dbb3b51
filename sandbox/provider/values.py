"""Property values between the engine's wire form (protobuf Structs) and plain Python.

On the wire an unknown value is a well-known string, and a secret is an object with a signature. Here an unknown is
`UNKNOWN`, wherever it stands; secrets are unwrapped, and only the names of the top-level properties that held one are
kept, so that exactly those are wrapped again on the way back.
"""

import json
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any, Final, cast

from google.protobuf.struct_pb2 import ListValue, Struct, Value

Values = dict[str, Any]

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the wire signature of a secret value, not a secret
_UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
# The engine has one sentinel for each kind of value; any of them can come in, a string's goes out.
_UNKNOWNS = frozenset(
    {
        _UNKNOWN_STRING,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)


class Unknown:
    """A value that is not known before the update has run. It equals nothing but itself."""

    def __repr__(self) -> str:
        return "<unknown>"

    def __deepcopy__(self, _memo: object) -> "Unknown":
        return self


UNKNOWN: Final = Unknown()


def from_struct(struct: Struct) -> tuple[Values, set[str]]:
    """The properties in `struct`, secrets unwrapped, and the names of the top-level ones that hold a secret."""
    values: Values = {}
    secret: set[str] = set()
    for name, field in struct.fields.items():
        value, has_secret = _from_value(field)
        values[name] = value
        if has_secret:
            secret.add(name)
    return values, secret


def _from_value(value: Value) -> tuple[Any, bool]:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return (UNKNOWN if value.string_value in _UNKNOWNS else value.string_value), False
    if kind == "number_value":
        number = value.number_value
        return (int(number) if number.is_integer() else number), False
    if kind == "bool_value":
        return value.bool_value, False
    if kind == "list_value":
        pairs = [_from_value(item) for item in value.list_value.values]
        return [item for item, _ in pairs], any(secret for _, secret in pairs)
    if kind == "struct_value":
        fields = value.struct_value.fields
        if _SIGNATURE in fields:
            if fields[_SIGNATURE].string_value != _SECRET:
                raise ValueError("a property holds an asset, an archive or a resource reference; none is carried out")
            return _from_value(fields["value"])[0], True
        pairs_by_name = {name: _from_value(field) for name, field in fields.items()}
        return {n: v for n, (v, _) in pairs_by_name.items()}, any(secret for _, secret in pairs_by_name.values())
    return None, False


def to_struct(values: Mapping[str, Any], secret: Collection[str] = ()) -> Struct:
    """`values` in wire form, with the properties named in `secret` wrapped as secrets. None values are left out."""
    fields: dict[str, Value] = {}
    for name, value in values.items():
        if value is None:
            continue
        wire = _to_value(value)
        if name in secret:
            signature = {_SIGNATURE: Value(string_value=_SECRET), "value": wire}
            wire = Value(struct_value=Struct(fields=signature))
        fields[name] = wire
    return Struct(fields=fields)


def _to_value(value: Any) -> Value:
    if value is UNKNOWN:
        return Value(string_value=_UNKNOWN_STRING)
    if value is None:
        return Value(null_value=0)  # pyright: ignore[reportArgumentType] - the stubs want the enum's own type
    if isinstance(value, bool):
        return Value(bool_value=value)
    if isinstance(value, int | float):
        return Value(number_value=value)
    if isinstance(value, dict):
        return Value(struct_value=to_struct(cast(Values, value)))
    if isinstance(value, list | tuple):
        return Value(list_value=ListValue(values=[_to_value(item) for item in cast(list[Any], value)]))
    return Value(string_value=str(value))


def has_unknown(value: Any) -> bool:
    """Whether an unknown stands anywhere in `value`."""
    if isinstance(value, dict):
        return any(has_unknown(item) for item in cast(Values, value).values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in cast(list[Any], value))
    return value is UNKNOWN


def _document(text: str) -> Any:
    """The JSON document in a string, or the string itself when it holds none."""
    try:
        return json.loads(text) if text[:1] in ("{", "[") else text
    except ValueError:
        return text


def same(a: Any, b: Any, *, ordered: bool = False) -> bool:
    """Whether two values of a property mean the same.

    Two spellings of one JSON document do, and so do lists that differ in order alone unless `ordered`; an unknown is
    never the same as anything.
    """
    if a is UNKNOWN or b is UNKNOWN:
        return False
    if isinstance(a, dict) and isinstance(b, dict):
        left, right = cast(Values, a), cast(Values, b)
        return left.keys() == right.keys() and all(same(left[k], right[k], ordered=ordered) for k in left)
    if isinstance(a, list) and isinstance(b, list):
        return _same_items(cast(list[Any], a), cast(list[Any], b), ordered)
    if isinstance(a, str) and isinstance(b, str):
        if a == b:
            return True
        left_doc, right_doc = _document(a), _document(b)
        return not isinstance(left_doc, str) and left_doc == right_doc
    if isinstance(a, int | float) and isinstance(b, int | float):
        return a == b and isinstance(a, bool) == isinstance(b, bool)
    return a is None and b is None


def _same_items(a: list[Any], b: list[Any], ordered: bool) -> bool:
    if len(a) != len(b):
        return False
    if ordered:
        return all(same(x, y, ordered=True) for x, y in zip(a, b, strict=True))
    rest = list(b)
    return all(_take(rest, partial(same, item)) for item in a)


def _take(items: list[Any], fits: Callable[[Any], bool]) -> bool:
    """Whether one of the items fits; that one is taken away."""
    match = next((index for index, item in enumerate(items) if fits(item)), None)
    if match is None:
        return False
    del items[match]
    return True


def agrees(given: Any, live: Any, *, ordered: bool = False) -> bool:
    """Whether the account's value `live` is what the program's `given` asks for.

    The account may hold more than was asked for (members that it filled in itself), an empty value is as good as none,
    and numbers and booleans may be spelt as strings.
    """
    if given is UNKNOWN:
        return False
    if isinstance(given, dict):
        if isinstance(live, list) and len(cast(list[Any], live)) == 1:
            live = cast(list[Any], live)[0]
        members = cast(Values, live if isinstance(live, dict) else {})
        return all(agrees(value, members.get(name), ordered=ordered) for name, value in cast(Values, given).items())
    if isinstance(given, list):
        return _agreeing_items(cast(list[Any], given), live, ordered)
    if given in ("", None, False, 0) and live in ("", None, False, 0, "false", "0"):
        return True
    if given is None or live is None:
        return False
    return same(given, live) or _spelt(given) == _spelt(live)


def _agreeing_items(given: list[Any], live: Any, ordered: bool) -> bool:
    items: list[Any] = [] if live in (None, {}, "") else [live]
    if isinstance(live, list):
        items = list(cast(list[Any], live))
    if len(given) != len(items):
        return False
    if ordered:
        return all(agrees(x, y, ordered=True) for x, y in zip(given, items, strict=True))
    return all(_take(items, partial(agrees, item)) for item in given)


def _spelt(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def reconcile(given: Any, live: Any, *, ordered: bool = False) -> Any:
    """The live value spelt the program's way: `given` itself where the two agree, else the live value cut to the
    members that the program names. A property's drift is thus the difference between the result and `given`."""
    if agrees(given, live, ordered=ordered):
        return given
    if isinstance(given, dict) and isinstance(live, list) and len(cast(list[Any], live)) == 1:
        live = cast(list[Any], live)[0]
    if isinstance(given, dict) and isinstance(live, dict):
        members = cast(Values, live)
        cut = {
            name: reconcile(value, members.get(name), ordered=ordered) for name, value in cast(Values, given).items()
        }
        return {name: value for name, value in cut.items() if value is not None}
    if isinstance(given, list) and isinstance(live, list):
        return _reconcile_items(cast(list[Any], given), cast(list[Any], live), ordered)
    if isinstance(given, bool) and isinstance(live, str):
        return live.lower() == "true"
    if isinstance(given, int) and isinstance(live, str) and live.lstrip("-").isdigit():
        return int(live)
    if isinstance(given, str) and isinstance(live, int | float):
        return _spelt(live)
    return cast(Any, live)


def _reconcile_items(given: list[Any], live: list[Any], ordered: bool) -> list[Any]:
    rest = list(live)
    kept: list[Any] = []
    unmatched: list[Any] = []
    for item in given:  # first the items that are as asked for, in the program's order
        (kept if _take(rest, partial(agrees, item, ordered=ordered)) else unmatched).append(item)
    for item, other in zip(unmatched, rest, strict=False):
        kept.append(reconcile(item, other, ordered=ordered))
    names = {name for item in given if isinstance(item, dict) for name in cast(Values, item)}
    for other in rest[len(unmatched) :]:
        cut = {k: v for k, v in cast(Values, other).items() if k in names} if isinstance(other, dict) else other
        kept.append(cut)
    return kept
