"""What the program registers, exports and logs in one run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast


@dataclass(frozen=True)
class Registration:
    """One resource as the program registered it. Input names are camelCase, and secrets are unwrapped."""

    type: str
    name: str
    urn: str
    parent: str  # URN
    inputs: Mapping[str, Any]
    secret_inputs: frozenset[str]  # the top-level inputs that contain a secret
    custom: bool
    protect: bool
    retain_on_delete: bool
    ignore_changes: tuple[str, ...]
    replace_on_changes: tuple[str, ...]
    delete_before_replace: bool | None  # None: as the provider decides
    depends_on: frozenset[str]  # URNs of explicit and of data dependencies
    provider: str  # the name of the provider resource; empty for a component
    timeouts: Mapping[str, str]  # of create, update and delete, if the program sets them
    transforms: int  # how many functions change what the children register
    before_update: tuple[str, ...]  # the names of the hooks that run before an update

    def json(self, key: str) -> Any:
        """Returns the input `key`, which is a JSON document, parsed."""
        return json.loads(self.inputs[key])


@dataclass
class Deployment:
    """What a program registered, exported, called and logged."""

    registered: list[Registration] = field(default_factory=list[Registration])
    exports: dict[str, Any] = field(default_factory=dict[str, Any])
    secret_exports: set[str] = field(default_factory=set[str])
    calls: list[tuple[str, Mapping[str, Any], str]] = field(default_factory=list[tuple[str, Mapping[str, Any], str]])
    outputs_of: list[str] = field(default_factory=list[str])  # URNs, one for each call of `register_outputs`
    warnings: list[str] = field(default_factory=list[str])
    notices: list[str] = field(default_factory=list[str])

    def all(self, type_: str) -> list[Registration]:
        """Returns the resources whose type ends in `type_`, such as `:Table`, sorted by name."""
        return sorted((r for r in self.registered if r.type.endswith(type_)), key=lambda r: r.name)

    def one(self, type_: str, name: str | None = None) -> Registration:
        """Returns the only resource of that type (and name)."""
        found = [r for r in self.all(type_) if name in (None, r.name)]
        if len(found) != 1:
            raise AssertionError(f"{len(found)} resources of type {type_}, name {name}")
        return found[0]

    def containers(self) -> list[Any]:
        """Returns the container definitions of the only task definition."""
        return self.one(":TaskDefinition").json("containerDefinitions")


def values(thing: object) -> Iterator[str]:
    """Yields every string in an input, including the keys of objects."""
    if isinstance(thing, Mapping):
        for key, value in cast(Mapping[str, object], thing).items():
            yield key
            yield from values(value)
    elif isinstance(thing, list | tuple):
        for item in cast(Sequence[object], thing):
            yield from values(item)
    elif isinstance(thing, str):
        yield thing
