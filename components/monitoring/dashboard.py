"""The CloudWatch dashboard."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.lib.account import Account
from components.lib.names import Names
from components.monitoring.profile import Alarm, Graph, Profile

# CloudWatch's grid has 24 columns.
_GRAPHS_IN_A_ROW = 3
_WIDTH = 8
_HEIGHT = 6


@dataclass(frozen=True)
class DashboardArgs:
    """The inputs of `Dashboard`."""

    account: Account
    names: Names
    profile: Profile


def dashboard_url(region: str, name: str) -> str:
    """Returns the address of a dashboard in the AWS Management Console.

    AWS General Reference, "AWS Management Console endpoints and quotas". All regions of the app have this host's form.
    """
    return f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#dashboards/dashboard/{name}"


class Dashboard(pulumi.ComponentResource):
    """A dashboard with the state of every alarm on top, and below the graphs with the alarms' thresholds."""

    name: pulumi.Output[str]

    def __init__(self, name: str, args: DashboardArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("voiceter:dashboard:Dashboard", name, {}, opts)
        graphs = [_graph(graph, args) for graph in args.profile.graphs]
        widgets = [_alarm_states(args.profile.alarms, args), *_placed(graphs)]
        dashboard = aws.cloudwatch.Dashboard(
            "dashboard",
            dashboard_name=args.names.dashboard,
            dashboard_body=pulumi.Output.json_dumps({"widgets": widgets}, sort_keys=True),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.name = dashboard.dashboard_name
        self.register_outputs({"name": self.name})


def _alarm_states(alarms: Sequence[Alarm], args: DashboardArgs) -> dict[str, Any]:
    """Returns the widget of all alarms.

    Their ARNs are made from their names: the dashboard exists before the first alarm and must not change then.
    """
    arns = [args.account.arn("cloudwatch", f"alarm:{args.names.alarm(alarm.name)}") for alarm in alarms]
    place = {"x": 0, "y": 0, "width": _GRAPHS_IN_A_ROW * _WIDTH, "height": _HEIGHT}
    return {"type": "alarm", **place, "properties": {"title": "Alarms", "alarms": arns}}


def _graph(graph: Graph, args: DashboardArgs) -> dict[str, Any]:
    """Returns the properties of a graph's widget."""
    properties: dict[str, Any] = {
        "title": graph.title,
        "region": args.account.region,
        "view": "timeSeries",
        "period": graph.period,
        "metrics": graph.lines,
        "yAxis": {"left": {"label": graph.unit, "min": 0, "showUnits": False}},
    }
    thresholds = args.profile.thresholds(graph)
    if thresholds:
        properties["annotations"] = {
            "horizontal": [{"label": label, "value": value} for label, value in thresholds],
        }
    return properties


def _placed(graphs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns the graphs' widgets in rows below the alarms."""
    return [
        {
            "type": "metric",
            "x": index % _GRAPHS_IN_A_ROW * _WIDTH,
            "y": (index // _GRAPHS_IN_A_ROW + 1) * _HEIGHT,
            "width": _WIDTH,
            "height": _HEIGHT,
            "properties": properties,
        }
        for index, properties in enumerate(graphs)
    ]
