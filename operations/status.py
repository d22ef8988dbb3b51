"""`make status`: one table of all stacks of an environment, and what is amiss with them."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final

from components.lib import sdk
from config.settings import Settings
from operations.configuration import read_settings
from operations.console import aligned
from operations.differences import StackConfig, differences
from operations.errors import collected
from operations.routing import Route, find_route
from operations.target import Target
from operations.verdict import Outcome, healthy_targets, judge, primary_of
from operations.verify import gather, image_of

_UNKNOWN: Final = "-"
# Amazon CloudWatch API Reference, DescribeAlarms: names in one call.
_ALARMS_AT_ONCE: Final = 100
_DIGEST_CHARACTERS: Final = 19  # of the table: `sha256:` and 12 digits


@dataclass(frozen=True)
class Service:
    """What the service of a stack does."""

    version: str  # the tag of the image that its tasks run
    digest: str
    deployment: str  # the outcome that `make verify` judges
    running: int
    desired: int
    maximum: int
    healthy: int  # targets that get traffic


@dataclass(frozen=True)
class Status:
    """A stack. What could not be read is None.

    Args:
        stack: its name.
        faults: what is amiss, a sentence each.
        region: where it is.
        service: None without an image.
        alarms: the names of its alarms in the state ALARM.
        route: its latency record; None without a hosted zone.
    """

    stack: str
    faults: tuple[str, ...] = ()
    region: str | None = None
    service: Service | None = None
    alarms: tuple[str, ...] | None = None
    route: Route | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        """The row of the table, under `COLUMNS`."""
        service, route = self.service, self.route
        return (
            self.stack,
            self.region or _UNKNOWN,
            service.version if service else _UNKNOWN,
            service.digest[:_DIGEST_CHARACTERS] if service else _UNKNOWN,
            service.deployment if service else _UNKNOWN,
            f"{service.running}/{service.desired}/{service.maximum}" if service else _UNKNOWN,
            f"{service.healthy}/{service.desired}" if service else _UNKNOWN,
            _UNKNOWN if self.alarms is None else str(len(self.alarms)),
            route.text if route else _UNKNOWN,
        )


COLUMNS: Final = ("stack", "region", "version", "digest", "deployment", "tasks", "healthy", "alarms", "traffic")


@dataclass(frozen=True)
class Report:
    """The stacks of an environment.

    Args:
        environment: its name.
        stacks: the status of each stack.
        differences: the values that differ between the stacks and should not, a line each.
    """

    environment: str
    stacks: Sequence[Status]
    differences: Sequence[str]

    @property
    def faults(self) -> list[str]:
        """All that is amiss, a line each."""
        found = [f"{one.stack}: {fault}" for one in self.stacks for fault in one.faults]
        routes = [one.route for one in self.stacks if one.route]
        if routes and all(route.open is False for route in routes):
            # Amazon Route 53 Developer Guide, "How Amazon Route 53 chooses records when health checking is configured".
            found.append("no region is healthy in Route 53, which then routes clients to all of them")
        return found + [f"the configuration differs: {line}" for line in self.differences]

    @property
    def good(self) -> bool:
        """Whether nothing is amiss."""
        return not self.faults


def report(environment: str, targets: Sequence[Target]) -> Report:
    """Returns the status of stacks. A stack that cannot be read is a row that says so."""
    statuses: list[Status] = []
    configs: list[StackConfig] = []
    for target in targets:
        faults: list[str] = []
        config = _config(target, faults)
        if config:
            configs.append(config)
        statuses.append(_status(target, config.settings if config else None, faults))
    return Report(environment, statuses, differences(configs))


def as_text(found: Report) -> str:
    """Returns the table, what is amiss, and one line at the end."""
    rows = [tuple(name.upper() for name in COLUMNS), *(one.cells for one in found.stacks)]
    lines = [*aligned(rows), *(f"  {fault}" for fault in found.faults)]
    counted = f"{len(found.stacks)} stack{'s' if len(found.stacks) != 1 else ''} of {found.environment}"
    return "\n".join([*lines, f"OK: {counted}" if found.good else f"AMISS: {counted}"])


def as_json(found: Report) -> str:
    """Returns a report as one JSON object."""
    return json.dumps(
        {
            "environment": found.environment,
            "good": found.good,
            "stacks": [asdict(one) for one in found.stacks],
            "differences": list(found.differences),
            "faults": found.faults,
        },
        indent=2,
    )


def _config(target: Target, faults: list[str]) -> StackConfig | None:
    """Returns the configuration of a stack, and adds what is wrong with it to `faults`."""
    with collected(faults):
        settings, mistakes = read_settings(target)
        if not mistakes.source.is_set("aws:region"):
            faults.append(f"Pulumi.{target.stack}.yaml is not in this clone, so its configuration is not compared")
            return None
        faults += [f"Pulumi.{target.stack}.yaml: {line}" for line in mistakes.lines]
        return StackConfig(settings, mistakes.source.encrypted)
    return None


def _status(target: Target, settings: Settings | None, faults: list[str]) -> Status:
    """Returns the status of a stack, as far as it can be read."""
    status = Status(target.stack)
    with collected(faults):
        status = replace(status, region=target.region)
        if "serviceName" in target.outputs():
            status = replace(status, service=_service(target, faults))
        else:
            faults.append("it has no service, as it has no image")
        status = replace(status, alarms=tuple(sorted(_alarms_that_fire(target))))
        if status.alarms:
            faults.append(f"in ALARM: {', '.join(status.alarms)}")
        if settings and settings.domain_name and settings.hosted_zone_id:
            route53 = target.client("route53")
            route = find_route(route53, settings.hosted_zone_id, settings.domain_name, target.stack)
            status = replace(status, route=route)
            faults += filter(None, [route.fault])
    return replace(status, faults=tuple(faults))


def _service(target: Target, faults: list[str]) -> Service | None:
    """Returns what the service does, and adds what is amiss with it to `faults`."""
    answers = gather(target)
    verdict = judge(str(target.output("taskDefinitionArn")), answers)
    if verdict.outcome is not Outcome.GOOD:
        faults.append(verdict.line)
    if answers.service is None:
        return None
    runs = primary_of(answers.service).get("taskDefinition")
    version, digest = image_of(target.client("ecs"), runs) if runs else ("", "")
    return Service(
        version=version or _UNKNOWN,
        digest=digest or _UNKNOWN,
        deployment=verdict.outcome.value,
        running=int(answers.service["runningCount"]),
        desired=int(answers.service["desiredCount"]),
        maximum=answers.maximum,
        healthy=sum(healthy_targets(entry, answers) for entry in answers.service.get("loadBalancers", [])),
    )


def _alarms_that_fire(target: Target) -> Iterator[str]:
    """Yields the names of the stack's alarms in the state ALARM. The autoscaler's alarms are none of the stack's."""
    regions: dict[str, list[str]] = {}
    for resource in target.resources():
        if resource["type"] == "aws:cloudwatch/metricAlarm:MetricAlarm":
            # arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME
            _, _, _, region, _, _, name = resource["outputs"]["arn"].split(":", 6)
            regions.setdefault(region, []).append(name)
    for region, names in regions.items():
        alarms = sdk.client("cloudwatch", region).get_paginator("describe_alarms")
        for start in range(0, len(names), _ALARMS_AT_ONCE):
            for page in alarms.paginate(AlarmNames=names[start : start + _ALARMS_AT_ONCE]):
                yield from (one["AlarmName"] for one in page["MetricAlarms"] if one["StateValue"] == "ALARM")
