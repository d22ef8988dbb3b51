"""IAM: the inline policies of a role have a limit in all, which moto does not enforce.

Sources: IAM User Guide, "IAM and AWS STS quotas"; IAM API Reference, PutRolePolicy.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from moto.iam.exceptions import LimitExceededException
from moto.iam.models import IAMBackend

from sandbox.account.patching import replaces

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


def _size(document: str | dict[str, Any]) -> int:
    return len(re.sub(r"\s", "", document if isinstance(document, str) else json.dumps(document)))
