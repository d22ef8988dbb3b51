"""Amazon ElastiCache: subnet groups and replication groups with cluster mode disabled.

What a group's description does not say, that of its first node does: version, subnets, security groups, maintenance.
"""

from typing import Any

from ..spec import Call, Context, Resource, Tags, pairs
from ..values import Values

_TAGS = Tags("AddTagsToResource RemoveTagsFromResource ResourceName={arn}", "ListTagsForResource -> TagList")


def _described(found: Any, context: Context) -> Values:
    group = found[0]
    endpoints: Values = group["NodeGroups"][0] if group.get("NodeGroups") else {}
    return {
        "automaticFailoverEnabled": group.get("AutomaticFailover") in ("enabled", "enabling"),
        "multiAzEnabled": group.get("MultiAZ") == "enabled",
        "numCacheClusters": len(group.get("MemberClusters", [])),
        "memberClusters": group.get("MemberClusters", []),
        "primaryEndpointAddress": endpoints.get("PrimaryEndpoint", {}).get("Address", ""),
        "readerEndpointAddress": endpoints.get("ReaderEndpoint", {}).get("Address", ""),
        "port": endpoints.get("PrimaryEndpoint", {}).get("Port"),
        # No call shows a token: as long as the group has one, it is the one that was set last.
        "authToken": context["authToken"] if group.get("AuthTokenEnabled") else None,
    }


def _first_node(found: Any, context: Context) -> Values:
    node = found[0]
    actual, given = str(node.get("EngineVersion", "")), context["engineVersion"]
    groups = node.get("SecurityGroups", [])
    return {
        # A program gives 7.2 for what runs as 7.2.6.
        "engineVersion": given if isinstance(given, str) and actual.startswith(f"{given}.") else actual,
        "engineVersionActual": actual,
        "securityGroupIds": [group["SecurityGroupId"] for group in groups],
    }


def _subnets(found: Any, _: Context) -> Values:
    return {"subnetIds": [subnet["SubnetIdentifier"] for subnet in found[0].get("Subnets", [])]}


def _replicas(*, more: bool) -> Any:
    """The count of replicas, for the one of two calls that changes it in this direction."""

    def build(values: Values, context: Context) -> list[Values]:
        wanted, present = values["numCacheClusters"], context.olds.get("numCacheClusters", 0)
        return [{"newReplicaCount": wanted - 1}] if (wanted > present) is more and wanted != present else []

    return build


RESOURCES = (
    Resource(
        "aws:elasticache/subnetGroup:SubnetGroup",
        create=Call("CreateCacheSubnetGroup name description subnetIds -> {name}"),
        read=Call("DescribeCacheSubnetGroups CacheSubnetGroupName={id} -> CacheSubnetGroups", take=_subnets),
        updates=Call("ModifyCacheSubnetGroup description subnetIds CacheSubnetGroupName={id}", whole=True),
        delete=Call("DeleteCacheSubnetGroup CacheSubnetGroupName={id}"),
        names={"name": "CacheSubnetGroupName", "description": "CacheSubnetGroupDescription"},
        outputs="arn vpcId",
        defaults={"description": "Managed by Pulumi"},
        name="name",
        tags=_TAGS,
    ),
    Resource(
        "aws:elasticache/replicationGroup:ReplicationGroup",
        create=Call(
            "CreateReplicationGroup replicationGroupId description engine engineVersion nodeType numCacheClusters "
            "automaticFailoverEnabled multiAzEnabled port parameterGroupName subnetGroupName securityGroupIds "
            "maintenanceWindow snapshotWindow snapshotRetentionLimit autoMinorVersionUpgrade "
            "atRestEncryptionEnabled kmsKeyId transitEncryptionEnabled transitEncryptionMode authToken "
            "-> {replicationGroupId}"
        ),
        read=(
            Call("DescribeReplicationGroups ReplicationGroupId={id} -> ReplicationGroups", take=_described),
            Call("DescribeCacheClusters CacheClusterId={id}-001 -> CacheClusters", take=_first_node),
        ),
        updates=(
            # Failover needs a replica: replicas come before it and go after it.
            Call(
                "IncreaseReplicaCount numCacheClusters ReplicationGroupId={id} ApplyImmediately=true",
                build=_replicas(more=True),
            ),
            Call(
                "ModifyReplicationGroup description engine engineVersion nodeType automaticFailoverEnabled "
                "multiAzEnabled parameterGroupName securityGroupIds maintenanceWindow snapshotWindow "
                "snapshotRetentionLimit autoMinorVersionUpgrade transitEncryptionEnabled transitEncryptionMode "
                "ReplicationGroupId={id} ApplyImmediately={applyImmediately}"
            ),
            Call(
                "ModifyReplicationGroup authToken ReplicationGroupId={id} ApplyImmediately=true "
                "AuthTokenUpdateStrategy={authTokenUpdateStrategy}"
            ),
            Call(
                "DecreaseReplicaCount numCacheClusters ReplicationGroupId={id} ApplyImmediately=true",
                build=_replicas(more=False),
            ),
        ),
        delete=Call("DeleteReplicationGroup finalSnapshotIdentifier ReplicationGroupId={id}"),
        names=pairs(
            "description=ReplicationGroupDescription nodeType=CacheNodeType "
            "parameterGroupName=CacheParameterGroupName subnetGroupName=CacheSubnetGroupName "
            "maintenanceWindow=PreferredMaintenanceWindow"
        ),
        reads=pairs("description=Description parameterGroupName=CacheParameterGroup.CacheParameterGroupName"),
        outputs="arn clusterEnabled engineVersionActual memberClusters primaryEndpointAddress readerEndpointAddress"
        " engineVersion maintenanceWindow nodeType numCacheClusters securityGroupIds snapshotWindow"
        " transitEncryptionMode",
        defaults={"engine": "redis", "autoMinorVersionUpgrade": True},
        local="applyImmediately authTokenUpdateStrategy finalSnapshotIdentifier",
        name="replicationGroupId",
        limit=40,
        secret="authToken",  # noqa: S106 - the name of a property
        tags=_TAGS,
    ),
)
