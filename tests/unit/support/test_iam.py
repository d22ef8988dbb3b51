"""The evaluator of policies: what it allows, what it denies, and what it refuses to evaluate."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import iam

FILE = "arn:aws:s3:::b/r/x"
EQUALS = {"StringEquals": {"k": "v"}}
ANY_OF = {"ForAnyValue:StringEquals": {"k": "v"}}
OF_ACCOUNT = {"ArnLike": {"k": "arn:aws:ecs:us-east-1:1:*"}}


def document(**statement: Any) -> dict[str, Any]:
    body = {"Sid": "One", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::b/r/*"]}
    return {"Version": "2012-10-17", "Statement": [{**body, **statement}]}


@pytest.mark.parametrize(
    ("statement", "action", "resource", "allowed"),
    [
        ({}, "s3:GetObject", f"{FILE}/y", True),
        ({}, "S3:getobject", FILE, True),
        ({}, "s3:PutObject", FILE, False),
        ({}, "s3:GetObject", "arn:aws:s3:::b/rx", False),
        ({}, "s3:GetObject", "arn:aws:s3:::b/R/x", False),
        ({"Resource": ["arn:aws:s3:::b.c"]}, "s3:GetObject", "arn:aws:s3:::bxc", False),
        ({"Resource": "a?c"}, "s3:GetObject", "abc", True),
        ({"Resource": "a?c"}, "s3:GetObject", "ac", False),
    ],
)
def test_action_and_resource_have_to_match(
    statement: dict[str, Any], action: str, resource: str, allowed: bool
) -> None:
    assert iam.allows(document(**statement), action, resource) is allowed


@pytest.mark.parametrize(
    ("condition", "context", "holds"),
    [
        (EQUALS, {"k": "v"}, True),
        (EQUALS, {"k": "w"}, False),
        (EQUALS, {}, False),
        ({"Null": {"k": "true"}}, {}, True),
        ({"Null": {"k": "true"}}, {"k": "v"}, False),
        ({"Null": {"k": "false"}}, {"k": "v"}, True),
        ({"Null": {"k": "false"}}, {}, False),
        (ANY_OF, {"k": ["u", "v"]}, True),
        (ANY_OF, {"k": ["u"]}, False),
        # Part by part.
        (OF_ACCOUNT, {"k": "arn:aws:ecs:us-east-1:1:task/c/t"}, True),
        (OF_ACCOUNT, {"k": "arn:aws:ecs:us-east-1:2:task/c/t"}, False),
        ({"ArnLike": {"k": "arn:*:1:*"}}, {"k": "arn:aws:ecs:us-east-1:1:task/c/t"}, False),
    ],
)
def test_condition_has_to_hold(condition: dict[str, Any], context: dict[str, Any], holds: bool) -> None:
    assert iam.allows(document(Condition=condition), "s3:GetObject", FILE, context) is holds


def test_deny_goes_before_allow() -> None:
    both = document()
    both["Statement"].append({"Sid": "Two", "Effect": "Deny", "Action": ["s3:*"], "Resource": ["*"]})
    assert not iam.allows(both, "s3:GetObject", FILE)


def test_policy_trusts_its_principal_alone() -> None:
    trust = document(Action="sts:AssumeRole", Principal={"Service": "ecs-tasks.amazonaws.com"}, Condition=EQUALS)
    assert iam.trusts(trust, "ecs-tasks.amazonaws.com", {"k": "v"})
    assert not iam.trusts(trust, "ecs-tasks.amazonaws.com", {})
    assert not iam.trusts(trust, "ec2.amazonaws.com", {"k": "v"})


@pytest.mark.parametrize("statement", [{"NotAction": ["s3:*"]}, {"Effect": "Permit"}, {"Sid": "not alphanumeric"}])
def test_unknown_element_is_refused(statement: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        iam.allows(document(**statement), "s3:GetObject", FILE)


def test_unknown_operator_is_refused() -> None:
    with pytest.raises(KeyError):
        iam.allows(document(Condition={"NumericEquals": {"k": "1"}}), "s3:GetObject", FILE, {"k": "v"})
