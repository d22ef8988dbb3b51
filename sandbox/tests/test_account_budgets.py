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


def test_duplicate_notification_is_refused(aws: Callable[[str], Any]) -> None:
    budgets = with_budget(aws)
    with pytest.raises(budgets.exceptions.DuplicateRecordException):
        budgets.create_notification(
            **OF_BUDGET, Notification={**NOTICE, "ThresholdType": "PERCENTAGE"}, Subscribers=[OTHER_MAIL]
        )
    budgets.create_notification(**OF_BUDGET, Notification=OTHER_NOTICE, Subscribers=[OTHER_MAIL])
    budgets.delete_notification(**OF_BUDGET, Notification=NOTICE)
    assert budgets.describe_notifications_for_budget(**OF_BUDGET)["Notifications"] == [OTHER_NOTICE]
    for call in (budgets.delete_notification, budgets.describe_subscribers_for_notification):
        with pytest.raises(budgets.exceptions.NotFoundException):
            call(**OF_BUDGET, Notification=NOTICE)


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
