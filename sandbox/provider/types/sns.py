"""Amazon SNS: topics, their policies and subscriptions."""

import json
from collections.abc import Iterator
from typing import Any

from ..account import AccountError
from ..resource import Call, Context, Name, Read, Resource, Tags
from ..rules import Fault, document, found, matches, one_of, parse, resource_statements
from ..values import Values

# What the policy of a topic may allow. It is also what the policy that AWS gives a topic allows its account.
_ACTIONS = (
    *("GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic"),
    *("Subscribe", "ListSubscriptionsByTopic", "Publish"),
)
_EMAIL = (r"[^@\s]+@[^@\s]+\.[^@\s]+", "must be an e-mail address for the protocol email")
_PHONE = (r"\+[1-9]\d{6,14}", "must be a number in E.164, such as +358401234567, for the protocol sms")


def _topic_rules(inputs: Values) -> Iterator[Fault]:
    """Amazon SNS API Reference, CreateTopic."""
    yield from matches(inputs, "name", r"[A-Za-z0-9_-]{1,256}", "must be 1 to 256 letters, digits, - and _")


def _topic_policy_rules(inputs: Values) -> Iterator[Fault]:
    """Amazon SNS API Reference, SetTopicAttributes. SNS refuses other actions, also `SNS:*`, as out of its scope."""
    yield from document(inputs, "policy", 30 * 1024)
    yield from resource_statements(inputs, "policy")
    for place, action in found(parse(inputs, "policy"), "policy.Statement.Action"):
        if str(action).lower() not in [f"sns:{name}".lower() for name in _ACTIONS]:
            yield Fault(place, f"must be one of the actions {', '.join(_ACTIONS)} of SNS", action)


def _topic_subscription_rules(inputs: Values) -> Iterator[Fault]:
    """Amazon SNS API Reference, Subscribe. The program subscribes by e-mail and SMS only."""
    yield from one_of(inputs, "protocol", "email", "sms")
    yield from matches(inputs, "endpoint", *(_PHONE if inputs.get("protocol") == "sms" else _EMAIL))


def _topic(found: Any, it: Context) -> Values:
    return {"arn": it.id, "name": it.id.rpartition(":")[2], "kmsMasterKeyId": found.get("KmsMasterKeyId")}


TOPIC = Resource(
    "aws:sns/topic:Topic",
    service="sns",
    create=Call("CreateTopic", ("name",)),
    id=lambda answer, _: answer["TopicArn"],
    identity=lambda it: {"TopicArn": it.id},
    read=(Read("GetTopicAttributes", show=lambda found, it: _topic(found["Attributes"], it)),),
    # The AWS provider sets attributes after the creation, too (internal/service/sns/topic.go, resourceTopicCreate).
    after_create=(
        Call(
            "SetTopicAttributes",
            ("kmsMasterKeyId",),
            params=lambda it: {"TopicArn": it.id, "AttributeName": "KmsMasterKeyId"},
            rename={"kmsMasterKeyId": "AttributeValue"},
        ),
    ),
    delete=(Call("DeleteTopic"),),
    outputs=("arn",),
    clear={"kmsMasterKeyId": ""},
    name=Name("name", max_length=80),
    tags=Tags(),
    rules=_topic_rules,
)


def _policy_attribute(it: Context) -> Values:
    return {"TopicArn": it.id or it["arn"], "AttributeName": "Policy"}


def _default_policy(_: Values, it: Context) -> Values:
    """A topic always has a policy. This is the one that AWS gives it."""
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{action}" for action in _ACTIONS],
        "Resource": it.id,
        "Condition": {"StringEquals": {"AWS:SourceOwner": it.account_id}},
    }
    return {
        "attributeValue": json.dumps({"Version": "2012-10-17", "Id": "__default_policy_ID", "Statement": [statement]})
    }


TOPIC_POLICY = Resource(
    "aws:sns/topicPolicy:TopicPolicy",
    service="sns",
    create=Call("SetTopicAttributes", ("arn", "policy"), params=_policy_attribute),
    id="arn",
    identity=lambda it: {"TopicArn": it.id},
    read=(Read("GetTopicAttributes", show=lambda found, _: {"policy": found["Attributes"]["Policy"]}),),
    update=(Call("SetTopicAttributes", ("policy",), params=_policy_attribute),),
    delete=(Call("SetTopicAttributes", params=_policy_attribute, prepare=_default_policy),),
    rename={"arn": "TopicArn", "policy": "AttributeValue"},
    rules=_topic_policy_rules,
)


def _subscription(found: Any, it: Context) -> Values:
    return {
        "arn": it.id,
        "topic": found["TopicArn"],
        "protocol": found["Protocol"],
        "endpoint": found["Endpoint"],
    }


def _unsubscribe(it: Context) -> None:
    """Leaves a subscription that nobody has confirmed, which SNS deletes after some days.

    Source: terraform-provider-aws, internal/service/sns/topic_subscription.go.
    """
    try:
        it.call("Unsubscribe", SubscriptionArn=it.id)
    except AccountError as error:
        if "pending confirmation" not in error.message:
            raise


SUBSCRIPTION = Resource(
    "aws:sns/topicSubscription:TopicSubscription",
    service="sns",
    create=Call("Subscribe", ("topic", "protocol", "endpoint"), params=lambda _: {"ReturnSubscriptionArn": True}),
    id=lambda answer, _: answer["SubscriptionArn"],
    identity=lambda it: {"SubscriptionArn": it.id},
    read=(Read("GetSubscriptionAttributes", show=lambda found, it: _subscription(found["Attributes"], it)),),
    rename={"topic": "TopicArn"},
    outputs=("arn",),
    before_delete=_unsubscribe,
    hook_operations=("Unsubscribe",),
    rules=_topic_subscription_rules,
)

RESOURCES = (TOPIC, TOPIC_POLICY, SUBSCRIPTION)
