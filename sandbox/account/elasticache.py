"""Amazon ElastiCache: replication groups with all their nodes, changes and deletion.

moto creates the first node only, does not list the nodes of a group (whose descriptions hold version, subnets and
maintenance window), changes six properties of a group, and deletes nothing. No call returns a token, as on AWS.

Source: Amazon ElastiCache API Reference: CreateReplicationGroup, ModifyReplicationGroup, IncreaseReplicaCount,
DecreaseReplicaCount, DeleteReplicationGroup, DescribeCacheClusters, CacheCluster, ModifyCacheSubnetGroup,
DeleteCacheSubnetGroup.
"""

import itertools
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.elasticache.exceptions import CacheClusterNotFound, ElastiCacheException
from moto.elasticache.models import CacheSubnetGroup
from moto.elasticache.responses import ElastiCacheResponse

from sandbox.account.patching import adds, replaces

# Parameters of ModifyReplicationGroup that moto ignores, and its attributes for them.
_IGNORED_BY_MOTO = {
    "EngineVersion": "engine_version",
    "PreferredMaintenanceWindow": "preferred_maintenance_window",
    "SnapshotWindow": "snapshot_window",
    "SecurityGroupIds": "security_group_ids",
    "AutoMinorVersionUpgrade": "auto_minor_version_upgrade",
    "TransitEncryptionMode": "transit_encryption_mode",
    "TransitEncryptionEnabled": "transit_encryption_enabled",
}


@replaces(ElastiCacheResponse)
def create_replication_group(original: Callable[[], ActionResult], request: Any) -> ActionResult:
    """Creates a group with all the nodes that it requests, in a subnet group that exists."""
    name = request._get_param("CacheSubnetGroupName")
    if name:
        request.elasticache_backend.describe_cache_subnet_groups(name)
    answer = original()
    group = _group(request)
    _set_nodes(group, request._get_int_param("NumCacheClusters") or len(group.member_clusters))
    return answer


@replaces(ElastiCacheResponse)
def modify_replication_group(original: Callable[[], ActionResult], request: Any) -> ActionResult:
    """Changes a group at once. Refuses to take snapshots from a node that the group does not have."""
    group = _group(request)
    source = request._get_param("SnapshottingClusterId")
    if source and source not in group.member_clusters:
        raise CacheClusterNotFound(source)
    original()
    for parameter, attribute in _IGNORED_BY_MOTO.items():
        value = request._get_param(parameter)
        if value is not None:
            setattr(group, attribute, value)
    if request._get_param("AuthToken"):
        group.auth_token_enabled, group.auth_token_last_modified_date = True, utcnow()
    elif request._get_param("AuthTokenUpdateStrategy") == "DELETE":
        group.auth_token_enabled = False
    return ActionResult({"ReplicationGroup": group})


@adds(ElastiCacheResponse)
def increase_replica_count(request: Any) -> ActionResult:
    """Adds nodes to a group."""
    return _change_replica_count(request)


@adds(ElastiCacheResponse)
def decrease_replica_count(request: Any) -> ActionResult:
    """Removes nodes from a group."""
    return _change_replica_count(request)


def _change_replica_count(request: Any) -> ActionResult:
    group = _group(request)
    _set_nodes(group, request._get_int_param("NewReplicaCount") + 1)
    return ActionResult({"ReplicationGroup": group})


@replaces(ElastiCacheResponse)
def delete_replication_group(_original: Callable[[], ActionResult], request: Any) -> ActionResult:
    """Deletes a group with its nodes at once. Refuses a final snapshot whose name is in use."""
    backend, group = request.elasticache_backend, _group(request)
    snapshot = request._get_param("FinalSnapshotIdentifier")
    if snapshot:
        backend.create_snapshot(snapshot, group.replication_group_id, None, None, None)
    group.status = "deleting"
    del backend.replication_groups[group.replication_group_id]
    backend.tagging_service.delete_all_tags_for_resource(group.arn)
    return ActionResult({"ReplicationGroup": group})


@replaces(ElastiCacheResponse)
def describe_cache_clusters(_original: Callable[[], ActionResult], request: Any) -> ActionResult:
    """Returns the nodes of all groups, or one node."""
    requested = request._get_param("CacheClusterId")
    groups = request.elasticache_backend.replication_groups.values()
    nodes = [_node(group, name) for group in groups for name in group.member_clusters if requested in (None, name)]
    if requested and not nodes:
        raise CacheClusterNotFound(requested)
    return ActionResult({"CacheClusters": nodes})


@adds(ElastiCacheResponse)
def modify_cache_subnet_group(request: Any) -> ActionResult:
    """Changes the description and the subnets of a subnet group. No subnet can be removed while a cache uses the group.

    Amazon ElastiCache User Guide, "Modifying a subnet group": no subnet in use can be removed. ElastiCache chooses the
    subnets of the nodes. Here they are in all.
    """
    backend = request.elasticache_backend
    (group,) = backend.describe_cache_subnet_groups(request._get_param("CacheSubnetGroupName"))
    removed = {*group.subnet_ids} - {*(request._get_param("SubnetIds") or group.subnet_ids)}
    if removed and _is_used(backend, group):
        raise ElastiCacheException("SubnetInUse", f"The subnet {min(removed)} is in use by a cache cluster.")
    changed = CacheSubnetGroup(
        backend.account_id,
        backend.region_name,
        group.cache_subnet_group_name,
        request._get_param("CacheSubnetGroupDescription") or group.cache_subnet_group_description,
        request._get_param("SubnetIds") or group.subnet_ids,
        group.tags,
    )
    backend.cache_subnet_groups[group.cache_subnet_group_name] = changed
    return ActionResult({"CacheSubnetGroup": changed})


@adds(ElastiCacheResponse)
def delete_cache_subnet_group(request: Any) -> ActionResult:
    """Refuses while a replication group is in the subnet group."""
    backend = request.elasticache_backend
    (group,) = backend.describe_cache_subnet_groups(request._get_param("CacheSubnetGroupName"))
    name = group.cache_subnet_group_name
    if _is_used(backend, group):
        message = f"Cache subnet group {name} is currently in use by a cache cluster."
        raise ElastiCacheException("CacheSubnetGroupInUse", message)
    del backend.cache_subnet_groups[name]
    backend.tagging_service.delete_all_tags_for_resource(group.arn)
    return EmptyResult()


def _is_used(backend: Any, subnet_group: Any) -> bool:
    name = subnet_group.cache_subnet_group_name
    return any(name == one.cache_subnet_group_name for one in backend.replication_groups.values())


def _group(request: Any) -> Any:
    (group,) = request.elasticache_backend.describe_replication_groups(request._get_param("ReplicationGroupId"))
    return group


def _set_nodes(group: Any, count: int) -> None:
    """Gives a group `count` nodes, the first of which is the primary.

    ElastiCache chooses which nodes it removes, so the numbers of the others may start anywhere. Here the oldest nodes
    go, which a caller does not expect.
    """
    (shard,) = group.node_groups
    members: list[dict[str, Any]] = shard["node_group_members"]
    del members[: max(len(members) - count, 0)]
    group.member_clusters[:] = [one["cache_cluster_id"] for one in members]
    first = members[0] = {**members[0], "current_role": "primary"}
    numbers = (f"{group.replication_group_id}-{number:03}" for number in itertools.count(1))
    unused = (name for name in numbers if name not in group.member_clusters)
    while len(members) < count:
        name = next(unused)
        address = first["read_endpoint"]["address"].partition(".")[2]
        endpoint = {"address": f"{name}.{address}", "port": group.port}
        members.append({**first, "cache_cluster_id": name, "read_endpoint": endpoint, "current_role": "replica"})
        group.member_clusters.append(name)


def _node(group: Any, name: str) -> dict[str, Any]:
    """Returns a node, which has the settings of its group."""
    security_groups: list[str] = group.security_group_ids or []
    return {
        **vars(group),
        "cache_cluster_id": name,
        "cache_cluster_status": group.status,
        "arn": f"{group.arn.partition(':replicationgroup:')[0]}:cluster:{name}",
        "num_cache_nodes": 1,
        "security_groups": [{"security_group_id": one, "status": "active"} for one in security_groups],
    }
