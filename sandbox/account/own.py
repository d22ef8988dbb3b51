"""Our operations in the place of moto's own, which they may call."""

from collections.abc import Callable
from typing import Any

_own: dict[Callable[..., Any], Callable[..., Any]] = {}


def put(owner: type, *operations: Callable[..., Any]) -> None:
    """Put functions into one of moto's classes, in the place of its own of their names.

    Doing so again changes nothing.
    """
    for operation in operations:
        held = getattr(owner, operation.__name__, None)
        if held is not None and held is not operation:
            _own.setdefault(operation, held)
        setattr(owner, operation.__name__, operation)


def own(operation: Callable[..., Any]) -> Callable[..., Any]:
    """moto's own, in whose place `operation` stands."""
    return _own[operation]
