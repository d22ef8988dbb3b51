"""Figures in the sentences of the documents, held against what sets them.

`make docs` makes the tables. Not here are figures of AWS that no code uses, and those that were measured.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import pytest

from components.data.logs_bucket import RETENTION_DAYS
from components.edge.rules import MIN_BAKE_MINUTES
from components.edge.web_acl import RateLimits
from components.lib.app import DRAIN_SECONDS, HEALTH_PATH, PING_SECONDS, PORT, SESSIONS_PER_TASK
from components.lib.quotas import ELASTIC_IPS, VPCS
from components.lib.timeline import JOB_MINUTES, PROTECTION_MINUTES, START_PERIOD_SECONDS, Timeline
from components.service.strategy import LINEAR, Strategy
from config.checks import MOST_GRANTS
from config.rules import MOST_EXTRA_TAGS, MOST_EXTRA_TAGS_WITH_ZONE, MOST_SCHEDULES
from config.settings import Settings
from cost import prices
from cost.load import DEFAULT_MINUTES
from recording.config import NAMESPACE
from recording.deployment import Registration
from recording.program import ROOT, committed
from tests.support.config_values import DOMAIN, ENCRYPTED_REDIS
from tests.support.plans import planned
from tests.support.stack_config import load, parsed

STACKS: Final = ("dev", "staging", "prod")
WORDS: Final = {1: "one", 2: "two", 3: "three", 5: "five"}


def settings_of(stack: str) -> Settings:
    """Returns the settings of a committed stack."""
    config = {key.removeprefix(f"{NAMESPACE}:"): value for key, value in committed(stack).items()}
    return load({**config, "allowPlainHttp": "true"}, stack=stack)


def prod(type_: str, name: str | None = None) -> Registration:
    """Returns what prod registers of a type, with Redis and a hosted zone."""
    return planned("prod", {**ENCRYPTED_REDIS, **DOMAIN}).one(type_, name)


def recording_days() -> tuple[int, int]:
    """Returns for how long prod keeps a recording, and after that an old version of it, in days."""
    rule = prod(":BucketLifecycleConfiguration", "recordings").inputs["rules"][0]
    return rule["expiration"]["days"], rule["noncurrentVersionExpiration"]["noncurrentDays"]


def price(name: str) -> float:
    """Returns a price in us-east-1, in USD."""
    return float(prices.of_region("us-east-1")[name].usd)


def row(title: str, cell: Callable[[Settings], str]) -> str:
    """Returns a row of the table of the committed stacks."""
    return f"| {title} | {' | '.join(cell(settings_of(stack)) for stack in STACKS)} |"


def on(flag: bool) -> str:
    return "on" if flag else "off"


def readme() -> Sequence[str]:
    of_prod, delay = settings_of("prod"), prod(":TargetGroup").inputs["deregistrationDelay"]
    [go] = re.findall(r"^go (\S+)", (ROOT / "sandbox" / "engine" / "go.mod").read_text(), re.MULTILINE)
    gateways = {"none": "no NAT gateway", "single": "one NAT gateway", "one-per-az": "a NAT gateway per zone"}
    assert delay > 60 * of_prod.session_timeout_minutes
    return [
        f"the Pulumi CLI ({(ROOT / '.pulumi.version').read_text().strip()} or newer) or Go ({go} or newer)",
        f"idle timeout {of_prod.idle_timeout_seconds} s",
        f'"{PORT}, {HEALTH_PATH}"',
        f"{of_prod.min_count} to {of_prod.max_count}, on demand or Spot",
        f"CPU {of_prod.cpu_target_percent} %, memory {of_prod.memory_target_percent} %",
        f"{of_prod.sessions_per_task_target} sessions a task",
        f"In prod this delay is {delay} s, longer than a session",
        row(
            "tasks at creation (autoscaler's limits)",
            lambda one: f"{one.desired_count} ({one.min_count} to {one.max_count})",
        ),
        row("CPU units, MiB of a task", lambda one: f"{one.cpu}, {one.memory}"),
        row("Fargate Spot", lambda one: {0: "no", 100: "all tasks"}[one.spot_percent]),
        row("network", lambda one: f"{gateways[one.nat_gateways]}, {one.availability_zones} zones"),
        row(
            "deregistration delay, stop timeout",
            lambda one: f"{one.deregistration_delay_seconds} s, {one.stop_timeout_seconds} s",
        ),
        row("traffic logs, web ACL", lambda one: f"{on(one.access_logs)}, {on(one.waf)}"),
        row("deletion protection, app's log", lambda one: f"{on(one.protect_data)}, {one.log_retention_days} days"),
        row("encryption", lambda one: "the stack's key" if one.customer_key else "AWS's keys"),
        row("app's metrics, Container Insights", lambda one: f"{on(one.enable_metrics)}, {one.container_insights}"),
    ]


def hardening() -> Sequence[str]:
    rules = len(prod("wafv2/webAcl:WebAcl").inputs["rules"])
    web_acl = price("waf-web-acl") + rules * price("waf-rule")
    return [
        f"A web ACL costs {web_acl:g} USD a month, and {price('waf-requests'):.2f} USD for a million requests",
        f"prod keeps them for {prod(':LogGroup', 'containers').inputs['retentionInDays']} days",
        f"Traffic logs are only written and expire after {RETENTION_DAYS} days",
    ]


def configuration() -> Sequence[str]:
    return [
        f"at most {MOST_EXTRA_TAGS}, and {MOST_EXTRA_TAGS_WITH_ZONE} with `hostedZoneId`",
        f"at most {MOST_SCHEDULES} schedules",
        *(
            f"| {', '.join(f'`{key}`' for key in keys)} | at most {most} entries together"
            for keys, most in MOST_GRANTS.items()
        ),
    ]


def encryption() -> Sequence[str]:
    return [
        f"{price('kms-key'):g} USD a month",
        f"{sum(recording_days())} days for recordings and their versions",
        f"schedules the deletion {prod(':Key', 'data').inputs['deletionWindowInDays']} days ahead",
    ]


def firewall() -> Sequence[str]:
    defaults = parsed("prod")
    limits = RateLimits(defaults.waf_rate_limit, defaults.max_messages_per_second)
    rules = prod("wafv2/webAcl:WebAcl").inputs["rules"]
    window = rules[0]["statement"]["rateBasedStatement"]["evaluationWindowSec"]
    return [
        f"2 × `maxMessagesPerSecond` × {window}, so {limits.requests:,} by default",  # noqa: RUF001 - as the document has it
        f"`wafRateLimit` ({limits.connects:,})",
        f"kept for {RETENTION_DAYS} days",
        f"{price('waf-web-acl'):g} USD a month for the web ACL, {price('waf-rule'):g} USD for each of its"
        f" {WORDS[len(rules)]} rules, {price('waf-requests'):.2f} USD for a million requests",
    ]


def traffic_logs() -> Sequence[str]:
    return [
        f"deletes each file after {RETENTION_DAYS} days",
        f"S3 storage, {price('s3-storage')} USD for a GB and month",
        f"about {price('vended-logs-to-s3')} USD a GB",
    ]


def scale() -> Sequence[str]:
    assert VPCS.default == ELASTIC_IPS.default
    return [
        f"{DEFAULT_MINUTES:g} by default",
        f"One task has room for {SESSIONS_PER_TASK} sessions",
        f"`sessionsPerTaskTarget`, {settings_of('prod').sessions_per_task_target} in prod",
        f"an Elastic IP for each NAT gateway: prod {settings_of('prod').availability_zones}. An account has"
        f" {ELASTIC_IPS.default:g} of each in a region",
        f"includes {WORDS[PROTECTION_MINUTES // 60]} hours for tasks that the app protects",
    ]


def releases() -> Sequence[str]:
    of_prod, cache = settings_of("prod"), prod(":ReplicationGroup").inputs
    linear = Strategy(LINEAR, of_prod.bake_time_minutes, of_prod.canary_percent, of_prod.linear_step_percent)
    longest = Timeline(of_prod.deregistration_delay_seconds, of_prod.stop_timeout_seconds, linear.shift_minutes)
    return [
        f"The longest time is {of_prod.timeline.deployment_minutes} minutes for prod with `rolling`, and"
        f" {longest.deployment_minutes} with `linear`. CI's job has {JOB_MINUTES} minutes",
        f"ECS then waits for up to {PROTECTION_MINUTES // 60} hours",
        f"The shortest bake is {WORDS[MIN_BAKE_MINUTES]} minute",
        f"drains for up to {DRAIN_SECONDS} s",
        f"`idleTimeoutSeconds` ({parsed().idle_timeout_seconds} s by default)",
        f"replication group of {cache['engine'].capitalize()} {cache['engineVersion']}",
        f"keeps snapshots for {cache['snapshotRetentionLimit']} days",
    ]


def regions() -> Sequence[str]:
    check = prod(":HealthCheck").inputs
    features = check["measureLatency"] + (check["type"] == "HTTPS")
    interval, failures = check["requestInterval"], check["failureThreshold"]
    return [
        f"{WORDS[len(check['regions'])]} regions in which the app does not run",
        f"{WORDS[failures]} failures in a row, {interval} s apart",
        f"after about {failures * interval} s",
        f"about {price('health-check') + features * price('health-check-feature'):.2f} USD a month for each region",
    ]


def troubleshooting() -> Sequence[str]:
    return [
        f"The start period is {START_PERIOD_SECONDS} s",
        f"In prod it is a whole session ({settings_of('prod').deregistration_delay_seconds})",
        f"`idleTimeoutSeconds` ({parsed().idle_timeout_seconds} by default)",
        f"The app pings every {PING_SECONDS} s, so more than {PING_SECONDS} keeps a quiet session open",
        f"The app drains for up to {DRAIN_SECONDS} s, so a timeout of {parsed().stop_timeout_seconds} can kill it first"
        f" and one of {settings_of('prod').stop_timeout_seconds} cannot",
    ]


def recovery() -> Sequence[str]:
    current, old = recording_days()
    return [
        f"keeps old versions for {old} days",
        f"recordings older than {current} days",
    ]


def alarms() -> Sequence[str]:
    return [f"{SESSIONS_PER_TASK} for each of `minCount` tasks"]


SENTENCES: Final[Mapping[str, Callable[[], Sequence[str]]]] = {
    "README.md": readme,
    "docs/alarms.md": alarms,
    "docs/configuration.md": configuration,
    "docs/encryption.md": encryption,
    "docs/firewall.md": firewall,
    "docs/hardening.md": hardening,
    "docs/recovery.md": recovery,
    "docs/regions.md": regions,
    "docs/releases.md": releases,
    "docs/scale.md": scale,
    "docs/traffic-logs.md": traffic_logs,
    "docs/troubleshooting.md": troubleshooting,
}


@pytest.mark.parametrize("document", SENTENCES)
def test_figures_of_a_document_are_those_of_the_code(document: str) -> None:
    text = " ".join((ROOT / document).read_text().split())
    assert [sentence for sentence in SENTENCES[document]() if sentence not in text] == []
