"""The ECS cluster."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True)
class ClusterArgs:
    """The inputs of `Cluster`."""

    name: str
    container_insights: str  # enhanced, enabled or disabled
    log_group: pulumi.Input[str]  # for the sessions of ECS Exec
    log_group_has_key: bool  # whether the log group has a KMS key
    session_key: pulumi.Input[str] | None  # the ARN of the KMS key of the sessions; None: they have TLS alone


class Cluster(pulumi.ComponentResource):
    """A cluster on Fargate and Fargate Spot, which may report to Container Insights."""

    arn: pulumi.Output[str]
    name: pulumi.Output[str]

    def __init__(self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("voiceter:cluster:Cluster", name, {}, opts)
        cluster = aws.ecs.Cluster(
            "cluster",
            name=args.name,
            # Always given: the AWS provider does not send a block that goes away (terraform-provider-aws,
            # internal/service/ecs/cluster.go, resourceClusterUpdate).
            configuration={"execute_command_configuration": _sessions(args)},
            settings=[{"name": "containerInsights", "value": args.container_insights}],
            opts=pulumi.ResourceOptions(parent=self),
        )
        aws.ecs.ClusterCapacityProviders(
            "fargate",
            cluster_name=cluster.name,
            capacity_providers=["FARGATE", "FARGATE_SPOT"],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = cluster.arn
        self.name = cluster.name
        self.register_outputs({"arn": self.arn, "name": self.name})


def _sessions(args: ClusterArgs) -> aws.ecs.ClusterConfigurationExecuteCommandConfigurationArgsDict:
    """Returns how sessions of ECS Exec are logged and encrypted."""
    sessions: aws.ecs.ClusterConfigurationExecuteCommandConfigurationArgsDict = {
        "logging": "OVERRIDE",
        "log_configuration": {
            "cloud_watch_log_group_name": args.log_group,
            # Session Manager then refuses a session if the log group has no key.
            "cloud_watch_encryption_enabled": args.log_group_has_key,
        },
    }
    if args.session_key:
        sessions["kms_key_id"] = args.session_key
    return sessions
