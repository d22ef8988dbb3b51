"""Amazon SNS: what moto lacks of topics that exist and of subscriptions by e-mail.

CreateTopic returns an existing topic only if it has the same tags. A subscription by e-mail has no ARN in lists and
cannot be deleted until somebody confirms it, which nobody does here. It ends with its topic.

Sources: Amazon SNS API Reference, CreateTopic; Amazon SNS Developer Guide, "Setting up email notifications". The text
of the errors is AWS's (localstack, tests/aws/services/sns/test_sns.snapshot.json; terraform-provider-aws,
internal/service/sns/topic_subscription.go).
"""

import copy
from collections.abc import Callable
from typing import Any

from moto.sns.exceptions import SNSInvalidParameter
from moto.sns.models import SNSBackend, Subscription, Topic

from sandbox.account.patching import replaces


@replaces(SNSBackend)
def create_topic(
    original: Callable[..., Topic],
    sns: Any,
    name: str,
    attributes: dict[str, str] | None = None,
    tags: dict[str, str] | None = None,
) -> Topic:
    """Refuses other tags than those of an existing topic of the name."""
    held = next((topic for topic in sns.topics.values() if topic.name == name), None)
    if held is not None and tags and tags != held._tags:
        raise SNSInvalidParameter("Invalid parameter: Tags Reason: Topic already exists with different tags")
    return original(name, attributes, tags)


@replaces(SNSBackend)
def list_subscriptions_by_topic(
    original: Callable[..., tuple[list[Subscription], int | None]], _: Any, *args: Any, **kwargs: Any
) -> tuple[list[Subscription], int | None]:
    """Shows `PendingConfirmation` in place of the ARN of a subscription by e-mail."""
    found, more = original(*args, **kwargs)
    return [_unconfirmed(one) if one.protocol == "email" else one for one in found], more


@replaces(SNSBackend)
def unsubscribe(original: Callable[[str], None], sns: Any, subscription_arn: str) -> None:
    """Refuses to delete a subscription by e-mail."""
    held = sns.subscriptions.get(subscription_arn)
    if held is not None and held.protocol == "email":
        message = "SubscriptionArn Reason: Cannot unsubscribe a subscription that is pending confirmation"
        raise SNSInvalidParameter(f"Invalid parameter: {message}")
    original(subscription_arn)


def _unconfirmed(subscription: Subscription) -> Subscription:
    shown = copy.copy(subscription)
    shown.arn = "PendingConfirmation"
    return shown
