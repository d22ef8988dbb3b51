"""The subscribers of the topic. tests/program/test_resource_policies.py has its publishers."""

from __future__ import annotations

from recording.fake_aws import ACCOUNT
from tests.support.program import everything, run

TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:voiceter-backend-alarms"


def test_addresses_and_numbers_are_subscribed() -> None:
    subscriptions = everything().all(":TopicSubscription")
    assert {one.inputs["topic"] for one in subscriptions} == {TOPIC}
    assert [(one.name, one.inputs["protocol"], one.inputs["endpoint"]) for one in subscriptions] == [
        ("email-a@b.example", "email", "a@b.example"),
        ("email-c@d.example", "email", "c@d.example"),
        ("sms-+358401234567", "sms", "+358401234567"),
    ]
    assert run("prod").all(":TopicSubscription") == []
