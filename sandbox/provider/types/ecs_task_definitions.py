"""Amazon ECS: task definitions, of tasks on Fargate."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..convert import ConversionError
from ..resource import Call, Context, Read, Resource, Tags
from ..rules import Fault, between, distinct, found, get, given, matches, number, objects, one_of, parse, required
from ..values import UNKNOWN, Values, is_list, is_object

# CPU units → MiB of memory. Amazon ECS Developer Guide, "Troubleshoot Amazon ECS task definition invalid CPU or memory
# errors".
FARGATE_MEMORY: Mapping[int, Sequence[int]] = {
    256: (512, 1024, 2048),
    512: range(1024, 4096 + 1, 1024),
    1024: range(2048, 8192 + 1, 1024),
    2048: range(4096, 16384 + 1, 1024),
    4096: range(8192, 30720 + 1, 1024),
    8192: range(16384, 61440 + 1, 4096),
    16384: range(32768, 122880 + 1, 8192),
    32768: (61440, 122880, 249856),
}
NAME = (r"[A-Za-z0-9_-]{1,255}", "must be 1 to 255 letters, digits, hyphens and underscores")
_NOT_ON_FARGATE = ("devices", "maxSwap", "sharedMemorySize", "swappiness")
_CONTAINERS = "containerDefinitions"
_REQUIRED_BY_AWSLOGS = ("awslogs-group", "awslogs-region", "awslogs-stream-prefix")
_OF_AWSLOGS = (
    *_REQUIRED_BY_AWSLOGS,
    *("awslogs-create-group", "awslogs-datetime-format", "awslogs-multiline-pattern", "max-buffer-size", "mode"),
)


def _task_definition_rules(inputs: Values) -> Iterator[Fault]:
    """Amazon ECS API Reference: RegisterTaskDefinition, ContainerDefinition, PortMapping, HealthCheck,
    LogConfiguration; Developer Guide, "Amazon ECS task definition differences for Fargate", "Amazon ECS service
    quotas".
    """
    yield from matches(inputs, "family", *NAME)
    if inputs.get("networkMode") not in ("awsvpc", UNKNOWN):
        yield Fault("networkMode", "must be awsvpc on Fargate", inputs.get("networkMode"))
    yield from required(inputs, "must be given on Fargate", "cpu", "memory")
    yield from _size(inputs)
    text = inputs.get(_CONTAINERS)
    if isinstance(text, str) and len(text.encode()) > 64 * 1024:
        yield Fault(_CONTAINERS, "must have at most 65,536 bytes", len(text.encode()))
    containers = parse(inputs, _CONTAINERS)
    yield from _container_values(containers)
    if containers and not any(one.get("essential", True) for _, one in objects(containers, _CONTAINERS)):
        yield Fault(_CONTAINERS, "must have an essential container")
    for place, container in objects(containers, _CONTAINERS):
        writes_logs = get(container, "logConfiguration.logDriver") == "awslogs"
        if not given(inputs, "executionRoleArn") and (given(container, "secrets") or writes_logs):
            yield Fault("executionRoleArn", f"must be given, as {place} has secrets or the log driver awslogs")
        yield from (fault.within(place) for fault in _container(container))


def _size(inputs: Values) -> Iterator[Fault]:
    cpu, memory = number(inputs.get("cpu")), number(inputs.get("memory"))
    if cpu is None or memory is None:
        return
    if cpu not in FARGATE_MEMORY:
        yield Fault("cpu", f"must be one of {', '.join(map(str, FARGATE_MEMORY))} on Fargate", inputs["cpu"])
    elif memory not in FARGATE_MEMORY[int(cpu)]:
        sizes = ", ".join(map(str, FARGATE_MEMORY[int(cpu)]))
        yield Fault("memory", f"must be one of {sizes} on Fargate with cpu {cpu:g}", inputs["memory"])


def _container_values(containers: Values) -> Iterator[Fault]:
    yield from matches(containers, f"{_CONTAINERS}.name", *NAME)
    yield from matches(containers, f"{_CONTAINERS}.image", r"\S{1,255}", "must be 1 to 255 characters without spaces")
    yield from between(containers, f"{_CONTAINERS}.portMappings.containerPort", 1, 65535)
    yield from between(containers, f"{_CONTAINERS}.stopTimeout", 0, 120, "seconds")
    yield from between(containers, f"{_CONTAINERS}.healthCheck.interval", 5, 300, "seconds")
    yield from between(containers, f"{_CONTAINERS}.healthCheck.timeout", 2, 60, "seconds")
    yield from between(containers, f"{_CONTAINERS}.healthCheck.startPeriod", 0, 300, "seconds")
    yield from between(containers, f"{_CONTAINERS}.healthCheck.retries", 1, 10)
    yield from one_of(containers, f"{_CONTAINERS}.logConfiguration.logDriver", "awslogs", "splunk", "awsfirelens")
    yield from one_of(containers, f"{_CONTAINERS}.logConfiguration.options.mode", "blocking", "non-blocking")


def _container(container: Values) -> Iterator[Fault]:
    """Yields faults with paths inside the container."""
    yield from required(container, "must be given", "name", "image")
    for place, mapping in objects(container, "portMappings"):
        if mapping.get("hostPort", mapping.get("containerPort")) != mapping.get("containerPort"):
            yield Fault(f"{place}.hostPort", "must be the same as containerPort in the network mode awsvpc")
    names = [*found(container, "environment.name"), *found(container, "secrets.name")]
    yield from distinct(iter(names), "must not be the name of another environment variable or secret")
    command = get(container, "healthCheck.command")
    if isinstance(command, list) and command[:1] not in (["CMD"], ["CMD-SHELL"]):
        yield Fault("healthCheck.command", "must start with CMD or CMD-SHELL")
    options: Values = get(container, "logConfiguration.options") or {}
    if get(container, "logConfiguration.logDriver") == "awslogs":
        paths = [f"logConfiguration.options.{name}" for name in _REQUIRED_BY_AWSLOGS]
        yield from required(container, "must be given for awslogs", *paths)
        for name in options:
            if name not in _OF_AWSLOGS:
                yield Fault(f"logConfiguration.options.{name}", "is no option of awslogs")
    if "max-buffer-size" in options and options.get("mode") != "non-blocking":
        yield Fault("logConfiguration.options.max-buffer-size", "needs the mode non-blocking")
    for name in _NOT_ON_FARGATE:
        if given(container, f"linuxParameters.{name}"):
            yield Fault(f"linuxParameters.{name}", "must not be given on Fargate")


def is_inactive(found: Any) -> bool:
    return found["status"] in ("INACTIVE", "DEPROVISIONING", "DRAINING")


def _definitions(values: Values, _: Context) -> Values:
    """Container definitions are one JSON document in the API's spelling."""
    document = values.get("containerDefinitions")
    try:
        return {**values, "containerDefinitions": json.loads(document)} if isinstance(document, str) else values
    except ValueError as error:
        raise ConversionError("containerDefinitions", f"is not a JSON document: {error}") from None


def _task_definition(found: Any, it: Context) -> Values:
    sent = it["containerDefinitions"]
    known: Any = json.loads(sent) if isinstance(sent, str) else [{} for _ in found["containerDefinitions"]]
    definitions = _as_sent(known, found["containerDefinitions"])
    return {"containerDefinitions": json.dumps(definitions, separators=(",", ":"), sort_keys=True)}


# What ECS adds to a container definition that lacks it.
_ADDED = {"essential": True, "protocol": "tcp"}


def _as_sent(sent: Any, found: Any) -> Any:
    """Returns `found` without the members that ECS adds to what was sent: empty ones, and those of `_ADDED`."""
    if is_object(sent) and is_object(found):
        added = {name for name, value in found.items() if not value or (sent and value == _ADDED.get(name))}
        return {name: _as_sent(sent.get(name), found[name]) for name in found if name in sent or name not in added}
    if is_list(sent) and is_list(found) and len(sent) == len(found):
        return [_as_sent(a, b) for a, b in zip(sent, found, strict=True)]
    return found


def _parse_revision(id: str) -> Values:
    """The ARN of a revision, the id of an import. The id in the state is the family."""
    return {"arn": id, "family": id.rpartition("/")[2].partition(":")[0]} if id.startswith("arn:") else {}


TASK_DEFINITION = Resource(
    "aws:ecs/taskDefinition:TaskDefinition",
    service="ecs",
    create=Call(
        "RegisterTaskDefinition",
        (
            *("family", "containerDefinitions", "cpu", "memory", "networkMode", "requiresCompatibilities"),
            *("runtimePlatform", "executionRoleArn", "taskRoleArn"),
        ),
        prepare=_definitions,
    ),
    id=lambda _, it: it["family"],
    parse_id=_parse_revision,
    canonical_id=lambda outputs: outputs["family"],
    identity=lambda it: {"taskDefinition": it["arn"] or it.id},
    read=(Read("DescribeTaskDefinition", at="taskDefinition", show=_task_definition, gone=is_inactive),),
    delete=(Call("DeregisterTaskDefinition"),),
    shown_as={"arn": "taskDefinitionArn"},
    outputs=("arn", "networkMode", "revision"),
    defaults={"skipDestroy": False},
    local=("skipDestroy",),
    members={"runtimePlatform": ("cpuArchitecture", "operatingSystemFamily")},
    tags=Tags(),
    rules=_task_definition_rules,
)

RESOURCES = (TASK_DEFINITION,)
