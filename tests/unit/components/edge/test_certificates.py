"""The certificate of an operator: the names that it is for."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest

from components.edge.certificates import Certificate, describe


@pytest.mark.parametrize(
    ("described", "names"),
    [
        ({"SubjectAlternativeNames": ["a.example", "*.b.example"]}, ("a.example", "*.b.example")),
        ({"SubjectAlternativeNames": ["b.example"]}, ("b.example",)),
        ({"SubjectAlternativeNames": []}, ("a.example",)),
        ({}, ("a.example",)),
    ],
)
def test_common_name_counts_only_without_alternative_names(described: dict[str, Any], names: tuple[str, ...]) -> None:
    certificate = {"Status": "ISSUED", "DomainName": "a.example", **described}
    acm = mock.Mock(**{"describe_certificate.return_value": {"Certificate": certificate}})
    assert describe(acm, "arn") == Certificate("ISSUED", names)


@pytest.mark.parametrize(
    ("covered", "name", "covers"),
    [
        ("voice.example.com", "voice.example.com", True),
        ("Voice.Example.com", "voice.example.com", True),
        ("*.example.com", "voice.example.com", True),
        ("*.example.com", "example.com", False),
        ("*.example.com", "eu.voice.example.com", False),
        ("*.com", "voice.example.com", False),
        ("example.com", "voice.example.com", False),
        ("voice.example.com", "xvoice.example.com", False),
    ],
)
def test_wildcard_of_a_certificate_stands_for_one_label(covered: str, name: str, covers: bool) -> None:
    assert Certificate("ISSUED", ("other.example.org", covered)).covers(name) is covers
