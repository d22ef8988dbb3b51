"""What each type of resource uses in a month: one function a type, from the resource's inputs and the load.

A function yields what costs money. Types that cost nothing by themselves are in `cost/free.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from cost import load as assumed
from cost.load import DAYS, GB, HOURS, MILLION, Load
from cost.resources import Resource, Stack, Tasks


class When(Enum):
    """When something is used."""

    AT_REST = "at rest"
    UNDER_LOAD = "under load"  # beside what is used at rest
    BEDROCK = "Bedrock"  # under load, and shown apart


@dataclass(frozen=True)
class Quantity:
    """What a stack uses of one thing in a month.

    Args:
        item: what it is, the same in every stack.
        price: the name of its price in prices.csv.
        amount: how much, in the unit of the price.
        how: the multiplication that makes the amount.
        when: when it is used.
        assumed: whether the amount depends on an assumption of load.py.
        share: the part of the price that is paid.
    """

    item: str
    price: str
    amount: float
    how: str
    when: When = When.AT_REST
    assumed: bool = False
    share: float = 1.0


Quantities = Iterator[Quantity]
Function = Callable[[Resource, Stack, Load | None], Quantities]


def _under_load(item: str, price: str, amount: float, how: str) -> Quantity:
    return Quantity(item, price, amount, how, When.UNDER_LOAD, assumed=True)


def _data(item: str, price: str, load: Load, bytes_per_minute: float) -> Quantity:
    """Returns the data of a month, in GB, if each session has so many bytes a minute."""
    amount = load.session_minutes * bytes_per_minute / GB
    return _under_load(item, price, amount, _a_minute(load, bytes_per_minute))


def _a_minute(load: Load, bytes_per_minute: float) -> str:
    return f"{load.session_minutes:,.0f} session minutes x {bytes_per_minute / 1e6:.3g} MB"


def _count(number: float, noun: str) -> str:
    return f"{number:g} {noun}{'' if number == 1 else 's'}"


def service(_resource: Resource, stack: Stack, load: Load | None) -> Quantities:
    """Fargate's vCPU and GB hours of the tasks, and their public IPv4 addresses."""
    rest = stack.tasks()
    yield from _tasks(stack, rest, When.AT_REST)
    if load:
        loaded = stack.tasks(load)
        more = Tasks(loaded.on_demand - rest.on_demand, loaded.spot - rest.spot)
        yield from _tasks(stack, more, When.UNDER_LOAD)


def _tasks(stack: Stack, tasks: Tasks, when: When) -> Quantities:
    size = stack.one("aws:ecs/taskDefinition:TaskDefinition").inputs
    arm = size.get("runtimePlatform", {}).get("cpuArchitecture") == "ARM64"
    chip = "arm" if arm else "x86"
    vcpu, gigabytes = stack.vcpus_per_task, int(size["memory"]) / 1024
    under_load = when is When.UNDER_LOAD
    extra = ", more tasks" if under_load else ""
    for where, count, share in (
        ("on demand", tasks.on_demand, 1.0),
        ("Spot", tasks.spot, 1 - assumed.SPOT_DISCOUNT),
    ):
        name = f"Fargate {where}{' ARM' if arm else ''}{extra}"
        for what, unit, size_of_task in (("vcpu", "vCPU", vcpu), ("memory", "GB", gigabytes)):
            if count:
                yield Quantity(
                    f"{name}: {unit}",
                    f"fargate-{chip}-{what}",
                    count * size_of_task * HOURS,
                    f"{_count(count, 'task')} x {size_of_task:g} {unit} x {HOURS} h",
                    when,
                    assumed=under_load,
                    share=share,
                )
    if stack.tasks_have_public_ips and tasks.count:
        how = f"{_count(tasks.count, 'task')} x {HOURS} h"
        hours = tasks.count * HOURS
        yield Quantity(f"Public IPv4 of tasks{extra}", "public-ipv4", hours, how, when, assumed=under_load)


def network(_resource: Resource, stack: Stack, load: Load | None) -> Quantities:
    """Hours and data of the NAT gateways, and their public IPv4 addresses."""
    if not (gateways := stack.nat_gateways):
        return
    how = f"{_count(gateways, 'gateway')} x {HOURS} h"
    yield Quantity("NAT gateways", "nat-gateway", gateways * HOURS, how)
    yield Quantity("Public IPv4 of NAT gateways", "public-ipv4", gateways * HOURS, how)
    if load:
        # The stream between the task and Bedrock, in both directions. DynamoDB and S3 have gateway endpoints.
        yield _data("NAT gateways: data", "nat-gateway-data", load, assumed.BYTES_PER_MINUTE)
        if elsewhere := stack.zones - gateways:
            # The zones without a gateway send their data to another zone. AWS charges both ends (Amazon EC2 pricing,
            # "Data Transfer within the same AWS Region").
            between = assumed.BYTES_PER_MINUTE * elsewhere / stack.zones * 2
            yield _data("NAT gateways: data between zones", "data-between-zones", load, between)


def load_balancer(resource: Resource, _stack: Stack, load: Load | None) -> Quantities:
    """Hours and capacity units of the load balancer, its public IPv4 addresses, and what it sends to clients."""
    zones = len(resource.inputs["subnets"])
    yield Quantity("Load balancer", "alb", HOURS, f"{HOURS} h")
    yield Quantity("Public IPv4 of the load balancer", "public-ipv4", zones * HOURS, f"{zones} zones x {HOURS} h")
    if load:
        units = load.capacity_units
        dimension = max(units, key=lambda name: units[name])
        yield _under_load(
            "Load balancer: capacity units",
            "alb-lcu",
            units[dimension] * HOURS,
            f"{units[dimension]:.3g} units by {dimension} x {HOURS} h",
        )
        yield _data("Data to the internet", "data-to-internet", load, assumed.TO_CLIENT_PER_MINUTE)


def task_definition(_resource: Resource, stack: Stack, load: Load | None) -> Quantities:
    """Reads by health checks, and, under load, the app's metrics and what it asks of Bedrock.

    /health reads the table sessions. ECS asks each task, and so does the load balancer, from each of its zones.
    """
    zones = len(stack.one("aws:lb/loadBalancer:LoadBalancer").inputs["subnets"])
    from_zones = int(stack.all("aws:lb/targetGroup:TargetGroup")[0].inputs["healthCheck"]["interval"])
    from_ecs = int(stack.container["healthCheck"]["interval"])
    tasks = stack.tasks().count
    checks = tasks * HOURS * 3600 * (zones / from_zones + 1 / from_ecs)
    yield Quantity(
        "Tables: reads by health checks",
        "dynamodb-reads",
        checks * assumed.READ_UNITS / MILLION,
        f"{_count(tasks, 'task')}: {zones} zones every {from_zones} s, ECS every {from_ecs} s, half a unit",
    )
    if not load:
        return
    if stack.environment["METRICS_ENABLED"] == "true":
        yield _under_load("The app's metrics", "custom-metric", assumed.APP_METRICS, f"{assumed.APP_METRICS} metrics")
    yield from _speech(stack.environment["BEDROCK_MODEL_ID"], load)
    for direction, tokens in (
        ("input", assumed.EXTRACTION_INPUT_TOKENS),
        ("output", assumed.EXTRACTION_OUTPUT_TOKENS),
    ):
        yield _tokens(
            f"Bedrock, answers of a session: text {direction}",
            f"bedrock-{assumed.EXTRACTION_MODEL}-text-{direction}",
            load.started,
            "sessions",
            tokens,
        )


def _speech(model: str, load: Load) -> Quantities:
    """Tokens of the speech model, in millions."""
    for kind, tokens in (
        ("speech-input", assumed.SPEECH_TOKENS_PER_MINUTE),
        ("speech-output", assumed.SPEECH_TOKENS_PER_MINUTE * assumed.SPEAKING),
        ("text-input", assumed.TEXT_INPUT_TOKENS_PER_MINUTE),
        ("text-output", assumed.TEXT_OUTPUT_TOKENS_PER_MINUTE),
    ):
        yield _tokens(
            f"Bedrock, speech model: {kind.replace('-', ' ')}",
            f"bedrock-{model}-{kind}",
            load.session_minutes,
            "session minutes",
            tokens,
        )


def _tokens(item: str, price: str, count: float, unit: str, tokens: float) -> Quantity:
    """Returns the tokens of a model, in millions, if each of `count` sessions or minutes takes `tokens`."""
    how = f"{count:,.0f} {unit} x {tokens:,.0f} tokens"
    return Quantity(item, price, count * tokens / MILLION, how, When.BEDROCK, assumed=True)


def table(resource: Resource, _stack: Stack, load: Load | None) -> Quantities:
    """Writes, reads and storage of a table under load. Its index has all attributes: it doubles writes and storage."""
    writes_a_minute = assumed.WRITES_PER_MINUTE.get(resource.name, 0.0)
    if not load or not writes_a_minute:
        return
    copies = 1 + len(resource.inputs.get("globalSecondaryIndexes", []))
    written = load.session_minutes * writes_a_minute
    yield _under_load(
        f"Table {resource.name}: writes",
        "dynamodb-writes",
        written * copies / MILLION,
        f"{load.session_minutes:,.0f} session minutes x {writes_a_minute:g} writes x {copies} (table, indexes)",
    )
    stored = written * assumed.ITEM_BYTES / DAYS * assumed.ITEM_DAYS / GB
    how = f"items of {assumed.ITEM_BYTES} bytes, {assumed.ITEM_DAYS} days"
    yield _under_load(f"Table {resource.name}: storage", "dynamodb-storage", stored * copies, f"{how} x {copies}")
    if resource.inputs.get("pointInTimeRecovery", {}).get("enabled"):
        # Of the table without its global indexes (Amazon DynamoDB Developer Guide, "Point-in-time recovery").
        yield _under_load(
            f"Table {resource.name}: point-in-time recovery", "dynamodb-point-in-time-recovery", stored, how
        )
    if resource.name == "sessions":  # the reads of all tables together, once
        reads = load.session_minutes * assumed.READS_PER_MINUTE * assumed.READ_UNITS / MILLION
        how = f"{load.session_minutes:,.0f} session minutes x {assumed.READS_PER_MINUTE:g} reads of half a unit"
        yield _under_load("Tables: reads", "dynamodb-reads", reads, how)


def log_group(resource: Resource, _stack: Stack, load: Load | None) -> Quantities:
    """Ingestion and storage of the app's log under load. The web ACL's log of blocked requests is not counted."""
    if not load or resource.name != "containers":
        return
    ingestion = _data("Log: ingestion", "logs-ingestion", load, assumed.LOG_BYTES_PER_MINUTE)
    yield ingestion
    days, of_a_day = int(resource.inputs["retentionInDays"]), ingestion.amount / DAYS
    yield _under_load(
        "Log: storage",
        "logs-storage",
        of_a_day * days * assumed.LOG_COMPRESSION,
        f"{days} days of {of_a_day:.3g} GB, compressed to {assumed.LOG_COMPRESSION:.0%}",
    )


def lifecycle(resource: Resource, stack: Stack, load: Load | None) -> Quantities:
    """Storage of recordings under load, for as long as the bucket keeps them."""
    if not load or resource.name != "recordings" or stack.environment["ENABLE_AUDIO_RECORDING"] != "true":
        return
    days = sum(
        int(rule.get("expiration", {}).get("days", 0))
        + int(rule.get("noncurrentVersionExpiration", {}).get("noncurrentDays", 0))
        for rule in resource.inputs["rules"]
    )
    size = assumed.INPUT_AUDIO_PER_MINUTE + assumed.OUTPUT_AUDIO_PER_MINUTE * assumed.SPEAKING
    yield _under_load(
        "Recordings: storage",
        "s3-storage",
        load.session_minutes * size / GB / DAYS * days,
        f"{_a_minute(load, size)}, {days} days with the old versions",
    )


def flow_log(_resource: Resource, _stack: Stack, load: Load | None) -> Quantities:
    """Delivery of the flow log to S3 under load."""
    if load:
        yield _data("Flow log: delivery", "vended-logs-to-s3", load, assumed.FLOW_LOG_BYTES_PER_MINUTE)


def cluster(resource: Resource, stack: Stack, load: Load | None) -> Quantities:
    """The metrics of Container Insights, each priced by the month."""
    [insights] = [one["value"] for one in resource.inputs["settings"] if one["name"] == "containerInsights"]
    every, each = assumed.INSIGHTS_METRICS, assumed.INSIGHTS_METRICS_PER_TASK
    if insights == "enabled":
        yield Quantity("Container Insights", "custom-metric", every, f"{every} metrics", assumed=True)
    if insights == "enhanced":
        tasks = stack.tasks().count
        yield Quantity(
            "Container Insights, enhanced",
            "insights-enhanced-metric",
            every + tasks * each,
            f"{every} metrics, {_count(tasks, 'task')} x {each}",
            assumed=True,
        )
        if load and (more := stack.tasks(load).count - tasks):
            how = f"{_count(more, 'task')} x {each}"
            yield _under_load("Container Insights, enhanced, more tasks", "insights-enhanced-metric", more * each, how)


def alarm(resource: Resource, _stack: Stack, _load: Load | None) -> Quantities:
    """The metrics that an alarm watches. A Metrics Insights query counts once for each series that it finds."""
    queries = resource.inputs.get("metricQueries")
    if not queries:
        yield Quantity("Alarms", "alarm-metric", 1, "1 metric")
        return
    if metrics := sum("metric" in query for query in queries):
        yield Quantity("Alarms", "alarm-metric", metrics, _count(metrics, "metric"))
    if any(query.get("expression", "").upper().startswith("SELECT") for query in queries):
        how = f"{assumed.ERROR_CODES} series"
        yield Quantity("Alarms on queries", "alarm-metric", assumed.ERROR_CODES, how, assumed=True)


def repository(_resource: Resource, _stack: Stack, _load: Load | None) -> Quantities:
    """Storage of images."""
    size = assumed.IMAGES * assumed.IMAGE_GB
    how = f"{assumed.IMAGES} images x {assumed.IMAGE_GB:g} GB"
    yield Quantity("Registry: images", "ecr-storage", size, how, assumed=True)


def cache(resource: Resource, _stack: Stack, _load: Load | None) -> Quantities:
    """Hours of the nodes of Redis."""
    nodes, node_type = int(resource.inputs["numCacheClusters"]), resource.inputs["nodeType"]
    price = f"elasticache-{resource.inputs['engine']}-{node_type}"
    yield Quantity(f"Redis, {node_type}", price, nodes * HOURS, f"{_count(nodes, 'node')} x {HOURS} h")


def web_acl(resource: Resource, _stack: Stack, load: Load | None) -> Quantities:
    """A web ACL, its rules and rule groups, and the requests that it inspects."""
    rules = len(resource.inputs.get("rules", []))
    yield Quantity("WAF: web ACL", "waf-web-acl", 1, "1 ACL")
    yield Quantity("WAF: rules", "waf-rule", rules, _count(rules, "rule"))
    if load:
        how = f"{load.started:,.0f} sessions x {assumed.REQUESTS_PER_SESSION} requests"
        requests = load.started * assumed.REQUESTS_PER_SESSION / MILLION
        yield _under_load("WAF: requests", "waf-requests", requests, how)


def health_check(resource: Resource, _stack: Stack, _load: Load | None) -> Quantities:
    """A Route 53 health check of an AWS endpoint. HTTPS and the measured latency are features that cost extra."""
    yield Quantity("Health checks", "health-check", 1, "1 check")
    if str(resource.inputs.get("type", "")).startswith("HTTPS"):
        yield Quantity("Health checks: HTTPS", "health-check-feature", 1, "1 feature")
    if resource.inputs.get("measureLatency"):
        yield Quantity("Health checks: latency", "health-check-feature", 1, "1 feature")


def _one(item: str, price: str, unit: str) -> Function:
    """Returns the function of a type whose every resource costs the same a month."""

    def function(_resource: Resource, _stack: Stack, _load: Load | None) -> Quantities:
        yield Quantity(item, price, 1, f"1 {unit}")

    return function


PRICED: Final[Mapping[str, Function]] = {
    "aws:cloudwatch/dashboard:Dashboard": _one("Dashboards", "dashboard", "dashboard"),
    "aws:cloudwatch/logGroup:LogGroup": log_group,
    "aws:cloudwatch/metricAlarm:MetricAlarm": alarm,
    "aws:dynamodb/table:Table": table,
    "aws:ec2/flowLog:FlowLog": flow_log,
    "aws:ecr/repository:Repository": repository,
    "aws:ecs/cluster:Cluster": cluster,
    "aws:ecs/service:Service": service,
    "aws:ecs/taskDefinition:TaskDefinition": task_definition,
    "aws:elasticache/replicationGroup:ReplicationGroup": cache,
    "aws:kms/key:Key": _one("KMS keys", "kms-key", "key"),
    "aws:lb/loadBalancer:LoadBalancer": load_balancer,
    "aws:route53/healthCheck:HealthCheck": health_check,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": lifecycle,
    "aws:secretsmanager/secret:Secret": _one("Secrets", "secret", "secret"),
    "aws:wafv2/webAcl:WebAcl": web_acl,
    "awsx:ec2:Vpc": network,
}


def quantities(stack: Stack, load: Load | None) -> list[Quantity]:
    """Returns what a stack uses in a month. Resources with the same item, such as alarms, are one entry."""
    found: dict[tuple[str, str], list[Quantity]] = {}
    for resource in stack.resources:
        if function := PRICED.get(resource.type):
            for one in function(resource, stack, load):
                found.setdefault((one.item, one.price), []).append(one)
    return [_together(same) for same in found.values()]


def _together(same: list[Quantity]) -> Quantity:
    first = same[0]
    if len(same) == 1:
        return first
    return replace(first, amount=sum(one.amount for one in same), how=f"{len(same)} resources")
