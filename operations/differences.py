"""The config values in which the stacks of an environment differ, apart from those that belong to a region."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from config.key import declarations
from config.settings import Settings

_UNSET = "unset"


@dataclass(frozen=True)
class StackConfig:
    """The configuration of a stack.

    Args:
        settings: with defaults, without encrypted values.
        encrypted: the keys with an encrypted value.
    """

    settings: Settings
    encrypted: frozenset[str]


def differences(configs: Sequence[StackConfig]) -> list[str]:
    """Returns a line for each value that differs between the stacks and is not regional.

    Defaults count as values. A secret is only set or unset.
    """
    values = {config.settings.stack: _values(config) for config in configs}
    paths = dict.fromkeys(path for found in values.values() for path in found)
    lines: list[str] = []
    for path in paths:
        stacks: dict[str, list[str]] = {}
        for stack, found in values.items():
            stacks.setdefault(found.get(path, _UNSET), []).append(stack)
        if len(stacks) > 1:
            parts = [f"{value} in {', '.join(names)}" for value, names in stacks.items()]
            lines.append(f"{path}: {'; '.join(parts)}")
    return lines


def _values(config: StackConfig) -> dict[str, str]:
    """Returns the value of each key that is not regional, and of each name in an object, as a text."""
    dumped = config.settings.model_dump(mode="json")
    values: dict[str, str] = {}
    for declaration in declarations(Settings):
        if declaration.key.regional:
            continue
        if declaration.key.secret:
            if declaration.name in config.encrypted:
                values[declaration.name] = "set"
        else:
            values.update(_texts(declaration.name, dumped[declaration.attribute]))
    return values


def _texts(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, member in cast(Mapping[str, Any], value).items():
            yield f"{path}.{name}", json.dumps(member)
    elif value is not None:
        yield path, value if isinstance(value, str) else json.dumps(value)
