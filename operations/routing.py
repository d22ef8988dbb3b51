"""Whether Route 53 routes clients of an environment's shared name to the region of a stack.

Sources: Amazon Route 53 API Reference, ListResourceRecordSets, HealthCheckConfig, GetHealthCheckStatus; Amazon Route 53
Developer Guide, "How Amazon Route 53 determines whether a health check is healthy".
"""

from dataclasses import dataclass
from typing import Any, Final

from components.edge.records import Check, check_of, latency_records

# Of the checkers, this share has to be exceeded for Route 53 to consider the endpoint healthy.
_HEALTHY_SHARE: Final = 0.18


@dataclass(frozen=True)
class Route:
    """A stack's latency record.

    Args:
        text: what Route 53 does with the record, in a few words.
        open: whether Route 53 answers with this region; None if it is not known.
        evacuated: whether the record's health check keeps clients away on purpose.
        fault: what is wrong; empty if nothing is.
    """

    text: str
    open: bool | None
    evacuated: bool = False
    fault: str = ""


def find_route(route53: Any, hosted_zone_id: str, name: str, stack: str) -> Route:
    """Returns the latency record of a stack, as Route 53 treats it.

    Args:
        route53: a boto3 client.
        hosted_zone_id: the zone of the name.
        name: the name that the regions share.
        stack: the stack, which is the record's set identifier.
    """
    records = latency_records(route53, hosted_zone_id, name)
    record = next((one for one in records if one["SetIdentifier"] == stack), None)
    if record is None:
        return Route("no record", open=False, fault=f"{name} has no record of this stack: run `pulumi up`")
    check_id = record.get("HealthCheckId")
    check = check_of(route53, record)
    match check:
        case Check.ON:
            return _checked(route53, str(check_id))
        case Check.EVACUATED:
            return Route("none: evacuated", open=False, evacuated=True)
        case Check.NONE:
            fault = "its record has no health check: run `pulumi up`"
            return Route("by latency, not checked", open=True, fault=fault)
        case Check.DELETED:
            fault = f"the health check {check_id} of its record does not exist: run `pulumi up --refresh`"
            return Route("by latency, not checked", open=None, fault=fault)
        case Check.DISABLED | Check.INVERTED:
            how = check.name.lower()
            fault = f"the health check {check_id} is {how} by hand: run `pulumi up --refresh`"
            return Route(f"health check {how}", open=check.routes_clients or None, fault=fault)


def _checked(route53: Any, check_id: str) -> Route:
    """Returns the route by what Route 53's checkers report."""
    observations: list[dict[str, Any]] = route53.get_health_check_status(HealthCheckId=check_id)[
        "HealthCheckObservations"
    ]
    reports = [str(one.get("StatusReport", {}).get("Status", "")) for one in observations]
    if not reports:
        # Route 53 considers a new health check healthy until its checkers report.
        return Route("by latency, no report yet", open=True)
    failures = [report for report in reports if not report.startswith("Success")]
    if len(reports) - len(failures) > _HEALTHY_SHARE * len(reports):
        return Route("by latency, healthy", open=True)
    fault = f"Route 53 routes no client here: {len(failures)} of {len(reports)} checkers report {failures[0]!r}"
    return Route("none: unhealthy", open=False, fault=fault)
