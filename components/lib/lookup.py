"""Lookups in AWS."""

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
    "no matching ",  # of most functions (internal/tfresource, SingularDataSourceFindError)
    "servicenotfoundexception",
    "clusternotfoundexception",
    "targetgroupnotfound",
    "loadbalancernotfound",
    "search returned 0 results",  # for a load balancer (internal/service/elbv2/load_balancer_data_source.go)
    "resourcenotfoundexception",
    "nosuchhostedzone",
)


def ask(what: str, call: Callable[[], T]) -> T:
    """Returns what AWS answers. `what` describes it for the error message.

    Raises:
        pulumi.RunError: AWS does not answer.
    """
    try:
        return call()
    except Exception as error:  # the SDK raises bare exceptions
        raise _failure(what, error) from error


def look_up(what: str, call: Callable[[], T], *not_there: str) -> T | None:
    """Returns what AWS answers, or None if it does not exist. `what` describes it for the error message.

    `not_there` are more error codes, in lower case, that say so of this lookup.

    Raises:
        pulumi.RunError: AWS does not answer.
    """
    try:
        return call()
    except Exception as error:
        if not refusal(error) and any(text in str(error).lower() for text in (*_NOT_THERE, *not_there)):
            return None
        raise _failure(what, error) from error


def _failure(what: str, error: Exception) -> pulumi.RunError:
    return pulumi.RunError(f"cannot look up {what}: {refusal(error) or error}")
