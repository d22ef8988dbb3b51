"""Look-ups in AWS of what may not be there."""

from collections.abc import Callable
from typing import TypeVar

import pulumi

T = TypeVar("T")

# Error codes of AWS, or the provider's wordings for a look-up without a result. Everything else (no permission, no
# network) says nothing about what was looked for.
_NOT_THERE = (
    "imagenotfoundexception",
    "repositorynotfoundexception",
    "rulenotfound",
    "listenernotfound",
    "couldn't find resource",
    "empty result",
    "query returned no results",
    "no matching image",
    "no matching ec2 vpc",
)


def look_up(what: str, ask: Callable[[], T]) -> T | None:
    """What `ask` finds; None where there is no such thing. `what` is being looked up, in words.

    Raises `pulumi.RunError` where AWS cannot be asked.
    """
    try:
        return ask()
    except Exception as error:  # the SDK raises bare exceptions
        if any(text in str(error).lower() for text in _NOT_THERE):
            return None
        raise pulumi.RunError(f"cannot look up {what}: {error}") from error
