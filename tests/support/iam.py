"""IAM's evaluation of the policy documents of this program. It refuses every feature that they do not use.

IAM User Guide, "Policy evaluation logic" and "IAM JSON policy elements": an explicit Deny goes before an Allow.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

from operations.permissions import arn_like, like

# The condition keys of a request and their values.
Context = Mapping[str, str | Sequence[str]]

_ELEMENTS = {"Sid", "Effect", "Action", "Resource", "Condition", "Principal"}


def joined(documents: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Returns the policies of a role as one document."""
    return {"Version": "2012-10-17", "Statement": [one for document in documents for one in _statements(document)]}


def allows(document: Mapping[str, Any], action: str, resource: str, context: Context | None = None) -> bool:
    """Returns whether the policy of a role allows a request."""
    effects = {
        statement["Effect"]
        for statement in _statements(document)
        if any(like(pattern, action, ignore_case=True) for pattern in _list(statement["Action"]))
        and any(like(pattern, resource) for pattern in _list(statement["Resource"]))
        and _holds(statement.get("Condition", {}), context or {})
    }
    return "Deny" not in effects and "Allow" in effects


def denies(document: Mapping[str, Any], action: str, resource: str, context: Context) -> bool:
    """Returns whether the policy of a resource denies a request of any principal."""
    flipped = {"Allow": "Deny", "Deny": "Allow"}
    statements = [{**statement, "Effect": flipped[statement["Effect"]]} for statement in _statements(document)]
    everyone = [s for s in statements if s["Principal"] in ("*", {"AWS": "*"})]
    return allows({**document, "Statement": everyone}, action, resource, context)


def trusts(document: Mapping[str, Any], service: str, context: Context) -> bool:
    """Returns whether a trust policy lets a service assume the role."""
    return _trusts(document, {"Service": service}, "sts:AssumeRole", context)


def trusts_token(document: Mapping[str, Any], provider_arn: str, context: Context) -> bool:
    """Returns whether a trust policy lets the bearer of an identity provider's token assume the role."""
    return _trusts(document, {"Federated": provider_arn}, "sts:AssumeRoleWithWebIdentity", context)


def lets_in(
    document: Mapping[str, Any], service: str, action: str, resource: str, context: Context | None = None
) -> bool:
    """Returns whether the policy of a resource lets an AWS service in, with TLS."""
    everyone = ("*", {"AWS": "*"})
    statements = [s for s in _statements(document) if s["Principal"] in (*everyone, {"Service": service})]
    return allows(
        {**document, "Statement": statements}, action, resource, {"aws:SecureTransport": "true", **(context or {})}
    )


def _trusts(document: Mapping[str, Any], principal: Mapping[str, str], action: str, context: Context) -> bool:
    return any(
        statement["Effect"] == "Allow"
        and statement["Principal"] == principal
        and _list(statement["Action"]) == [action]
        and _holds(statement.get("Condition", {}), context)
        for statement in _statements(document)
    )


def _statements(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    assert set(document) - {"Id"} == {"Version", "Statement"}
    assert document["Version"] == "2012-10-17"
    statements = cast(list[dict[str, Any]], document["Statement"])
    for statement in statements:
        assert set(statement) <= _ELEMENTS, statement
        assert statement["Effect"] in ("Allow", "Deny"), statement
    sids = [statement["Sid"] for statement in statements]
    assert len(sids) == len(set(sids)), sids
    assert all(re.fullmatch("[A-Za-z0-9]+", sid) for sid in sids), sids
    return statements


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": str.__eq__,
    "StringLike": like,
    "Bool": str.__eq__,
    "ArnLike": arn_like,
    "ArnEquals": arn_like,
}


def _holds(condition: Mapping[str, Mapping[str, str | list[str]]], context: Context) -> bool:
    """Returns whether every test passes. A test of a key that the request lacks fails, but for `…IfExists`."""
    return all(
        _test(operator, expected, context.get(key))
        for operator, tests in condition.items()
        for key, expected in tests.items()
    )


def _test(operator: str, expected: str | list[str], actual: str | Sequence[str] | None) -> bool:
    if isinstance(expected, list):
        return any(_test(operator, one, actual) for one in expected)
    if operator == "Null":
        return (actual is None) == (expected == "true")
    compare = _OPERATORS[operator.removeprefix("ForAnyValue:").removesuffix("IfExists")]
    if actual is None:
        return operator.endswith("IfExists")
    if operator.startswith("ForAnyValue:"):
        assert not isinstance(actual, str), f"{operator} is for keys with several values"
        return any(compare(expected, value) for value in actual)
    assert isinstance(actual, str), f"{operator} is for keys with one value"
    return compare(expected, actual)
