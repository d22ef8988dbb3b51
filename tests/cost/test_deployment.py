"""How long a deployment takes."""

from __future__ import annotations

from typing import Any

import pytest

from components.lib.quotas import TASKS_PER_SERVICE
from components.lib.timeline import PROTECTION_MINUTES, Timeline
from cost.deployment import Deployment
from tests.cost.conftest import CANARY, LARGE, SMALL, recorded

PROD = Timeline(deregistration_delay_seconds=1860, stop_timeout_seconds=45, shift_minutes=0)


@pytest.mark.parametrize(
    ("tasks", "timeline", "started", "serving", "minutes"),
    [
        (10, PROD, 0.02, 2.02, 33.77),  # 90 s to start, 30 s to the first check, 1,905 s to end
        (1000, PROD, 2, 4, 35.75),
        (10, Timeline(60, 30, shift_minutes=20), 0.02, 2.02, 2.02 + 20 + 1.5),
    ],
)
def test_deployment(tasks: int, timeline: Timeline, started: float, serving: float, minutes: float) -> None:
    deployment = Deployment(tasks, timeline)
    assert deployment.started_minutes == pytest.approx(started)
    assert deployment.serving_minutes == pytest.approx(serving)
    assert deployment.minutes == pytest.approx(minutes)


def test_pulumi_waits_for_the_largest_service() -> None:
    deployment = Deployment(int(TASKS_PER_SERVICE.default), PROD)
    assert deployment.minutes + PROTECTION_MINUTES < deployment.longest_minutes


@pytest.mark.parametrize(
    ("stack", "keys", "timeline"),
    [
        ("prod", {}, PROD),
        ("prod", LARGE, Timeline(1860, 45, 5)),
        ("prod", SMALL, Timeline(1860, 45, 20)),
        ("dev", CANARY, Timeline(30, 30, 10)),
    ],
    ids=["rolling", "blue-green", "linear", "canary"],
)
def test_timeline_is_read_from_what_is_registered(stack: str, keys: dict[str, Any], timeline: Timeline) -> None:
    assert recorded(stack, **keys).timeline == timeline
