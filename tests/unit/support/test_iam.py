"""The evaluator of policies: what it allows, what it denies, and what it refuses to evaluate."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import iam


def document(**statement: Any) -> dict[str, Any]:
    body = {"Sid": "One", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::b/r/*"]}
    return {"Version": "2012-10-17", "Statement": [{**body, **statement}]}


def test_action_and_resource_have_to_match() -> None:
    assert iam.allows(document(), "s3:GetObject", "arn:aws:s3:::b/r/x/y")
    assert iam.allows(document(), "S3:getobject", "arn:aws:s3:::b/r/x")
    assert not iam.allows(document(), "s3:PutObject", "arn:aws:s3:::b/r/x")
    assert not iam.allows(document(), "s3:GetObject", "arn:aws:s3:::b/rx")
    assert not iam.allows(document(), "s3:GetObject", "arn:aws:s3:::b/R/x")
    assert not iam.allows(document(Resource=["arn:aws:s3:::b.c"]), "s3:GetObject", "arn:aws:s3:::bxc")


def test_question_mark_matches_one_character() -> None:
    assert iam.allows(document(Resource="a?c"), "s3:GetObject", "abc")
    assert not iam.allows(document(Resource="a?c"), "s3:GetObject", "ac")


def test_deny_goes_before_allow() -> None:
    both = document()
    both["Statement"].append({"Sid": "Two", "Effect": "Deny", "Action": ["s3:*"], "Resource": ["*"]})
    assert not iam.allows(both, "s3:GetObject", "arn:aws:s3:::b/r/x")


def test_condition_on_a_key_that_the_request_lacks_fails() -> None:
    conditional = document(Resource="*", Condition={"StringEquals": {"k": "v"}})
    assert iam.allows(conditional, "s3:GetObject", "x", {"k": "v"})
    assert not iam.allows(conditional, "s3:GetObject", "x", {"k": "w"})
    assert not iam.allows(conditional, "s3:GetObject", "x")


def test_null_is_for_a_key_that_the_request_lacks() -> None:
    conditional = document(Resource="*", Condition={"Null": {"k": "true"}})
    assert iam.allows(conditional, "s3:GetObject", "x")
    assert not iam.allows(conditional, "s3:GetObject", "x", {"k": "v"})
    conditional = document(Resource="*", Condition={"Null": {"k": "false"}})
    assert iam.allows(conditional, "s3:GetObject", "x", {"k": "v"})
    assert not iam.allows(conditional, "s3:GetObject", "x")


def test_for_any_value_matches_one_of_several() -> None:
    conditional = document(Resource="*", Condition={"ForAnyValue:StringEquals": {"k": "v"}})
    assert iam.allows(conditional, "s3:GetObject", "x", {"k": ["u", "v"]})
    assert not iam.allows(conditional, "s3:GetObject", "x", {"k": ["u"]})


def test_arn_like_compares_part_by_part() -> None:
    trust = document(
        Action="sts:AssumeRole",
        Principal={"Service": "ecs-tasks.amazonaws.com"},
        Condition={"ArnLike": {"aws:SourceArn": "arn:aws:ecs:us-east-1:1:*"}},
    )
    service = "ecs-tasks.amazonaws.com"
    assert iam.trusts(trust, service, {"aws:SourceArn": "arn:aws:ecs:us-east-1:1:task/c/t"})
    assert not iam.trusts(trust, service, {"aws:SourceArn": "arn:aws:ecs:us-east-1:2:task/c/t"})
    assert not iam.trusts(trust, "ec2.amazonaws.com", {"aws:SourceArn": "arn:aws:ecs:us-east-1:1:task/c/t"})


@pytest.mark.parametrize(
    "statement",
    [{"NotAction": ["s3:*"]}, {"Effect": "Permit"}, {"Sid": "not alphanumeric"}],
)
def test_unknown_element_is_refused(statement: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        iam.allows(document(**statement), "s3:GetObject", "x")


def test_unknown_operator_is_refused() -> None:
    with pytest.raises(KeyError):
        iam.allows(document(Resource="*", Condition={"NumericEquals": {"k": "1"}}), "s3:GetObject", "x", {"k": "v"})
