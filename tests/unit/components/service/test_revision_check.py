"""The check that ECS runs the revision that Pulumi's state names."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from recording.deployment import Deployment
from recording.fake_aws import FakeAws
from recording.program import DIGEST, TAG
from tests.support.program import run


def answers(running: str) -> FakeAws:
    return FakeAws(images={DIGEST: [TAG]}, running=running)


def lookups(deployment: Deployment) -> list[str]:
    """The clusters of the services that the program has looked up after the registration of its cluster."""
    calls = [arguments for function, arguments, _ in deployment.calls if function == "aws:ecs/getService:getService"]
    return [arguments["clusterArn"] for arguments in calls if arguments["clusterArn"].startswith("arn:")]


def test_update_succeeds_if_the_service_runs_the_intended_revision() -> None:
    assert len(lookups(run("dev"))) == 1


def test_update_fails_if_ecs_runs_another_revision() -> None:
    old = "arn:aws:ecs:us-east-1:123456789012:task-definition/voiceter-backend-dev:7"
    with pytest.raises(pulumi.RunError) as caught:
        run("dev", answers=answers(old))
    assert "the service runs voiceter-backend-dev:7, and not voiceter-backend-dev:1" in str(caught.value)
    assert "`pulumi up --refresh`" in str(caught.value)
    assert "`make rollback`" in str(caught.value)


def test_preview_does_not_check(monkeypatch: pytest.MonkeyPatch) -> None:
    def is_dry_run() -> Any:
        return True

    monkeypatch.setattr(pulumi.runtime, "is_dry_run", is_dry_run)
    assert lookups(run("dev", answers=answers("other:1"))) == []
