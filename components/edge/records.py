"""The records of a domain name that stacks share: one for each region."""

from __future__ import annotations

from collections.abc import Mapping
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


def is_evacuated(health_check: Mapping[str, Any]) -> bool:
    """Whether a health check keeps clients away on purpose, by its HealthCheckConfig (Route 53 API Reference)."""
    return bool(health_check.get("Disabled") and health_check.get("Inverted"))


def regions_of(route53: Any, hosted_zone_id: str, name: str) -> dict[str, bool]:
    """Returns the regions that share `name`: the set identifier of each record, and whether its region is evacuated.

    A record without a health check leads clients to its region whatever happens there.
    """
    return {
        record["SetIdentifier"]: "HealthCheckId" in record and is_evacuated(_check_of(route53, record))
        for record in latency_records(route53, hosted_zone_id, name)
    }


def _check_of(route53: Any, record: Mapping[str, Any]) -> Mapping[str, Any]:
    return route53.get_health_check(HealthCheckId=record["HealthCheckId"])["HealthCheck"]["HealthCheckConfig"]


def find_regions(region: str, hosted_zone_id: str, name: str) -> Mapping[str, bool] | None:
    """Returns the regions that share a name, see `regions_of`; None if there is no such zone.

    The AWS provider has no function for records.

    Raises:
        pulumi.RunError: AWS does not answer.
    """
    return look_up(
        f"the records of {name} in {hosted_zone_id} (route53:ListResourceRecordSets, route53:GetHealthCheck)",
        lambda: regions_of(sdk.client("route53", region), hosted_zone_id, name),
    )
