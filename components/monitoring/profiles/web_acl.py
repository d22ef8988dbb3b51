"""Alarms and graphs of the web ACL."""

from __future__ import annotations

from components.monitoring.commands import last_hour
from components.monitoring.metric_math import Single
from components.monitoring.metrics import Metrics
from components.monitoring.profile import Alarm, Graph, Profile


def web_acl_profile(metrics: Metrics) -> Profile:
    """Returns the alarm and the graph of the web ACL, or none without a web ACL."""
    if metrics.blocked_requests is None:
        return Profile()
    blocked = Graph(
        title="Requests blocked by AWS WAF",
        unit="Count",
        lines=[metrics.blocked_requests.line("blocked", "Sum")],
    )
    return Profile(
        graphs=[blocked],
        alarms=[
            Alarm(
                kind="blocked-requests-high",
                severity="warning",
                component="load-balancer",
                # A client that is blocked by mistake retries every one to five seconds, as Socket.IO does: 60 to 300
                # times in five minutes. So two to eight clients reach the threshold. A scan mostly ends sooner.
                watches=Single(metrics.blocked_requests, "Sum", period=300),
                threshold=500,
                evaluations=2,
                graph=blocked,
                meaning=(
                    "AWS WAF has blocked more than {threshold} requests in five minutes, twice in a row: "
                    "an attack, or clients that it should let through."
                ),
                first_step="check which rule blocks, and from how many addresses: docs/firewall.md",
                look_at="the blocked requests on the dashboard and the web ACL's log",
                command=last_hour(
                    "--namespace AWS/WAFV2 --metric-name BlockedRequests --dimensions Name=Rule,Value=ALL",
                    "Name=WebACL,Value=$(pulumi stack output serviceName)",
                    "Name=Region,Value=$(pulumi stack output region) --statistics Sum",
                ),
            ),
        ],
    )
