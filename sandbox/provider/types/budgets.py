"""AWS Budgets."""

from datetime import UTC
from typing import Any

from ..convert import members
from ..spec import Context, table
from ..values import Values

_SUBSCRIBERS = {"subscriberEmailAddresses": "EMAIL", "subscriberSnsTopicArns": "SNS"}
_LEFT_TO_ACCOUNT = ("limitAmount", "limitUnit", "costFilters", "costTypes", "timePeriodStart")


def budget(values: Values, context: Context) -> Values:
    """Filters by name, the period as one object, and each notification beside those who get it."""
    given = dict(values)
    if not context.offline:  # an update keeps what the program leaves to the account
        given |= {name: context[name] for name in _LEFT_TO_ACCOUNT if name not in given and context[name] is not None}
    moments = ("timePeriodStart", "timePeriodEnd")
    built = {name: value for name, value in given.items() if name not in (*moments, "costFilters", "notifications")}
    if "timePeriodStart" in given:  # without one, the account chooses both
        start, end = (_instant(given[name]) if name in given else None for name in moments)
        built["timePeriod"] = {"start": start, "end": end}
    if given.get("costFilters"):
        built["costFilters"] = {one["name"]: one["values"] for one in given["costFilters"]}
    if given.get("notifications"):
        built["notifications"] = [_notification(one) for one in given["notifications"]]
    return built


def changed_budget(values: Values, context: Context) -> Values:
    return {"newBudget": budget(values, context)}


def old_notifications(_: Values, context: Context) -> list[Values]:
    """Each that there was; as the AWS provider does it, all of them go and those that are wanted come."""
    olds: list[Values] = context.olds.get("notifications") or []
    return [{"notification": _notification(one)["notification"]} for one in olds]


def new_notifications(values: Values, _: Context) -> list[Values]:
    news: list[Values] = values.get("notifications") or []
    return [_notification(one) for one in news]


def _notification(given: Values) -> Values:
    subscribers: list[Values] = []
    for name, kind in _SUBSCRIBERS.items():
        addresses: list[str] = given.get(name) or []
        subscribers += [{"subscriptionType": kind, "address": address} for address in addresses]
    notification = {name: value for name, value in given.items() if name not in _SUBSCRIBERS}
    return {"notification": notification, "subscribers": subscribers}


def _instant(moment: str) -> str:
    """Pulumi's 2026-01-31_08:00, in UTC, as the API's."""
    return moment.replace("_", "T") + ":00Z"


def _moment(instant: Any) -> str | None:
    return instant.astimezone(UTC).strftime("%Y-%m-%d_%H:%M") if instant else None


def described(found: Any, _: Context) -> Values:
    budget = found["Budget"]
    period = budget.get("TimePeriod", {})
    return {
        "costFilters": [{"name": name, "values": items} for name, items in budget.get("CostFilters", {}).items()],
        "timePeriodStart": _moment(period.get("Start")),
        "timePeriodEnd": _moment(period.get("End")),
    }


def notifications(found: Any, context: Context) -> Values:
    """Each notification beside those who get it."""
    which = {"AccountId": context["account"], "BudgetName": context["name"]}
    shown: list[Values] = []
    for one in found["Notifications"]:
        subscribers = context.call("DescribeSubscribersForNotification", **which, Notification=one)["Subscribers"]
        addresses = {
            name: [other["Address"] for other in subscribers if other["SubscriptionType"] == kind]
            for name, kind in _SUBSCRIBERS.items()
        }
        live = members(one, "comparisonOperator notificationType threshold thresholdType")
        shown.append(live | {name: every for name, every in addresses.items() if every})
    return {"notifications": shown}


RESOURCES = table(
    globals(),
    """
    aws:budgets/budget:Budget global
      create    CreateBudget name (budgetType timeUnit limitAmount limitUnit costFilters costTypes timePeriodStart
                timePeriodEnd) notifications AccountId={account} @budget -> {account}:{name}
      read      DescribeBudget AccountId={account} BudgetName={name} @described
      read      DescribeNotificationsForBudget AccountId={account} BudgetName={name} @notifications
      put       UpdateBudget () AccountId={account} NewBudget.BudgetName={name} @changed_budget
      update    DeleteNotification notifications AccountId={account} BudgetName={name} @old_notifications
      update    CreateNotification notifications AccountId={account} BudgetName={name} @new_notifications
      delete    DeleteBudget AccountId={account} BudgetName={name}
      names     name=Budget.BudgetName budgetType=Budget.BudgetType timeUnit=Budget.TimeUnit
                limitAmount=Budget.BudgetLimit.Amount limitUnit=Budget.BudgetLimit.Unit costFilters=Budget.CostFilters
                costTypes=Budget.CostTypes timePeriod=Budget.TimePeriod notifications=NotificationsWithSubscribers
                newBudget.limitAmount=BudgetLimit.Amount newBudget.limitUnit=BudgetLimit.Unit tags=ResourceTags
      outputs   accountId=={account} arn==arn:{partition}:budgets::{account}:budget/{name} costFilters costTypes
                limitAmount limitUnit timePeriodStart
      defaults  timePeriodEnd=2087-06-15_00:00
      named     name namePrefix
      tags      TagResource UntagResource ListTagsForResource ResourceARN={arn} path=ResourceTags -> ResourceTags
    """,
)
