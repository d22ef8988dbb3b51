"""IAM's evaluation of a role's policies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from operations.errors import OperationError
from operations.permissions import Role
from tests.support.deployed import Deployed

READ, SECRET = "secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-east-1:123456789012:secret:a/POOL-AbCdEf"
CONTEXT = {"aws:requestedregion": "us-east-1", "aws:principalarn": "arn:aws:iam::123456789012:role/r"}


def role(*statements: dict[str, Any], boundary: dict[str, Any] | None = None) -> Role:
    return Role(
        "arn:aws:iam::123456789012:role/r",
        trust={"Statement": []},
        policies={str(position): {"Statement": [statement]} for position, statement in enumerate(statements)},
        boundary={"Statement": boundary} if boundary else None,
    )


def allow(**elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": READ, "Resource": SECRET, **elements}


def may(*statements: dict[str, Any], boundary: dict[str, Any] | None = None) -> bool:
    return role(*statements, boundary=boundary).may(READ, SECRET, CONTEXT)


DENY_ALL = {"Effect": "Deny", "Action": "*", "Resource": "*"}


@pytest.mark.parametrize(
    ("statements", "allowed"),
    [
        ([], False),
        ([allow()], True),
        ([allow(Action="secretsmanager:DescribeSecret")], False),
        ([allow(Resource=SECRET.replace("POOL", "OTHER"))], False),
        ([allow(Action=["s3:GetObject", READ.lower()])], True),
        ([allow(Action="secretsmanager:Get*")], True),
        ([allow(Resource=["x", SECRET[:-6] + "??????"])], True),
        ([allow(Resource=SECRET.replace("POOL", "[POX]*"))], False),  # a bracket is no wildcard
        ([allow(Resource="*")], True),
        ([{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}], True),
        ([{"Effect": "Allow", "NotAction": "secretsmanager:*", "Resource": "*"}], False),
        ([{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::*"}], True),
        ([{"Effect": "Allow", "Action": "*", "NotResource": SECRET}], False),
        ([allow(), DENY_ALL], False),
        ([allow(), {**DENY_ALL, "Resource": "arn:aws:s3:::x"}], True),
    ],
)
def test_statements(statements: list[dict[str, Any]], allowed: bool) -> None:
    assert may(*statements) is allowed


def test_boundary_must_allow_too() -> None:
    assert may(allow(), boundary=allow())
    assert not may(allow(), boundary=allow(Action="s3:*"))
    assert not may(boundary=allow())


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, True),
        ({"StringEquals": {"aws:RequestedRegion": ["eu-north-1", "us-east-1"]}}, True),
        ({"StringEquals": {"aws:RequestedRegion": "eu-north-1"}}, False),
        ({"StringNotEquals": {"aws:RequestedRegion": ["eu-north-1", "us-east-1"]}}, False),
        ({"StringNotLike": {"aws:RequestedRegion": "eu-*"}}, True),
        ({"StringLikeIfExists": {"aws:RequestedRegion": "us-*"}}, True),
        ({"StringEqualsIgnoreCase": {"aws:RequestedRegion": "US-EAST-1"}}, True),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/r"}}, True),
        ({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/r"}}, False),
        (
            {
                "StringEquals": {"aws:RequestedRegion": "us-east-1"},
                "ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::1:role/x"},
            },
            False,
        ),
    ],
)
def test_conditions(condition: Mapping[str, Any], holds: bool) -> None:
    assert may(allow(Condition=condition)) is holds


@pytest.mark.parametrize(("operator", "holds"), [("ForAnyValue", True), ("ForAllValues", False)])
def test_condition_key_with_several_values(operator: str, holds: bool) -> None:
    condition = {f"{operator}:StringEquals": {"kms:ResourceAliases": ["alias/one"]}}
    statement = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", "Condition": condition}
    assert role(statement).may("kms:Decrypt", "k", {"kms:resourcealiases": ["alias/one", "alias/two"]}) is holds
    assert role(statement).may("kms:Decrypt", "k", {"kms:resourcealiases": []}) is not holds


@pytest.mark.parametrize(
    ("pattern", "holds"), [("arn:aws:secretsmanager:*:*:secret:a/*", True), ("arn:*:secret:*", False)]
)
def test_wildcard_in_an_arn_matches_colons_in_its_last_part_alone(pattern: str, holds: bool) -> None:
    condition = {"ArnLike": {"kms:EncryptionContext:SecretARN": pattern}}
    statement = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", "Condition": condition}
    assert role(statement).may("kms:Decrypt", "k", {"kms:encryptioncontext:secretarn": SECRET}) is holds


@pytest.mark.parametrize(
    "condition",
    [
        {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
        {"StringEquals": {"aws:ResourceTag/team": "voice"}},
        {"StringEquals": {"aws:RequestedRegion": "${aws:PrincipalTag/region}"}},
    ],
)
def test_unknown_condition_is_an_error(condition: Mapping[str, Any]) -> None:
    with pytest.raises(OperationError, match="policy 0 that this command cannot evaluate"):
        may(allow(Condition=condition))
    # It does not matter where the statement is about something else.
    assert not may(allow(Action="s3:GetObject", Condition=condition))


def test_trust_policy_names_who_may_assume_the_role() -> None:
    condition = {"ArnLike": {"aws:SourceArn": "arn:aws:ecs:us-east-1:123456789012:*"}}
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "ecs-tasks.amazonaws.com"},
        "Condition": condition,
    }
    trusting = Role("arn", {"Statement": statement}, {}, None)
    source = {"aws:sourcearn": "arn:aws:ecs:us-east-1:123456789012:*"}
    assert trusting.trusts("ecs-tasks.amazonaws.com", source)
    assert not trusting.trusts("ecs.amazonaws.com", source)
    assert not trusting.trusts("ecs-tasks.amazonaws.com", {"aws:sourcearn": "arn:aws:ecs:us-west-2:123456789012:*"})
    assert not Role("arn", {"Statement": [{**statement, "Principal": "*", "Effect": "Deny"}]}, {}, None).trusts(
        "ecs-tasks.amazonaws.com", source
    )


@pytest.mark.sandbox
def test_role_is_read_with_its_policies(deployed: Deployed) -> None:
    iam = deployed.client("iam")

    def document(action: str) -> str:
        return json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}
        )

    attached = iam.create_policy(PolicyName="attached", PolicyDocument=document("s3:GetObject"))["Policy"]["Arn"]
    boundary = iam.create_policy(PolicyName="boundary", PolicyDocument=document("*"))["Policy"]["Arn"]
    arn = iam.create_role(
        RoleName="r", Path="/p/", AssumeRolePolicyDocument=document("sts:AssumeRole"), PermissionsBoundary=boundary
    )["Role"]["Arn"]
    iam.put_role_policy(RoleName="r", PolicyName="inline", PolicyDocument=document(READ))
    iam.attach_role_policy(RoleName="r", PolicyArn=attached)
    read = Role.read(iam, arn)
    assert set(read.policies) == {"inline", attached}
    assert read.may(READ, SECRET, CONTEXT)
    assert read.may("s3:GetObject", "x", CONTEXT)
    assert not read.may("s3:PutObject", "x", CONTEXT)
    assert read.boundary is not None
    # A newer version of a policy takes the place of the one before.
    iam.create_policy_version(PolicyArn=boundary, PolicyDocument=document("s3:*"), SetAsDefault=True)
    assert not Role.read(iam, arn).may(READ, SECRET, CONTEXT)


@pytest.mark.sandbox
def test_missing_role_is_named(deployed: Deployed) -> None:
    with pytest.raises(OperationError, match="role/gone does not exist"):
        Role.read(deployed.client("iam"), "arn:aws:iam::123456789012:role/gone")
