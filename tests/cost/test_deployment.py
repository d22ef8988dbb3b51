"""How long a deployment takes."""

from __future__ import annotations

from typing import Any

import pytest

from components.lib.quotas import TASKS_PER_SERVICE
from components.lib.timeline import PROTECTION_MINUTES, Timeline
from cost.deployment import Deployment
from tests.cost.conftest import recorded

PROD = Timeline(deregistration_delay_seconds=1860, stop_timeout_seconds=45, shift_minutes=0)


@pytest.mark.parametrize(
    ("tasks", "started", "serving", "minutes"),
    [
        (10, 0.02, 2.02, 33.77),  # 90 s to start, 30 s to the first check, 1,905 s to end
        (100, 0.2, 2.2, 33.95),
        (1000, 2, 4, 35.75),
    ],
)
def test_deployment_of_prod(tasks: int, started: float, serving: float, minutes: float) -> None:
    deployment = Deployment(tasks, PROD)
    assert deployment.started_minutes == pytest.approx(started)
    assert deployment.serving_minutes == pytest.approx(serving)
    assert deployment.minutes == pytest.approx(minutes)


def test_shift_of_traffic_counts() -> None:
    assert Deployment(10, Timeline(60, 30, shift_minutes=20)).minutes == pytest.approx(2.02 + 20 + 1.5)


def test_pulumi_waits_for_the_largest_service() -> None:
    deployment = Deployment(int(TASKS_PER_SERVICE.default), PROD)
    assert deployment.minutes + PROTECTION_MINUTES < deployment.longest_minutes


@pytest.mark.parametrize(
    ("stack", "keys", "timeline"),
    [
        ("prod", {}, PROD),
        ("dev", {}, Timeline(30, 30, 0)),
        ("dev", {"deploymentStrategy": "blue-green", "bakeTimeMinutes": 5}, Timeline(30, 30, 5)),
        ("dev", {"deploymentStrategy": "canary", "bakeTimeMinutes": 5}, Timeline(30, 30, 10)),
        (
            "dev",
            {"deploymentStrategy": "linear", "bakeTimeMinutes": 5, "linearStepPercent": 25},
            Timeline(30, 30, 20),
        ),
    ],
)
def test_timeline_is_read_from_what_is_registered(stack: str, keys: dict[str, Any], timeline: Timeline) -> None:
    assert recorded(stack, **keys).timeline == timeline
