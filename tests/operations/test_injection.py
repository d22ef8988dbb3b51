"""The secrets that ECS would inject, and the reasons why it would not."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest

from operations.errors import OperationError
from operations.injection import ResourceInitializationError, ValueFrom, inject
from tests.support.deployed import EXECUTION_ROLE, REGION, TRUST, Deployed, document

pytestmark = pytest.mark.sandbox  # for moto
ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:voiceter/POOL-AbCdEf"
HIDDEN = "us-east-1_Sup3rS3cret"


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:ssm:us-east-1:123456789012:parameter/pool",
        "parameter",
        ARN.replace("us-east-1", "eu-north-1"),
        f"{ARN}:user",
        f"{ARN}:::a:b",
    ],
)
def test_value_from_outside_the_region_is_refused(text: str) -> None:
    with pytest.raises(OperationError, match="POOL comes from"):
        ValueFrom.of("POOL", text, REGION)


def test_values_by_key_stage_and_version(deployed: Deployed) -> None:
    secrets = deployed.client("secretsmanager")
    whole = deployed.secret("whole", SecretString="one")
    first = secrets.describe_secret(SecretId=whole)["VersionIdsToStages"]
    (first_version,) = first
    secrets.put_secret_value(SecretId=whole, SecretString="two")
    parts = deployed.secret("parts", SecretString='{"user": "u", "port": 5432, "tls": true}')
    deployed.grant_reading(whole, parts)
    definition = deployed.register(
        {
            "CURRENT": whole,
            "BY_ID": f"{whole}:::{first_version}",
            "BY_STAGE": f"{whole}::AWSPREVIOUS:",
            "USER": f"{parts}:user::",
            "DB_PORT": f"{parts}:port::",
            "TLS": f"{parts}:tls::",
        }
    )
    assert inject(deployed.target, definition) == {
        "CURRENT": "two",
        "BY_ID": "one",
        "BY_STAGE": "one",
        "USER": "u",
        "DB_PORT": "5432",
        "TLS": "true",
    }


def test_definition_without_secrets_needs_no_role(deployed: Deployed) -> None:
    assert inject(deployed.target, deployed.register(execution_role=False)) == {}


def refusal(deployed: Deployed, secrets: dict[str, str], **arguments: Any) -> str:
    with pytest.raises(ResourceInitializationError) as caught:
        inject(deployed.target, deployed.register(secrets, **arguments))
    assert HIDDEN not in str(caught.value)
    return str(caught.value)


def test_unreadable_secret_is_not_injected(deployed: Deployed) -> None:
    readable, other = (deployed.secret(name, SecretString=HIDDEN) for name in ("readable", "other"))
    deployed.grant_reading(readable)
    text = refusal(deployed, {"READABLE": readable, "POOL": other})
    assert text.startswith("ResourceInitializationError: ")
    assert f"POOL: AccessDeniedException: the execution role {deployed.execution_role} is not allowed" in text
    assert f"secretsmanager:GetSecretValue on {other}" in text
    assert "READABLE" not in text


def test_message_names_every_problem(deployed: Deployed) -> None:
    plain = deployed.secret("plain", SecretString=HIDDEN)
    object_ = deployed.secret("object", SecretString=f'{{"user": "{HIDDEN}"}}')
    binary = deployed.secret("binary", SecretBinary=b"\0")
    deleted = deployed.secret("deleted", SecretString=HIDDEN)
    deployed.client("secretsmanager").delete_secret(SecretId=deleted)
    deployed.grant_reading("*")
    text = refusal(
        deployed,
        {
            "GONE": ARN,
            "NO_VERSION": f"{plain}:::00000000-0000-0000-0000-000000000000",
            "NO_JSON": f"{plain}:user::",
            "NO_KEY": f"{object_}:password::",
            "BINARY": binary,
            "DELETED": deleted,
            "FINE": f"{object_}:user::",
        },
    )
    assert f"GONE: there is no secret {ARN}" in text
    assert f"NO_VERSION: {plain} has no value in 00000000-0000-0000-0000-000000000000" in text
    assert f"NO_JSON: {plain} holds no JSON object to read user from" in text
    assert f"NO_KEY: the JSON object in {object_} has no password" in text
    assert f"BINARY: {binary} holds binary data" in text
    assert f"DELETED: {deleted} has no value in AWSCURRENT" in text
    assert "FINE" not in text


def test_secrets_without_an_execution_role_are_refused(deployed: Deployed) -> None:
    arn = deployed.secret("pool", SecretString=HIDDEN)
    assert "has no execution role" in refusal(deployed, {"POOL": arn}, execution_role=False)


def test_role_that_ecs_cannot_assume_reads_nothing(deployed: Deployed) -> None:
    arn = deployed.secret("pool", SecretString=HIDDEN)
    deployed.grant_reading(arn)
    trust = {**TRUST, "Principal": {"Service": "ecs.amazonaws.com"}}
    deployed.client("iam").update_assume_role_policy(RoleName=EXECUTION_ROLE, PolicyDocument=document(trust))
    text = refusal(deployed, {"POOL": arn})
    assert "does not let ecs-tasks.amazonaws.com assume it (sts:AssumeRole" in text


def test_key_of_aws_needs_no_grant(deployed: Deployed) -> None:
    """Secrets Manager may name the key of a secret that was made in the console (API Reference, DescribeSecret)."""
    kms = deployed.client("kms")
    key = kms.create_key()["KeyMetadata"]
    arn = deployed.secret("pool", SecretString=HIDDEN, KmsKeyId=key["KeyId"])
    kms.describe_key = mock.Mock(return_value={"KeyMetadata": {**key, "KeyManager": "AWS"}})
    deployed.grant_reading(arn)
    assert inject(deployed.target, deployed.register({"POOL": arn})) == {"POOL": HIDDEN}


def test_customer_key_needs_a_grant(deployed: Deployed) -> None:
    kms = deployed.client("kms")
    key = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/pool", TargetKeyId=key["KeyId"])
    arn = deployed.secret("pool", SecretString=HIDDEN, KmsKeyId="alias/pool")
    read = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": arn}
    decrypt = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key["Arn"]}
    deployed.grant(read)
    assert f"is not allowed kms:Decrypt on {key['Arn']}" in refusal(deployed, {"POOL": arn})
    # As the program grants it: through Secrets Manager only, and by the key's alias.
    for operator, name, value, enough in (
        ("StringEquals", "kms:ViaService", "secretsmanager.us-east-1.amazonaws.com", True),
        ("StringEquals", "kms:ViaService", "s3.us-east-1.amazonaws.com", False),
        ("ForAnyValue:StringEquals", "kms:ResourceAliases", "alias/pool", True),
        ("ForAnyValue:StringEquals", "kms:ResourceAliases", "alias/other", False),
    ):
        deployed.grant(read, {**decrypt, "Condition": {operator: {name: value}}})
        if enough:
            assert inject(deployed.target, deployed.register({"POOL": arn})) == {"POOL": HIDDEN}
        else:
            assert "kms:Decrypt" in refusal(deployed, {"POOL": arn})
