"""Secrets are encrypted, injected by version, and readable by the execution role only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pulumi
import pytest

from components.data.app_secrets import AppSecrets, AppSecretsArgs, SharedSecret
from components.lib.account import Account
from components.lib.policy import document
from policy.wildcards import wildcards
from recording.deployment import Deployment
from recording.fake_aws import ACCOUNT, FakeAws
from recording.mocks import deploy
from tests.support import iam

REGION = "eu-north-1"
ARNS = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret"
MADE = f"{ARNS}:voiceter-backend-dev/COGNITO_USER_POOL_ID-1a2b3c4-AbCdEf"
FOREIGN = f"{ARNS}:shared/token-XyZ123"
HIDDEN = "correct-horse-battery"
KEYS = f"arn:aws:kms:{REGION}:{ACCOUNT}:key"
THROUGH_SECRETS_MANAGER = {"kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com"}


def build(**changes: Any) -> Deployment:
    """Builds the secrets with changed inputs."""

    def program() -> None:
        args = AppSecretsArgs(
            account=Account(ACCOUNT, "aws", REGION),
            folder="voiceter-backend-dev",
            values={"COGNITO_USER_POOL_ID": pulumi.Output.secret(HIDDEN)},
            shared={},
            protect=True,
            encryption_key=None,
        )
        secrets = AppSecrets("app-secrets", replace(args, **changes))
        pulumi.export("valueFrom", dict(secrets.value_from))
        pulumi.export("statements", len(secrets.read()))
        pulumi.export("policy", document(secrets.read()))

    return deploy(program, answers=FakeAws(region=REGION))


def token(key: str = "") -> Mapping[str, SharedSecret]:
    """Returns a secret that someone else owns, with this KMS key."""
    return {"TOKEN": SharedSecret(FOREIGN, key)}


def policy(**arguments: Any) -> dict[str, Any]:
    return json.loads(build(**arguments).exports["policy"])


@pytest.mark.parametrize(("protect", "days", "key"), [(True, 30, f"{KEYS}/0a1b"), (False, 0, None)])
def test_a_value_becomes_a_secret_that_is_injected_with_its_version(protect: bool, days: int, key: str | None) -> None:
    run = build(protect=protect, encryption_key=key)
    secret = run.one(":Secret").inputs
    assert secret["namePrefix"] == "voiceter-backend-dev/COGNITO_USER_POOL_ID-"
    assert (secret["recoveryWindowInDays"], secret.get("kmsKeyId")) == (days, key)
    version = run.one(":SecretVersion")
    assert version.inputs == {"secretId": MADE, "secretString": HIDDEN}
    assert version.retain_on_delete
    assert run.exports["valueFrom"] == {"COGNITO_USER_POOL_ID": f"{MADE}:::version-of-COGNITO_USER_POOL_ID"}


def test_foreign_secret_is_injected_by_its_arn() -> None:
    run = build(shared=token(), values={})
    assert run.exports["valueFrom"] == {"TOKEN": FOREIGN}
    assert run.all(":Secret") == []


def test_stack_without_secrets_has_no_grant() -> None:
    assert build(values={}).exports["statements"] == 0


@pytest.mark.parametrize(
    "key", ["", "alias/aws/secretsmanager", f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/aws/secretsmanager"]
)
def test_the_default_key_needs_no_grant(key: str) -> None:
    assert build(shared=token(key)).exports["statements"] == 1


@pytest.mark.parametrize("key", ["1234-abcd", f"{KEYS}/1234-abcd"])
def test_a_customer_key_may_be_used_for_the_secret(key: str) -> None:
    granted = policy(shared=token(key))
    assert iam.allows(granted, "kms:Decrypt", f"{KEYS}/1234-abcd", THROUGH_SECRETS_MANAGER)
    assert not iam.allows(granted, "kms:Decrypt", f"{KEYS}/1234-abcd")
    assert not iam.allows(granted, "kms:Decrypt", f"{KEYS}/5678-abcd", THROUGH_SECRETS_MANAGER)
    assert not iam.allows(granted, "kms:Encrypt", f"{KEYS}/1234-abcd", THROUGH_SECRETS_MANAGER)
    assert wildcards(granted) == set()


def test_key_under_an_alias_is_granted_by_a_condition() -> None:
    alias = f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/tokens"
    granted = policy(shared=token(alias))
    ours = {**THROUGH_SECRETS_MANAGER, "kms:ResourceAliases": ["alias/tokens", "alias/more"]}
    theirs = {**THROUGH_SECRETS_MANAGER, "kms:ResourceAliases": ["alias/others"]}
    assert iam.allows(granted, "kms:Decrypt", f"{KEYS}/1234-abcd", ours)
    assert not iam.allows(granted, "kms:Decrypt", f"{KEYS}/1234-abcd", theirs)
    # An IAM resource is a key's id, which the alias does not show, so a condition names the alias.
    assert wildcards(granted) == {("SecretKeyAlias0", "Resource", f"{KEYS}/*")}


def test_aliases_are_granted_on_the_keys_of_their_own_account_only() -> None:
    owners = {"alias/tokens": ACCOUNT, "alias/more": ACCOUNT, "alias/theirs": "210987654321"}
    arns = [f"arn:aws:kms:{REGION}:{owner}:{alias}" for alias, owner in owners.items()]
    granted = policy(shared={f"TOKEN_{place}": SharedSecret(FOREIGN, arn) for place, arn in enumerate(arns)})
    for alias in owners:
        context = {**THROUGH_SECRETS_MANAGER, "kms:ResourceAliases": [alias]}
        for account in {*owners.values()}:
            key = f"arn:aws:kms:{REGION}:{account}:key/1234-abcd"
            assert iam.allows(granted, "kms:Decrypt", key, context) is (owners[alias] == account)
