"""Amazon ECS: task definitions and services.

Sources: Amazon ECS API Reference (RegisterTaskDefinition, ContainerDefinition, PortMapping, HealthCheck, KeyValuePair,
CreateService, DeploymentConfiguration, CapacityProviderStrategyItem); Amazon ECS Developer Guide, "Task definition
parameters for Fargate", "Differences for Fargate", "Service quotas".
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from ..faults import Fault
from ..spec import Context
from ..values import UNKNOWN, Values
from .primitives import Across, Rule, at, at_most_one, between, distinct, form, given, hold, number, objects, one_of

_MAX_BYTES = 64 * 1024
_MAX_CONTAINERS = 10

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
_NOT_ON_FARGATE = [
    "disableNetworking",
    "dnsSearchDomains",
    "dnsServers",
    "dockerSecurityOptions",
    "extraHosts",
    "links",
    "privileged",
    "linuxParameters.devices",
    "linuxParameters.maxSwap",
    "linuxParameters.sharedMemorySize",
    "linuxParameters.swappiness",
]
_FARGATE_DRIVERS = one_of("awslogs", "splunk", "awsfirelens", says="Fargate knows awslogs, splunk and awsfirelens")
_NAME = form(r"[A-Za-z0-9_-]{1,255}", "must be 1 to 255 letters, digits, hyphens and underscores")
_PORT = between(1, 65535)

TASK_DEFINITION: dict[str, Rule] = {
    "family": _NAME,
    "ephemeralStorage.sizeInGib": between(21, 200, "GiB"),
    "volumes.name": _NAME,
}
_CONTAINER: dict[str, Rule] = {
    "name": _NAME,
    "image": form(r"\S{1,255}", "must be 1 to 255 characters without white space"),
    "portMappings.containerPort": _PORT,
    "portMappings.hostPort": between(0, 65535),
    "memory": between(6, float("inf")),
    "memoryReservation": between(6, float("inf")),
    "stopTimeout": between(0, 120, "seconds"),
    "startTimeout": between(2, 120, "seconds"),
    "healthCheck.interval": between(5, 300, "seconds"),
    "healthCheck.timeout": between(2, 60, "seconds"),
    "healthCheck.retries": between(1, 10),
    "healthCheck.startPeriod": between(0, 300, "seconds"),
    "logConfiguration.options.mode": one_of("blocking", "non-blocking"),
}
SERVICE: dict[str, Rule] = {
    "name": _NAME,
    "desiredCount": between(0, float("inf")),
    "capacityProviderStrategies.base": between(0, 100_000),
    "capacityProviderStrategies.weight": between(0, 1000),
    "deploymentMinimumHealthyPercent": between(0, 100, "%"),
    "deploymentMaximumPercent": between(0, 200, "%"),
    "healthCheckGracePeriodSeconds": between(0, 2_147_483_647, "seconds"),
    "loadBalancers.containerPort": _PORT,
}


def _units(text: Any, unit: str, size: int) -> int | None:
    """An amount of CPU or memory, which may be spelt with its unit: `1 vCPU`, `2GB`; None for what is no amount."""
    match = re.fullmatch(rf"\s*(\d*\.?\d+)\s*({unit})?\s*", str(text), re.IGNORECASE)
    return round(float(match[1]) * (size if match[2] else 1)) if match else None


def _for_fargate(inputs: Values) -> bool:
    return "FARGATE" in [one for _place, one in at(inputs, "requiresCompatibilities")]


def task_definition(inputs: Values, _: Context) -> Iterator[Fault]:
    fargate = _for_fargate(inputs)
    if fargate:
        yield from _fargate(inputs)
    text = inputs.get("containerDefinitions")
    if not isinstance(text, str):
        return
    try:
        document: Any = json.loads(text)
    except ValueError:
        return  # the conversion says so
    if len(text.encode()) > _MAX_BYTES:
        yield Fault("containerDefinitions", f"has {len(text.encode()):,} bytes, and a task definition at most 64 KiB")
    containers = list(objects({"containerDefinitions": document}, "containerDefinitions"))
    yield from _set_of_containers(containers, inputs)
    for where, container in containers:
        yield from hold(container, _CONTAINER, where)
        yield from _container(where, container, inputs)
        if fargate:
            yield from _container_on_fargate(where, container)


def _fargate(inputs: Values) -> Iterator[Fault]:
    if inputs.get("networkMode") is not UNKNOWN and inputs.get("networkMode") != "awsvpc":
        yield Fault("networkMode", "Fargate needs awsvpc", inputs.get("networkMode") or "")
    for name in given(inputs, "placementConstraints", "ipcMode"):
        yield Fault(name, "Fargate does not take it")
    if inputs.get("pidMode") not in (None, UNKNOWN, "task"):
        yield Fault("pidMode", "Fargate knows task alone", inputs["pidMode"])
    for place, volume in objects(inputs, "volumes"):
        for name in given(volume, "hostPath", "dockerVolumeConfiguration"):
            yield Fault(f"{place}.{name}", "Fargate does not take it")
    cpu, memory = inputs.get("cpu"), inputs.get("memory")
    for name in ("cpu", "memory"):
        if inputs.get(name) is None:
            yield Fault(name, "Fargate needs it for the task as a whole")
    if cpu in (None, UNKNOWN) or memory in (None, UNKNOWN):
        return
    units, size = _units(cpu, "vcpu", 1024), _units(memory, "gb", 1024)
    if units not in _FARGATE:
        yield Fault("cpu", f"Fargate sells {', '.join(map(str, _FARGATE))}", cpu)
        return
    least, most, step = _FARGATE[units]
    if size is None or size not in range(least, most + 1, step):
        yield Fault("memory", f"Fargate sells {least} to {most} MiB in steps of {step} with cpu {cpu}", memory)


def _set_of_containers(containers: list[tuple[str, Values]], inputs: Values) -> Iterator[Fault]:
    names = [(f"{where}.name", str(one["name"])) for where, one in containers if "name" in one]
    yield from distinct(names, "the names of containers")
    if not containers:
        yield Fault("containerDefinitions", "at least one container is needed")
    elif not any(one.get("essential", True) for _where, one in containers):
        yield Fault("containerDefinitions", "at least one container must be essential")
    if len(containers) > _MAX_CONTAINERS:
        yield Fault("containerDefinitions", f"at most {_MAX_CONTAINERS} containers are allowed", len(containers))
    if inputs.get("networkMode") == "awsvpc":  # all containers of a task share its address
        ports = [
            (f"{place}.containerPort", f"{mapping.get('containerPort')}/{mapping.get('protocol', 'tcp')}")
            for where, one in containers
            for place, mapping in objects(one, "portMappings", where)
        ]
        yield from distinct(ports, "the ports of a task in awsvpc mode")
    for name, unit, total in (("cpu", "vcpu", inputs.get("cpu")), ("memory", "gb", inputs.get("memory"))):
        used = sum(number(one.get(name)) or 0 for _where, one in containers)
        limit = _units(total, unit, 1024) if total not in (None, UNKNOWN) else None
        if limit is not None and used > limit:
            yield Fault("containerDefinitions", f"the containers' {name} is {used:g} in all, and the task's {limit}")
    own = {str(one.get("name")) for _where, one in containers}
    for where, one in containers:
        for place, other in at(one, "dependsOn.containerName", where):
            if other not in own or other == one.get("name"):
                yield Fault(place, f"must be another container of the task: {', '.join(sorted(own))}", other)


def _container(where: str, one: Values, inputs: Values) -> Iterator[Fault]:
    yield from (Fault(f"{where}.{name}", "is required") for name in ("name", "image") if not one.get(name))
    awsvpc = inputs.get("networkMode") == "awsvpc"
    for place, mapping in objects(one, "portMappings", where):
        host, port = mapping.get("hostPort"), mapping.get("containerPort")
        if port is None and mapping.get("containerPortRange") is None:
            yield Fault(f"{place}.containerPort", "is required")
        if awsvpc and host not in (None, 0) and host != port:
            yield Fault(
                f"{place}.hostPort", f"in awsvpc mode it is left out or the same as containerPort, {port}", host
            )
    if (number(one.get("memoryReservation")) or 0) > (number(one.get("memory")) or float("inf")):
        yield Fault(f"{where}.memoryReservation", f"must be at most memory, {one['memory']}", one["memoryReservation"])
    if not one.get("memory") and not one.get("memoryReservation") and inputs.get("memory") is None:
        yield Fault(f"{where}.memory", "one of memory and memoryReservation is needed where the task has no memory")
    names = {str(name): place for place, name in at(one, "environment.name", where)}  # ECS takes one of them twice
    injected = [(place, str(name)) for place, name in at(one, "secrets.name", where)]
    both = [*((place, name) for name, place in names.items()), *injected]
    yield from distinct(both, "the names of secrets and environment variables")
    for place, check in objects(one, "healthCheck", where):
        command: Any = check.get("command")
        if not isinstance(command, list) or not command or command[0] not in ("CMD", "CMD-SHELL", "NONE"):
            yield Fault(f"{place}.command", "must begin with CMD or CMD-SHELL")
    volumes = {volume.get("name") for _place, volume in objects(inputs, "volumes")}
    for place, volume in at(one, "mountPoints.sourceVolume", where):
        if inputs.get("volumes") is not UNKNOWN and UNKNOWN not in volumes and volume not in volumes:
            yield Fault(place, "must be the name of one of the task's `volumes`", volume)
    for place, log in objects(one, "logConfiguration", where):
        yield from _log(place, log, inputs)
    needing = [name for name in ("secrets", "repositoryCredentials") if one.get(name)]
    if needing and not given(inputs, "executionRoleArn"):
        yield Fault("executionRoleArn", f"is needed, as {where}.{needing[0]} is read with it")


def _log(place: str, log: Values, inputs: Values) -> Iterator[Fault]:
    options = cast(Mapping[str, Any], log.get("options") or {})
    if "max-buffer-size" in options and options.get("mode") == "blocking":
        yield Fault(f"{place}.options.max-buffer-size", "goes with mode non-blocking alone", options["max-buffer-size"])
    fargate = _for_fargate(inputs)
    if log.get("logDriver") == "awslogs":
        wanted = ("awslogs-group", "awslogs-region", *(["awslogs-stream-prefix"] if fargate else []))
        yield from (Fault(f"{place}.options.{name}", "awslogs needs it") for name in wanted if not options.get(name))
        if fargate and not given(inputs, "executionRoleArn"):
            yield Fault("executionRoleArn", "is needed on Fargate, as awslogs writes with it")


def _container_on_fargate(where: str, one: Values) -> Iterator[Fault]:
    for path in _NOT_ON_FARGATE:
        parent, _dot, name = path.rpartition(".")
        holder: Any = one.get(parent) or {} if parent else one
        if isinstance(holder, dict) and given(cast(Values, holder), name) and cast(Values, holder)[name] is not False:
            yield Fault(f"{where}.{path}", "Fargate does not take it")
    yield from hold(one, {"logConfiguration.logDriver": _FARGATE_DRIVERS}, where)
    for place, capability in at(one, "linuxParameters.capabilities.add", where):
        if capability != "SYS_PTRACE":
            yield Fault(place, "Fargate adds SYS_PTRACE alone", capability)
    for place, kind in at(one, "resourceRequirements.type", where):
        if kind == "GPU":
            yield Fault(place, "Fargate has no GPU", kind)


def service(inputs: Values, _: Context) -> Iterator[Fault]:
    strategy = list(objects(inputs, "capacityProviderStrategies"))
    if len([one for _place, one in strategy if one.get("base") not in (None, 0, UNKNOWN)]) > 1:
        yield Fault("capacityProviderStrategies", "only one capacity provider may have a base")
    if strategy and all(not one.get("weight") for _place, one in strategy):
        yield Fault("capacityProviderStrategies", "at least one weight must be greater than 0")
    providers = [(f"{place}.capacityProvider", one.get("capacityProvider")) for place, one in strategy]
    yield from distinct([(place, name) for place, name in providers if isinstance(name, str)], "capacity providers")
    least, most = (number(inputs.get(f"deployment{name}")) for name in ("MinimumHealthyPercent", "MaximumPercent"))
    if least is not None and most is not None and most <= 100 <= least:
        yield Fault(
            "deploymentMaximumPercent", "must be more than 100 where deploymentMinimumHealthyPercent is 100", most
        )
    if inputs.get("availabilityZoneRebalancing") == "ENABLED" and most is not None and most <= 100:
        yield Fault("availabilityZoneRebalancing", "needs a deploymentMaximumPercent of more than 100", "ENABLED")
    if inputs.get("healthCheckGracePeriodSeconds") and not given(inputs, "loadBalancers"):
        yield Fault("healthCheckGracePeriodSeconds", "goes with load balancers alone")
    for name, most_of in (("subnets", 16), ("securityGroups", 5)):
        found = list(at(inputs, f"networkConfiguration.{name}"))
        if len(found) > most_of:
            yield Fault(f"networkConfiguration.{name}", f"at most {most_of} are allowed", len(found))


SERVICE_ACROSS: tuple[Across, ...] = (service, at_most_one("launchType", "capacityProviderStrategies"))
TASK_DEFINITION_ACROSS: tuple[Across, ...] = (task_definition,)
