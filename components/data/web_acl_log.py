"""The log group of the web ACL."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.data.logs_bucket import RETENTION_DAYS
from components.lib.account import Account
from components.lib.policy import Statement, document, from_service


@dataclass(frozen=True)
class WebAclLogArgs:
    """The inputs of `WebAclLog`."""

    account: Account
    name: str  # starts with aws-waf-logs- (AWS WAF API Reference, PutLoggingConfiguration)
    protect: bool  # whether the engine and AWS refuse to delete the log
    encryption_key: pulumi.Input[str] | None  # the ARN of a KMS key for new events; None: AWS's key


class WebAclLog(pulumi.ComponentResource):
    """A log group that AWS's log delivery may write to.

    It belongs to the traffic logs and not to the web ACL, so turning the web ACL off deletes no log.
    """

    group_arn: pulumi.Output[str]  # known once the log delivery may write, which AWS WAF tests

    def __init__(self, name: str, args: WebAclLogArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("voiceter:web_acl_log:WebAclLog", name, {}, opts)
        group = aws.cloudwatch.LogGroup(
            "web-acl",
            name=args.name,
            retention_in_days=RETENTION_DAYS,
            deletion_protection_enabled=args.protect,
            kms_key_id=args.encryption_key,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        policy = aws.cloudwatch.LogResourcePolicy(
            "web-acl",
            policy_name=args.name,
            policy_document=_policy(group, args.account),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.group_arn = pulumi.Output.all(group.arn, policy.id).apply(lambda known: known[0])
        self.register_outputs({"group_arn": self.group_arn})


def _policy(group: aws.cloudwatch.LogGroup, account: Account) -> pulumi.Output[str]:
    """Returns the policy that the CloudWatch Logs User Guide asks for, "Logs sent to CloudWatch Logs".

    Without it, AWS WAF would add the log group to a policy of its own, which all web ACLs of the account share until it
    has no room (terraform-provider-aws, documentation of aws_wafv2_web_acl_logging_configuration).
    """
    return document(
        [
            Statement(
                "LogDelivery",
                ["logs:CreateLogStream", "logs:PutLogEvents"],
                [pulumi.Output.concat(group.arn, ":*")],
                from_service(account, "logs"),
                principal={"Service": "delivery.logs.amazonaws.com"},
            )
        ]
    )
