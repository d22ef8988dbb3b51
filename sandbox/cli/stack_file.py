"""Stack files (Pulumi.<stack>.yaml), edited with their comments and the spelling of their values kept."""

import io
import re
from collections.abc import Mapping
from typing import Any, Self, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from sandbox.layout import PROJECT, SandboxError

# The keys of a stack file that belong to its secrets provider.
_ENCRYPTION = ("secretsprovider", "encryptedkey", "encryptionsalt")
SALT = "encryptionsalt"
KeyPath = tuple[str, ...]


class StackFile:
    """The content of one stack file.

    Args:
        text: the file's text, empty for a new file.
        name: the file's name in error messages.

    Raises:
        SandboxError: the text is not YAML, or not a mapping with a mapping under `config`.
    """

    def __init__(self, text: str = "", name: str = "the stack file") -> None:
        try:
            loaded: Any = _yaml().load(text)
        except YAMLError as error:
            raise SandboxError(f"{name} is not YAML: {error}") from None
        self.top: dict[str, Any] = _mapping(loaded, name)
        self.config: dict[str, Any] = _mapping(self.top.get("config"), f"{name}: config")
        self.top["config"] = self.config

    def text(self) -> str:
        """Returns the file's text."""
        stream = io.StringIO()
        _yaml().dump(self.top, stream)
        return stream.getvalue()

    def get(self, key: str) -> Any:
        """Returns the value of a key, None if it is unset; a key without a namespace is the program's."""
        return self.config.get(_qualified(key))

    def entries(self, key: str) -> dict[str, Any]:
        """Returns the entries of an object, none if the key is unset or holds something else."""
        value = self.get(key)
        return dict(cast(dict[str, Any], value)) if isinstance(value, dict) else {}

    def set(self, key: str, value: Any) -> None:
        self.config[_qualified(key)] = value

    def remove(self, key: str) -> None:
        self.config.pop(_qualified(key), None)

    def secure_paths(self) -> list[KeyPath]:
        """Returns the keys that lead to each encrypted value, except those inside lists."""
        return _secure_paths((), self.config)

    def without_encryption(self) -> Self:
        """Removes the secrets provider and the values that only it can decrypt."""
        for name in _ENCRYPTION:
            self.top.pop(name, None)
        for path in self.secure_paths():
            parents: list[dict[str, Any]] = [self.config]
            for key in path[:-1]:
                parents.append(parents[-1][key])
            for key, parent in zip(reversed(path), reversed(parents), strict=True):
                del parent[key]
                if parent:
                    break
        return self


def path_text(path: KeyPath) -> str:
    """Returns a path in the form that `pulumi config set --path` reads."""
    first, *rest = path
    return first + "".join(f".{key}" if re.fullmatch(r"[A-Za-z_]\w*", key) else f'["{key}"]' for key in rest)


def _yaml() -> Any:  # ruamel.yaml is typed in part
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 10_000
    return yaml


def _mapping(value: Any, name: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise SandboxError(f"{name} is not a mapping.")
    return cast(dict[str, Any], value)


def _qualified(key: str) -> str:
    return key if ":" in key else f"{PROJECT}:{key}"


def _secure_paths(path: KeyPath, value: Any) -> list[KeyPath]:
    if not isinstance(value, Mapping):
        return []
    entries = cast(Mapping[str, Any], value)
    if path and set(entries) == {"secure"}:
        return [path]
    return [found for key, entry in entries.items() for found in _secure_paths((*path, key), entry)]
