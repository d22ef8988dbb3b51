"""The tests' evaluator of alarms refuses what CloudWatch refuses, and treats missing data as CloudWatch does."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.alarm_evaluator import READINGS, Datum, Reading, Rule, UnsupportedAlarmError


def alarm(**changes: Any) -> dict[str, Any]:
    inputs: dict[str, Any] = {
        "metricQueries": [
            {"id": "m", "metric": {"namespace": "N", "metricName": "M", "stat": "Sum", "period": 60}},
            {"id": "e", "expression": "FILL(m, 0)", "returnData": True},
        ],
        "threshold": 1,
        "comparisonOperator": "GreaterThanThreshold",
        "evaluationPeriods": 3,
        "treatMissingData": "notBreaching",
    }
    return {**inputs, **changes}


@pytest.mark.parametrize(
    "queries",
    [
        [{"id": "e", "expression": "SEARCH('{N,M}', 'Sum', 60)", "returnData": True}],
        [{"id": "e", "expression": 'SELECT SUM(M) FROM SCHEMA("N", D) GROUP BY D', "period": 60, "returnData": True}],
        [
            {"id": "q", "expression": 'SELECT SUM(M) FROM SCHEMA("N", D)', "period": 60},
            {"id": "e", "expression": "FILL(q, 0)", "returnData": True},
        ],
        [{"id": "m", "metric": {"namespace": "N", "metricName": "M", "stat": "Sum", "period": 60}}],
        [
            {"id": f"m{n}", "metric": {"namespace": "N", "metricName": "M", "stat": "Sum", "period": 60}, **watched}
            for n, watched in enumerate([{"returnData": True}, *[{}] * 10])
        ],
    ],
)
def test_the_evaluator_refuses_what_cloudwatch_refuses(queries: list[Any]) -> None:
    with pytest.raises((UnsupportedAlarmError, StopIteration)):
        Rule.registered(alarm(metricQueries=queries)).state([], 600, READINGS[0])


def test_the_evaluator_refuses_functions_that_it_does_not_know() -> None:
    queries = [*alarm()["metricQueries"][:1], {"id": "e", "expression": "RATE(m)", "returnData": True}]
    with pytest.raises(UnsupportedAlarmError, match="RATE"):
        Rule.registered(alarm(metricQueries=queries)).state([], 600, READINGS[0])


@pytest.mark.parametrize(("dimension", "state"), [("D", "ALARM"), ("E", "OK")])
def test_query_reads_only_metrics_with_its_dimensions(dimension: str, state: str) -> None:
    query = {"id": "q", "expression": 'SELECT SUM(M) FROM SCHEMA("N", D)', "period": 60, "returnData": True}
    data = [Datum("N", "M", "Count", {dimension: "any"}, 2.0, 60 * minute) for minute in range(5)]
    assert Rule.registered(alarm(metricQueries=[query])).state(data, 300, READINGS[0]) == state


@pytest.mark.parametrize(
    ("minutes", "missing", "state"),
    [
        # Of the last five minutes, the oldest first: - is missing, X breaches, 0 does not. Three are evaluated.
        ("0-X-X", "notBreaching", "OK"),
        ("-X-XX", "notBreaching", "ALARM"),
        ("---XX", "notBreaching", "OK"),
        ("---XX", "breaching", "ALARM"),
        ("-----", "notBreaching", "OK"),
        ("-----", "breaching", "ALARM"),
        ("XXXX0", "breaching", "OK"),
        ("00XXX", "notBreaching", "ALARM"),
    ],
)
def test_the_evaluator_treats_missing_data_as_cloudwatch_does(minutes: str, missing: str, state: str) -> None:
    single = {"namespace": "N", "metricName": "M", "statistic": "Maximum", "period": 60, "treatMissingData": missing}
    watching = Rule.registered(alarm(metricQueries=None, **single))
    values = {"X": 2.0, "0": 0.0}
    data = [
        Datum("N", "M", "Count", {}, values[minute], 60 * n) for n, minute in enumerate(minutes) if minute in values
    ]
    assert watching.state(data, 300, Reading(fills_empty=True, lists_skip=True)) == state
