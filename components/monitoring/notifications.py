"""The topic of the alarms, the budget and the events of ECS, its key and its subscribers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.lib.account import Account
from components.lib.policy import Statement, administration, document, tls_only

# The key encrypts messages in transit only, so a deleted key is not needed for longer.
_KEY_DELETION_DAYS = 7


@dataclass(frozen=True)
class _Publisher:
    """A service that publishes to the topic.

    Where AWS does not document a condition on the source of its messages, there is none: if the service sends no
    source, its messages would be lost without an error.
    """

    service: str
    topic_has_source: bool  # in the topic's policy
    key_has_source: bool  # in the policy of the topic's key


# By Sid.
# - Budgets: AWS Cost Management User Guide, "Creating an Amazon SNS topic for budget notifications", which has the
#   condition in the topic's policy. No document has it in the key's policy.
# - CloudWatch: Amazon SNS Developer Guide, "Managing Amazon SNS encryption keys and costs".
# - EventBridge: "You can't use Condition blocks in Amazon SNS topic policies for EventBridge" (User Guide, "Using
#   resource-based policies for Amazon EventBridge"), nor in the policy of the key (the guide of SNS).
_PUBLISHERS = {
    "Budgets": _Publisher("budgets.amazonaws.com", topic_has_source=True, key_has_source=False),
    "CloudWatch": _Publisher("cloudwatch.amazonaws.com", topic_has_source=True, key_has_source=True),
    "EventBridge": _Publisher("events.amazonaws.com", topic_has_source=False, key_has_source=False),
}


@dataclass(frozen=True)
class NotificationsArgs:
    """The inputs of `Notifications`."""

    account: Account
    name: str
    emails: Sequence[str]
    phones: Sequence[str]  # E.164


class Notifications(pulumi.ComponentResource):
    """An encrypted SNS topic that only CloudWatch, Budgets and EventBridge publish to."""

    topic_arn: pulumi.Output[str]

    def __init__(self, name: str, args: NotificationsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("voiceter:notifications:Notifications", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        # AWS's default key for SNS admits none of the services: their messages would be lost without an error.
        key = aws.kms.Key(
            "alarms",
            description=f"Messages of the topic {args.name}",
            policy=document(_key_policy(args.account)),
            enable_key_rotation=True,
            deletion_window_in_days=_KEY_DELETION_DAYS,
            opts=child,
        )
        aws.kms.Alias("alarms", name=f"alias/{args.name}", target_key_id=key.key_id, opts=child)
        topic = aws.sns.Topic("alarms", name=args.name, kms_master_key_id=key.arn, opts=child)
        aws.sns.TopicPolicy("alarms", arn=topic.arn, policy=document(_topic_policy(args.account, topic)), opts=child)
        for protocol, endpoints in (("email", args.emails), ("sms", args.phones)):
            for endpoint in endpoints:
                aws.sns.TopicSubscription(
                    f"{protocol}-{endpoint}", topic=topic.arn, protocol=protocol, endpoint=endpoint, opts=child
                )
        self.topic_arn = topic.arn
        self.register_outputs({"topic_arn": self.topic_arn})


def _key_policy(account: Account) -> list[Statement]:
    return [
        administration(account),
        *(
            Statement(
                sid,
                ["kms:Decrypt", "kms:GenerateDataKey*"],
                ["*"],
                _of_this_account(account) if publisher.key_has_source else None,
                principal={"Service": publisher.service},
            )
            for sid, publisher in _PUBLISHERS.items()
        ),
    ]


def _topic_policy(account: Account, topic: aws.sns.Topic) -> list[Statement]:
    """Returns the policy of the topic.

    AWS services publish over TLS (Amazon SNS Developer Guide, "Enforce encryption of data in transit"). If a request of
    EventBridge has no aws:SecureTransport, the condition of the Deny does not hold (IAM User Guide, "IAM JSON policy
    elements: Condition operators").
    """
    return [
        *(
            Statement(
                sid,
                ["sns:Publish"],
                [topic.arn],
                _of_this_account(account) if publisher.topic_has_source else None,
                principal={"Service": publisher.service},
            )
            for sid, publisher in _PUBLISHERS.items()
        ),
        tls_only(["sns:Publish"], [topic.arn]),
    ]


def _of_this_account(account: Account) -> dict[str, dict[str, str]]:
    """Returns the condition that the service acts for an alarm or budget of this account."""
    return {"StringEquals": {"aws:SourceAccount": account.id}}
