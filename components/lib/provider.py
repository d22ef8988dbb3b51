"""The AWS provider of all resources."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pulumi_aws as aws

from components.lib.names import APPLICATION

# The names of the tags that the program sets, on every resource and on single ones.
DEFAULT_TAGS: Final = ("Application", "Environment", "ManagedBy", "Stack")
PROGRAM_TAGS: Final = tuple(sorted((*DEFAULT_TAGS, "Component", "Name", "Severity", "Version")))


@dataclass(frozen=True)
class ProviderArgs:
    """Where the provider works, and what it adds to every resource."""

    region: str
    stack: str
    environment: str
    extra_tags: Mapping[str, str]
    allowed_account_ids: Sequence[str]  # empty: any account


def aws_provider(args: ProviderArgs) -> aws.Provider:
    """Creates the provider, which tags every resource with the stack and its environment."""
    tags = {
        **args.extra_tags,
        "Application": APPLICATION,
        "Environment": args.environment,
        "ManagedBy": "pulumi",
        "Stack": args.stack,
    }
    return aws.Provider(
        "aws",
        region=args.region,
        default_tags={"tags": tags},
        allowed_account_ids=list(args.allowed_account_ids) or None,
    )
