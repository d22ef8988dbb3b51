"""The lookup of the regions that share a name."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest

from components.edge.records import Check, regions_of

ZONE = "Z1D633PJN98FT9"
CHECKS: dict[Check, dict[str, Any]] = {
    Check.ON: {"Disabled": False, "Inverted": False},
    Check.EVACUATED: {"Disabled": True, "Inverted": True},
    Check.DISABLED: {"Disabled": True},
    Check.INVERTED: {"Inverted": True},
}


class NoSuchHealthCheckError(Exception):
    """The error of boto3."""


def record(stack: str, check: Check = Check.NONE, **changes: Any) -> dict[str, Any]:
    checked = {} if check is Check.NONE else {"HealthCheckId": check.name}
    return {"Name": "a.example.com.", "Type": "A", "SetIdentifier": stack, "Region": "us-east-1", **checked, **changes}


def zone_with(*records: dict[str, Any]) -> mock.Mock:
    route53 = mock.Mock()
    route53.exceptions.NoSuchHealthCheck = NoSuchHealthCheckError
    route53.list_resource_record_sets.return_value = {"ResourceRecordSets": list(records)}

    def check(**asked: str) -> Any:
        config = CHECKS.get(Check[asked["HealthCheckId"]])
        if config is None:
            raise NoSuchHealthCheckError
        return {"HealthCheck": {"HealthCheckConfig": config}}

    route53.get_health_check.side_effect = check
    return route53


@pytest.mark.parametrize("check", Check)
def test_region_is_shown_with_what_its_health_check_says(check: Check) -> None:
    route53 = zone_with(record("prod", check))
    assert regions_of(route53, ZONE, "a.example.com") == {"prod": check}
    asked = route53.list_resource_record_sets.call_args.kwargs
    assert asked == {"HostedZoneId": ZONE, "StartRecordName": "a.example.com", "StartRecordType": "A"}


def test_clients_are_led_to_a_region_unless_its_check_may_keep_them_away() -> None:
    led = {check for check in Check if check.leads_clients}
    assert led == {Check.NONE, Check.ON, Check.DISABLED}


def test_records_of_other_names_kinds_and_policies_are_no_regions() -> None:
    weighted = {name: value for name, value in record("prod").items() if name != "Region"} | {"Weight": 1}
    others = [record("prod", Name="b.example.com."), record("prod", Type="AAAA"), weighted]
    assert regions_of(zone_with(*others), ZONE, "a.example.com") == {}
