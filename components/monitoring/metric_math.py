"""What an alarm watches: one metric with its statistic, metric math over several metrics, or a Metrics Insights query.

Each is a form of alarm that AWS documents, Amazon CloudWatch User Guide: "Create a CloudWatch alarm based on a static
threshold", "… based on a metric math expression", "… based on a Metrics Insights query". Of metric math, the alarms use
`FILL`, `IF` and comparisons, and `MAX`, `MIN` and `SUM` of a list ("Using math expressions with CloudWatch metrics").
No alarm does math on a Metrics Insights query: "Use Metrics Insights queries with metric math" names graphs and
GetMetricData only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from components.monitoring.metrics import Metric

if TYPE_CHECKING:  # at run time the import would load the whole of CloudWatch's module
    from pulumi_aws.cloudwatch import MetricAlarmMetricQueryArgsDict


@dataclass(frozen=True)
class Single:
    """One metric and its statistic."""

    metric: Metric
    stat: str
    period: int  # seconds


@dataclass(frozen=True)
class Math:
    """Terms: metrics with an expression over them, or a single query. The alarm watches the term that returns data."""

    terms: Sequence[MetricAlarmMetricQueryArgsDict]


def query(id_: str, metric: Metric, stat: str, period: int) -> MetricAlarmMetricQueryArgsDict:
    """Returns a metric as a term."""
    return {
        "id": id_,
        "metric": {
            "namespace": metric.namespace,
            "metric_name": metric.name,
            "dimensions": metric.dimensions,
            "stat": stat,
            "period": period,
        },
    }


def queries(id_: str, metrics: Sequence[Metric], stat: str, period: int) -> dict[str, MetricAlarmMetricQueryArgsDict]:
    """Returns several metrics as terms, by their ids. The id of a single metric has no number."""
    ids = [id_] if len(metrics) == 1 else [f"{id_}{number}" for number, _ in enumerate(metrics, start=1)]
    return {one: query(one, metric, stat, period) for one, metric in zip(ids, metrics, strict=True)}


def expression(id_: str, text: str, label: str, watched: bool = False) -> MetricAlarmMetricQueryArgsDict:
    """Returns a term that computes its series from other terms. The alarm watches the term that is `watched`."""
    return {"id": id_, "expression": text, "label": label, "return_data": watched}


def insights_query(text: str, label: str, period: int) -> Math:
    """Returns a Metrics Insights query, which an alarm watches by itself."""
    return Math([{**expression("query", text, label, watched=True), "period": period}])


def joined(function: Literal["MAX", "SUM"], ids: Sequence[str]) -> str:
    """Returns the maximum or the sum of several terms. A term without data counts as 0."""
    return f"{function}([{', '.join(f'FILL({id_}, 0)' for id_ in ids)}])"


def total(ids: Sequence[str]) -> str:
    """Returns the sum of one or more terms. A term without data counts as 0."""
    return f"FILL({ids[0]}, 0)" if len(ids) == 1 else joined("SUM", ids)
