"""The stack's KMS key for its data, with the rights of the two roles to use it."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.access.identity import Identity
from components.lib.account import Account
from components.lib.lookup import look_up
from components.lib.names import Names
from components.lib.policy import Statement, administration, document, through_service

# The longest window that AWS KMS allows (API Reference, ScheduleKeyDeletion). Until it ends, an operator can cancel the
# deletion.
_DELETION_DAYS = 30
_ENABLED = "Enabled"
_PENDING_DELETION = "PendingDeletion"
_DECRYPT = ["kms:Decrypt", "kms:DescribeKey"]
_ENCRYPT = [
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
]


@dataclass(frozen=True)
class ExistingKey:
    """The key that the stack has in AWS."""

    alias: str
    state: str  # as AWS KMS calls it

    @property
    def is_usable(self) -> bool:
        """Whether data can be encrypted and decrypted with the key."""
        return self.state == _ENABLED

    @property
    def stays(self) -> bool:
        """Whether the key is to be kept: nobody has scheduled its deletion."""
        return self.state != _PENDING_DELETION


def find_key(provider: aws.Provider, alias: str) -> ExistingKey | None:
    """Returns the key with that alias, or None if there is none.

    Raises:
        pulumi.RunError: AWS does not answer.
    """
    options = pulumi.InvokeOptions(provider=provider)
    what = f"the KMS key {alias!r}"
    try:
        # This function lists all aliases first: AWS does not document whether KMS denies a request for an alias that
        # does not exist.
        found = look_up(what, lambda: aws.kms.get_alias(name=alias, opts=options))
    except pulumi.RunError as error:
        # The alias of a key whose deletion is scheduled is answered with an error (terraform-provider-aws,
        # internal/service/kms/key.go, findKeyByID).
        if _PENDING_DELETION in str(error):
            return ExistingKey(alias, _PENDING_DELETION)
        raise
    key = found and look_up(what, lambda: aws.kms.get_key(key_id=found.target_key_id, opts=options))
    return ExistingKey(alias, key.key_state) if key else None


@dataclass(frozen=True)
class DataKeyArgs:
    """The inputs of `DataKey`."""

    account: Account
    names: Names
    identity: Identity
    enable_exec: bool  # whether ECS Exec is on
    protect: bool  # whether the engine refuses to delete the key


class DataKey(pulumi.ComponentResource):
    """One key for the tables, the recordings, the log groups, the secrets and the sessions of ECS Exec."""

    arn: pulumi.Output[str]  # known once the roles may use the key, so nothing is encrypted with it before

    def __init__(self, name: str, args: DataKeyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("voiceter:data_key:DataKey", name, {}, opts)
        key = aws.kms.Key(
            "data",
            description=f"{args.names.data_key}: tables, recordings, logs and secrets",
            policy=document(_key_policy(args)),
            enable_key_rotation=True,
            deletion_window_in_days=_DELETION_DAYS,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        # The program finds the key by its alias after `customerKey` is turned off.
        aws.kms.Alias(
            "data",
            name=args.names.data_key,
            target_key_id=key.key_id,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        account = args.account
        policies = args.identity.grant(
            execution=[
                Statement("DataKeySecrets", ["kms:Decrypt"], [key.arn], through_service(account, "secretsmanager"))
            ],
            task=[
                # AWS CDK, aws-dynamodb/lib/perms.ts: the rights of a principal that reads and writes items.
                Statement("DataKeyTables", [*_DECRYPT, *_ENCRYPT], [key.arn], through_service(account, "dynamodb")),
                # Amazon S3 User Guide, "Using server-side encryption with AWS KMS keys": PutObject and GetObject.
                Statement(
                    "DataKeyRecordings",
                    ["kms:Decrypt", "kms:GenerateDataKey"],
                    [key.arn],
                    through_service(account, "s3"),
                ),
                # Amazon ECS Developer Guide, "Monitor Amazon ECS containers with ECS Exec": the agent in the task
                # decrypts the key of a session.
                *([Statement("DataKeyShell", ["kms:Decrypt"], [key.arn])] if args.enable_exec else []),
            ],
            parent=self,
        )
        self.arn = pulumi.Output.all(key.arn, *(policy.id for policy in policies)).apply(lambda known: known[0])
        self.register_outputs({"arn": self.arn})


def _key_policy(args: DataKeyArgs) -> list[Statement]:
    """Returns the key policy. The account's IAM policies decide about everybody but CloudWatch Logs.

    Amazon CloudWatch Logs User Guide, "Encrypt log data in CloudWatch Logs using AWS Key Management Service".
    """
    account = args.account
    groups = [account.arn("logs", f"log-group:{name}") for name in (args.names.log_group, args.names.web_acl_log)]
    return [
        administration(account),
        Statement(
            "CloudWatchLogs",
            [*_DECRYPT, *_ENCRYPT],
            ["*"],
            {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": groups}},
            principal={"Service": f"logs.{account.region}.amazonaws.com"},
        ),
    ]
