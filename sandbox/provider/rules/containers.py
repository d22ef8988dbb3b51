"""Amazon ECS: task definitions and services."""

import re
from collections.abc import Iterator
from typing import Any

from ..faults import Fault
from ..spec import Context
from ..values import UNKNOWN, Values
from .across import Rules, count, distinct, each, exactly_one, excludes, parsed, refused, requires, unique, where
from .places import at, get, given, has, is_, isnt, lacks, number, objects, size
from .single import Rule, allowed, form, one_of

# CPU units → the memory (MiB) that Fargate sells with them: least, most, step.
_FARGATE = {
    256: (512, 2048, 512),
    512: (1024, 4096, 1024),
    1024: (2048, 8192, 1024),
    2048: (4096, 16384, 1024),
    4096: (8192, 30720, 1024),
    8192: (16384, 61440, 4096),
    16384: (32768, 122880, 8192),
}
_NOT_ON_FARGATE = (
    "disableNetworking dnsSearchDomains dnsServers dockerSecurityOptions extraHosts links privileged"
    " linuxParameters.devices linuxParameters.maxSwap linuxParameters.sharedMemorySize linuxParameters.swappiness"
)
_NAME = form(r"[A-Za-z0-9_-]{1,255}", "must be 1 to 255 letters, digits, hyphens and underscores")


def _fargate(values: Values) -> bool:
    """Of a task definition, or of what is part of one."""
    while "^" in values:
        values = values["^"]
    return "FARGATE" in [one for _place, one in at(values, "requiresCompatibilities")]


def _units(text: Any, unit: str) -> int | None:
    """An amount of CPU or memory, which may be spelt with its unit: `1 vCPU`, `2GB`; None for what is no amount."""
    match = re.fullmatch(rf"\s*(\d*\.?\d+)\s*({unit})?\s*", str(text), re.IGNORECASE)
    return round(float(match[1]) * (1024 if match[2] else 1)) if match else None


def _sizes(inputs: Values, _: Context) -> Iterator[Fault]:
    cpu, memory = inputs.get("cpu"), inputs.get("memory")
    if cpu in (None, UNKNOWN) or memory in (None, UNKNOWN):
        return
    units, size = _units(cpu, "vcpu"), _units(memory, "gb")
    if units not in _FARGATE:
        yield Fault("cpu", f"Fargate sells {', '.join(map(str, _FARGATE))}", cpu)
        return
    least, most, step = _FARGATE[units]
    if size is None or size not in range(least, most + 1, step):
        yield Fault("memory", f"Fargate sells {least} to {most} MiB in steps of {step} with cpu {cpu}", memory)


def _bytes(inputs: Values, _: Context) -> Iterator[Fault]:
    text = inputs.get("containerDefinitions")
    size = len(text.encode()) if isinstance(text, str) else 0
    if size > 64 * 1024:
        yield Fault("containerDefinitions", f"has {size:,} bytes, and a task definition at most 64 KiB")


def _ports(inputs: Values, _: Context) -> Iterator[Fault]:
    """All containers of a task in awsvpc mode share its address."""
    ports = [
        (f"{place}.containerPort", f"{one.get('containerPort')}/{one.get('protocol', 'tcp')}")
        for place, one in objects(inputs, "containerDefinitions.portMappings")
    ]
    yield from distinct(ports, "the ports of a task in awsvpc mode")


def _totals(inputs: Values, _: Context) -> Iterator[Fault]:
    for name, unit in (("cpu", "vcpu"), ("memory", "gb")):
        used = sum(number(value) or 0 for _place, value in at(inputs, f"containerDefinitions.{name}"))
        limit = _units(inputs.get(name), unit)
        if limit is not None and used > limit:
            yield Fault("containerDefinitions", f"the containers' {name} is {used:g} in all, and the task's {limit}")


def _others(container: Values, _: Context) -> Iterator[Fault]:
    """What a container names of the task: containers that it depends on, volumes that it mounts."""
    task = container["^"]
    own = {str(name) for _place, name in at(task, "containerDefinitions.name")}
    for place, other in at(container, "dependsOn.containerName"):
        if other not in own or other == container.get("name"):
            yield Fault(place, f"must be another container of the task: {', '.join(sorted(own))}", other)
    volumes = [name for _place, name in at(task, "volumes.name", unknown=True)]
    for place, volume in at(container, "mountPoints.sourceVolume"):
        if UNKNOWN not in volumes and volume not in volumes:
            yield Fault(place, "must be the name of one of the task's `volumes`", volume)


def _injected(container: Values, _: Context) -> Iterator[Fault]:
    plain = {str(name): place for place, name in at(container, "environment.name")}  # ECS takes one of them twice
    both = [*((place, name) for name, place in plain.items()), *at(container, "secrets.name")]
    yield from distinct(both, "the names of secrets and environment variables")


def _execution_role(inputs: Values, _: Context) -> Iterator[Fault]:
    for place, one in objects(inputs, "containerDefinitions"):
        for name in given(one, "secrets", "repositoryCredentials")[:1]:
            yield Fault("executionRoleArn", f"is needed, as {place}.{name} is read with it")
        if _fargate(inputs) and get(one, "logConfiguration.logDriver") == "awslogs":
            yield Fault("executionRoleArn", "is needed on Fargate, as awslogs writes with it")


_AWSLOGS = is_("logDriver", "awslogs")
# The tables are laid out by hand, with a rule a line.
# fmt: off
_CONTAINER = (
    {"name": _NAME,
     "image": form(r"\S{1,255}", "must be 1 to 255 characters without white space")},
    allowed("portMappings.containerPort 1..65535, portMappings.hostPort 0..65535, memory 6.., memoryReservation 6..,"
        " stopTimeout 0..120 seconds, startTimeout 2..120 seconds, healthCheck.interval 5..300 seconds,"
        " healthCheck.timeout 2..60 seconds, healthCheck.startPeriod 0..300 seconds, healthCheck.retries 1..10,"
        " logConfiguration.options.mode blocking|non-blocking"),
    requires("name image", "is required"),
    each("portMappings",
        refused("containerPort", "is required", lacks("containerPort", "containerPortRange")),
        refused("hostPort", "in awsvpc mode it is left out or the same as containerPort, {containerPort}",
            is_("^.^.networkMode", "awsvpc"),
            lambda one: one.get("hostPort") not in (None, 0, one.get("containerPort")), shows=True)),
    refused("memoryReservation", "must be at most memory, {memory}",
        lambda one: size(one, "memoryReservation") > size(one, "memory", float("inf")), shows=True),
    refused("memory", "one of memory and memoryReservation is needed where the task has no memory",
        lacks("memory", "memoryReservation", "^.memory")),
    _injected,
    _others,
    each("healthCheck",
        refused("command", "must begin with CMD or CMD-SHELL",
            lambda check: next(iter(check.get("command") or " ")) not in ("CMD", "CMD-SHELL", "NONE"))),
    each("logConfiguration",
        refused("options.max-buffer-size", "goes with mode non-blocking alone", has("options.max-buffer-size"),
            is_("options.mode", "blocking"), shows=True),
        requires("options.awslogs-group options.awslogs-region", "awslogs needs it", _AWSLOGS),
        requires("options.awslogs-stream-prefix", "awslogs needs it", _AWSLOGS, _fargate)),
    excludes(_NOT_ON_FARGATE, "Fargate does not take it", _fargate),
    where(_fargate)(
        {"logConfiguration.logDriver": one_of("awslogs", "splunk", "awsfirelens",
             says="Fargate knows awslogs, splunk and awsfirelens"),
         "linuxParameters.capabilities.add": one_of("SYS_PTRACE", says="Fargate adds SYS_PTRACE alone"),
         "resourceRequirements.type": Rule("Fargate has no GPU", lambda kind: kind != "GPU")}),
)

RULES = {
    "aws:ecs/taskDefinition:TaskDefinition": Rules(
        'Amazon ECS API Reference: RegisterTaskDefinition, ContainerDefinition, PortMapping, HealthCheck,'
        ' KeyValuePair; Developer Guide: "Task definition parameters for Fargate", "Differences for Fargate", "Service'
        ' quotas"',
        {"family": _NAME, "volumes.name": _NAME, **allowed("ephemeralStorage.sizeInGib 21..200 GiB")},
        where(_fargate)(
            refused("networkMode", "Fargate needs awsvpc", isnt("networkMode", "awsvpc"), shows=True),
            excludes("placementConstraints ipcMode", "Fargate does not take it"),
            refused("pidMode", "Fargate knows task alone", isnt("pidMode", None, "task"), shows=True),
            each("volumes", excludes("hostPath dockerVolumeConfiguration", "Fargate does not take it")),
            requires("cpu memory", "Fargate needs it for the task as a whole"),
            _sizes),
        _bytes,
        parsed("containerDefinitions",
            unique("containerDefinitions.name", "the names of containers"),
            refused("containerDefinitions", "at least one container is needed", lacks("containerDefinitions")),
            refused("containerDefinitions", "at least one container must be essential", has("containerDefinitions"),
                lambda task: not any(one.get("essential", True) for _, one in objects(task, "containerDefinitions"))),
            count("containerDefinitions", 10, "at most {most} containers are allowed"),
            where(is_("networkMode", "awsvpc"))(_ports),
            _totals,
            where(lacks("executionRoleArn"))(_execution_role),
            each("containerDefinitions", *_CONTAINER))),
    "aws:ecs/service:Service": Rules(
        "Amazon ECS API Reference: CreateService, DeploymentConfiguration, CapacityProviderStrategyItem",
        {"name": _NAME},
        allowed("desiredCount 0.., deploymentMinimumHealthyPercent 0..100 %, deploymentMaximumPercent 0..200 %,"
            " healthCheckGracePeriodSeconds 0..2147483647 seconds, loadBalancers.containerPort 1..65535,"
            " capacityProviderStrategies.base 0..100000, capacityProviderStrategies.weight 0..1000"),
        refused("capacityProviderStrategies", "only one capacity provider may have a base",
            lambda one: len([base for _place, base in at(one, "capacityProviderStrategies.base") if base]) > 1),
        refused("capacityProviderStrategies", "at least one weight must be greater than 0",
            lambda one: [*objects(one, "capacityProviderStrategies")],
            lambda one: not any(weight for _, weight in at(one, "capacityProviderStrategies.weight", unknown=True))),
        unique("capacityProviderStrategies.capacityProvider", "capacity providers"),
        refused("deploymentMaximumPercent", "must be more than 100 where deploymentMinimumHealthyPercent is 100",
            lambda one: size(one, "deploymentMinimumHealthyPercent") >= 100,
            lambda one: size(one, "deploymentMaximumPercent", 200) <= 100, shows=True),
        refused("availabilityZoneRebalancing", "needs a deploymentMaximumPercent of more than 100",
            is_("availabilityZoneRebalancing", "ENABLED"),
            lambda one: size(one, "deploymentMaximumPercent", 200) <= 100, shows=True),
        refused("healthCheckGracePeriodSeconds", "goes with load balancers alone",
            isnt("healthCheckGracePeriodSeconds", None, 0), lacks("loadBalancers")),
        count("networkConfiguration.subnets", 16),
        count("networkConfiguration.securityGroups", 5),
        exactly_one("launchType", "capacityProviderStrategies", least=0)),
}
