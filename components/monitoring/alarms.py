"""The alarms: what is watched, from when on it is bad, and what to do then. docs/alarms.md is their table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_aws as aws

from components.lib.names import Names
from components.monitoring.metrics import BEDROCK_LATENCY, CONCURRENT_SESSIONS, ERRORS, Metric, Metrics

ERROR_PERCENT = 5
BEDROCK_WARNING_MS = 500
BEDROCK_CRITICAL_MS = 1000
CPU_PERCENT = 80
MEMORY_PERCENT = 85
DATABASE_MS = 200
SESSIONS_OF_A_TASK = 45
FAILED_CONNECTIONS = 10
TARGET_5XX = 10
CACHE_MEMORY_PERCENT = 80
CACHE_EVICTIONS = 0
CACHE_LAG_SECONDS = 5

# Fewer errors than this in a period are no rate: on a quiet night one failed session would be 100 %.
_LEAST_ERRORS = 5
_DOCUMENT = "Then docs/alarms.md."


@dataclass(frozen=True)
class Single:
    """One metric and its statistic."""

    metric: Metric
    stat: str


@dataclass(frozen=True)
class Math:
    """Terms of an expression; the one that returns data is what the alarm watches."""

    terms: Sequence[aws.cloudwatch.MetricAlarmMetricQueryArgsDict]


@dataclass(frozen=True)
class Alarm:
    """One alarm as a value."""

    kind: str
    severity: Literal["warning", "critical"]
    component: str  # the part of the system that it is about
    watches: Single | Math
    threshold: float
    period: int  # seconds
    evaluations: int  # periods, all of them bad
    advice: str  # what it means, what to do first, where to look
    below: bool = False  # whether under the threshold is bad, not over it
    missing_is_bad: bool = False
    rolls_back: bool = False  # whether a deployment that sets it off is undone

    @property
    def name(self) -> str:
        """What it is called, before the stack comes into it."""
        return f"{self.kind}-{self.severity}"


def alarms(metrics: Metrics) -> list[Alarm]:
    """All alarms of a stack. Where the app's own metrics are off, no alarm waits for them."""
    return [*_of_aws(metrics), *(_of_app(metrics) if metrics.from_app else []), *_of_cache(metrics)]


@dataclass(frozen=True)
class AlarmsArgs:
    """What the alarms are made of."""

    names: Names
    metrics: Metrics
    topic_arn: pulumi.Input[str]


class Alarms(pulumi.ComponentResource):
    """The CloudWatch alarms of the service. Each tells the topic when it goes off, and when all is well again."""

    rollback_names: list[pulumi.Output[str]]  # of those that undo a deployment

    def __init__(self, name: str, args: AlarmsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("voiceter:alarms:Alarms", name, {}, opts)
        made = [(alarm, self._alarm(alarm, args)) for alarm in alarms(args.metrics)]
        self.rollback_names = [resource.name for alarm, resource in made if alarm.rolls_back]
        self.register_outputs({"rollback_names": self.rollback_names})

    def _alarm(self, alarm: Alarm, args: AlarmsArgs) -> aws.cloudwatch.MetricAlarm:
        watches = alarm.watches
        single = watches if isinstance(watches, Single) else None
        is_percentile = single is not None and single.stat.startswith("p")
        return aws.cloudwatch.MetricAlarm(
            alarm.name,
            name=args.names.alarm(alarm.name),
            alarm_description=f"{alarm.advice} {_DOCUMENT}",
            namespace=single.metric.namespace if single else None,
            metric_name=single.metric.name if single else None,
            dimensions=(single.metric.dimensions or None) if single else None,
            statistic=single.stat if single and not is_percentile else None,
            extended_statistic=single.stat if single and is_percentile else None,
            period=alarm.period if single else None,
            metric_queries=watches.terms if isinstance(watches, Math) else None,
            evaluation_periods=alarm.evaluations,
            comparison_operator="LessThanThreshold" if alarm.below else "GreaterThanThreshold",
            threshold=alarm.threshold,
            treat_missing_data="breaching" if alarm.missing_is_bad else "notBreaching",
            alarm_actions=[args.topic_arn],
            ok_actions=[args.topic_arn],
            tags={"Severity": alarm.severity, "Component": alarm.component},
            opts=pulumi.ResourceOptions(parent=self),
        )


def _of_aws(metrics: Metrics) -> list[Alarm]:
    return [
        Alarm(
            "high-cpu",
            "warning",
            "service",
            Single(metrics.cpu, "Average"),
            CPU_PERCENT,
            300,
            2,
            f"The tasks have used more than {CPU_PERCENT} % of their CPU for ten minutes. First see whether the "
            "service runs at maxCount: then raise it, else wait for the autoscaler. Look at CPU and running tasks on "
            "the dashboard.",
        ),
        Alarm(
            "high-memory",
            "warning",
            "service",
            Single(metrics.memory, "Average"),
            MEMORY_PERCENT,
            300,
            2,
            f"The tasks have used more than {MEMORY_PERCENT} % of their memory for ten minutes. First compare it with "
            "the sessions: if it grows while they do not, it leaks; force a new deployment. Look at memory on the "
            "dashboard.",
        ),
        # The maximum: every zone of the load balancer sends its own count, and a zone without a task rightly says 0.
        Alarm(
            "health-check-failures",
            "critical",
            "load-balancer",
            _healthy_hosts(metrics, 60),
            1,
            60,
            2,
            "No task passes the health check: the service is down. First read why the tasks stopped, then their log: "
            "/health reads the sessions table. Look at the service's events.",
            below=True,
            missing_is_bad=True,
        ),
        Alarm(
            "websocket-connection-failures",
            "critical",
            "load-balancer",
            _failed_connections(metrics, 300),
            FAILED_CONNECTIONS,
            300,
            1,
            f"More than {FAILED_CONNECTIONS} connections failed in five minutes, as the load balancer counts them. "
            "First see which of them grew: rejected, unreachable or 5xx. Look at 5xx and healthy hosts on the "
            "dashboard.",
        ),
        # Beside the documents' nine, for deployments: answers 5xx of the new version, while its health check passes.
        Alarm(
            "target-5xx",
            "critical",
            "service",
            _answers_5xx(metrics, 60),
            TARGET_5XX,
            60,
            2,
            f"The app answered with 5xx more than {TARGET_5XX} times a minute for two minutes; a deployment under way "
            "goes back. First see whether a deployment has just started. Look at the log's errors.",
            rolls_back=True,
        ),
        # As health-check-failures, for deployments. The first tasks of a service need some minutes until they pass the
        # health check, and before them there is no data: that alarm would undo every first deployment.
        Alarm(
            "deployment-unhealthy",
            "critical",
            "service",
            _healthy_where_there_are_targets(metrics, 60),
            1,
            60,
            5,
            "No task has passed the health check for five minutes; a deployment under way goes back. First read why "
            "the tasks stopped. Look at the service's events.",
            below=True,
            rolls_back=True,
        ),
    ]


def _of_app(metrics: Metrics) -> list[Alarm]:
    return [
        Alarm(
            "high-error-rate",
            "critical",
            "service",
            _error_percent(300),
            ERROR_PERCENT,
            300,
            1,
            f"More errors than {ERROR_PERCENT} in 100 sessions, and {_LEAST_ERRORS} at least, in five minutes. First "
            "see which error code it is, and whether a deployment has just ended. Look at errors by code on the "
            "dashboard and at the saved query errors-by-code.",
            rolls_back=True,
        ),
        _bedrock_latency("warning", BEDROCK_WARNING_MS, 2),
        _bedrock_latency("critical", BEDROCK_CRITICAL_MS, 1),
        *(_database_latency(table, metrics.database_latency(table), 300) for table in metrics.tables),
        Alarm(
            "concurrent-sessions-high",
            "warning",
            "service",
            Single(CONCURRENT_SESSIONS, "Maximum"),
            SESSIONS_OF_A_TASK,
            60,
            3,
            f"The busiest task has served more than {SESSIONS_OF_A_TASK} sessions for three minutes, which is all it "
            "can. First see whether the service runs at maxCount: then raise it. Look at sessions and running tasks on "
            "the dashboard.",
        ),
    ]


def _of_cache(metrics: Metrics) -> list[Alarm]:
    """The session cache's, over all its nodes: any of them may be the primary after a failover."""
    if not metrics.cache_nodes:
        return []
    found = [
        Alarm(
            "cache-memory-high",
            "warning",
            "cache",
            _over_nodes(metrics.cache_memory(), "Maximum", 300, _greatest, "Memory of the fullest node"),
            CACHE_MEMORY_PERCENT,
            300,
            2,
            f"A node of the session cache has used more than {CACHE_MEMORY_PERCENT} % of its memory for ten minutes. "
            "First see whether the sessions grew as well: then set a larger redisNodeType. Look at the cache's memory "
            "on the dashboard.",
        ),
        Alarm(
            "cache-evictions",
            "critical",
            "cache",
            _over_nodes(metrics.cache_evictions(), "Sum", 300, _sum, "Evicted keys"),
            CACHE_EVICTIONS,
            300,
            3,
            "The session cache has dropped keys for want of memory for fifteen minutes on end: sessions are lost. "
            "First set a larger redisNodeType. Look at the cache's memory and evictions on the dashboard.",
        ),
    ]
    if lag := metrics.cache_lag():
        found.append(
            Alarm(
                "cache-replication-lag",
                "warning",
                "cache",
                _over_nodes(lag, "Maximum", 60, _greatest, "Lag of the slowest replica"),
                CACHE_LAG_SECONDS,
                60,
                5,
                f"A replica of the session cache has been more than {CACHE_LAG_SECONDS} s behind for five minutes: a "
                "failover now would lose sessions. First see whether the primary's CPU or network is at its limit. "
                "Look at the replication lag on the dashboard.",
            )
        )
    return found


def _over_nodes(nodes: Sequence[Metric], stat: str, period: int, joined: Callable[..., str], label: str) -> Math:
    """One figure for all nodes of the cache; a node that is gone or new is without data."""
    ids = [f"node{number}" for number in range(1, len(nodes) + 1)]
    return Math(
        [
            *(node.query(id_, stat, period) for id_, node in zip(ids, nodes, strict=True)),
            _expression("nodes", joined(*ids), label, watched=True),
        ]
    )


def _bedrock_latency(severity: Literal["warning", "critical"], milliseconds: int, evaluations: int) -> Alarm:
    return Alarm(
        "high-latency",
        severity,
        "bedrock",
        Single(BEDROCK_LATENCY, "p95"),
        milliseconds,
        300,
        evaluations,
        f"One call of Bedrock in twenty takes more than {milliseconds} ms. First see the AWS Health dashboard for "
        "Bedrock in this region, then its quotas. Look at Bedrock's latency on the dashboard. Today's image does not "
        "send this metric: the alarm waits for one that does.",
    )


def _database_latency(table: str, calls: dict[str, Metric], period: int) -> Alarm:
    """One alarm a table, as an alarm takes ten metrics at most; its slowest kind of call counts."""
    return Alarm(
        f"database-latency-high-{table}",
        "warning",
        "database",
        Math(
            [
                *(metric.query(call, "p95", period) for call, metric in calls.items()),
                _expression("slowest", _greatest(*calls), "p95 of the slowest kind of call", watched=True),
            ]
        ),
        DATABASE_MS,
        period,
        2,
        f"One call in twenty on the table {table} has taken more than {DATABASE_MS} ms for ten minutes. First see "
        "whether DynamoDB throttles the table. Look at latencies and throttles on the dashboard and at the saved query "
        "slow-operations.",
    )


def _error_percent(period: int) -> Math:
    """Errors in 100 sessions.

    Measured against sessions, not requests: a session is one request over WebSocket and thousands by polling. A task
    sends its count of sessions at every start and every end, so half the samples are sessions. That metric has no
    dimension, where SessionsStarted has one whose values nobody here knows, and an alarm takes one Metrics Insights
    query. Where sessions neither start nor end, the errors are all there is.
    """
    return Math(
        [
            {**_expression("errors", ERRORS, "Errors"), "period": period},
            CONCURRENT_SESSIONS.query("events", "SampleCount", period),
            _expression("sessions", "FILL(events, 0) / 2", "Sessions"),
            _expression(
                "share",
                f"IF(errors >= {_LEAST_ERRORS}, 100 * errors / MAX([errors, sessions]), 0)",
                "Errors in 100 sessions",
                watched=True,
            ),
        ]
    )


def _healthy_hosts(metrics: Metrics, period: int) -> Single | Math:
    """Of two target groups the better one counts, as they change places."""
    groups = metrics.healthy_hosts
    if len(groups) == 1:
        return Single(groups[0], "Maximum")
    terms = _each(groups, "healthy", "Maximum", period)
    return Math([*terms.values(), _expression("most", _greatest(*terms), "Healthy hosts", watched=True)])


def _healthy_where_there_are_targets(metrics: Metrics, period: int) -> Single | Math:
    """Of two target groups the worse one counts: a new version fills one while the old one does well in the other.

    The group whose tasks have gone has neither healthy nor unhealthy targets, and counts as well.
    """
    groups = metrics.healthy_hosts
    if len(groups) == 1:
        return Single(groups[0], "Maximum")
    healthy = _each(groups, "healthy", "Maximum", period)
    unhealthy = _each(metrics.unhealthy_hosts, "unhealthy", "Maximum", period)
    worse = ", ".join(
        f"IF(FILL({bad}, 0) > 0, FILL({good}, 0), 1)" for good, bad in zip(healthy, unhealthy, strict=True)
    )
    watched = _expression("worst", f"MIN([{worse}])", "Healthy hosts of the worse group", watched=True)
    return Math([*healthy.values(), *unhealthy.values(), watched])


def _answers_5xx(metrics: Metrics, period: int) -> Single | Math:
    groups = metrics.target_5xx
    if len(groups) == 1:
        return Single(groups[0], "Sum")
    terms = _each(groups, "refused", "Sum", period)
    return Math([*terms.values(), _expression("all", _total(*terms), "Answers 5xx", watched=True)])


def _failed_connections(metrics: Metrics, period: int) -> Math:
    """What the load balancer measures, as the app publishes no metric of it.

    A connection that it cannot open to a task mostly ends as a 5xx of its own: the greater of the two is counted, not
    both. The load balancer sends none of these while they are 0, so what is missing counts as 0.
    """
    unreachable = _each(metrics.unreachable_targets, "unreachable", "Sum", period)
    refused = _each(metrics.target_5xx, "refused", "Sum", period)
    return Math(
        [
            metrics.rejected_connections.query("rejected", "Sum", period),
            *unreachable.values(),
            metrics.load_balancer_5xx.query("unanswered", "Sum", period),
            *refused.values(),
            _expression("broken", f"MAX([{_total(*unreachable)}, FILL(unanswered, 0)])", "Without a task"),
            _expression(
                "failed",
                f"SUM([FILL(rejected, 0), broken, {_total(*refused)}])",
                "Failed connections",
                watched=True,
            ),
        ]
    )


def _each(
    metrics: Sequence[Metric], id_: str, stat: str, period: int
) -> dict[str, aws.cloudwatch.MetricAlarmMetricQueryArgsDict]:
    """Terms for the same metric of several target groups, by id: `id_`, or with a number where there are more."""
    ids = [id_] if len(metrics) == 1 else [f"{id_}{number}" for number, _ in enumerate(metrics, start=1)]
    return {one: metric.query(one, stat, period) for one, metric in zip(ids, metrics, strict=True)}


def _total(*ids: str) -> str:
    """The sum of metrics, of which any may be without data."""
    filled = [f"FILL({id_}, 0)" for id_ in ids]
    return filled[0] if len(filled) == 1 else f"SUM([{', '.join(filled)}])"


def _greatest(*ids: str) -> str:
    """The greatest of several metrics, of which any may be without data."""
    return f"MAX([{', '.join(f'FILL({id_}, 0)' for id_ in ids)}])"


def _sum(*ids: str) -> str:
    """The sum of several metrics, of which any may be without data."""
    return f"SUM([{', '.join(f'FILL({id_}, 0)' for id_ in ids)}])"


def _expression(
    id_: str, text: str, label: str, watched: bool = False
) -> aws.cloudwatch.MetricAlarmMetricQueryArgsDict:
    return {"id": id_, "expression": text, "label": label, "return_data": watched}
