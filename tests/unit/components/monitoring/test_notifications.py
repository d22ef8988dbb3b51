"""The topic: its publishers, its key and its subscribers."""

from __future__ import annotations

from functools import cache
from typing import Any

import pulumi
import pytest

from components.lib.account import Account
from components.monitoring.notifications import Notifications, NotificationsArgs
from recording.deployment import Deployment
from recording.fake_aws import ACCOUNT, FakeAws
from recording.mocks import deploy
from tests.support import iam

TOPIC = f"arn:aws:sns:eu-north-1:{ACCOUNT}:voiceter-backend-alarms-dev"
KEY = f"arn:aws:kms:eu-north-1:{ACCOUNT}:key/0a1b"
OURS = {"aws:SourceAccount": ACCOUNT}
THEIRS = {"aws:SourceAccount": "999999999999"}
SERVICES = {"CloudWatch": "cloudwatch.amazonaws.com", "Budgets": "budgets.amazonaws.com"}
EVENTS = {"EventBridge": "events.amazonaws.com"}


@cache
def build(emails: tuple[str, ...] = (), phones: tuple[str, ...] = ()) -> Deployment:
    account = Account(ACCOUNT, "aws", "eu-north-1")

    def program() -> None:
        args = NotificationsArgs(account, "voiceter-backend-alarms-dev", emails, phones)
        pulumi.export("topic", Notifications("notifications", args).topic_arn)

    return deploy(program, answers=FakeAws(region="eu-north-1"))


def principals(policy: dict[str, Any]) -> dict[str, Any]:
    return {statement["Sid"]: statement["Principal"] for statement in policy["Statement"]}


@pytest.mark.parametrize("service", SERVICES)
def test_cloudwatch_and_budgets_use_the_key_for_this_account(service: str) -> None:
    policy = build().one(":Key").json("policy")
    [statement] = [each for each in policy["Statement"] if each["Sid"] == service]
    assert statement["Principal"] == {"Service": SERVICES[service]}
    only = {"Version": policy["Version"], "Statement": [statement]}
    for action in ("kms:Decrypt", "kms:GenerateDataKey"):
        assert iam.allows(only, action, KEY, OURS)
        assert not iam.allows(only, action, KEY, THEIRS)
        assert not iam.allows(only, action, KEY)
    assert not iam.allows(only, "kms:PutKeyPolicy", KEY, OURS)


def test_eventbridge_uses_the_key_and_the_topic_without_a_condition() -> None:
    """It sends neither aws:SourceAccount nor aws:SourceArn."""
    for token, actions, resource in (
        (":Key", ("kms:Decrypt", "kms:GenerateDataKey"), KEY),
        (":TopicPolicy", ("sns:Publish",), TOPIC),
    ):
        policy = build().one(token).json("policy")
        [statement] = [each for each in policy["Statement"] if each["Sid"] == "EventBridge"]
        assert statement["Principal"] == {"Service": "events.amazonaws.com"}
        assert "Condition" not in statement
        only = {"Version": policy["Version"], "Statement": [statement]}
        assert all(iam.allows(only, action, resource) for action in actions)
        assert not any(iam.allows(only, action, resource) for action in ("kms:PutKeyPolicy", "sns:Subscribe"))


def test_only_three_services_publish_two_of_them_for_this_account() -> None:
    registered = build().one(":TopicPolicy")
    policy = registered.json("policy")
    assert registered.inputs["arn"] == TOPIC
    allowed = {sid: {"Service": service} for sid, service in (SERVICES | EVENTS).items()}
    assert principals(policy) == {**allowed, "TlsOnly": {"AWS": "*"}}
    for service in SERVICES.values():
        assert iam.lets_in(policy, service, "sns:Publish", TOPIC, OURS)
        assert not iam.lets_in(policy, service, "sns:Publish", TOPIC, THEIRS)
        assert not iam.lets_in(policy, service, "sns:Publish", TOPIC)
    for service in (*SERVICES.values(), *EVENTS.values()):
        assert not iam.lets_in(policy, service, "sns:Subscribe", TOPIC, OURS)
    assert iam.lets_in(policy, "events.amazonaws.com", "sns:Publish", TOPIC)


def test_addresses_and_numbers_are_subscribed() -> None:
    run = build(("a@b.example", "c@d.example"), ("+358401234567",))
    subscriptions = run.all(":TopicSubscription")
    assert {s.inputs["topic"] for s in subscriptions} == {TOPIC}
    assert [(s.name, s.inputs["protocol"], s.inputs["endpoint"]) for s in subscriptions] == [
        ("email-a@b.example", "email", "a@b.example"),
        ("email-c@d.example", "email", "c@d.example"),
        ("sms-+358401234567", "sms", "+358401234567"),
    ]
    assert build().all(":TopicSubscription") == []
