"""The policies of the gateway endpoints."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from components.access.endpoint_policies import EndpointPolicies, EndpointPoliciesArgs
from components.lib.account import Account
from recording.deployment import Deployment
from recording.fake_aws import ACCOUNT
from recording.mocks import deploy
from tests.support import iam

ROLE = f"arn:aws:iam::{ACCOUNT}:role/voiceter-backend-task-role-dev"
TASKS = {"aws:PrincipalArn": ROLE}
BUCKET = f"arn:aws:s3:::voiceter-recordings-{ACCOUNT}-dev"
LAYER = "arn:aws:s3:::prod-eu-north-1-starport-layer-bucket/1234"
TABLES = f"arn:aws:dynamodb:eu-north-1:{ACCOUNT}:table"


@cache
def build() -> Deployment:
    args = EndpointPoliciesArgs(
        account=Account(ACCOUNT, "aws", "eu-north-1"),
        endpoint_ids={"s3": "vpce-1", "dynamodb": "vpce-2"},
        bucket_arn=BUCKET,
        task_role_arn=ROLE,
    )

    def program() -> None:
        EndpointPolicies("endpoint-policies", args)

    return deploy(program)


def policy(service: str) -> dict[str, Any]:
    return build().one(":VpcEndpointPolicy", service).json("policy")


@pytest.mark.parametrize(
    ("service", "action", "resource"),
    [
        ("s3", "s3:PutObject", f"{BUCKET}/recordings/a.wav"),
        ("s3", "s3:ListBucket", BUCKET),
        ("dynamodb", "dynamodb:PutItem", f"{TABLES}/demo-dev-sessions"),
        ("dynamodb", "dynamodb:Query", f"{TABLES}/demo-dev-sessions/index/questionnaireId-startTime-index"),
        # The tables of a former tablePrefix, which tasks use until the end of the update.
        ("dynamodb", "dynamodb:PutItem", f"{TABLES}/former-sessions"),
    ],
)
def test_only_the_task_role_reaches_data(service: str, action: str, resource: str) -> None:
    assert iam.allows(policy(service), action, resource, TASKS)
    assert not iam.allows(policy(service), action, resource, {"aws:PrincipalArn": f"{ROLE}-2"})
    assert not iam.allows(policy(service), action, resource)


@pytest.mark.parametrize(
    ("service", "action", "resource"),
    [
        ("s3", "s3:PutObject", "arn:aws:s3:::somebody-else/recordings/a.wav"),
        ("s3", "s3:PutObject", f"{BUCKET}-2/recordings/a.wav"),
        ("s3", "s3:PutObject", LAYER),
        ("dynamodb", "dynamodb:PutItem", "arn:aws:dynamodb:eu-north-1:999999999999:table/demo-dev-sessions"),
        ("dynamodb", "dynamodb:PutItem", f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/demo-dev-sessions"),
    ],
)
def test_tasks_reach_nothing_else(service: str, action: str, resource: str) -> None:
    assert not iam.allows(policy(service), action, resource, TASKS)


def test_ecs_reads_the_image_layers_of_its_region() -> None:
    assert iam.allows(policy("s3"), "s3:GetObject", LAYER)
    assert not iam.allows(policy("s3"), "s3:GetObject", LAYER.replace("eu-north-1", "us-east-1"))
