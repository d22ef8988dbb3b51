"""The load balancer with HTTP and HTTPS, with and without a domain."""

from __future__ import annotations

import itertools
from dataclasses import replace
from functools import cache
from typing import Any

import pulumi
import pytest

from components.edge.domain import Domain
from components.edge.load_balancer import LoadBalancer, LoadBalancerArgs
from components.edge.rules import MIN_BAKE_MINUTES
from components.lib.app import PING_SECONDS
from components.network import Placement
from recording.deployment import Deployment
from recording.fake_aws import FakeAws
from recording.mocks import deploy
from tests.support.config_values import ZONE

CERTIFICATE = "arn:aws:acm:eu-north-1:123456789012:certificate/1234"
ISSUED = "arn:aws:acm:eu-north-1:123456789012:certificate/0a1b"
WITH_CERTIFICATE = Domain("voice.example.com", "eu-north-1", "prod-eu-north-1", certificate_arn=CERTIFICATE)
WITH_ZONE = replace(WITH_CERTIFICATE, hosted_zone_id=ZONE, certificate_arn=None)
WITH_BOTH = replace(WITH_ZONE, certificate_arn=CERTIFICATE)
DNS_NAME = "voiceter-backend-dev-0a1b.eu-north-1.elb.amazonaws.com"
ARGS = LoadBalancerArgs(
    name="voiceter-backend-dev",
    placement=Placement("vpc-1", ["subnet-1", "subnet-2"], "sg-1"),
    domain=None,
    deregistration_delay_seconds=1860,
    idle_timeout_seconds=300,
    logs_bucket="voiceter-logs-123456789012-dev",
    access_logs=False,
    shifts_traffic=False,
    protect=False,
    active_group=None,
)
EDGES: list[dict[str, Any]] = [{}, {"domain": WITH_CERTIFICATE}, {"domain": WITH_ZONE}, {"domain": WITH_BOTH}]


@cache
def build(**changes: Any) -> Deployment:
    def program() -> None:
        load_balancer = LoadBalancer("load-balancer", replace(ARGS, **changes))
        pulumi.export("url", load_balancer.url)

    return deploy(program, answers=FakeAws(region="eu-north-1"))


def forwarding(run: Deployment) -> list[Any]:
    """The rules that forward; the other one redirects."""
    return [rule for rule in run.all(":ListenerRule") if rule.name != "to-https"]


@pytest.mark.parametrize("shifts_traffic", [False, True])
def test_no_rule_keeps_a_client_on_a_group_for_longer_than_its_tasks_stay(shifts_traffic: bool) -> None:
    for rule in forwarding(build(shifts_traffic=shifts_traffic)):
        [action] = rule.inputs["actions"]
        stickiness = action["forward"]["stickiness"]
        # Longer than the pause between two polls, so that a client has one task during a shift.
        assert 2 * PING_SECONDS < stickiness["duration"] <= 60 * MIN_BAKE_MINUTES


def test_http_listener_does_the_same_with_and_without_https_where_it_has_no_rule_yet() -> None:
    assert build().one(":Listener").inputs == build(**EDGES[1]).one(":Listener", "http").inputs


@pytest.mark.parametrize(("changes", "listener"), [(EDGES[0], "http"), (EDGES[1], "https"), (EDGES[2], "https")])
def test_traffic_shifts_between_two_target_groups(changes: dict[str, Any], listener: str) -> None:
    run = build(shifts_traffic=True, **changes)
    groups = run.all(":TargetGroup")
    assert [group.name for group in groups] == ["voiceter-backend", "voiceter-backend-b"]
    assert groups[0].inputs == groups[1].inputs
    production, test = forwarding(run)
    for rule in (production, test):
        assert f"/{listener}/" in rule.inputs["listenerArn"]
        [action] = rule.inputs["actions"]
        forwarded = {group["arn"].split("/")[1]: group["weight"] for group in action["forward"]["targetGroups"]}
        assert forwarded == {"voiceter-backend-1a2b3c4": 100, "voiceter-backend-b-1a2b3c4": 0}
        # After the creation, ECS changes the weights.
        assert rule.ignore_changes == ("actions",)
    assert production.inputs["conditions"] == [{"pathPattern": {"values": ["/*"]}}]
    header = {"httpHeaderName": "X-Deployment", "values": ["test"]}
    assert test.inputs["conditions"] == [{"httpHeader": header}]
    # A tester's requests match both rules.
    assert test.inputs["priority"] < production.inputs["priority"]


FIRST = "arn:aws:elasticloadbalancing:eu-north-1:123456789012:targetgroup/voiceter-backend-1a2b3c4/0a1b"
ALTERNATE = FIRST.replace("backend-", "backend-b-")


@pytest.mark.parametrize(
    ("active", "forwarded"),
    [
        (FIRST, {FIRST: 100, ALTERNATE: 0}),
        (ALTERNATE, {FIRST: 0, ALTERNATE: 100}),
        ("arn:of-a-group-that-is-replaced", {FIRST: 100, ALTERNATE: 0}),
    ],
)
@pytest.mark.parametrize("changes", EDGES)
def test_new_rule_forwards_to_the_group_that_has_the_tasks(
    changes: dict[str, Any], active: str, forwarded: dict[str, int]
) -> None:
    for rule in forwarding(build(shifts_traffic=True, active_group=active, **changes)):
        [action] = rule.inputs["actions"]
        assert {group["arn"]: group["weight"] for group in action["forward"]["targetGroups"]} == forwarded
        assert rule.ignore_changes == ("actions",)


def test_rules_of_each_listener_and_strategy_exist_side_by_side() -> None:
    """The old rules stay until the end of an update. HTTPS that is set back after a failed release finds its rules."""
    http, https = ([forwarding(build(shifts_traffic=one, **edge)) for one in (False, True)] for edge in EDGES[:2])
    for one, other in itertools.combinations([*http, *https], 2):
        assert {rule.name for rule in one}.isdisjoint(rule.name for rule in other)
        assert {rule.inputs["priority"] for rule in one}.isdisjoint(rule.inputs["priority"] for rule in other)
    # Stacks that are older than the names of the HTTP listener's rules have rules with these priorities there.
    for one, other in zip(http, https, strict=True):
        assert max(rule.inputs["priority"] for rule in one) < max(rule.inputs["priority"] for rule in other)


@pytest.mark.parametrize("shifts_traffic", [False, True])
@pytest.mark.parametrize("changes", EDGES)
def test_redirect_to_https_precedes_all_rules_that_forward_only_with_https(
    changes: dict[str, Any], shifts_traffic: bool
) -> None:
    run = build(shifts_traffic=shifts_traffic, **changes)
    redirect = run.one(":ListenerRule", "to-https")
    assert "/http/" in redirect.inputs["listenerArn"]
    assert redirect.inputs["conditions"] == [{"pathPattern": {"values": ["/*"]}}]
    assert redirect.inputs["actions"] == run.one(":Listener", "http").inputs["defaultActions"]
    # The listener also has the rules of the other strategies, and the old ones, until the end of an update.
    everything = [rule for shifts in (False, True) for rule in forwarding(build(shifts_traffic=shifts, **changes))]
    others = {rule.inputs["priority"] for rule in everything}
    if changes:
        assert redirect.inputs["priority"] < min(others)
    else:
        # No request reaches it: a rule that forwards everything precedes it.
        assert redirect.inputs["priority"] > max(others)
    # In both directions it changes after the rules that forward exist, and before the service's update.
    assert {rule.urn for rule in forwarding(run)} <= set(redirect.depends_on)


def test_a_certificate_is_validated_by_dns() -> None:
    run = build(domain=WITH_ZONE)
    assert run.one(":Certificate").inputs == {"domainName": "voice.example.com", "validationMethod": "DNS"}
    record = run.one(":Record", "validation")
    assert record.inputs == {
        "zoneId": ZONE,
        "name": "_a.voice.example.com.",
        "type": "CNAME",
        "records": ["_b.acm-validations.aws."],
        "ttl": 60,
        "allowOverwrite": True,
    }
    # Regions share the record.
    assert record.retain_on_delete
    assert run.one(":CertificateValidation").inputs == {
        "certificateArn": ISSUED,
        "validationRecordFqdns": ["_a.voice.example.com"],
    }
    # The listener waits until the certificate is issued.
    https = run.one(":Listener", "https")
    assert https.inputs["certificateArn"] == ISSUED
    assert run.one(":CertificateValidation").urn in https.depends_on


@pytest.mark.parametrize("changes", EDGES[2:])
def test_alias_record_is_routed_by_latency(changes: dict[str, Any]) -> None:
    alias = build(**changes).one(":Record", "alias").inputs
    assert alias == {
        "zoneId": ZONE,
        "name": "voice.example.com",
        "type": "A",
        "aliases": [{"name": DNS_NAME, "zoneId": "Z0LOADBALANCER", "evaluateTargetHealth": False}],
        "healthCheckId": "HealthCheck-region-1a2b3c4",
        "latencyRoutingPolicies": [{"region": "eu-north-1"}],
        "setIdentifier": "prod-eu-north-1",
    }


def test_with_a_certificate_the_program_makes_none() -> None:
    run = build(domain=WITH_BOTH)
    assert run.one(":Listener", "https").inputs["certificateArn"] == CERTIFICATE
    assert run.all(":Certificate") == run.all(":CertificateValidation") == []
    assert "validation" not in [record.name for record in run.all(":Record")]


@pytest.mark.parametrize("changes", EDGES[2:])
@pytest.mark.parametrize("evacuated", [False, True])
def test_health_check_asks_the_load_balancer_itself(changes: dict[str, Any], evacuated: bool) -> None:
    """By its own name, as the domain's name stands for every region, and where nothing redirects."""
    run = build(domain=replace(changes["domain"], evacuated=evacuated))
    assert run.one(":HealthCheck").inputs == {
        "type": "HTTPS",
        "fqdn": DNS_NAME,
        "port": run.one(":Listener", "https").inputs["port"],
        "resourcePath": "/health",
        "requestInterval": 30,
        "failureThreshold": 3,
        "measureLatency": True,
        "regions": ["ap-southeast-1", "eu-west-1", "us-west-1"],
        # Disabled alone would be healthy.
        "disabled": evacuated,
        "invertHealthcheck": evacuated,
        "tags": {"Name": "voice.example.com prod-eu-north-1"},
    }
