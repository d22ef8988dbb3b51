"""SNS: topics, their policies and subscriptions."""

from typing import Any

from ..convert import capital, uncapital
from ..spec import Call, Context, Resource, Tags
from ..values import Values

_NOT_SHOWN = "the account takes it and does not show it"
# What a topic's policy is without one of its own; there is none that is empty.
_DEFAULT_POLICY = (
    '{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"Sid":"__default_statement_ID","Effect":"Allow",'
    '"Principal":{"AWS":"*"},"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission",'
    '"SNS:RemovePermission","SNS:DeleteTopic","SNS:Subscribe","SNS:ListSubscriptionsByTopic","SNS:Publish"],'
    '"Resource":"{id}","Condition":{"StringEquals":{"AWS:SourceOwner":"{account}"}}}]}'
)
_TOPIC_ATTRIBUTES = (
    "displayName policy deliveryPolicy kmsMasterKeyId contentBasedDeduplication signatureVersion tracingConfig"
)
_SUBSCRIPTION_ATTRIBUTES = (
    "filterPolicyScope filterPolicy deliveryPolicy rawMessageDelivery redrivePolicy subscriptionRoleArn"
)


def _with_attributes(values: Values, _: Context) -> Values:
    """Everything but what identifies the object goes into one map, as text; what is off is left out."""
    plain = {name: value for name, value in values.items() if name in ("name", "topic", "protocol", "endpoint")}
    attributes = {capital(name): value for name, value in values.items() if name not in plain and value is not False}
    return plain | ({"attributes": attributes} if attributes else {})


def _one_by_one(values: Values, _: Context) -> list[Values]:
    return [{"attributeName": capital(name), "attributeValue": value} for name, value in values.items()]


def _attributes(found: Any) -> Values:
    """Attributes come as text; they keep their names, but for the first letter."""
    words = {"true": True, "false": False}
    return {uncapital(key): words.get(value, value) for key, value in found.items()}


def _topic(found: Any, _: Context) -> Values:
    return {**_attributes(found), "arn": found["TopicArn"], "name": found["TopicArn"].rpartition(":")[2]}


def _subscription(found: Any, _: Context) -> Values:
    return {"filterPolicyScope": "", **_attributes(found), "topic": found["TopicArn"]}


RESOURCES = (
    Resource(
        "aws:sns/topic:Topic",
        create=Call("CreateTopic name fifoTopic " + _TOPIC_ATTRIBUTES + " -> TopicArn", build=_with_attributes),
        read=Call("GetTopicAttributes TopicArn={id} -> Attributes", take=_topic),
        updates=Call("SetTopicAttributes " + _TOPIC_ATTRIBUTES + " TopicArn={id}", build=_one_by_one),
        delete=Call("DeleteTopic TopicArn={id}"),
        outputs="arn owner policy",
        defaults={"contentBasedDeduplication": False, "fifoTopic": False},
        clear={"displayName": "", "deliveryPolicy": "", "kmsMasterKeyId": ""},
        gaps={"signatureVersion": _NOT_SHOWN, "tracingConfig": _NOT_SHOWN},
        name="name",
        limit=256,
        tags=Tags("TagResource UntagResource ResourceArn={id}", "ListTagsForResource -> Tags"),
    ),
    Resource(
        "aws:sns/topicPolicy:TopicPolicy",
        create=Call("SetTopicAttributes arn policy AttributeName=Policy -> {arn}"),
        read=Call("GetTopicAttributes TopicArn={id} -> Attributes", take=_topic),
        updates=Call("SetTopicAttributes policy TopicArn={id} AttributeName=Policy"),
        delete=Call("SetTopicAttributes TopicArn={id} AttributeName=Policy", {"AttributeValue": _DEFAULT_POLICY}),
        names={"arn": "TopicArn", "policy": "AttributeValue"},
        outputs="owner",
    ),
    Resource(
        "aws:sns/topicSubscription:TopicSubscription",
        create=Call(
            "Subscribe topic protocol endpoint "
            + _SUBSCRIPTION_ATTRIBUTES
            + " ReturnSubscriptionArn=true -> SubscriptionArn",
            build=_with_attributes,
        ),
        read=Call("GetSubscriptionAttributes SubscriptionArn={id} -> Attributes", take=_subscription),
        updates=Call(
            "SetSubscriptionAttributes " + _SUBSCRIPTION_ATTRIBUTES + " SubscriptionArn={id}", build=_one_by_one
        ),
        delete=Call("Unsubscribe SubscriptionArn={id}"),
        names={"topic": "TopicArn"},
        reads={"arn": "={id}", "ownerId": "={owner}"},
        outputs="arn confirmationWasAuthenticated filterPolicyScope ownerId pendingConfirmation",
        defaults={"confirmationTimeoutInMinutes": 1, "endpointAutoConfirms": False, "rawMessageDelivery": False},
        clear={"filterPolicy": "{}", "deliveryPolicy": "", "redrivePolicy": ""},
        local="confirmationTimeoutInMinutes endpointAutoConfirms",
        unique="topic protocol endpoint",
    ),
)
