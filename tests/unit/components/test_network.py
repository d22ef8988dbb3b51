"""The network: a VPC that does not move, and tasks that only the load balancer reaches."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pulumi
import pytest

from components.network import Network, NetworkArgs, adjust_subnet
from recording.deployment import Deployment
from recording.fake_aws import FakeAws
from recording.mocks import deploy

ARGS = NetworkArgs(
    name="voiceter-backend-dev",
    region="eu-north-1",
    cidr="10.0.0.0/16",
    availability_zones=2,
    nat_gateways="one-per-az",
    https=True,
    zones_with_tasks=0,
)


@cache
def build(**changes: Any) -> Deployment:
    args = replace(ARGS, **changes)

    def program() -> None:
        network = Network("network", args)
        pulumi.export("tasks", [network.tasks.subnet_ids, network.tasks.public_ips])
        pulumi.export("public", network.load_balancer.subnet_ids)
        pulumi.export("private", network.private_subnet_ids)

    return deploy(program, answers=FakeAws(region="eu-north-1"))


def rules(run: Deployment, kind: str) -> set[tuple[str, int, int, str]]:
    """(group, from, to, peer) of each rule; groups by their logical names."""
    groups = {f"SecurityGroup-{g.name}-1a2b3c4": g.name for g in run.all(":SecurityGroup")}
    return {
        (
            groups[rule.inputs["securityGroupId"]],
            rule.inputs["fromPort"],
            rule.inputs["toPort"],
            groups.get(rule.inputs.get("referencedSecurityGroupId", "")) or rule.inputs["cidrIpv4"],
        )
        for rule in run.all(f":{kind}")
        if rule.inputs["ipProtocol"] == "tcp"
    }


@pytest.mark.parametrize(("cidr", "mask"), [("10.0.0.0/16", 18), ("192.168.0.0/22", 24)])
def test_a_third_zone_moves_no_subnet(cidr: str, mask: int) -> None:
    for zones in (2, 3):
        vpc = build(cidr=cidr, availability_zones=zones).one("awsx:ec2:Vpc")
        assert vpc.inputs["availabilityZoneCidrMask"] == mask
        assert vpc.inputs["availabilityZoneNames"] == ["eu-north-1a", "eu-north-1b", "eu-north-1c"][:zones]


def test_zones_without_fargate_are_left_out() -> None:
    """Local Zones, and the Availability Zones that AWS's documents except: the third of Tokyo and of N. Virginia."""
    [given] = [given for function, given, _ in build().calls if function.endswith(":getAvailabilityZones")]
    assert given == {
        "filters": [{"name": "zone-type", "values": ["availability-zone"]}],
        "excludeZoneIds": ["apne1-az3", "use1-az3"],
    }


@pytest.mark.parametrize(
    ("tasks_in", "wanted", "zones", "warned"), [(0, 2, 2, False), (2, 2, 2, False), (3, 2, 3, True), (2, 3, 3, False)]
)
@pytest.mark.parametrize("nat_gateways", ["one-per-az", "none"])
def test_zone_stays_in_the_load_balancer_until_the_tasks_have_left_it(
    nat_gateways: str, tasks_in: int, wanted: int, zones: int, warned: bool
) -> None:
    run = build(zones_with_tasks=tasks_in, availability_zones=wanted, nat_gateways=nat_gateways)
    assert len(run.one("awsx:ec2:Vpc").inputs["availabilityZoneNames"]) == zones
    assert len(run.exports["public"]) == zones
    assert len(run.exports["tasks"][0]) == len(run.exports["private"]) == wanted
    assert [("availabilityZones = 2" in line and "pulumi up" in line) for line in run.warnings] == [True] * warned


@pytest.mark.parametrize("nat_gateways", ["one-per-az", "none"])
def test_only_the_load_balancer_reaches_the_tasks(nat_gateways: str) -> None:
    run = build(nat_gateways=nat_gateways)
    assert rules(run, "SecurityGroupIngressRule") == {
        ("load-balancer", 80, 80, "0.0.0.0/0"),
        ("load-balancer", 443, 443, "0.0.0.0/0"),
        ("tasks", 8080, 8080, "load-balancer"),
    }
    assert rules(run, "SecurityGroupEgressRule") == {
        ("load-balancer", 8080, 8080, "tasks"),
        ("tasks", 443, 443, "0.0.0.0/0"),
    }


def test_subnets_give_no_public_ip_by_default_and_stay_in_their_zone() -> None:
    assert build().one("awsx:ec2:Vpc").transforms == 1

    def transformed(type_: str) -> pulumi.ResourceTransformResult | None:
        props = {"mapPublicIpOnLaunch": True, "cidrBlock": "10.0.32.0/20"}
        return adjust_subnet(pulumi.ResourceTransformArgs(True, type_, "public-1", props, pulumi.ResourceOptions()))

    subnet = transformed("aws:ec2/subnet:Subnet")
    assert subnet
    assert dict(subnet.props) == {"mapPublicIpOnLaunch": False, "cidrBlock": "10.0.32.0/20"}
    assert subnet.opts.ignore_changes == ["availabilityZone"]
    assert transformed("aws:ec2/vpc:Vpc") is None
