"""The events of ECS against the rules of the program: which rule each one matches, and the line that it becomes.

moto's matcher and its input transformer stand for EventBridge's. No engine runs here; test_troubleshooting.py receives
such a line.
"""

from __future__ import annotations

from typing import Any, cast

import pytest
from moto.events.models import EventPattern
from moto.events.utils import EventTemplateParser

from tests.support.ecs_events import CASES, Case, Event, Service
from tests.support.program import run

pytestmark = pytest.mark.sandbox

OURS = Service("voiceter-cluster", "voiceter-backend")


def matching(event: Event) -> list[str]:
    """Returns the rules of prod that match an event."""
    return [
        rule.name
        for rule in run("prod").all(":EventRule")
        if EventPattern.load(rule.inputs["eventPattern"]).matches_event(cast(Any, event))
    ]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_event_matches_its_rule_only(case: Case) -> None:
    assert matching(case.event(OURS)) == ([case.rule] if case.rule else [])


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@pytest.mark.parametrize(
    "other",
    [
        Service("voiceter-cluster-dev", "voiceter-backend"),
        Service("voiceter-cluster", "voiceter-backend-dev"),
        Service("voiceter-cluster", "voiceter-backend", "arn:aws:ecs:us-west-2:123456789012"),
    ],
    ids=["cluster", "service", "region"],
)
def test_event_of_another_service_matches_no_rule(case: Case, other: Service) -> None:
    assert matching(case.event(other)) == []


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.rule])
def test_event_becomes_one_readable_line(name: str) -> None:
    case = CASES[name]
    transformer = run("prod").one(":EventTarget", case.rule).inputs["inputTransformer"]
    event = {**case.event(OURS), "ingestion-time": "2020-01-23T17:57:58Z"}
    line = EventTemplateParser.parse(transformer["inputTemplate"], transformer["inputPaths"], cast(Any, event))
    guide = "health-checks-fail" if case.rule == "task-unhealthy" else "a-task-does-not-start"
    assert line == f"voiceter-backend: {case.line} (see docs/troubleshooting.md#{guide})"


def test_every_rule_has_a_case() -> None:
    assert {case.rule for case in CASES.values()} - {None} == {rule.name for rule in run("prod").all(":EventRule")}
