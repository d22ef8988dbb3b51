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
        "authToken": (context["authToken"] or context.olds.get("authToken")) if group.get("AuthTokenEnabled") else None,
    }


lower = str.lower


def first_node(found: Any, context: Context) -> Values:
    node = found[0]
    actual, given = str(node.get("EngineVersion", "")), context["engineVersion"]
    return {
        # A program gives 7.2 for what runs as 7.2.6.
        "engineVersion": given if isinstance(given, str) and actual.startswith(f"{given}.") else actual,
        "engineVersionActual": actual,
    }


def other_group(olds: Values, news: Values) -> list[str]:
    """What the AWS provider makes another group for: any other engine but valkey for redis, an older version, and
    encryption in transit where the version cannot turn it on and off."""
    actual, wanted = _version(olds.get("engineVersionActual")), _version(news.get("engineVersion"))
    another = {
        "engine": (olds.get("engine"), news.get("engine")) != ("redis", "valkey"),
        "engineVersion": wanted < actual[: len(wanted)],
        "transitEncryptionEnabled": actual < (7, 0, 5),
    }
    return [name for name, replaces in another.items() if replaces]


def _version(text: Any) -> tuple[int, ...]:
    """7.2.6 as numbers, those of `6.x` as far as it has any."""
    return tuple(int(part) for part in str(text).split(".") if part.isdigit())


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
                atRestEncryptionEnabled kmsKeyId authToken Engine=redis
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
                atRestEncryptionEnabled engine subnetGroupName transitEncryptionEnabled
      defaults  automaticFailoverEnabled=false multiAzEnabled=false
      replaces  @other_group
      keeps     applyImmediately autoMinorVersionUpgrade parameterGroupName
      local     applyImmediately authTokenUpdateStrategy finalSnapshotIdentifier
      named     replicationGroupId 40 @lower
      secret    authToken
      tags      AddTagsToResource RemoveTagsFromResource ListTagsForResource ResourceName={arn} -> TagList
    """,
)
