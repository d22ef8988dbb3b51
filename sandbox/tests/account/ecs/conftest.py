"""An account in which time passes when a test says so."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.account.ecs import scheduler
from sandbox.tests.account.world import TimedWorld


@pytest.fixture
def world(aws: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> TimedWorld:
    world = TimedWorld()
    monkeypatch.setattr(scheduler, "time", world)
    return world
