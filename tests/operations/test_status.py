"""The table of `make status` on made-up stacks. botocore's Stubber holds AWS's answers against its models."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from unittest import mock

import pytest

from operations import status
from operations.routing import Route
from operations.status import Report, Service, Status, as_json, as_text, report
from tests.support.boto import refusal, stubbed
from tests.support.printed_stack import PrintedStack
from tests.support.recorded_rollouts import CASES, NEW

DIGEST = "sha256:b1ccfd6b" + "0" * 56
ALARM = "arn:aws:cloudwatch:{}:123456789012:alarm:voiceter-{}"
# What a stack reads while nothing is amiss.
OUTPUTS = {"region": "us-east-1", "serviceName": "voiceter-backend", "taskDefinitionArn": NEW}
DOMAIN = {"domainName": "voice.example.com", "hostedZoneId": "Z1D633PJN98FT9"}
CONFIG = {"aws:region": "us-east-1", "imageTag": "1.4.2", **DOMAIN}
STATE: list[dict[str, Any]] = [
    {"type": "aws:s3/bucket:Bucket", "id": "recordings", "outputs": {}},
    *(
        {"type": "aws:cloudwatch/metricAlarm:MetricAlarm", "id": name, "outputs": {"arn": ALARM.format(region, name)}}
        for region, name in (("us-east-1", "5xx"), ("us-west-2", "cpu"))
    ),
]
FIRING: set[str] = set()  # alarms


def stack(name: str = "prod", outputs: dict[str, Any] = OUTPUTS, config: dict[str, str] = CONFIG) -> PrintedStack:
    """A stack that runs one image."""
    image = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/voiceter-backend@{DIGEST}"
    described = {
        "taskDefinition": {"containerDefinitions": [{"name": "voiceter-backend", "image": image}]},
        "tags": [{"key": "Version", "value": "1.4.2"}],
    }
    asked = {"taskDefinition": NEW, "include": ["TAGS"]}
    ecs = stubbed("ecs", ("describe_task_definition", described, asked))
    return PrintedStack(name, "aws", outputs, config, STATE, {"ecs": ecs.client, "route53": None})


def cloudwatch(_: str, region: str) -> Any:
    """A client that lists the alarm of its region on a second page."""
    name = "voiceter-5xx" if region == "us-east-1" else "voiceter-cpu"
    found = {"MetricAlarms": [{"AlarmName": name, "StateValue": "ALARM" if name in FIRING else "OK"}]}
    return stubbed(
        "cloudwatch",
        ("describe_alarms", {"MetricAlarms": [], "NextToken": "2"}, {"AlarmNames": [name]}),
        ("describe_alarms", found, {"AlarmNames": [name], "NextToken": "2"}),
        region=region,
    ).client


@pytest.fixture(autouse=True)
def good(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is amiss."""
    monkeypatch.setattr(status, "gather", mock.Mock(return_value=replace(CASES["completed"], maximum=10)))
    monkeypatch.setattr(status, "find_route", mock.Mock(return_value=Route("by latency, healthy", open=True)))
    monkeypatch.setattr(status.sdk, "client", cloudwatch)
    FIRING.clear()


def reported(*stacks: PrintedStack) -> Report:
    return report("prod", stacks)


def test_table_of_an_environment() -> None:
    found = reported(stack("prod"), stack("prod-us-west-2", {**OUTPUTS, "region": "us-west-2"}))
    lines = as_text(found).splitlines()
    assert [line.split() for line in lines[:2]] == [
        ["STACK", "REGION", "VERSION", "DIGEST", "DEPLOYMENT", "TASKS", "HEALTHY", "ALARMS", "TRAFFIC"],
        ["prod", "us-east-1", "1.4.2", DIGEST[:19], "good", "2/2/10", "2/2", "0", "by", "latency,", "healthy"],
    ]
    assert lines[2].startswith("prod-us-west-2  us-west-2  1.4.2")
    assert lines[3:] == ["OK: 2 stacks of prod"]
    assert found.good


def test_json_has_all_of_it_with_the_alarms_of_each_region() -> None:
    FIRING.update({"voiceter-5xx", "voiceter-cpu"})
    found = reported(stack())
    assert found.stacks[0].cells[-2] == "2"
    printed = json.loads(as_json(found))
    assert printed["environment"] == "prod"
    assert printed["good"] is False
    assert printed["faults"] == ["prod: in ALARM: voiceter-5xx, voiceter-cpu"]
    (shown,) = printed["stacks"]
    assert (shown["service"]["digest"], shown["service"]["maximum"]) == (DIGEST, 10)
    assert (shown["route"]["open"], shown["alarms"]) == (True, ["voiceter-5xx", "voiceter-cpu"])


@pytest.mark.parametrize("case", ["in progress", "targets unhealthy", "rolled back by the circuit breaker", "gone"])
def test_verdict_that_is_not_good_is_a_fault(monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    monkeypatch.setattr(status, "gather", mock.Mock(return_value=CASES[case]))
    monkeypatch.setattr(status, "image_of", mock.Mock(return_value=("1.4.2", DIGEST)))
    found = reported(stack())
    assert not found.good
    assert len(found.faults) == 1


def test_service_without_a_primary_deployment_is_a_row_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = CASES["completed"]
    assert answers.service
    without = replace(answers, service={**answers.service, "deployments": []}, deployment=None)
    monkeypatch.setattr(status, "gather", mock.Mock(return_value=without))
    (shown,) = reported(stack()).stacks
    assert shown.cells[:5] == ("prod", "us-east-1", "-", "-", "failed")
    assert len(shown.faults) == 1


def test_stack_without_a_service_is_a_row_that_says_so() -> None:
    (shown,) = reported(stack("prod", {"region": "us-east-1"})).stacks
    assert shown.faults == ("it has no service, as it has no image",)
    assert shown.cells == ("prod", "us-east-1", "-", "-", "-", "-", "-", "0", "by latency, healthy")


def test_stack_that_cannot_be_read_is_a_row_beside_the_others() -> None:
    found = reported(stack("prod", {}), stack("prod-us-west-2"))
    broken, other = found.stacks
    assert broken.faults == (
        "The stack prod has no outputs, because it was never brought up: `pulumi up --stack prod`.",
    )
    assert set(broken.cells[1:]) == {"-"}
    assert other.faults == ()
    assert len(found.faults) == 1


def test_refusal_of_aws_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "gather", mock.Mock(side_effect=refusal("DescribeServices", "Throttling")))
    (shown,) = reported(stack()).stacks
    assert (shown.region, shown.service) == ("us-east-1", None)
    assert shown.faults == ("AWS refused DescribeServices: Throttling: no",)


def test_error_of_the_program_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "gather", mock.Mock(side_effect=KeyError("typo")))
    with pytest.raises(KeyError):
        reported(stack())


def test_stack_file_that_is_not_here_is_a_fault_and_not_compared() -> None:
    found = reported(stack(), stack("prod-us-west-2", config={}))
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
    found = reported(stack(), stack("prod-us-west-2", config=there))
    assert [one[: len(fault)] for one in found.faults] == [fault]


def test_stack_without_a_zone_has_no_route() -> None:
    (shown,) = reported(stack(config={key: CONFIG[key] for key in CONFIG.keys() - DOMAIN.keys()})).stacks
    assert (shown.route, shown.cells[-1], shown.faults) == (None, "-", ())


GOOD = Status("prod", region="us-east-1", service=Service("1.4.2", DIGEST, "good", 2, 2, 10, 2), alarms=())


def test_evacuated_region_is_no_fault_while_another_one_has_the_traffic() -> None:
    away = Route("none: evacuated", open=False, evacuated=True)
    here = Route("by latency, healthy", open=True)
    both = [replace(GOOD, route=away), replace(GOOD, stack="prod-us-west-2", route=here)]
    assert Report("prod", both, []).good
    alone = Report("prod", both[:1], [])
    assert alone.faults == ["no region is healthy in Route 53, which then routes clients to all of them"]


def test_fault_of_the_route_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "find_route", mock.Mock(return_value=Route("no record", open=True, fault="no record")))
    assert reported(stack()).faults == ["prod: no record"]
