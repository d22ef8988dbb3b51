"""The app's secrets in Secrets Manager, and the grant to read exactly these secrets."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.lib.account import Account
from components.lib.lookup import ask
from components.lib.policy import Statement, through_service

# The default key of Secrets Manager. Every principal of the account may use it through Secrets Manager.
_AWS_MANAGED_KEY = "alias/aws/secretsmanager"
_RECOVERY_DAYS = 30


@dataclass(frozen=True)
class AppSecretsArgs:
    """The inputs of `AppSecrets`."""

    account: Account
    folder: str  # the start of the secrets' names
    values: Mapping[str, pulumi.Output[str]]  # environment variable -> value; each becomes a secret
    arns: Mapping[str, str]  # environment variable -> ARN of a secret that someone else owns
    protect: bool  # whether a deleted secret can be restored for 30 days
    encryption_key: pulumi.Input[str] | None  # the ARN of a KMS key; None: AWS's key


class AppSecrets(pulumi.ComponentResource):
    """The secrets that ECS injects into the container as environment variables."""

    value_from: Mapping[str, pulumi.Input[str]]  # environment variable -> `valueFrom` of a container definition

    def __init__(self, name: str, args: AppSecretsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("voiceter:app_secrets:AppSecrets", name, {}, opts)
        made = {variable: self._secret(variable, value, args) for variable, value in args.values.items()}
        self.value_from = {
            # With its version: a changed value is a new revision of the task definition.
            **{variable: pulumi.Output.concat(arn, ":::", version) for variable, (arn, version) in made.items()},
            **args.arns,
        }
        self._arns = [*(arn for arn, _ in made.values()), *args.arns.values()]
        self._decrypt = _decrypt(
            {arn: self._key_of(variable, arn) for variable, arn in args.arns.items()}, args.account
        )
        self.register_outputs({"value_from": self.value_from})

    def read(self) -> list[Statement]:
        """Returns the grant to read these secrets, and to decrypt with the customer keys that encrypt them."""
        if not self._arns:
            return []
        return [Statement("Secrets", ["secretsmanager:GetSecretValue"], self._arns), *self._decrypt]

    def _secret(
        self, variable: str, value: pulumi.Output[str], args: AppSecretsArgs
    ) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
        """Creates a secret. Returns its ARN and the id of the version that holds the value."""
        secret = aws.secretsmanager.Secret(
            variable,
            # A prefix: Secrets Manager blocks the name of a deleted secret until its recovery window ends.
            name_prefix=f"{args.folder}/{variable}-",
            description=f"{variable} of {args.folder}",
            kms_key_id=args.encryption_key,
            recovery_window_in_days=_RECOVERY_DAYS if args.protect else 0,
            opts=pulumi.ResourceOptions(parent=self),
        )
        # The previous version stays, as older revisions of the task definition name it.
        version = aws.secretsmanager.SecretVersion(
            variable,
            secret_id=secret.arn,
            secret_string=value,
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
        )
        return secret.arn, version.version_id

    def _key_of(self, variable: str, arn: str) -> str | None:
        """Returns the KMS key of a secret. Raises `pulumi.RunError` if Secrets Manager does not return the secret."""
        options = pulumi.InvokeOptions(parent=self)
        what = f"the secret {arn} of secretArns.{variable}"
        return ask(what, lambda: aws.secretsmanager.get_secret(arn=arn, opts=options)).kms_key_id


def _decrypt(keys: Mapping[str, str | None], account: Account) -> list[Statement]:
    """Returns the grants to decrypt secrets: one for all keys that are known by id, one for each alias.

    Args:
        keys: ARN of a secret -> what Secrets Manager returns: an id, an ARN of the key or of its alias, or nothing for
            the default key.
        account: where the tasks run.
    """
    through = through_service(account, "secretsmanager")
    arns: set[str] = set()
    aliases: set[tuple[str, str]] = set()  # account and name
    for secret_arn, key in keys.items():
        if not key or key.rpartition(":")[2] == _AWS_MANAGED_KEY:
            continue
        owner, name = key.split(":")[4:6] if key.startswith("arn:") else (secret_arn.split(":")[4], key)
        if name.startswith("alias/"):
            aliases.add((owner, name))
        else:
            arns.add(_key_arn(account, owner, name.removeprefix("key/")))
    by_id = [Statement("SecretKeys", ["kms:Decrypt"], sorted(arns), through)] if arns else []
    by_alias = [
        # IAM knows a key by its id only. A condition names the alias.
        Statement(
            f"SecretKeyAlias{position}",
            ["kms:Decrypt"],
            [_key_arn(account, owner, "*")],
            {**through, "ForAnyValue:StringEquals": {"kms:ResourceAliases": alias}},
        )
        for position, (owner, alias) in enumerate(sorted(aliases))
    ]
    return [*by_id, *by_alias]


def _key_arn(account: Account, owner: str, key_id: str) -> str:
    return f"arn:{account.partition}:kms:{account.region}:{owner}:key/{key_id}"
