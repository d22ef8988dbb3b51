"""What the account has of Amazon ElastiCache beyond moto: all nodes of a replication group, changes, and an end.

moto keeps the first node alone when a group asks for a number of nodes, does not show the nodes by themselves (where
AWS shows version, subnets, security groups and maintenance window), changes six properties, and deletes nothing. A
token is kept by nobody here: as on AWS, no call shows it.

Source: Amazon ElastiCache API Reference, CreateReplicationGroup, ModifyReplicationGroup, IncreaseReplicaCount,
DecreaseReplicaCount, DeleteReplicationGroup, DescribeCacheClusters, ModifyCacheSubnetGroup, DeleteCacheSubnetGroup.
"""

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.elasticache.exceptions import CacheClusterNotFound, ElastiCacheException
from moto.elasticache.models import CacheSubnetGroup
from moto.elasticache.responses import ElastiCacheResponse

from sandbox.account.own import own, put

# Parameters of ModifyReplicationGroup that moto passes over, and its attributes for them.
_TEXTS = {
    "EngineVersion": "engine_version",
    "PreferredMaintenanceWindow": "preferred_maintenance_window",
    "SnapshotWindow": "snapshot_window",
    "SecurityGroupIds": "security_group_ids",
    "NotificationTopicArn": "notification_topic_arn",
    "CacheParameterGroupName": "cache_parameter_group_name",
    "AutoMinorVersionUpgrade": "auto_minor_version_upgrade",
    "TransitEncryptionMode": "transit_encryption_mode",
    "TransitEncryptionEnabled": "transit_encryption_enabled",
}


class _SubnetGroupInUse(ElastiCacheException):
    code = "CacheSubnetGroupInUse"

    def __init__(self, name: str) -> None:
        super().__init__(f"Cache subnet group {name} is currently in use by a cache cluster.")


class _NotPossible(ElastiCacheException):
    code = "InvalidParameterValue"


def install() -> None:
    """Add the operations to moto's ElastiCache, or put them in the place of its own."""
    put(
        ElastiCacheResponse,
        create_replication_group,
        modify_replication_group,
        increase_replica_count,
        decrease_replica_count,
        delete_replication_group,
        describe_cache_clusters,
        modify_cache_subnet_group,
        delete_cache_subnet_group,
    )


def create_replication_group(request: Any) -> ActionResult:
    """Make a group, with all the nodes that it asks for."""
    name = request._get_param("CacheSubnetGroupName")
    if name:
        request.elasticache_backend.describe_cache_subnet_groups(name)
    answer = own(create_replication_group)(request)
    group = _group(request)
    _set_nodes(group, request._get_int_param("NumCacheClusters") or len(group.member_clusters))
    return answer


def modify_replication_group(request: Any) -> ActionResult:
    """Change a group, at once."""
    group = _group(request)
    own(modify_replication_group)(request)
    for parameter, attribute in _TEXTS.items():
        value = request._get_param(parameter)
        if value is not None:
            setattr(group, attribute, value)
    if request._get_param("AuthToken"):
        group.auth_token_enabled, group.auth_token_last_modified_date = True, utcnow()
    elif request._get_param("AuthTokenUpdateStrategy") == "DELETE":
        group.auth_token_enabled = False
    return ActionResult({"ReplicationGroup": group})


def increase_replica_count(request: Any) -> ActionResult:
    """Add nodes to a group."""
    return _with_replicas(request, more=True)


def decrease_replica_count(request: Any) -> ActionResult:
    """Take nodes from a group."""
    return _with_replicas(request, more=False)


def _with_replicas(request: Any, *, more: bool) -> ActionResult:
    group = _group(request)
    nodes = request._get_int_param("NewReplicaCount") + 1
    if (nodes > len(group.member_clusters)) is not more or nodes == len(group.member_clusters):
        raise _NotPossible(f"The new replica count does not {'exceed' if more else 'fall below'} the present one.")
    if nodes == 1 and "enabled" in (group.automatic_failover, group.multi_az):
        raise _NotPossible("Automatic failover and Multi-AZ need at least one replica.")
    _set_nodes(group, nodes)
    return ActionResult({"ReplicationGroup": group})


def delete_replication_group(request: Any) -> ActionResult:
    """End a group with its nodes, at once. A final snapshot is not made: there is nothing in it."""
    backend, group = request.elasticache_backend, _group(request)
    group.status = "deleting"
    del backend.replication_groups[group.replication_group_id]
    backend.tagging_service.delete_all_tags_for_resource(group.arn)
    return ActionResult({"ReplicationGroup": group})


def describe_cache_clusters(request: Any) -> ActionResult:
    """The nodes of all groups, or one of them."""
    wanted = request._get_param("CacheClusterId")
    backend = request.elasticache_backend
    nodes = [_node(group, name) for group in backend.replication_groups.values() for name in group.member_clusters]
    found = [node for node in nodes if wanted in (None, node["CacheClusterId"])]
    if not found and wanted not in (None, *backend.cache_clusters):
        raise CacheClusterNotFound(wanted)
    others = [one for name, one in backend.cache_clusters.items() if wanted in (None, name)]
    return ActionResult({"CacheClusters": [*found, *others]})


def modify_cache_subnet_group(request: Any) -> ActionResult:
    """Change a subnet group's description and its subnets."""
    backend = request.elasticache_backend
    (group,) = backend.describe_cache_subnet_groups(request._get_param("CacheSubnetGroupName"))
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


def delete_cache_subnet_group(request: Any) -> ActionResult:
    """End a subnet group that no replication group is in."""
    backend = request.elasticache_backend
    (group,) = backend.describe_cache_subnet_groups(request._get_param("CacheSubnetGroupName"))
    name = group.cache_subnet_group_name
    if any(name == one.cache_subnet_group_name for one in backend.replication_groups.values()):
        raise _SubnetGroupInUse(name)
    del backend.cache_subnet_groups[name]
    backend.tagging_service.delete_all_tags_for_resource(group.arn)
    return EmptyResult()


def _group(request: Any) -> Any:
    (group,) = request.elasticache_backend.describe_replication_groups(request._get_param("ReplicationGroupId"))
    return group


def _set_nodes(group: Any, count: int) -> None:
    """Give a group with cluster mode disabled `count` nodes: the primary, and replicas numbered after it."""
    if group.cluster_mode == "enabled":
        return
    (shard,) = group.node_groups
    members, first = shard["node_group_members"], shard["node_group_members"][0]
    del members[count:], group.member_clusters[count:]
    for number in range(len(members) + 1, count + 1):
        name = f"{group.replication_group_id}-{number:03}"
        address = first["read_endpoint"]["address"].partition(".")[2]
        endpoint = {"address": f"{name}.{address}", "port": group.port}
        members.append({**first, "cache_cluster_id": name, "read_endpoint": endpoint, "current_role": "replica"})
        group.member_clusters.append(name)


def _node(group: Any, name: str) -> dict[str, Any]:
    security_groups: list[str] = group.security_group_ids or []
    return {
        "CacheClusterId": name,
        "CacheNodeType": group.cache_node_type,
        "Engine": group.engine,
        "EngineVersion": group.engine_version,
        "CacheClusterStatus": group.status,
        "NumCacheNodes": 1,
        "PreferredMaintenanceWindow": group.preferred_maintenance_window,
        "SecurityGroups": [{"SecurityGroupId": one, "Status": "active"} for one in security_groups],
        "CacheParameterGroup": {"CacheParameterGroupName": group.cache_parameter_group_name},
        "CacheSubnetGroupName": group.cache_subnet_group_name,
        "NotificationConfiguration": {"TopicArn": group.notification_topic_arn, "TopicStatus": "active"},
        "AutoMinorVersionUpgrade": group.auto_minor_version_upgrade,
        "ReplicationGroupId": group.replication_group_id,
        "SnapshotRetentionLimit": group.snapshot_retention_limit,
        "SnapshotWindow": group.snapshot_window,
        "AuthTokenEnabled": group.auth_token_enabled,
        "TransitEncryptionEnabled": group.transit_encryption_enabled,
        "AtRestEncryptionEnabled": group.at_rest_encryption_enabled,
        "TransitEncryptionMode": group.transit_encryption_mode,
    }
