"""The metrics that the app and AWS emit, a second time: from the service's contract and AWS's documents.

Nothing here comes from the program. Every alarm and every graph must find its metrics in this list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from tests.support.contract import TABLES

ANY: Final = "*"  # a value that the app chooses
APP: Final = "Voiceter/Backend"
NODES: Final = ("001", "002")  # of the session cache with one replica


@dataclass(frozen=True)
class Emitted:
    """One metric, or with `ANY` all metrics of one kind."""

    namespace: str
    name: str
    unit: str
    dimensions: Mapping[str, str] = field(default_factory=dict[str, str])
    by_today: bool = True  # whether today's image sends it
    shown: tuple[str, ...] = ()  # the statistics that the dashboard shows

    def matches(self, namespace: str, name: str, dimensions: Mapping[str, str]) -> bool:
        return (
            (namespace, name) == (self.namespace, self.name)
            and dimensions.keys() == self.dimensions.keys()
            and all(value in (ANY, dimensions[key]) for key, value in self.dimensions.items())
        )


@dataclass(frozen=True)
class Facts:
    """A stack's names in the dimensions of its metrics."""

    cluster: str = "voiceter-cluster"
    service: str = "voiceter-backend"
    load_balancer: str = "app/voiceter-backend/0a1b"
    target_group: str = "targetgroup/voiceter-backend-1a2b3c4/0a1b"
    table_prefix: str = "demo-"
    cache: str = "voiceter-sessions"
    web_acl: str = "voiceter-backend"
    region: str = "us-east-1"
    health_check: str = "HealthCheck-region-1a2b3c4"
    log_metrics: str = "Voiceter/Logs/voiceter-backend"
    models: tuple[str, ...] = ("amazon.nova-lite-v1:0",)  # that the app calls with Converse

    def emitted(self) -> Iterator[Emitted]:
        yield from self._by_app()
        yield from self._by_aws()
        yield from self._of_log()

    def _by_app(self) -> Iterator[Emitted]:
        yield Emitted(APP, "ConcurrentSessions", "Count", shown=("Maximum",))
        yield Emitted(APP, "WebSocketConnections", "Count", shown=("Maximum",))
        yield Emitted(APP, "BedrockLatency", "Milliseconds", by_today=False, shown=("p50", "p95"))
        yield Emitted(APP, "BedrockLatency", "Milliseconds", {"Operation": ANY}, by_today=False)
        for table in TABLES:
            full = f"{self.table_prefix}{table}"
            for operation in ("GetItem from", "PutItem to", "UpdateItem in", "DeleteItem from", "Query"):
                dimensions = {"Operation": f"{operation} {full}", "Table": table}
                yield Emitted(APP, "DatabaseLatency", "Milliseconds", dimensions, shown=("p95",))
        yield Emitted(APP, "ErrorRate", "Count", {"ErrorCode": ANY}, shown=("SUM",))
        yield Emitted(APP, "AudioChunksProcessed", "Count", {"Direction": "inbound"}, shown=("Sum",))
        yield Emitted(APP, "AudioChunksProcessed", "Count", {"Direction": "outbound"}, shown=("Sum",))
        yield Emitted(APP, "ToolExecutionLatency", "Milliseconds", {"ToolName": ANY})
        yield Emitted(APP, "SessionsStarted", "Count", {"QuestionnaireId": ANY})

    def _of_log(self) -> Iterator[Emitted]:
        """By the metric filters of the log, which name no dimension."""
        yield Emitted(self.log_metrics, "SpeechThrottles", "Count", shown=("Sum",))
        yield Emitted(self.log_metrics, "SpeechServerErrors", "Count", shown=("Sum",))

    def _by_aws(self) -> Iterator[Emitted]:
        """The user guides: Amazon ECS metrics, Application Load Balancer metrics, DynamoDB metrics and dimensions.

        Amazon ElastiCache User Guide, "Metrics for Valkey and Redis OSS" and "Monitoring CloudWatch Cluster and Node
        Metrics": CloudWatch calls a node of a replication group a cache cluster, `<group>-001`. A node sends each
        metric with that dimension alone, and again with its `CacheNodeId`, `0001`. Only replicas send a lag, and any
        node may be a replica.
        """
        service = {"ClusterName": self.cluster, "ServiceName": self.service}
        load_balancer = {"LoadBalancer": self.load_balancer}
        targets = {**load_balancer, "TargetGroup": self.target_group}
        yield Emitted("AWS/ECS", "CPUUtilization", "Percent", service, shown=("Average", "Maximum", "SampleCount"))
        yield Emitted("AWS/ECS", "MemoryUtilization", "Percent", service, shown=("Average", "Maximum"))
        yield Emitted("AWS/ApplicationELB", "HealthyHostCount", "Count", targets, shown=("Maximum",))
        yield Emitted("AWS/ApplicationELB", "UnHealthyHostCount", "Count", targets)
        for name in ("HTTPCode_Target_5XX_Count", "TargetConnectionErrorCount"):
            yield Emitted("AWS/ApplicationELB", name, "Count", targets, shown=("Sum",))
            yield Emitted("AWS/ApplicationELB", name, "Count", load_balancer)
        yield Emitted("AWS/ApplicationELB", "RequestCount", "Count", targets)
        yield Emitted("AWS/ApplicationELB", "RequestCount", "Count", load_balancer)
        for name in ("HTTPCode_ELB_5XX_Count", "RejectedConnectionCount"):
            yield Emitted("AWS/ApplicationELB", name, "Count", load_balancer, shown=("Sum",))
        for table in TABLES:
            for name in ("ReadThrottleEvents", "WriteThrottleEvents"):
                dimensions = {"TableName": f"{self.table_prefix}{table}"}
                yield Emitted("AWS/DynamoDB", name, "Count", dimensions, shown=("Sum",))
        # AWS WAF Developer Guide, "AWS WAF metrics and dimensions": of the whole web ACL, and of each rule.
        for rule in ("ALL", "requests", "connects", "common", "known-bad-inputs", "bodies"):
            acl = {"WebACL": self.web_acl, "Region": self.region, "Rule": rule}
            yield Emitted("AWS/WAFV2", "BlockedRequests", "Count", acl, shown=("Sum",) if rule == "ALL" else ())
        # Amazon Route 53 Developer Guide, "Monitoring health checks using CloudWatch"; in us-east-1.
        yield Emitted("AWS/Route53", "HealthCheckStatus", "None", {"HealthCheckId": self.health_check})
        # Amazon Bedrock User Guide, "Monitor bedrock-runtime inference using CloudWatch metrics": by model alone, and
        # of no speech stream.
        for model in self.models:
            yield Emitted("AWS/Bedrock", "Invocations", "Count", {"ModelId": model})
            for name in ("InvocationThrottles", "InvocationServerErrors"):
                yield Emitted("AWS/Bedrock", name, "Count", {"ModelId": model}, shown=("Sum",))
        for node in NODES:
            for name, unit, stat in (
                ("DatabaseMemoryUsagePercentage", "Percent", "Maximum"),
                ("Evictions", "Count", "Sum"),
                ("ReplicationLag", "Seconds", "Maximum"),
            ):
                cluster = {"CacheClusterId": f"{self.cache}-{node}"}
                yield Emitted("AWS/ElastiCache", name, unit, cluster, shown=(stat,))
                yield Emitted("AWS/ElastiCache", name, unit, {**cluster, "CacheNodeId": "0001"})

    def find(self, namespace: str, name: str, dimensions: Mapping[str, str]) -> Emitted | None:
        """Returns the metric with exactly these dimensions, or None if nobody emits it."""
        return next((metric for metric in self.emitted() if metric.matches(namespace, name, dimensions)), None)

    def find_query(self, namespace: str, name: str, dimensions: tuple[str, ...]) -> Emitted | None:
        """Does what `find` does for a Metrics Insights query, which knows only the names of the dimensions."""
        return self.find(namespace, name, dict.fromkeys(dimensions, "anything"))
