"""The stack's outputs, each declared once: its name, what it is, and where its value comes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pulumi

from components.access.identity import Identity
from components.data.data_stores import DataStores
from components.data.logs import Logs
from components.data.logs_bucket import LogsBucket
from components.data.registry import Registry
from components.data.session_cache import SessionCache
from components.data.tables import TABLES
from components.edge.load_balancer import LoadBalancer
from components.lib.names import CONTAINER
from components.monitoring.monitoring import Monitoring
from components.network import Network
from components.service.cluster import Cluster
from components.service.service import Service


@dataclass(frozen=True, kw_only=True)
class Stack:
    """The components of a stack that have outputs."""

    region: str
    network: Network
    registry: Registry
    stores: DataStores
    cache: SessionCache | None  # None without Redis
    logs: Logs
    logs_bucket: LogsBucket | None  # None without traffic logs
    identity: Identity
    load_balancer: LoadBalancer
    cluster: Cluster
    monitoring: Monitoring
    service: Service | None  # None before the first image

    def export(self) -> None:
        """Exports the outputs that the stack has."""
        for output in OUTPUTS:
            value = output.value(self)
            if value is not None:
                pulumi.export(output.name, value)


Value = pulumi.Input[str] | Mapping[str, pulumi.Input[str]]


@dataclass(frozen=True)
class Output:
    """One output. A stack has no output whose value is None."""

    name: str
    help: str
    value: Callable[[Stack], Value | None]


OUTPUTS: Final[Sequence[Output]] = (
    Output("url", "the URL for clients", lambda stack: stack.load_balancer.url),
    Output("loadBalancerDnsName", "the load balancer's DNS name", lambda stack: stack.load_balancer.dns_name),
    Output("region", "the region", lambda stack: stack.region),
    Output("vpcId", "the VPC", lambda stack: stack.network.vpc_id),
    Output("clusterName", "the ECS cluster", lambda stack: stack.cluster.name),
    Output("serviceName", "with `imageTag`: the ECS service", lambda stack: stack.service and stack.service.name),
    Output(
        "taskDefinitionArn",
        "with `imageTag`: the deployed revision of the task definition",
        lambda stack: stack.service and stack.service.task_definition_arn,
    ),
    Output(
        "taskFamily",
        "with `imageTag`: the family of the task definition",
        lambda stack: stack.service and stack.service.task_family,
    ),
    Output("containerName", "with `imageTag`: the app's container", lambda stack: stack.service and CONTAINER),
    Output("logGroupName", "the log group of the tasks", lambda stack: stack.logs.group_name),
    Output("repositoryUrl", "the ECR repository, for `docker push`", lambda stack: stack.registry.repository_url),
    Output(
        "executionRoleArn", "the role with which ECS starts the tasks", lambda stack: stack.identity.roles.execution_arn
    ),
    Output("taskRoleArn", "the role of the app", lambda stack: stack.identity.roles.task_arn),
    Output("tableNames", "the DynamoDB tables: short name → name", lambda stack: stack.stores.table_names),
    *(
        Output(
            f"{table}TableName",
            f"the DynamoDB table {table}",
            lambda stack, table=table: stack.stores.table_names[table],
        )
        for table in TABLES
    ),
    Output("recordingsBucketName", "the S3 bucket of the recordings", lambda stack: stack.stores.bucket_name),
    Output(
        "logsBucketName",
        "with `accessLogs` or `flowLogs`: the S3 bucket of these logs",
        lambda stack: stack.logs_bucket and stack.logs_bucket.bucket_name,
    ),
    Output(
        "redisEndpoint", "with `redisEnabled`: `host:port` of Redis", lambda stack: stack.cache and stack.cache.endpoint
    ),
    Output("alarmTopicArn", "the SNS topic of the alarms", lambda stack: stack.monitoring.notifications.topic_arn),
    Output("dashboardName", "the CloudWatch dashboard", lambda stack: stack.monitoring.dashboard.name),
)
