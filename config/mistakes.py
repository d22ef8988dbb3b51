"""Collects the mistakes in a stack's configuration, so that one error names them all."""

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from config.key import Declaration
from config.source import Source


@dataclass(frozen=True)
class Mistake:
    """A key whose value breaks a rule."""

    path: str
    value: object
    rule: str


class ConfigError(pulumi.RunError):
    """All mistakes in a stack's configuration, one a line. A `RunError` ends the program without a traceback."""

    def __init__(self, stack: str, lines: Iterable[str]) -> None:
        lines = [f"  {line}" for line in lines]
        count = "1 mistake" if len(lines) == 1 else f"{len(lines)} mistakes"
        super().__init__(
            "\n".join([f"the configuration of the stack {stack} has {count}; nothing was changed.", *lines])
        )


class Mistakes:
    """The mistakes, each a line with the key, the value if it may be shown, and the rule."""

    def __init__(self, source: Source) -> None:
        self.lines: list[str] = []
        self.source = source
        self._wrong: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self.lines)

    def all_right(self, *keys: str) -> bool:
        """Returns whether each of `keys` is right by itself, so that a rule can compare them."""
        return self._wrong.isdisjoint(keys)

    def has(self, path: str) -> bool:
        """Returns whether the list holds a mistake at `path`."""
        return any(line.startswith((f"{path}:", f"{path} =")) for line in self.lines)

    def add(self, path: str, rule: str, *value: object) -> None:
        """Adds that the key at `path`, or a part of its value (`key.name`, `key[0]`), breaks `rule`.

        `value` is left out if there is none or if it must not be shown.
        """
        self._wrong.add(re.split(r"[.\[]", path, maxsplit=1)[0])
        self.lines.append(f"{path}{''.join(f' = {shown!r}' for shown in value)}: {rule}")

    def add_found(self, found: Iterable[Mistake]) -> None:
        """Adds mistakes that a lookup has found."""
        for mistake in found:
            self.add(mistake.path, mistake.rule, mistake.value)

    def add_together(self, rule: str, **values: object) -> None:
        """Adds that keys break `rule` together, although each is right by itself."""
        parts = (f"{key} = {value!r}{'' if self.source.is_set(key) else ' (default)'}" for key, value in values.items())
        self.lines.append(f"{', '.join(parts)}: {rule}")

    def add_all(self, error: ValidationError, keys: Mapping[str, Declaration]) -> None:
        """Adds the mistakes that pydantic found."""
        for details in error.errors(include_url=False):
            key = str(details["loc"][0])
            # pydantic reports each default that it could not compute because another key is wrong.
            if details["type"] == "default_factory_not_called":
                continue
            # A required key that is encrypted by mistake has its line already.
            if details["type"] == "missing" and len(details["loc"]) == 1 and self.source.is_set(key):
                continue
            self._add(details, keys[key])

    def _add(self, details: ErrorDetails, declaration: Declaration) -> None:
        key, *steps = details["loc"]
        names_a_key = len(steps) > 1 and steps[-1] == "[key]"  # pydantic's mark for the name of an object's member
        if names_a_key:
            steps.pop()
        where = str(key)
        for step in steps:
            where = f"{where}[{step}]" if isinstance(step, int) else path(where, step)
        value: Any = details["input"] if steps else self.source.texts.get(where)
        hidden = names_a_key or details["type"] in ("missing", "extra_forbidden") or not declaration.key.shows(value)
        self.add(where, _rule(details, declaration, tuple(steps)), *([] if hidden else [value]))


def path(key: str, name: str) -> str:
    """Returns the path of a member of an object, as `pulumi config set --path` takes it."""
    return f"{key}.{name}" if re.fullmatch(r"[\w-]+", name, re.ASCII) else f"{key}[{json.dumps(name)}]"


def nearest(name: str, names: Iterable[str]) -> str:
    """Returns the name that is most like `name`."""
    spellings = {spelling.lower(): spelling for spelling in names}
    return spellings[difflib.get_close_matches(name.lower(), spellings, n=1, cutoff=0)[0]]


def _rule(details: ErrorDetails, declaration: Declaration, location: tuple[int | str, ...]) -> str:
    match details["type"]:
        case "value_error":
            return str(details.get("ctx", {})["error"])
        case "missing" if location:
            return "is not set, and is required"
        case "missing":
            return f"is not set: `pulumi config set {declaration.name} <value>`, with {declaration.rule}"
        case "extra_forbidden":
            names = declaration.names_at(location[:-1])
            return f"is not one of {', '.join(names)}; the nearest one is {nearest(str(location[-1]), names)}"
        case _:
            return f"must be {declaration.rule_at(location)}"
