"""Roles in the account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.tests.account.world import ACCOUNT, refused


def test_inline_policies_of_a_role_have_a_limit_in_all(aws: Callable[[str], Any]) -> None:
    iam = aws("iam")
    iam.create_role(RoleName="app", AssumeRolePolicyDocument="{}")
    statements = ",".join(f'{{"Effect": "Allow", "Action": "s3:{"x" * 40}{n}", "Resource": "*"}}' for n in range(60))
    policy = f'{{"Version": "2012-10-17", "Statement": [{statements}]}}'
    for _ in range(2):
        iam.put_role_policy(RoleName="app", PolicyName="first", PolicyDocument=policy)
    with refused("LimitExceeded.*Maximum policy size of 10240 bytes exceeded for role app"):
        iam.put_role_policy(RoleName="app", PolicyName="second", PolicyDocument=policy)


def test_permissions_boundary_of_a_role_exists(aws: Callable[[str], Any]) -> None:
    iam, missing = aws("iam"), f"arn:aws:iam::{ACCOUNT}:policy/missing"
    with refused(f"NoSuchEntity.*Scope ARN: {missing} does not exist"):
        iam.create_role(RoleName="app", AssumeRolePolicyDocument="{}", PermissionsBoundary=missing)
    allow = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
    arn = iam.create_policy(PolicyName="boundary", PolicyDocument=allow)["Policy"]["Arn"]
    iam.create_role(RoleName="app", AssumeRolePolicyDocument="{}", PermissionsBoundary=arn)
    with refused("NoSuchEntity"):
        iam.put_role_permissions_boundary(RoleName="app", PermissionsBoundary=missing)
    assert iam.get_role(RoleName="app")["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == arn
