"""The table of all resource types that the sandbox carries out, by Pulumi's type token.

Each module here has its own part of it, in `RESOURCES`.
"""

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules

from ..spec import Resource


class _Table(Mapping[str, Resource]):
    def __init__(self, *parts: dict[str, Callable[[], Resource]]) -> None:
        self._entries = {token: entry for part in parts for token, entry in part.items()}
        self._read: dict[str, Resource] = {}

    def __getitem__(self, token: str) -> Resource:
        if token not in self._read:
            self._read[token] = self._entries[token]()
        return self._read[token]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


TABLE = _Table(*(import_module(f"{__name__}.{module.name}").RESOURCES for module in iter_modules(__path__)))
