"""What AWS lists beside the stack's objects and the sandbox does not. tests/live/test_added.py has the rest."""

from __future__ import annotations

from typing import Any

import pytest

from operations import added
from tests.support.boto import stubbed
from tests.support.printed_stack import PrintedStack

TOPIC, KEY = "arn:aws:sns:us-east-1:123456789012:alarms", "1234abcd"
ROLE = "arn:aws:iam::123456789012:role/somebody"


def of_topic(*answers: list[dict[str, Any]]) -> list[str]:
    """Returns what counts as added by hand. Each answer is what AWS lists for the topic, the next time it is asked."""
    calls = [("list_subscriptions_by_topic", {"Subscriptions": answer}, {"TopicArn": TOPIC}) for answer in answers]
    topic = {"type": "aws:sns/topic:Topic", "id": TOPIC, "outputs": {"name": "alarms"}}
    return added.added_by_hand(PrintedStack(state=[topic], clients={"sns": stubbed("sns", *calls).client}))


def subscriber(arn: str) -> dict[str, Any]:
    return {"SubscriptionArn": arn, "Protocol": "email", "Endpoint": "a@example.com"}


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    times: list[float] = []
    monkeypatch.setattr(added.time, "sleep", times.append)
    return times


def test_what_aws_still_lists_after_an_update_is_asked_for_again(slept: list[float]) -> None:
    stays, goes = subscriber(f"{TOPIC}:1"), subscriber(f"{TOPIC}:2")
    assert of_topic([goes], []) == []
    assert slept == [20]
    assert of_topic([stays, goes], [stays]) == ["topic alarms: email subscriber a@example.com"]


@pytest.mark.parametrize("arn", ["PendingConfirmation", "Deleted"])
def test_subscribers_who_get_no_message_are_left_out(arn: str, slept: list[float]) -> None:
    assert of_topic([subscriber(arn)]) == []
    assert not slept


def test_grants_to_services_are_left_out() -> None:
    grants = [
        {"GrantId": "1", "GranteePrincipal": "dynamodb.us-east-1.amazonaws.com"},
        {"GrantId": "2", "GranteeServicePrincipal": "dynamodb.amazonaws.com"},
        {"GrantId": "3", "GranteePrincipal": ROLE},
    ]
    kms = stubbed("kms", *[("list_grants", {"Grants": grants}, {"KeyId": KEY})] * 2)
    key: dict[str, Any] = {"type": "aws:kms/key:Key", "id": KEY, "outputs": {}}
    found = added.added_by_hand(PrintedStack(state=[key], clients={"kms": kms.client}))
    assert found == [f"KMS key {KEY}: grant 3 to {ROLE}"]
