"""AWS Budgets in the account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.tests.account_world import ACCOUNT

BUDGET = {
    "BudgetName": "app",
    "BudgetType": "COST",
    "TimeUnit": "MONTHLY",
    "BudgetLimit": {"Amount": "100", "Unit": "USD"},
}
NOTICE = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80.0}
OTHER_NOTICE = {**NOTICE, "ThresholdType": "ABSOLUTE_VALUE"}
MAIL, OTHER_MAIL = ({"SubscriptionType": "EMAIL", "Address": f"{name}@example.com"} for name in "ab")
OF_BUDGET = {"AccountId": ACCOUNT, "BudgetName": "app"}


def with_budget(aws: Callable[[str], Any], **more: Any) -> Any:
    """Creates a budget with one notification, and returns the client."""
    budgets = aws("budgets")
    notices = [{"Notification": NOTICE, "Subscribers": [MAIL]}]
    budgets.create_budget(AccountId=ACCOUNT, Budget=BUDGET, NotificationsWithSubscribers=notices, **more)
    return budgets


def test_update_keeps_notifications_and_tags(aws: Callable[[str], Any]) -> None:
    tag = {"Key": "Stack", "Value": "dev"}
    budgets = with_budget(aws, ResourceTags=[tag])
    budgets.update_budget(AccountId=ACCOUNT, NewBudget={**BUDGET, "BudgetLimit": {"Amount": "7", "Unit": "USD"}})
    assert budgets.describe_budget(**OF_BUDGET)["Budget"]["BudgetLimit"]["Amount"] == "7"
    assert budgets.describe_subscribers_for_notification(**OF_BUDGET, Notification=NOTICE)["Subscribers"] == [MAIL]
    arn = f"arn:aws:budgets::{ACCOUNT}:budget/app"
    assert budgets.list_tags_for_resource(ResourceARN=arn)["ResourceTags"] == [tag]
    with pytest.raises(budgets.exceptions.NotFoundException):
        budgets.update_budget(AccountId=ACCOUNT, NewBudget={**BUDGET, "BudgetName": "none"})


def test_subscribers_are_those_of_the_notification(aws: Callable[[str], Any]) -> None:
    budgets = with_budget(aws)
    budgets.create_notification(**OF_BUDGET, Notification=OTHER_NOTICE, Subscribers=[OTHER_MAIL])
    for notice, mail in ((NOTICE, MAIL), (OTHER_NOTICE, OTHER_MAIL)):
        found = budgets.describe_subscribers_for_notification(**OF_BUDGET, Notification=notice)["Subscribers"]
        assert found == [mail]
    budgets.delete_notification(**OF_BUDGET, Notification=NOTICE)
    with pytest.raises(budgets.exceptions.NotFoundException):
        budgets.describe_subscribers_for_notification(**OF_BUDGET, Notification=NOTICE)


def test_budget_has_tags(aws: Callable[[str], Any]) -> None:
    budgets = with_budget(aws)
    arn = f"arn:aws:budgets::{ACCOUNT}:budget/app"

    def tags() -> list[dict[str, Any]]:
        return budgets.list_tags_for_resource(ResourceARN=arn)["ResourceTags"]

    assert tags() == []
    every = [{"Key": "Stack", "Value": "dev"}, {"Key": "Owner", "Value": "me"}]
    budgets.tag_resource(ResourceARN=arn, ResourceTags=every)
    assert tags() == every
    budgets.untag_resource(ResourceARN=arn, ResourceTagKeys=["Owner", "none"])
    assert tags() == every[:1]
    with pytest.raises(budgets.exceptions.NotFoundException):
        budgets.tag_resource(ResourceARN=f"{arn}-2", ResourceTags=every)
