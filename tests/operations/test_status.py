"""The table of `make status` on made-up stacks. botocore's Stubber holds AWS's answers against its models."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from operations import status
from operations.errors import OperationError
from operations.routing import Route
from operations.status import Report, Service, Status, as_json, print_report, report
from operations.target import Target
from operations.verdict import Answers
from tests.support.recorded_rollouts import CASES, NEW

_boto3: Any = importlib.import_module("boto3")
_exceptions: Any = importlib.import_module("botocore.exceptions")
_stub: Any = importlib.import_module("botocore.stub")

DIGEST = "sha256:b1ccfd6b" + "0" * 56
ALARM = "arn:aws:cloudwatch:{}:123456789012:alarm:voiceter-{}"
# What a stack reads while nothing is amiss.
OUTPUTS = {"region": "us-east-1", "serviceName": "voiceter-backend", "taskDefinitionArn": NEW}
DOMAIN = {
    "domainName": "voice.example.com",
    "hostedZoneId": "Z1D633PJN98FT9",
}
CONFIG = {"aws:region": "us-east-1", "imageTag": "1.4.2", **DOMAIN}


class FakeStack:
    """A stack of which a test says what pulumi prints."""

    on = "aws"

    def __init__(self, stack: str, outputs: dict[str, Any] | None = None, config: dict[str, str] | None = None) -> None:
        self.stack = stack
        self._outputs = OUTPUTS if outputs is None else outputs
        self._config = CONFIG if config is None else config

    @property
    def region(self) -> str:
        return str(self.output("region"))

    def outputs(self) -> dict[str, Any]:
        return self._outputs

    def output(self, name: str) -> Any:
        if name not in self._outputs:
            raise OperationError(f"The stack {self.stack} has no\noutputs.")
        return self._outputs[name]

    def client(self, service: str) -> Any:
        return stubbed(service)

    def configured(self) -> tuple[dict[str, str], frozenset[str]]:
        return self._config, frozenset()

    def resources(self) -> list[dict[str, Any]]:
        alarms = [ALARM.format("us-east-1", "5xx"), ALARM.format("us-west-2", "cpu")]
        type_ = "aws:cloudwatch/metricAlarm:MetricAlarm"
        return [{"type": "aws:s3/bucket:Bucket"}, *({"type": type_, "outputs": {"arn": arn}} for arn in alarms)]


FIRING: set[str] = set()  # alarms


def stubbed(service: str, region: str = "us-east-1") -> Any:
    credentials = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
    client = _boto3.client(service, region_name=region, **credentials)
    stubber = _stub.Stubber(client)
    if service == "ecs":
        image = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/voiceter-backend@{DIGEST}"
        answer = {
            "taskDefinition": {"containerDefinitions": [{"name": "voiceter-backend", "image": image}]},
            "tags": [{"key": "Version", "value": "1.4.2"}],
        }
        stubber.add_response("describe_task_definition", answer, {"taskDefinition": NEW, "include": ["TAGS"]})
    if service == "cloudwatch":
        name = "voiceter-5xx" if region == "us-east-1" else "voiceter-cpu"
        state = "ALARM" if name in FIRING else "OK"
        found = {"MetricAlarms": [{"AlarmName": name, "StateValue": state}]}
        # The alarm is on the second page.
        stubber.add_response("describe_alarms", {"MetricAlarms": [], "NextToken": "2"}, {"AlarmNames": [name]})
        stubber.add_response("describe_alarms", found, {"AlarmNames": [name], "NextToken": "2"})
    stubber.activate()
    return client


def answers(value: object) -> Callable[..., object]:
    """Returns a function that returns this value."""

    def answer(*_: object) -> object:
        return value

    return answer


@pytest.fixture(autouse=True)
def good(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is amiss."""
    monkeypatch.setattr(status, "gather", answers(replace(Answers(**CASES["completed"]), maximum=10)))
    monkeypatch.setattr(status, "find_route", answers(Route("by latency, healthy", open=True)))
    monkeypatch.setattr(status.sdk, "client", stubbed)
    FIRING.clear()


def reported(*stacks: FakeStack) -> Report:
    return report("prod", [cast(Target, stack) for stack in stacks])


def test_table_of_an_environment(capsys: pytest.CaptureFixture[str]) -> None:
    found = reported(FakeStack("prod"), FakeStack("prod-us-west-2", {**OUTPUTS, "region": "us-west-2"}))
    print_report(found)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[:2]] == [
        ["STACK", "REGION", "VERSION", "DIGEST", "DEPLOYMENT", "TASKS", "HEALTHY", "ALARMS", "TRAFFIC"],
        ["prod", "us-east-1", "1.4.2", DIGEST[:19], "good", "2/2/10", "2/2", "0", "by", "latency,", "healthy"],
    ]
    assert lines[2].startswith("prod-us-west-2  us-west-2  1.4.2")
    assert lines[3:] == ["OK: 2 stacks of prod"]
    assert found.good


def test_json_has_all_of_it() -> None:
    FIRING.add("voiceter-cpu")
    printed = json.loads(as_json(reported(FakeStack("prod"))))
    assert printed["environment"] == "prod"
    assert printed["good"] is False
    assert printed["faults"] == ["prod: in ALARM: voiceter-cpu"]
    (stack,) = printed["stacks"]
    assert (stack["service"]["digest"], stack["service"]["maximum"]) == (DIGEST, 10)
    assert (stack["route"]["open"], stack["alarms"]) == (True, ["voiceter-cpu"])


def test_alarms_are_read_in_their_regions() -> None:
    FIRING.update({"voiceter-5xx", "voiceter-cpu"})
    (stack,) = reported(FakeStack("prod")).stacks
    assert stack.alarms == ("voiceter-5xx", "voiceter-cpu")
    assert stack.cells[-2] == "2"


@pytest.mark.parametrize("case", ["in progress", "targets unhealthy", "rolled back by the circuit breaker", "gone"])
def test_verdict_that_is_not_good_is_a_fault(monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    monkeypatch.setattr(status, "gather", answers(Answers(**CASES[case])))
    monkeypatch.setattr(status, "running_image", answers(("1.4.2", DIGEST)))
    found = reported(FakeStack("prod"))
    assert not found.good
    assert len(found.faults) == 1


def test_stack_without_a_service_is_a_row_that_says_so() -> None:
    (stack,) = reported(FakeStack("prod", {"region": "us-east-1"})).stacks
    assert stack.faults == ("it has no service, as it has no image",)
    assert stack.cells == ("prod", "us-east-1", "-", "-", "-", "-", "-", "0", "by latency, healthy")


def test_stack_that_cannot_be_read_is_a_row_beside_the_others() -> None:
    broken, other = reported(FakeStack("prod", {}), FakeStack("prod-us-west-2")).stacks
    assert broken.faults == ("The stack prod has no outputs.",)
    assert set(broken.cells[1:]) == {"-"}
    assert other.faults == ()


def test_refusal_of_aws_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Any) -> Any:
        raise _exceptions.ClientError({"Error": {"Code": "Throttling", "Message": "slow"}}, "DescribeServices")

    monkeypatch.setattr(status, "gather", refuse)
    (stack,) = reported(FakeStack("prod")).stacks
    assert (stack.region, stack.service) == ("us-east-1", None)
    assert stack.faults == ("AWS refused DescribeServices: Throttling: slow",)


def test_error_of_the_program_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Any) -> Any:
        raise KeyError("typo")

    monkeypatch.setattr(status, "gather", fail)
    with pytest.raises(KeyError):
        reported(FakeStack("prod"))


def test_stack_file_that_is_not_here_is_a_fault_and_not_compared() -> None:
    found = reported(FakeStack("prod"), FakeStack("prod-us-west-2", config={}))
    assert found.differences == []
    assert found.faults == [
        "prod-us-west-2: Pulumi.prod-us-west-2.yaml is not in this clone, so its configuration is not compared"
    ]


@pytest.mark.parametrize(
    ("level", "fault"),
    [
        ("DEBUG", "the configuration differs: logLevel: INFO in prod; DEBUG in prod-us-west-2"),
        ("LOUD", "prod-us-west-2: Pulumi.prod-us-west-2.yaml: logLevel"),
    ],
)
def test_fault_of_the_configuration(level: str, fault: str) -> None:
    there = {**CONFIG, "logLevel": level}
    found = reported(FakeStack("prod"), FakeStack("prod-us-west-2", config=there))
    assert [one[: len(fault)] for one in found.faults] == [fault]


def test_stack_without_a_zone_has_no_route() -> None:
    (stack,) = reported(FakeStack("prod", config={key: CONFIG[key] for key in CONFIG.keys() - DOMAIN.keys()})).stacks
    assert (stack.route, stack.cells[-1], stack.faults) == (None, "-", ())


GOOD = Status("prod", region="us-east-1", service=Service("1.4.2", DIGEST, "good", 2, 2, 10, 2), alarms=())


def test_evacuated_region_is_no_fault_while_another_one_has_the_traffic() -> None:
    away = Route("none: evacuated", open=False, evacuated=True)
    here = Route("by latency, healthy", open=True)
    both = [replace(GOOD, route=away), replace(GOOD, stack="prod-us-west-2", route=here)]
    assert Report("prod", both, []).good
    alone = Report("prod", both[:1], [])
    assert alone.faults == ["no region is healthy in Route 53, which then leads clients to all of them"]


def test_fault_of_the_route_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "find_route", answers(Route("no record", open=True, fault="no record")))
    assert reported(FakeStack("prod")).faults == ["prod: no record"]
