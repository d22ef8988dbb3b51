"""Amazon ElastiCache: subnet groups and replication groups with cluster mode disabled.

What a group's description does not say, that of its first node does: version, subnets, security groups, maintenance.
"""

from typing import Any

from ..spec import Context, table
from ..values import Values


def described(found: Any, context: Context) -> Values:
    group = found[0]
    return {
        "automaticFailoverEnabled": group.get("AutomaticFailover") in ("enabled", "enabling"),
        "multiAzEnabled": group.get("MultiAZ") == "enabled",
        "numCacheClusters": len(group.get("MemberClusters", [])),
        # No call shows a token: as long as the group has one, it is the one that was set last.
        "authToken": context["authToken"] if group.get("AuthTokenEnabled") else None,
    }


def first_node(found: Any, context: Context) -> Values:
    node = found[0]
    actual, given = str(node.get("EngineVersion", "")), context["engineVersion"]
    return {
        # A program gives 7.2 for what runs as 7.2.6.
        "engineVersion": given if isinstance(given, str) and actual.startswith(f"{given}.") else actual,
        "engineVersionActual": actual,
    }


def _replicas(*, more: bool) -> Any:
    """The count of replicas, for the one of two calls that changes it in this direction."""

    def build(values: Values, context: Context) -> list[Values]:
        wanted, present = values["numCacheClusters"], context.olds.get("numCacheClusters", 0)
        return [{"newReplicaCount": wanted - 1}] if (wanted > present) is more and wanted != present else []

    return build


more = _replicas(more=True)
fewer = _replicas(more=False)

RESOURCES = table(
    globals(),
    """
    aws:elasticache/subnetGroup:SubnetGroup
      create    CreateCacheSubnetGroup name (description subnetIds) -> {name}
      read      DescribeCacheSubnetGroups CacheSubnetGroupName={id} -> CacheSubnetGroups
      put       ModifyCacheSubnetGroup () CacheSubnetGroupName={id}
      delete    DeleteCacheSubnetGroup CacheSubnetGroupName={id}
      names     name=CacheSubnetGroupName description=CacheSubnetGroupDescription
      reads     subnetIds=Subnets[].SubnetIdentifier
      outputs   arn vpcId
      defaults  description='Managed by Pulumi'
      named     name
      tags      AddTagsToResource RemoveTagsFromResource ListTagsForResource ResourceName={arn} -> TagList

    aws:elasticache/replicationGroup:ReplicationGroup
      create    CreateReplicationGroup replicationGroupId numCacheClusters port subnetGroupName
                atRestEncryptionEnabled kmsKeyId authToken
                (description engine engineVersion nodeType automaticFailoverEnabled multiAzEnabled parameterGroupName
                securityGroupIds maintenanceWindow snapshotWindow snapshotRetentionLimit autoMinorVersionUpgrade
                transitEncryptionEnabled transitEncryptionMode) -> {replicationGroupId}
      read      DescribeReplicationGroups ReplicationGroupId={id} @described -> ReplicationGroups
      read      DescribeCacheClusters CacheClusterId={id}-001 @first_node -> CacheClusters
      # Failover needs a replica: replicas come before it and go after it.
      update    IncreaseReplicaCount numCacheClusters ReplicationGroupId={id} ApplyImmediately=true @more
      update    ModifyReplicationGroup () ReplicationGroupId={id} ApplyImmediately={applyImmediately}
      update    ModifyReplicationGroup authToken ReplicationGroupId={id} ApplyImmediately=true
                AuthTokenUpdateStrategy={authTokenUpdateStrategy}
      update    DecreaseReplicaCount numCacheClusters ReplicationGroupId={id} ApplyImmediately=true @fewer
      delete    DeleteReplicationGroup finalSnapshotIdentifier ReplicationGroupId={id}
      names     description=ReplicationGroupDescription nodeType=CacheNodeType
                parameterGroupName=CacheParameterGroupName subnetGroupName=CacheSubnetGroupName
                maintenanceWindow=PreferredMaintenanceWindow
      reads     description=Description parameterGroupName=CacheParameterGroup.CacheParameterGroupName
                port=NodeGroups.PrimaryEndpoint.Port
      otherwise primaryEndpointAddress= readerEndpointAddress=
      outputs   arn clusterEnabled engineVersionActual memberClusters
                primaryEndpointAddress=NodeGroups.PrimaryEndpoint.Address
                readerEndpointAddress=NodeGroups.ReaderEndpoint.Address engineVersion maintenanceWindow nodeType
                numCacheClusters securityGroupIds=SecurityGroups[].SecurityGroupId snapshotWindow transitEncryptionMode
      defaults  engine=redis autoMinorVersionUpgrade=true
      local     applyImmediately authTokenUpdateStrategy finalSnapshotIdentifier
      named     replicationGroupId 40
      secret    authToken
      tags      AddTagsToResource RemoveTagsFromResource ListTagsForResource ResourceName={arn} -> TagList
    """,
)
