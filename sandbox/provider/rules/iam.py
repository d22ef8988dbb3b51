"""IAM."""

from collections.abc import Iterator

from ..faults import Fault
from ..values import Values
from .checks import document, identity_statements, resource_statements


def role(inputs: Values) -> Iterator[Fault]:
    """IAM User Guide, "IAM and AWS STS quotas"."""
    yield from document(inputs, "assumeRolePolicy", 2048, white_space=False)
    yield from resource_statements(inputs, "assumeRolePolicy")


def role_policy(inputs: Values) -> Iterator[Fault]:
    """IAM User Guide, "IAM and AWS STS quotas". The account checks the policies of a role together."""
    yield from document(inputs, "policy", 10_240, white_space=False)
    yield from identity_statements(inputs, "policy")
