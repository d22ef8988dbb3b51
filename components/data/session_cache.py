"""Redis for the sessions: an ElastiCache replication group that only the tasks reach, over TLS and with a token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

import pulumi
import pulumi_aws as aws

from components.network import Placement

PORT = 6379

_ENGINE = "valkey"
# Valkey replaces Redis OSS 7: it is a fork of Redis 7.2, and costs less. ElastiCache installs patches of this minor
# version in the maintenance window.
_VERSION = "7.2"
# UTC: night in Europe, evening in America. ElastiCache requires 60 minutes or more for each (terraform-provider-aws,
# documentation of aws_elasticache_replication_group), and no overlap (its error, hashicorp/terraform #17247).
_SNAPSHOT_WINDOW = "01:00-02:00"
_MAINTENANCE_WINDOW = "sun:03:00-sun:04:00"
_SNAPSHOT_DAYS = 7


@dataclass(frozen=True)
class Redis:
    """The size of the cache, and its token."""

    node_type: str
    replicas: int  # beside the primary
    auth_token: pulumi.Output[str]  # secret


@dataclass(frozen=True)
class SessionCacheArgs:
    """The inputs of `SessionCache`."""

    name: str  # of the replication group and of its subnet group
    subnet_ids: pulumi.Input[Sequence[str]]
    tasks: Placement  # of the tasks, which alone reach the cache
    redis: Redis
    protect: bool  # whether ElastiCache takes snapshots, and a last snapshot when the cache is deleted


class SessionCache(pulumi.ComponentResource):
    """A Valkey replication group with cluster mode disabled, its security group, and the URL for the app."""

    endpoint: pulumi.Output[str]  # host:port of the primary
    url: pulumi.Output[str]  # secret, as it contains the token
    node_ids: Sequence[pulumi.Output[str]]  # as CloudWatch names the nodes

    def __init__(self, name: str, args: SessionCacheArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("voiceter:session_cache:SessionCache", name, {}, opts)
        security_group = self._security_group(args)
        subnets = aws.elasticache.SubnetGroup(
            "cache",
            name=args.name,
            description="The private subnets",
            subnet_ids=args.subnet_ids,
            opts=pulumi.ResourceOptions(parent=self),
        )
        group = aws.elasticache.ReplicationGroup(
            "cache",
            replication_group_id=args.name,
            description="The sessions of the app",
            engine=_ENGINE,
            engine_version=_VERSION,
            auto_minor_version_upgrade=True,
            node_type=args.redis.node_type,
            num_cache_clusters=1 + args.redis.replicas,
            automatic_failover_enabled=args.redis.replicas > 0,
            multi_az_enabled=args.redis.replicas > 0,
            port=PORT,
            subnet_group_name=subnets.name,
            security_group_ids=[security_group.id],
            at_rest_encryption_enabled=True,
            transit_encryption_enabled=True,
            transit_encryption_mode="required",
            auth_token=args.redis.auth_token,
            # The old token stays valid beside the new token, for the tasks of the previous revision.
            auth_token_update_strategy="ROTATE",  # noqa: S106 - no token
            apply_immediately=True,
            maintenance_window=_MAINTENANCE_WINDOW,
            snapshot_window=_SNAPSHOT_WINDOW,
            snapshot_retention_limit=_SNAPSHOT_DAYS if args.protect else 0,
            final_snapshot_identifier=f"{args.name}-final" if args.protect else None,
            opts=pulumi.ResourceOptions(parent=self),
        )
        # Not `<name>-001` and so on: ElastiCache chooses which node it removes when the group gets fewer replicas
        # (terraform-provider-aws, internal/service/elasticache/replication_group.go, passes a count to
        # DecreaseReplicaCount, and no ReplicasToRemove).
        self.node_ids = [_node(group.member_clusters, position) for position in range(args.redis.replicas + 1)]
        self.endpoint = pulumi.Output.concat(group.primary_endpoint_address, f":{PORT}")
        # The token may contain characters with a meaning in URLs. A URL without a user means the default user.
        token = args.redis.auth_token.apply(lambda text: quote(text, safe=""))
        self.url = pulumi.Output.secret(pulumi.Output.concat("rediss://:", token, "@", self.endpoint))
        self.register_outputs({"endpoint": self.endpoint, "node_ids": self.node_ids})

    def _security_group(self, args: SessionCacheArgs) -> aws.ec2.SecurityGroup:
        """Creates a group that admits only the tasks and lets nothing out, and opens the tasks' group to it."""
        group = aws.ec2.SecurityGroup(
            "cache",
            vpc_id=args.tasks.vpc_id,
            description="The session cache: reached by the tasks only",
            tags={"Name": args.name},
            opts=pulumi.ResourceOptions(parent=self),
        )
        aws.vpc.SecurityGroupIngressRule(
            "cache-from-tasks",
            security_group_id=group.id,
            description="From the tasks",
            ip_protocol="tcp",
            from_port=PORT,
            to_port=PORT,
            referenced_security_group_id=args.tasks.security_group_id,
            opts=pulumi.ResourceOptions(parent=self),
        )
        aws.vpc.SecurityGroupEgressRule(
            "tasks-to-cache",
            security_group_id=args.tasks.security_group_id,
            description="To the session cache",
            ip_protocol="tcp",
            from_port=PORT,
            to_port=PORT,
            referenced_security_group_id=group.id,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return group


def _node(members: pulumi.Output[Sequence[str]], position: int) -> pulumi.Output[str]:
    return members.apply(lambda names: sorted(names)[position])
