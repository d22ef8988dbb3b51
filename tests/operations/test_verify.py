"""The verdict of `make verify` on each recorded answer. Every recording fits botocore's model of the answer."""

from __future__ import annotations

import datetime
import importlib
import itertools
from contextlib import nullcontext
from dataclasses import replace
from typing import Any, cast
from unittest import mock

import pytest

from operations import verify as verifying
from operations.errors import OperationError
from operations.target import Target
from operations.verdict import Outcome, Verdict, judge, short
from tests.support.boto import stubbed
from tests.support.printed_stack import PrintedStack
from tests.support.recorded_rollouts import BLUE, CASES, GREEN, NEW, STEADY, service, service_deployment

# botocore is untyped.
_session: Any = importlib.import_module("botocore.session").get_session()
_validate: Any = importlib.import_module("botocore.validate")

EXPECTED = {
    "completed": (Outcome.GOOD, "runs voiceter-backend:42: 2 of 2 tasks"),
    "completed, and ECS keeps no service deployment": (Outcome.GOOD, "voiceter-backend:42"),
    "in progress": (Outcome.IN_PROGRESS, "the deployment of voiceter-backend:42 is in progress"),
    "in progress, and ECS keeps no service deployment": (Outcome.IN_PROGRESS, "voiceter-backend:42 is in progress"),
    "about to begin": (Outcome.IN_PROGRESS, "is in progress"),
    "rolled back by the circuit breaker": (
        Outcome.ROLLED_BACK,
        "voiceter-backend:42 was rolled back; the service runs voiceter-backend:41: Service deployment rolled back",
    ),
    "rolled back, and ECS keeps no service deployment": (
        Outcome.ROLLED_BACK,
        "ECS deployment circuit breaker: rolling",
    ),
    "being rolled back": (Outcome.ROLLED_BACK, "is being rolled back"),
    "rolled back by an alarm": (Outcome.ROLLED_BACK, "Alarms: voiceter-5xx"),
    "the same revision again, rolled back": (Outcome.ROLLED_BACK, "circuit breaker"),
    "another revision, rolled back to the intended one": (
        Outcome.ROLLED_BACK,
        "voiceter-backend:41 was rolled back; the service runs voiceter-backend:42",
    ),
    "stuck: tasks fail": (Outcome.STUCK, "4 tasks have failed"),
    "stuck: no place for tasks": (Outcome.STUCK, "Capacity is unavailable"),
    "in progress, after trouble in an earlier deployment": (Outcome.IN_PROGRESS, "is in progress"),
    "failed, with no revision to go back to": (Outcome.FAILED, "nothing to go back to: No rollback candidate"),
    "failed, and ECS keeps no service deployment": (Outcome.FAILED, "tasks failed to start"),
    "stopped": (Outcome.FAILED, "was stopped: Stopped by the user."),
    "another revision runs": (
        Outcome.WRONG_REVISION,
        "runs voiceter-backend:41, the stack has voiceter-backend:42",
    ),
    "old tasks beside the new ones": (Outcome.IN_PROGRESS, "1 tasks of an earlier revision"),
    "tasks missing": (Outcome.UNHEALTHY, "1 of 2 tasks of voiceter-backend:42 run"),
    "targets unhealthy": (Outcome.UNHEALTHY, "1 of 2 tasks of voiceter-backend:42 are healthy"),
    "load balancer taken away": (Outcome.UNHEALTHY, "no client reaches voiceter-backend:42"),
    "old targets still draining": (Outcome.GOOD, "2 of 2 tasks"),
    "scaled to nothing by the schedule": (Outcome.GOOD, "0 of 0 tasks"),
    "scaled to nothing by hand": (Outcome.UNHEALTHY, "0 tasks are desired, and the autoscaler's minimum is 1"),
    "scaled out since": (Outcome.GOOD, "4 of 4 tasks"),
    "blue-green done, groups swapped": (Outcome.GOOD, "2 of 2 tasks"),
    "blue-green done, the group with traffic empty": (Outcome.UNHEALTHY, "0 of 2 tasks"),
    "blue-green baking": (Outcome.IN_PROGRESS, "(BAKE_TIME, 100 % of the traffic on it)"),
    "canary, the first share of traffic": (
        Outcome.IN_PROGRESS,
        "(PRODUCTION_TRAFFIC_SHIFT, 10 % of the traffic on it)",
    ),
    "blue-green rolled back": (Outcome.ROLLED_BACK, "the service runs voiceter-backend:41"),
    "gone": (Outcome.MISSING, "no such service"),
}


@pytest.mark.parametrize("case", CASES)
def test_verdict(case: str) -> None:
    outcome, words = EXPECTED[case]
    verdict = judge(NEW, CASES[case])
    assert verdict.outcome is outcome
    assert words in verdict.line
    assert "\n" not in verdict.line


def test_every_status_of_a_deployment_has_its_outcome() -> None:
    statuses: list[str] = _session.get_service_model("ecs").shape_for("ServiceDeploymentStatus").enum
    completed = CASES["completed"]
    assert {
        status: judge(NEW, replace(completed, deployment=service_deployment(status))).outcome for status in statuses
    } == {
        "SUCCESSFUL": Outcome.GOOD,
        **dict.fromkeys(("PENDING", "IN_PROGRESS"), Outcome.IN_PROGRESS),
        **dict.fromkeys(("ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL"), Outcome.ROLLED_BACK),
        **dict.fromkeys(("STOP_REQUESTED", "STOPPED", "ROLLBACK_FAILED"), Outcome.FAILED),
    }


@pytest.mark.parametrize(
    "answer", [{"services": []}, {"services": [service(status="DRAINING")]}, "ClusterNotFoundException"]
)
def test_service_that_is_not_active_is_missing(answer: Any) -> None:
    outputs = {"taskDefinitionArn": NEW, "clusterName": "voiceter-cluster", "serviceName": "voiceter-backend"}
    ecs = stubbed("ecs", ("describe_services", answer))
    verdict = verifying.verify(PrintedStack(printed_outputs=outputs, clients={"ecs": ecs.client}))
    assert (verdict.outcome, verdict.line) == (Outcome.MISSING, "there is no such service")


@pytest.mark.parametrize("case", CASES)
def test_recording_fits_botocores_model(case: str) -> None:
    answers = CASES[case]
    states = [
        {"Target": {"Id": "10.0.0.1"}, "TargetHealth": {"State": one}}
        for all_ in answers.targets.values()
        for one in all_
    ]
    rules = [{"RuleArn": arn, "Actions": actions} for arn, actions in answers.rules.items()]
    _hold("ecs", "DescribeServices", {"services": [answers.service or {}]})
    _hold("ecs", "DescribeServiceDeployments", {"serviceDeployments": [answers.deployment or {}]})
    _hold("elbv2", "DescribeTargetHealth", {"TargetHealthDescriptions": states})
    _hold("elbv2", "DescribeRules", {"Rules": rules})


def _hold(service: str, operation: str, answer: dict[str, Any]) -> None:
    """Checks an answer against botocore's model: members, types and values of enums."""
    shape = _session.get_service_model(service).operation_model(operation).output_shape
    report = _validate.ParamValidator().validate(answer, shape)
    assert not report.has_errors(), report.generate_report()
    _hold_enums(shape, answer)


def _hold_enums(shape: Any, value: Any) -> None:
    if shape.type_name == "structure":
        for name, item in cast(dict[str, Any], value).items():
            assert name in shape.members, f"{shape.name} has no {name}"
            _hold_enums(shape.members[name], item)
    elif shape.type_name == "list":
        for item in value:
            _hold_enums(shape.member, item)
    elif getattr(shape, "enum", None):
        assert value in shape.enum


def test_table_shows_both_target_groups_with_their_traffic() -> None:
    rows = dict(judge(NEW, CASES["blue-green done, groups swapped"]).rows)
    assert rows[short(BLUE)] == "2 draining, 0 % of the traffic"
    assert rows[short(GREEN)] == "2 healthy, 100 % of the traffic"
    assert rows["deployment"] == "SUCCESSFUL (BLUE_GREEN)"
    assert rows["running"] == "voiceter-backend:42"


def _target(on: str = "aws") -> Target:
    return Target("prod", cast(Any, on))


def _verify(monkeypatch: pytest.MonkeyPatch, cases: list[str], wait: float) -> Verdict:
    """Verifies while AWS answers with one case after the other and repeats the last. Time passes in sleeps only."""
    clock = [0.0]
    monkeypatch.setattr(verifying.time, "monotonic", lambda: clock[0])

    def sleep(seconds: float) -> None:
        clock[0] += seconds

    monkeypatch.setattr(verifying.time, "sleep", sleep)
    answers = itertools.chain((CASES[case] for case in cases), itertools.repeat(CASES[cases[-1]]))
    monkeypatch.setattr(verifying, "gather", mock.Mock(side_effect=answers))
    return verifying.verify(PrintedStack(printed_outputs={"taskDefinitionArn": NEW}), wait)


@pytest.mark.parametrize(
    ("cases", "wait", "outcome", "lines"),
    [
        (["in progress", "completed"], 0, Outcome.IN_PROGRESS, 0),
        (["in progress", "in progress", "stuck: tasks fail", "completed"], 600, Outcome.GOOD, 2),
        (["in progress", "rolled back by the circuit breaker"], 600, Outcome.ROLLED_BACK, 1),
        (["in progress"], 25, Outcome.IN_PROGRESS, 1),
        (["tasks missing", "targets unhealthy", "completed"], 0, Outcome.UNHEALTHY, 0),
        ([*["tasks missing"] * 30, "completed"], 600, Outcome.GOOD, 1),
        ([*["tasks missing"] * 31, "completed"], 600, Outcome.UNHEALTHY, 1),
        (["in progress", *["tasks missing"] * 30, "completed"], 600, Outcome.GOOD, 2),
    ],
    ids=["no wait", "end", "rollback", "limit", "no wait for tasks", "tasks that start", "tasks that fail", "both"],
)
def test_waiting(
    cases: list[str],
    wait: float,
    outcome: Outcome,
    lines: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert _verify(monkeypatch, cases, wait).outcome is outcome
    output = capsys.readouterr().out
    assert output.count("waiting up to") == lines, "the same words are said once"
    assert ("Not over after" in output) is (wait == 25)


def test_events_are_shown_in_utc(capsys: pytest.CaptureFixture[str]) -> None:
    verdict = judge(NEW, CASES["rolled back by the circuit breaker"])
    elsewhere = datetime.timezone(datetime.timedelta(hours=5))
    events = ({**one, "createdAt": one["createdAt"].astimezone(elsewhere)} for one in verdict.events)
    verdict = replace(verdict, events=tuple(events))
    verifying.print_verdict(_target(), verdict)
    output = capsys.readouterr().out
    assert "ROLLED BACK: the deployment of voiceter-backend:42 was rolled back" in output
    assert (
        "2026-11-25 09:28:00  (service voiceter-backend) (deployment ecs-svc/1485800978477494678) deployment failed"
        in output
    )
    printed = verifying.as_object(_target(), verdict, ["a rule"])
    assert printed["outcome"] == "rolled back"
    assert printed["events"][0]["time"] == "2026-11-25T09:30:00+00:00"
    assert printed["figures"]["running"] == "voiceter-backend:41"
    assert printed["addedByHand"] == ["a rule"]


@pytest.mark.parametrize(
    ("on", "hint"),
    [
        ("aws", "`pulumi up --refresh --stack prod`"),
        ("sandbox", "`source here/env`, then `pulumi up --refresh --stack prod`"),
    ],
)
def test_another_revision_names_the_command_that_deploys(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], on: str, hint: str
) -> None:
    monkeypatch.setenv("VOICETER_SANDBOX", "here")
    verifying.print_verdict(_target(on), judge(NEW, CASES["another revision runs"]))
    assert f"To deploy the stack's revision: {hint}\n" in capsys.readouterr().out


def test_ten_events_are_shown_at_most(capsys: pytest.CaptureFixture[str]) -> None:
    verdict = replace(judge(NEW, CASES["targets unhealthy"]), events=(STEADY,) * 30)
    verifying.print_verdict(_target(), verdict)
    assert capsys.readouterr().out.count("steady state") == 10


@pytest.mark.parametrize(("case", "good"), [("another revision runs", False), ("completed", True)])
def test_update_that_is_not_good_is_an_error_after_the_events(
    case: str, good: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(verifying, "gather", mock.Mock(return_value=CASES[case]))
    with nullcontext() if good else pytest.raises(OperationError, match="Not verified: the service runs"):
        verifying.verify_update(PrintedStack(printed_outputs={"taskDefinitionArn": NEW}), 600)
    assert ("has reached a steady state" in capsys.readouterr().out) is not good
