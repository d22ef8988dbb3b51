"""Record sets and health checks of Amazon Route 53 in the account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


def record_set(name: str, value: str, **more: Any) -> dict[str, Any]:
    return {"Name": name, "Type": "TXT", "TTL": 60, "ResourceRecords": [{"Value": f'"{value}"'}], **more}


class Zone:
    """A hosted zone for example.com."""

    def __init__(self, route53: Any) -> None:
        self.route53 = route53
        zone = route53.create_hosted_zone(Name="example.com", CallerReference="test")["HostedZone"]
        self.id = zone["Id"].rpartition("/")[2]

    def change(self, *changes: tuple[str, dict[str, Any]]) -> None:
        every = [{"Action": action, "ResourceRecordSet": one} for action, one in changes]
        self.route53.change_resource_record_sets(HostedZoneId=self.id, ChangeBatch={"Changes": every})

    def shown(self) -> list[tuple[str, str | None, str]]:
        """Returns name, set identifier and value of each TXT record set."""
        found = self.route53.list_resource_record_sets(HostedZoneId=self.id)["ResourceRecordSets"]
        return [
            (one["Name"], one.get("SetIdentifier"), one["ResourceRecords"][0]["Value"].strip('"'))
            for one in found
            if one["Type"] == "TXT"
        ]


@pytest.fixture
def zone(aws: Callable[[str], Any]) -> Zone:
    return Zone(aws("route53"))


def test_create_refuses_what_exists_and_accepts_what_was_deleted(zone: Zone) -> None:
    first, other = record_set("x.example.com", "a"), record_set("X.example.com.", "b")
    zone.change(("CREATE", first))
    for again in (first, other):
        with pytest.raises(
            zone.route53.exceptions.InvalidChangeBatch, match=r"name='x\.example\.com\.', type='TXT'.*exists"
        ):
            zone.change(("CREATE", again))
    zone.change(("DELETE", first))
    zone.change(("CREATE", first))
    zone.change(("DELETE", first), ("CREATE", record_set("x.example.com", "c")))
    assert zone.shown() == [("x.example.com.", None, "c")]


def test_record_sets_of_a_name_have_one_routing_policy_and_each_another_region(zone: Zone) -> None:
    simple = record_set("x.example.com", "simple")
    dev, other = (
        record_set("x.example.com", name, SetIdentifier=name, Region=region)
        for name, region in (("dev", "eu-north-1"), ("other", "us-east-1"))
    )
    refused = zone.route53.exceptions.InvalidChangeBatch
    zone.change(("CREATE", simple))
    with pytest.raises(refused, match="SetIdentifier dev cannot be created as a non-latency set exists"):
        zone.change(("CREATE", dev))
    zone.change(("DELETE", simple), ("CREATE", dev), ("CREATE", other))
    for conflicting in (simple, record_set("x.example.com", "a", SetIdentifier="a", Weight=1)):
        with pytest.raises(refused, match="cannot be created as a latency set exists"):
            zone.change(("CREATE", conflicting))
    with pytest.raises(refused, match="with the same name, type and region"):
        zone.change(("CREATE", {**dev, "SetIdentifier": "again"}))
    assert [identifier for _, identifier, _ in zone.shown()] == ["dev", "other"]


def test_name_with_a_cname_record_has_no_other_record(zone: Zone) -> None:
    text = record_set("x.example.com", "a")
    alias = {"Name": "x.example.com", "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": "y.example.com"}]}
    refused = zone.route53.exceptions.InvalidChangeBatch
    zone.change(("CREATE", text))
    with pytest.raises(refused, match=r"type CNAME with DNS name x\.example\.com\. is not permitted as it conflicts"):
        zone.change(("CREATE", alias))
    with pytest.raises(refused, match=r"example\.com\. is not permitted as it conflicts with other records"):
        zone.change(("CREATE", {**alias, "Name": "example.com"}))  # the zone's own records have that name
    by_latency = [
        {**alias, "SetIdentifier": name, "Region": region}
        for name, region in (("dev", "eu-north-1"), ("other", "us-east-1"))
    ]
    zone.change(("DELETE", text), *(("CREATE", one) for one in by_latency))
    zone.change(*(("DELETE", one) for one in by_latency), ("CREATE", alias))
    with pytest.raises(refused, match=r"type TXT .* because a conflicting RRSet of type CNAME"):
        zone.change(("CREATE", text))


def test_batch_with_a_refused_change_changes_nothing(zone: Zone) -> None:
    new = record_set("y.example.com", "a")
    for refused in (("CREATE", new), ("DELETE", record_set("z.example.com", "a"))):
        with pytest.raises(zone.route53.exceptions.InvalidChangeBatch):
            zone.change(("CREATE", new), refused)
    assert zone.shown() == []


def test_delete_refuses_what_does_not_exist(zone: Zone) -> None:
    one = record_set("x.example.com", "a")
    zone.change(("CREATE", one))
    zone.change(("DELETE", one))
    with pytest.raises(zone.route53.exceptions.InvalidChangeBatch, match=r"'x\.example\.com\.'.*it was not found"):
        zone.change(("DELETE", one))


def test_delete_keeps_other_names_with_the_same_set_identifier(zone: Zone) -> None:
    one, other = (record_set(f"{name}.example.com", name, SetIdentifier="dev", Weight=1) for name in "ab")
    zone.change(("CREATE", one), ("CREATE", other))
    zone.change(("DELETE", one))
    assert zone.shown() == [("b.example.com.", "dev", "b")]


CHECK = {
    "Type": "HTTPS",
    "FullyQualifiedDomainName": "app.example.com",
    "Port": 443,
    "Regions": ["us-west-1", "eu-west-1", "ap-southeast-1"],
}


def test_record_set_with_a_health_check_that_does_not_exist_is_refused(zone: Zone) -> None:
    route53 = zone.route53
    check = route53.create_health_check(CallerReference="a", HealthCheckConfig=CHECK)["HealthCheck"]["Id"]
    checked = record_set("x.example.com", "a", SetIdentifier="dev", Weight=1)
    with pytest.raises(route53.exceptions.NoSuchHealthCheck):
        zone.change(("CREATE", {**checked, "HealthCheckId": "none"}))
    zone.change(("CREATE", {**checked, "HealthCheckId": check}))
    found = route53.list_resource_record_sets(HostedZoneId=zone.id)["ResourceRecordSets"]
    assert [one["HealthCheckId"] for one in found if one["Type"] == "TXT"] == [check]
    # Amazon Route 53 API Reference, DeleteHealthCheck: the record set keeps the id, and can still be deleted.
    route53.delete_health_check(HealthCheckId=check)
    zone.change(("DELETE", {**checked, "HealthCheckId": check}))
