"""Alarms and graphs of the metrics that the app publishes."""

from __future__ import annotations

from typing import Literal

from components.lib.app import METRICS_NAMESPACE, SESSIONS_PER_TASK
from components.monitoring.commands import BEDROCK_QUOTAS, RUNNING_TASKS, for_each, last_hour, lines_of_log
from components.monitoring.metric_math import Math, Single, expression, insights_query, joined, query
from components.monitoring.metrics import (
    BEDROCK_LATENCY,
    CONCURRENT_SESSIONS,
    ERRORS,
    ERRORS_BY_CODE,
    WEB_SOCKET_CONNECTIONS,
    Metrics,
    audio_chunks,
)
from components.monitoring.profile import Alarm, Graph, Profile

# Of the sessions, those that may have an error in five minutes.
_ERROR_PERCENT = 5
# Less than what these tasks serve is no measure: a few errors, perhaps of one session, would be 5 %.
_LEAST_TASKS = 2


def app_profile(metrics: Metrics) -> Profile:
    """Returns the alarms and graphs of the app's metrics, which is empty if the app of this stack publishes none.

    The namespace does not name the stack, so these would be the metrics of another stack.
    """
    if not metrics.from_app:
        return Profile()
    # Errors are measured against the sessions that the fewest tasks serve at once. Requests are no measure: a session
    # is one request over WebSocket and thousands by polling. A share of the sessions at that time needs arithmetic with
    # the query's result, which AWS documents for graphs and not for alarms.
    measure = SESSIONS_PER_TASK * max(metrics.least_tasks, _LEAST_TASKS)
    sessions = Graph(
        title="Sessions and connections of the busiest task",
        unit="Count",
        lines=[CONCURRENT_SESSIONS.line("sessions", "Maximum"), WEB_SOCKET_CONNECTIONS.line("connections", "Maximum")],
    )
    errors = Graph(
        title="Errors by code",
        unit="Count",
        lines=[[{"expression": ERRORS_BY_CODE, "label": "", "period": 300}]],
        period=300,
    )
    audio = Graph(
        title="Audio chunks",
        unit="Count",
        lines=[audio_chunks(direction).line(direction, "Sum") for direction in ("inbound", "outbound")],
    )
    bedrock = Graph(
        title="Bedrock latency (waits for an image that sends it)",
        unit="Milliseconds",
        lines=[BEDROCK_LATENCY.line(stat, stat) for stat in ("p50", "p95")],
        period=300,
    )
    tables = {
        table: Graph(
            title=f"Latency of the table {table}, p95",
            unit="Milliseconds",
            lines=[metric.line(call, "p95") for call, metric in metrics.database_latency(table).items()],
            period=300,
        )
        for table in metrics.tables
    }
    return Profile(
        graphs=[sessions, errors, audio, bedrock, *tables.values()],
        alarms=[
            Alarm(
                kind="high-error-rate",
                severity="critical",
                component="service",
                watches=insights_query(ERRORS, "Errors", period=300),
                threshold=_ERROR_PERCENT * measure / 100,
                evaluations=1,
                rolls_back=True,
                meaning=(
                    f"The app counted more than {{threshold}} errors in five minutes, {_ERROR_PERCENT} % of "
                    f"{measure} sessions."
                ),
                first_step="check which error code rose, and whether a deployment has just ended",
                look_at="errors by code on the dashboard and at the saved query errors-by-code",
                command=lines_of_log("%[Ee][Rr][Rr][Oo][Rr]%"),
            ),
            _bedrock_latency("warning", threshold=500, evaluations=2, graph=bedrock),
            _bedrock_latency("critical", threshold=1000, evaluations=1, graph=bedrock),
            *(_database_latency(metrics, table, graph) for table, graph in tables.items()),
            Alarm(
                kind="concurrent-sessions-high",
                severity="warning",
                component="service",
                watches=Single(CONCURRENT_SESSIONS, "Maximum", period=60),
                threshold=SESSIONS_PER_TASK,
                evaluations=3,
                graph=sessions,
                meaning=("The busiest task has served more than {threshold} sessions, its limit, for three minutes."),
                first_step="check whether the service runs maxCount tasks: if so, raise maxCount",
                look_at="sessions and running tasks on the dashboard",
                command=RUNNING_TASKS,
            ),
        ],
    )


def _bedrock_latency(
    severity: Literal["warning", "critical"], *, threshold: int, evaluations: int, graph: Graph
) -> Alarm:
    return Alarm(
        kind="high-latency",
        severity=severity,
        component="bedrock",
        watches=Single(BEDROCK_LATENCY, "p95", period=300),
        threshold=threshold,
        evaluations=evaluations,
        graph=graph,
        meaning="One call of Bedrock in twenty takes more than {threshold} ms.",
        first_step="check the AWS Health dashboard for Bedrock in this region, then Bedrock's quotas",
        look_at="Bedrock's latency on the dashboard",
        note="Today's image does not send this metric, so the alarm waits for an image that does.",
        command=(
            BEDROCK_QUOTAS
            if severity == "critical"
            else last_hour(
                "--region $(pulumi stack output region)",
                f"--namespace {METRICS_NAMESPACE} --metric-name {BEDROCK_LATENCY.name} --extended-statistics p95",
            )
        ),
    )


def _database_latency(metrics: Metrics, table: str, graph: Graph) -> Alarm:
    """Returns the alarm of one table: an alarm takes ten metrics at most. The slowest kind of call counts."""
    period = 300
    calls = metrics.database_latency(table)
    return Alarm(
        kind="database-latency-high",
        subject=table,
        severity="warning",
        component="database",
        watches=Math(
            [
                *(query(call, metric, "p95", period) for call, metric in calls.items()),
                expression("slowest", joined("MAX", [*calls]), "p95 of the slowest kind of call", watched=True),
            ]
        ),
        threshold=200,
        evaluations=2,
        graph=graph,
        meaning=f"One call in twenty on the table {table} has taken more than {{threshold}} ms for ten minutes.",
        first_step="check whether DynamoDB throttles the table",
        look_at="latencies and throttles on the dashboard and at the saved query slow-operations",
        command=for_each(
            "metric",
            "ReadThrottleEvents WriteThrottleEvents",
            last_hour(
                "--namespace AWS/DynamoDB --metric-name $metric",
                f"--dimensions Name=TableName,Value=$(pulumi stack output {table}TableName)",
                "--statistics Sum",
            ),
        ),
    )
