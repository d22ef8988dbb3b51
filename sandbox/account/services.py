"""The AWS services that differ from moto's, each a module or package beside this module."""

import functools
import importlib
import os
from typing import Any

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
    _remember_what_never_changes()
    for service in _SERVICES:
        importlib.import_module(f"sandbox.account.{service}")


@functools.cache
def _remember_what_never_changes() -> None:
    """Makes moto list its modules once, and the methods of each class once. It lists both for each call.

    That takes half of the time of a call.
    """
    backends: Any = importlib.import_module("moto.backends")
    responses: Any = importlib.import_module("moto.core.responses")
    modules = tuple(backends.list_of_moto_modules())
    backends.list_of_moto_modules = lambda: modules
    responses.method_names_from_class = functools.cache(responses.method_names_from_class)
