"""What AWS lists beside the stack's objects and the sandbox does not. tests/live/test_added.py has the rest."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from operations import added
from operations.target import Target

TOPIC, KEY = "arn:aws:sns:us-east-1:123456789012:alarms", "1234abcd"
ROLE = "arn:aws:iam::123456789012:role/somebody"


def target(type_: str, id_: str, name: str, *answers: list[dict[str, Any]]) -> Target:
    """A stack on AWS with one resource. Each answer is what AWS lists for it, the last one again and again."""
    left = list(answers)

    def paginate(**_: str) -> Iterator[dict[str, Any]]:
        yield {name: left.pop(0) if len(left) > 1 else left[0]}

    def get_paginator(_: str) -> SimpleNamespace:
        return SimpleNamespace(paginate=paginate)

    def client(_: str) -> SimpleNamespace:
        return SimpleNamespace(get_paginator=get_paginator)

    resource = {"type": type_, "id": id_, "outputs": {"name": "alarms"}}
    return cast(Target, SimpleNamespace(on="aws", resources=lambda: [resource], client=client))


def of_topic(*answers: list[dict[str, Any]]) -> Target:
    return target("aws:sns/topic:Topic", TOPIC, "Subscriptions", *answers)


def subscriber(arn: str) -> dict[str, Any]:
    return {"SubscriptionArn": arn, "Protocol": "email", "Endpoint": "a@example.com"}


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    times: list[float] = []
    monkeypatch.setattr(added.time, "sleep", times.append)
    return times


def test_what_aws_still_lists_after_an_update_is_asked_for_again(slept: list[float]) -> None:
    stays, goes = subscriber(f"{TOPIC}:1"), subscriber(f"{TOPIC}:2")
    assert added.added_by_hand(of_topic([goes], [])) == []
    assert slept == [20]
    assert added.added_by_hand(of_topic([stays, goes], [stays])) == ["topic alarms: email subscriber a@example.com"]


@pytest.mark.parametrize("arn", ["PendingConfirmation", "Deleted"])
def test_subscribers_who_get_no_message_are_left_out(arn: str, slept: list[float]) -> None:
    assert added.added_by_hand(of_topic([subscriber(arn)])) == []
    assert not slept


def test_grants_to_services_are_left_out() -> None:
    grants = [
        {"GrantId": "1", "GranteePrincipal": "dynamodb.us-east-1.amazonaws.com"},
        {"GrantId": "2", "GranteeServicePrincipal": "dynamodb.amazonaws.com"},
        {"GrantId": "3", "GranteePrincipal": ROLE},
    ]
    found = added.added_by_hand(target("aws:kms/key:Key", KEY, "Grants", grants))
    assert found == [f"KMS key {KEY}: grant 3 to {ROLE}"]
