"""The cluster."""

from __future__ import annotations

import pytest

from components.service.cluster import Cluster, ClusterArgs
from recording.deployment import Deployment
from recording.mocks import deploy

KEY = "arn:aws:kms:us-east-1:123456789012:key/0a1b"


def build(log_group_has_key: bool, session_key: str | None) -> Deployment:
    args = ClusterArgs(
        "voiceter-cluster-dev",
        "enhanced",
        log_group="/ecs/voiceter-backend-dev",
        log_group_has_key=log_group_has_key,
        session_key=session_key,
    )
    return deploy(lambda: Cluster("cluster", args))


@pytest.mark.parametrize(("log_group_has_key", "session_key"), [(False, None), (True, KEY), (False, KEY)])
def test_sessions_of_a_shell_are_logged_and_encrypted(log_group_has_key: bool, session_key: str | None) -> None:
    cluster = build(log_group_has_key, session_key).one("ecs/cluster:Cluster")
    assert cluster.inputs["configuration"]["executeCommandConfiguration"] == {
        "logging": "OVERRIDE",
        "logConfiguration": {
            "cloudWatchLogGroupName": "/ecs/voiceter-backend-dev",
            "cloudWatchEncryptionEnabled": log_group_has_key,
        },
        **({"kmsKeyId": session_key} if session_key else {}),
    }
