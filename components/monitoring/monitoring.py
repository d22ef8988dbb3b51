"""Everything that watches a stack, composed: the topic, the dashboard, the alarms, the metrics of the log, the budget.

A plain class, and no component: its parts are components of the program.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.lib.account import Account
from components.lib.names import Names
from components.monitoring.alarms import Alarms, AlarmsArgs
from components.monitoring.budget import Budget, BudgetArgs
from components.monitoring.dashboard import Dashboard, DashboardArgs, dashboard_url
from components.monitoring.events import Events, EventsArgs
from components.monitoring.log_metrics import LogMetrics, LogMetricsArgs
from components.monitoring.metrics import Metrics
from components.monitoring.notifications import Notifications, NotificationsArgs
from components.monitoring.profile import Alarm
from components.monitoring.profiles import profile_of
from components.monitoring.saved_queries import SavedQueries, SavedQueriesArgs
from components.service.service import Service


@dataclass(frozen=True, kw_only=True)
class MonitoringArgs:
    """The inputs of `Monitoring`."""

    account: Account
    names: Names
    metrics: Metrics
    log_group: pulumi.Input[str]
    emails: Sequence[str]
    phones: Sequence[str]  # E.164
    monthly_budget_usd: float | None  # None: no budget


class Monitoring:
    """What watches a stack, with a service and without."""

    notifications: Notifications
    dashboard: Dashboard

    def __init__(self, args: MonitoringArgs, opts: pulumi.ResourceOptions) -> None:
        names, log_group = args.names, args.log_group
        self._args, self._opts = args, opts
        self._profile = profile_of(args.metrics)
        topic = NotificationsArgs(args.account, names.topic, args.emails, args.phones)
        self.notifications = Notifications("notifications", topic, opts)
        self.dashboard = Dashboard("dashboard", DashboardArgs(args.account, names, self._profile), opts)
        LogMetrics("log-metrics", LogMetricsArgs(names.log_metrics, log_group), opts)
        SavedQueries("saved-queries", SavedQueriesArgs(names.queries, log_group), opts)
        if args.monthly_budget_usd is not None:
            budget = BudgetArgs(names.budget, names.stack, args.monthly_budget_usd, self.notifications.topic_arn)
            Budget("budget", budget, opts)

    def rollback_alarms(self) -> list[pulumi.Output[str]]:
        """Creates the alarms that roll a deployment back, which exist before the service. Returns their names."""
        return self._alarms("alarms", self._profile.rollback_alarms, after=[]).alarm_names

    def watch(self, service: Service, cluster_arn: pulumi.Input[str]) -> None:
        """Creates the other alarms, and what reports the events of ECS about a service."""
        self._alarms("service-alarms", self._profile.other_alarms, after=[service])
        events = EventsArgs(
            names=self._args.names,
            cluster_arn=cluster_arn,
            service_name=service.name,
            service_arn=service.arn,
            topic_arn=self.notifications.topic_arn,
        )
        Events("events", events, self._opts)

    def _alarms(self, name: str, alarms: Sequence[Alarm], after: Sequence[pulumi.Resource]) -> Alarms:
        names, topic_arn = self._args.names, self.notifications.topic_arn
        url = dashboard_url(self._args.account.region, names.dashboard)
        return Alarms(name, AlarmsArgs(names, alarms, topic_arn, url, after), self._opts)
