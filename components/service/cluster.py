"""The ECS cluster."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True)
class ClusterArgs:
    """The inputs of `Cluster`."""

    name: str
    container_insights: str  # enhanced, enabled or disabled


class Cluster(pulumi.ComponentResource):
    """A cluster on Fargate and Fargate Spot, which may report to Container Insights."""

    arn: pulumi.Output[str]
    name: pulumi.Output[str]

    def __init__(self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("voiceter:cluster:Cluster", name, {}, opts)
        cluster = aws.ecs.Cluster(
            "cluster",
            name=args.name,
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
