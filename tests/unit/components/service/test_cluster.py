"""The cluster."""

from __future__ import annotations

import pulumi
import pytest

from components.service.cluster import Cluster, ClusterArgs
from tests.support.mocks import Deployment, deploy


def build(container_insights: str = "enhanced") -> Deployment:
    def program() -> None:
        cluster = Cluster("cluster", ClusterArgs("voiceter-cluster-dev", container_insights))
        pulumi.export("name", cluster.name)
        pulumi.export("arn", cluster.arn)

    return deploy(program)


@pytest.mark.parametrize("container_insights", ["enhanced", "enabled", "disabled"])
def test_cluster_reports_to_container_insights_as_the_configuration_says(container_insights: str) -> None:
    run = build(container_insights)
    assert run.one("ecs/cluster:Cluster").inputs == {
        "name": "voiceter-cluster-dev",
        "settings": [{"name": "containerInsights", "value": container_insights}],
    }
    assert run.exports["name"] == "voiceter-cluster-dev"
    assert run.exports["arn"].endswith(":cluster/voiceter-cluster-dev")


def test_cluster_has_fargate_and_fargate_spot() -> None:
    assert build().one(":ClusterCapacityProviders").inputs == {
        "clusterName": "voiceter-cluster-dev",
        "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
    }
