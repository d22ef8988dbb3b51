"""The wildcards of a policy document, and the list of those that are allowed."""

from __future__ import annotations

import re
from typing import Any

import pytest

from policy.wildcards import ALLOWED, PLACEHOLDERS, Wildcard, is_allowed, is_of_aws, wildcards

ACCOUNT = "123456789012"
ROLE_POLICY, KEY = "aws:iam/rolePolicy:RolePolicy", "aws:kms/key:Key"
INFRASTRUCTURE = "AmazonECSInfrastructureRolePolicyForLoadBalancers"


def document(**statement: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statement}


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ({"Action": "s3:Get*", "Resource": "arn:aws:s3:::a"}, {("Action", "s3:Get*")}),
        (
            {"Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::a", "arn:aws:s3:::?"]},
            {("Resource", "arn:aws:s3:::?")},
        ),
        ({"Principal": "*"}, {("Principal", "*")}),
        (
            {"Principal": {"AWS": ["arn:aws:iam::1:root", "arn:aws:iam::*:root"]}},
            {("Principal", "arn:aws:iam::*:root")},
        ),
        ({"Condition": {"ArnLike": {"aws:SourceArn": ["arn:aws:ecs:*"]}}}, {("Condition", "arn:aws:ecs:*")}),
        ({"Action": "s3:GetObject", "Condition": {"Bool": {"aws:SecureTransport": True}}}, set[tuple[str, str]]()),
        ({"Action": "*", "Effect": "Allow"}, {("Action", "*")}),
        ({"Action": "*", "Effect": "Deny"}, set[tuple[str, str]]()),
    ],
)
def test_wildcard_is_found_in_every_element(statement: dict[str, Any], found: set[tuple[str, str]]) -> None:
    assert wildcards(document(Sid="One", **statement)) == {("One", *one) for one in found}


@pytest.mark.parametrize(
    ("sid", "resource", "allowed"),
    [
        ("Logs", f"arn:aws:logs:eu-north-1:{ACCOUNT}:log-group:/ecs/voiceter-backend-dev:*", True),
        ("Logs", f"arn:aws:logs:eu-north-1:{ACCOUNT}:log-group:/ecs/payroll:*", False),
        ("Logs", f"arn:aws:logs:eu-north-1:{ACCOUNT}:log-group:/ecs/voiceter-backend*:*", False),
        ("Logs", f"arn:aws:logs:*:{ACCOUNT}:log-group:/ecs/voiceter-backend:*", False),
        ("Logs", "*", False),
        ("XRay", "*", True),
        ("XRay", "xray:*", False),
        ("Other", "*", False),
        ("", "*", False),
        ("SecretKeyAlias12", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/*", True),
        ("SecretKeyAlias", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/*", False),
    ],
)
def test_list_decides_by_statement_and_text(sid: str, resource: str, allowed: bool) -> None:
    assert is_allowed(ROLE_POLICY, Wildcard(sid, "Resource", resource)) is allowed


@pytest.mark.parametrize(
    ("type_", "wildcard"),
    [
        (ROLE_POLICY, Wildcard("XRay", "Action", "*")),
        (ROLE_POLICY, Wildcard("Administration", "Action", "kms:*")),
        (ROLE_POLICY, Wildcard("Tables", "Action", "dynamodb:*")),
        (KEY, Wildcard("Administration", "Principal", "*")),
        (KEY, Wildcard("XRay", "Resource", "*")),
        ("aws:iam/policy:Policy", Wildcard("XRay", "Resource", "*")),
    ],
)
def test_wildcard_that_is_listed_for_another_element_or_type_is_not_allowed(type_: str, wildcard: Wildcard) -> None:
    assert any((wildcard.sid, wildcard.text) == (sid, text) for of in ALLOWED.values() for sid, _, text in of)
    assert not is_allowed(type_, wildcard)


@pytest.mark.parametrize(
    ("arn", "listed"),
    [
        (f"arn:aws:iam::aws:policy/{INFRASTRUCTURE}", True),
        (f"arn:aws-cn:iam::aws:policy/{INFRASTRUCTURE}", True),
        (f"arn:aws:iam::aws:policy/service-role/{INFRASTRUCTURE}", False),
        (f"arn:aws:iam::{ACCOUNT}:policy/{INFRASTRUCTURE}", False),
        ("arn:aws:iam::aws:policy/AdministratorAccess", False),
    ],
)
def test_only_the_listed_policies_of_aws_itself_may_be_attached(arn: str, listed: bool) -> None:
    assert is_of_aws(arn) is listed


def test_no_placeholder_stands_for_a_wildcard() -> None:
    used = {
        name for of in ALLOWED.values() for entry in of for text in entry for name in re.findall(r"\{(\w+)\}", text)
    }
    assert used == set(PLACEHOLDERS)
    for pattern in PLACEHOLDERS.values():
        assert not any(re.fullmatch(pattern, text) for text in ("*", "?", "a*", "aws*", "voiceter-logs-*"))
