"""The alarm on the health check with which Route 53 decides whether it sends clients to the region."""

from __future__ import annotations

from components.monitoring.metric_math import Single
from components.monitoring.metrics import Metrics
from components.monitoring.profile import Alarm, Profile


def region_profile(metrics: Metrics) -> Profile:
    """Returns the alarm of a stack whose health check CloudWatch shows in the stack's region, and none of another."""
    if metrics.region_health is None:
        return Profile()
    return Profile(
        alarms=[
            Alarm(
                kind="region-unhealthy",
                severity="critical",
                component="load-balancer",
                # 1 while Route 53 takes the region for healthy, 0 while it does not. One sample a minute.
                watches=Single(metrics.region_health, "Minimum", period=60),
                threshold=1,
                below=True,
                evaluations=2,
                meaning=(
                    "Route 53 cannot reach the region's /health, or the region is evacuated: new clients go to the "
                    "other regions."
                ),
                first_step="check whether the alarms on the service or the load balancer fire too",
                look_at="the reports of the health checkers in the Route 53 console, and docs/regions.md",
                command=(
                    "aws cloudwatch describe-alarms --state-value ALARM --query "
                    "\"MetricAlarms[?AlarmActions[0]=='$(pulumi stack output alarmTopicArn)'].AlarmName\""
                ),
            )
        ]
    )
