"""Amazon ElastiCache: subnet groups and replication groups with cluster mode disabled.

A group's description lacks the version, subnets, security groups and maintenance window. Its first node's has them.
"""

from collections.abc import Callable, Iterator
from typing import Any

from ..resource import Call, Context, Name, Read, Resource, Tags
from ..rules import Fault, between, given, matches, number, one_of
from ..values import Values

_TIME = r"([01]\d|2[0-3]):[0-5]\d"
_MOMENT = rf"(mon|tue|wed|thu|fri|sat|sun):{_TIME}"


def _replication_group_rules(inputs: Values) -> Iterator[Fault]:
    """Amazon ElastiCache API Reference, CreateReplicationGroup; User Guide, "Authenticating with the AUTH command".

    terraform-provider-aws, internal/service/elasticache/engine_version.go: an engine's version from 6 has two numbers.
    """
    rule = "must be 16 to 128 letters, digits and the characters ! & # $ ^ < > -"
    yield from matches(inputs, "authToken", r"[A-Za-z0-9!&#$^<>-]{16,128}", rule)
    rule = "must be 1 to 40 letters, digits and single hyphens, starting with a letter and not ending with a hyphen"
    yield from matches(inputs, "replicationGroupId", r"(?!.*--)[A-Za-z][A-Za-z0-9-]{0,39}(?<!-)", rule)
    yield from one_of(inputs, "authTokenUpdateStrategy", "SET", "ROTATE", "DELETE")
    yield from between(inputs, "numCacheClusters", 1, 6)
    yield from between(inputs, "snapshotRetentionLimit", 0, 35, "days")
    yield from matches(inputs, "maintenanceWindow", f"{_MOMENT}-{_MOMENT}", "must be ddd:hh:mm-ddd:hh:mm")
    yield from matches(inputs, "snapshotWindow", f"{_TIME}-{_TIME}", "must be hh:mm-hh:mm")
    yield from matches(inputs, "engineVersion", r"[6-9]\.\d+|6\.x", "must be major.minor, such as 7.2")
    if given(inputs, "authToken") and inputs.get("transitEncryptionEnabled") in (None, False):
        yield Fault("authToken", "needs transitEncryptionEnabled")
    if inputs.get("automaticFailoverEnabled") is True and number(inputs.get("numCacheClusters")) == 1:
        yield Fault("automaticFailoverEnabled", "needs numCacheClusters of at least 2", True)
    if inputs.get("multiAzEnabled") is True and inputs.get("automaticFailoverEnabled") in (None, False):
        yield Fault("multiAzEnabled", "needs automaticFailoverEnabled", True)


_TAGS = Tags(
    "AddTagsToResource",
    "RemoveTagsFromResource",
    params=lambda it: {"ResourceName": it["arn"]},
    listed_at="TagList",
)


def _subnet_group(found: Any, _: Context) -> Values:
    return {"subnetIds": [subnet["SubnetIdentifier"] for subnet in found["Subnets"]]}


SUBNET_GROUP = Resource(
    "aws:elasticache/subnetGroup:SubnetGroup",
    service="elasticache",
    create=Call("CreateCacheSubnetGroup", ("name", "description", "subnetIds")),
    id="name",
    identity=lambda it: {"CacheSubnetGroupName": it.id},
    read=(Read("DescribeCacheSubnetGroups", at="CacheSubnetGroups", show=_subnet_group),),
    update=(Call("ModifyCacheSubnetGroup", ("description", "subnetIds"), send_all=True),),
    delete=(Call("DeleteCacheSubnetGroup"),),
    rename={"name": "CacheSubnetGroupName", "description": "CacheSubnetGroupDescription"},
    outputs=("arn", "vpcId"),
    defaults={"description": "Managed by Pulumi"},
    name=Name("name"),
    tags=_TAGS,
)


def _group(group: Any, it: Context) -> Values:
    node_groups: list[Values] = group.get("NodeGroups", [])
    endpoint: Values = node_groups[0].get("PrimaryEndpoint", {}) if node_groups else {}
    return {
        "automaticFailoverEnabled": group.get("AutomaticFailover") in ("enabled", "enabling"),
        "multiAzEnabled": group.get("MultiAZ") == "enabled",
        "numCacheClusters": len(group.get("MemberClusters", [])),
        # No call shows a token. As long as the group has one, it is the one that was set last.
        "authToken": (it["authToken"] or it.olds.get("authToken")) if group.get("AuthTokenEnabled") else None,
        "port": endpoint.get("Port"),
        "primaryEndpointAddress": endpoint.get("Address", ""),
    }


def _first_node(node: Any, it: Context) -> Values:
    actual, given = str(node.get("EngineVersion", "")), it["engineVersion"]
    return {
        # A program gives 7.2 for what runs as 7.2.6.
        "engineVersion": given if isinstance(given, str) and actual.startswith(f"{given}.") else actual,
        "engineVersionActual": actual,
        "securityGroupIds": [group["SecurityGroupId"] for group in node.get("SecurityGroups", [])],
    }


def _needs_other_group(olds: Values, news: Values) -> list[str]:
    """The AWS provider replaces a group for a change of engine other than redis to valkey, for an older version, and
    for encryption in transit where the version cannot turn it on and off."""
    actual, wanted = _version(olds.get("engineVersionActual")), _version(news.get("engineVersion"))
    replaces = {
        "engine": (olds.get("engine"), news.get("engine")) != ("redis", "valkey"),
        "engineVersion": wanted < actual[: len(wanted)],
        "transitEncryptionEnabled": actual < (7, 0, 5),
    }
    return [name for name, needed in replaces.items() if needed]


def _version(text: Any) -> tuple[int, ...]:
    """7.2.6 as numbers; of `6.x` the first one."""
    return tuple(int(part) for part in str(text).split(".") if part.isdigit())


def _replicas(*, more: bool) -> Callable[[Values, Context], list[Values]]:
    """The new count of replicas, for the call that increases it or for the one that decreases it."""

    def build(values: Values, it: Context) -> list[Values]:
        wanted, present = values["numCacheClusters"], it.olds.get("numCacheClusters", 0)
        return [{"newReplicaCount": wanted - 1}] if (wanted > present) is more and wanted != present else []

    return build


def _at_once(it: Context) -> Values:
    return {"ReplicationGroupId": it.id, "ApplyImmediately": True}


def _change(it: Context) -> Values:
    """The AWS provider takes snapshots that are turned on from the first node (internal/service/elasticache/
    replication_group.go, resourceReplicationGroupUpdate: "a real hack").
    """
    change = {"ReplicationGroupId": it.id, "ApplyImmediately": it["applyImmediately"] is True}
    if it["snapshotRetentionLimit"] and not it.olds.get("snapshotRetentionLimit"):
        change["SnapshottingClusterId"] = f"{it.id}-001"
    return change


_MODIFIED = (
    *("description", "engine", "engineVersion", "nodeType", "automaticFailoverEnabled", "multiAzEnabled"),
    *("securityGroupIds", "maintenanceWindow", "snapshotWindow", "snapshotRetentionLimit"),
    *("autoMinorVersionUpgrade", "transitEncryptionEnabled", "transitEncryptionMode"),
)

REPLICATION_GROUP = Resource(
    "aws:elasticache/replicationGroup:ReplicationGroup",
    service="elasticache",
    create=Call(
        "CreateReplicationGroup",
        (
            *("replicationGroupId", "numCacheClusters", "port", "subnetGroupName", "atRestEncryptionEnabled"),
            *("authToken", *_MODIFIED),
        ),
    ),
    id="replicationGroupId",
    identity=lambda it: {"ReplicationGroupId": it.id},
    read=(
        Read("DescribeReplicationGroups", at="ReplicationGroups", show=_group),
        Read("DescribeCacheClusters", at="CacheClusters", show=_first_node),
    ),
    # Failover needs a replica: replicas are added before failover is turned on, and removed after it is turned off.
    update=(
        Call("IncreaseReplicaCount", ("numCacheClusters",), params=_at_once, prepare=_replicas(more=True)),
        Call("ModifyReplicationGroup", _MODIFIED, params=_change),
        Call(
            "ModifyReplicationGroup",
            ("authToken",),
            params=lambda it: {**_at_once(it), "AuthTokenUpdateStrategy": it["authTokenUpdateStrategy"]},
        ),
        Call("DecreaseReplicaCount", ("numCacheClusters",), params=_at_once, prepare=_replicas(more=False)),
    ),
    delete=(Call("DeleteReplicationGroup", ("finalSnapshotIdentifier",)),),
    rename={
        "description": "ReplicationGroupDescription",
        "nodeType": "CacheNodeType",
        "subnetGroupName": "CacheSubnetGroupName",
        "maintenanceWindow": "PreferredMaintenanceWindow",
    },
    shown_as={"description": "Description"},
    outputs=(
        *("arn", "atRestEncryptionEnabled", "engine", "engineVersion", "engineVersionActual", "maintenanceWindow"),
        *("memberClusters", "nodeType", "numCacheClusters", "primaryEndpointAddress", "securityGroupIds"),
        *("snapshotWindow", "subnetGroupName", "transitEncryptionEnabled", "transitEncryptionMode"),
    ),
    keeps=("applyImmediately", "autoMinorVersionUpgrade"),
    defaults={"automaticFailoverEnabled": False, "multiAzEnabled": False},
    local=("applyImmediately", "authTokenUpdateStrategy", "finalSnapshotIdentifier"),
    name=Name("replicationGroupId", max_length=40, transform=str.lower),
    tags=_TAGS,
    replaces_if=_needs_other_group,
    secret=("authToken",),
    # The AWS provider's CustomizeDiff: ComputedIf("member_clusters", …).
    unknown_with={"memberClusters": ("numCacheClusters",)},
    rules=_replication_group_rules,
)

RESOURCES = (SUBNET_GROUP, REPLICATION_GROUP)
