"""Replaces methods of moto's classes, and adds methods that moto lacks.

moto has no extension point for operations: a response class finds the method of an operation by its name. `replaces`
and `adds` therefore set class attributes, for the whole process, when a module of this package is imported.
"""

import functools
from collections.abc import Callable
from typing import Any

_Method = Callable[..., Any]


def replaces(owner: type) -> Callable[[_Method], _Method]:
    """Puts a function in the place of the method of `owner` that has the same name.

    The function receives moto's method, bound to the object, before the object and the arguments.
    """

    def decorate(function: _Method) -> _Method:
        original: _Method = getattr(owner, function.__name__)

        @functools.wraps(original)
        def method(self: Any, *args: Any, **kwargs: Any) -> Any:
            return function(functools.partial(original, self), self, *args, **kwargs)

        setattr(owner, function.__name__, method)
        return function

    return decorate


def adds(owner: type) -> Callable[[_Method], _Method]:
    """Adds a function to `owner` as a method. Fails once moto has a method of that name."""

    def decorate(function: _Method) -> _Method:
        if hasattr(owner, function.__name__):
            raise TypeError(f"moto's {owner.__name__} has {function.__name__} now: remove it here, or use `replaces`")
        setattr(owner, function.__name__, function)
        return function

    return decorate
