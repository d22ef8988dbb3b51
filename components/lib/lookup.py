"""Lookups in AWS of something that may not exist."""

from collections.abc import Callable
from typing import TypeVar

import pulumi

from components.lib.refusals import refusal

T = TypeVar("T")

# Error codes of AWS, and the provider's messages for a lookup without a result. Any other error (no permission, no
# network) leaves open whether the thing exists.
_NOT_THERE = (
    "imagenotfoundexception",
    "repositorynotfoundexception",
    "rulenotfound",
    "listenernotfound",
    "couldn't find resource",
    "empty result",
    "query returned no results",
    "no matching image",
    "no matching ec2 vpc",
    "no matching ecs service",
    "servicenotfoundexception",
    "clusternotfoundexception",
    "targetgroupnotfound",
    "loadbalancernotfound",
    "search returned 0 results",  # for a load balancer (internal/service/elbv2/load_balancer_data_source.go)
    "resourcenotfoundexception",
    "nosuchhostedzone",
)


def look_up(what: str, ask: Callable[[], T], *not_there: str) -> T | None:
    """Returns what `ask` finds, or None if it does not exist. `what` describes it for the error message.

    `not_there` are more error codes, in lower case, that say so of this lookup.

    Raises:
        pulumi.RunError: AWS does not answer.
    """
    try:
        return ask()
    except Exception as error:  # the SDK raises bare exceptions
        refused = refusal(error)
        if not refused and any(text in str(error).lower() for text in (*_NOT_THERE, *not_there)):
            return None
        raise pulumi.RunError(f"cannot look up {what}: {refused or error}") from error
