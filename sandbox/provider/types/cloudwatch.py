"""CloudWatch: alarms and dashboards."""

from ..resource import Call, Context, Name, Read, Resource, Tags
from ..values import Values, is_list, is_object


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
    read=(Read("DescribeAlarms", at="MetricAlarms", params=lambda it: {"AlarmNames": [it.id]}),),
    update=(Call("PutMetricAlarm", _ALARM, prepare=_queries, send_all=True),),
    delete=(Call("DeleteAlarms", params=lambda it: {"AlarmNames": [it.id]}),),
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
    tags=Tags("TagResource", "UntagResource", lambda it: {"ResourceARN": it["arn"]}, list="ListTagsForResource"),
)

DASHBOARD = Resource(
    "aws:cloudwatch/dashboard:Dashboard",
    service="cloudwatch",
    create=Call("PutDashboard", ("dashboardName", "dashboardBody")),
    id="dashboardName",
    identity=lambda it: {"DashboardName": it.id},
    read=(Read("GetDashboard"),),
    update=(Call("PutDashboard", ("dashboardBody",)),),
    delete=(Call("DeleteDashboards", params=lambda it: {"DashboardNames": [it.id]}),),
    outputs=("dashboardArn",),
)

RESOURCES = (ALARM, DASHBOARD)
