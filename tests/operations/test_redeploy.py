"""When `make redeploy` starts a deployment, and when it refuses."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from operations import redeploy as redeploying
from operations.errors import OperationError
from operations.target import Target
from operations.verdict import Answers
from tests.support.recorded_rollouts import CASES, NEW


class _Ecs:
    exceptions = SimpleNamespace(ServiceNotFoundException=LookupError, ServiceNotActiveException=LookupError)

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    def update_service(self, **arguments: Any) -> dict[str, Any]:
        self.calls.append(arguments)
        deployments = [{"status": "PRIMARY", "id": "ecs-svc/1"}]
        return {"service": {"deployments": deployments, "taskDefinition": NEW, "desiredCount": 2}}


class _Stack:
    """A stack in one of the recorded states."""

    def __init__(self, case: str) -> None:
        self.answers = Answers(**CASES[case])
        self.ecs = _Ecs()

    def output(self, name: str) -> str:
        return NEW if name == "taskDefinitionArn" else name

    def client(self, service: str) -> _Ecs:
        assert service == "ecs"
        return self.ecs

    def make(self, command: str, *options: str) -> str:
        return " ".join(["make", command, "STACK=prod", *options])

    def command(self, command: str) -> str:
        return f"`{command} --stack prod`"


def _redeploy(monkeypatch: pytest.MonkeyPatch, case: str) -> _Ecs:
    stack = _Stack(case)
    monkeypatch.setattr(redeploying, "gather", lambda _target: stack.answers)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    redeploying.redeploy(cast(Target, stack))
    return stack.ecs


@pytest.mark.parametrize("case", ["completed", "blue-green done, groups swapped", "rolled back by the circuit breaker"])
def test_deployment_of_the_same_revision_is_forced(monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    [call] = _redeploy(monkeypatch, case).calls
    assert call == {"cluster": "clusterName", "service": "serviceName", "forceNewDeployment": True}


def test_deployment_that_continues_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OperationError, match="is in progress"):
        _redeploy(monkeypatch, "in progress")


def test_traffic_is_not_shifted_after_a_rollback(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a failed release that turned HTTPS on, clients follow a rule that ECS would not shift."""
    with pytest.raises(OperationError, match=r"another listener rule.*make rollback STACK=prod.*pulumi up --refresh"):
        _redeploy(monkeypatch, "blue-green rolled back")
