"""The web ACL: what it blocks, what it lets through, its log and its association."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import pytest

from components.edge.web_acl import MOST_LIMIT, RateLimits, WebAcl, WebAclArgs
from recording.deployment import Deployment
from recording.fake_aws import ACCOUNT
from recording.mocks import deploy
from tests.support.waf import ABOUT_BODIES, GROUPS, Evaluator, Request, capacity

NAME: Final = "voiceter-backend-dev"
BALANCER: Final = f"arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:loadbalancer/app/{NAME}/0a1b"
LOG: Final = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:aws-waf-logs-{NAME}"
LIMITS: Final = RateLimits(connects=100, messages_per_second=1)  # 600 polls in five minutes
SESSION: Final = "EIO=4&transport=polling&sid=lv_VI97HAXpY6yYWAAAC"
OPENING: Final = "EIO=4&transport=polling&t=OAkb7rJ"


@cache
def build(log_group_arn: str | None = LOG, limits: RateLimits = LIMITS) -> Deployment:
    def program() -> None:
        args = WebAclArgs(name=NAME, load_balancer_arn=BALANCER, limits=limits, log_group_arn=log_group_arn)
        WebAcl("web-acl", args)

    return deploy(program)


def web_acl(limits: RateLimits = LIMITS) -> Any:
    return build(limits=limits).one("webAcl:WebAcl").inputs


def blocked_by(request: Request) -> str | None:
    return Evaluator(web_acl()).blocked_by(request)


def poll(*matches: str) -> Request:
    return Request("/socket.io/", SESSION, matches)


@pytest.mark.parametrize(
    "request_",
    [
        Request("/socket.io/", "EIO=4&transport=websocket"),
        # The package `ws` of Node.js, and health checks.
        Request("/socket.io/", "EIO=4&transport=websocket", ("NoUserAgent_HEADER",)),
        Request("/socket.io/", SESSION.replace("polling", "websocket")),
        Request("/socket.io/", OPENING),
        poll(),
        # A WebSocket carries the same messages as polls, and AWS WAF does not see them. Audio may hold any bytes.
        *(poll(rule) for rule in ABOUT_BODIES),
        poll(*ABOUT_BODIES),
        Request("/health"),
        Request("/api/feedback"),
    ],
)
def test_request_of_a_client_passes(request_: Request) -> None:
    assert blocked_by(request_) is None


@pytest.mark.parametrize("path", ["/", "/health", "/api/socket.io/", "/socket.io", "/socketXio/", "/SOCKET.IO/"])
@pytest.mark.parametrize("rule", ABOUT_BODIES)
def test_attack_in_a_body_is_blocked_elsewhere(rule: str, path: str) -> None:
    assert blocked_by(Request(path, SESSION, (rule,))) == "bodies"


def test_attack_outside_of_a_body_is_blocked_everywhere() -> None:
    for name, group in (("common", "CommonRuleSet"), ("known-bad-inputs", "KnownBadInputsRuleSet")):
        rules = set(GROUPS[f"AWSManagedRules{group}"].rules) - {*ABOUT_BODIES, "NoUserAgent_HEADER"}
        assert {blocked_by(poll(rule)) for rule in rules} == {name}


def test_polls_of_a_session_do_not_count_as_connects() -> None:
    waf = Evaluator(web_acl())
    assert {waf.blocked_by(poll()) for _ in range(LIMITS.requests - 1)} == {None}
    assert waf.blocked_by(Request("/socket.io/", OPENING)) is None


def test_flood_of_connects_of_one_address_is_blocked() -> None:
    waf = Evaluator(web_acl())
    assert {waf.blocked_by(Request("/socket.io/", OPENING)) for _ in range(100)} == {None}
    for more in (Request("/socket.io/", OPENING), Request("/"), Request("/health"), Request("/", "sid=1")):
        assert waf.blocked_by(more) == "connects"
    assert waf.blocked_by(poll()) is None
    assert waf.blocked_by(Request("/socket.io/", OPENING, address="203.0.113.8")) is None


def test_flood_of_polls_of_one_address_is_blocked() -> None:
    waf = Evaluator(web_acl())
    assert {waf.blocked_by(poll()) for _ in range(600)} == {None}
    assert waf.blocked_by(poll()) == "requests"
    assert waf.blocked_by(Request("/")) == "requests"
    assert waf.blocked_by(Request("/", address="203.0.113.8")) is None


@pytest.mark.parametrize(
    ("limits", "requests"),
    [
        (RateLimits(2000, 100), 60_000),
        (RateLimits(2000, 200), 120_000),
        (RateLimits(100_000, 100), 100_000),  # never less than what may connect
        (RateLimits(2000, 10_000_000), MOST_LIMIT),
    ],
)
def test_limit_of_all_requests_lets_one_client_poll_at_the_highest_rate(limits: RateLimits, requests: int) -> None:
    assert limits.requests == requests


def test_rules_need_no_more_capacity_than_the_price_of_a_web_acl_includes() -> None:
    """AWS WAF pricing: 1,500 units."""
    assert capacity(web_acl()["rules"]) <= 1500


def test_metrics_of_the_web_acl_and_its_rules_have_their_names() -> None:
    acl = web_acl()
    assert acl["visibilityConfig"]["metricName"] == acl["name"] == NAME
    for rule in acl["rules"]:
        assert rule["visibilityConfig"]["metricName"] == rule["name"]
    assert {one["visibilityConfig"]["cloudwatchMetricsEnabled"] for one in (acl, *acl["rules"])} == {True}


def test_log_is_on_before_the_first_request_is_inspected() -> None:
    run = build()
    association = run.one(":WebAclAssociation")
    assert association.inputs["resourceArn"] == BALANCER
    assert {run.one(":WebAclLoggingConfiguration").urn, run.one("webAcl:WebAcl").urn} <= association.depends_on


def test_web_acl_without_a_log_is_associated() -> None:
    run = build(log_group_arn=None)
    assert run.all(":WebAclLoggingConfiguration") == []
    assert run.one(":WebAclAssociation").inputs["resourceArn"] == BALANCER
