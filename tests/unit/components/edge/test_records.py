"""The lookup of the regions that share a name."""

from __future__ import annotations

import re
from typing import Any
from unittest import mock

import pulumi
import pytest

from components.edge.records import find_regions, regions_of
from tests.support.boto import answering, refusal

ZONE = "Z1D633PJN98FT9"
CHECKS: dict[str, dict[str, Any]] = {
    "open": {"Disabled": False, "Inverted": False},
    "evacuated": {"Disabled": True, "Inverted": True},
    "disabled": {"Disabled": True},  # which Route 53 takes for healthy
    "inverted": {"Inverted": True},
}


def record(stack: str, check: str | None = None, **changes: Any) -> dict[str, Any]:
    checked = {} if check is None else {"HealthCheckId": check}
    return {"Name": "a.example.com.", "Type": "A", "SetIdentifier": stack, "Region": "us-east-1", **checked, **changes}


def zone_with(*records: dict[str, Any]) -> mock.Mock:
    route53 = mock.Mock()
    route53.list_resource_record_sets.return_value = {"ResourceRecordSets": list(records)}

    def check(**asked: str) -> Any:
        return {"HealthCheck": {"HealthCheckConfig": CHECKS[asked["HealthCheckId"]]}}

    route53.get_health_check.side_effect = check
    return route53


@pytest.mark.parametrize(
    ("check", "evacuated"),
    [("open", False), ("evacuated", True), ("disabled", False), ("inverted", False), (None, False)],
)
def test_region_is_evacuated_if_its_health_check_is_disabled_and_inverted(check: str | None, evacuated: bool) -> None:
    route53 = zone_with(record("prod", check))
    assert regions_of(route53, ZONE, "a.example.com") == {"prod": evacuated}
    asked = route53.list_resource_record_sets.call_args.kwargs
    assert asked == {"HostedZoneId": ZONE, "StartRecordName": "a.example.com", "StartRecordType": "A"}


def test_records_of_other_names_kinds_and_policies_are_no_regions() -> None:
    weighted = {name: value for name, value in record("prod").items() if name != "Region"} | {"Weight": 1}
    others = [record("prod", Name="b.example.com."), record("prod", Type="AAAA"), weighted]
    assert regions_of(zone_with(*others), ZONE, "a.example.com") == {}


def test_missing_zone_is_none() -> None:
    with answering("list_resource_record_sets", side_effect=refusal("ListResourceRecordSets", "NoSuchHostedZone")):
        assert find_regions("eu-north-1", ZONE, "a.example.com") is None


def test_refused_lookup_names_the_permissions() -> None:
    named = "(route53:ListResourceRecordSets, route53:GetHealthCheck): AWS does not allow"
    with (
        answering("list_resource_record_sets", side_effect=refusal("ListResourceRecordSets", "AccessDenied")),
        pytest.raises(pulumi.RunError, match=re.escape(named)),
    ):
        find_regions("eu-north-1", ZONE, "a.example.com")
