"""The budget and the subscribers of the topic. tests/program/test_resource_policies.py has who publishes."""

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


def test_monthly_cost_budget_filters_on_the_stacks_tag() -> None:
    deployment = everything()
    inputs = deployment.one("budgets/budget:Budget").inputs
    notice = {"comparisonOperator": "GREATER_THAN", "threshold": 100, "thresholdType": "PERCENTAGE"}
    assert inputs == {
        "name": "voiceter-backend",
        "budgetType": "COST",
        "timeUnit": "MONTHLY",
        "limitAmount": "250.0",
        "limitUnit": "USD",
        "costFilters": [{"name": "TagKeyValue", "values": ["user:Stack$prod"]}],
        "notifications": [
            {**notice, "notificationType": kind, "subscriberSnsTopicArns": [TOPIC]} for kind in ("ACTUAL", "FORECASTED")
        ],
    }
    # Every resource of the stack has the tag.
    assert deployment.one("pulumi:providers:aws").json("defaultTags")["tags"]["Stack"] == "prod"


def test_notice_says_that_the_budget_reads_0_at_first() -> None:
    [notice] = [notice for notice in everything().notices if "monthlyBudgetUsd" in notice]
    assert "reads 0 until" in notice
    assert "tag Stack" in notice
