"""The metrics that the app and AWS emit about a stack, for alarms, dashboard and scaling.

CloudWatch identifies a metric by its namespace, its name and exactly its dimensions (Amazon CloudWatch User Guide,
"Metrics concepts"). With one dimension too many or too few it is another metric, which nobody emits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

from components.lib.app import METRICS_NAMESPACE
from components.lib.names import Names

# A Metrics Insights query, as only the app knows the values of ErrorCode. The app counts errors with a metric named
# ErrorRate whose every value is 1: its sum is the number of errors, its average is always 1.
ERRORS = f'SELECT SUM(ErrorRate) FROM SCHEMA("{METRICS_NAMESPACE}", ErrorCode)'  # noqa: S608 - asks CloudWatch, not a database
ERRORS_BY_CODE = f"{ERRORS} GROUP BY ErrorCode"

# The dimension Operation of a call, before the full name of the table.
_DATABASE_OPERATIONS = {
    "get": "GetItem from ",
    "put": "PutItem to ",
    "update": "UpdateItem in ",
    "delete": "DeleteItem from ",
    "query": "Query ",
}


@dataclass(frozen=True)
class Metric:
    """One metric. It names no unit: a query with a unit finds nothing where the emitter sends none."""

    namespace: str
    name: str
    dimensions: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])

    def line(self, label: pulumi.Input[str], stat: str) -> list[Any]:
        """Returns the metric as a line in a graph of a dashboard."""
        names = [part for dimension in self.dimensions.items() for part in dimension]
        return [self.namespace, self.name, *names, {"label": label, "stat": stat}]


# The app's metrics without a dimension. A task sends its count of sessions whenever a session starts or ends: the
# maximum is the busiest task, and the number of samples is the number of starts and ends. Connections are the same.
CONCURRENT_SESSIONS = Metric(METRICS_NAMESPACE, "ConcurrentSessions")
WEB_SOCKET_CONNECTIONS = Metric(METRICS_NAMESPACE, "WebSocketConnections")
# The app defines it, but today's image does not send it.
BEDROCK_LATENCY = Metric(METRICS_NAMESPACE, "BedrockLatency")
# The metrics of the log (log_metrics.py), by name.
SPEECH_THROTTLES = "SpeechThrottles"
SPEECH_SERVER_ERRORS = "SpeechServerErrors"


def audio_chunks(direction: str) -> Metric:
    """Returns the metric of audio chunks in a direction, inbound or outbound."""
    return Metric(METRICS_NAMESPACE, "AudioChunksProcessed", {"Direction": direction})


@dataclass(frozen=True)
class Metrics:
    """The metrics of one stack's resources."""

    names: Names
    load_balancer: pulumi.Input[str]  # the last part of its ARN
    target_groups: Sequence[pulumi.Input[str]]  # the last parts of their ARNs; of two, either has the tasks
    tables: Mapping[str, pulumi.Input[str]]  # the app's short names -> names
    from_app: bool  # whether the app emits its own metrics
    region: str
    least_tasks: int  # the fewest tasks that the service has while it runs; 0 if it never runs
    models: Sequence[str]  # the models and inference profiles that the app calls with Converse
    cache_nodes: Sequence[pulumi.Input[str]]  # empty without a cache
    web_acl: bool  # whether the stack has a web ACL
    health_check: pulumi.Input[str] | None  # the id of the region's, if its metrics are here

    @property
    def region_health(self) -> Metric | None:
        """1 while Route 53 takes the region for healthy, else 0."""
        if self.health_check is None:
            return None
        return Metric("AWS/Route53", "HealthCheckStatus", {"HealthCheckId": self.health_check})

    @property
    def cpu(self) -> Metric:
        """CPU of the tasks in percent. Each task sends one sample a minute."""
        return self._of_service("CPUUtilization")

    @property
    def memory(self) -> Metric:
        """Memory of the tasks in percent."""
        return self._of_service("MemoryUtilization")

    @property
    def healthy_hosts(self) -> list[Metric]:
        """Targets that pass the health check, by target group. Every zone of the load balancer sends a count.

        A target group without targets sends nothing (Application Load Balancers User Guide, "CloudWatch metrics for
        your Application Load Balancer", reporting criteria).
        """
        return self._of_targets("HealthyHostCount")

    @property
    def unhealthy_hosts(self) -> list[Metric]:
        """Targets that fail the health check, like `healthy_hosts`."""
        return self._of_targets("UnHealthyHostCount")

    @property
    def target_5xx(self) -> list[Metric]:
        """Responses 5xx of the app, by target group."""
        return self._of_targets("HTTPCode_Target_5XX_Count")

    @property
    def unreachable_targets(self) -> list[Metric]:
        """Connections that the load balancer could not open to a task, by target group."""
        return self._of_targets("TargetConnectionErrorCount")

    @property
    def load_balancer_5xx(self) -> Metric:
        """Responses 5xx of the load balancer, because no task answered."""
        return self._of_load_balancer("HTTPCode_ELB_5XX_Count")

    @property
    def rejected_connections(self) -> Metric:
        """Connections that exceed the load balancer's limit."""
        return self._of_load_balancer("RejectedConnectionCount")

    @property
    def speech_throttles(self) -> Metric:
        """Lines of the log that name a throttled call."""
        return Metric(self.names.log_metrics, SPEECH_THROTTLES)

    @property
    def speech_server_errors(self) -> Metric:
        """Lines of the log that name an error of Bedrock's in a speech stream."""
        return Metric(self.names.log_metrics, SPEECH_SERVER_ERRORS)

    def model_throttles(self, model_id: str) -> Metric:
        """Returns the throttled calls of a model, or of an inference profile.

        Their only dimension is the id that was called (Amazon Bedrock User Guide, "Monitor bedrock-runtime inference
        using CloudWatch metrics"). AWS's document does not say so for profiles; published dashboards do.
        """
        return Metric("AWS/Bedrock", "InvocationThrottles", {"ModelId": model_id})

    def model_server_errors(self, model_id: str) -> Metric:
        """Returns the calls that failed on AWS's side, like `model_throttles`."""
        return Metric("AWS/Bedrock", "InvocationServerErrors", {"ModelId": model_id})

    def database_latency(self, table: str) -> dict[str, Metric]:
        """Returns the latency of the app's calls on a table, one metric for each kind of call."""
        full = self.tables[table]
        return {
            call: Metric(
                METRICS_NAMESPACE,
                "DatabaseLatency",
                {"Operation": pulumi.Output.concat(operation, full), "Table": table},
            )
            for call, operation in _DATABASE_OPERATIONS.items()
        }

    def throttles(self, table: str) -> dict[str, Metric]:
        """Returns the reads and writes of a table that DynamoDB throttled."""
        dimensions = {"TableName": self.tables[table]}
        return {
            "reads": Metric("AWS/DynamoDB", "ReadThrottleEvents", dimensions),
            "writes": Metric("AWS/DynamoDB", "WriteThrottleEvents", dimensions),
        }

    @property
    def cache_memory(self) -> list[Metric]:
        """Memory of each node of the session cache in percent."""
        return self._of_cache("DatabaseMemoryUsagePercentage")

    @property
    def cache_evictions(self) -> list[Metric]:
        """Keys that each node of the session cache evicted, because its memory was full."""
        return self._of_cache("Evictions")

    @property
    def cache_lag(self) -> list[Metric]:
        """How far each node of the session cache is behind the primary, which sends no lag.

        Amazon ElastiCache User Guide, "Metrics for Valkey and Redis OSS".
        """
        return self._of_cache("ReplicationLag") if len(self.cache_nodes) > 1 else []

    @property
    def blocked_requests(self) -> Metric | None:
        """Requests that the web ACL blocked. It sends nothing while there are none. None without a web ACL.

        AWS WAF Developer Guide, "AWS WAF metrics and dimensions".
        """
        if not self.web_acl:
            return None
        dimensions = {"WebACL": self.names.web_acl, "Region": self.region, "Rule": "ALL"}
        return Metric("AWS/WAFV2", "BlockedRequests", dimensions)

    def _of_cache(self, name: str) -> list[Metric]:
        return [Metric("AWS/ElastiCache", name, {"CacheClusterId": node}) for node in self.cache_nodes]

    def _of_service(self, name: str) -> Metric:
        dimensions = {"ClusterName": self.names.cluster, "ServiceName": self.names.service}
        return Metric("AWS/ECS", name, dimensions)

    def _of_load_balancer(self, name: str) -> Metric:
        return Metric("AWS/ApplicationELB", name, {"LoadBalancer": self.load_balancer})

    def _of_targets(self, name: str) -> list[Metric]:
        return [
            Metric("AWS/ApplicationELB", name, {"LoadBalancer": self.load_balancer, "TargetGroup": group})
            for group in self.target_groups
        ]
