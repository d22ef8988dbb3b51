"""CloudWatch: alarms and dashboards."""

from ..spec import Context, table
from ..values import Values, is_list, is_object


def queries(values: Values, _: Context) -> Values:
    """A query returns no data unless it says so."""
    queries = values.get("metricQueries")
    if not is_list(queries):
        return values
    return {**values, "metricQueries": [{"returnData": False, **one} if is_object(one) else one for one in queries]}


RESOURCES = table(
    globals(),
    """
    aws:cloudwatch/metricAlarm:MetricAlarm
      create    PutMetricAlarm name (comparisonOperator evaluationPeriods threshold thresholdMetricId datapointsToAlarm
                treatMissingData evaluateLowSampleCountPercentiles metricName namespace dimensions period statistic
                extendedStatistic unit metricQueries actionsEnabled alarmActions okActions insufficientDataActions
                alarmDescription @queries) -> {name}
      read      DescribeAlarms AlarmNames=[{id}] -> MetricAlarms
      put       PutMetricAlarm () AlarmName={id}
      delete    DeleteAlarms AlarmNames=[{id}]
      names     name=AlarmName metricQueries=Metrics metricQueries.metric=MetricStat
                metricQueries.metric.namespace=Metric.Namespace metricQueries.metric.metricName=Metric.MetricName
                metricQueries.metric.dimensions=Metric.Dimensions
                evaluateLowSampleCountPercentiles=EvaluateLowSampleCountPercentile
      otherwise evaluateLowSampleCountPercentiles=
      outputs   arn=AlarmArn evaluateLowSampleCountPercentiles
      defaults  actionsEnabled=true treatMissingData=missing
      named     name
      tags      TagResource UntagResource ListTagsForResource ResourceARN={arn} -> Tags

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
      named     name
      ordered   logGroupNames
    """,
)
