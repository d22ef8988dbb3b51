"""`verify --environment`, with made-up verdicts of its stacks."""

from __future__ import annotations

import json
from typing import Any
from unittest import mock

import pytest

from operations import __main__ as command
from operations import environment
from operations.errors import OperationError
from operations.target import Target


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Makes prod-eu-north-1 unreadable and the others good. Returns how long each verification may wait."""
    stacks = [Target(name, "aws") for name in ("prod", "prod-eu-north-1", "prod-us-west-2")]
    clock = [0.0]
    waits: list[float] = []

    def verify_one(target: Target, wait: float, *, json_only: bool) -> tuple[bool, dict[str, Any]]:
        waits.append(wait)
        clock[0] += 40
        if target.stack == "prod-eu-north-1":
            raise OperationError("There is no service.")
        return True, {"stack": target.stack, "outcome": "good"}

    monkeypatch.setattr(environment, "open_all", mock.Mock(return_value=stacks))
    monkeypatch.setattr(command, "_verify_one", verify_one)
    monkeypatch.setattr(command.time, "monotonic", lambda: clock[0])
    return waits


def test_stack_that_cannot_be_read_fails_and_the_others_are_verified(
    waited: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["verify", "--environment", "prod", "--json"]) == 1
    answers = json.loads(capsys.readouterr().out)
    assert [one["outcome"] for one in answers] == ["good", "not read", "good"]
    assert answers[1]["line"] == "There is no service."


def test_stacks_share_the_time_to_wait(waited: list[float]) -> None:
    command.main(["verify", "--environment", "prod", "--wait", "60"])
    assert waited == [60, 20, 0]


@pytest.mark.parametrize("arguments", [["verify"], ["verify", "prod", "--environment", "prod"]])
def test_either_a_stack_or_an_environment(arguments: list[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(arguments)
