"""Alarms and graphs of the metrics that AWS publishes about the service, its load balancer and its tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from components.monitoring.commands import RUNNING_TASKS, SERVICE, for_each, last_hour
from components.monitoring.metric_math import Math, Single, expression, joined, queries, query, total
from components.monitoring.metrics import Metric, Metrics
from components.monitoring.profile import Alarm, Graph, Profile

# Prints the ARN of the load balancer.
_LOAD_BALANCER = (
    "aws elbv2 describe-load-balancers --output text --query "
    "\"LoadBalancers[?DNSName=='$(pulumi stack output loadBalancerDnsName)'].LoadBalancerArn\""
)


def service_profile(metrics: Metrics) -> Profile:
    """Returns the alarms and graphs that every stack has."""
    cpu = Graph(
        title="CPU",
        unit="Percent",
        lines=[metrics.cpu.line("average", "Average"), metrics.cpu.line("busiest task", "Maximum")],
    )
    memory = Graph(
        title="Memory",
        unit="Percent",
        lines=[metrics.memory.line("average", "Average"), metrics.memory.line("fullest task", "Maximum")],
    )
    # Amazon ECS Developer Guide, "Amazon ECS service utilization metrics use cases": each running task sends one sample
    # of its CPU a minute, so the number of samples in a minute is the number of tasks.
    tasks = Graph(title="Running tasks (estimated)", unit="Count", lines=[metrics.cpu.line("tasks", "SampleCount")])
    healthy_hosts = Graph(
        title="Healthy hosts",
        unit="Count",
        lines=_by_target_group(metrics.healthy_hosts, "most that a zone sees", "Maximum"),
    )
    failures = Graph(
        title="5xx and failed connections",
        unit="Count",
        lines=[
            *_by_target_group(metrics.target_5xx, "5xx of the app", "Sum"),
            metrics.load_balancer_5xx.line("5xx of the load balancer", "Sum"),
            *_by_target_group(metrics.unreachable_targets, "unreachable", "Sum"),
            metrics.rejected_connections.line("rejected", "Sum"),
        ],
    )
    throttles = Graph(
        title="Throttled calls on the tables",
        unit="Count",
        lines=[
            metric.line(f"{table} {kind}", "Sum")
            for table in metrics.tables
            for kind, metric in metrics.throttles(table).items()
        ],
    )
    return Profile(
        graphs=[cpu, memory, tasks, healthy_hosts, failures, throttles],
        alarms=[
            Alarm(
                kind="high-cpu",
                severity="warning",
                component="service",
                watches=Single(metrics.cpu, "Average", period=300),
                threshold=80,
                evaluations=2,
                graph=cpu,
                meaning="The tasks have used more than {threshold} % of their CPU for ten minutes.",
                first_step=(
                    "check whether the service runs maxCount tasks: if so, raise maxCount, otherwise wait for the "
                    "autoscaler"
                ),
                look_at="CPU and running tasks on the dashboard",
                command=RUNNING_TASKS,
            ),
            Alarm(
                kind="high-memory",
                severity="warning",
                component="service",
                watches=Single(metrics.memory, "Average", period=300),
                threshold=85,
                evaluations=2,
                graph=memory,
                meaning="The tasks have used more than {threshold} % of their memory for ten minutes.",
                first_step=(
                    "compare memory with the number of sessions: if only memory grows, the app leaks memory, so run "
                    "make redeploy"
                ),
                look_at="memory on the dashboard",
                command=last_hour(
                    "--namespace AWS/ECS --metric-name MemoryUtilization --dimensions",
                    "Name=ClusterName,Value=$(pulumi stack output clusterName)",
                    "Name=ServiceName,Value=$(pulumi stack output serviceName)",
                    "--statistics Maximum",
                ),
            ),
            *([_no_healthy_host(metrics, healthy_hosts)] if metrics.least_tasks else []),
            Alarm(
                kind="websocket-connection-failures",
                severity="critical",
                component="load-balancer",
                watches=_failed_connections(metrics, period=300),
                threshold=10,
                evaluations=1,
                meaning="The load balancer counted more than {threshold} failed connections in five minutes.",
                first_step="check which count rose: rejected, unreachable or 5xx",
                look_at="5xx and healthy hosts on the dashboard",
                command=for_each(
                    "metric",
                    "RejectedConnectionCount TargetConnectionErrorCount HTTPCode_ELB_5XX_Count",
                    last_hour(
                        "--namespace AWS/ApplicationELB --metric-name $metric --statistics Sum",
                        f"--dimensions Name=LoadBalancer,Value=$({_LOAD_BALANCER} | cut -d / -f 2-)",
                    ),
                ),
            ),
            # For deployments: a new version that passes the health check and answers clients with 5xx.
            Alarm(
                kind="target-5xx",
                severity="critical",
                component="service",
                watches=_answers_5xx(metrics, period=60),
                threshold=10,
                evaluations=2,
                rolls_back=True,
                graph=failures,
                meaning=(
                    "The app answered with 5xx more than {threshold} times a minute for two minutes. "
                    "ECS rolls back a deployment in progress."
                ),
                first_step="check whether a deployment has just started",
                look_at="the log's errors",
                command=(
                    f"aws ecs describe-services {SERVICE} "
                    "--query 'services[0].deployments[].[status,rolloutState,rolloutStateReason]'"
                ),
            ),
            # For deployments. health-check-failures would roll back every first deployment: the first tasks of a
            # service need some minutes until they pass the health check, and until then there is no data.
            Alarm(
                kind="deployment-unhealthy",
                severity="critical",
                component="service",
                watches=_healthy_hosts_of_the_worse_group(metrics, period=60),
                threshold=1,
                below=True,
                evaluations=5,
                rolls_back=True,
                meaning=(
                    "No task has passed the health check for five minutes. ECS rolls back a deployment in progress."
                ),
                first_step="read why the tasks stopped",
                look_at="the service's events",
                command=for_each(
                    "task",
                    "$(aws ecs list-tasks --cluster $(pulumi stack output clusterName) "
                    "--service-name $(pulumi stack output serviceName) --desired-status STOPPED "
                    "--no-paginate --query 'taskArns[:10]' --output text)",
                    "aws ecs describe-tasks --cluster $(pulumi stack output clusterName) --tasks $task "
                    "--query 'tasks[].[stopCode,stoppedReason,containers[].[exitCode,reason]]'",
                ),
            ),
        ],
    )


def _no_healthy_host(metrics: Metrics, graph: Graph) -> Alarm:
    """Returns the alarm that fires without data too. A service that never runs has none."""
    return Alarm(
        kind="health-check-failures",
        severity="critical",
        component="load-balancer",
        watches=_healthy_hosts(metrics, period=60),
        threshold=1,
        below=True,
        evaluations=2,
        missing_is_bad=True,
        graph=graph,
        meaning="No task passes the health check: the service is down.",
        first_step="read why the tasks stopped, then their log: /health reads the sessions table",
        look_at="the service's events",
        command=f"aws ecs describe-services {SERVICE} --query 'services[0].events[:10].message'",
    )


def _by_target_group(metrics: Sequence[Metric], label: str, stat: str) -> list[list[Any]]:
    """Returns a line for each target group. The label of a single group has no number."""
    if len(metrics) == 1:
        return [metrics[0].line(label, stat)]
    return [metric.line(f"{label}, group {number}", stat) for number, metric in enumerate(metrics, start=1)]


def _healthy_hosts(metrics: Metrics, period: int) -> Single | Math:
    """Returns the healthy hosts of the better target group, as the two groups change places.

    The statistic is the maximum: every zone of the load balancer sends a count, and a zone without a task sends 0.
    """
    groups = metrics.healthy_hosts
    if len(groups) == 1:
        return Single(groups[0], "Maximum", period)
    terms = queries("healthy", groups, "Maximum", period)
    return Math([*terms.values(), expression("most", joined("MAX", [*terms]), "Healthy hosts", watched=True)])


def _healthy_hosts_of_the_worse_group(metrics: Metrics, period: int) -> Single | Math:
    """Returns the healthy hosts of the worse target group: a new version fills one while the other still serves.

    A group without targets has neither healthy nor unhealthy hosts, and counts as healthy.
    """
    groups = metrics.healthy_hosts
    if len(groups) == 1:
        return Single(groups[0], "Maximum", period)
    healthy = queries("healthy", groups, "Maximum", period)
    unhealthy = queries("unhealthy", metrics.unhealthy_hosts, "Maximum", period)
    worse = ", ".join(
        f"IF(FILL({bad}, 0) > 0, FILL({good}, 0), 1)" for good, bad in zip(healthy, unhealthy, strict=True)
    )
    watched = expression("worst", f"MIN([{worse}])", "Healthy hosts of the worse group", watched=True)
    return Math([*healthy.values(), *unhealthy.values(), watched])


def _answers_5xx(metrics: Metrics, period: int) -> Single | Math:
    groups = metrics.target_5xx
    if len(groups) == 1:
        return Single(groups[0], "Sum", period)
    terms = queries("refused", groups, "Sum", period)
    return Math([*terms.values(), expression("all", total([*terms]), "Answers 5xx", watched=True)])


def _failed_connections(metrics: Metrics, period: int) -> Math:
    """Returns the failed connections as the load balancer measures them, as the app publishes no metric of them.

    A connection that the load balancer cannot open to a task mostly ends as a 5xx of the load balancer. The greater of
    the two counts, not both. The load balancer sends none of these metrics while they are 0 (Application Load Balancers
    User Guide, "CloudWatch metrics for your Application Load Balancer", reporting criteria).
    """
    unreachable = queries("unreachable", metrics.unreachable_targets, "Sum", period)
    refused = queries("refused", metrics.target_5xx, "Sum", period)
    return Math(
        [
            query("rejected", metrics.rejected_connections, "Sum", period),
            *unreachable.values(),
            query("unanswered", metrics.load_balancer_5xx, "Sum", period),
            *refused.values(),
            expression("broken", f"MAX([{total([*unreachable])}, FILL(unanswered, 0)])", "Without a task"),
            expression(
                "failed",
                f"SUM([FILL(rejected, 0), broken, {total([*refused])}])",
                "Failed connections",
                watched=True,
            ),
        ]
    )
