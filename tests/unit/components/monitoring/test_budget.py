"""The budget on the stack's tag."""

from __future__ import annotations

import pytest

from recording.fake_aws import ACCOUNT
from tests.support.program import run

TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:voiceter-backend-alarms"


def test_monthly_cost_budget_filters_on_the_stacks_tag() -> None:
    deployment = run("prod", monthlyBudgetUsd=250)
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


@pytest.mark.parametrize("image", [True, False])
def test_notice_says_that_the_budget_reads_0_at_first(image: bool) -> None:
    [notice] = run("staging", image=image, monthlyBudgetUsd=99.5).notices
    assert "monthlyBudgetUsd" in notice
    assert "reads 0 until" in notice
    assert "tag Stack" in notice


def test_no_budget_by_default() -> None:
    deployment = run("prod")
    assert deployment.all("budgets/budget:Budget") == []
    assert deployment.notices == []
