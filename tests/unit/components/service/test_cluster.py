"""The cluster."""

from __future__ import annotations

import pulumi

from components.service.cluster import Cluster, ClusterArgs
from tests.support.mocks import Deployment, deploy


def build() -> Deployment:
    def program() -> None:
        cluster = Cluster("cluster", ClusterArgs("voiceter-cluster-dev"))
        pulumi.export("name", cluster.name)
        pulumi.export("arn", cluster.arn)

    return deploy(program)


def test_container_insights_are_enhanced() -> None:
    run = build()
    assert run.one("ecs/cluster:Cluster").inputs == {
        "name": "voiceter-cluster-dev",
        "settings": [{"name": "containerInsights", "value": "enhanced"}],
    }
    assert run.exports["name"] == "voiceter-cluster-dev"
    assert run.exports["arn"].endswith(":cluster/voiceter-cluster-dev")


def test_cluster_has_fargate_and_fargate_spot() -> None:
    assert build().one(":ClusterCapacityProviders").inputs == {
        "clusterName": "voiceter-cluster-dev",
        "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
    }
