"""The controls of AWS Foundational Security Best Practices about the services of the stack, and what prod has.

Source: AWS Security Hub User Guide, "AWS Foundational Security Best Practices standard in Security Hub CSPM", the list
of controls. A test holds each `Met` against the plan of prod, with Redis.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

Value = str | bool | int | None


@dataclass(frozen=True)
class Met:
    """Every resource of a type has a property with a value.

    Args:
        type_: the type in Pulumi.
        path: the property, with a dot before each member; `*` is any item of a list.
        value: the value, or several that all meet the control.
        only: the name in Pulumi of the resource, if only one of the type counts.
    """

    type_: str
    path: str
    value: Value | tuple[Value, ...]
    only: str = ""

    @property
    def values(self) -> tuple[Value, ...]:
        """Each value that meets the control. None: the property is not set."""
        return self.value if isinstance(self.value, tuple) else (self.value,)


@dataclass(frozen=True)
class MetBy:
    """The stack meets the control, by more than one property."""

    text: str


@dataclass(frozen=True)
class Unmet:
    """The stack does not meet the control, for a reason."""

    reason: str


@dataclass(frozen=True)
class Accepted:
    """The stack does not meet the control, for the reason that operations/accepted.py has for a check of Prowler."""

    check: str


@dataclass(frozen=True)
class Control:
    """A control that is about a resource of the stack."""

    id: str
    title: str
    answer: Met | MetBy | Unmet | Accepted


_TASK: Final = "aws:ecs/taskDefinition:TaskDefinition"
_BALANCER: Final = "aws:lb/loadBalancer:LoadBalancer"
_WEB_ACL_LOG: Final = "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration"
_LISTENER: Final = "aws:lb/listener:Listener"
_CACHE: Final = "aws:elasticache/replicationGroup:ReplicationGroup"
_PUBLIC_ACCESS: Final = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
_BUCKET_POLICY: Final = "aws:s3/bucketPolicy:BucketPolicy"
_SERVICE_PRINCIPAL: Final = "policy.Statement.*.Principal.Service"
_TLS_ONLY: Final = "policy.Statement.*.Condition.Bool.aws:SecureTransport"
_OPEN_PORTS: Final = "Only ports 80 and 443 of the load balancer admit every address."
_NO_ENDPOINT: Final = (
    "Tasks reach ECR through the NAT gateways, by TLS; image layers go through the gateway endpoint of S3. An interface"
    " endpoint costs about 7 USD a month in each zone."
)

CONTROLS: Final = (
    Control(
        "ACM.1",
        "Certificates are renewed in time",
        Met("aws:acm/certificate:Certificate", "validationMethod", "DNS"),
    ),
    Control(
        "ACM.2",
        "RSA certificates have keys of at least 2,048 bits",
        Met("aws:acm/certificate:Certificate", "validationMethod", "DNS"),
    ),
    Control(
        "DynamoDB.1",
        "Tables scale with demand",
        Met("aws:dynamodb/table:Table", "billingMode", "PAY_PER_REQUEST"),
    ),
    Control(
        "DynamoDB.2",
        "Point-in-time recovery",
        Met("aws:dynamodb/table:Table", "pointInTimeRecovery.enabled", True),
    ),
    Control("DynamoDB.6", "Deletion protection", Met("aws:dynamodb/table:Table", "deletionProtectionEnabled", True)),
    Control(
        "EC2.2",
        "The default security group has no rules",
        Met("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "ingress", None),
    ),
    Control("EC2.6", "VPC flow log", Met("aws:ec2/flowLog:FlowLog", "trafficType", ("ALL", "REJECT"))),
    Control("EC2.10", "Interface endpoint of EC2", Accepted("vpc_endpoint_for_ec2_enabled")),
    Control(
        "EC2.15",
        "Subnets assign no public addresses by themselves",
        MetBy("The program turns off what awsx turns on for public subnets."),
    ),
    Control("EC2.18", "Only authorized ports admit everybody", MetBy(_OPEN_PORTS)),
    Control("EC2.19", "No port with high risk admits everybody", MetBy(_OPEN_PORTS)),
    Control("EC2.21", "Network ACLs close ports 22 and 3389", Accepted("ec2_networkacl_allow_ingress_tcp_port_22")),
    Control("EC2.55", "Interface endpoint of the ECR API", Unmet(_NO_ENDPOINT)),
    Control("EC2.56", "Interface endpoint of the Docker registry", Unmet(_NO_ENDPOINT)),
    Control(
        "ECR.1",
        "Images are scanned",
        Met("aws:ecr/repository:Repository", "imageScanningConfiguration.scanOnPush", True),
    ),
    Control("ECR.2", "Tags are immutable", Met("aws:ecr/repository:Repository", "imageTagMutability", "IMMUTABLE")),
    Control(
        "ECR.3",
        "Lifecycle policy",
        Met("aws:ecr/lifecyclePolicy:LifecyclePolicy", "policy.rules.*.action.type", "expire"),
    ),
    Control("ECS.1", "Secure networking mode and user", Met(_TASK, "containerDefinitions.*.user", "1001:1001")),
    Control(
        "ECS.2",
        "Services assign no public addresses",
        Met("aws:ecs/service:Service", "networkConfiguration.assignPublicIp", False),
    ),
    Control("ECS.3", "No process namespace of the host", Met(_TASK, "pidMode", None)),
    Control("ECS.4", "No privileged containers", Met(_TASK, "containerDefinitions.*.privileged", None)),
    Control(
        "ECS.5", "Root file systems are read-only", Met(_TASK, "containerDefinitions.*.readonlyRootFilesystem", True)
    ),
    Control(
        "ECS.8",
        "No secrets in environment variables",
        Met(_TASK, "containerDefinitions.*.secrets.*.name", "REDIS_URL"),
    ),
    Control("ECS.9", "Containers log", Met(_TASK, "containerDefinitions.*.logConfiguration.logDriver", "awslogs")),
    Control(
        "ECS.10",
        "The latest platform version of Fargate",
        Met("aws:ecs/service:Service", "platformVersion", (None, "LATEST")),
    ),
    Control(
        "ECS.12",
        "Container Insights",
        Met("aws:ecs/cluster:Cluster", "settings.*.value", ("enabled", "enhanced")),
    ),
    Control("ELB.1", "HTTP redirects to HTTPS", Met(_LISTENER, "defaultActions.*.redirect.protocol", "HTTPS", "http")),
    Control("ELB.4", "Invalid headers are dropped", Met(_BALANCER, "dropInvalidHeaderFields", True)),
    Control("ELB.5", "Access logs", Met(_BALANCER, "accessLogs.enabled", True)),
    Control("ELB.6", "Deletion protection", Met(_BALANCER, "enableDeletionProtection", True)),
    Control(
        "ELB.12",
        "Desync mitigation is defensive or strictest",
        Met(_BALANCER, "desyncMitigationMode", (None, "defensive", "strictest")),
    ),
    Control("ELB.13", "Several Availability Zones", Met("awsx:ec2:Vpc", "numberOfAvailabilityZones", (2, 3))),
    Control(
        "ELB.17",
        "A recommended security policy",
        Met(_LISTENER, "sslPolicy", "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09", "https"),
    ),
    Control("ELB.18", "Listeners encrypt", Met(_LISTENER, "protocol", "HTTPS", "https")),
    Control(
        "ELB.16",
        "A web ACL of AWS WAF",
        MetBy("The load balancer has the stack's web ACL ([firewall.md](firewall.md))."),
    ),
    Control("ElastiCache.1", "Automatic backups", Met(_CACHE, "snapshotRetentionLimit", 7)),
    Control("ElastiCache.2", "Minor versions are upgraded", Met(_CACHE, "autoMinorVersionUpgrade", (None, True))),
    Control("ElastiCache.3", "Automatic failover", Met(_CACHE, "automaticFailoverEnabled", True)),
    Control("ElastiCache.4", "Encryption at rest", Met(_CACHE, "atRestEncryptionEnabled", True)),
    Control("ElastiCache.5", "Encryption in transit", Met(_CACHE, "transitEncryptionEnabled", True)),
    Control("ElastiCache.6", "Authentication", Met(_CACHE, "transitEncryptionMode", (None, "required"))),
    Control(
        "ElastiCache.7",
        "A subnet group of its own",
        Met("aws:elasticache/subnetGroup:SubnetGroup", "subnetIds.*", "subnet-private-1"),
    ),
    Control(
        "IAM.1",
        "No policy allows everything",
        MetBy("A test lists every wildcard in a policy, with its reason; none is an action and a resource at once."),
    ),
    Control(
        "KMS.2",
        "No inline policy allows decryption with every key",
        MetBy("The roles decrypt with the stack's key alone ([encryption.md](encryption.md))."),
    ),
    Control("KMS.3", "Keys are not deleted by mistake", Met("aws:kms/key:Key", "deletionWindowInDays", (7, 30))),
    Control("KMS.4", "Rotation", Met("aws:kms/key:Key", "enableKeyRotation", True)),
    Control("KMS.5", "No public key policy", Met("aws:kms/key:Key", "policy.Statement.*.Sid", "Administration")),
    Control("S3.2", "No public reading", Met(_PUBLIC_ACCESS, "restrictPublicBuckets", True)),
    Control("S3.3", "No public writing", Met(_PUBLIC_ACCESS, "ignorePublicAcls", True)),
    Control("S3.5", "TLS only", Met(_BUCKET_POLICY, _TLS_ONLY, "false")),
    Control("S3.6", "No access of other accounts", Met(_PUBLIC_ACCESS, "blockPublicPolicy", True)),
    Control("S3.8", "Public access is blocked", Met(_PUBLIC_ACCESS, "blockPublicAcls", True)),
    Control("S3.9", "Server access logs", Accepted("s3_bucket_server_access_logging_enabled")),
    Control(
        "S3.12",
        "No ACLs",
        Met("aws:s3/bucketOwnershipControls:BucketOwnershipControls", "rule.objectOwnership", "BucketOwnerEnforced"),
    ),
    Control(
        "S3.13",
        "Lifecycle configuration",
        Met("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "rules.*.status", "Enabled"),
    ),
    Control("SecretsManager.1", "Automatic rotation", Accepted("secretsmanager_automatic_rotation_enabled")),
    Control("SecretsManager.3", "No unused secrets", Accepted("secretsmanager_secret_unused")),
    Control("SecretsManager.4", "Rotation in time", Accepted("secretsmanager_secret_rotated_periodically")),
    Control(
        "SNS.4",
        "No public topic policy",
        Met("aws:sns/topicPolicy:TopicPolicy", _SERVICE_PRINCIPAL, "cloudwatch.amazonaws.com"),
    ),
    Control("WAF.10", "Web ACLs have rules", Met("aws:wafv2/webAcl:WebAcl", "rules.*.name", "common")),
    Control("WAF.11", "Web ACLs log", Met(_WEB_ACL_LOG, "loggingFilter.filters.*.behavior", "KEEP")),
    Control(
        "WAF.12",
        "Rules have metrics",
        Met("aws:wafv2/webAcl:WebAcl", "rules.*.visibilityConfig.cloudwatchMetricsEnabled", True),
    ),
)

# What the stack does not have -> the controls about it.
ABSENT: Final = {
    "EC2 instances, their volumes, snapshots, launch templates and fleets": (
        "EC2.1 EC2.3 EC2.4 EC2.8 EC2.9 EC2.17 EC2.24 EC2.25 EC2.170 EC2.173 EC2.181 SSM.1 SSM.2 SSM.3"
    ),
    "EC2 Auto Scaling groups": "AutoScaling.1 AutoScaling.2 AutoScaling.3 AutoScaling.5 AutoScaling.6 AutoScaling.9",
    "VPN connections and endpoints, transit gateways": "EC2.20 EC2.23 EC2.51 EC2.171",
    "Classic Load Balancers": "ELB.2 ELB.3 ELB.7 ELB.8 ELB.9 ELB.10 ELB.14",
    "ECS task sets": "ECS.16",
    "DynamoDB Accelerator": "DynamoDB.3 DynamoDB.7",
    "S3 access points and directory buckets": "S3.19 S3.24 S3.25",
    "Rotations by Secrets Manager": "SecretsManager.2",
    "Customer managed IAM policies": "IAM.21 KMS.1",
    "WAF Classic": "WAF.1 WAF.2 WAF.3 WAF.4 WAF.6 WAF.7 WAF.8",
}
# What the account owner decides -> the controls about it.
OWNER: Final = {
    "users, the root user and passwords": "IAM.2 IAM.3 IAM.4 IAM.5 IAM.6 IAM.7 IAM.8",
    "settings of the account and region: EBS encryption, S3 and VPC Block Public Access": "EC2.7 EC2.172 S3.1",
    "network ACLs and interfaces that somebody adds to the VPC": "EC2.16 EC2.180",
    "endpoints of Systems Manager": "EC2.57 EC2.58 EC2.60",
    "the hosted zone": "Route53.2",
    "CloudTrail, Config, GuardDuty, Inspector, Macie": (
        "CloudTrail.1 Config.1 GuardDuty.1 GuardDuty.10 GuardDuty.11 GuardDuty.12 Inspector.2 Macie.1"
    ),
}
