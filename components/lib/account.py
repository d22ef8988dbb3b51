"""Where a stack lives: the account and the region that every ARN names."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True)
class Account:
    """An AWS account as seen from one region, in plain strings."""

    id: str
    partition: str
    region: str

    @classmethod
    def of(cls, provider: aws.Provider, region: str) -> "Account":
        """The account that `provider` works on.

        Raises `pulumi.RunError` where AWS does not answer: no credentials, expired ones, or no way to reach it.
        """
        options = pulumi.InvokeOptions(provider=provider)
        try:
            identity = aws.get_caller_identity(opts=options)
            partition = aws.get_partition(opts=options)
        except Exception as error:  # the SDK raises bare exceptions
            raise pulumi.RunError(f"AWS does not say which account this is: {error}") from error
        return cls(identity.account_id, partition.partition, region)

    def arn(self, service: str, resource: str) -> str:
        """The ARN of something that belongs to this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.id}:{resource}"
