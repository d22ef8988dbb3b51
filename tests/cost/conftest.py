"""The recorded stacks, shared by the tests of costs: a recording takes a second."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

from cost import stacks
from cost.estimate import Estimate, estimate
from cost.load import Load
from cost.prices import of_region
from cost.resources import Stack
from tests.support.config_values import ENCRYPTED_REDIS
from tests.support.plans import planned

Bill = Callable[..., Estimate]
# Changes of prod, each with keys that do not depend on one another. `cost.savings` records those of one key as well.
LARGE: Final[dict[str, Any]] = {
    **ENCRYPTED_REDIS,
    "secrets": {"TOKEN": {"secure": "v1:BBBB"}},
    "domainName": "voice.another.example",
    "hostedZoneId": "Z0123456789ABCDEFGHIJ",
    "extraModelIds": ["us.amazon.nova-pro-v1:0", "amazon.titan-text-lite-v1"],
    "enableAudioRecording": True,
    "cpu": 2048,
    "memory": 4096,
    "sessionsPerTaskTarget": 45,
    "deploymentStrategy": "blue-green",
    "bakeTimeMinutes": 5,
}
SMALL: Final[dict[str, Any]] = {
    "bedrockModelId": "amazon.other-v1:0",
    "vpcCidr": "10.0.0.0/22",
    "accessLogs": False,
    "flowLogs": False,
    "minCount": 5,
    "desiredCount": 5,
    "onDemandBase": 1,
    "spotPercent": 50,
    "deploymentStrategy": "linear",
    "bakeTimeMinutes": 5,
    "linearStepPercent": 25,
}
# A change of dev.
CANARY: Final[dict[str, Any]] = {
    "deploymentStrategy": "canary",
    "bakeTimeMinutes": 5,
    "scalingSchedule": {"up": {"cron": "0 6 * * ? *", "timeZone": "UTC", "min": 3, "max": 5}},
}


@pytest.fixture(autouse=True)
def one_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    """Records the program once for the same arguments."""
    monkeypatch.setattr(stacks, "record_as_committed", planned)


def recorded(stack: str, **keys: Any) -> Stack:
    """Returns what a stack registers with its stack file and these keys."""
    return stacks.registered(stack, keys)


@pytest.fixture
def bill() -> Bill:
    """Returns the estimate of a stack with changed keys: `bill("prod", load, natGateways="single")`.

    The region decides the prices alone: tests/program/test_regions.py holds that a stack is the same in each region.
    """

    def of(stack: str, load: Load | None = None, region: str = "us-east-1", **keys: Any) -> Estimate:
        return estimate(recorded(stack, **keys), of_region(region), load)

    return of
