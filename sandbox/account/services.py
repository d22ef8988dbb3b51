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
    _read_no_more_than_needed()
    _remember_what_never_changes()
    for service in _SERVICES:
        importlib.import_module(f"sandbox.account.{service}")


@functools.cache
def _read_no_more_than_needed() -> None:
    """Gives all sessions of botocore one loader, and moto no offerings of instance types, which nobody uses.

    moto makes three sessions when it is imported, and each would read the model of EC2. That and the offerings take
    half of the time of the account's start.
    """
    sessions: Any = importlib.import_module("botocore.session")
    sessions.create_loader = functools.cache(sessions.create_loader)
    resources: Any = importlib.import_module("moto.utilities.utils")
    load: Any = resources.load_resource

    def load_resource(path: str) -> Any:
        return [] if "instance_type_offerings" in path else load(path)

    resources.load_resource = load_resource


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
