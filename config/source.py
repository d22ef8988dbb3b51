"""Reads config keys one by one and collects what is wrong with them, so that all mistakes come in one message."""

import difflib
import json
import re
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import pulumi
import pulumi.runtime
from pulumi.runtime.config import CONFIG

from config import rules

NAMESPACE: Final = "voiceter-backend"

T = TypeVar("T")
V = TypeVar("V")
D = TypeVar("D")


def path(key: str, name: str) -> str:
    """The path of a member of an object, as `pulumi config set --path` takes it."""
    return f"{key}.{name}" if re.fullmatch(r"[\w-]+", name, re.ASCII) else f"{key}[{json.dumps(name)}]"


class Reader:
    """The keys of the namespace `voiceter-backend`, and `aws:region`, of the running stack.

    A key is named as in the stack file, without this project's namespace. A wrong value is noted in `problems`, and a
    default stands in for it, so that reading goes on: what was read is good only if `problems` stays empty.
    """

    def __init__(self) -> None:
        # pulumi.Config cannot list its keys: their names, and nothing else, come from the runtime.
        self._set = {key.removeprefix(f"{NAMESPACE}:") for key in {*CONFIG.get(), *pulumi.runtime.get_config_env()}}
        self._asked: set[str] = set()
        self._wrong: set[str] = set()
        self._names: dict[str, set[str]] = {}
        self.problems: list[str] = []

    def is_set(self, *keys: str) -> bool:
        """Whether the stack file holds any of `keys`, with a right value or a wrong one."""
        return not self._set.isdisjoint(keys)

    def is_right(self, *keys: str) -> bool:
        """Whether each of `keys` is right by itself, so that it makes sense to compare them."""
        return self._wrong.isdisjoint(keys)

    def names(self, key: str) -> set[str]:
        """All names in the object `key`, once `entries` has read it; those with a wrong value too."""
        return self._names.get(key, set())

    def refuse(self, key: str, rule: str, *value: object) -> None:
        """Notes that `key`, or the part of it whose path `key` is (`key.name`, `key[0]`), breaks `rule`.

        `value` is left out where there is none, or where it must not be shown.
        """
        self._wrong.add(key.partition(".")[0].partition("[")[0])
        self.problems.append(f"{key}{''.join(f' = {shown!r}' for shown in value)}: {rule}")

    def refuse_together(self, rule: str, **values: object) -> None:
        """Notes that keys, each right by itself, break `rule` together."""
        parts = (f"{key} = {value!r}{'' if self.is_set(key) else ' (default)'}" for key, value in values.items())
        self.problems.append(f"{', '.join(parts)}: {rule}")

    def value(self, key: str, parse: Callable[[str], T], default: D) -> T | D:
        """The value of `key`; `default` where it is unset or wrong."""
        text = self._plain_text(key)
        return default if text is None else self._checked(key, text, parse, default)

    def part(self, path: str, value: V, parse: Callable[[V], T], default: D) -> T | D:
        """A part of a key that was read, at `path` (`key.name`), through `parse`; `default` where it is wrong."""
        return self._checked(path, value, parse, default)

    def items(
        self,
        key: str,
        parse: Callable[[str], str],
        default: tuple[str, ...] = (),
        split: Callable[[str], Sequence[object]] = rules.json_list,
    ) -> tuple[str, ...]:
        """The items of the list `key`, each through `parse`; `default` where the list is unset or no list."""
        items = self.value(key, split, None)
        if items is None:
            return default
        return tuple(
            self._checked(f"{key}[{index}]", item, rules.string(parse), "") for index, item in enumerate(items)
        )

    def entries(
        self, key: str, parse: Callable[[object], str], show: Callable[[object], bool] = lambda _: True
    ) -> dict[str, str]:
        """The object `key` of environment variables, sorted by name, each value through `parse`.

        `show` says whether a wrong value may be shown.
        """
        text = self._plain_text(key)
        return {} if text is None else self._entries(key, text, parse, show)

    def secret_entries(self, key: str, parse: Callable[[object], str]) -> dict[str, str]:
        """As `entries`, for values that have to be encrypted in the stack file. Nothing of them is ever shown.

        They are in the clear here, as names and lengths have to be checked before anything is made: mark them as secret
        before they go on. The engine calls the whole object encrypted as soon as one of its values is.
        """
        self._asked.add(key)
        text = pulumi.runtime.get_config(f"{NAMESPACE}:{key}")
        found = {} if text is None else self._entries(key, text, parse, lambda _: False)
        if not pulumi.runtime.is_config_secret(f"{NAMESPACE}:{key}"):
            for name in sorted(self.names(key)):
                command = f"`pulumi config set --secret --path '{path(key, name)}'`"
                self.refuse(path(key, name), f"is not encrypted in the stack file: set it again with {command}")
        return found

    def secret(self, key: str, parse: Callable[[str], str]) -> str | None:
        """The value of `key`, which has to be encrypted in the stack file; None where it is unset or wrong.

        It is in the clear here, as it has to be checked before anything is made, and is never shown: mark it as secret
        before it goes on.
        """
        self._asked.add(key)
        text = pulumi.runtime.get_config(f"{NAMESPACE}:{key}")
        if text is None:
            return None
        if not pulumi.runtime.is_config_secret(f"{NAMESPACE}:{key}"):
            command = f"`pulumi config set --secret {key}`"
            self.refuse(key, f"is not encrypted in the stack file: set it again with {command}")
        return self._checked(key, text, parse, None, lambda _: False)

    def refuse_other_keys(self) -> None:
        """Notes the keys of the namespace that nobody asked for. Their values may be anything, and are not shown.

        So are keys for Pulumi's default AWS provider: the program makes its own, which would pass them over in silence.
        """
        spellings = {key.lower(): key for key in sorted(self._asked) if ":" not in key}
        for key in sorted(key for key in self._set - self._asked if ":" not in key):
            nearest = difflib.get_close_matches(key.lower(), spellings, n=1, cutoff=0)[0]
            self.refuse(key, f"is no key of this program; the nearest one is {spellings[nearest]}")
        for key in sorted(key for key in self._set - self._asked if key.startswith("aws:")):
            self.refuse(
                key,
                "has no effect on the program's own AWS provider, which takes aws:region from here and the rest from "
                f"the environment (AWS_PROFILE and the like): remove it with `pulumi config rm {key}`",
            )

    def _plain_text(self, key: str) -> str | None:
        """The text of `key` as the engine passes it, JSON for lists and objects; None if it is unset or encrypted."""
        self._asked.add(key)
        namespace, _, name = (key if ":" in key else f"{NAMESPACE}:{key}").partition(":")
        if pulumi.runtime.is_config_secret(f"{namespace}:{name}"):
            self.refuse(
                key,
                "is encrypted, but its value goes into resources and the state in the clear: set it without --secret, "
                "and what is sensitive under secrets",
            )
            return None
        return pulumi.Config(namespace).get(name)

    def _entries(
        self, key: str, text: str, parse: Callable[[object], str], show: Callable[[object], bool]
    ) -> dict[str, str]:
        entries = self._checked(key, text, rules.json_object, dict[str, Any](), show)
        self._names[key] = set(entries)
        found: dict[str, str] = {}
        for name, value in sorted(entries.items()):
            try:
                rules.free_name(name)
            except rules.RuleError as error:
                # Without the value: a wrong name may belong to something sensitive.
                self.refuse(path(key, name), str(error))
            else:
                found[name] = self._checked(path(key, name), value, parse, "", show)
        return found

    def _checked(
        self, key: str, value: V, parse: Callable[[V], T], default: D, show: Callable[[V], bool] = lambda _: True
    ) -> T | D:
        try:
            return parse(value)
        except rules.RuleError as error:
            self.refuse(key, str(error), *([value] if show(value) else []))
            return default
