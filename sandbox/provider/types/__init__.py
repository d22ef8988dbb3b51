"""The resource types that the program registers, by Pulumi's type token. Each module holds those of one AWS service."""

from ..resource import Resource
from . import (
    acm,
    application_autoscaling,
    budgets,
    cloudwatch,
    dynamodb,
    ec2,
    ec2_rules,
    ecr,
    ecs,
    ecs_task_definitions,
    elasticache,
    elbv2,
    events,
    iam,
    kms,
    logs,
    route53,
    s3,
    secretsmanager,
    sns,
    wafv2,
)

_MODULES = (
    *(acm, application_autoscaling, budgets, cloudwatch, dynamodb, ec2, ec2_rules, ecr, ecs, ecs_task_definitions),
    *(elasticache, elbv2, events, iam, kms, logs, route53, s3, secretsmanager, sns, wafv2),
)
TYPES: dict[str, Resource] = {resource.token: resource for module in _MODULES for resource in module.RESOURCES}
