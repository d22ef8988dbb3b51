"""The AWS services that differ from moto's, each a module or package beside this module."""

import importlib
import os

_SERVICES = (
    "acm",
    "application_autoscaling",
    "bedrock",
    "budgets",
    "cloudwatch",
    "dynamodb",
    "ec2",
    "ecr",
    "ecs",
    "elasticache",
    "elbv2",
    "events",
    "iam",
    "kms",
    "logs",
    "route53",
    "s3",
    "servicequotas",
    "sns",
    "wafv2",
)


def install() -> None:
    """Patches moto in this process. A second call changes nothing, since Python imports each module once."""
    # moto would make hundreds of machine images in each region, which takes a sixth of a second and which nobody uses.
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
    for service in _SERVICES:
        importlib.import_module(f"sandbox.account.{service}")
