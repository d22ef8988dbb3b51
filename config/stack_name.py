"""What the name of a stack says about it."""

import re
from typing import Final

from config.rules import REGIONS

STACK_NAME: Final = re.compile(r"[a-z][a-z0-9-]*")
_NAME_WITH_REGION: Final = re.compile(rf"(.+)-({'|'.join(REGIONS)})")


def environment_of(stack: str) -> str:
    """Returns the environment of a stack: its name without a trailing `-<region>`, if that is a region of the app.

    `prod` and `prod-eu-north-1` are both of the environment prod.
    """
    match = _NAME_WITH_REGION.fullmatch(stack)
    return match[1] if match else stack


def region_of(stack: str) -> str | None:
    """Returns the region that the name of a stack ends in; None if it ends in none."""
    match = _NAME_WITH_REGION.fullmatch(stack)
    return match[2] if match else None
