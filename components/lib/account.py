"""The account and region of a stack."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.lib.refusals import refusal


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
        try:
            identity = aws.get_caller_identity(opts=options)
            partition = aws.get_partition(opts=options)
        except Exception as error:  # the SDK raises bare exceptions
            raise pulumi.RunError(f"AWS does not say which account this is: {refusal(error) or error}") from error
        return cls(identity.account_id, partition.partition, region)

    def arn(self, service: str, resource: str) -> str:
        """Returns the ARN of a resource of this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.id}:{resource}"
