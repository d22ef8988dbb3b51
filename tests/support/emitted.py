"""What the app and AWS emit, written down a second time: from the service's contract and AWS's documents, not from the
program. Every alarm and every widget has to find its metrics here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

ANY: Final = "*"  # a value that the app chooses
APP: Final = "Voiceter/Backend"
NODES: Final = ("001", "002")  # of the session cache, with one replica
TABLES: Final = ("sessions", "responses", "transcripts", "waitlist")


@dataclass(frozen=True)
class Emitted:
    """One metric, or with `ANY` all metrics of one kind. `by_today` is whether today's image sends it."""

    namespace: str
    name: str
    unit: str
    dimensions: Mapping[str, str] = field(default_factory=dict[str, str])
    by_today: bool = True

    def is_it(self, namespace: str, name: str, dimensions: Mapping[str, str]) -> bool:
        return (
            (namespace, name) == (self.namespace, self.name)
            and dimensions.keys() == self.dimensions.keys()
            and all(value in (ANY, dimensions[key]) for key, value in self.dimensions.items())
        )


@dataclass(frozen=True)
class Facts:
    """What a stack is called in the metrics about it."""

    cluster: str = "voiceter-cluster"
    service: str = "voiceter-backend"
    load_balancer: str = "app/voiceter-backend/0a1b"
    target_group: str = "targetgroup/voiceter-backend-1a2b3c4/0a1b"
    table_prefix: str = "demo-"
    cache: str = "voiceter-sessions"

    def of_app(self) -> Iterator[Emitted]:
        """service-contract.md, "What the app emits"."""
        yield Emitted(APP, "ConcurrentSessions", "Count")
        yield Emitted(APP, "WebSocketConnections", "Count")
        yield Emitted(APP, "BedrockLatency", "Milliseconds", by_today=False)
        yield Emitted(APP, "BedrockLatency", "Milliseconds", {"Operation": ANY}, by_today=False)
        for table in TABLES:
            full = f"{self.table_prefix}{table}"
            for operation in ("GetItem from", "PutItem to", "UpdateItem in", "DeleteItem from", "Query"):
                dimensions = {"Operation": f"{operation} {full}", "Table": table}
                yield Emitted(APP, "DatabaseLatency", "Milliseconds", dimensions)
        yield Emitted(APP, "ErrorRate", "Count", {"ErrorCode": ANY})
        yield Emitted(APP, "AudioChunksProcessed", "Count", {"Direction": "inbound"})
        yield Emitted(APP, "AudioChunksProcessed", "Count", {"Direction": "outbound"})
        yield Emitted(APP, "ToolExecutionLatency", "Milliseconds", {"ToolName": ANY})
        yield Emitted(APP, "SessionsStarted", "Count", {"QuestionnaireId": ANY})

    def of_aws(self) -> Iterator[Emitted]:
        """The user guides: Amazon ECS metrics, Application Load Balancer metrics, DynamoDB metrics and dimensions.

        And Amazon ElastiCache User Guide, "Metrics for Valkey and Redis OSS" and "Monitoring CloudWatch Cluster and
        Node Metrics": a node of a replication group is a cache cluster to CloudWatch, `<group>-001`. It sends by that
        dimension alone, and once more with its `CacheNodeId`, `0001`. A replica has a lag, and any node may be one.
        """
        service = {"ClusterName": self.cluster, "ServiceName": self.service}
        load_balancer = {"LoadBalancer": self.load_balancer}
        targets = {**load_balancer, "TargetGroup": self.target_group}
        for name in ("CPUUtilization", "MemoryUtilization"):
            yield Emitted("AWS/ECS", name, "Percent", service)
        for name in ("HealthyHostCount", "UnHealthyHostCount"):
            yield Emitted("AWS/ApplicationELB", name, "Count", targets)
        for name in ("HTTPCode_Target_5XX_Count", "TargetConnectionErrorCount", "RequestCount"):
            yield Emitted("AWS/ApplicationELB", name, "Count", targets)
            yield Emitted("AWS/ApplicationELB", name, "Count", load_balancer)
        for name in ("HTTPCode_ELB_5XX_Count", "RejectedConnectionCount"):
            yield Emitted("AWS/ApplicationELB", name, "Count", load_balancer)
        for table in TABLES:
            for name in ("ReadThrottleEvents", "WriteThrottleEvents"):
                yield Emitted("AWS/DynamoDB", name, "Count", {"TableName": f"{self.table_prefix}{table}"})

        for node in NODES:
            for name, unit in (
                ("DatabaseMemoryUsagePercentage", "Percent"),
                ("Evictions", "Count"),
                ("ReplicationLag", "Seconds"),
            ):
                cluster = {"CacheClusterId": f"{self.cache}-{node}"}
                yield Emitted("AWS/ElastiCache", name, unit, cluster)
                yield Emitted("AWS/ElastiCache", name, unit, {**cluster, "CacheNodeId": "0001"})

    def find(self, namespace: str, name: str, dimensions: Mapping[str, str]) -> Emitted | None:
        """Who emits that metric, with exactly these dimensions; None if nobody does."""
        everything = (*self.of_app(), *self.of_aws())
        return next((metric for metric in everything if metric.is_it(namespace, name, dimensions)), None)

    def find_query(self, namespace: str, name: str, dimensions: tuple[str, ...]) -> Emitted | None:
        """As `find`, for a Metrics Insights query, which knows the names of the dimensions only."""
        return self.find(namespace, name, dict.fromkeys(dimensions, "anything"))
