"""A resource as a rule sees it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

# A value that a preview does not know, because it comes from a resource that does not exist yet.
UNKNOWN: Final = object()


@dataclass(frozen=True)
class Resource:
    """A resource that the program registers.

    Args:
        properties: UNKNOWN stands for each value that is not known yet.
        default_tags: the tags that the resource's provider adds.
        uses: property → the URNs of the resources that its value comes from. Only rules of a stack know it.
    """

    type: str
    name: str
    urn: str
    properties: Mapping[str, Any] = field(default_factory=dict[str, Any])
    protect: bool = False
    ignore_changes: Sequence[str] = ()
    default_tags: Any = None
    uses: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])

    @property
    def stack(self) -> str:
        """The name of the stack: `urn:pulumi:<stack>::<project>::<types>::<name>`."""
        return self.urn.split(":")[2]

    def get(self, path: str) -> Any:
        """Returns the value at a dotted path: None if there is none, UNKNOWN if it is not known yet."""
        return value_at(self.properties, path)

    def list(self, path: str) -> list[Any]:
        """Returns the known items of the list at a dotted path."""
        return known_items(self.get(path))

    def documents(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yields the path of each text that is a policy document of IAM's form, and the document."""
        for path, text in _texts(self.properties):
            document = parsed(text)
            if isinstance(document, Mapping) and "Statement" in document:
                yield path, cast(Mapping[str, Any], document)


def value_at(properties: Any, path: str) -> Any:
    """Returns the value at a dotted path, None if there is none, UNKNOWN if it is not known yet."""
    found = properties
    for name in path.split("."):
        if found is UNKNOWN:
            return UNKNOWN
        found = cast(Mapping[str, Any], found).get(name) if isinstance(found, Mapping) else None
    return found


def parsed(text: Any) -> Any:
    """Returns what a JSON text holds: None for any other value."""
    try:
        return json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _texts(properties: Mapping[str, Any], start: str = "") -> Iterator[tuple[str, str]]:
    """Yields the dotted path of each text in properties, and the text. The items of a list have the list's path."""
    for name, value in properties.items():
        for one in known_items(value):
            if isinstance(one, Mapping):
                yield from _texts(cast(Mapping[str, Any], one), f"{start}{name}.")
            elif isinstance(one, str):
                yield f"{start}{name}", one


def is_list(value: Any) -> bool:
    """Whether a value is a list, and no text."""
    return isinstance(value, Sequence) and not isinstance(value, str)


def listed(value: Any) -> list[Any]:
    """Returns the items of a list, or a single value as a list."""
    return list(cast(Sequence[Any], value)) if is_list(value) else [value]


def known_items(value: Any) -> list[Any]:
    """Returns the known items of a list, or a single known value as a list."""
    return [one for one in listed(value) if one is not None and one is not UNKNOWN]
