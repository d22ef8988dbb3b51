"""The operator's view of a stack."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.lib.account import Account
from components.lib.names import Names
from components.monitoring import alarms
from components.monitoring.metrics import (
    BEDROCK_LATENCY,
    CONCURRENT_SESSIONS,
    ERRORS_BY_CODE,
    WEB_SOCKET_CONNECTIONS,
    Metric,
    Metrics,
    audio_chunks,
)

# CloudWatch's grid has 24 columns: three widgets a row.
_WIDTH = 8
_HEIGHT = 6
_PERIOD_SECONDS = 60


@dataclass(frozen=True)
class DashboardArgs:
    """What the dashboard is made of."""

    account: Account
    names: Names
    metrics: Metrics


class Dashboard(pulumi.ComponentResource):
    """A CloudWatch dashboard. The alarms' thresholds are drawn in, and their states stand on top."""

    name: pulumi.Output[str]

    def __init__(self, name: str, args: DashboardArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("voiceter:dashboard:Dashboard", name, {}, opts)
        widgets = [_alarm_states(args), *_placed(_graphs(args.metrics), args.account.region)]
        dashboard = aws.cloudwatch.Dashboard(
            "dashboard",
            dashboard_name=args.names.dashboard,
            dashboard_body=pulumi.Output.json_dumps({"widgets": widgets}, sort_keys=True),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.name = dashboard.dashboard_name
        self.register_outputs({"name": self.name})


@dataclass(frozen=True)
class _Graph:
    title: str
    unit: str  # of the left axis
    lines: Sequence[list[Any]]
    limits: Sequence[tuple[str, float]] = ()  # label and value of the lines drawn across
    period: int = _PERIOD_SECONDS


def _graphs(metrics: Metrics) -> list[_Graph]:
    """What the operator sees, in reading order. Metrics that this app does not emit would be those of another stack."""
    return [
        *(_graphs_of_app(metrics) if metrics.from_app else []),
        *_graphs_of_aws(metrics),
        *_graphs_of_cache(metrics),
    ]


def _graphs_of_app(metrics: Metrics) -> list[_Graph]:
    database_limit = [("database-latency-high", alarms.DATABASE_MS)]
    return [
        _Graph(
            "Sessions and connections of the busiest task",
            "Count",
            [CONCURRENT_SESSIONS.row("sessions", "Maximum"), WEB_SOCKET_CONNECTIONS.row("connections", "Maximum")],
            [("concurrent-sessions-high", alarms.SESSIONS_OF_A_TASK)],
        ),
        _Graph("Errors by code", "Count", [[{"expression": ERRORS_BY_CODE, "label": "", "period": 300}]], period=300),
        _Graph(
            "Audio chunks",
            "Count",
            [audio_chunks(direction).row(direction, "Sum") for direction in ("inbound", "outbound")],
        ),
        _Graph(
            "Bedrock latency (waits for an image that sends it)",
            "Milliseconds",
            [BEDROCK_LATENCY.row(stat, stat) for stat in ("p50", "p95")],
            [
                ("high-latency-warning", alarms.BEDROCK_WARNING_MS),
                ("high-latency-critical", alarms.BEDROCK_CRITICAL_MS),
            ],
            period=300,
        ),
        *(
            _Graph(
                f"Latency of the table {table}, p95",
                "Milliseconds",
                [metric.row(call, "p95") for call, metric in metrics.database_latency(table).items()],
                database_limit,
                period=300,
            )
            for table in metrics.tables
        ),
    ]


def _graphs_of_aws(metrics: Metrics) -> list[_Graph]:
    return [
        _Graph(
            "CPU",
            "Percent",
            [metrics.cpu.row("average", "Average"), metrics.cpu.row("busiest task", "Maximum")],
            [("high-cpu", alarms.CPU_PERCENT)],
        ),
        _Graph(
            "Memory",
            "Percent",
            [metrics.memory.row("average", "Average"), metrics.memory.row("fullest task", "Maximum")],
            [("high-memory", alarms.MEMORY_PERCENT)],
        ),
        # Amazon ECS Developer Guide, "Amazon ECS service utilization metrics use cases": each running task sends one
        # sample of its CPU a minute, so that the number of samples in a minute is that of the tasks.
        _Graph("Running tasks (estimated)", "Count", [metrics.cpu.row("tasks", "SampleCount")]),
        _Graph(
            "Healthy hosts",
            "Count",
            _by_group(metrics.healthy_hosts, "most that a zone sees", "Maximum"),
            [("health-check-failures", 1)],
        ),
        _Graph(
            "5xx and failed connections",
            "Count",
            [
                *_by_group(metrics.target_5xx, "5xx of the app", "Sum"),
                metrics.load_balancer_5xx.row("5xx of the load balancer", "Sum"),
                *_by_group(metrics.unreachable_targets, "unreachable", "Sum"),
                metrics.rejected_connections.row("rejected", "Sum"),
            ],
            [("target-5xx", alarms.TARGET_5XX)],
        ),
        _Graph(
            "Throttled calls on the tables",
            "Count",
            [
                metric.row(f"{table} {kind}", "Sum")
                for table in metrics.tables
                for kind, metric in metrics.throttles(table).items()
            ],
        ),
    ]


def _graphs_of_cache(metrics: Metrics) -> list[_Graph]:
    """None without a session cache."""
    memory, evictions, lag = alarms.CACHE_MEMORY_PERCENT, alarms.CACHE_EVICTIONS, alarms.CACHE_LAG_SECONDS
    graphs = [
        ("Cache memory", "Percent", metrics.cache_memory(), "Maximum", ("cache-memory-high", memory)),
        ("Cache evictions", "Count", metrics.cache_evictions(), "Sum", ("cache-evictions", evictions)),
        ("Cache replication lag", "Seconds", metrics.cache_lag(), "Maximum", ("cache-replication-lag", lag)),
    ]
    return [
        _Graph(title, unit, [node.row(node.dimensions["CacheClusterId"], stat) for node in nodes], [limit])
        for title, unit, nodes, stat, limit in graphs
        if nodes
    ]


def _by_group(metrics: Sequence[Metric], label: str, stat: str) -> list[list[Any]]:
    """A line for each target group, numbered where there are more."""
    if len(metrics) == 1:
        return [metrics[0].row(label, stat)]
    return [metric.row(f"{label}, group {number}", stat) for number, metric in enumerate(metrics, start=1)]


def _alarm_states(args: DashboardArgs) -> dict[str, Any]:
    """The alarms by their ARNs, made of names: the dashboard is there before the first alarm, and does not change."""
    arns = [
        args.account.arn("cloudwatch", f"alarm:{args.names.alarm(alarm.name)}") for alarm in alarms.alarms(args.metrics)
    ]
    place = {"x": 0, "y": 0, "width": 3 * _WIDTH, "height": _HEIGHT}
    return {"type": "alarm", **place, "properties": {"title": "Alarms", "alarms": arns}}


def _placed(graphs: Sequence[_Graph], region: str) -> list[dict[str, Any]]:
    return [
        {
            "type": "metric",
            "x": index % 3 * _WIDTH,
            "y": (index // 3 + 1) * _HEIGHT,
            "width": _WIDTH,
            "height": _HEIGHT,
            "properties": {
                "title": graph.title,
                "region": region,
                "view": "timeSeries",
                "period": graph.period,
                "metrics": graph.lines,
                "yAxis": {"left": {"label": graph.unit, "min": 0, "showUnits": False}},
                **({"annotations": _annotations(graph.limits)} if graph.limits else {}),
            },
        }
        for index, graph in enumerate(graphs)
    ]


def _annotations(limits: Sequence[tuple[str, float]]) -> dict[str, Any]:
    return {"horizontal": [{"label": label, "value": value} for label, value in limits]}
