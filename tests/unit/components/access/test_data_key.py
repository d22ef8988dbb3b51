"""The key of the stack's data: who may use it through which service, and how the program finds it."""

from __future__ import annotations

from functools import cache
from typing import Any

import pulumi_aws as aws
import pytest

from components.access.data_key import DataKey, DataKeyArgs
from components.access.identity import Identity, IdentityArgs
from components.lib.account import Account
from components.lib.names import Names
from recording.deployment import Deployment
from recording.fake_aws import ACCOUNT, FakeAws
from recording.mocks import deploy
from tests.support import iam

REGION = "eu-north-1"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0a1b"
ALIAS = "alias/voiceter-backend-data-dev"
GROUPS = [
    f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}"
    for name in ("/ecs/voiceter-backend-dev", "aws-waf-logs-voiceter-backend-dev")
]
ITEM_ACTIONS = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom"]


@cache
def build(with_shell: bool = False) -> Deployment:
    def program() -> None:
        account, names = Account(ACCOUNT, "aws", REGION), Names("dev")
        identity = Identity("identity", IdentityArgs(account, names))
        key = DataKey("data-key", DataKeyArgs(account, names, identity, with_shell, protect=True))
        identity.grant(execution=[], task=[])
        aws.secretsmanager.Secret("user", kms_key_id=key.arn)

    return deploy(program, answers=FakeAws(region=REGION))


def role(use: str, **arguments: Any) -> dict[str, Any]:
    name = f"voiceter-backend-{use}-role-dev"
    return iam.joined(p.json("policy") for p in build(**arguments).all(":RolePolicy") if p.inputs["role"] == name)


def through(service: str, region: str = REGION) -> dict[str, str]:
    return {"kms:ViaService": f"{service}.{region}.amazonaws.com"}


@pytest.mark.parametrize("action", ITEM_ACTIONS)
def test_app_uses_the_key_for_items_through_dynamodb_alone(action: str) -> None:
    task = role("task")
    assert iam.allows(task, action, KEY, through("dynamodb"))
    assert not iam.allows(task, action, KEY, through("dynamodb", "us-east-1"))
    assert not iam.allows(task, action, KEY, through("secretsmanager"))
    assert not iam.allows(task, action, KEY)
    assert not iam.allows(task, action, KEY.replace("0a1b", "2c3d"), through("dynamodb"))


@pytest.mark.parametrize("action", ["kms:Decrypt", "kms:GenerateDataKey"])
def test_app_uses_the_key_for_recordings_through_s3(action: str) -> None:
    assert iam.allows(role("task"), action, KEY, through("s3"))
    assert not iam.allows(role("task"), "kms:CreateGrant", KEY, through("s3"))


def test_shell_decrypts_its_session_only_if_it_is_on() -> None:
    assert iam.allows(role("task", with_shell=True), "kms:Decrypt", KEY)
    assert not iam.allows(role("task", with_shell=True), "kms:GenerateDataKey", KEY)
    assert not iam.allows(role("task", with_shell=False), "kms:Decrypt", KEY)


def test_ecs_decrypts_secrets_and_nothing_else() -> None:
    execution = role("execution", with_shell=True)
    assert iam.allows(execution, "kms:Decrypt", KEY, through("secretsmanager"))
    assert not iam.allows(execution, "kms:Decrypt", KEY, through("dynamodb"))
    assert not iam.allows(execution, "kms:GenerateDataKey", KEY, through("secretsmanager"))


def test_key_policy_admits_cloudwatch_logs_for_the_log_groups_alone() -> None:
    policy = build().one(":Key").json("policy")
    (logs,) = [one for one in policy["Statement"] if one["Sid"] == "CloudWatchLogs"]
    assert logs["Principal"] == {"Service": f"logs.{REGION}.amazonaws.com"}
    statement = {**policy, "Statement": [logs]}
    for action in ("kms:Encrypt", "kms:Decrypt", "kms:ReEncryptTo", "kms:GenerateDataKey", "kms:DescribeKey"):
        for group in GROUPS:
            assert iam.allows(statement, action, KEY, {"kms:EncryptionContext:aws:logs:arn": group})
            assert not iam.allows(statement, action, KEY, {"kms:EncryptionContext:aws:logs:arn": f"{group}-2"})
    assert iam.allows(policy, "kms:PutKeyPolicy", KEY), "the account keeps control of the key"


def test_nothing_is_encrypted_before_the_roles_may_use_the_key() -> None:
    run = build(with_shell=True)
    policies = {policy.urn for policy in run.all(":RolePolicy")}
    assert len(policies) == 4
    assert policies <= run.one(":Secret", "user").depends_on
