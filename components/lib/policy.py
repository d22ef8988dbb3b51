"""IAM policies as values: components return statements, and `document` joins them into a policy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pulumi

from components.lib.account import Account

# Operator -> condition key -> value, or values of which one has to match.
Conditions = Mapping[str, Mapping[str, pulumi.Input[str] | Sequence[str]]]


@dataclass(frozen=True)
class Statement:
    """One statement of a policy. A grant is a list of them."""

    sid: str  # unique in its document
    actions: Sequence[str]
    resources: Sequence[pulumi.Input[str]] = ()  # empty in a trust policy
    conditions: Conditions | None = None
    effect: Literal["Allow", "Deny"] = "Allow"
    principal: Mapping[str, str] | Literal["*"] | None = None  # None in the policy of a role


def tls_only(actions: Sequence[str], resources: Sequence[pulumi.Input[str]]) -> Statement:
    """Returns a statement for the policy of a resource that denies calls without TLS."""
    return Statement(
        "TlsOnly",
        actions,
        resources,
        {"Bool": {"aws:SecureTransport": "false"}},
        effect="Deny",
        principal={"AWS": "*"},
    )


def administration(account: Account) -> Statement:
    """Returns the statement of a key's policy without which nobody could manage the key."""
    root = {"AWS": f"arn:{account.partition}:iam::{account.id}:root"}
    return Statement("Administration", ["kms:*"], ["*"], principal=root)


def from_service(account: Account, service: str) -> dict[str, dict[str, str]]:
    """Returns the conditions that a service of AWS acts for a resource of that service in this account and region."""
    return {
        "StringEquals": {"aws:SourceAccount": account.id},
        "ArnLike": {"aws:SourceArn": account.arn(service, "*")},
    }


def through_service(account: Account, service: str) -> dict[str, dict[str, str]]:
    """Returns the condition that a service of AWS uses a key for the principal."""
    return {"StringEquals": {"kms:ViaService": f"{service}.{account.region}.amazonaws.com"}}


def document(statements: Sequence[Statement], id_: pulumi.Input[str] | None = None) -> pulumi.Output[str]:
    """Returns the JSON of a policy document. The order of the statements does not change the text."""
    ordered = sorted(statements, key=lambda statement: statement.sid)
    body: dict[str, Any] = {"Version": "2012-10-17", "Statement": [_as_json(statement) for statement in ordered]}
    if id_ is not None:
        body["Id"] = id_
    return pulumi.Output.json_dumps(body, sort_keys=True)


def _as_json(statement: Statement) -> dict[str, Any]:
    body: dict[str, Any] = {
        "Sid": statement.sid,
        "Effect": statement.effect,
        "Action": sorted(statement.actions),
    }
    if statement.resources:
        body["Resource"] = pulumi.Output.all(*statement.resources).apply(sorted)
    if statement.conditions:
        body["Condition"] = statement.conditions
    if statement.principal:
        body["Principal"] = statement.principal
    return body
