"""The records of a domain name that stacks share: one for each region."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.lib import sdk
from components.lib.lookup import look_up


def regions_of(route53: Any, hosted_zone_id: str, name: str) -> dict[str, bool]:
    """Returns the regions that share `name`: the set identifier of each record, and whether its region is evacuated.

    `route53` is a client of boto3. A record without a health check leads clients to its region whatever happens there.
    """
    # Sorted by name: the first page, of at most 300, holds every record of the name.
    found = route53.list_resource_record_sets(HostedZoneId=hosted_zone_id, StartRecordName=name, StartRecordType="A")
    records = [
        record
        for record in found["ResourceRecordSets"]
        if record["Name"].rstrip(".") == name and record["Type"] == "A" and "Region" in record
    ]
    return {record["SetIdentifier"]: _is_evacuated(route53, record.get("HealthCheckId")) for record in records}


def _is_evacuated(route53: Any, health_check_id: str | None) -> bool:
    if health_check_id is None:
        return False
    check = route53.get_health_check(HealthCheckId=health_check_id)["HealthCheck"]["HealthCheckConfig"]
    return bool(check.get("Disabled") and check.get("Inverted"))


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
