"""The AWS provider of all resources."""

import pulumi_aws as aws

from components.lib.names import APPLICATION


def aws_provider(region: str, stack: str, environment: str) -> aws.Provider:
    """Creates the provider, which tags every resource with the stack and its environment."""
    tags = {"Application": APPLICATION, "Environment": environment, "ManagedBy": "pulumi", "Stack": stack}
    return aws.Provider("aws", region=region, default_tags={"tags": tags})
