"""Amazon ECS: clusters, task definitions and services."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..account import AccountError
from ..convert import ConversionError
from ..resource import Call, Context, Name, Read, Resource, Tags
from ..rules import Fault, between, distinct, found, get, given, matches, number, objects, one_of, parse, required
from ..values import UNKNOWN, Values, is_list, is_object, same

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
_NAME = (r"[A-Za-z0-9_-]{1,255}", "must be 1 to 255 letters, digits, hyphens and underscores")
_NOT_ON_FARGATE = ("devices", "maxSwap", "sharedMemorySize", "swappiness")
_CONTAINERS = "containerDefinitions"


def _task_definition_rules(inputs: Values) -> Iterator[Fault]:
    """Amazon ECS API Reference: RegisterTaskDefinition, ContainerDefinition, PortMapping, HealthCheck; Developer Guide:
    "Amazon ECS task definition differences for Fargate", "Amazon ECS service quotas".
    """
    yield from matches(inputs, "family", *_NAME)
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
        for fault in _container(container):
            yield Fault(f"{place}.{fault.path}", fault.rule, fault.value)


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
    yield from matches(containers, f"{_CONTAINERS}.name", *_NAME)
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
        names = ("awslogs-group", "awslogs-region", "awslogs-stream-prefix")
        yield from required(
            container, "must be given for awslogs", *(f"logConfiguration.options.{name}" for name in names)
        )
    if "max-buffer-size" in options and options.get("mode") != "non-blocking":
        yield Fault("logConfiguration.options.max-buffer-size", "needs the mode non-blocking")
    for name in _NOT_ON_FARGATE:
        if given(container, f"linuxParameters.{name}"):
            yield Fault(f"linuxParameters.{name}", "must not be given on Fargate")


def _service_rules(inputs: Values) -> Iterator[Fault]:
    """Amazon ECS API Reference: CreateService, DeploymentConfiguration, CapacityProviderStrategyItem."""
    yield from matches(inputs, "name", *_NAME)
    yield from required(inputs, "must be given on Fargate, where the network mode is awsvpc", "networkConfiguration")
    yield from between(inputs, "desiredCount", 0)
    yield from between(inputs, "deploymentMinimumHealthyPercent", 0, 100, "%")
    yield from between(inputs, "deploymentMaximumPercent", 0, 200, "%")
    providers = list(objects(inputs, "capacityProviderStrategies"))
    if sum(bool(one.get("base")) for _, one in providers) > 1:
        yield Fault("capacityProviderStrategies", "must have a base for one capacity provider only")
    if providers and not any(one.get("weight") for _, one in providers):
        yield Fault("capacityProviderStrategies", "must have a weight of more than 0")
    most = number(inputs.get("deploymentMaximumPercent"))
    if most is not None and most <= 100:
        if (number(inputs.get("deploymentMinimumHealthyPercent")) or 0) >= 100:
            rule = "must be more than 100 with a deploymentMinimumHealthyPercent of 100"
            yield Fault("deploymentMaximumPercent", rule, most)
        if inputs.get("availabilityZoneRebalancing") == "ENABLED":
            yield Fault("availabilityZoneRebalancing", "needs a deploymentMaximumPercent of more than 100", "ENABLED")


def _is_inactive(found: Any) -> bool:
    return found["status"] in ("INACTIVE", "DEPROVISIONING", "DRAINING")


def _refuse_a_block_that_goes_away(olds: Values, news: Values) -> None:
    """Refuses what the AWS provider ignores: it does not send a configuration that the program drops."""
    if olds.get("configuration") and not news.get("configuration"):
        raise ValueError("configuration: the AWS provider cannot remove it from a cluster")


CLUSTER = Resource(
    "aws:ecs/cluster:Cluster",
    service="ecs",
    create=Call("CreateCluster", ("name", "configuration", "settings")),
    id=lambda answer, _: answer["cluster"]["clusterArn"],
    identity=lambda it: {"cluster": it.id},
    read=(
        Read(
            "DescribeClusters",
            at="clusters",
            params=lambda it: {"clusters": [it.id], "include": ["CONFIGURATIONS", "SETTINGS"]},
            gone=_is_inactive,
        ),
    ),
    update=(Call("UpdateCluster", ("configuration", "settings")),),
    delete=(Call("DeleteCluster"),),
    rename={"name": "clusterName"},
    shown_as={"arn": "clusterArn"},
    outputs=("arn", "settings"),
    members={
        "configuration": ("executeCommandConfiguration",),
        "configuration.executeCommandConfiguration": ("kmsKeyId", "logConfiguration", "logging"),
        "configuration.executeCommandConfiguration.logConfiguration": (
            "cloudWatchEncryptionEnabled",
            "cloudWatchLogGroupName",
        ),
        "settings": ("name", "value"),
    },
    name=Name("name"),
    refuses=_refuse_a_block_that_goes_away,
    tags=Tags(),
)


def _no_default_strategy(it: Context) -> Values:
    return {"cluster": it.id or it["clusterName"], "capacityProviders": [], "defaultCapacityProviderStrategy": []}


CAPACITY_PROVIDERS = Resource(
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
    service="ecs",
    create=Call("PutClusterCapacityProviders", ("clusterName", "capacityProviders"), params=_no_default_strategy),
    id="clusterName",
    read=(Read("DescribeClusters", at="clusters", params=lambda it: {"clusters": [it.id]}, gone=_is_inactive),),
    update=(Call("PutClusterCapacityProviders", ("capacityProviders",), params=_no_default_strategy),),
    delete=(Call("PutClusterCapacityProviders", params=_no_default_strategy),),
    rename={"clusterName": "cluster"},
    shown_as={"clusterName": "clusterName"},
)


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
    read=(Read("DescribeTaskDefinition", at="taskDefinition", show=_task_definition, gone=_is_inactive),),
    delete=(Call("DeregisterTaskDefinition"),),
    shown_as={"arn": "taskDefinitionArn"},
    outputs=("arn", "networkMode", "revision"),
    defaults={"skipDestroy": False},
    local=("skipDestroy",),
    members={"runtimePlatform": ("cpuArchitecture", "operatingSystemFamily")},
    tags=Tags(),
    rules=_task_definition_rules,
)

# `deploymentConfiguration` of the API: the object, and the properties that are members of it.
_DEPLOYMENT = (
    *("deploymentConfiguration", "deploymentCircuitBreaker", "deploymentMaximumPercent"),
    *("deploymentMinimumHealthyPercent", "alarms"),
)
_SERVICE = (
    *("taskDefinition", "desiredCount", "loadBalancers", "networkConfiguration", "propagateTags"),
    *("capacityProviderStrategies", "enableExecuteCommand", "enableEcsManagedTags", "healthCheckGracePeriodSeconds"),
    *("availabilityZoneRebalancing", *_DEPLOYMENT),
)
_LAST_EVENTS = 4


def _service_parameters(values: Values, it: Context) -> Values:
    """A deployment's configuration is sent whole, and `assignPublicIp` is a word to the API."""
    built = dict(values)
    if any(name in built for name in _DEPLOYMENT):
        deployment = {name: built.pop(name, it[name]) for name in _DEPLOYMENT}
        built |= {name: value for name, value in deployment.items() if value is not None}
    network = built.get("networkConfiguration")
    if is_object(network) and isinstance(network.get("assignPublicIp"), bool):
        word = "ENABLED" if network["assignPublicIp"] else "DISABLED"
        built["networkConfiguration"] = {**network, "assignPublicIp": word}
    return built


def _refuse_unforced_capacity(olds: Values, news: Values) -> None:
    """The AWS provider's `capacityProviderStrategyCustomizeDiff`, which ends the preview."""
    name = "capacityProviderStrategies"
    if not same(olds.get(name), news.get(name)) and news.get("forceNewDeployment") is not True:
        raise ValueError("force_new_deployment should be true when capacity_provider_strategy is being updated")


def _service(found: Any, _: Context) -> Values:
    network = found.get("networkConfiguration", {}).get("awsvpcConfiguration")
    if not network:
        return {}
    return {"networkConfiguration": {**network, "assignPublicIp": network.get("assignPublicIp") == "ENABLED"}}


def _scale_in(it: Context) -> None:
    """The AWS provider scales a service to zero before it deletes it."""
    it.call("UpdateService", cluster=it["cluster"], service=it.id, desiredCount=0)


def _is_steady(it: Context) -> bool:
    """Whether the deployment that this change started is over, if the program wants to wait for it.

    Raises:
        AccountError: it failed, with the reason and the service's last events.
    """
    if it["waitForSteadyState"] is not True:
        return True
    deployments = it.call("ListServiceDeployments", cluster=it["cluster"], service=it.id)["serviceDeployments"]
    # Times of the API may be whole seconds.
    ours = [one for one in deployments if one["createdAt"].timestamp() >= int(it.began)]
    if not ours or ours[0]["status"] == "SUCCESSFUL":
        return True
    if ours[0]["status"] not in ("STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"):
        return False
    (service,) = it.call("DescribeServices", cluster=it["cluster"], services=[it.id])["services"]
    events = " ".join(event["message"] for event in reversed(service["events"][:_LAST_EVENTS]))
    reason = ours[0].get("statusReason", "")
    raise AccountError("UpdateService", ours[0]["status"], f"the deployment failed: {reason} Last events: {events}")


def _parse_service(id: str) -> Values:
    """The service's ARN, or the cluster and the service's name, the id of an import."""
    cluster, _, name = id.rpartition(":service/")[2].partition("/")
    return {"cluster": cluster, "name": name}


SERVICE = Resource(
    "aws:ecs/service:Service",
    service="ecs",
    create=Call("CreateService", ("name", "cluster", *_SERVICE), prepare=_service_parameters),
    id=lambda answer, _: answer["service"]["serviceArn"],
    parse_id=_parse_service,
    canonical_id=lambda outputs: outputs["arn"],
    identity=lambda it: {"cluster": it["cluster"], "service": it.id},
    read=(
        Read(
            "DescribeServices",
            at="services",
            params=lambda it: {"cluster": it["cluster"], "services": [it["name"]]},
            show=_service,
            gone=_is_inactive,
        ),
    ),
    update=(
        Call(
            "UpdateService",
            _SERVICE,
            also_for=("forceNewDeployment",),
            params=lambda it: {
                "cluster": it["cluster"],
                "service": it.id,
                "forceNewDeployment": it["forceNewDeployment"] is True,
            },
            prepare=_service_parameters,
        ),
    ),
    delete=(Call("DeleteService", params=lambda it: {"cluster": it["cluster"], "service": it.id, "force": True}),),
    rename={
        "name": "serviceName",
        "networkConfiguration": "networkConfiguration.awsvpcConfiguration",
        "deploymentCircuitBreaker": "deploymentConfiguration.deploymentCircuitBreaker",
        "deploymentMaximumPercent": "deploymentConfiguration.maximumPercent",
        "deploymentMinimumHealthyPercent": "deploymentConfiguration.minimumHealthyPercent",
        "alarms": "deploymentConfiguration.alarms",
    },
    shown_as={"arn": "serviceArn", "cluster": "clusterArn"},
    outputs=("arn",),
    # The AWS provider sends no circuit breaker that the program leaves out: ECS keeps the one that the service has.
    keeps=("availabilityZoneRebalancing", "cluster", "deploymentCircuitBreaker", "deploymentConfiguration"),
    defaults={
        "deploymentMaximumPercent": 200,
        "deploymentMinimumHealthyPercent": 100,
        "enableEcsManagedTags": False,
        "enableExecuteCommand": False,
        "waitForSteadyState": False,
    },
    clear={
        "alarms": {"alarmNames": [], "enable": False, "rollback": False},
        "capacityProviderStrategies": [],
        "desiredCount": 0,
        "healthCheckGracePeriodSeconds": 0,
        "propagateTags": "NONE",
    },
    local=("forceNewDeployment", "waitForSteadyState"),
    members={
        "alarms": ("alarmNames", "enable", "rollback"),
        "capacityProviderStrategies": ("base", "capacityProvider", "weight"),
        "deploymentCircuitBreaker": ("enable", "rollback"),
        "deploymentConfiguration": ("bakeTimeInMinutes", "canaryConfiguration", "linearConfiguration", "strategy"),
        "deploymentConfiguration.canaryConfiguration": ("canaryBakeTimeInMinutes", "canaryPercent"),
        "deploymentConfiguration.linearConfiguration": ("stepBakeTimeInMinutes", "stepPercent"),
        "loadBalancers": ("advancedConfiguration", "containerName", "containerPort", "targetGroupArn"),
        "loadBalancers.advancedConfiguration": (
            "alternateTargetGroupArn",
            "productionListenerRule",
            "roleArn",
            "testListenerRule",
        ),
        "networkConfiguration": ("assignPublicIp", "securityGroups", "subnets"),
    },
    name=Name("name"),
    tags=Tags(),
    before_delete=_scale_in,
    refuses=_refuse_unforced_capacity,
    steady=_is_steady,
    hook_operations=("DescribeServices", "ListServiceDeployments"),
    rules=_service_rules,
)

RESOURCES = (CLUSTER, CAPACITY_PROVIDERS, TASK_DEFINITION, SERVICE)
