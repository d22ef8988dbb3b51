"""IAM: the inline policies of a role have a limit in all, and its permissions boundary is a policy that exists. moto
enforces neither.

Sources: IAM User Guide, "IAM and AWS STS quotas"; IAM API Reference: CreateRole, PutRolePermissionsBoundary,
PutRolePolicy.
"""

import importlib
import json
import re
from collections.abc import Callable
from typing import Any

from moto.iam.exceptions import LimitExceededException, NotFoundException
from moto.iam.models import IAMBackend

from sandbox.account.patching import replaces

# moto looks for the access key of each call in every partition, and makes the AWS managed policies of each for that.
_models: Any = importlib.import_module("moto.iam.models")
_models.PARTITION_NAMES = ["aws"]

# Characters without white space.
_MOST_CHARACTERS = 10_240


@replaces(IAMBackend)
def put_role_policy(
    original: Callable[..., None], iam: Any, role_name: str, policy_name: str, policy_json: str
) -> None:
    """Refuses a policy with which the role's inline policies are too long."""
    policies = {**iam.get_role(role_name).policies, policy_name: policy_json}
    if sum(map(_size, policies.values())) > _MOST_CHARACTERS:
        raise LimitExceededException(f"Maximum policy size of {_MOST_CHARACTERS} bytes exceeded for role {role_name}")
    original(role_name, policy_name, policy_json)


@replaces(IAMBackend)
def create_role(
    original: Callable[..., Any],
    iam: Any,
    role_name: str,
    assume_role_policy_document: str,
    path: str,
    permissions_boundary: str | None,
    *args: Any,
    **more: Any,
) -> Any:
    """Refuses a permissions boundary that does not exist."""
    _require_policy(iam, permissions_boundary)
    return original(role_name, assume_role_policy_document, path, permissions_boundary, *args, **more)


@replaces(IAMBackend)
def put_role_permissions_boundary(
    original: Callable[..., None], iam: Any, role_name: str, permissions_boundary: str
) -> None:
    """Refuses a permissions boundary that does not exist."""
    _require_policy(iam, permissions_boundary)
    original(role_name, permissions_boundary)


def _require_policy(iam: Any, arn: str | None) -> None:
    if arn and arn not in iam.managed_policies:
        raise NotFoundException(f"Scope ARN: {arn} does not exist or is not attachable.")


def _size(document: str | dict[str, Any]) -> int:
    return len(re.sub(r"\s", "", document if isinstance(document, str) else json.dumps(document)))
