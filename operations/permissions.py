"""IAM's evaluation of what a role may do, by its policies in the account.

It evaluates a role's inline and attached policies, its permissions boundary and its trust policy. It ignores service
control policies and the resource policies of keys and secrets. Source: IAM User Guide, "Policy evaluation logic" and
"IAM JSON policy elements".
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, cast

from operations.errors import OperationError

Document = Mapping[str, Any]
# The condition keys of a request, in lower case, with their value or values. Other keys are unknown.
Context = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class Role:
    """A role with its policies."""

    arn: str
    trust: Document
    policies: Mapping[str, Document]  # by name
    boundary: Document | None

    @classmethod
    def read(cls, iam: Any, arn: str) -> "Role":
        """Reads a role from the account.

        Args:
            iam: a boto3 client (untyped).

        Raises:
            OperationError: there is no such role.
        """
        name = arn.rpartition("/")[2]
        try:
            role = iam.get_role(RoleName=name)["Role"]
        except iam.exceptions.NoSuchEntityException:
            raise OperationError(f"The role {arn} does not exist. `pulumi up --refresh` creates it again.") from None
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
        """Returns whether the role may call `action` on the object with the ARN `resource`.

        Raises:
            OperationError: the result depends on a condition that this module cannot evaluate.
        """
        request = _Request(action, resource, context)
        allowed = request.decide(self.policies.items())
        return allowed and (self.boundary is None or request.decide([("its boundary", self.boundary)]))

    def trusts(self, service: str, context: Context) -> bool:
        """Returns whether a service, such as `ecs-tasks.amazonaws.com`, may assume the role.

        Raises:
            OperationError: the result depends on a condition that this module cannot evaluate.
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
        """Returns whether a statement allows the request and none denies it."""
        effects = {
            statement["Effect"]
            for name, document in documents
            for statement in _statements(document)
            if self._matches(statement) and self._holds(name, statement.get("Condition") or {})
        }
        return "Allow" in effects and "Deny" not in effects

    def _matches(self, statement: Document) -> bool:
        by_action = _covers(statement, "Action", self.action, ignore_case=True)
        return by_action and _covers(statement, "Resource", self.resource)

    def _holds(self, policy: str, condition: Mapping[str, Mapping[str, Any]]) -> bool:
        return all(
            self._test(policy, operator, key, [str(value) for value in _list(values)])
            for operator, tests in condition.items()
            for key, values in tests.items()
        )

    def _test(self, policy: str, operator: str, key: str, patterns: Sequence[str]) -> bool:
        quantifier, _, bare = operator.rpartition(":")
        name = bare.removesuffix("IfExists")
        if name not in _OPERATORS or key.lower() not in self.context or any("${" in pattern for pattern in patterns):
            raise OperationError(
                f"Whether {self.action} on {self.resource} is allowed depends on a condition of the policy {policy}"
                f" that this command cannot evaluate: {operator} of {key}."
            )
        compare, negated = _OPERATORS[name]
        values = _list(self.context[key.lower()])
        found = [any(compare(pattern, value) for pattern in patterns) != negated for value in values]
        return any(found) if quantifier == "ForAnyValue" else all(found)


def _statements(document: Document) -> list[dict[str, Any]]:
    return cast(list[dict[str, Any]], _list(document["Statement"]))


def _principals(statement: Document) -> Mapping[str, Any]:
    principal = statement.get("Principal")
    return cast(Mapping[str, Any], principal) if isinstance(principal, Mapping) else {}


def _list(value: Any) -> list[Any]:
    """Returns a list; in policies and contexts, a single value stands for a list of one."""
    return list(cast(Sequence[Any], value)) if isinstance(value, list | tuple) else [value]


def _covers(statement: Document, element: str, value: str, *, ignore_case: bool = False) -> bool:
    """Returns whether a value is among a statement's `Action` or `Resource`, or not among its `Not…`."""
    name = element if element in statement else f"Not{element}"
    found = any(like(pattern, value, ignore_case=ignore_case) for pattern in _list(statement[name]))
    return found if name == element else not found


def like(pattern: str, value: str, *, ignore_case: bool = False) -> bool:
    """Returns whether a value matches a pattern with the wildcards of a policy: `*` and `?`."""
    if ignore_case:
        pattern, value = pattern.lower(), value.lower()
    return fnmatchcase(value, pattern.replace("[", "[[]"))  # a bracket is a bracket in a policy


def arn_like(pattern: str, value: str) -> bool:
    """Compares ARNs part by part: a wildcard does not match the colons between the first five parts."""
    patterns, parts = pattern.split(":", 5), value.split(":", 5)
    return len(patterns) == len(parts) == 6 and all(map(like, patterns, parts))


def _equal(pattern: str, value: str) -> bool:
    return pattern == value


def _equal_in_any_case(pattern: str, value: str) -> bool:
    return pattern.lower() == value.lower()


# Operator -> the comparison, and whether the operator negates it.
_OPERATORS: Mapping[str, tuple[Callable[[str, str], bool], bool]] = {
    "StringEquals": (_equal, False),
    "StringNotEquals": (_equal, True),
    "StringEqualsIgnoreCase": (_equal_in_any_case, False),
    "StringNotEqualsIgnoreCase": (_equal_in_any_case, True),
    "StringLike": (like, False),
    "StringNotLike": (like, True),
    "ArnEquals": (arn_like, False),
    "ArnLike": (arn_like, False),
    "ArnNotEquals": (arn_like, True),
    "ArnNotLike": (arn_like, True),
    "Bool": (_equal_in_any_case, False),
}
