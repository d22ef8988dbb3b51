"""AWS WAF Classic: the account has nothing in it. moto lacks the service.

Scanners list its web ACLs to see what protects a load balancer. Every other call fails.

Source: AWS WAF Classic API Reference, regional and global: ListWebACLs, ListRules, ListRuleGroups.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any

_TARGETS = ("AWSWAF_Regional_20161128", "AWSWAF_20150824")
_LISTS = {"ListWebACLs": "WebACLs", "ListRules": "Rules", "ListRuleGroups": "RuleGroups"}


def with_empty_lists(application: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """Returns an application that answers the lists of WAF Classic, and passes all other calls on."""

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        service, _, operation = environ.get("HTTP_X_AMZ_TARGET", "").partition(".")
        if service not in _TARGETS or operation not in _LISTS:
            return application(environ, start_response)
        start_response("200 OK", [("Content-Type", "application/x-amz-json-1.1")])
        return [json.dumps({_LISTS[operation]: []}).encode()]

    return serve
