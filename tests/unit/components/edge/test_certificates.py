"""The certificate of an operator, as AWS Certificate Manager describes it."""

from __future__ import annotations

import re
from typing import Any

import pulumi
import pytest

from components.edge.certificates import Certificate, find_certificate
from tests.support.boto import answering, refusal

ARN = "arn:aws:acm:eu-north-1:123456789012:certificate/0a1b"


@pytest.mark.parametrize(
    ("described", "names"),
    [
        (
            {"DomainName": "a.example", "SubjectAlternativeNames": ["a.example", "*.b.example"]},
            ("a.example", "*.b.example"),
        ),
        ({"DomainName": "a.example", "SubjectAlternativeNames": ["b.example"]}, ("b.example",)),
        ({"DomainName": "a.example", "SubjectAlternativeNames": []}, ("a.example",)),
        ({"DomainName": "a.example"}, ("a.example",)),
    ],
)
def test_status_and_names_of_a_certificate_in_the_region(described: dict[str, Any], names: tuple[str, ...]) -> None:
    with answering("describe_certificate", return_value={"Certificate": {"Status": "ISSUED", **described}}) as client:
        assert find_certificate("eu-north-1", ARN) == Certificate("ISSUED", names)
    client.assert_called_once_with("acm", region_name="eu-north-1")
    client.return_value.describe_certificate.assert_called_once_with(CertificateArn=ARN)


def test_missing_certificate_is_none() -> None:
    with answering("describe_certificate", side_effect=refusal("DescribeCertificate", "ResourceNotFoundException")):
        assert find_certificate("eu-north-1", ARN) is None


def test_refused_lookup_is_no_missing_certificate() -> None:
    named = f"{ARN} (acm:DescribeCertificate): AWS does not allow"
    with (
        answering("describe_certificate", side_effect=refusal("DescribeCertificate", "AccessDeniedException")),
        pytest.raises(pulumi.RunError, match=re.escape(named)),
    ):
        find_certificate("eu-north-1", ARN)
