"""The cluster."""

from __future__ import annotations

import pulumi
import pytest

from components.service.cluster import Cluster, ClusterArgs
from recording.deployment import Deployment
from recording.mocks import deploy

KEY = "arn:aws:kms:us-east-1:123456789012:key/0a1b"


def build(
    container_insights: str = "enhanced", log_group_has_key: bool = False, session_key: str | None = None
) -> Deployment:
    def program() -> None:
        cluster = Cluster(
            "cluster",
            ClusterArgs(
                "voiceter-cluster-dev",
                container_insights,
                log_group="/ecs/voiceter-backend-dev",
                log_group_has_key=log_group_has_key,
                session_key=session_key,
            ),
        )
        pulumi.export("name", cluster.name)
        pulumi.export("arn", cluster.arn)

    return deploy(program)


@pytest.mark.parametrize("container_insights", ["enhanced", "enabled", "disabled"])
def test_cluster_reports_to_container_insights_as_the_configuration_says(container_insights: str) -> None:
    run = build(container_insights)
    inputs = run.one("ecs/cluster:Cluster").inputs
    assert inputs["name"] == "voiceter-cluster-dev"
    assert inputs["settings"] == [{"name": "containerInsights", "value": container_insights}]
    assert run.exports["name"] == "voiceter-cluster-dev"
    assert run.exports["arn"].endswith(":cluster/voiceter-cluster-dev")


def test_cluster_has_fargate_and_fargate_spot() -> None:
    assert build().one(":ClusterCapacityProviders").inputs == {
        "clusterName": "voiceter-cluster-dev",
        "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
    }


@pytest.mark.parametrize(("log_group_has_key", "session_key"), [(False, None), (True, KEY), (False, KEY)])
def test_sessions_of_a_shell_are_logged_and_encrypted(log_group_has_key: bool, session_key: str | None) -> None:
    cluster = build(log_group_has_key=log_group_has_key, session_key=session_key).one("ecs/cluster:Cluster")
    assert cluster.inputs["configuration"]["executeCommandConfiguration"] == {
        "logging": "OVERRIDE",
        "logConfiguration": {
            "cloudWatchLogGroupName": "/ecs/voiceter-backend-dev",
            "cloudWatchEncryptionEnabled": log_group_has_key,
        },
        **({"kmsKeyId": session_key} if session_key else {}),
    }
