"""The wildcards of a policy document, and the list of those that are allowed."""

from __future__ import annotations

import re
from typing import Any

import pytest

from policy.wildcards import ALLOWED, PLACEHOLDERS, is_allowed, wildcards

ACCOUNT = "123456789012"


def document(**statement: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statement}


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ({"Action": "s3:Get*", "Resource": "arn:aws:s3:::a"}, {"s3:Get*"}),
        ({"Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::a", "arn:aws:s3:::?"]}, {"arn:aws:s3:::?"}),
        ({"Principal": "*"}, {"*"}),
        ({"Principal": {"AWS": ["arn:aws:iam::1:root", "arn:aws:iam::*:root"]}}, {"arn:aws:iam::*:root"}),
        ({"Condition": {"ArnLike": {"aws:SourceArn": ["arn:aws:ecs:*"]}}}, {"arn:aws:ecs:*"}),
        ({"Action": "s3:GetObject", "Condition": {"Bool": {"aws:SecureTransport": True}}}, set[str]()),
    ],
)
def test_wildcard_is_found_in_every_element(statement: dict[str, Any], found: set[str]) -> None:
    assert wildcards(document(Sid="One", **statement)) == {("One", text) for text in found}


@pytest.mark.parametrize(
    ("sid", "text", "allowed"),
    [
        ("Logs", f"arn:aws:logs:eu-north-1:{ACCOUNT}:log-group:/ecs/voiceter-backend-dev:*", True),
        ("Logs", f"arn:aws:logs:eu-north-1:{ACCOUNT}:log-group:/ecs/payroll:*", False),
        ("Logs", f"arn:aws:logs:eu-north-1:{ACCOUNT}:log-group:/ecs/voiceter-backend*:*", False),
        ("Logs", f"arn:aws:logs:*:{ACCOUNT}:log-group:/ecs/voiceter-backend:*", False),
        ("Logs", "*", False),
        ("XRay", "*", True),
        ("XRay", "xray:*", False),
        ("Other", "*", False),
        ("", "*", False),
        ("SecretKeyAlias12", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/*", True),
        ("SecretKeyAlias", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/*", False),
    ],
)
def test_list_decides_by_statement_and_text(sid: str, text: str, allowed: bool) -> None:
    assert is_allowed(sid, text) is allowed


def test_no_placeholder_stands_for_a_wildcard() -> None:
    used = {name for entry in ALLOWED for text in entry for name in re.findall(r"\{(\w+)\}", text)}
    assert used == set(PLACEHOLDERS)
    for pattern in PLACEHOLDERS.values():
        assert not any(re.fullmatch(pattern, text) for text in ("*", "?", "a*", "aws*", "voiceter-logs-*"))
