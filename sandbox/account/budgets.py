"""What the account has of AWS Budgets beyond moto: changes, those who are notified, and tags.

moto makes, shows and ends a budget and its notifications. It changes none, makes a notification twice, does not show
who gets it, ends one that there is not, and keeps no tags. Nobody is ever notified.

Source: AWS Billing and Cost Management API Reference, AWS Budgets: CreateBudget, UpdateBudget, CreateNotification,
DeleteNotification, CreateSubscriber, DeleteSubscriber, DescribeSubscribersForNotification, TagResource, UntagResource,
ListTagsForResource.
"""

import json
from typing import Any

from moto.budgets.exceptions import DuplicateRecordException, NotFoundException
from moto.budgets.models import Budget
from moto.budgets.responses import BudgetsResponse

from sandbox.account.own import own, put

_TAGS = "tags"


def install() -> None:
    """Add the operations to moto's Budgets, or put them in the place of its own; doing so again changes nothing."""
    put(
        BudgetsResponse,
        create_budget,
        update_budget,
        create_notification,
        delete_notification,
        create_subscriber,
        delete_subscriber,
        describe_subscribers_for_notification,
        tag_resource,
        untag_resource,
        list_tags_for_resource,
    )


def create_budget(request: Any) -> str:
    """Make a budget, with its notifications and tags."""
    answer = own(create_budget)(request)
    budget = _budget(request, request._get_param("Budget")["BudgetName"])
    setattr(budget, _TAGS, _pairs(request._get_param("ResourceTags")))
    return answer


def update_budget(request: Any) -> str:
    """Put what is given in the place of a budget, but for its notifications and tags."""
    given = request._get_param("NewBudget")
    made: Any = Budget(given, [])
    _budget(request, given["BudgetName"]).budget = made.budget
    return "{}"


def create_notification(request: Any) -> str:
    """Add a notification that the budget does not have yet."""
    budget, wanted = _budget(request), request._get_param("Notification")
    if any(_identity(one.details) == _identity(wanted) for one in budget.notifications):
        raise DuplicateRecordException("notification", request._get_param("BudgetName"))
    budget.add_notification(wanted, request._get_param("Subscribers"))
    return "{}"


def delete_notification(request: Any) -> str:
    """End a notification."""
    _budget(request).notifications.remove(_notification(request))
    return "{}"


def create_subscriber(request: Any) -> str:
    """Let one more be notified."""
    notification, subscriber = _notification(request), request._get_param("Subscriber")
    if subscriber in notification.subscribers:
        raise DuplicateRecordException("subscriber", subscriber["Address"])
    notification.subscribers.append(subscriber)
    return "{}"


def delete_subscriber(request: Any) -> str:
    """Let one less be notified; the last one takes the notification along."""
    notification, subscriber = _notification(request), request._get_param("Subscriber")
    if subscriber not in notification.subscribers:
        raise NotFoundException("Unable to delete subscriber - the subscriber doesn't exist.")
    notification.subscribers.remove(subscriber)
    if not notification.subscribers:
        _budget(request).notifications.remove(notification)
    return "{}"


def describe_subscribers_for_notification(request: Any) -> str:
    """Who gets a notification, in one page."""
    return json.dumps({"Subscribers": _notification(request).subscribers})


def tag_resource(request: Any) -> str:
    """Put tags on a budget."""
    _tags(request).update(_pairs(request._get_param("ResourceTags")))
    return "{}"


def untag_resource(request: Any) -> str:
    """Take tags off a budget."""
    tags = _tags(request)
    for key in request._get_param("ResourceTagKeys"):
        tags.pop(key, None)
    return "{}"


def list_tags_for_resource(request: Any) -> str:
    """The tags of a budget."""
    return json.dumps({"ResourceTags": [{"Key": key, "Value": value} for key, value in _tags(request).items()]})


def _budget(request: Any, name: str = "", account: str = "") -> Any:
    """The budget of that name in that account, or else the one that is asked for."""
    name, account = name or request._get_param("BudgetName"), account or request._get_param("AccountId")
    budget = request.backend.budgets[account].get(name)
    if budget is None:
        raise NotFoundException(f"Unable to get budget: {name} - the budget doesn't exist.")
    return budget


def _notification(request: Any) -> Any:
    wanted = _identity(request._get_param("Notification"))
    found = next((one for one in _budget(request).notifications if _identity(one.details) == wanted), None)
    if found is None:
        raise NotFoundException("Unable to get notification - the notification doesn't exist.")
    return found


def _identity(notification: dict[str, Any]) -> tuple[Any, ...]:
    """What tells a budget's notifications apart."""
    threshold = float(notification["Threshold"]), notification.get("ThresholdType", "PERCENTAGE")
    return notification["NotificationType"], notification["ComparisonOperator"], *threshold


def _tags(request: Any) -> dict[str, str]:
    """The tags of the budget with the ARN that is asked for: `arn:aws:budgets::123456789012:budget/name`."""
    start, _, name = request._get_param("ResourceARN").partition(":budget/")
    return getattr(_budget(request, name, start.rpartition(":")[2]), _TAGS)


def _pairs(tags: list[dict[str, str]] | None) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags or []}
