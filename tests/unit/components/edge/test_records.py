"""The regions that share a name, and what their health checks say."""

from __future__ import annotations

from typing import Any

import pytest

from components.edge.records import Check, regions_of
from tests.support.boto import stubbed
from tests.support.config_values import ZONE

ASKED = {"HostedZoneId": ZONE, "StartRecordName": "a.example.com", "StartRecordType": "A"}
RECORD = {"Name": "a.example.com.", "Type": "A", "SetIdentifier": "prod", "Region": "us-east-1"}
WEIGHTED = {"Name": "a.example.com.", "Type": "A", "SetIdentifier": "prod", "Weight": 1}
CHECKS: dict[Check, dict[str, bool]] = {
    Check.ON: {"Disabled": False, "Inverted": False},
    Check.EVACUATED: {"Disabled": True, "Inverted": True},
    Check.DISABLED: {"Disabled": True},
    Check.INVERTED: {"Inverted": True},
}


def listed(*records: dict[str, Any]) -> tuple[Any, ...]:
    """Returns the answer of Route 53 to the list of records."""
    return "list_resource_record_sets", {"ResourceRecordSets": records, "IsTruncated": False, "MaxItems": "300"}, ASKED


def check_of_a_region(check: Check) -> tuple[Any, ...]:
    """Returns the answer of Route 53 about a health check."""
    if check is Check.DELETED:
        return "get_health_check", "NoSuchHealthCheck"
    found = {"Id": "0a1b", "CallerReference": "1", "HealthCheckVersion": 1}
    config = {"Type": "HTTPS", **CHECKS[check]}
    return "get_health_check", {"HealthCheck": {**found, "HealthCheckConfig": config}}, {"HealthCheckId": "0a1b"}


def test_region_may_have_no_health_check() -> None:
    route53 = stubbed("route53", listed(RECORD))
    assert regions_of(route53.client, ZONE, "a.example.com") == {"prod": Check.NONE}


@pytest.mark.parametrize("check", [*CHECKS, Check.DELETED])
def test_region_is_shown_with_what_its_health_check_says(check: Check) -> None:
    route53 = stubbed("route53", listed({**RECORD, "HealthCheckId": "0a1b"}), check_of_a_region(check))
    assert regions_of(route53.client, ZONE, "a.example.com") == {"prod": check}


def test_clients_are_led_to_a_region_unless_its_check_may_keep_them_away() -> None:
    assert {check for check in Check if check.routes_clients} == {Check.NONE, Check.ON, Check.DISABLED}


def test_records_of_other_names_kinds_and_policies_are_no_regions() -> None:
    others = [{**RECORD, "Name": "b.example.com."}, {**RECORD, "Type": "AAAA"}, WEIGHTED]
    assert regions_of(stubbed("route53", listed(*others)).client, ZONE, "a.example.com") == {}
