"""What the name of a stack says about it.

Every command on a stack imports this module, so it imports nothing that is slow.
"""

import re
from typing import Final

# The regions that the app accepts in AWS_REGION; it does not start in any other.
REGIONS: Final = ("us-east-1", "us-west-2", "ap-northeast-1", "eu-north-1")
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
