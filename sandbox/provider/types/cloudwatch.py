"""CloudWatch: alarms and dashboards."""

from collections.abc import Iterator

from ..resource import Call, Context, Name, Read, Resource, Tags
from ..rules import (
    Fault,
    distinct,
    document,
    exactly_one,
    forbidden,
    found,
    given,
    matches,
    number,
    objects,
    one_of,
    parse,
    required,
)
from ..values import UNKNOWN, Values, is_list, is_object

_DAY_SECONDS = 24 * 60 * 60
_PERCENT = r"(100|\d{1,2}(\.\d{1,2})?)"
_EXTENDED_STATISTIC = rf"p{_PERCENT}|(tm|wm|tc|ts){_PERCENT}|(TM|WM|TC|TS|PR)\(([\d.]+%?)?:([\d.]+%?)?\)|IQM"
_NAME = r"[A-Za-z0-9_-]{1,255}"
# Type of a widget: the properties that it requires.
_OF_WIDGETS = {"alarm": ("alarms",), "log": ("query", "region"), "metric": ("region",), "text": ("markdown",)}


def _metric_alarm_rules(inputs: Values) -> Iterator[Fault]:
    """Amazon CloudWatch API Reference: PutMetricAlarm, MetricDataQuery; User Guide, "Statistics definitions", "Create a
    CloudWatch alarm based on a metric math expression".

    terraform-provider-aws, internal/service/cloudwatch/metric_alarm.go: a percentile has at most two decimals.
    """
    yield from one_of(inputs, "treatMissingData", "missing", "ignore", "breaching", "notBreaching")
    rule = "must be a percentile from p0 to p100, such as p99.9, or a trimmed statistic, such as tm90"
    yield from matches(inputs, "extendedStatistic", _EXTENDED_STATISTIC, rule)
    statistic = rf"SampleCount|Average|Sum|Minimum|Maximum|{_EXTENDED_STATISTIC}"
    yield from matches(inputs, "metricQueries.metric.stat", statistic, "must be a statistic, such as Sum or p99")
    for path in ("period", "metricQueries.period", "metricQueries.metric.period"):
        for place, period in found(inputs, path):
            seconds = number(period) or 0
            if seconds not in (10, 20, 30) and (seconds <= 0 or seconds % 60):
                yield Fault(place, "must be 10, 20, 30 or a multiple of 60 seconds", period)
    yield from _evaluation_range(inputs)
    yield from exactly_one(inputs, "", "metricName", "metricQueries")
    if given(inputs, "metricName"):
        yield from required(inputs, "must be given with a metric", "period", "namespace")
        yield from exactly_one(inputs, "statistic", "statistic", "extendedStatistic")
    if inputs.get("metricQueries") and inputs["metricQueries"] is not UNKNOWN:
        of_one_metric = ("dimensions", "extendedStatistic", "namespace", "period", "statistic")
        yield from forbidden(inputs, "must not be given with metricQueries", *of_one_metric)
        yield from _queries_faults(inputs)


def _evaluation_range(inputs: Values) -> Iterator[Fault]:
    paths = ("period", "metricQueries.period", "metricQueries.metric.period")
    period = max((number(value) or 0 for path in paths for _, value in found(inputs, path)), default=0)
    times = number(inputs.get("evaluationPeriods"))
    if period and times:
        most = _DAY_SECONDS if period < 3600 else 7 * _DAY_SECONDS
        if period * times > most:
            rule = f"must be at most {most // period:g}, as the period is {period:g} seconds"
            yield Fault("evaluationPeriods", rule, inputs["evaluationPeriods"])


def _queries_faults(inputs: Values) -> Iterator[Fault]:
    rule = "must be letters, digits and _, starting with a lower-case letter"
    yield from matches(inputs, "metricQueries.id", r"[a-z][A-Za-z0-9_]{0,254}", rule)
    yield from distinct(found(inputs, "metricQueries.id"), "must not be the id of another query")
    metrics = list(objects(inputs, "metricQueries.metric"))
    if len(metrics) > 10:
        yield Fault("metricQueries", "must have at most ten metrics", len(metrics))
    returned = 0
    for place, query in objects(inputs, "metricQueries"):
        yield from exactly_one(query, place, "expression", "metric")
        returned += query.get("returnData") is True
    if returned != 1:
        yield Fault("metricQueries", "must have exactly one query with returnData", returned)


def _dashboard_rules(inputs: Values) -> Iterator[Fault]:
    """Amazon CloudWatch API Reference: PutDashboard, "Dashboard Body Structure and Syntax"."""
    yield from matches(inputs, "dashboardName", _NAME, "must be 1 to 255 letters, digits, hyphens and underscores")
    yield from document(inputs, "dashboardBody", 1024 * 1024)
    body = parse(inputs, "dashboardBody")
    widgets = list(objects(body, "dashboardBody.widgets"))
    if len(widgets) > 500:
        yield Fault("dashboardBody", "must have at most 500 widgets", len(widgets))
    yield from one_of(body, "dashboardBody.widgets.type", "metric", "text", "log", "alarm", "explorer")
    for place, widget in widgets:
        x, width = number(widget.get("x")) or 0, number(widget.get("width")) or 6
        if x < 0 or x + width > 24:
            yield Fault(place, "must be within 24 columns", f"x {x:g}, width {width:g}")
        paths = [f"properties.{name}" for name in _OF_WIDGETS.get(str(widget.get("type")), ())]
        faults = required(widget, f"must be given for a widget of type {widget.get('type')}", *paths)
        yield from (fault.within(place) for fault in faults)


def _queries(values: Values, _: Context) -> Values:
    """A query returns no data unless it says so."""
    queries = values.get("metricQueries")
    if not is_list(queries):
        return values
    return {**values, "metricQueries": [{"returnData": False, **one} if is_object(one) else one for one in queries]}


_ALARM = (
    *("comparisonOperator", "evaluationPeriods", "threshold", "treatMissingData", "metricName", "namespace"),
    *("dimensions", "period", "statistic", "extendedStatistic", "metricQueries", "alarmActions", "okActions"),
    "alarmDescription",
)

ALARM = Resource(
    "aws:cloudwatch/metricAlarm:MetricAlarm",
    service="cloudwatch",
    create=Call("PutMetricAlarm", ("name", *_ALARM), prepare=_queries),
    id="name",
    identity=lambda it: {"AlarmName": it.id},
    read=(Read("DescribeAlarms", at="MetricAlarms"),),
    update=(Call("PutMetricAlarm", _ALARM, prepare=_queries, send_all=True),),
    delete=(Call("DeleteAlarms"),),
    rename={
        "name": "AlarmName",
        "metricQueries": "Metrics",
        "metricQueries.metric": "MetricStat",
        "metricQueries.metric.namespace": "Metric.Namespace",
        "metricQueries.metric.metricName": "Metric.MetricName",
        "metricQueries.metric.dimensions": "Metric.Dimensions",
    },
    shown_as={"arn": "AlarmArn"},
    outputs=("arn",),
    defaults={"treatMissingData": "missing"},
    members={
        "dimensions": ("*",),
        "metricQueries": ("expression", "id", "label", "metric", "period", "returnData"),
        "metricQueries.metric": ("dimensions", "metricName", "namespace", "period", "stat"),
        "metricQueries.metric.dimensions": ("*",),
    },
    name=Name("name"),
    tags=Tags(),
    rules=_metric_alarm_rules,
)

DASHBOARD = Resource(
    "aws:cloudwatch/dashboard:Dashboard",
    service="cloudwatch",
    create=Call("PutDashboard", ("dashboardName", "dashboardBody")),
    id="dashboardName",
    identity=lambda it: {"DashboardName": it.id},
    read=(Read("GetDashboard"),),
    update=(Call("PutDashboard", ("dashboardBody",)),),
    delete=(Call("DeleteDashboards"),),
    rules=_dashboard_rules,
)

RESOURCES = (ALARM, DASHBOARD)
