"""Pulumi's property values to and from the parameters of AWS calls, by walking botocore's shapes.

A property meets the member of the same name, case-blind, in singular or plural; a rename names another one. A rename is
a dotted path, relative to the structure that the property stands in: `Matcher.HttpCode` is a member of a member (of the
first item, where a list lies on the way), and `.` says that the object's own members lie in that structure itself.
Renames of nested properties are keyed by their own dotted path: `healthCheck.matcher`.
"""

import base64
import re
import warnings
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, cast

from .faults import Fault
from .values import UNKNOWN, Values

_INDEX = re.compile(r"\[\d+\]")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+")
_NUMBERS = {"integer": int, "long": int, "float": float, "double": float}


class ConversionError(Exception):
    """A property that no member of the call's shape takes, or a value that the member does not take."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


def property_name(member: str) -> str:
    """Pulumi's spelling of an API member: KMSMasterKeyID → kmsMasterKeyId."""
    words = _WORDS.findall(member)
    return "".join(word.lower() if i == 0 else word[0].upper() + word[1:].lower() for i, word in enumerate(words))


def capital(name: str) -> str:
    """A property's name as most APIs spell the member: with a capital letter."""
    return name[:1].upper() + name[1:]


def uncapital(member: str) -> str:
    """A member's name without its capital letter."""
    return member[:1].lower() + member[1:]


def members(found: Mapping[str, Any], names: str) -> Values:
    """The properties that `names` lists, out of an answer's object that has members of the same names."""
    return {name: found.get(capital(name)) for name in names.split()}


def find_member(shape: Any, name: str) -> str | None:
    """The member of structure `shape` that a property called `name` is, if any."""
    members: dict[str, str] = {member.casefold(): member for member in shape.members}
    name = name.casefold()
    candidates = [name, name + "s"]
    if name.endswith("ies"):
        candidates.append(name[:-3] + "y")
    if name.endswith("es"):
        candidates.append(name[:-2])
    if name.endswith("s"):
        candidates.append(name[:-1])
    return next((members[c] for c in candidates if c in members), None)


def place(
    params: Values, shape: Any, names: Mapping[str, str], path: str, value: Any, faults: list[Fault] | None = None
) -> None:
    """Put the property at `path`, converted, where it belongs in `params`, the parameters of structure `shape`.

    Where a value breaks a rule of the service's model, `faults` gets an entry.

    Raises:
        ConversionError: nothing in the shape takes it.
    """
    if value is None:
        return
    target = names.get(_INDEX.sub("", path))
    if target is None:
        member = find_member(shape, path.rpartition(".")[2])
        if member is None:
            raise ConversionError(path, "the sandbox does not carry out this property")
        target = member
    if target == ".":
        if value is not UNKNOWN:
            place_members(params, shape, names, path, value, faults)
        return
    *parents, last = target.split(".")
    for name in parents:
        shape = shape.members[name]
        if shape.type_name == "list":
            shape = shape.member
            params = params.setdefault(name, [{}])[0]
        else:
            params = params.setdefault(name, {})
    params[last] = encode(shape.members[last], names, path, value, faults)


def place_members(
    params: Values, shape: Any, names: Mapping[str, str], path: str, value: Any, faults: list[Fault] | None = None
) -> None:
    """Put every member of the object `value` in `params`; see `place`."""
    if isinstance(value, list) and len(cast(list[Any], value)) == 1:
        value = cast(list[Any], value)[0]
    if not isinstance(value, dict):
        raise ConversionError(path, "an object is needed here")
    for name, item in cast(Values, value).items():
        if not name.startswith("__"):
            place(params, shape, names, f"{path}.{name}" if path else name, item, faults)


def encode(shape: Any, names: Mapping[str, str], path: str, value: Any, faults: list[Fault] | None = None) -> Any:
    """`value` as a parameter of `shape`; `faults` as for `place`. An unknown stays one. Raises ConversionError."""
    if value is UNKNOWN:
        return UNKNOWN
    made = _encode(shape, names, path, value, faults)
    if faults is not None:
        shown = value if not isinstance(value, dict | list) else None
        faults += [Fault(path, rule, shown) for rule in _broken(shape, made, names, _INDEX.sub("", path))]
    return made


def _encode(shape: Any, names: Mapping[str, str], path: str, value: Any, faults: list[Fault] | None) -> Any:
    kind = shape.type_name
    if kind == "structure":
        params: Values = {}
        place_members(params, shape, names, path, value, faults)
        return params
    if kind == "list":
        if isinstance(value, dict) and _is_pair(shape.member):
            pairs = cast(Values, value).items()
            key, content = _pair_names(shape.member)
            return [{key: k, content: v} for k, v in pairs]
        items = cast(list[Any], value if isinstance(value, list) else [value])
        numbered = [(f"{path}[{index}]", item) for index, item in enumerate(items) if item is not None]
        return [encode(shape.member, names, where, item, faults) for where, item in numbered]
    if kind == "map":
        if not isinstance(value, dict):
            raise ConversionError(path, "an object is needed here")
        entries = cast(Values, value).items()
        return {k: encode(shape.value, names, f"{path}.{k}", v, faults) for k, v in entries}
    if isinstance(value, dict | list):
        raise ConversionError(path, f"one value of type {kind} is needed here")
    return _scalar(kind, path, value)


def _scalar(kind: str, path: str, value: Any) -> Any:
    if kind in _NUMBERS:
        try:
            return _NUMBERS[kind](value)
        except ValueError:
            raise ConversionError(path, "a number is needed here") from None
    if kind == "boolean":
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        if not isinstance(value, bool):
            raise ConversionError(path, "true or false is needed here")
    elif kind == "blob":
        return base64.b64decode(value)
    elif kind == "string" and not isinstance(value, str):
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value


def _is_pair(shape: Any) -> bool:
    """Whether a structure is a Key and a Value, or a TagKey and a TagValue: tags are lists of such."""
    return shape.type_name == "structure" and _plain_names(shape).keys() == {"key", "value"}


def _pair_names(shape: Any) -> tuple[str, str]:
    members = _plain_names(shape)
    return members["key"], members["value"]


def _plain_names(shape: Any) -> dict[str, str]:
    return {m.casefold().removeprefix("tag"): m for m in shape.members}


def step_into(value: Any, shape: Any, path: str) -> tuple[Any, Any]:
    """The value at a dotted path of an answer and its shape; (None, None) where the answer has none.

    The first item is taken of a list on the way.
    """
    for name in path.split(".") if path else ():
        if shape is not None and shape.type_name == "list":
            items = cast(list[Any], value or [])
            if not items:
                return None, None
            value, shape = items[0], shape.member
        if not isinstance(value, dict) or shape is None or shape.type_name != "structure":
            return None, None
        value, shape = cast(Values, value).get(name), shape.members.get(name)
        if value is None:
            return None, None
    return value, shape


def decode(shape: Any, names: Mapping[str, str], path: str, value: Any, like: Any = None) -> Any:
    """A value of an answer as a property: renames undone, members in the spelling of `like` (the program's own value)
    or else in Pulumi's usual one, times as strings."""
    if names.get(path) == ".":
        return _decode_members(shape, names, path, cast(Values, value), like, rest=False)
    kind = shape.type_name
    if kind == "structure":
        return _decode_members(shape, names, path, cast(Values, value), like, rest=True)
    if kind == "list":
        items = cast(list[Any], value)
        if _is_pair(shape.member) and not isinstance(like, list):
            key, content = _pair_names(shape.member)
            return {item[key]: item.get(content, "") for item in items}
        guide = _merged(cast(list[Any], like)) if isinstance(like, list) else like
        return [decode(shape.member, names, path, item, guide) for item in items]
    if kind == "map":
        return {k: decode(shape.value, names, f"{path}.{k}", v) for k, v in cast(Values, value).items()}
    if kind == "timestamp":
        return value.isoformat().replace("+00:00", "Z") if hasattr(value, "isoformat") else str(value)
    if kind == "blob":
        return base64.b64encode(value).decode()
    return value


def _merged(items: list[Any]) -> Any:
    """All members that any of the objects has, to spell the items of a list by."""
    merged: Values = {}
    for item in reversed(items):
        merged |= cast(Values, item) if isinstance(item, dict) else {}
    return merged or None


def _decode_members(shape: Any, names: Mapping[str, str], path: str, value: Values, like: Any, *, rest: bool) -> Values:
    decoded: Values = {}
    taken: set[str] = set()
    spelt = cast(Values, like if isinstance(like, dict) else {})
    known = [name for name in names if name.rpartition(".")[0] == path] if path else []
    for name in [*spelt, *(n.rpartition(".")[2] for n in known)]:
        full = f"{path}.{name}"
        target = names.get(full) or find_member(shape, name)
        if target is None or name in decoded:
            continue
        if target == ".":
            decoded[name] = decode(shape, names, full, value, spelt.get(name))
            continue
        taken.add(target.partition(".")[0])
        found, found_shape = step_into(value, shape, target)
        if found is not None:
            decoded[name] = decode(found_shape, names, full, found, spelt.get(name))
    for member, item in value.items() if rest else ():
        if member not in taken and member in shape.members and item is not None:
            name = property_name(member)
            decoded.setdefault(name, decode(shape.members[member], names, f"{path}.{name}", item))
    return decoded


def violations(shape: Any, value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Where the parameters of a call break the rules of the service's model: (path of the parameter, rule) for each.

    Values are not repeated, as they may be secrets.
    """
    if value is UNKNOWN or value is None:
        return
    yield from ((path, rule) for rule in _broken(shape, value))
    if shape.type_name == "structure":
        for name, item in cast(Values, value).items():
            if name in shape.members:
                yield from violations(shape.members[name], item, f"{path}.{name}".lstrip("."))
    elif shape.type_name == "list":
        for index, item in enumerate(cast(list[Any], value)):
            yield from violations(shape.member, item, f"{path}[{index}]")
    elif shape.type_name == "map":
        for name, item in cast(Values, value).items():
            yield from violations(shape.value, item, f"{path}.{name}")


def _broken(shape: Any, value: Any, names: Mapping[str, str] | None = None, path: str = "") -> Iterator[str]:
    """The rules that `value` itself breaks, not what is inside it: required members, unions, enums, patterns, bounds.

    With `names`, members are spelt as properties, for an object that stands at `path` of the program.
    """
    kind, facts = shape.type_name, shape.metadata
    if kind == "structure":
        given = cast(Values, value)
        missing = [name for name in shape.required_members if name not in given]
        yield from (f"`{_spelt(name, names, path)}` is required" for name in missing)
        if getattr(shape, "is_tagged_union", False) and len(given) != 1:
            allowed = ", ".join(_spelt(name, names, path) for name in shape.members)
            yield f"exactly one of {allowed} is needed"
        return
    what, size = "", value
    if kind == "string":
        what, size = " characters", len(value)
        if shape.enum and value not in shape.enum:
            yield f"must be one of {', '.join(shape.enum)}"
        pattern = facts.get("pattern")
        if pattern and not _matches(pattern, value):
            yield f"must match {pattern}"
    elif kind in ("list", "map"):
        what, size = " items", len(value)
    elif kind not in _NUMBERS:
        return
    least, most = facts.get("min"), facts.get("max")
    if (least is not None and size < least) or (most is not None and size > most):
        bounds = f"{least or 0} to {most}" if most is not None else f"at least {least}"
        yield f"must be {bounds}{what}"


def _spelt(member: str, names: Mapping[str, str] | None, path: str) -> str:
    """A member as a property of the object at `path`; as the API has it without `names`."""
    if names is None:
        return member
    inside = {name: target for name, target in names.items() if name.rpartition(".")[0] == path}
    return next((n.rpartition(".")[2] for n, target in inside.items() if target == member), property_name(member))


def _matches(pattern: str, text: str) -> bool:
    compiled = _compiled(pattern)
    return compiled is None or compiled.fullmatch(text) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """A pattern of a model, which is Java's; None for the few that Python cannot read, which go unchecked."""
    for word, characters in (
        (r"\p{L}", r"[^\W\d_]"),
        (r"\p{Z}", r"\s"),
        (r"\p{ASCII}", r"[\x00-\x7f]"),
        (r"\p{Print}", r"[ -~]"),
    ):
        pattern = pattern.replace(word, characters)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # `[[` is plain text in both
        try:
            return re.compile(pattern)
        except re.error:
            return None
