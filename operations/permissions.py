"""What a role may do: IAM's evaluation of its policies, read from the account.

IAM User Guide, "Policy evaluation logic" and "IAM JSON policy elements". Of a role: its inline and attached policies,
its permissions boundary and its trust. Not of an organisation (SCPs), nor of keys and secrets (their own policies).
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from operations.errors import OperationError

Document = Mapping[str, Any]
# What a request says of itself: condition key, in lower case -> its value or values. A policy that asks for another key
# asks for what is not known here.
Context = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class Role:
    """A role with all that decides what it may do."""

    arn: str
    trust: Document
    policies: Mapping[str, Document]  # by name
    boundary: Document | None

    @classmethod
    def read(cls, iam: Any, arn: str) -> "Role":
        """Read a role.

        Args:
            iam: a boto3 client of IAM (untyped).

        Raises:
            OperationError: there is no such role.
        """
        name = arn.rpartition("/")[2]
        try:
            role = iam.get_role(RoleName=name)["Role"]
        except iam.exceptions.NoSuchEntityException:
            raise OperationError(f"The role {arn} does not exist; `pulumi up` makes it again.") from None
        policies: dict[str, Document] = {}
        for page in iam.get_paginator("list_role_policies").paginate(RoleName=name):
            for policy in page["PolicyNames"]:
                policies[policy] = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        for page in iam.get_paginator("list_attached_role_policies").paginate(RoleName=name):
            for policy in page["AttachedPolicies"]:
                policies[policy["PolicyArn"]] = _managed(iam, policy["PolicyArn"])
        boundary = role.get("PermissionsBoundary")
        return cls(
            arn=role["Arn"],
            trust=role["AssumeRolePolicyDocument"],
            policies=policies,
            boundary=_managed(iam, boundary["PermissionsBoundaryArn"]) if boundary else None,
        )

    def may(self, action: str, resource: str, context: Context) -> bool:
        """Whether it may call `action` on the object with the ARN `resource`.

        Raises:
            OperationError: a statement that decides this has a condition that cannot be evaluated here.
        """
        request = _Request(action, resource, context)
        allowed = request.decide(self.policies.items())
        return allowed and (self.boundary is None or request.decide([("its boundary", self.boundary)]))

    def trusts(self, service: str, context: Context) -> bool:
        """Whether a service, such as `ecs-tasks.amazonaws.com`, may take the role.

        Raises:
            OperationError: as in `may`.
        """
        statements = [
            {**statement, "Resource": "*"}
            for statement in _statements(self.trust)
            if service in _list(_principals(statement).get("Service", []))
        ]
        return _Request("sts:AssumeRole", "*", context).decide([("its trust policy", {"Statement": statements})])


def _managed(iam: Any, arn: str) -> Document:
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    return iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]


@dataclass(frozen=True)
class _Request:
    action: str
    resource: str
    context: Context

    def decide(self, documents: Iterable[tuple[str, Document]]) -> bool:
        """A Deny wins; without one, an Allow is needed."""
        effects = {
            statement["Effect"]
            for name, document in documents
            for statement in _statements(document)
            if self._concerns(statement) and self._holds(name, statement.get("Condition") or {})
        }
        return "Allow" in effects and "Deny" not in effects

    def _concerns(self, statement: Document) -> bool:
        action, resource = self.action.lower(), self.resource

        def matches(key: str, text: str, change: Callable[[str], str]) -> bool:
            return any(_like(change(pattern), text) for pattern in _list(statement[key]))

        by_action = (
            matches("Action", action, str.lower)
            if "Action" in statement
            else not matches("NotAction", action, str.lower)
        )
        by_resource = (
            matches("Resource", resource, str) if "Resource" in statement else not matches("NotResource", resource, str)
        )
        return by_action and by_resource

    def _holds(self, policy: str, condition: Mapping[str, Mapping[str, Any]]) -> bool:
        return all(
            self._test(policy, operator, key, [str(value) for value in _list(wanted)])
            for operator, tests in condition.items()
            for key, wanted in tests.items()
        )

    def _test(self, policy: str, operator: str, key: str, wanted: Sequence[str]) -> bool:
        quantifier, _, bare = operator.rpartition(":")
        name = bare.removesuffix("IfExists")
        if name not in _OPERATORS or key.lower() not in self.context or any("${" in value for value in wanted):
            raise OperationError(
                f"Whether {self.action} on {self.resource} is allowed hangs on a condition of the policy {policy} that"
                f" this command cannot evaluate: {operator} of {key}."
            )
        compare, negated = _OPERATORS[name]
        values = _list(self.context[key.lower()])
        found = [any(compare(pattern, value) for pattern in wanted) != negated for value in values]
        return any(found) if quantifier == "ForAnyValue" else all(found)


def _statements(document: Document) -> list[dict[str, Any]]:
    return cast(list[dict[str, Any]], _list(document["Statement"]))


def _principals(statement: Document) -> Mapping[str, Any]:
    principal = statement.get("Principal")
    return cast(Mapping[str, Any], principal) if isinstance(principal, Mapping) else {}


def _list(value: Any) -> list[Any]:
    """One may stand for a list of one, in policies as in contexts."""
    return list(cast(Sequence[Any], value)) if isinstance(value, list | tuple) else [value]


def _like(pattern: str, value: str) -> bool:
    parts = (".*" if char == "*" else "." if char == "?" else re.escape(char) for char in pattern)
    return re.fullmatch("".join(parts), value, re.DOTALL) is not None


def _arn_like(pattern: str, value: str) -> bool:
    """Part by part: a wildcard does not reach over the colons of the first five parts."""
    patterns, parts = pattern.split(":", 5), value.split(":", 5)
    return len(patterns) == len(parts) == 6 and all(map(_like, patterns, parts))


def _equal(wanted: str, actual: str) -> bool:
    return wanted == actual


def _equal_in_any_case(wanted: str, actual: str) -> bool:
    return wanted.lower() == actual.lower()


# Operator -> how it compares, and whether it is the negation of that.
_OPERATORS: Mapping[str, tuple[Callable[[str, str], bool], bool]] = {
    "StringEquals": (_equal, False),
    "StringNotEquals": (_equal, True),
    "StringEqualsIgnoreCase": (_equal_in_any_case, False),
    "StringNotEqualsIgnoreCase": (_equal_in_any_case, True),
    "StringLike": (_like, False),
    "StringNotLike": (_like, True),
    "ArnEquals": (_arn_like, False),
    "ArnLike": (_arn_like, False),
    "ArnNotEquals": (_arn_like, True),
    "ArnNotLike": (_arn_like, True),
    "Bool": (_equal_in_any_case, False),
}
