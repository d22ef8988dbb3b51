"""The session cache is private, encrypted and has a token; the app gets its URL."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urlsplit

import pulumi
import pytest

from components.data.session_cache import Redis, SessionCache, SessionCacheArgs
from components.network import Placement
from recording.deployment import Deployment
from recording.mocks import deploy

TOKEN = "Az09!&#$^<>-Az09"  # noqa: S105 - every character that AWS takes
HOST = "master.voiceter-sessions-dev.use1.cache.amazonaws.com"


def build(token: str = TOKEN, protect: bool = False, **redis: Any) -> Deployment:
    def program() -> None:
        args = SessionCacheArgs(
            name="voiceter-sessions-dev",
            subnet_ids=["subnet-private-1", "subnet-private-2"],
            tasks=Placement("vpc-0a1b", ["subnet-public-1"], "sg-tasks"),
            redis=replace(Redis("cache.t4g.small", 1, pulumi.Output.secret(token)), **redis),
            protect=protect,
        )
        cache = SessionCache("session-cache", args)
        pulumi.export("url", cache.url)
        pulumi.export("endpoint", cache.endpoint)
        pulumi.export("nodes", cache.node_ids)

    return deploy(program)


def test_the_replication_group() -> None:
    group = build().one(":ReplicationGroup")
    assert group.inputs == {
        "replicationGroupId": "voiceter-sessions-dev",
        "description": "The sessions of the app",
        "engine": "valkey",
        "engineVersion": "7.2",
        "autoMinorVersionUpgrade": True,
        "nodeType": "cache.t4g.small",
        "numCacheClusters": 2,
        "automaticFailoverEnabled": True,
        "multiAzEnabled": True,
        "port": 6379,
        "subnetGroupName": "voiceter-sessions-dev",
        "securityGroupIds": ["SecurityGroup-cache-1a2b3c4"],
        "atRestEncryptionEnabled": True,
        "transitEncryptionEnabled": True,
        "transitEncryptionMode": "required",
        "authToken": TOKEN,
        "authTokenUpdateStrategy": "ROTATE",
        "applyImmediately": True,
        "maintenanceWindow": "sun:03:00-sun:04:00",
        "snapshotWindow": "01:00-02:00",
        "snapshotRetentionLimit": 0,
    }
    assert group.secret_inputs == {"authToken"}


@pytest.mark.parametrize("replicas", range(6))
def test_replicas_enable_failover_to_another_zone(replicas: int) -> None:
    run = build(replicas=replicas)
    group = run.one(":ReplicationGroup").inputs
    assert group["numCacheClusters"] == replicas + 1
    assert group["automaticFailoverEnabled"] is group["multiAzEnabled"] is (replicas > 0)
    assert run.exports["nodes"] == [f"voiceter-sessions-dev-00{number}" for number in range(1, replicas + 2)]


def test_protected_cache_has_snapshots_and_a_final_snapshot() -> None:
    group = build(protect=True).one(":ReplicationGroup")
    assert group.inputs["snapshotRetentionLimit"] == 7
    assert group.inputs["finalSnapshotIdentifier"] == "voiceter-sessions-dev-final"
    # The cache is not protected, so that one config edit turns Redis off.
    assert not group.protect


def test_only_the_tasks_reach_the_cache() -> None:
    run = build()
    group = run.one(":SecurityGroup")
    assert not {"ingress", "egress"} & set(group.inputs)
    cache = "SecurityGroup-cache-1a2b3c4"
    rules = {
        (kind, rule.inputs["securityGroupId"], rule.inputs["referencedSecurityGroupId"])
        for kind in ("Ingress", "Egress")
        for rule in run.all(f":SecurityGroup{kind}Rule")
    }
    assert rules == {("Ingress", cache, "sg-tasks"), ("Egress", "sg-tasks", cache)}
    for rule in (*run.all(":SecurityGroupIngressRule"), *run.all(":SecurityGroupEgressRule")):
        assert (rule.inputs["ipProtocol"], rule.inputs["fromPort"], rule.inputs["toPort"]) == ("tcp", 6379, 6379)
        assert "cidrIpv4" not in rule.inputs


@pytest.mark.parametrize("token", [TOKEN, "a" * 16, "#<>^" * 32])
def test_url_is_a_secret_with_an_encoded_token(token: str) -> None:
    run = build(token)
    assert run.secret_exports == {"url"}
    url = urlsplit(str(run.exports["url"]))
    assert (url.scheme, url.username, url.hostname, url.port, url.path) == ("rediss", "", HOST, 6379, "")
    assert unquote(url.password or "") == token
    assert run.exports["endpoint"] == f"{HOST}:6379"
