"""What scanners report on a stack and the program leaves as it is, each with the reason.

`make scan` leaves these findings out, and `make docs` writes them to docs/hardening.md.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from config.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """A check of Prowler that resources of a stack do not meet.

    Args:
        check: the check's id in Prowler.
        reason: why the program leaves it, a sentence.
        only: the name in Pulumi of the one resource that the entry is about; all resources if empty.
        when: the configuration under which the entry is in force, a key of `CONDITIONS`; always if empty.
    """

    check: str
    reason: str
    only: str = ""
    when: str = ""

    @property
    def title(self) -> str:
        """The check, and what limits the entry."""
        about = f" ({self.only})" if self.only else ""
        return f"{self.check}{about}{f', with {self.when}' if self.when else ''}"

    def in_force(self, settings: Settings) -> bool:
        """Returns whether the entry is in force under a configuration."""
        return not self.when or CONDITIONS[self.when](settings)

    def covers(self, check: str, resource: str) -> bool:
        """Returns whether the entry is about a check and a resource, which is given as its type and name in Pulumi."""
        return check == self.check and (not self.only or resource.endswith(f" {self.only}"))


CONDITIONS: Final[Mapping[str, Callable[[Settings], bool]]] = {
    "HTTPS": lambda settings: settings.https,
    "accessLogs: false": lambda settings: not settings.access_logs,
    "customerKey: false": lambda settings: not settings.customer_key,
    "enableExec: true": lambda settings: settings.enable_exec,
    "flowLogs: false": lambda settings: not settings.flow_logs,
    "natGateways: none": lambda settings: settings.nat_gateways == "none",
    "protectData: false": lambda settings: not settings.protect_data,
    "waf: false": lambda settings: not settings.waf,
}

_UNPROTECTED: Final = "The stack's data may be lost: `pulumi destroy` removes everything. `protectData` is on in prod."
_NETWORK_ACL: Final = (
    "Security groups are the firewall: only ports 80 and 443 of the load balancer admit the internet. A network ACL"
    " keeps no state, so denying a port would also drop the replies to connections that use this port as their own, as"
    " NAT gateways and load balancers do (ports 1024 to 65535)."
)
_ROTATION: Final = (
    "The values come from the stack's config: `pulumi config set --secret` and `pulumi up` rotate them, and start new"
    " tasks. A rotation by Secrets Manager would change a value that another system issues."
)
_LOGS_ONLY_WRITTEN: Final = "Traffic logs are only written and expire after 90 days; no program reads or replaces them."

ACCEPTED: Final = (
    # Logs
    Accepted(
        check="cloudwatch_log_group_kms_encryption_enabled",
        when="customerKey: false",
        reason="CloudWatch encrypts the group with a key of its own. `customerKey` is on in prod.",
    ),
    Accepted(
        check="cloudwatch_log_group_retention_policy_specific_days_enabled",
        reason="The logs may hold personal data, so prod keeps them for 90 days, not a year. `logRetentionDays` sets"
        " how long it keeps the app's log.",
    ),
    # Tables
    Accepted(check="dynamodb_table_deletion_protection_enabled", when="protectData: false", reason=_UNPROTECTED),
    Accepted(
        check="dynamodb_table_protected_by_backup_plan",
        reason="Point-in-time recovery restores any second of the last 35 days, which a daily backup cannot. Backups in"
        " another account are the account owner's: a plan of AWS Backup can select the tag `Application`.",
    ),
    Accepted(
        check="dynamodb_tables_kms_cmk_encryption_enabled",
        when="customerKey: false",
        reason="DynamoDB encrypts the tables with a key of its own. `customerKey` is on in prod.",
    ),
    # Network
    Accepted(check="ec2_networkacl_allow_ingress_any_port", reason=_NETWORK_ACL),
    Accepted(check="ec2_networkacl_allow_ingress_tcp_port_22", reason=_NETWORK_ACL),
    Accepted(check="ec2_networkacl_allow_ingress_tcp_port_3389", reason=_NETWORK_ACL),
    Accepted(
        check="vpc_endpoint_connections_trust_boundaries",
        only="s3",
        reason="One statement of the policy lets everybody read the bucket with ECR's image layers: AWS documents no"
        " account that signs these requests. The other statement admits only the task role.",
    ),
    Accepted(
        check="vpc_endpoint_for_ec2_enabled",
        reason="Nothing in the VPC calls the EC2 API. An interface endpoint costs about 7 USD a month in each zone.",
    ),
    Accepted(
        check="vpc_flow_logs_enabled",
        when="flowLogs: false",
        reason="The flow log costs money for each GB. `flowLogs` is on in staging and prod.",
    ),
    # Tasks
    Accepted(
        check="ecs_task_definitions_containers_readonly_access",
        when="enableExec: true",
        reason="ECS Exec needs a root file system that it can write to. `enableExec` is off in every committed stack.",
    ),
    Accepted(
        check="ecs_service_no_assign_public_ip",
        when="natGateways: none",
        reason="Without a NAT gateway the tasks reach AWS by public addresses. Their security group admits only the"
        " load balancer. staging and prod have NAT gateways.",
    ),
    # Load balancer
    Accepted(check="elbv2_deletion_protection", when="protectData: false", reason=_UNPROTECTED),
    Accepted(
        check="elbv2_listener_fips_tls_enabled",
        when="HTTPS",
        reason="AWS recommends the policy ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09, which the listener has. FIPS 140"
        " is a requirement of US federal authorities.",
    ),
    Accepted(
        check="elbv2_logging_enabled",
        when="accessLogs: false",
        reason="Access logs cost storage and hold personal data. `accessLogs` is on in staging and prod.",
    ),
    Accepted(
        check="elbv2_waf_acl_attached",
        when="waf: false",
        reason="A web ACL costs 10 USD a month, and 0.60 USD for a million requests. `waf` is on in prod.",
    ),
    # Redis
    Accepted(check="elasticache_redis_cluster_backup_enabled", when="protectData: false", reason=_UNPROTECTED),
    # Roles
    Accepted(
        check="iam_role_cross_service_confused_deputy_prevention",
        only="infrastructure",
        reason="AWS documents the trust policy of this role without conditions, and no document says that ECS sends the"
        " keys `aws:SourceAccount` and `aws:SourceArn` when it assumes it. The roles of the tasks have both"
        " conditions.",
    ),
    # Buckets
    Accepted(
        check="s3_bucket_cross_region_replication",
        reason="Recordings are personal data and stay in their region. Versions and `protectData` guard against loss.",
    ),
    Accepted(check="s3_bucket_event_notifications_enabled", reason="Nothing reacts to new objects."),
    Accepted(
        check="s3_bucket_kms_encryption",
        only="logs",
        reason="Elastic Load Balancing delivers access logs only to a bucket that S3 encrypts with its own keys.",
    ),
    Accepted(
        check="s3_bucket_kms_encryption",
        only="recordings",
        when="customerKey: false",
        reason="S3 encrypts the recordings with its own keys. `customerKey` is on in prod.",
    ),
    Accepted(
        check="s3_bucket_no_mfa_delete",
        reason="Only the account's root user can turn MFA delete on, and S3 then refuses the lifecycle rules that"
        " delete old recordings and logs.",
    ),
    Accepted(
        check="s3_bucket_object_lock",
        reason="A locked object cannot be deleted on a person's request. Versions keep a deleted recording for a"
        " while.",
    ),
    Accepted(check="s3_bucket_object_versioning", only="logs", reason=_LOGS_ONLY_WRITTEN),
    Accepted(
        check="s3_bucket_server_access_logging_enabled",
        reason="S3 delivers server access logs on best effort; AWS recommends data events of CloudTrail instead, which"
        " the account owner turns on. Of the stack's roles only the task role reads recordings.",
    ),
    # Secrets
    Accepted(check="secretsmanager_automatic_rotation_enabled", reason=_ROTATION),
    Accepted(
        check="secretsmanager_has_restrictive_resource_policy",
        reason="The policies of the roles say who reads a secret: in the stack only the execution role, and only the"
        " secrets that the task definition injects. A resource policy would repeat it, and could lock the operators"
        " out.",
    ),
    Accepted(check="secretsmanager_secret_rotated_periodically", reason=_ROTATION),
    Accepted(
        check="secretsmanager_secret_unused",
        reason="ECS reads a secret when a task starts, so tasks that run for 90 days make it look unused. In the"
        " sandbox no task reads any.",
    ),
)
