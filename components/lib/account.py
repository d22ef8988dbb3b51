"""The account and region of a stack."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.lib.lookup import ask


@dataclass(frozen=True)
class Account:
    """An AWS account in one region."""

    id: str
    partition: str
    region: str

    @classmethod
    def of(cls, provider: aws.Provider, region: str) -> "Account":
        """Returns the account that `provider` works on.

        Raises:
            pulumi.RunError: AWS does not answer, for example because credentials are missing or expired.
        """
        options = pulumi.InvokeOptions(provider=provider)
        identity = ask(
            "the account of this shell's credentials (sts:GetCallerIdentity)",
            lambda: aws.get_caller_identity(opts=options),
        )
        partition = ask("the partition of the region", lambda: aws.get_partition(opts=options))
        return cls(identity.account_id, partition.partition, region)

    def arn(self, service: str, resource: str) -> str:
        """Returns the ARN of a resource of this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.id}:{resource}"
