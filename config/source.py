"""Reads the config of the running stack as the engine passes it. No other module reads Pulumi's config."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

import pulumi
import pulumi.runtime

NAMESPACE: Final = "voiceter-backend"


@dataclass(frozen=True)
class Source:
    """The config of one stack. A key is named as in the stack file, without the project's namespace."""

    stack: str
    texts: Mapping[str, str]
    encrypted: frozenset[str]  # keys that hold an encrypted value

    def is_set(self, *keys: str) -> bool:
        """Returns whether the stack file holds any of `keys`, with a right value or a wrong one."""
        return not self.texts.keys().isdisjoint(keys)

    def names(self, key: str) -> list[str]:
        """Returns the sorted names in the object `key`, those with a wrong value too."""
        value = decode(self.texts.get(key, ""))
        return sorted(cast(dict[str, Any], value)) if isinstance(value, dict) else []

    def items(self, key: str) -> list[Any]:
        """Returns the items of the list `key`, wrong ones too."""
        value = decode(self.texts.get(key, ""))
        return cast(list[Any], value) if isinstance(value, list) else []


def read() -> Source:
    """Returns the config of the running stack. Encrypted values are in the clear in it."""
    texts = {key.removeprefix(f"{NAMESPACE}:"): text for key, text in pulumi.runtime.get_config_env().items()}
    encrypted = {key for key in texts if pulumi.runtime.is_config_secret(key if ":" in key else f"{NAMESPACE}:{key}")}
    return Source(pulumi.get_stack(), texts, frozenset(encrypted))


def decode(text: str) -> Any:
    """Returns the value that the stack file holds.

    The engine passes a string as it is, and everything else as JSON. A text that is neither a boolean, a plain number,
    a list nor an object stays a text.
    """
    if re.fullmatch(r"true|false|-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,6})?|[\[{].*", text, re.DOTALL):
        try:
            return json.loads(text)
        except ValueError:
            pass  # it only looks like a list or an object
    return text
