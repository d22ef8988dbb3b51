"""When `make redeploy` starts a deployment, and when it refuses."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest

from operations import redeploy as redeploying
from operations.errors import OperationError
from tests.support.boto import stubbed
from tests.support.printed_stack import PrintedStack
from tests.support.recorded_rollouts import CASES, NEW, deployment, service

FORCED = {"cluster": "voiceter-cluster", "service": "voiceter-backend", "forceNewDeployment": True}


def _redeploy(monkeypatch: pytest.MonkeyPatch, case: str, *calls: tuple[Any, ...]) -> None:
    """Runs the command on a stack in a recorded state. The calls are the ones that change something."""
    ecs = stubbed("ecs", *calls)
    outputs = {"taskDefinitionArn": NEW, "clusterName": FORCED["cluster"], "serviceName": FORCED["service"]}
    monkeypatch.setattr(redeploying, "gather", mock.Mock(return_value=CASES[case]))
    redeploying.redeploy(PrintedStack(printed_outputs=outputs, clients={"ecs": ecs.client}))
    ecs.assert_no_pending_responses()


@pytest.mark.parametrize("case", ["completed", "blue-green done, groups swapped", "rolled back by the circuit breaker"])
def test_deployment_of_the_same_revision_is_forced(
    monkeypatch: pytest.MonkeyPatch, case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = {"service": service(deployment(id="ecs-svc/1"))}
    _redeploy(monkeypatch, case, ("update_service", answer, FORCED))
    assert "Started ecs-svc/1, which replaces the tasks of voiceter-backend:42 (desired: 2)." in capsys.readouterr().out


def test_answer_without_a_primary_deployment_names_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = {"service": service(deployment(status="ACTIVE"))}
    _redeploy(monkeypatch, "completed", ("update_service", answer, FORCED))
    assert (
        "Started a deployment, which replaces the tasks of voiceter-backend:42 (desired: 2)." in capsys.readouterr().out
    )


def test_deployment_that_continues_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OperationError, match="is in progress"):
        _redeploy(monkeypatch, "in progress")


def test_traffic_is_not_shifted_after_a_rollback(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a failed release that turned HTTPS on, clients follow a rule that ECS would not shift."""
    with pytest.raises(OperationError, match=r"another listener rule.*make rollback STACK=prod.*pulumi up --refresh"):
        _redeploy(monkeypatch, "blue-green rolled back")


def test_service_that_was_deleted_meanwhile_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OperationError, match="voiceter-cluster has no service voiceter-backend any more"):
        _redeploy(monkeypatch, "gone", ("update_service", "ServiceNotFoundException"))
