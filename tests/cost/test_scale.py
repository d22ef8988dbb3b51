"""`make scale`: its output and its refusals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from cost import stacks
from cost.__main__ import main
from cost.load import Load
from cost.quantities import When
from cost.resources import Stack
from tests.cost.conftest import Bill, recorded


@pytest.fixture(autouse=True)
def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Records each stack once for all tests."""

    def registered(stack: str, also: Mapping[str, Any] | None = None) -> Stack:
        return recorded(stack, **(also or {}))

    monkeypatch.setattr(stacks, "registered", registered)


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["scale", *arguments]) == 0
    return capsys.readouterr().out


def marks(output: str) -> dict[str, str]:
    """Returns the marks before each limit."""
    rows = [line for line in output.splitlines() if line.startswith("  ")]
    return {row[6:].split("  ")[0].strip(): row[:6].strip() for row in rows}


def test_first_line_says_tasks_money_and_time(capsys: pytest.CaptureFixture[str], bill: Bill) -> None:
    load = Load(1000, 10)
    cost = bill("prod", load, maxCount=34)
    assert shown(capsys, "prod", "--sessions", "1000").splitlines()[0] == (
        "prod in us-east-1 with 1,000 sessions of 10 minutes at a time, all month: 34 tasks,"
        f" {cost.sum(When.AT_REST, When.UNDER_LOAD):,.0f} USD a month and {cost.sum(When.BEDROCK):,.0f} for Bedrock;"
        " a deployment takes 34 minutes, at most 214"
    )


def test_reached_and_uncertain_limits_are_marked(capsys: pytest.CaptureFixture[str]) -> None:
    found = marks(shown(capsys, "prod", "--sessions", "300"))
    assert found["Tasks that the autoscaler may run"] == ""  # ten tasks of thirty sessions
    assert found["Fargate on demand, in a release"] == "!"
    assert found["Tasks of the service"] == "~"
    assert found["Streams of the speech model"] == "!~"
    assert marks(shown(capsys, "prod", "--sessions", "301"))["Tasks that the autoscaler may run"] == "!"


def test_json_has_the_source_of_each_limit(capsys: pytest.CaptureFixture[str]) -> None:
    answer = json.loads(shown(capsys, "prod", "--sessions=1000", "--minutes=5", "--json"))
    assert (answer["tasks"], answer["minutes"], answer["deploymentMinutes"]["longest"]) == (34, 5, 214)
    by_name = {one["limit"]: one for one in answer["limits"]}
    assert by_name["Fargate on demand, in a release"] == {
        "limit": "Fargate on demand, in a release",
        "needs": 68,
        "thereAre": 6,
        "unit": "vCPUs",
        "sessions": 90,
        "exceeded": True,
        "ofAccount": True,
        "fixed": False,
        "movedBy": "quota Fargate On-Demand vCPU resource count (L-3032A538)",
        "quotaCode": "L-3032A538",
        "uncertain": "",
        "source": "https://docs.aws.amazon.com/general/latest/gr/ecs-service.html",
    }
    # Twice as many sessions end in a minute as with ten minutes each.
    assert by_name["Tokens of the model that extracts the answers"]["needs"] == 700_000
    assert by_name["Tokens of the model that extracts the answers"]["sessions"] is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["prod", "--sessions=0"], "SESSIONS=0 is wrong: SESSIONS must be a number above 0, such as 12 or 2.5.\n"),
        (["prod", "--sessions=1e9"], "SESSIONS=1e9 is wrong: SESSIONS must be a number above 0, such as 12 or 2.5.\n"),
        (
            ["prod", "--sessions=9", "--minutes=no"],
            "MINUTES=no is wrong: MINUTES must be a number above 0, such as 12 or 2.5.\n",
        ),
    ],
)
def test_refusals(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scale", *arguments]) == 1
    assert capsys.readouterr().err == message


def test_unknown_stack_is_refused(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert main(["scale", "qa", "--sessions=9"]) == 1
    assert capsys.readouterr().err == "There is no Pulumi.qa.yaml. The stacks are dev, prod, staging.\n"
