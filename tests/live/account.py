"""What the account of a sandbox holds, read with boto3."""

from __future__ import annotations

from typing import Any

from tests.live.harness import ACCOUNT_ID, LiveSandbox


def holdings(sandbox: LiveSandbox, region: str = "us-east-1") -> dict[str, list[Any]]:
    """What a region of the account holds, and IAM, S3 and Route 53, besides what every new account holds."""

    def listed(service: str, operation: str, key: str, **arguments: Any) -> list[Any]:
        return getattr(sandbox.client(service, region), operation)(**arguments)[key]

    def not_deleted(items: list[Any]) -> list[Any]:
        """EC2 lists an object for a while after it was deleted."""
        return [item for item in items if item["State"] != "deleted"]

    found = {
        "vpcs": [vpc for vpc in listed("ec2", "describe_vpcs", "Vpcs") if not vpc["IsDefault"]],
        "addresses": listed("ec2", "describe_addresses", "Addresses"),
        "endpoints": not_deleted(listed("ec2", "describe_vpc_endpoints", "VpcEndpoints")),
        "nat gateways": not_deleted(listed("ec2", "describe_nat_gateways", "NatGateways")),
        "security groups": [
            group
            for group in listed("ec2", "describe_security_groups", "SecurityGroups")
            if group["GroupName"] != "default"
        ],
        "clusters": [
            cluster
            for arn in listed("ecs", "list_clusters", "clusterArns")
            for cluster in listed("ecs", "describe_clusters", "clusters", clusters=[arn])
            if cluster["status"] != "INACTIVE"
        ],
        "task definitions": [
            *listed("ecs", "list_task_definitions", "taskDefinitionArns"),
            *listed("ecs", "list_task_definitions", "taskDefinitionArns", status="INACTIVE"),
        ],
        "repositories": listed("ecr", "describe_repositories", "repositories"),
        "tables": listed("dynamodb", "list_tables", "TableNames"),
        "buckets": listed("s3", "list_buckets", "Buckets"),
        "secrets": listed("secretsmanager", "list_secrets", "SecretList", IncludePlannedDeletion=True),
        "log groups": listed("logs", "describe_log_groups", "logGroups"),
        "roles": listed("iam", "list_roles", "Roles"),
        "load balancers": listed("elbv2", "describe_load_balancers", "LoadBalancers"),
        "target groups": listed("elbv2", "describe_target_groups", "TargetGroups"),
        "certificates": listed("acm", "list_certificates", "CertificateSummaryList"),
        "hosted zones": listed("route53", "list_hosted_zones", "HostedZones"),
        "health checks": listed("route53", "list_health_checks", "HealthChecks"),
        "alarms": listed("cloudwatch", "describe_alarms", "MetricAlarms"),
        "dashboards": listed("cloudwatch", "list_dashboards", "DashboardEntries"),
        "event rules": listed("events", "list_rules", "Rules"),
        "topics": listed("sns", "list_topics", "Topics"),
        "aliases": [
            alias
            for alias in listed("kms", "list_aliases", "Aliases")
            if not alias["AliasName"].startswith("alias/aws/")
        ],
        "budgets": sandbox.client("budgets").describe_budgets(AccountId=ACCOUNT_ID).get("Budgets", []),
        "caches": listed("elasticache", "describe_replication_groups", "ReplicationGroups"),
        "subnet groups of caches": listed("elasticache", "describe_cache_subnet_groups", "CacheSubnetGroups"),
        "metric filters": listed("logs", "describe_metric_filters", "metricFilters"),
        "saved queries": listed("logs", "describe_query_definitions", "queryDefinitions"),
        "scalable targets": listed(
            "application-autoscaling", "describe_scalable_targets", "ScalableTargets", ServiceNamespace="ecs"
        ),
    }
    return {kind: items for kind, items in found.items() if items}
