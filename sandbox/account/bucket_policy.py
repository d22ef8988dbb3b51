"""What the policy of a bucket, or of another resource, lets an AWS service do.

moto checks no policy when a service is told to deliver logs to a bucket.

Sources: IAM User Guide, "Policy evaluation logic" and "IAM JSON policy elements: Condition operators".
"""

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, cast

from moto.s3.exceptions import MissingBucket
from moto.s3.models import s3_backends

_EQUAL = ("StringEquals", "Bool")
_LIKE = ("ArnEquals", "ArnLike", "StringLike")


def bucket_of(account_id: str, name: str) -> Any:
    """Returns a bucket of the account as moto keeps it; None if there is none."""
    try:
        return s3_backends[account_id]["aws"].get_bucket(name)
    except MissingBucket:
        return None


def policy_allows(document: str | None, service: str, action: str, resource: str, context: Mapping[str, str]) -> bool:
    """Returns whether the policy of a resource, if it has one, lets an AWS service perform an action.

    Every call is with TLS.
    """
    policy: dict[str, Any] = json.loads(document) if document else {"Statement": []}
    given = {"aws:SecureTransport": "true", **context}
    effects = {
        statement["Effect"]
        for statement in policy["Statement"]
        if _names(statement["Principal"], service)
        and any(fnmatchcase(action.lower(), pattern.lower()) for pattern in _listed(statement["Action"]))
        and any(fnmatchcase(resource, pattern) for pattern in _listed(statement["Resource"]))
        and _holds(statement.get("Condition", {}), given)
    }
    return effects == {"Allow"}


def _names(principal: Any, service: str) -> bool:
    return principal in ("*", {"AWS": "*"}) or service in _listed(principal.get("Service", []))


def _holds(condition: Mapping[str, Mapping[str, Any]], context: Mapping[str, str]) -> bool:
    return all(
        any(_test(operator, expected, context.get(key)) for expected in _listed(values))
        for operator, tests in condition.items()
        for key, values in tests.items()
    )


def _test(operator: str, expected: str, actual: str | None) -> bool:
    if operator in _EQUAL:
        return actual == expected
    if operator in _LIKE:
        return actual is not None and fnmatchcase(actual, expected)
    raise NotImplementedError(f"a bucket policy with the condition operator {operator}")


def _listed(value: Any) -> list[str]:
    return cast(list[str], value) if isinstance(value, list) else [value]
