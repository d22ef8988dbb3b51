"""Whom the policies of resources let in, on what conditions: roles, keys, buckets, the topic, endpoints, logs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from operations.permissions import like
from recording.fake_aws import ACCOUNT
from tests.support import iam
from tests.support.policies import OF_RESOURCES, others
from tests.support.program import everything

REGION = "us-east-1"
ANYBODY = "*"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0a1b"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:voiceter-backend-alarms"
LOGS = f"arn:aws:s3:::voiceter-logs-{ACCOUNT}-prod"
RECORDINGS = f"arn:aws:s3:::voiceter-recordings-{ACCOUNT}-prod"
TABLES = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table"
GROUPS = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group"
# The keys of the conditions, as the services send them.
OF_ACCOUNT = {"aws:SourceAccount": ACCOUNT}
OF_TASK = {**OF_ACCOUNT, "aws:SourceArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/a/0123abcd"}
OF_DELIVERY = {**OF_ACCOUNT, "aws:SourceArn": f"arn:aws:logs:{REGION}:{ACCOUNT}:delivery-source:1"}
OF_LOAD_BALANCER = {"aws:SourceArn": f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/a/0a1b"}
BY_TASK_ROLE = {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/voiceter-backend-task-role"}


@dataclass(frozen=True)
class Access:
    """What a policy lets a service do."""

    policy: str  # type and name of the resource that holds it
    service: str
    actions: tuple[str, ...]
    resource: str = ""
    context: Mapping[str, str] | None = None

    @property
    def document(self) -> dict[str, Any]:
        kind, name = self.policy.split()
        return everything().one(f":{kind}", name).json(OF_RESOURCES[kind])

    def is_allowed(self) -> bool:
        """Returns whether the policy allows all actions. An access without a resource assumes a role."""
        if not self.resource:
            return iam.trusts(self.document, self.service, self.context or {})
        return all(iam.lets_in(self.document, self.service, one, self.resource, self.context) for one in self.actions)


ASSUME = ("sts:AssumeRole",)
USE_KEY = ("kms:Decrypt", "kms:GenerateDataKey")
WRITE_LOG = ("kms:Encrypt", "kms:Decrypt", "kms:ReEncryptTo", "kms:ReEncryptFrom", "kms:DescribeKey")
ACCESSES = [
    Access("Role execution", "ecs-tasks.amazonaws.com", ASSUME, context=OF_TASK),
    Access("Role task", "ecs-tasks.amazonaws.com", ASSUME, context=OF_TASK),
    Access("Role infrastructure", "ecs.amazonaws.com", ASSUME),
    *(
        Access(
            "Key data",
            f"logs.{REGION}.amazonaws.com",
            (*WRITE_LOG, "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext"),
            KEY,
            {"kms:EncryptionContext:aws:logs:arn": f"{GROUPS}:{group}"},
        )
        for group in ("/ecs/voiceter-backend", "aws-waf-logs-voiceter-backend")
    ),
    Access("Key alarms", "cloudwatch.amazonaws.com", USE_KEY, KEY, OF_ACCOUNT),
    Access("TopicPolicy alarms", "cloudwatch.amazonaws.com", ("sns:Publish",), TOPIC, OF_ACCOUNT),
    Access("TopicPolicy alarms", "budgets.amazonaws.com", ("sns:Publish",), TOPIC, OF_ACCOUNT),
    # EventBridge sends neither aws:SourceAccount nor aws:SourceArn. AWS documents them of Budgets for the topic alone.
    Access("Key alarms", "budgets.amazonaws.com", USE_KEY, KEY),
    Access("Key alarms", "events.amazonaws.com", USE_KEY, KEY),
    Access("TopicPolicy alarms", "events.amazonaws.com", ("sns:Publish",), TOPIC),
    Access(
        "BucketPolicy logs",
        "logdelivery.elasticloadbalancing.amazonaws.com",
        ("s3:PutObject",),
        f"{LOGS}/AWSLogs/{ACCOUNT}/log.gz",
        OF_LOAD_BALANCER,
    ),
    Access("BucketPolicy logs", "delivery.logs.amazonaws.com", ("s3:GetBucketAcl", "s3:ListBucket"), LOGS, OF_DELIVERY),
    Access(
        "BucketPolicy logs",
        "delivery.logs.amazonaws.com",
        ("s3:PutObject",),
        f"{LOGS}/AWSLogs/{ACCOUNT}/log.gz",
        {**OF_DELIVERY, "s3:x-amz-acl": "bucket-owner-full-control"},
    ),
    Access(
        "LogResourcePolicy web-acl",
        "delivery.logs.amazonaws.com",
        ("logs:CreateLogStream", "logs:PutLogEvents"),
        f"{GROUPS}:aws-waf-logs-voiceter-backend:log-stream:0",
        OF_DELIVERY,
    ),
    # The task role reaches the data, the tables of a former tablePrefix too, which tasks use until an update has ended.
    Access("VpcEndpointPolicy s3", ANYBODY, ("s3:PutObject",), f"{RECORDINGS}/recordings/a.wav", BY_TASK_ROLE),
    Access("VpcEndpointPolicy s3", ANYBODY, ("s3:ListBucket",), RECORDINGS, BY_TASK_ROLE),
    Access("VpcEndpointPolicy dynamodb", ANYBODY, ("dynamodb:PutItem",), f"{TABLES}/former-sessions", BY_TASK_ROLE),
    Access("VpcEndpointPolicy dynamodb", ANYBODY, ("dynamodb:Query",), f"{TABLES}/a/index/b", BY_TASK_ROLE),
    # ECS reads the layers of an image.
    Access(
        "VpcEndpointPolicy s3", ANYBODY, ("s3:GetObject",), f"arn:aws:s3:::prod-{REGION}-starport-layer-bucket/1234"
    ),
]


def shown(access: Access) -> str:
    return f"{access.policy}, {access.service} {access.actions[0]}"


@pytest.mark.parametrize("access", ACCESSES, ids=shown)
def test_policy_lets_the_service_in_for_what_it_needs(access: Access) -> None:
    assert access.is_allowed()


@pytest.mark.parametrize("access", ACCESSES, ids=shown)
def test_policy_lets_nobody_in_on_another_resource_or_without_a_condition(access: Access) -> None:
    if access.resource not in ("", KEY):  # a key's policy is about the key alone
        for resource in others(access.resource):
            assert not replace(access, resource=resource).is_allowed(), resource
    for key, value in (access.context or {}).items():
        rest = {name: one for name, one in (access.context or {}).items() if name != key}
        assert not replace(access, context=rest).is_allowed(), key
        for other in others(value):
            assert not replace(access, context={**rest, key: other}).is_allowed(), other


def allowing() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yields each statement that allows something, with the type and name of the resource that holds it."""
    for kind, key in OF_RESOURCES.items():
        for holder in everything().all(f":{kind}"):
            for statement in holder.json(key)["Statement"]:
                if statement["Effect"] == "Allow" and statement["Sid"] != "Administration":
                    yield f"{kind} {holder.name}", statement


def test_policies_let_nobody_else_in_and_allow_nothing_else() -> None:
    for policy, statement in allowing():
        service = statement["Principal"] if statement["Principal"] == ANYBODY else statement["Principal"]["Service"]
        resources = statement.get("Resource", [""])
        found = [one for one in ACCESSES if (one.policy, one.service) == (policy, service)]
        ours = [one for one in found if any(like(pattern, one.resource) for pattern in resources)]
        needed = {action for one in ours for action in one.actions}
        for pattern in statement["Action"]:
            assert any(like(pattern, action) for action in needed), (policy, service, pattern)
        for pattern in resources:
            assert any(like(pattern, one.resource) for one in ours), (policy, service, pattern)


def test_account_keeps_control_of_its_keys() -> None:
    for key in everything().all(":Key"):
        policy = key.json("policy")
        [statement] = [one for one in policy["Statement"] if one["Sid"] == "Administration"]
        assert statement["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
        assert iam.allows({**policy, "Statement": [statement]}, "kms:PutKeyPolicy", KEY)


@pytest.mark.parametrize(
    ("kind", "name", "action", "resource"),
    [
        ("BucketPolicy", "logs", "s3:PutObject", f"{LOGS}/AWSLogs/{ACCOUNT}/log.gz"),
        ("BucketPolicy", "recordings", "s3:GetObject", f"{RECORDINGS}/recordings/a.wav"),
        ("TopicPolicy", "alarms", "sns:Publish", TOPIC),
    ],
)
def test_requests_without_tls_are_denied(kind: str, name: str, action: str, resource: str) -> None:
    policy = everything().one(f":{kind}", name).json("policy")
    assert iam.denies(policy, action, resource, {"aws:SecureTransport": "false"})
    assert not iam.denies(policy, action, resource, {"aws:SecureTransport": "true"})
