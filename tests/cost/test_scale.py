"""`make scale`: its output. tests/cost/test_main.py has the refusals that it shares with `make cost`."""

from __future__ import annotations

import json

import pytest

from cost.__main__ import main
from cost.load import Load
from cost.quantities import When
from tests.cost.conftest import Bill


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["scale", "prod", *arguments]) == 0
    return capsys.readouterr().out


def marks(output: str) -> dict[str, str]:
    """Returns the marks before each limit."""
    rows = [line for line in output.splitlines() if line.startswith("  ")]
    return {row[6:].split("  ")[0].strip(): row[:6].strip() for row in rows}


def test_first_line_says_tasks_money_and_time(capsys: pytest.CaptureFixture[str], bill: Bill) -> None:
    cost = bill("prod", Load(1000, 10), maxCount=34)
    output = shown(capsys, "--sessions", "1000")
    assert output.splitlines()[0] == (
        "prod in us-east-1 with 1,000 sessions of 10 minutes at a time, all month: 34 tasks,"
        f" {cost.sum(When.AT_REST, When.UNDER_LOAD):,.0f} USD a month and {cost.sum(When.BEDROCK):,.0f} for Bedrock;"
        " a deployment takes 34 minutes, at most 214"
    )
    assert marks(output)["Tasks that the autoscaler may run"] == "!"


def test_reached_and_uncertain_limits_are_marked(capsys: pytest.CaptureFixture[str]) -> None:
    found = marks(shown(capsys, "--sessions", "300"))
    assert found["Tasks that the autoscaler may run"] == ""  # ten tasks of thirty sessions
    assert found["Fargate on demand, in a release"] == "!"
    assert found["Tasks of the service"] == "~"
    assert found["Streams of the speech model"] == "!~"


def test_json_has_the_source_of_each_limit(capsys: pytest.CaptureFixture[str]) -> None:
    answer = json.loads(shown(capsys, "--sessions=1000", "--minutes=5", "--json"))
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
