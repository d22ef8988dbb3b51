"""The recording of the whole program, shared by the tests that give the same arguments."""

from __future__ import annotations

from typing import Any, Final

from recording.deployment import Deployment
from recording.program import REDIS_TOKEN, record

REDIS: Final[dict[str, Any]] = {"redisEnabled": True, "redisAuthToken": REDIS_TOKEN}  # the keys that turn Redis on
REGIONS: Final = ("us-east-1", "us-west-2", "ap-northeast-1", "eu-north-1")

_RECORDED: Final[dict[str, Deployment]] = {}


def run(stack: str, **arguments: Any) -> Deployment:
    """Returns what the program registers: one run for all tests that give the same arguments of `record`."""
    key = repr((stack, sorted({"region": REGIONS[0], **arguments}.items())))
    if key not in _RECORDED:
        _RECORDED[key] = record(stack, **arguments)
    return _RECORDED[key]
