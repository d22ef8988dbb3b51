"""The account's part of a rollout: what ECS does with a service's tasks, kept as records, as moto does none of it.

No process runs. A deployment of which nothing is known to be wrong is over at once: its tasks count as running, their
addresses are healthy targets, and the tasks before them are gone. A stand-in image that is marked as faulty (see
`account_images`), or one that the registry lacks, never becomes healthy: that deployment is under way for a moment and
then goes the way that the service's own deployment configuration says. Nothing scales by itself, and no time passes in
bakes and drains.

Sources: Amazon ECS API Reference (UpdateService on what starts a deployment; ServiceDeployment, ServiceRevision);
Amazon ECS Developer Guide, "Deployment failure detection", "Service event messages".
"""

import datetime
import functools
import ipaddress
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import camelcase_to_underscores
from moto.ec2.models import ec2_backends
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.elbv2.models import elbv2_backends
from moto.moto_api._internal import mock_random

from sandbox.account_images import Fault, fault_of

# How long a deployment that fails is under way before ECS says so.
NOTICE_SECONDS = 3.0
# How many tasks of such a deployment ECS tries before it gives up; its circuit breaker's least.
FAILED_TASKS = 3
_KEPT_IN = "rollout"
_EVENTS = 100
_FIRST_ADDRESS = 10  # of a subnet; AWS keeps the first ones for itself
# Amazon ECS, UpdateService: the parameters that start a deployment when they change.
_TRIGGERS = (
    "task_definition",
    "network_configuration",
    "load_balancers",
    "platform_version",
    "service_registries",
    "service_connect_configuration",
    "volume_configurations",
)
_CONNECT = "serviceConnectConfiguration"
# What moto's CreateService drops and its UpdateService keeps, all but the last, by the names under which it keeps them.
_DROPPED = (
    "deploymentConfiguration",
    "capacityProviderStrategy",
    "enableExecuteCommand",
    "enableECSManagedTags",
    "healthCheckGracePeriodSeconds",
    "availabilityZoneRebalancing",
    _CONNECT,
)
_BREAKER = "Service deployment rolled back because the circuit breaker threshold was exceeded."
_ALARM = "Service deployment rolled back because one or more of its alarms are in ALARM."
_NO_CANDIDATE = "No rollback candidate was found to run the rollback."
_lock = threading.RLock()


@dataclass
class Revision:
    """A service as it was when a deployment of it began: the values of what starts deployments, by moto's names."""

    arn: str
    created_at: datetime.datetime
    settings: dict[str, Any]


@dataclass
class Deployment:
    """One attempt to bring a revision up.

    `id` is that of DescribeServices, `ecs-svc/…`; `due` the time, by the monotonic clock, at which a fault is noticed,
    None where nothing more happens by itself.
    """

    arn: str
    id: str
    revision: Revision
    source: Revision | None
    configuration: dict[str, Any]
    fault: Fault | None
    due: float | None
    created_at: datetime.datetime
    status: str = "IN_PROGRESS"
    reason: str = ""
    state: str = "IN_PROGRESS"
    state_reason: str = ""
    finished_at: datetime.datetime | None = None
    rollback: dict[str, Any] | None = None

    @property
    def strategy(self) -> str:
        return self.configuration.get("strategy") or "ROLLING"


@dataclass
class Rollout:
    """What is known of a service: its deployments, the latest first; the last good one; and its tasks' addresses."""

    deployments: list[Deployment] = field(default_factory=list["Deployment"])
    live: Deployment | None = None
    targets: list[tuple[str, str, int]] = field(default_factory=list[tuple[str, str, int]])  # group, address, port
    tasks: int = 0


def install() -> None:
    """Put the stand-in under moto's ECS; doing so again changes nothing."""
    for name, operation in _OPERATIONS.items():
        setattr(EC2ContainerServiceResponse, name, operation)


def _around(original: Callable[[Any], Any], after: Callable[[Any, Any, dict[str, Any]], None]) -> Callable[[Any], Any]:
    """An operation on one service, followed by what ECS's scheduler makes of it."""

    @functools.wraps(original)
    def operation(ecs: Any) -> Any:
        with _lock:
            name = (ecs._get_param("serviceName") or ecs._get_param("service")).rpartition("/")[2]
            cluster = ecs.ecs_backend._get_cluster(ecs._get_param("cluster", "default")).name
            before = ecs.ecs_backend.services.get(f"{cluster}:{name}")
            settings = {trigger: getattr(before, trigger, None) for trigger in _TRIGGERS} if before else {}
            answer = original(ecs)
            after(ecs, ecs.ecs_backend.services[f"{cluster}:{name}"], settings)
            return answer

    return operation


def up_to_date(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """An operation that shows services, after every fault that is due has been noticed."""

    @functools.wraps(original)
    def operation(ecs: Any) -> Any:
        with _lock:
            for service in ecs.ecs_backend.services.values():
                deployment = rollout_of(service).deployments[:1]
                if deployment and deployment[0].due is not None and deployment[0].due <= time.monotonic():
                    _fail(service, deployment[0])
            return original(ecs)

    return operation


def rollout_of(service: Any) -> Rollout:
    """What is known of a service of moto's; nothing yet of a new one."""
    if not hasattr(service, _KEPT_IN):
        setattr(service, _KEPT_IN, Rollout())
    return getattr(service, _KEPT_IN)


# What follows each call


def _created(ecs: Any, service: Any, _: dict[str, Any]) -> None:
    for name in _DROPPED:
        value = ecs._get_param(name)
        if value is not None:
            setattr(service, camelcase_to_underscores(name), value)
    service.created_at = _now()
    _start(service)


def _updated(ecs: Any, service: Any, before: dict[str, Any]) -> None:
    if service.task_definition:
        # moto keeps what was sent, which may be a family alone.
        service.task_definition = ecs.ecs_backend.describe_task_definition(service.task_definition).arn
    if ecs._get_param(_CONNECT) is not None:
        service.service_connect_configuration = ecs._get_param(_CONNECT)
    changed = any(getattr(service, name, None) != value for name, value in before.items())
    if changed or ecs._get_param("forceNewDeployment"):
        _start(service)
    else:
        _scale(service)


def _deleted(_ecs: Any, service: Any, _before: dict[str, Any]) -> None:
    _replace_tasks(service, None, [])
    _show(service)


# What the scheduler does


def _start(service: Any) -> None:
    """Begin a deployment of the service as it is now; over at once unless something is wrong with an image."""
    rollout = rollout_of(service)
    for unfinished in rollout.deployments[:1]:
        if unfinished.status == "IN_PROGRESS":
            unfinished.status, unfinished.due, unfinished.finished_at = "STOPPED", None, _now()
            unfinished.reason = "Service deployment stopped because a newer one was started."
    number = str(mock_random.randint(10**18, 10**19 - 1))
    path = f"{service.cluster_name}/{service.name}"
    start = service.cluster_arn.rpartition(":")[0]
    revision = Revision(
        f"{start}:service-revision/{path}/{number}",
        _now(),
        {name: getattr(service, name, None) for name in _TRIGGERS},
    )
    fault = _fault(service)
    deployment = Deployment(
        arn=f"{start}:service-deployment/{path}/{uuid.uuid4().hex[:21]}",
        id=f"ecs-svc/{number}",
        revision=revision,
        source=rollout.live.revision if rollout.live else None,
        configuration=dict(getattr(service, "deployment_configuration", None) or {}),
        fault=fault,
        due=time.monotonic() + NOTICE_SECONDS if fault in (Fault.UNHEALTHY, Fault.MISSING) else None,
        created_at=_now(),
    )
    deployment.state_reason = f"ECS deployment {deployment.id} in progress."
    rollout.deployments.insert(0, deployment)
    if fault in (None, Fault.MEMORY):
        _complete(service, deployment)
    else:
        _tell(service, f"has started {service.desired_count} tasks.")
        _show(service)


def _fault(service: Any) -> Fault | None:
    if not service.task_definition or not service.desired_count:
        return None
    task = service._backend.describe_task_definition(service.task_definition)
    images = [container.get("image", "") for container in task.container_definitions]
    faults = [fault_of(service._account_id, image) for image in images]
    return next((fault for fault in faults if fault), None)


def _complete(service: Any, deployment: Deployment) -> None:
    rollout = rollout_of(service)
    groups = _groups_for(service, deployment)
    _tell(service, f"has started {service.desired_count} tasks.")
    _replace_tasks(service, deployment, groups)
    deployment.status, deployment.finished_at = "SUCCESSFUL", _now()
    deployment.state, deployment.state_reason = "COMPLETED", f"ECS deployment {deployment.id} completed."
    rollout.live = deployment
    _tell(service, f"(deployment {deployment.id}) deployment completed.")
    _tell(service, "has reached a steady state.")
    _show(service)


def _fail(service: Any, deployment: Deployment) -> None:
    """What a deployment comes to whose tasks do not become healthy."""
    rollout, live = rollout_of(service), rollout_of(service).live
    deployment.due = None
    breaker: dict[str, Any] = deployment.configuration.get("deploymentCircuitBreaker") or {}
    alarms: dict[str, Any] = deployment.configuration.get("alarms") or {}
    by_breaker = bool(breaker.get("enable")) and deployment.strategy == "ROLLING"
    if not by_breaker and not alarms.get("enable"):
        return  # ECS goes on trying
    cause = breaker if by_breaker else alarms
    what = "ECS deployment circuit breaker: " if by_breaker else "ECS deployment alarms: "
    words = "tasks failed to start." if by_breaker else "alarm detected."
    deployment.finished_at = _now()
    deployment.state, deployment.state_reason = "FAILED", what + words
    for group in _group_arns(service):
        port = service.load_balancers[0].get("containerPort")
        said = "(reason Health checks failed)" if deployment.fault is Fault.UNHEALTHY else "(reason Image not found)"
        _tell(service, f"(port {port}) is unhealthy in (target-group {group}) due to {said}.")
        break
    _tell(service, f"(deployment {deployment.id}) deployment failed: {words}")
    reason = _BREAKER if by_breaker else _ALARM
    if not cause.get("rollback"):
        deployment.status, deployment.reason = "STOPPED", reason.replace("rolled back", "stopped")
    elif live is None:
        deployment.status, deployment.reason = "ROLLBACK_FAILED", _NO_CANDIDATE
    else:
        deployment.status, deployment.reason = "ROLLBACK_SUCCESSFUL", reason
        deployment.rollback = {
            "reason": reason,
            "startedAt": deployment.finished_at,
            "serviceRevisionArn": live.revision.arn,
        }
        for name, value in live.revision.settings.items():
            setattr(service, name, value)
        back_to, live.id = live.id, f"ecs-svc/{mock_random.randint(10**18, 10**19 - 1)}"
        live.state_reason = f"{what}rolling back to deploymentId {back_to}."
        _tell(service, f"rolling back to deployment {back_to}.")
        _tell(service, "has reached a steady state.")
    rollout.tasks = service.desired_count if live else 0
    _show(service)


def _scale(service: Any) -> None:
    """Bring the number of tasks to what is desired, without a deployment."""
    rollout = rollout_of(service)
    if rollout.live is not None and rollout.tasks != service.desired_count:
        groups = list(dict.fromkeys(group for group, _, _ in rollout.targets)) or _live_groups(service)
        _replace_tasks(service, rollout.live, groups)
        _tell(service, "has reached a steady state.")
    _show(service)


def _replace_tasks(service: Any, deployment: Deployment | None, groups: list[str]) -> None:
    """Put new tasks' addresses into target groups, and take the old ones out of wherever they are."""
    rollout = rollout_of(service)
    elb = elbv2_backends[service._account_id][service.region_name]
    old, rollout.targets = rollout.targets, []
    rollout.tasks = service.desired_count if deployment else 0
    for group in groups:
        port = next(
            (one.get("containerPort") for one in service.load_balancers if group in _arns_of(one)),
            elb.target_groups[group].port,
        )
        added = [(group, address, int(port)) for address in _addresses(service, rollout.tasks)]
        elb.target_groups[group].register([{"Id": address, "Port": port} for _, address, _ in added])
        rollout.targets += added
        if added:
            _tell(service, f"registered {len(added)} targets in (target-group {group})")
    for group in dict.fromkeys(group for group, _, _ in old):
        held = elb.target_groups.get(group)
        gone = [{"Id": address} for of, address, _ in old if of == group and held and address in held.targets]
        if held and gone:
            held.deregister(gone)
            _tell(service, f"deregistered {len(gone)} targets in (target-group {group})")
    if old:
        _tell(service, f"has stopped {len({address for _, address, _ in old})} running tasks.")


def _addresses(service: Any, count: int) -> list[str]:
    """New private addresses out of the service's subnets, turn about."""
    ec2: Any = ec2_backends[service._account_id][service.region_name]
    network: dict[str, Any] = service.network_configuration or {}
    names: list[str] = network.get("awsvpcConfiguration", {}).get("subnets", [])
    subnets = [ipaddress.ip_network(ec2.get_subnet(one).cidr_block) for one in names]
    if not subnets:
        return []
    given: int = getattr(service._backend, "rollout_addresses", 0)
    service._backend.rollout_addresses = given + count
    found: list[str] = []
    for number in range(given, given + count):
        subnet, turn = subnets[number % len(subnets)], number // len(subnets)
        found.append(str(subnet[_FIRST_ADDRESS + turn % (subnet.num_addresses - _FIRST_ADDRESS - 1)]))
    return found


# Target groups and traffic


def _arns_of(load_balancer: dict[str, Any]) -> list[str]:
    advanced: dict[str, Any] = load_balancer.get("advancedConfiguration") or {}
    return [arn for arn in (load_balancer.get("targetGroupArn"), advanced.get("alternateTargetGroupArn")) if arn]


def _group_arns(service: Any) -> Iterator[str]:
    """The target groups of a service that there are, and that take addresses."""
    held = elbv2_backends[service._account_id][service.region_name].target_groups
    for one in service.load_balancers:
        yield from (arn for arn in _arns_of(one) if arn in held and held[arn].target_type == "ip")


def _live_groups(service: Any) -> list[str]:
    """For each load balancer entry the group with the production traffic."""
    return [group for one in service.load_balancers if (group := _live_group(service, one))]


def _live_group(service: Any, load_balancer: dict[str, Any]) -> str | None:
    usable = [arn for arn in _group_arns(service) if arn in _arns_of(load_balancer)]
    advanced: dict[str, Any] = load_balancer.get("advancedConfiguration") or {}
    weights = {
        group["TargetGroupArn"]: int(group.get("Weight", 0))
        for group in _forwarded(service, advanced.get("productionListenerRule"))
    }
    return max(usable, key=lambda arn: weights.get(arn, 0), default=None)


def _forwarded(service: Any, rule_arn: str | None) -> list[dict[str, Any]]:
    """The target groups, with their weights, that a listener rule forwards to; the rule's own objects."""
    elb = elbv2_backends[service._account_id][service.region_name]
    rules = elb.describe_rules(listener_arn=None, rule_arns=[rule_arn]) if rule_arn else []
    actions = [action for rule in rules for action in rule.actions if action.type == "forward"]
    return [group for action in actions for group in action.data.get("ForwardConfig", {}).get("TargetGroups", [])]


def _groups_for(service: Any, deployment: Deployment) -> list[str]:
    """Where the tasks of a deployment go, with the traffic shifted there where the strategy is to shift it."""
    usable = list(_group_arns(service))
    chosen: list[str] = []
    for one in service.load_balancers:
        advanced: dict[str, Any] = one.get("advancedConfiguration") or {}
        if deployment.strategy == "ROLLING" or not advanced:
            chosen.append(one.get("targetGroupArn"))
            continue
        live = _live_group(service, one)
        # The first deployment finds nothing to take the traffic from.
        new = next((arn for arn in _arns_of(one) if arn != live), live) if deployment.source else live
        for rule in (advanced.get("productionListenerRule"), advanced.get("testListenerRule")):
            for group in _forwarded(service, rule):
                group["Weight"] = 100 if group["TargetGroupArn"] == new else 0
        chosen.append(new or "")
    return [arn for arn in chosen if arn in usable]


# What is shown


def _show(service: Any) -> None:
    """Write what there is onto moto's object, out of which it answers DescribeServices."""
    rollout = rollout_of(service)
    latest = rollout.deployments[0] if rollout.deployments else None
    shown: list[dict[str, Any]] = []
    if latest and latest.status == "ROLLBACK_SUCCESSFUL":
        shown = [_described(service, rollout.live, "PRIMARY")] if rollout.live else []
    elif latest:
        shown = [_described(service, latest, "PRIMARY")]
        if rollout.live and rollout.live is not latest:
            shown.append(_described(service, rollout.live, "ACTIVE"))
    under_way = latest is not None and latest.status == "IN_PROGRESS"
    service.deployments = shown
    service.running_count = rollout.tasks
    service.pending_count = service.desired_count if under_way else 0
    service.current_service_deployment = latest.arn if latest and under_way else None
    current = [rollout.live] if rollout.live else []
    current += [latest] if latest and under_way else []
    service.current_service_revisions = [_counts(service, one) for one in current]


def _described(service: Any, deployment: Deployment, status: str) -> dict[str, Any]:
    """One of `deployments` in DescribeServices."""
    live = rollout_of(service).live is deployment
    under_way = deployment.status == "IN_PROGRESS"
    settings = deployment.revision.settings
    return {
        "id": deployment.id,
        "status": status,
        "taskDefinition": settings["task_definition"],
        "desiredCount": service.desired_count if under_way or live else 0,
        "pendingCount": service.desired_count if under_way else 0,
        "runningCount": rollout_of(service).tasks if live else 0,
        "failedTasks": FAILED_TASKS if deployment.state == "FAILED" else 0,
        "createdAt": deployment.created_at,
        "updatedAt": deployment.finished_at or deployment.created_at,
        "platformFamily": "Linux",
        "platformVersion": settings["platform_version"] or "1.4.0",
        "networkConfiguration": settings["network_configuration"],
        _CONNECT: settings["service_connect_configuration"],
        "rolloutState": deployment.state,
        "rolloutStateReason": deployment.state_reason,
        **_capacity(service),
    }


def _capacity(service: Any) -> dict[str, Any]:
    strategy = getattr(service, "capacity_provider_strategy", None)
    return {"capacityProviderStrategy": strategy} if strategy else {"launchType": service.launch_type}


def _counts(service: Any, deployment: Deployment) -> dict[str, Any]:
    live = rollout_of(service).live is deployment
    return {
        "arn": deployment.revision.arn,
        "requestedTaskCount": service.desired_count,
        "runningTaskCount": rollout_of(service).tasks if live else 0,
        "pendingTaskCount": 0 if live else service.desired_count,
    }


def _tell(service: Any, words: str) -> None:
    event = {"id": str(uuid.uuid4()), "createdAt": _now(), "message": f"(service {service.name}) {words}"}
    service.events = [event, *service.events][:_EVENTS]


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


# The operations that moto lacks


def _all(ecs: Any) -> Iterator[tuple[Any, Deployment]]:
    for service in ecs.ecs_backend.services.values():
        yield from ((service, deployment) for deployment in rollout_of(service).deployments)


def _list_service_deployments(ecs: Any) -> Any:
    """A service's deployments, the latest first, in one page."""
    cluster, name = ecs._get_param("cluster", "default"), ecs._get_param("service")
    asked = ecs.ecs_backend._get_service(cluster, name)
    wanted: list[str] = ecs._get_param("status") or []
    found = [one for service, one in _all(ecs) if service is asked and (not wanted or one.status in wanted)]
    return ActionResult({"serviceDeployments": [_brief(asked, one) for one in found]})


def _brief(service: Any, one: Deployment) -> dict[str, Any]:
    return {
        "serviceDeploymentArn": one.arn,
        "serviceArn": service.arn,
        "clusterArn": service.cluster_arn,
        "createdAt": one.created_at,
        "startedAt": one.created_at,
        "finishedAt": one.finished_at,
        "targetServiceRevisionArn": one.revision.arn,
        "status": one.status,
        "statusReason": one.reason or None,
    }


def _describe_service_deployments(ecs: Any) -> Any:
    held = {one.arn: (service, one) for service, one in _all(ecs)}
    asked: list[str] = ecs._get_param("serviceDeploymentArns") or []
    return ActionResult(
        {
            "serviceDeployments": [_whole(*held[arn]) for arn in asked if arn in held],
            "failures": [{"arn": arn, "reason": "MISSING"} for arn in asked if arn not in held],
        }
    )


def _whole(service: Any, one: Deployment) -> dict[str, Any]:
    shown = {name: value for name, value in _brief(service, one).items() if name != "targetServiceRevisionArn"}
    breaker: dict[str, Any] = one.configuration.get("deploymentCircuitBreaker") or {}
    alarms: dict[str, Any] = one.configuration.get("alarms") or {}
    by_alarm = one.status.startswith("ROLLBACK") and one.reason == _ALARM
    over = one.status != "IN_PROGRESS"
    watching = "MONITORING_COMPLETE" if over else "MONITORING"
    failed = one.state == "FAILED" and not by_alarm
    shown |= {
        "updatedAt": one.finished_at or one.created_at,
        "targetServiceRevision": _counts(service, one),
        "sourceServiceRevisions": [{"arn": one.source.arn}] if one.source else [],
        "deploymentConfiguration": one.configuration,
        "rollback": one.rollback,
        "deploymentCircuitBreaker": {
            "status": "TRIGGERED" if failed else watching if breaker.get("enable") else "DISABLED",
            "failureCount": FAILED_TASKS if failed else 0,
            "threshold": FAILED_TASKS,
        },
    }
    if alarms.get("enable"):
        names: list[str] = alarms.get("alarmNames") or []
        shown["alarms"] = {"status": "TRIGGERED" if by_alarm else watching, "alarmNames": names}
        shown["alarms"]["triggeredAlarmNames"] = names[:1] if by_alarm else []
    if one.strategy != "ROLLING":
        shown["lifecycleStage"] = "CLEAN_UP" if over else "SCALE_UP"
    return shown


def _describe_service_revisions(ecs: Any) -> Any:
    """What the asked-for revisions consist of."""
    held = {one.revision.arn: (service, one.revision) for service, one in _all(ecs)}
    asked: list[str] = ecs._get_param("serviceRevisionArns") or []
    return ActionResult(
        {
            "serviceRevisions": [_revision(*held[arn]) for arn in asked if arn in held],
            "failures": [{"arn": arn, "reason": "MISSING"} for arn in asked if arn not in held],
        }
    )


def _revision(service: Any, revision: Revision) -> dict[str, Any]:
    settings = revision.settings
    task = service._backend.describe_task_definition(settings["task_definition"])
    return {
        "serviceRevisionArn": revision.arn,
        "serviceArn": service.arn,
        "clusterArn": service.cluster_arn,
        "taskDefinition": settings["task_definition"],
        "platformVersion": settings["platform_version"] or "1.4.0",
        "platformFamily": "Linux",
        "loadBalancers": settings["load_balancers"],
        "networkConfiguration": settings["network_configuration"],
        _CONNECT: settings["service_connect_configuration"],
        "containerImages": [
            {"containerName": one.get("name"), "image": one.get("image")} for one in task.container_definitions
        ],
        "createdAt": revision.created_at,
        **_capacity(service),
    }


_moto: Any = EC2ContainerServiceResponse
_OPERATIONS: dict[str, Callable[[Any], Any]] = {
    "create_service": _around(_moto.create_service, _created),
    "update_service": _around(_moto.update_service, _updated),
    "delete_service": _around(_moto.delete_service, _deleted),
    "describe_services": up_to_date(_moto.describe_services),
    "list_service_deployments": up_to_date(_list_service_deployments),
    "describe_service_deployments": up_to_date(_describe_service_deployments),
    "describe_service_revisions": _describe_service_revisions,
}
