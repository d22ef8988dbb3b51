"""Amazon SNS."""

from collections.abc import Iterator

from ..faults import Fault
from ..values import Values
from .checks import document, matches, one_of, resource_statements

_EMAIL = (r"[^@\s]+@[^@\s]+\.[^@\s]+", "must be an e-mail address for the protocol email")
_PHONE = (r"\+[1-9]\d{6,14}", "must be a number in E.164, such as +358401234567, for the protocol sms")


def topic(inputs: Values) -> Iterator[Fault]:
    """Amazon SNS API Reference, CreateTopic."""
    yield from matches(inputs, "name", r"[A-Za-z0-9_-]{1,256}", "must be 1 to 256 letters, digits, - and _")


def topic_policy(inputs: Values) -> Iterator[Fault]:
    """Amazon SNS API Reference, SetTopicAttributes."""
    yield from document(inputs, "policy", 30 * 1024)
    yield from resource_statements(inputs, "policy")


def topic_subscription(inputs: Values) -> Iterator[Fault]:
    """Amazon SNS API Reference, Subscribe. The program subscribes by e-mail and SMS only."""
    yield from one_of(inputs, "protocol", "email", "sms")
    yield from matches(inputs, "endpoint", *(_PHONE if inputs.get("protocol") == "sms" else _EMAIL))
