"""Stack files (Pulumi.<stack>.yaml), read and written without touching the spelling of a value.

`1.10` is a float to YAML and a tag to its author. So the values stay what the parser saw: nodes, with their text.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Self, cast

import yaml

from sandbox.layout import PROJECT, SandboxError

_CONFIG = "config"
_SECURE = "secure"
# What binds a stack file to its own secrets provider.
_ENCRYPTION = ("secretsprovider", "encryptedkey", "encryptionsalt")
KeyPath = tuple[str, ...]


def _text(value: str) -> yaml.ScalarNode:
    return yaml.ScalarNode("tag:yaml.org,2002:str", value)


def _mapping() -> yaml.MappingNode:
    return yaml.MappingNode("tag:yaml.org,2002:map", [])


def _entries(node: yaml.Node) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        return {}
    pairs: Iterable[tuple[yaml.Node, yaml.Node]] = node.value
    return {str(key.value): value for key, value in pairs}


def _from_entries(entries: Mapping[str, yaml.Node]) -> yaml.MappingNode:
    node = _mapping()
    node.value = [(_text(key), value) for key, value in entries.items()]
    return node


def _is_secure(node: yaml.Node) -> bool:
    return set(_entries(node)) == {_SECURE}


def _plain(node: yaml.Node) -> object:
    """A value to compare by: `512` and `"512"` are one, as the engine writes either for the other."""
    if isinstance(node, yaml.MappingNode):
        return {key: _plain(value) for key, value in _entries(node).items()}
    if isinstance(node, yaml.SequenceNode):
        items: Iterable[yaml.Node] = node.value
        return [_plain(item) for item in items]
    return str(node.value)


class StackFile:
    """The content of one stack file.

    Args:
        text: the file's text, empty for a new one.
        name: what an error calls it.

    Raises:
        SandboxError: it is not YAML, or not a mapping with a mapping under `config`.
    """

    def __init__(self, text: str = "", name: str = "the stack file") -> None:
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.YAMLError as error:
            raise SandboxError(f"{name} is not YAML: {error}") from None
        if root is not None and not isinstance(root, yaml.MappingNode):
            raise SandboxError(f"{name} is not a mapping.")
        self.top = _entries(root) if root else {}
        config = self.top.pop(_CONFIG, None)
        if isinstance(config, yaml.ScalarNode) and config.value in ("", "null", "~"):
            config = None
        if config is not None and not isinstance(config, yaml.MappingNode):
            raise SandboxError(f"{name}: config is not a mapping.")
        self.config = _entries(config) if config else {}

    def text(self) -> str:
        """The file's text; comments are not kept."""
        root = _from_entries({_CONFIG: _from_entries(self.config), **self.top})
        untyped = cast(Any, yaml)
        return str(untyped.serialize(root, Dumper=yaml.SafeDumper, width=1000))

    def get(self, key: str) -> str | None:
        """A scalar of the project's namespace; None where it is unset or not a scalar."""
        node = self.config.get(_qualified(key))
        return str(node.value) if isinstance(node, yaml.ScalarNode) else None

    def entries(self, key: str) -> dict[str, str]:
        """The scalar entries of an object of the project's namespace."""
        node = self.config.get(_qualified(key))
        found = _entries(node) if node else {}
        return {name: str(value.value) for name, value in found.items() if isinstance(value, yaml.ScalarNode)}

    def set(self, key: str, value: str) -> None:
        self.config[_qualified(key)] = _text(value)

    def set_entry(self, key: str, name: str, value: str) -> None:
        """Set one entry of an object."""
        qualified = _qualified(key)
        self.config[qualified] = _from_entries({**_entries(self.config.get(qualified, _mapping())), name: _text(value)})

    def remove(self, key: str) -> None:
        self.config.pop(_qualified(key), None)

    def without_encryption(self) -> Self:
        """The same without its secrets provider and the values that only that one can read."""
        for name in _ENCRYPTION:
            self.top.pop(name, None)
        for path in self.secure_paths():
            self._remove_path(path)
        return self

    def secure_paths(self) -> list[KeyPath]:
        """Where encrypted values stand, each as the keys that lead to it (not those inside lists)."""
        return [path for key, node in self.config.items() for path in _secure_below((key,), node)]

    def _remove_path(self, path: KeyPath) -> None:
        nodes = [self.config]
        for key in path[:-1]:
            nodes.append(_entries(nodes[-1][key]))
        del nodes[-1][path[-1]]
        for key, node, parent in zip(reversed(path[:-1]), reversed(nodes[1:]), reversed(nodes[:-1]), strict=True):
            if node:
                parent[key] = _from_entries(node)
            else:
                del parent[key]

    def changed_since(self, before: "StackFile") -> "StackFile":
        """The keys that were set or changed since, alone."""
        changed = StackFile()
        changed.config = {key: node for key, node in self.config.items() if _plain_at(before, key) != _plain(node)}
        return changed

    def take_over(self, before: "StackFile", now: "StackFile", supplied: "StackFile") -> list[str]:
        """Take over which keys changed between two versions of the committed file, where nobody changed them here.

        Args:
            supplied: what the sandbox itself set here, which counts as nobody's change.

        Returns:
            The keys that changed there and differently here: they stay as they are here.
        """
        conflicts: list[str] = []
        for key in [*before.config, *(key for key in now.config if key not in before.config)]:
            old, new, own = (_plain_at(file, key) for file in (before, now, self))
            if old == new or own == new:
                continue
            if own != old and (own is None or own != _plain_at(supplied, key)):
                conflicts.append(key)
            elif new is None:
                self.config.pop(key, None)
            else:
                self.config[key] = now.config[key]
        return conflicts


def _plain_at(file: StackFile, key: str) -> object:
    node = file.config.get(key)
    return None if node is None else _plain(node)


def _qualified(key: str) -> str:
    return key if ":" in key else f"{PROJECT}:{key}"


def _secure_below(path: KeyPath, node: yaml.Node) -> list[KeyPath]:
    if _is_secure(node):
        return [path]
    return [found for key, value in _entries(node).items() for found in _secure_below((*path, key), value)]


def path_text(path: KeyPath) -> str:
    """A path as `pulumi config set --path` reads it."""
    first, *rest = path
    return first + "".join(f".{key}" if re.fullmatch(r"[A-Za-z_]\w*", key) else f'["{key}"]' for key in rest)
