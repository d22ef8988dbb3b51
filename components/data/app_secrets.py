"""The app's secrets in Secrets Manager, the lookup of those of other owners, and the grant to read all of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.lib.account import Account
from components.lib.lookup import look_up
from components.lib.policy import Statement, through_service

# The default key of Secrets Manager, which every principal of the account may use (API Reference, CreateSecret).
_AWS_MANAGED_KEY = "alias/aws/secretsmanager"
_RECOVERY_DAYS = 30


@dataclass(frozen=True)
class SharedSecret:
    """A secret that someone else owns."""

    arn: str
    key: str | None  # an id, an ARN of a KMS key or of its alias, or nothing for Secrets Manager's default key


def find_secret(provider: aws.Provider, arn: str) -> SharedSecret | None:
    """Returns a secret, or None if there is none.

    A secret whose deletion is scheduled counts as none (terraform-provider-aws,
    internal/service/secretsmanager/secret.go, findSecretByID).

    Raises:
        pulumi.RunError: Secrets Manager does not answer.
    """
    found = look_up(
        f"the secret {arn} of secretArns (secretsmanager:DescribeSecret)",
        lambda: aws.secretsmanager.get_secret(arn=arn, opts=pulumi.InvokeOptions(provider=provider)),
    )
    return SharedSecret(arn, found.kms_key_id) if found else None


@dataclass(frozen=True)
class AppSecretsArgs:
    """The inputs of `AppSecrets`."""

    account: Account
    folder: str  # the start of the secrets' names
    values: Mapping[str, pulumi.Output[str]]  # environment variable -> value; each becomes a secret
    shared: Mapping[str, SharedSecret]  # environment variable -> secret
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
            **{variable: secret.arn for variable, secret in args.shared.items()},
        }
        self._arns = [*(arn for arn, _ in made.values()), *(secret.arn for secret in args.shared.values())]
        self._decrypt = _decrypt(args.shared.values(), args.account)
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


def _decrypt(secrets: Iterable[SharedSecret], account: Account) -> list[Statement]:
    """Returns the grants to decrypt secrets: one for all keys that are known by id, one for the aliases of an account.

    Args:
        secrets: of the account or of others.
        account: where the tasks run.
    """
    through = through_service(account, "secretsmanager")
    arns: set[str] = set()
    aliases: dict[str, set[str]] = {}  # account -> names
    for secret in secrets:
        key = secret.key
        if not key or key.rpartition(":")[2] == _AWS_MANAGED_KEY:
            continue
        owner, name = key.split(":")[4:6] if key.startswith("arn:") else (secret.arn.split(":")[4], key)
        if name.startswith("alias/"):
            aliases.setdefault(owner, set()).add(name)
        else:
            arns.add(_key_arn(account, owner, name.removeprefix("key/")))
    by_id = [Statement("SecretKeys", ["kms:Decrypt"], sorted(arns), through)] if arns else []
    by_alias = [
        # IAM knows a key by its id only. A condition names the aliases.
        Statement(
            f"SecretKeyAlias{position}",
            ["kms:Decrypt"],
            [_key_arn(account, owner, "*")],
            {**through, "ForAnyValue:StringEquals": {"kms:ResourceAliases": sorted(names)}},
        )
        for position, (owner, names) in enumerate(sorted(aliases.items()))
    ]
    return [*by_id, *by_alias]


def _key_arn(account: Account, owner: str, key_id: str) -> str:
    return f"arn:{account.partition}:kms:{account.region}:{owner}:key/{key_id}"
