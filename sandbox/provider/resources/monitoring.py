"""CloudWatch: alarms and dashboards."""

from typing import Any, cast

from ..convert import members
from ..spec import Context, table
from ..values import Values


def _with_dimensions(values: Values) -> Values:
    """Dimensions are a map to Pulumi, and a list of names and values to the API."""
    dimensions = values.get("dimensions")
    if not isinstance(dimensions, dict):
        return values
    pairs = cast(dict[str, Any], dimensions).items()
    return {**values, "dimensions": [{"name": name, "value": value} for name, value in pairs]}


def _alarm(values: Values, _: Context) -> Values:
    queries = values.get("metricQueries")
    more = (
        {"metricQueries": [_built_query(one) for one in cast(list[Values], queries)]}
        if isinstance(queries, list)
        else {}
    )
    return _with_dimensions(values) | more


def _built_query(query: Values) -> Values:
    metric = query.get("metric")
    built: Values = {"returnData": False, **query}
    return built | {"metric": _with_dimensions(cast(Values, metric))} if isinstance(metric, dict) else built


def _dimensions(metric: Any) -> dict[str, str]:
    return {one["Name"]: one["Value"] for one in metric.get("Dimensions", [])}


def _query(found: Any) -> Values:
    query = members(found, "id expression label period accountId") | {"returnData": found.get("ReturnData", False)}
    stat = found.get("MetricStat")
    if stat:
        metric = members(stat["Metric"], "namespace metricName") | members(stat, "period stat unit")
        query["metric"] = metric | {"dimensions": _dimensions(stat["Metric"])}
    return query


def _described_alarm(found: Any, _: Context) -> Values:
    alarm = found[0]
    return {
        "dimensions": _dimensions(alarm),
        "metricQueries": [_query(one) for one in alarm.get("Metrics", [])],
    }


def _untag(context: Context) -> None:
    """The account would give the tags of a deleted alarm to the next one of its name."""
    if context["tagsAll"]:
        context.call("UntagResource", ResourceARN=context["arn"], TagKeys=sorted(context["tagsAll"]))


RESOURCES = table(
    """
    aws:cloudwatch/metricAlarm:MetricAlarm
      create    PutMetricAlarm name (comparisonOperator evaluationPeriods threshold thresholdMetricId datapointsToAlarm
                treatMissingData evaluateLowSampleCountPercentiles metricName namespace dimensions period statistic
                extendedStatistic unit metricQueries actionsEnabled alarmActions okActions insufficientDataActions
                alarmDescription @_alarm) -> {name}
      read      DescribeAlarms AlarmNames=[{id}] @_described_alarm -> MetricAlarms
      put       PutMetricAlarm () AlarmName={id}
      delete    DeleteAlarms AlarmNames=[{id}]
      names     name=AlarmName metricQueries=Metrics metricQueries.metric=MetricStat
                metricQueries.metric.namespace=Metric.Namespace metricQueries.metric.metricName=Metric.MetricName
                metricQueries.metric.dimensions=Metric.Dimensions
                evaluateLowSampleCountPercentiles=EvaluateLowSampleCountPercentile
      reads     arn=AlarmArn
      otherwise evaluateLowSampleCountPercentiles=
      outputs   arn evaluateLowSampleCountPercentiles
      defaults  actionsEnabled=true treatMissingData=missing
      named     name
      tags      TagResource UntagResource ListTagsForResource ResourceARN={arn} -> Tags
      before-delete  @_untag

    aws:cloudwatch/dashboard:Dashboard
      create    PutDashboard dashboardName (dashboardBody) -> {dashboardName}
      read      GetDashboard DashboardName={id}
      update    PutDashboard () DashboardName={id}
      delete    DeleteDashboards DashboardNames=[{id}]
      outputs   dashboardArn

    aws:cloudwatch/queryDefinition:QueryDefinition logs
      create    PutQueryDefinition (name queryString logGroupNames) -> queryDefinitionId
      read      DescribeQueryDefinitions -> queryDefinitions[queryDefinitionId={id}]
      put       PutQueryDefinition () queryDefinitionId={id}
      delete    DeleteQueryDefinition queryDefinitionId={id}
      outputs   queryDefinitionId
      ordered   logGroupNames
    """,
    _alarm,
    _described_alarm,
    _untag,
)
