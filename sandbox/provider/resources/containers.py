"""ECS and ECR: clusters, task definitions, services, repositories."""

import json
from typing import Any, cast

from ..account import AccountError
from ..convert import ConversionError
from ..spec import Call, Context, Resource, Tags, pairs
from ..values import UNKNOWN, Values

_ECS_TAGS = Tags("TagResource UntagResource resourceArn={arn}", "ListTagsForResource -> tags", keys="tagKeys")
_LAST_EVENTS = 4
_NOT_SHOWN = "the account takes it and does not show it"


def _definitions(values: Values, _: Context) -> Values:
    """Container definitions come as one JSON document in the API's own spelling."""
    document = values.get("containerDefinitions")
    try:
        return {**values, "containerDefinitions": json.loads(document)} if isinstance(document, str) else values
    except ValueError as error:
        raise ConversionError("containerDefinitions", f"not a JSON document: {error}") from None


def _task_definition(found: Any, context: Context) -> Values | None:
    if found.get("status") == "INACTIVE":
        return None
    sent = context["containerDefinitions"]
    known: Any = json.loads(sent) if isinstance(sent, str) else [{} for _ in found["containerDefinitions"]]
    definitions = _as_sent(known, found["containerDefinitions"])
    return {
        "containerDefinitions": json.dumps(definitions, separators=(",", ":"), sort_keys=True),
        "arnWithoutRevision": found["taskDefinitionArn"].rpartition(":")[0],
        "enableFaultInjection": found.get("enableFaultInjection", False),
    }


_FILLED_IN = {"essential": True, "protocol": "tcp"}


def _as_sent(sent: Any, found: Any) -> Any:
    """`found` without the empty members, and those of a set value, that the service adds to what was sent."""
    if isinstance(sent, dict) and isinstance(found, dict):
        cut: Values = {}
        for name, value in found.items():  # pyright: ignore[reportUnknownVariableType]
            if name in sent:
                cut[name] = _as_sent(sent[name], value)
            elif value not in (None, [], {}, 0, False, "") and not (sent and value == _FILLED_IN.get(cast(str, name))):
                cut[name] = value
        return cut
    if isinstance(sent, list) and isinstance(found, list) and len(sent) == len(found):  # pyright: ignore[reportUnknownArgumentType]
        return [_as_sent(a, b) for a, b in zip(sent, found, strict=True)]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return found  # pyright: ignore[reportUnknownVariableType]


def _service(found: Any, _: Context) -> Values:
    network = found[0].get("networkConfiguration", {}).get("awsvpcConfiguration")
    shown = {**network, "assignPublicIp": network.get("assignPublicIp") == "ENABLED"} if network else None
    return {"iamRole": found[0].get("roleArn")} | ({"networkConfiguration": shown} if shown else {})


def _service_parameters(values: Values, context: Context) -> Values:
    """Whether tasks have public addresses is a word to the API, and a deployment's configuration is one object."""
    built = dict(values)
    if any(name in built for name in _DEPLOYMENT.split()):
        deployment = {name: built.pop(name, context[name]) for name in _DEPLOYMENT.split()}
        built |= {name: value for name, value in deployment.items() if value is not None}
    network = built.get("networkConfiguration")
    if isinstance(network, dict):
        public: Any = cast(Values, network).get("assignPublicIp")
        spelt: Any = public if public is UNKNOWN or public is None else "ENABLED" if public else "DISABLED"
        built["networkConfiguration"] = {**network, "assignPublicIp": spelt}
    return built


def _all_providers(values: Values, _: Context) -> Values:
    return {"capacityProviders": [], "defaultCapacityProviderStrategies": [], **values}


def _drain(context: Context) -> None:
    """A service is scaled to nothing before it is deleted, as the AWS provider does it."""
    if context["schedulingStrategy"] != "DAEMON":
        context.call("UpdateService", cluster=context["cluster"], service=context["id"], desiredCount=0)


def _steady(context: Context) -> bool:
    """Whether the deployment that this change started is over, for a program that wants to wait for it.

    Raises:
        AccountError: it ended otherwise than well, with the service's reason and last words.
    """
    if context["waitForSteadyState"] is not True:
        return True
    which: Values = {"cluster": context["cluster"], "service": context["id"]}
    deployments = context.call("ListServiceDeployments", **which)["serviceDeployments"]
    # Times of the API may be whole seconds.
    ours = [one for one in deployments if one["createdAt"].timestamp() >= int(context.began)]
    if not ours or ours[0]["status"] == "SUCCESSFUL":
        return True
    if ours[0]["status"] not in ("STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"):
        return False
    (service,) = context.call("DescribeServices", cluster=context["cluster"], services=[context["id"]])["services"]
    said = " ".join(event["message"] for event in reversed(service["events"][:_LAST_EVENTS]))
    reason = ours[0].get("statusReason", "")
    raise AccountError("UpdateService", ours[0]["status"], f"the deployment did not hold: {reason} Last events: {said}")


# What `deploymentConfiguration` of the API consists of: the object, and then what is put into it.
_DEPLOYMENT = (
    "deploymentConfiguration deploymentCircuitBreaker deploymentMaximumPercent deploymentMinimumHealthyPercent alarms"
)
_CHANGEABLE = (
    "taskDefinition desiredCount platformVersion loadBalancers networkConfiguration propagateTags placementConstraints"
    " orderedPlacementStrategies serviceRegistries serviceConnectConfiguration capacityProviderStrategies"
    " enableExecuteCommand enableEcsManagedTags healthCheckGracePeriodSeconds availabilityZoneRebalancing "
    + _DEPLOYMENT
)
_PROVIDERS = "capacityProviders defaultCapacityProviderStrategies"

RESOURCES = (
    Resource(
        "aws:ecr/repository:Repository",
        create=Call(
            "CreateRepository name imageTagMutability imageTagMutabilityExclusionFilters "
            "imageScanningConfiguration encryptionConfigurations -> {name}"
        ),
        read=Call("DescribeRepositories repositoryNames=[{id}] -> repositories"),
        updates=(
            Call(
                "PutImageTagMutability imageTagMutability imageTagMutabilityExclusionFilters repositoryName={id}",
                whole=True,
            ),
            Call("PutImageScanningConfiguration imageScanningConfiguration repositoryName={id}"),
        ),
        delete=Call("DeleteRepository repositoryName={id} force={forceDelete}"),
        names={"name": "repositoryName"},
        reads={"arn": "repositoryArn", "repositoryUrl": "repositoryUri"},
        outputs="arn registryId repositoryUrl encryptionConfigurations",
        blocks="encryptionConfigurations",
        defaults={"imageTagMutability": "MUTABLE"},
        clear={"imageScanningConfiguration": {"scanOnPush": False}},
        local="forceDelete",
        name="name",
        limit=256,
        spell=str.lower,
        tags=Tags("TagResource UntagResource resourceArn={arn}", "ListTagsForResource -> tags", keys="tagKeys"),
    ),
    Resource(
        "aws:ecr/lifecyclePolicy:LifecyclePolicy",
        create=Call("PutLifecyclePolicy repository policy -> {repository}"),
        read=Call("GetLifecyclePolicy repositoryName={id}"),
        updates=Call("PutLifecyclePolicy policy repositoryName={id}"),
        delete=Call("DeleteLifecyclePolicy repositoryName={id}"),
        names={"repository": "repositoryName", "policy": "lifecyclePolicyText"},
        outputs="registryId",
    ),
    Resource(
        "aws:ecs/cluster:Cluster",
        create=Call("CreateCluster name settings configuration serviceConnectDefaults -> cluster.clusterArn"),
        read=Call("DescribeClusters clusters=[{id}] include=[SETTINGS,CONFIGURATIONS] -> clusters"),
        updates=Call("UpdateCluster settings configuration serviceConnectDefaults cluster={id}"),
        delete=Call("DeleteCluster cluster={id}"),
        names={"name": "clusterName"},
        reads={"arn": "clusterArn"},
        outputs="arn settings",
        gone=("status", ("INACTIVE", "DEPROVISIONING")),
        name="name",
        tags=_ECS_TAGS,
    ),
    Resource(
        "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
        create=Call(
            f"PutClusterCapacityProviders clusterName {_PROVIDERS} -> {{clusterName}}", fills=True, build=_all_providers
        ),
        read=Call("DescribeClusters clusters=[{id}] -> clusters"),
        updates=Call(f"PutClusterCapacityProviders {_PROVIDERS} cluster={{id}}", whole=True, build=_all_providers),
        delete=Call("PutClusterCapacityProviders cluster={id} capacityProviders=[] defaultCapacityProviderStrategy=[]"),
        names={"clusterName": "cluster"},
        reads={"clusterName": "clusterName"},
        gone=("status", ("INACTIVE", "DEPROVISIONING")),
    ),
    Resource(
        "aws:ecs/taskDefinition:TaskDefinition",
        create=Call(
            "RegisterTaskDefinition family containerDefinitions cpu memory networkMode requiresCompatibilities "
            "runtimePlatform executionRoleArn taskRoleArn ephemeralStorage volumes placementConstraints "
            "proxyConfiguration ipcMode pidMode enableFaultInjection -> {family}",
            build=_definitions,
        ),
        parse=r"(?P<arn>arn:.*/(?P<family>[^:]+):\d+)",
        # Of a revision that was being made when all was killed, the state knows the family alone: its latest one.
        read=Call("DescribeTaskDefinition taskDefinition={arn|id} -> taskDefinition", take=_task_definition),
        delete=Call("DeregisterTaskDefinition taskDefinition={arn}"),
        names={"volumes.hostPath": "host.sourcePath", "ephemeralStorage.sizeInGib": "sizeInGiB"},
        reads={"arn": "taskDefinitionArn"},
        outputs="arn arnWithoutRevision revision networkMode enableFaultInjection",
        defaults={"skipDestroy": False, "trackLatest": False},
        local="skipDestroy trackLatest",
        unique="",
        tags=_ECS_TAGS,
    ),
    Resource(
        "aws:ecs/service:Service",
        create=Call(
            "CreateService name cluster launchType schedulingStrategy deploymentController iamRole "
            + _CHANGEABLE
            + " -> service.serviceArn",
            build=_service_parameters,
        ),
        parse=r"(?:arn:.*:service/)?(?P<cluster>[^/]+)/(?P<name>[^/]+)",
        read=Call("DescribeServices cluster={cluster} services=[{name}] -> services", take=_service),
        updates=Call(
            "UpdateService " + _CHANGEABLE + " cluster={cluster} service={id} forceNewDeployment={forceNewDeployment}",
            build=_service_parameters,
        ),
        delete=Call("DeleteService cluster={cluster} service={id} force=true"),
        names=pairs(
            "name=serviceName iamRole=role networkConfiguration=networkConfiguration.awsvpcConfiguration "
            "orderedPlacementStrategies=placementStrategy "
            "deploymentCircuitBreaker=deploymentConfiguration.deploymentCircuitBreaker "
            "deploymentMaximumPercent=deploymentConfiguration.maximumPercent "
            "deploymentMinimumHealthyPercent=deploymentConfiguration.minimumHealthyPercent "
            "alarms=deploymentConfiguration.alarms loadBalancers.elbName=loadBalancerName"
        ),
        reads={"arn": "serviceArn", "cluster": "clusterArn"},
        outputs="arn launchType deploymentController",
        defaults=pairs(
            "deploymentMaximumPercent=200 deploymentMinimumHealthyPercent=100 enableEcsManagedTags=false "
            "enableExecuteCommand=false schedulingStrategy=REPLICA waitForSteadyState=false"
        ),
        clear={
            "alarms": {"alarmNames": [], "enable": False, "rollback": False},
            "availabilityZoneRebalancing": "DISABLED",
            "capacityProviderStrategies": [],
            "desiredCount": 0,
            "healthCheckGracePeriodSeconds": 0,
            "propagateTags": "NONE",
            "deploymentCircuitBreaker": {"enable": False, "rollback": False},
        },
        local="forceNewDeployment forceDelete waitForSteadyState triggers sigintRollback",
        gaps={"serviceConnectConfiguration": _NOT_SHOWN},
        gone=("status", ("INACTIVE", "DRAINING")),
        name="name",
        unique="cluster name",
        tags=_ECS_TAGS,
        prepare_delete=_drain,
        steady=_steady,
    ),
)
