"""The records of a domain name that stacks share: one for each region."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from components.lib import sdk
from components.lib.lookup import look_up


def latency_records(route53: Any, hosted_zone_id: str, name: str) -> list[dict[str, Any]]:
    """Returns the records through which regions share `name`. `route53` is a client of boto3."""
    # Sorted by name: the first page, of at most 300, holds every record of the name.
    found = route53.list_resource_record_sets(HostedZoneId=hosted_zone_id, StartRecordName=name, StartRecordType="A")
    return [
        record
        for record in found["ResourceRecordSets"]
        if record["Name"].rstrip(".") == name and record["Type"] == "A" and "Region" in record
    ]


class Check(Enum):
    """The state of a record's health check as Route 53 stores it, whatever its checkers report."""

    NONE = "has no health check"
    ON = "has a health check"
    EVACUATED = "is evacuated"
    DISABLED = "has a health check that somebody disabled"
    INVERTED = "has a health check that somebody inverted"
    DELETED = "has a health check that somebody deleted"

    @property
    def routes_clients(self) -> bool:
        """Whether Route 53 routes clients to the region while it is healthy.

        Route 53 takes a disabled check for healthy (Amazon Route 53 API Reference, HealthCheckConfig). What it does if
        a check was deleted "can't be predicted" (the same, DeleteHealthCheck).
        """
        return self in (Check.NONE, Check.ON, Check.DISABLED)


def check_of(route53: Any, record: Mapping[str, Any]) -> Check:
    """Returns the state of a record's health check. `route53` is a client of boto3."""
    check_id = record.get("HealthCheckId")
    if not check_id:
        return Check.NONE
    try:
        config = route53.get_health_check(HealthCheckId=check_id)["HealthCheck"]["HealthCheckConfig"]
    except route53.exceptions.NoSuchHealthCheck:
        return Check.DELETED
    match bool(config.get("Disabled")), bool(config.get("Inverted")):
        case True, True:
            return Check.EVACUATED
        case True, False:
            return Check.DISABLED
        case False, True:
            return Check.INVERTED
        case _:
            return Check.ON


def regions_of(route53: Any, hosted_zone_id: str, name: str) -> dict[str, Check]:
    """Returns the regions that share `name`: the set identifier of each record, and the state of its health check."""
    return {
        record["SetIdentifier"]: check_of(route53, record) for record in latency_records(route53, hosted_zone_id, name)
    }


def find_regions(region: str, hosted_zone_id: str, name: str) -> Mapping[str, Check] | None:
    """Returns the regions that share a name, see `regions_of`; None if there is no such zone.

    The AWS provider's function for records reads the whole zone, and it has none for health checks.

    Raises:
        pulumi.RunError: AWS does not answer.
    """
    return look_up(
        f"the records of {name} in {hosted_zone_id} (route53:ListResourceRecordSets, route53:GetHealthCheck)",
        lambda: regions_of(sdk.client("route53", region), hosted_zone_id, name),
    )
