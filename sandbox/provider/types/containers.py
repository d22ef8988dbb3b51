"""ECS and ECR: clusters, task definitions, services, repositories."""

import json
from typing import Any

from ..account import AccountError
from ..convert import ConversionError
from ..spec import Context, table
from ..values import Values, is_list, is_object

_LAST_EVENTS = 4
# What `deploymentConfiguration` of the API consists of: the object, and then what is put into it.
_DEPLOYMENT = (
    "deploymentConfiguration deploymentCircuitBreaker deploymentMaximumPercent deploymentMinimumHealthyPercent alarms"
)


def definitions(values: Values, _: Context) -> Values:
    """Container definitions come as one JSON document in the API's own spelling."""
    document = values.get("containerDefinitions")
    try:
        return {**values, "containerDefinitions": json.loads(document)} if isinstance(document, str) else values
    except ValueError as error:
        raise ConversionError("containerDefinitions", f"not a JSON document: {error}") from None


def task_definition(found: Any, context: Context) -> Values:
    sent = context["containerDefinitions"]
    known: Any = json.loads(sent) if isinstance(sent, str) else [{} for _ in found["containerDefinitions"]]
    definitions = _as_sent(known, found["containerDefinitions"])
    return {
        "containerDefinitions": json.dumps(definitions, separators=(",", ":"), sort_keys=True),
        "arnWithoutRevision": found["taskDefinitionArn"].rpartition(":")[0],
    }


_FILLED_IN = {"essential": True, "protocol": "tcp"}


def _as_sent(sent: Any, found: Any) -> Any:
    """`found` without the empty members, and those of a set value, that the service adds to what was sent."""
    if is_object(sent) and is_object(found):
        added = {name for name, value in found.items() if not value or (sent and value == _FILLED_IN.get(name))}
        return {name: _as_sent(sent.get(name), found[name]) for name in found if name in sent or name not in added}
    if is_list(sent) and is_list(found) and len(sent) == len(found):
        return [_as_sent(a, b) for a, b in zip(sent, found, strict=True)]
    return found


def service(found: Any, _: Context) -> Values:
    network = found[0].get("networkConfiguration", {}).get("awsvpcConfiguration")
    if not network:
        return {}
    return {"networkConfiguration": {**network, "assignPublicIp": network.get("assignPublicIp") == "ENABLED"}}


def service_parameters(values: Values, context: Context) -> Values:
    """Whether tasks have public addresses is a word to the API, and a deployment's configuration is one object."""
    built = dict(values)
    if "capacityProviderStrategies" in built and context.olds and not context["forceNewDeployment"]:
        said = "a change of capacityProviderStrategies wants forceNewDeployment"
        raise AccountError("UpdateService", "InvalidParameterException", said)
    if any(name in built for name in _DEPLOYMENT.split()):
        deployment = {name: built.pop(name, context[name]) for name in _DEPLOYMENT.split()}
        built |= {name: value for name, value in deployment.items() if value is not None}
    network = built.get("networkConfiguration")
    if is_object(network) and isinstance(network.get("assignPublicIp"), bool):
        spelt = "ENABLED" if network["assignPublicIp"] else "DISABLED"
        built["networkConfiguration"] = {**network, "assignPublicIp": spelt}
    return built


def drain(context: Context) -> None:
    """A service is scaled to nothing before it is deleted, as the AWS provider does it."""
    if context["schedulingStrategy"] != "DAEMON":
        context.call("UpdateService", cluster=context["cluster"], service=context["id"], desiredCount=0)


def steady(context: Context) -> bool:
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


RESOURCES = table(
    globals(),
    r"""
    aws:ecr/repository:Repository
      create    CreateRepository name imageTagMutability imageTagMutabilityExclusionFilters imageScanningConfiguration
                encryptionConfigurations -> {name}
      read      DescribeRepositories repositoryNames=[{id}] -> repositories
      put       PutImageTagMutability imageTagMutability imageTagMutabilityExclusionFilters repositoryName={id}
      update    PutImageScanningConfiguration imageScanningConfiguration repositoryName={id}
      delete    DeleteRepository repositoryName={id} force={forceDelete}
      names     name=repositoryName
      outputs   arn=repositoryArn registryId repositoryUrl=repositoryUri encryptionConfigurations
      blocks    encryptionConfigurations
      defaults  imageTagMutability=MUTABLE
      clear     imageScanningConfiguration.scanOnPush=false
      local     forceDelete
      named     name
      tags      TagResource UntagResource ListTagsForResource resourceArn={arn} -> tags

    aws:ecr/lifecyclePolicy:LifecyclePolicy
      create    PutLifecyclePolicy repository policy -> {repository}
      read      GetLifecyclePolicy repositoryName={id}
      delete    DeleteLifecyclePolicy repositoryName={id}
      names     repository=repositoryName policy=lifecyclePolicyText
      outputs   registryId
      delete-first a repository has one, which the deletion of the old one would take along

    aws:ecs/cluster:Cluster
      create    CreateCluster name (settings configuration serviceConnectDefaults) -> cluster.clusterArn
      read      DescribeClusters clusters=[{id}] include=[SETTINGS,CONFIGURATIONS] -> clusters
      update    UpdateCluster () cluster={id}
      delete    DeleteCluster cluster={id}
      names     name=clusterName
      outputs   arn=clusterArn settings
      gone      status=INACTIVE,DEPROVISIONING
      named     name
      tags      TagResource UntagResource ListTagsForResource resourceArn={arn} -> tags

    aws:ecs/clusterCapacityProviders:ClusterCapacityProviders
      create    PutClusterCapacityProviders clusterName (capacityProviders defaultCapacityProviderStrategies
                capacityProviders=[] defaultCapacityProviderStrategy=[]) -> {clusterName}
      read      DescribeClusters clusters=[{id}] -> clusters
      put       PutClusterCapacityProviders () cluster={id}
      delete    PutClusterCapacityProviders cluster={id} capacityProviders=[] defaultCapacityProviderStrategy=[]
      names     clusterName=cluster
      reads     clusterName=clusterName
      gone      status=INACTIVE,DEPROVISIONING

    aws:ecs/taskDefinition:TaskDefinition
      create    RegisterTaskDefinition family containerDefinitions cpu memory networkMode requiresCompatibilities
                runtimePlatform executionRoleArn taskRoleArn ephemeralStorage volumes placementConstraints
                proxyConfiguration ipcMode pidMode enableFaultInjection @definitions -> {family}
      id        (?P<arn>arn:.*/(?P<family>[^:]+):\d+)
      # Of a revision that was being made when all was killed, the state knows the family alone: its latest one.
      read      DescribeTaskDefinition taskDefinition={arn|id} @task_definition -> taskDefinition
      delete    DeregisterTaskDefinition taskDefinition={arn}
      names     volumes.hostPath=host.sourcePath ephemeralStorage.sizeInGib=sizeInGiB
      otherwise enableFaultInjection=false
      outputs   arn=taskDefinitionArn arnWithoutRevision revision networkMode enableFaultInjection
      defaults  skipDestroy=false trackLatest=false
      local     skipDestroy trackLatest
      gone      status=INACTIVE
      tags      TagResource UntagResource ListTagsForResource resourceArn={arn} -> tags

    aws:ecs/service:Service
      create    CreateService name cluster launchType schedulingStrategy iamRole
                (deploymentController taskDefinition desiredCount platformVersion loadBalancers networkConfiguration
                propagateTags placementConstraints orderedPlacementStrategies serviceRegistries
                serviceConnectConfiguration capacityProviderStrategies enableExecuteCommand enableEcsManagedTags
                healthCheckGracePeriodSeconds availabilityZoneRebalancing DEPLOYMENT @service_parameters)
                -> service.serviceArn
      id        (?:arn:.*:service/)?(?P<cluster>[^/]+)/(?P<name>[^/]+)
      read      DescribeServices cluster={cluster} services=[{name}] @service -> services
      update    UpdateService () cluster={cluster} service={id} forceNewDeployment={forceNewDeployment}
      delete    DeleteService cluster={cluster} service={id} force=true
      names     name=serviceName iamRole=role networkConfiguration=networkConfiguration.awsvpcConfiguration
                orderedPlacementStrategies=placementStrategy loadBalancers.elbName=loadBalancerName
                deploymentCircuitBreaker=deploymentConfiguration.deploymentCircuitBreaker
                deploymentMaximumPercent=deploymentConfiguration.maximumPercent
                deploymentMinimumHealthyPercent=deploymentConfiguration.minimumHealthyPercent
                alarms=deploymentConfiguration.alarms
                serviceConnectConfiguration.services.clientAlias=clientAliases
      reads     cluster=clusterArn iamRole=roleArn
                serviceConnectConfiguration=deployments.serviceConnectConfiguration
      outputs   arn=serviceArn launchType deploymentController
      defaults  deploymentMaximumPercent=200 deploymentMinimumHealthyPercent=100 enableEcsManagedTags=false
                enableExecuteCommand=false schedulingStrategy=REPLICA waitForSteadyState=false
                networkConfiguration.assignPublicIp=false
      clear     alarms.alarmNames=[] alarms.enable=false alarms.rollback=false
                capacityProviderStrategies=[] desiredCount=0 healthCheckGracePeriodSeconds=0 propagateTags=NONE
                deploymentCircuitBreaker.enable=false deploymentCircuitBreaker.rollback=false
                serviceConnectConfiguration.enabled=false
      local     forceNewDeployment forceDelete waitForSteadyState triggers sigintRollback
      keeps     cluster iamRole platformVersion availabilityZoneRebalancing deploymentConfiguration triggers
      gone      status=INACTIVE,DRAINING
      named     name
      tags      TagResource UntagResource ListTagsForResource resourceArn={arn} -> tags
      before-delete  @drain
      steady    @steady
    """.replace("DEPLOYMENT", _DEPLOYMENT),
)
