"""Every alarm a second time, from the service's contract: its figures, and data that must fire it or must not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from tests.support.alarm_evaluator import Datum
from tests.support.contract import TABLES
from tests.support.emitted import APP, Facts

ELB = "AWS/ApplicationELB"
Put = Callable[[Facts], list[Datum]]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One alarm. The data is for a period that starts at 0."""

    # Who sends the metrics. A stack has the alarms of the sources that it has.
    source: Literal["aws", "app", "cache", "web-acl", "zone"]
    threshold: float
    period: int
    evaluations: int
    below: bool = False  # whether the alarm fires below the threshold
    rolls_back: bool = False  # whether ECS rolls a deployment back
    drawn: bool = True  # whether a graph of the dashboard shows the threshold
    bad: Sequence[Put]  # each of them fires the alarm
    good: Sequence[Put]  # none of them fires it
    without_data: str = "OK"  # the state while nobody sends anything


def put(facts: Facts, namespace: str, name: str, dimensions: Mapping[str, str], *values: float) -> list[Datum]:
    """Returns one datum a second. A metric that nobody emits is an error."""
    metric = facts.find(namespace, name, dimensions)
    assert metric is not None, f"tests/support/emitted.py has no {name} with {dict(dimensions)}"
    return [Datum(namespace, name, metric.unit, dimensions, value, second) for second, value in enumerate(values)]


def repeated(data: Sequence[Datum], period: int, first: int, last: int) -> list[Datum]:
    """Returns the data of one period repeated in each period from `first` up to, but not including, `last`."""
    return [datum._replace(time=n * period + datum.time) for n in range(first, last) for datum in data]


def _of_service(name: str, *values: float) -> Put:
    return lambda facts: put(
        facts, "AWS/ECS", name, {"ClusterName": facts.cluster, "ServiceName": facts.service}, *values
    )


def _of_load_balancer(name: str, *values: float) -> Put:
    return lambda facts: put(facts, ELB, name, {"LoadBalancer": facts.load_balancer}, *values)


def _of_targets(name: str, *values: float) -> Put:
    return lambda facts: put(
        facts, ELB, name, {"LoadBalancer": facts.load_balancer, "TargetGroup": facts.target_group}, *values
    )


def _of_app(name: str, *values: float, **dimensions: str) -> Put:
    return lambda facts: put(facts, APP, name, dimensions, *values)


def _of_log(name: str, lines: int) -> Put:
    # The value is 1 for each line that matches.
    return lambda facts: put(facts, facts.log_metrics, name, {}, *[1.0] * lines)


def _of_model(name: str, calls: int) -> Put:
    return lambda facts: put(facts, "AWS/Bedrock", name, {"ModelId": facts.models[0]}, *[1.0] * calls)


def _speech(metric: str, other: str) -> Case:
    return Case(
        source="aws",
        threshold=5,
        period=300,
        evaluations=1,
        bad=[_of_log(metric, 6)],
        good=[_of_log(metric, 5), _of_log(other, 20)],
    )


def _model(metric: str, other: str) -> Case:
    return Case(
        source="aws",
        threshold=5,
        period=300,
        evaluations=2,
        bad=[_of_model(metric, 6)],
        good=[_of_model(metric, 5), _all(_of_model("Invocations", 50), _of_model(other, 20))],
    )


def _status(*values: float) -> Put:
    return lambda facts: put(facts, "AWS/Route53", "HealthCheckStatus", {"HealthCheckId": facts.health_check}, *values)


def _all(*puts: Put) -> Put:
    return lambda facts: [datum for each in puts for datum in each(facts)]


def _errors(code: str, count: int) -> Put:
    # The value is 1 for each error.
    return _of_app("ErrorRate", *[1.0] * count, ErrorCode=code)


def _sessions(starts_and_ends: int) -> Put:
    return _of_app("ConcurrentSessions", *[12.0] * starts_and_ends)


def _call(operation: str, table: str, *values: float) -> Put:
    def data(facts: Facts) -> list[Datum]:
        dimensions = {"Operation": f"{operation} {facts.table_prefix}{table}", "Table": table}
        return put(facts, APP, "DatabaseLatency", dimensions, *values)

    return data


def _database(table: str) -> Case:
    quick = [20.0] * 19
    operations = ("GetItem from", "PutItem to", "UpdateItem in", "DeleteItem from", "Query")
    slow = [_call(operation, table, *quick, *[300.0] * 4) for operation in operations]
    others = _all(*(_call(operation, table, *quick) for operation in operations))
    another = next(other for other in TABLES if other != table)
    return Case(
        source="app",
        threshold=200,
        period=300,
        evaluations=2,
        # One operation is slow, alone or among others.
        bad=[*slow, *(_all(others, each) for each in slow)],
        # One slow call in forty, or slow calls of another table.
        good=[
            others,
            _call("GetItem from", table, *quick, *quick, 20, 900),
            _call("Query", another, 300, 300),
        ],
    )


def _of_node(name: str, number: str, *values: float) -> Put:
    return lambda facts: put(facts, "AWS/ElastiCache", name, {"CacheClusterId": f"{facts.cache}-{number}"}, *values)


def _blocked(rule: str, *values: float) -> Put:
    return lambda facts: put(
        facts,
        "AWS/WAFV2",
        "BlockedRequests",
        {"WebACL": facts.web_acl, "Region": facts.region, "Rule": rule},
        *values,
    )


# A target group with targets emits both metrics.
_UNHEALTHY = [
    _all(_of_targets("HealthyHostCount", 0, 0), _of_targets("UnHealthyHostCount", 2, 2)),
    _all(_of_targets("HealthyHostCount", 0), _of_targets("UnHealthyHostCount", 1)),
]
_HEALTHY = [
    _all(_of_targets("HealthyHostCount", 2, 2), _of_targets("UnHealthyHostCount", 0, 0)),
    # The only task is in one of two zones.
    _all(_of_targets("HealthyHostCount", 1, 0), _of_targets("UnHealthyHostCount", 0, 0)),
    # One of two tasks is unhealthy.
    _all(_of_targets("HealthyHostCount", 1), _of_targets("UnHealthyHostCount", 1)),
]

CASES: Mapping[str, Case] = {
    "high-error-rate-critical": Case(
        source="app",
        threshold=4.5,  # 5 % of the 90 sessions that two tasks serve
        period=300,
        evaluations=1,
        rolls_back=True,
        drawn=False,
        bad=[
            _all(_errors("BEDROCK_STREAM_ERROR", 3), _errors("DATABASE_ERROR", 2), _sessions(40)),
            # Errors without any session.
            _errors("BEDROCK_STREAM_ERROR", 5),
        ],
        good=[_all(_errors("BEDROCK_STREAM_ERROR", 4), _sessions(4)), _sessions(40)],
    ),
    "high-latency-warning": Case(
        source="app",
        threshold=500,
        period=300,
        evaluations=2,
        bad=[_of_app("BedrockLatency", *[300.0] * 9, 600)],
        good=[_of_app("BedrockLatency", *[300.0] * 39, 600), _of_app("BedrockLatency", 500)],
    ),
    "high-latency-critical": Case(
        source="app",
        threshold=1000,
        period=300,
        evaluations=1,
        bad=[_of_app("BedrockLatency", *[300.0] * 9, 1100)],
        good=[_of_app("BedrockLatency", *[900.0] * 39, 1100), _of_app("BedrockLatency", 1000)],
    ),
    "high-cpu-warning": Case(
        source="aws",
        threshold=80,
        period=300,
        evaluations=2,
        bad=[_of_service("CPUUtilization", 90, 75)],
        good=[_of_service("CPUUtilization", 95, 40), _of_service("CPUUtilization", 80)],
    ),
    "high-memory-warning": Case(
        source="aws",
        threshold=85,
        period=300,
        evaluations=2,
        bad=[_of_service("MemoryUtilization", 95, 80)],
        good=[_of_service("MemoryUtilization", 90, 70), _of_service("MemoryUtilization", 85)],
    ),
    **{f"database-latency-high-{table}-warning": _database(table) for table in TABLES},
    "health-check-failures-critical": Case(
        source="aws",
        threshold=1,
        period=60,
        evaluations=2,
        below=True,
        bad=_UNHEALTHY,
        good=_HEALTHY,
        without_data="ALARM",
    ),
    "deployment-unhealthy-critical": Case(
        source="aws",
        threshold=1,
        period=60,
        evaluations=5,
        below=True,
        rolls_back=True,
        drawn=False,
        bad=_UNHEALTHY,
        good=_HEALTHY,
    ),
    "concurrent-sessions-high-warning": Case(
        source="app",
        threshold=45,
        period=60,
        evaluations=3,
        bad=[_of_app("ConcurrentSessions", *[12.0] * 50, 46)],
        # Two tasks, whose sum of sessions says nothing about either.
        good=[_of_app("ConcurrentSessions", 45, 45, 44)],
    ),
    "websocket-connection-failures-critical": Case(
        source="aws",
        threshold=10,
        period=300,
        evaluations=1,
        drawn=False,
        bad=[
            _of_load_balancer("RejectedConnectionCount", 11),
            _of_load_balancer("HTTPCode_ELB_5XX_Count", 5, 6),
            _of_targets("TargetConnectionErrorCount", 11),
            _of_targets("HTTPCode_Target_5XX_Count", 11),
            _all(
                _of_load_balancer("RejectedConnectionCount", 4),
                _of_targets("HTTPCode_Target_5XX_Count", 4),
                _of_load_balancer("HTTPCode_ELB_5XX_Count", 3),
            ),
        ],
        good=[
            _of_load_balancer("RejectedConnectionCount", 10),
            # The load balancer counts the same connections in both metrics.
            _all(
                _of_targets("TargetConnectionErrorCount", 9),
                _of_load_balancer("HTTPCode_ELB_5XX_Count", 9),
            ),
        ],
    ),
    "target-5xx-critical": Case(
        source="aws",
        threshold=10,
        period=60,
        evaluations=2,
        rolls_back=True,
        bad=[_of_targets("HTTPCode_Target_5XX_Count", 6, 6)],
        good=[_of_targets("HTTPCode_Target_5XX_Count", 10), _of_load_balancer("HTTPCode_ELB_5XX_Count", 20)],
    ),
    "speech-throttles-critical": _speech("SpeechThrottles", "SpeechServerErrors"),
    "speech-server-errors-critical": _speech("SpeechServerErrors", "SpeechThrottles"),
    "bedrock-throttles-amazon.nova-lite-v1-0-warning": _model("InvocationThrottles", "InvocationServerErrors"),
    "bedrock-server-errors-amazon.nova-lite-v1-0-warning": _model("InvocationServerErrors", "InvocationThrottles"),
    "cache-memory-high-warning": Case(
        source="cache",
        threshold=80,
        period=300,
        evaluations=2,
        bad=[
            _of_node("DatabaseMemoryUsagePercentage", "001", 81),
            _all(
                _of_node("DatabaseMemoryUsagePercentage", "001", 20),
                _of_node("DatabaseMemoryUsagePercentage", "002", 70, 95),
            ),
        ],
        # Together, the nodes use more memory than one has.
        good=[
            _all(
                _of_node("DatabaseMemoryUsagePercentage", "001", 80),
                _of_node("DatabaseMemoryUsagePercentage", "002", 80),
            )
        ],
    ),
    "cache-evictions-critical": Case(
        source="cache",
        threshold=0,
        period=300,
        evaluations=3,
        bad=[
            _of_node("Evictions", "001", 0, 0, 1),
            _all(_of_node("Evictions", "001", 0), _of_node("Evictions", "002", 4)),
        ],
        good=[_all(_of_node("Evictions", "001", 0, 0), _of_node("Evictions", "002", 0))],
    ),
    "cache-replication-lag-warning": Case(
        source="cache",
        threshold=5,
        period=60,
        evaluations=5,
        # Either node may be the replica.
        bad=[_of_node("ReplicationLag", "001", 6), _of_node("ReplicationLag", "002", 0.2, 9)],
        good=[_of_node("ReplicationLag", "002", 5, 0.1)],
    ),
    "blocked-requests-high-warning": Case(
        source="web-acl",
        threshold=500,
        period=300,
        evaluations=2,
        bad=[_blocked("ALL", *[51.0] * 10)],
        # The metric of a rule is part of the metric of the whole.
        good=[_blocked("ALL", 500), _blocked("common", 600)],
    ),
    "region-unhealthy-critical": Case(
        source="zone",
        threshold=1,
        period=60,
        evaluations=2,
        below=True,
        drawn=False,
        bad=[_status(0), _status(1, 0, 1)],
        good=[_status(1), _status(1, 1)],
    ),
}


def without(*sources: str) -> set[str]:
    """Returns the alarms of a stack in which these sources send no metrics."""
    return {name for name, case in CASES.items() if case.source not in sources}
