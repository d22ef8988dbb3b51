"""SNS: topics, their policies and subscriptions."""

from typing import Any

from ..convert import capital, uncapital
from ..spec import Context, fill, table
from ..values import Values

# What a topic's policy is without one of its own; there is none that is empty.
_DEFAULT_POLICY = (
    '{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"Sid":"__default_statement_ID","Effect":"Allow",'
    '"Principal":{"AWS":"*"},"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission",'
    '"SNS:RemovePermission","SNS:DeleteTopic","SNS:Subscribe","SNS:ListSubscriptionsByTopic","SNS:Publish"],'
    '"Resource":"{id}","Condition":{"StringEquals":{"AWS:SourceOwner":"{account}"}}}]}'
)


def with_attributes(values: Values, _: Context) -> Values:
    """Everything but what identifies the object goes into one map, as text; what is off is left out."""
    plain = {name: value for name, value in values.items() if name in ("name", "topic", "protocol", "endpoint")}
    attributes = {capital(name): value for name, value in values.items() if name not in plain and value is not False}
    return plain | ({"attributes": attributes} if attributes else {})


def one_by_one(values: Values, _: Context) -> list[Values]:
    return [{"attributeName": capital(name), "attributeValue": value} for name, value in values.items()]


def _attributes(found: Any) -> Values:
    """Attributes come as text; they keep their names, but for the first letter."""
    words = {"true": True, "false": False}
    return {uncapital(key): words.get(value, value) for key, value in found.items()}


def topic(found: Any, _: Context) -> Values:
    shown = {**_attributes(found), "arn": found["TopicArn"], "name": found["TopicArn"].rpartition(":")[2]}
    return shown | {name: int(shown[name]) for name in ("signatureVersion",) if name in shown}


def subscription(found: Any, _: Context) -> Values:
    return {**_attributes(found), "topic": found["TopicArn"]}


def default_policy(_values: Values, context: Context) -> Values:
    return {"attributeValue": fill(_DEFAULT_POLICY, context.known)}


RESOURCES = table(
    globals(),
    """
    aws:sns/topic:Topic
      create    CreateTopic name fifoTopic (displayName policy deliveryPolicy kmsMasterKeyId contentBasedDeduplication
                signatureVersion tracingConfig) @with_attributes -> TopicArn
      read      GetTopicAttributes TopicArn={id} @topic -> Attributes
      update    SetTopicAttributes () TopicArn={id} @one_by_one
      delete    DeleteTopic TopicArn={id}
      outputs   arn owner policy
      defaults  contentBasedDeduplication=false fifoTopic=false
      clear     displayName= deliveryPolicy= kmsMasterKeyId=
      named     name 80 namePrefix
      tags      TagResource UntagResource ListTagsForResource ResourceArn={id} -> Tags

    aws:sns/topicPolicy:TopicPolicy
      create    SetTopicAttributes arn (policy) AttributeName=Policy -> {arn}
      read      GetTopicAttributes TopicArn={id} @topic -> Attributes
      update    SetTopicAttributes () TopicArn={id} AttributeName=Policy
      delete    SetTopicAttributes TopicArn={id} AttributeName=Policy @default_policy
      names     arn=TopicArn policy=AttributeValue
      outputs   owner

    aws:sns/topicSubscription:TopicSubscription
      create    Subscribe topic protocol endpoint (filterPolicyScope filterPolicy deliveryPolicy rawMessageDelivery
                redrivePolicy subscriptionRoleArn) ReturnSubscriptionArn=true @with_attributes -> SubscriptionArn
      read      GetSubscriptionAttributes SubscriptionArn={id} @subscription -> Attributes
      update    SetSubscriptionAttributes () SubscriptionArn={id} @one_by_one
      delete    Unsubscribe SubscriptionArn={id}
      names     topic=TopicArn
      otherwise filterPolicyScope=
      outputs   arn=={id} confirmationWasAuthenticated filterPolicyScope ownerId=={owner} pendingConfirmation
      defaults  confirmationTimeoutInMinutes=1 endpointAutoConfirms=false rawMessageDelivery=false
      clear     filterPolicy={} deliveryPolicy= redrivePolicy=
      local     confirmationTimeoutInMinutes endpointAutoConfirms
    """,
)
