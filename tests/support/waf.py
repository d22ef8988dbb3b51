"""Evaluates the rules of a web ACL on requests, as AWS WAF does: exactly the statements that the program uses.

Sources: AWS WAF Developer Guide, "Baseline rule groups" (version of 2026-09), "Using rate-based rule statements",
"AWS WAF web ACL capacity units (WCUs) in AWS WAF"; API Reference, ManagedRuleGroupStatement.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True)
class Request:
    """A request of a client, with the managed rules that it matches: AWS does not publish their patterns."""

    path: str
    query: str = ""
    matches: tuple[str, ...] = ()
    address: str = "203.0.113.7"


@dataclass(frozen=True)
class Group:
    """A rule group of AWS: a part of its labels, its capacity units and its rules."""

    label: str
    capacity: int
    rules: tuple[str, ...]


GROUPS: Final[Mapping[str, Group]] = {
    "AWSManagedRulesCommonRuleSet": Group(
        "core-rule-set",
        700,
        (
            "NoUserAgent_HEADER",
            "UserAgent_BadBots_HEADER",
            "SizeRestrictions_QUERYSTRING",
            "SizeRestrictions_Cookie_HEADER",
            "SizeRestrictions_BODY",
            "SizeRestrictions_URIPATH",
            *(f"EC2MetaDataSSRF_{part}" for part in ("BODY", "COOKIE", "URIPATH", "QUERYARGUMENTS")),
            *(f"GenericLFI_{part}" for part in ("QUERYARGUMENTS", "URIPATH", "BODY")),
            *(f"RestrictedExtensions_{part}" for part in ("URIPATH", "QUERYARGUMENTS")),
            *(f"GenericRFI_{part}" for part in ("QUERYARGUMENTS", "BODY", "URIPATH")),
            *(f"CrossSiteScripting_{part}" for part in ("COOKIE", "QUERYARGUMENTS", "BODY", "URIPATH")),
        ),
    ),
    "AWSManagedRulesKnownBadInputsRuleSet": Group(
        "known-bad-inputs",
        200,
        (
            *(f"JavaDeserializationRCE_{part}" for part in ("HEADER", "BODY", "URIPATH", "QUERYSTRING")),
            "Host_localhost_HEADER",
            "PROPFIND_METHOD",
            "ExploitablePaths_URIPATH",
            *(f"Log4JRCE_{part}" for part in ("HEADER", "QUERYSTRING", "BODY", "URIPATH")),
            "ReactJSRCE_BODY",
        ),
    ),
}
ABOUT_BODIES: Final = tuple(rule for group in GROUPS.values() for rule in group.rules if rule.endswith("_BODY"))


class Evaluator:
    """A web ACL, and the requests of the last five minutes."""

    def __init__(self, registered: Mapping[str, Any]) -> None:
        """Takes the inputs of an `aws.wafv2.WebAcl`."""
        assert registered["defaultAction"] == {"allow": {}}
        self._rules: list[Any] = sorted(registered["rules"], key=lambda rule: rule["priority"])
        self._seen: Counter[tuple[str, str]] = Counter()

    def blocked_by(self, request: Request) -> str | None:
        """Returns the name of the rule that blocks a request, or None if the web ACL lets it through."""
        labels: set[str] = set()
        for rule in self._rules:
            managed = rule["statement"].get("managedRuleGroupStatement")
            if managed:
                assert rule["overrideAction"] == {"none": {}}
                blocks = _managed(managed, request, labels)
            else:
                assert rule["action"] == {"block": {}}
                blocks = self._matches(rule["statement"], request, labels, rule["name"])
            if blocks:
                return str(rule["name"])
        return None

    def _matches(self, statement: Mapping[str, Any], request: Request, labels: set[str], rule: str = "") -> bool:
        [(kind, content)] = statement.items()
        match kind:
            case "andStatement":
                return all(self._matches(part, request, labels) for part in content["statements"])
            case "orStatement":
                return any(self._matches(part, request, labels) for part in content["statements"])
            case "notStatement":
                return not self._matches(content["statement"], request, labels)
            case "labelMatchStatement":
                assert content["scope"] == "LABEL"
                return content["key"] in labels
            case "regexMatchStatement":
                assert content["textTransformations"] == [{"priority": 0, "type": "NONE"}]
                part = {"uriPath": request.path, "queryString": request.query}[next(iter(content["fieldToMatch"]))]
                return re.search(content["regexString"], part) is not None
            case "rateBasedStatement":
                return self._exceeds(content, request, labels, rule)
            case _:
                raise NotImplementedError(kind)

    def _exceeds(self, content: Mapping[str, Any], request: Request, labels: set[str], rule: str) -> bool:
        assert (content["aggregateKeyType"], content["evaluationWindowSec"]) == ("IP", 300)
        if "scopeDownStatement" in content and not self._matches(content["scopeDownStatement"], request, labels):
            return False
        self._seen[rule, request.address] += 1
        return self._seen[rule, request.address] > content["limit"]


def _managed(content: Mapping[str, Any], request: Request, labels: set[str]) -> bool:
    """Returns whether a rule group of AWS blocks the request, and adds its labels."""
    assert content["vendorName"] == "AWS"
    group = GROUPS[content["name"]]
    counted = {one["name"] for one in content["ruleActionOverrides"] if one["actionToUse"] == {"count": {}}}
    # AWS WAF ignores an override of an unknown rule silently.
    assert counted <= set(group.rules)
    assert len(counted) == len(content["ruleActionOverrides"])
    for rule in group.rules:
        if rule in request.matches:
            labels.add(f"awswaf:managed:aws:{group.label}:{rule.replace('_BODY', '_Body')}")
            if rule not in counted:
                return True
    return False


def capacity(rules: Sequence[Mapping[str, Any]]) -> int:
    """Returns the capacity units of rules."""
    return sum(_capacity(rule["statement"]) for rule in rules)


def _capacity(statement: Mapping[str, Any]) -> int:
    [(kind, content)] = statement.items()
    match kind:
        case "andStatement" | "orStatement":
            return sum(_capacity(part) for part in content["statements"])
        case "notStatement":
            return _capacity(content["statement"])
        case "labelMatchStatement":
            return 1
        case "regexMatchStatement":
            return 3
        case "rateBasedStatement":
            return 2 + (_capacity(content["scopeDownStatement"]) if "scopeDownStatement" in content else 0)
        case "managedRuleGroupStatement":
            return GROUPS[content["name"]].capacity
        case _:
            raise NotImplementedError(kind)
