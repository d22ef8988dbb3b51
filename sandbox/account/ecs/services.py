"""Services and their deployments: the operations of the API.

Source: Amazon ECS API Reference: CreateCluster, DeleteCluster, PutClusterCapacityProviders, CreateService,
LoadBalancer, CapacityProviderStrategyItem, Service, UpdateService, DeleteService, DescribeServices,
ListServiceDeployments, DescribeServiceDeployments, DescribeServiceRevisions.
"""

from collections.abc import Callable, Iterator
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import camelcase_to_underscores
from moto.ecs.exceptions import ECSException, InvalidParameterException
from moto.ecs.models import EC2ContainerServiceBackend
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.elbv2.models import elbv2_backends

from sandbox.account.ecs.deployments import deployment_description, publish, revision_description
from sandbox.account.ecs.records import Deployment, now, rollout_of
from sandbox.account.ecs.scheduler import notice_faults, scale, start, triggers
from sandbox.account.ecs.traffic import deregister
from sandbox.account.elbv2 import forwarded_groups
from sandbox.account.patching import adds, replaces

# Parameters that moto's CreateService drops.
_DROPPED_BY_MOTO = (
    "deploymentConfiguration",
    "capacityProviderStrategy",
    "enableExecuteCommand",
    "enableECSManagedTags",
    "healthCheckGracePeriodSeconds",
    "availabilityZoneRebalancing",
)


@replaces(EC2ContainerServiceBackend)
def create_cluster(
    original: Callable[..., Any],
    ecs: Any,
    cluster_name: str,
    tags: list[dict[str, str]] | None = None,
    cluster_settings: list[dict[str, str]] | None = None,
    *args: Any,
    **more: Any,
) -> Any:
    """Returns an active cluster of the name that has the same tags and settings. moto empties it.

    The error is the one that AWS raises for other arguments.
    """
    held = ecs.clusters.get(cluster_name)
    if held is None or held.status != "ACTIVE":
        return original(cluster_name, tags, cluster_settings, *args, **more)
    if _by_name(tags, "key") != _by_name(held.tags, "key") or (
        cluster_settings and _by_name(cluster_settings, "name") != _by_name(held.settings, "name")
    ):
        message = "Arguments on this idempotent request are inconsistent with arguments used in previous request(s)."
        raise InvalidParameterException(message)
    return held


def _by_name(pairs: list[dict[str, str]] | None, name: str) -> dict[str, str]:
    return {pair[name]: pair["value"] for pair in pairs or []}


@replaces(EC2ContainerServiceBackend)
def delete_cluster(original: Callable[..., Any], ecs: Any, cluster_str: str) -> Any:
    """Refuses while the cluster has active services."""
    arn = ecs._get_cluster(cluster_str).arn
    if any(service.cluster_arn == arn and service.status == "ACTIVE" for service in ecs.services.values()):
        message = "The Cluster cannot be deleted while Services are active."
        raise ECSException("ClusterContainsServicesException", message)
    return original(cluster_str)


@replaces(EC2ContainerServiceBackend)
def put_cluster_capacity_providers(
    original: Callable[..., Any], ecs: Any, cluster_name: str, capacity_providers: list[str], *args: Any
) -> Any:
    """Refuses to remove a capacity provider while the tasks of a service are on it."""
    arn = ecs._get_cluster(cluster_name).arn
    for service in ecs.services.values():
        strategy: list[dict[str, Any]] = getattr(service, "capacity_provider_strategy", None) or []
        is_running = service.cluster_arn == arn and service.status == "ACTIVE" and service.desired_count
        if is_running and not {one["capacityProvider"] for one in strategy} <= {*capacity_providers}:
            message = "The specified capacity provider is in use and cannot be removed."
            raise ECSException("ResourceInUseException", message)
    return original(cluster_name, capacity_providers, *args)


@replaces(EC2ContainerServiceResponse)
def create_service(original: Callable[[], Any], request: Any) -> Any:
    """Creates a service and starts its first deployment."""
    held = _requested(request)
    if held is not None and held.status == "ACTIVE":
        raise InvalidParameterException("Creation of service was not idempotent.")
    _require_startable(request, None)
    answer = original()
    service = _requested(request)
    for name in _DROPPED_BY_MOTO:
        value = request._get_param(name)
        if value is not None:
            setattr(service, camelcase_to_underscores(name), value)
    service.created_at = now()
    _drop_launch_type(service)
    start(service)
    return answer


@replaces(EC2ContainerServiceResponse)
def update_service(original: Callable[[], Any], request: Any) -> Any:
    """Changes a service, and starts a deployment if the change requires one."""
    held = _requested(request)
    _require_startable(request, held)
    before = triggers(held) if held else {}
    answer = original()
    service = _requested(request)
    if service.task_definition:
        # moto stores what was sent, which may be a family.
        service.task_definition = request.ecs_backend.describe_task_definition(service.task_definition).arn
    _drop_launch_type(service)
    if triggers(service) != before or request._get_param("forceNewDeployment"):
        start(service)
    else:
        scale(service)
    return answer


@replaces(EC2ContainerServiceResponse)
def delete_service(original: Callable[[], Any], request: Any) -> Any:
    """Deletes a service with its tasks, and deregisters its targets."""
    answer = original()
    service = _requested(request)
    rollout = rollout_of(service)
    for deployment in rollout.deployments:
        deregister(service, rollout.groups, deployment.running)
        deployment.tasks.clear()
    publish(service)
    return answer


@replaces(EC2ContainerServiceResponse)
def describe_services(original: Callable[[], Any], request: Any) -> Any:
    """Describes services after every fault that is due has been noticed."""
    notice_faults(request)
    return original()


def _requested(request: Any) -> Any:
    """Returns moto's object of the service that a request names; None if it does not exist."""
    name = (request._get_param("serviceName") or request._get_param("service")).rpartition("/")[2]
    cluster = request.ecs_backend._get_cluster(request._get_param("cluster", "default")).name
    return request.ecs_backend.services.get(f"{cluster}:{name}")


def _drop_launch_type(service: Any) -> None:
    """A service with a capacity provider strategy has no launch type. moto gives it EC2."""
    if getattr(service, "capacity_provider_strategy", None):
        service.launch_type = None


def _require_startable(request: Any, held: Any) -> None:
    """Refuses target groups, a container, capacity providers and a role with which ECS starts no task."""
    checked = ("taskDefinition", "loadBalancers", "capacityProviderStrategy", "enableExecuteCommand")
    if all(request._get_param(name) is None for name in checked):
        return

    def wanted(parameter: str) -> Any:
        given = request._get_param(parameter)
        return getattr(held, camelcase_to_underscores(parameter), None) if given is None else given

    backend = request.ecs_backend
    task = backend.describe_task_definition(wanted("taskDefinition"))
    _require_targets(backend, task, wanted("loadBalancers") or [])
    strategy: list[dict[str, Any]] = wanted("capacityProviderStrategy") or []
    associated: list[str] = backend._get_cluster(request._get_param("cluster", "default")).capacity_providers or []
    if not {one["capacityProvider"] for one in strategy} <= {*associated}:
        message = "contain a capacity provider that is not associated with the cluster."
        raise InvalidParameterException(f"The specified capacity provider strategy cannot {message}")
    if wanted("enableExecuteCommand") and not getattr(task, "task_role_arn", None):
        change = "updated" if held else "created"
        message = "Specify a valid task role in your task definition and try again."
        raise InvalidParameterException(
            f"The service couldn't be {change} because a valid taskRoleArn is not being used. {message}"
        )


def _require_targets(backend: Any, task: Any, load_balancers: list[dict[str, Any]]) -> None:
    """Each target group is behind a load balancer and takes addresses, and the task has the container and its port."""
    elb = elbv2_backends[backend.account_id][backend.region_name]
    forwarded = set(forwarded_groups(elb))
    containers = {one["name"]: one for one in task.container_definitions}
    for load_balancer in load_balancers:
        arn, container = load_balancer.get("targetGroupArn"), load_balancer.get("containerName")
        if arn and arn not in forwarded:
            message = f"The target group with targetGroupArn {arn} does not have an associated load balancer."
            raise InvalidParameterException(message)
        if arn and elb.target_groups[arn].target_type != "ip":
            message = "which is incompatible with the awsvpc network mode specified in the task definition."
            kind = elb.target_groups[arn].target_type
            raise InvalidParameterException(f"The provided target group {arn} has target type {kind}, {message}")
        if container not in containers:
            raise InvalidParameterException(f"The container {container} does not exist in the task definition.")
        port = load_balancer.get("containerPort")
        if port not in [one["containerPort"] for one in containers[container].get("portMappings", [])]:
            message = f"The container {container} did not have a container port {port} defined."
            raise InvalidParameterException(message)


@adds(EC2ContainerServiceResponse)
def list_service_deployments(request: Any) -> Any:
    """Returns the deployments of a service, latest first, in one page."""
    notice_faults(request)
    cluster, name = request._get_param("cluster", "default"), request._get_param("service")
    service = request.ecs_backend._get_service(cluster, name)
    statuses: list[str] = request._get_param("status") or []
    found = [one for one in rollout_of(service).deployments if not statuses or one.status in statuses]
    return ActionResult({"serviceDeployments": [deployment_description(service, one) for one in found]})


@adds(EC2ContainerServiceResponse)
def describe_service_deployments(request: Any) -> Any:
    """Describes the requested deployments."""
    notice_faults(request)
    held = {deployment.arn: (service, deployment) for service, deployment in _all_deployments(request)}
    requested: list[str] = request._get_param("serviceDeploymentArns") or []
    return ActionResult(
        {
            "serviceDeployments": [deployment_description(*held[arn]) for arn in requested if arn in held],
            "failures": [{"arn": arn, "reason": "MISSING"} for arn in requested if arn not in held],
        }
    )


@adds(EC2ContainerServiceResponse)
def describe_service_revisions(request: Any) -> Any:
    """Describes the requested revisions."""
    held = {one.revision.arn: (service, one.revision) for service, one in _all_deployments(request)}
    requested: list[str] = request._get_param("serviceRevisionArns") or []
    return ActionResult(
        {
            "serviceRevisions": [revision_description(*held[arn]) for arn in requested if arn in held],
            "failures": [{"arn": arn, "reason": "MISSING"} for arn in requested if arn not in held],
        }
    )


def _all_deployments(request: Any) -> Iterator[tuple[Any, Deployment]]:
    for service in request.ecs_backend.services.values():
        yield from ((service, deployment) for deployment in rollout_of(service).deployments)
