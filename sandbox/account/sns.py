"""Amazon SNS: CreateTopic returns an existing topic only if it has the same tags and attributes. moto ignores both.

Source: Amazon SNS API Reference, CreateTopic. The text of the error is AWS's (localstack,
tests/aws/services/sns/test_sns.snapshot.json).
"""

from collections.abc import Callable
from typing import Any

from moto.core.utils import camelcase_to_underscores
from moto.sns.exceptions import SNSInvalidParameter
from moto.sns.models import SNSBackend, Topic

from sandbox.account.patching import replaces


@replaces(SNSBackend)
def create_topic(
    original: Callable[..., Topic],
    sns: Any,
    name: str,
    attributes: dict[str, str] | None = None,
    tags: dict[str, str] | None = None,
) -> Topic:
    """Refuses other tags or attributes than those of an existing topic of the name."""
    held = next((topic for topic in sns.topics.values() if topic.name == name), None)
    if held is not None and tags and tags != held._tags:
        raise SNSInvalidParameter("Invalid parameter: Tags Reason: Topic already exists with different tags")
    for attribute, value in (attributes or {}).items() if held is not None else ():
        if str(getattr(held, camelcase_to_underscores(attribute), None)) != value:
            message = "Invalid parameter: Attributes Reason: Topic already exists with different attributes"
            raise SNSInvalidParameter(message)
    return original(name, attributes, tags)
