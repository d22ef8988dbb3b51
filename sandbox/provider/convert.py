"""Converts Pulumi's property values to the parameters of AWS calls and back, by walking botocore's shapes.

A property becomes the parameter of the same name, case-insensitive, singular or plural. A rename gives another
parameter as a dotted path, relative to the structure that the property is in: `Matcher.HttpCode` is a member of a
member (of the first item, if a list lies on the way). `.` means that the members of the object are members of that
structure itself. The key of a rename in an object is the dotted path of the property: `healthCheck.matcher`.
"""

import re
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from .rules import Fault
from .values import UNKNOWN, Values, is_list, is_object, spelt

_INDEX = re.compile(r"\[\d+\]")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+")
_SIZES = {
    **dict.fromkeys(("integer", "long", "float", "double"), ""),
    **{"string": " characters", "list": " items", "map": " items"},
}
# Java's character classes and the like in Python. Those of letters and digits occur in sets that have `_`, too.
_CLASSES = {r"\p{L}": r"\w", r"\p{N}": r"\d", r"\p{Z}": r"\s", r"\p{Print}": "[ -~]"}


class ConversionError(Exception):
    """A property for which the call has no parameter, or a value of the wrong kind."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


def property_name(member: str) -> str:
    """Pulumi's spelling of an API member: KMSMasterKeyID → kmsMasterKeyId."""
    words = _WORDS.findall(member)
    return "".join(word.lower() if i == 0 else word[0].upper() + word[1:].lower() for i, word in enumerate(words))


def find_member(shape: Any, name: str) -> str | None:
    """Returns the member of structure `shape` for a property called `name`, or None."""
    found: dict[str, str] = {member.casefold(): member for member in shape.members}
    name = name.casefold()
    forms = (name, name + "s", re.sub("ies$", "y", name), name.removesuffix("es"), name.removesuffix("s"))
    return next((found[form] for form in forms if form in found), None)


class Encoder:
    """Converts properties to the parameters of a call.

    Args:
        names: the parameters of properties that are not called alike.
        faults: gets an entry for each rule of the service's model that a value breaks.
    """

    def __init__(self, names: Mapping[str, str], faults: list[Fault]) -> None:
        self._names, self._faults = names, faults

    def place(self, params: Values, shape: Any, path: str, value: Any) -> None:
        """Converts the property at `path` and puts it into `params`, the parameters of structure `shape`.

        Raises:
            ConversionError: the shape has no member for it.
        """
        if value is None:
            return
        target = self._names.get(_INDEX.sub("", path)) or find_member(shape, path.rpartition(".")[2])
        if target is None:
            raise ConversionError(path, "AWS's API has no such member")
        if target == ".":
            if value is not UNKNOWN:
                self._place_members(params, shape, path, value)
            return
        *parents, last = target.split(".")
        for name in parents:
            shape = shape.members[name]
            if shape.type_name == "list":
                shape = shape.member
                params = params.setdefault(name, [{}])[0]
            else:
                params = params.setdefault(name, {})
        params[last] = self._encode(shape.members[last], path, value)

    def _place_members(self, params: Values, shape: Any, path: str, value: Any) -> None:
        """Puts every member of the object `value` into `params`; see `place`."""
        for name, item in _object(path, value[0] if is_list(value) and len(value) == 1 else value).items():
            self.place(params, shape, f"{path}.{name}", item)

    def _encode(self, shape: Any, path: str, value: Any) -> Any:
        """Returns `value` as a parameter of `shape`. An unknown stays one."""
        if value is UNKNOWN:
            return UNKNOWN
        kind = shape.type_name
        made: Any
        if kind == "structure":
            made = {}
            self._place_members(made, shape, path, value)
        elif kind == "list" and is_object(value) and _pair(shape.member):
            made = [self._encode_pair(shape.member, f"{path}.{name}", name, item) for name, item in value.items()]
        elif kind == "list":
            numbered = [(f"{path}[{i}]", one) for i, one in enumerate(value if is_list(value) else [value])]
            made = [self._encode(shape.member, where, one) for where, one in numbered if one is not None]
        elif kind == "map":
            entries = _object(path, value).items()
            made = {name: self._encode(shape.value, f"{path}.{name}", item) for name, item in entries}
        else:
            made = _scalar(kind, path, value)
        shown = None if is_object(value) or is_list(value) else value
        self._faults += [Fault(path, rule, shown) for rule in _broken(shape, made, self._names, _INDEX.sub("", path))]
        return made

    def _encode_pair(self, shape: Any, path: str, key: str, value: Any) -> Values:
        """Returns an entry of a map as the structure that the API has for it."""
        entry = dict(zip(_pair(shape), (key, value), strict=True))
        return {name: self._encode(shape.members[name], path, item) for name, item in entry.items()}


def _object(path: str, value: Any) -> Values:
    if not is_object(value):
        raise ConversionError(path, "an object is needed here")
    return value


def _scalar(kind: str, path: str, value: Any) -> Any:
    if is_object(value) or is_list(value):
        raise ConversionError(path, f"one value of type {kind} is needed here")
    needed, convert = _SCALARS.get(kind, ("", lambda same: same))
    try:
        return convert(value)
    except (KeyError, ValueError):
        raise ConversionError(path, f"{needed} is needed here") from None


# Kind of plain value: what a property must be, and the conversion.
_SCALARS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    **dict.fromkeys(("integer", "long"), ("a number", int)),
    **dict.fromkeys(("float", "double"), ("a number", float)),
    "string": ("text", spelt),
    "boolean": ("true or false", lambda value: {"true": True, "false": False}[spelt(value).lower()]),
}


def _pair(shape: Any) -> list[str]:
    """The members for key and value, if a list of `shape` is a map to Pulumi: tags, dimensions of a metric."""
    found = {member.casefold().removeprefix("tag"): member for member in getattr(shape, "members", ())}
    if shape.name == "Dimension":
        found["key"] = found.pop("name")
    return [found["key"], found["value"]] if found.keys() == {"key", "value"} else []


def step_into(value: Any, shape: Any, path: str) -> tuple[Any, Any]:
    """Returns the value at a dotted path of an answer and its shape, or (None, None).

    Of a list on the way it takes the first item.
    """
    for name in path.split(".") if path else ():
        if shape is not None and shape.type_name == "list":
            value, shape = value[0] if value else None, shape.member
        if not is_object(value) or shape is None or shape.type_name != "structure":
            return None, None
        value, shape = value.get(name), shape.members.get(name)
    return (None, None) if path and value is None else (value, shape)


def decode(shape: Any, names: Mapping[str, str], path: str, value: Any, like: Any = None) -> Any:
    """Returns a value of an answer as a property.

    Members are spelled as in `like`, the program's value, or else as Pulumi usually does.
    """
    kind = shape.type_name
    if kind == "structure" or names.get(path) == ".":
        return _decode_members(shape, names, path, value, like if is_object(like) else {})
    if kind == "list":
        if _pair(shape.member) and not is_list(like):
            key, content = _pair(shape.member)
            return {item[key]: item.get(content, "") for item in value}
        # The items of a list are spelled like all items of the program's list together.
        guide = dict(ChainMap(*filter(is_object, like))) if is_list(like) else like
        return [decode(shape.member, names, path, item, guide) for item in value]
    if kind == "map":
        return {k: decode(shape.value, names, f"{path}.{k}", v) for k, v in value.items()}
    return value


def _decode_members(shape: Any, names: Mapping[str, str], path: str, value: Values, like: Values) -> Values:
    decoded: Values = {}
    taken: set[str] = set()
    for name in dict.fromkeys((*like, *(_inside(names, path) if path else ()))):
        full = f"{path}.{name}"
        target = names.get(full) or find_member(shape, name)
        if target is None:
            continue
        taken.add(target.partition(".")[0])
        found, inner = (value, shape) if target == "." else step_into(value, shape, target)
        if found is not None:
            decoded[name] = decode(inner, names, full, found, like.get(name))
    for member, item in value.items() if names.get(path) != "." else ():
        if member not in taken and member in shape.members and item is not None:
            name = property_name(member)
            decoded.setdefault(name, decode(shape.members[member], names, f"{path}.{name}", item))
    return decoded


def _inside(names: Mapping[str, str], path: str) -> Values:
    """The renames of the members of the object at `path`."""
    return {name.rpartition(".")[2]: target for name, target in names.items() if name.rpartition(".")[0] == path}


def _broken(shape: Any, value: Any, names: Mapping[str, str], path: str) -> Iterator[str]:
    """Yields the rules that the parameter `value` itself breaks: required members, enums, patterns, bounds.

    Messages spell members as properties of the object at `path`.
    """
    kind, facts = shape.type_name, shape.metadata
    if kind == "structure":
        yield from (
            f"`{_spelt(name, names, path)}` is required" for name in shape.required_members if name not in value
        )
    if kind == "string":
        if shape.enum and value not in shape.enum:
            yield f"must be one of {', '.join(shape.enum)}"
        pattern = facts.get("pattern")
        if pattern and not _compiled(pattern).fullmatch(value):
            yield f"must match {pattern}"
    if kind in _SIZES:
        size = len(value) if _SIZES[kind] else value
        least, most = facts.get("min"), facts.get("max")
        if (least is not None and size < least) or (most is not None and size > most):
            bounds = f"{least or 0} to {most}" if most is not None else f"at least {least}"
            yield f"must be {bounds}{_SIZES[kind]}"


def _spelt(member: str, names: Mapping[str, str], path: str) -> str:
    """Returns the member as a property of the object at `path`."""
    return next((n for n, target in _inside(names, path).items() if target == member), property_name(member))


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compiles a pattern of a model, which is Java's. One that Python cannot read matches everything."""
    for java, python in _CLASSES.items():
        pattern = pattern.replace(java, python)
    try:
        return re.compile(pattern)
    except re.error:
        return re.compile(".*", re.DOTALL)
