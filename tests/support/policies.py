"""The policy documents that the program registers, and what they must not be about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from recording.deployment import Deployment
from recording.fake_aws import ACCOUNT
from tests.support import iam

# Type of a resource -> its input that is a policy. The policies of roles say what the role may do; these say who may.
OF_RESOURCES: Final = {
    "Role": "assumeRolePolicy",
    "Key": "policy",
    "TopicPolicy": "policy",
    "BucketPolicy": "policy",
    "VpcEndpointPolicy": "policy",
    "LogResourcePolicy": "policyDocument",
}

# What names the stack prod in us-east-1, and the same of another one.
_THEIRS: Final = {
    ACCOUNT: "999999999999",
    "us-east-1": "eu-north-1",
    "-prod": "-staging",
    "demo-": "demo-staging-",
    "voiceter-backend": "another",
    "voiceter-cluster": "another",
}


def policies_of(deployment: Deployment, use: str) -> dict[str, Any]:
    """Returns the policies of a role, joined."""
    return iam.joined(p.json("policy") for p in deployment.all(":RolePolicy") if p.name.startswith(f"{use}-"))


def others(text: str) -> Iterator[str]:
    """Yields the text with another account, another region and another stack, or another text."""
    for ours, theirs in _THEIRS.items():
        before, found, after = text.rpartition(ours)
        if found:
            yield f"{before}{theirs}{after}"
    if not any(ours in text for ours in _THEIRS):
        yield f"{text}-2"
