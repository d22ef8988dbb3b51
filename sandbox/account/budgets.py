"""AWS Budgets: changes, subscribers and tags.

moto creates, describes and deletes budgets and notifications. It does not update a budget, does not return subscribers,
and stores no tags. Nobody is notified.

Source: AWS Billing and Cost Management API Reference, AWS Budgets: CreateBudget, UpdateBudget,
DescribeSubscribersForNotification, TagResource, UntagResource, ListTagsForResource.
"""

import json
from collections.abc import Callable
from typing import Any

from moto.budgets.exceptions import NotFoundException
from moto.budgets.models import Budget
from moto.budgets.responses import BudgetsResponse

from sandbox.account.patching import adds, replaces

_TAGS = "tags"  # the attribute of moto's budget


@replaces(BudgetsResponse)
def create_budget(original: Callable[[], str], request: Any) -> str:
    """Creates a budget with its notifications and tags."""
    answer = original()
    budget = _budget(request, request._get_param("AccountId"), request._get_param("Budget")["BudgetName"])
    setattr(budget, _TAGS, _by_key(request._get_param("ResourceTags")))
    return answer


@adds(BudgetsResponse)
def update_budget(request: Any) -> str:
    """Replaces a budget. Its notifications and tags stay."""
    given = request._get_param("NewBudget")
    new: Any = Budget(given, [])
    _budget(request, request._get_param("AccountId"), given["BudgetName"]).budget = new.budget
    return "{}"


@adds(BudgetsResponse)
def describe_subscribers_for_notification(request: Any) -> str:
    """Returns the subscribers of a notification, in one page."""
    account, name, details = (request._get_param(key) for key in ("AccountId", "BudgetName", "Notification"))
    for notification in _budget(request, account, name).notifications:
        if notification.details == details:
            return json.dumps({"Subscribers": notification.subscribers})
    raise NotFoundException("Unable to get notification - the notification doesn't exist.")


@adds(BudgetsResponse)
def tag_resource(request: Any) -> str:
    """Adds tags to a budget."""
    _tags(request).update(_by_key(request._get_param("ResourceTags")))
    return "{}"


@adds(BudgetsResponse)
def untag_resource(request: Any) -> str:
    """Removes tags from a budget."""
    tags = _tags(request)
    for key in request._get_param("ResourceTagKeys"):
        tags.pop(key, None)
    return "{}"


@adds(BudgetsResponse)
def list_tags_for_resource(request: Any) -> str:
    """Returns the tags of a budget."""
    return json.dumps({"ResourceTags": [{"Key": key, "Value": value} for key, value in _tags(request).items()]})


def _budget(request: Any, account: str, name: str) -> Any:
    budget = request.backend.budgets[account].get(name)
    if budget is None:
        raise NotFoundException(f"Unable to get budget: {name} - the budget doesn't exist.")
    return budget


def _tags(request: Any) -> dict[str, str]:
    """Returns the tags of the budget in `ResourceARN`, such as arn:aws:budgets::123456789012:budget/name."""
    start, _, name = request._get_param("ResourceARN").partition(":budget/")
    return getattr(_budget(request, start.rpartition(":")[2], name), _TAGS)


def _by_key(tags: list[dict[str, str]] | None) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags or []}
