"""AWS Budgets."""

from collections.abc import Iterator
from typing import Any

from ..resource import Call, Context, Name, Read, Resource, Tags
from ..rules import Fault, found, matches, number
from ..values import Values


def _budget_rules(inputs: Values) -> Iterator[Fault]:
    """AWS Cost Management API Reference: Budget, Notification."""
    yield from matches(inputs, "name", r"[^:\\]{1,100}", r"must be 1 to 100 characters other than : and \\")
    for path in ("limitAmount", "notifications.threshold"):
        for place, value in found(inputs, path):
            if (number(value) or 0) <= 0:
                yield Fault(place, "must be more than 0", value)


_BUDGET = ("budgetType", "timeUnit", "limitAmount", "limitUnit", "costFilters")


def _of_account(it: Context) -> Values:
    return {"AccountId": it.account_id, "BudgetName": it["name"]}


def _budget(values: Values, _: Context) -> Values:
    """Filters become a map, and each notification stands beside its subscribers."""
    built = dict(values)
    if built.get("costFilters"):
        built["costFilters"] = {one["name"]: one["values"] for one in built["costFilters"]}
    if built.get("notifications"):
        built["notifications"] = [_notification(one) for one in built["notifications"]]
    return built


def _changed_budget(values: Values, it: Context) -> Values:
    """A budget is replaced as a whole, with what the program leaves to the account."""
    left_out = {name: it[name] for name in _BUDGET if it[name] is not None}
    return {"newBudget": _budget(left_out | values, it)}


def _notification(given: Values) -> Values:
    notification = {name: value for name, value in given.items() if name != "subscriberSnsTopicArns"}
    topics: list[str] = given.get("subscriberSnsTopicArns") or []
    subscribers = [{"subscriptionType": "SNS", "address": address} for address in topics]
    return {"notification": notification, "subscribers": subscribers}


def _old_notifications(_: Values, it: Context) -> list[Values]:
    """An update deletes all notifications and creates the new ones, as the AWS provider does."""
    olds: list[Values] = it.olds.get("notifications") or []
    return [{"notification": _notification(one)["notification"]} for one in olds]


def _new_notifications(values: Values, _: Context) -> list[Values]:
    news: list[Values] = values.get("notifications") or []
    return [_notification(one) for one in news]


def _described(found: Any, it: Context) -> Values:
    filters: Values = found.get("CostFilters", {})
    return {
        "arn": f"arn:aws:budgets::{it.account_id}:budget/{it['name']}",
        "costFilters": [{"name": name, "values": values} for name, values in filters.items()],
    }


def _notifications(found: Any, it: Context) -> Values:
    shown: list[Values] = []
    for one in found["Notifications"]:
        subscribers = it.call("DescribeSubscribersForNotification", **_of_account(it), Notification=one)["Subscribers"]
        shown.append(
            {
                "comparisonOperator": one["ComparisonOperator"],
                "notificationType": one["NotificationType"],
                "threshold": one["Threshold"],
                "thresholdType": one.get("ThresholdType"),
                "subscriberSnsTopicArns": [
                    each["Address"] for each in subscribers if each["SubscriptionType"] == "SNS"
                ],
            }
        )
    return {"notifications": shown}


def _parse_id(id: str) -> Values:
    return {"name": id.partition(":")[2]}


BUDGET = Resource(
    "aws:budgets/budget:Budget",
    service="budgets",
    regional=False,
    create=Call(
        "CreateBudget",
        ("name", *_BUDGET, "notifications"),
        params=lambda it: {"AccountId": it.account_id},
        prepare=_budget,
    ),
    id=lambda _, it: f"{it.account_id}:{it['name']}",
    parse_id=_parse_id,
    identity=_of_account,
    read=(
        Read("DescribeBudget", at="Budget", show=_described),
        Read("DescribeNotificationsForBudget", show=_notifications),
    ),
    update=(
        Call(
            "UpdateBudget",
            _BUDGET,
            params=lambda it: {"AccountId": it.account_id, "NewBudget": {"BudgetName": it["name"]}},
            prepare=_changed_budget,
            send_all=True,
        ),
        Call("DeleteNotification", ("notifications",), prepare=_old_notifications),
        Call("CreateNotification", ("notifications",), prepare=_new_notifications),
    ),
    delete=(Call("DeleteBudget"),),
    rename={
        "name": "Budget.BudgetName",
        "budgetType": "Budget.BudgetType",
        "timeUnit": "Budget.TimeUnit",
        "limitAmount": "Budget.BudgetLimit.Amount",
        "limitUnit": "Budget.BudgetLimit.Unit",
        "costFilters": "Budget.CostFilters",
        "notifications": "NotificationsWithSubscribers",
        "newBudget.limitAmount": "BudgetLimit.Amount",
        "newBudget.limitUnit": "BudgetLimit.Unit",
    },
    shown_as={"limitAmount": "BudgetLimit.Amount", "limitUnit": "BudgetLimit.Unit"},
    outputs=("arn", "costFilters", "limitAmount", "limitUnit"),
    members={
        "costFilters": ("name", "values"),
        "notifications": (
            "comparisonOperator",
            "notificationType",
            "subscriberSnsTopicArns",
            "threshold",
            "thresholdType",
        ),
    },
    name=Name("name"),
    tags=Tags(listed_at="ResourceTags", sent_as="ResourceTags"),
    hook_operations=("DescribeSubscribersForNotification",),
    rules=_budget_rules,
)

RESOURCES = (BUDGET,)
