"""Where Route 53 routes clients, on answers that botocore's Stubber holds against the API's model."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from operations.routing import Route, find_route
from tests.support.boto import stubbed

ZONE, NAME, CHECK = "Z1D633PJN98FT9", "voice.example.com", "abcdef11-2222-3333-4444-555555fedcba"
ALIAS = {"HostedZoneId": "Z35SXDOTRQ7X7K", "DNSName": "lb.example.com.", "EvaluateTargetHealth": False}


def record(stack: str, check: str = CHECK, **changes: Any) -> dict[str, Any]:
    base = {"Name": f"{NAME}.", "Type": "A", "SetIdentifier": stack, "Region": "us-east-1", "AliasTarget": ALIAS}
    return {**base, **({"HealthCheckId": check} if check else {}), **changes}


def route(
    *records: dict[str, Any], check: dict[str, Any] | str | None = None, reports: list[str] | None = None
) -> Route:
    """Returns the route of the stack prod.

    Args:
        records: what the zone has from the name on.
        check: of the health check's configuration, or the code of an error; None: it is not asked for.
        reports: what the checkers report; None: they are not asked.
    """
    listed = {"ResourceRecordSets": list(records), "IsTruncated": False, "MaxItems": "300"}
    asked = {"HostedZoneId": ZONE, "StartRecordName": NAME, "StartRecordType": "A"}
    calls: list[tuple[Any, ...]] = [("list_resource_record_sets", listed, asked)]
    if isinstance(check, str):
        calls.append(("get_health_check", check))
    elif check is not None:
        found = {"Id": CHECK, "CallerReference": "1", "HealthCheckVersion": 1}
        answer = {"HealthCheck": {**found, "HealthCheckConfig": {"Type": "HTTPS", **check}}}
        calls.append(("get_health_check", answer, {"HealthCheckId": CHECK}))
    if reports is not None:
        now = datetime.datetime(2026, 11, 28, tzinfo=datetime.UTC)
        seen = [{"Region": "us-east-1", "StatusReport": {"Status": one, "CheckedTime": now}} for one in reports]
        calls.append(("get_health_check_status", {"HealthCheckObservations": seen}, {"HealthCheckId": CHECK}))
    route53 = stubbed("route53", *calls)
    found_route = find_route(route53.client, ZONE, NAME, "prod")
    route53.assert_no_pending_responses()
    return found_route


GOOD, BAD = "Success: HTTP Status Code 200, OK", "Failure: Connection timed out"


def test_healthy_region() -> None:
    assert route(record("prod"), check={}, reports=[GOOD, GOOD]) == Route("by latency, healthy", open=True)


@pytest.mark.parametrize(("good", "open"), [(4, True), (3, False), (0, False)])
def test_share_of_checkers_decides(good: int, open: bool) -> None:
    """More than 18 % of the checkers have to report a success: 4 of 17, not 3 of 17."""
    found = route(record("prod"), check={}, reports=[GOOD] * good + [BAD] * (17 - good))
    assert found.open is open
    assert bool(found.fault) is not open
    if not open:
        assert found.fault == f"Route 53 routes no client here: {17 - good} of 17 checkers report {BAD!r}"


def test_new_check_counts_as_healthy() -> None:
    assert route(record("prod"), check={}, reports=[]) == Route("by latency, no report yet", open=True)


def test_disabled_and_inverted_check_is_an_evacuation_and_no_fault() -> None:
    found = route(record("prod"), check={"Disabled": True, "Inverted": True})
    assert found == Route("none: evacuated", open=False, evacuated=True)


@pytest.mark.parametrize(
    ("check", "open", "fault"),
    [
        ({"Disabled": True, "Inverted": False}, True, "is disabled by hand"),
        ({"Inverted": True}, None, "is inverted by hand"),
        ("NoSuchHealthCheck", None, "does not exist"),
        (None, True, "has no health check"),  # it routes clients to a region that is down
    ],
)
def test_check_that_is_changed_or_missing_is_a_fault(check: Any, open: bool | None, fault: str) -> None:
    found = route(record("prod", check=CHECK if check else ""), check=check)
    assert fault in found.fault
    assert (found.evacuated, found.open) == (False, open)


@pytest.mark.parametrize(
    "records",
    [[], [record("prod-eu-north-1")], [record("prod", Type="AAAA")], [record("prod", Name="voice.example.org.")]],
)
def test_records_of_others_are_none_of_the_stacks(records: list[dict[str, Any]]) -> None:
    found = route(*records)
    assert (found.open, found.fault) == (False, f"{NAME} has no record of this stack: run `pulumi up`")


def test_record_is_found_behind_those_of_other_regions() -> None:
    found = route(record("a", check="x"), record("prod"), record("prod-us-west-2"), check={}, reports=[GOOD])
    assert found.open is True
