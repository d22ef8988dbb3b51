"""Replication groups and subnet groups of Amazon ElastiCache in the account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.tests.account.world import ACCOUNT, REGION, World, refused

TOKEN = "hunter2-hunter2-hunter2"  # noqa: S105 - made up
NODES = ["app-001", "app-002"]


@pytest.fixture
def caches(aws: Callable[[str], Any]) -> Any:
    """A client of an account with a replication group of two nodes."""
    caches = aws("elasticache")
    caches.create_cache_subnet_group(
        CacheSubnetGroupName="app", CacheSubnetGroupDescription="app", SubnetIds=World().subnets
    )
    caches.create_replication_group(
        ReplicationGroupId="app",
        ReplicationGroupDescription="app",
        Engine="redis",
        EngineVersion="7.2",
        CacheNodeType="cache.t4g.small",
        NumCacheClusters=2,
        AutomaticFailoverEnabled=True,
        MultiAZEnabled=True,
        CacheSubnetGroupName="app",
        TransitEncryptionEnabled=True,
        AuthToken=TOKEN,
    )
    return caches


def described(caches: Any) -> dict[str, Any]:
    return caches.describe_replication_groups(ReplicationGroupId="app")["ReplicationGroups"][0]


def test_group_has_all_its_nodes(caches: Any) -> None:
    group = described(caches)
    (shard,) = group["NodeGroups"]
    members = shard["NodeGroupMembers"]
    assert group["MemberClusters"] == NODES == [member["CacheClusterId"] for member in members]
    assert [member["CurrentRole"] for member in members] == ["primary", "replica"]
    assert len({member["ReadEndpoint"]["Address"] for member in members}) == 2
    nodes = caches.describe_cache_clusters()["CacheClusters"]
    assert [(node["CacheClusterId"], node["EngineVersion"], node["CacheSubnetGroupName"]) for node in nodes] == [
        (name, "7.2", "app") for name in NODES
    ]
    assert [node["ARN"] for node in nodes] == [
        f"arn:aws:elasticache:{REGION}:{ACCOUNT}:cluster:{name}" for name in NODES
    ]
    with refused("CacheClusterNotFound"):
        caches.describe_cache_clusters(CacheClusterId="app-003")


def test_number_of_nodes_changes_in_both_directions(caches: Any) -> None:
    change = {"ReplicationGroupId": "app", "ApplyImmediately": True}
    caches.increase_replica_count(**change, NewReplicaCount=5)
    assert described(caches)["MemberClusters"] == [f"app-{number:03}" for number in range(1, 7)]
    caches.decrease_replica_count(**change, NewReplicaCount=1)
    group = described(caches)
    assert group["MemberClusters"] == ["app-005", "app-006"], "ElastiCache chooses which nodes it removes"
    members = group["NodeGroups"][0]["NodeGroupMembers"]
    assert [(one["CacheClusterId"], one["CurrentRole"]) for one in members] == [
        ("app-005", "primary"),
        ("app-006", "replica"),
    ]
    caches.increase_replica_count(**change, NewReplicaCount=2)
    assert described(caches)["MemberClusters"] == ["app-005", "app-006", "app-001"]
    caches.decrease_replica_count(**change, NewReplicaCount=1)
    assert described(caches)["MemberClusters"] == ["app-006", "app-001"]
    caches.decrease_replica_count(**change, NewReplicaCount=0)
    assert described(caches)["MemberClusters"] == ["app-001"]


def test_subnet_of_a_cache_stays_in_its_subnet_group(caches: Any) -> None:
    """Amazon ElastiCache API Reference, ModifyCacheSubnetGroup (SubnetInUse)."""
    (group,) = caches.describe_cache_subnet_groups()["CacheSubnetGroups"]
    first = group["Subnets"][0]["SubnetIdentifier"]
    change: dict[str, Any] = {"CacheSubnetGroupName": "app"}
    with refused("SubnetInUse"):
        caches.modify_cache_subnet_group(**change, SubnetIds=[first])
    caches.modify_cache_subnet_group(**change, CacheSubnetGroupDescription="other")
    (group,) = caches.describe_cache_subnet_groups()["CacheSubnetGroups"]
    assert (group["CacheSubnetGroupDescription"], len(group["Subnets"])) == ("other", 2)
    caches.delete_replication_group(ReplicationGroupId="app")
    caches.modify_cache_subnet_group(**change, SubnetIds=[first])


def test_group_is_deleted_with_a_final_snapshot_of_a_new_name_and_before_its_subnet_group(caches: Any) -> None:
    with refused("CacheSubnetGroupInUse"):
        caches.delete_cache_subnet_group(CacheSubnetGroupName="app")
    caches.create_snapshot(SnapshotName="app-final", ReplicationGroupId="app")
    last: dict[str, Any] = {"ReplicationGroupId": "app", "FinalSnapshotIdentifier": "app-final"}
    with refused("SnapshotAlreadyExistsFault"):
        caches.delete_replication_group(**last)
    caches.delete_snapshot(SnapshotName="app-final")
    caches.delete_replication_group(**last)
    assert [one["SnapshotName"] for one in caches.describe_snapshots()["Snapshots"]] == ["app-final"]
    caches.delete_cache_subnet_group(CacheSubnetGroupName="app")
    assert caches.describe_cache_subnet_groups()["CacheSubnetGroups"] == []
    assert caches.describe_cache_clusters()["CacheClusters"] == []
