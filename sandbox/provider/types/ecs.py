"""Amazon ECS: clusters and services."""

from collections.abc import Iterator
from typing import Any

from ..account import AccountError
from ..resource import Call, Context, Name, Read, Resource, Tags
from ..rules import Fault, between, matches, number, objects, one_of, required
from ..values import Values, agrees, is_object
from .ecs_task_definitions import NAME, is_inactive


def _cluster_rules(inputs: Values) -> Iterator[Fault]:
    """Amazon ECS API Reference, ClusterSetting."""
    yield from one_of(inputs, "settings.value", "enhanced", "enabled", "disabled")


def _service_rules(inputs: Values) -> Iterator[Fault]:
    """Amazon ECS API Reference: CreateService, DeploymentConfiguration, CanaryConfiguration, LinearConfiguration,
    CapacityProviderStrategyItem.
    """
    yield from matches(inputs, "name", *NAME)
    yield from required(inputs, "must be given on Fargate, where the network mode is awsvpc", "networkConfiguration")
    yield from between(inputs, "desiredCount", 0)
    yield from between(inputs, "deploymentMinimumHealthyPercent", 0, 100, "%")
    yield from between(inputs, "deploymentMaximumPercent", 0, 200, "%")
    deployment = "deploymentConfiguration"
    yield from between(inputs, f"{deployment}.canaryConfiguration.canaryPercent", 0.1, 100, "%")
    yield from between(inputs, f"{deployment}.linearConfiguration.stepPercent", 3, 100, "%")
    for bake in (
        "bakeTimeInMinutes",
        "canaryConfiguration.canaryBakeTimeInMinutes",
        "linearConfiguration.stepBakeTimeInMinutes",
    ):
        yield from between(inputs, f"{deployment}.{bake}", 0, 1440, "minutes")
    providers = list(objects(inputs, "capacityProviderStrategies"))
    if sum(bool(one.get("base")) for _, one in providers) > 1:
        yield Fault("capacityProviderStrategies", "must have a base for one capacity provider only")
    if providers and not any(one.get("weight") for _, one in providers):
        yield Fault("capacityProviderStrategies", "must have a weight of more than 0")
    for place, one in providers:
        if one.get("base") and not one.get("weight"):
            yield Fault(f"{place}.weight", "must be more than 0 with a base, as ECS places no task by a weight of 0", 0)
    most = number(inputs.get("deploymentMaximumPercent"))
    if most is not None and most <= 100:
        if (number(inputs.get("deploymentMinimumHealthyPercent")) or 0) >= 100:
            rule = "must be more than 100 with a deploymentMinimumHealthyPercent of 100"
            yield Fault("deploymentMaximumPercent", rule, most)
        if inputs.get("availabilityZoneRebalancing") == "ENABLED":
            yield Fault("availabilityZoneRebalancing", "needs a deploymentMaximumPercent of more than 100", "ENABLED")


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
            gone=is_inactive,
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
    rules=_cluster_rules,
)


def _no_default_strategy(it: Context) -> Values:
    return {"cluster": it.id or it["clusterName"], "capacityProviders": [], "defaultCapacityProviderStrategy": []}


CAPACITY_PROVIDERS = Resource(
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
    service="ecs",
    create=Call("PutClusterCapacityProviders", ("clusterName", "capacityProviders"), params=_no_default_strategy),
    id="clusterName",
    read=(Read("DescribeClusters", at="clusters", params=lambda it: {"clusters": [it.id]}, gone=is_inactive),),
    update=(Call("PutClusterCapacityProviders", ("capacityProviders",), params=_no_default_strategy),),
    delete=(Call("PutClusterCapacityProviders", params=_no_default_strategy),),
    rename={"clusterName": "cluster"},
    shown_as={"clusterName": "clusterName"},
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
    if not agrees(news.get(name), olds.get(name)) and news.get("forceNewDeployment") is not True:
        raise ValueError("force_new_deployment should be true when capacity_provider_strategy is being updated")


def _service(found: Any, _: Context) -> Values:
    network: Values = found["networkConfiguration"]["awsvpcConfiguration"]
    return {"networkConfiguration": {**network, "assignPublicIp": network.get("assignPublicIp") == "ENABLED"}}


def _scale_in(it: Context) -> None:
    """The AWS provider scales a service to zero before it deletes it."""
    it.call("UpdateService", cluster=it["cluster"], service=it.id, desiredCount=0)


def _is_steady(it: Context) -> bool:
    """Whether the deployment that this change started is over, if the program wants to wait for it.

    Without a deployment of its own, a change waits until the service has one deployment and all of its tasks
    (terraform-provider-aws, internal/service/ecs/service.go, statusServiceWaitForStable).

    Raises:
        AccountError: it failed, with the reason and the service's last events.
    """
    if it["waitForSteadyState"] is not True:
        return True
    deployments = it.call("ListServiceDeployments", cluster=it["cluster"], service=it.id)["serviceDeployments"]
    (service,) = it.call("DescribeServices", cluster=it["cluster"], services=[it.id])["services"]
    # Times of the API may be whole seconds.
    ours = [one for one in deployments if one["createdAt"].timestamp() >= int(it.began)]
    if not ours:
        return len(service["deployments"]) == 1 and service["runningCount"] == service["desiredCount"]
    if ours[0]["status"] == "SUCCESSFUL":
        return True
    if ours[0]["status"] not in ("STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"):
        return False
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
            gone=is_inactive,
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
    delete=(Call("DeleteService"),),
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

RESOURCES = (CLUSTER, CAPACITY_PROVIDERS, SERVICE)
