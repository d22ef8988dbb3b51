"""The ECS service and the task definition that it runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from components.access.identity import Roles
from components.edge.load_balancer import Target
from components.lib.app import PORT
from components.lib.names import CONTAINER
from components.lib.timeline import GRACE_SECONDS, JOB_MINUTES, Timeline
from components.network import Placement
from components.service.capacity import Capacity, CapacityProvider
from components.service.container import Container
from components.service.revision_check import require_running
from components.service.state_check import RevisionSettings, refuse_outdated_state
from components.service.strategy import Strategy

# Of a task definition: AWS General Reference, "Amazon Elastic Container Service endpoints and quotas".
_MOST_BYTES: Final = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class ServiceArgs:
    """The inputs of `Service`."""

    name: str  # of the service, and the family of its task definitions
    cluster_arn: pulumi.Input[str]
    container: Container
    version: str  # the image's ECR tag
    cpu: int  # CPU units of a task, 1024 to a vCPU
    memory: int  # MiB
    cpu_architecture: str  # X86_64 or ARM64
    capacity: Capacity
    running: RevisionSettings | None  # of the service that runs; None if there is none
    placement: Placement
    roles: Roles
    target: Target
    strategy: Strategy
    infrastructure_role_arn: pulumi.Input[str]  # with which ECS shifts traffic
    timeline: Timeline
    enable_exec: bool
    rollback_alarms: Sequence[pulumi.Input[str]]  # names of the alarms that roll a deployment back
    protect: bool  # whether the engine refuses to delete the service
    after: Sequence[pulumi.Resource]  # what must exist before a task can start


class Service(pulumi.ComponentResource):
    """A service on Fargate behind the load balancer.

    ECS rolls a failed deployment back to the previous revision. `pulumi up` waits for the end of the deployment.
    """

    name: pulumi.Output[str]
    arn: pulumi.Output[str]
    task_definition_arn: pulumi.Output[str]
    task_family: pulumi.Output[str]

    def __init__(self, name: str, args: ServiceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("voiceter:service:Service", name, {}, opts)
        if args.enable_exec:
            pulumi.log.warn(
                "enableExec is on: the root file system of the tasks is writable, as ECS Exec needs it", self
            )
        if not args.timeline.fits_ci_job:
            pulumi.log.warn(_too_long_for_ci(args.timeline), self)
        container = args.container.definition(
            stop_timeout_seconds=args.timeline.stop_timeout_seconds, writable_root=args.enable_exec
        )
        task_definition = aws.ecs.TaskDefinition(
            "task",
            family=args.name,
            cpu=str(args.cpu),
            memory=str(args.memory),
            network_mode="awsvpc",
            requires_compatibilities=["FARGATE"],
            runtime_platform={"cpu_architecture": args.cpu_architecture, "operating_system_family": "LINUX"},
            execution_role_arn=args.roles.execution_arn,
            task_role_arn=args.roles.task_arn,
            container_definitions=pulumi.Output.json_dumps([container], sort_keys=True).apply(_require_size),
            skip_destroy=True,  # older revisions stay, for rollbacks
            tags={"Version": args.version},
            opts=pulumi.ResourceOptions(parent=self),
        )
        providers = args.capacity.providers
        check = refuse_outdated_state(args.running) if args.running else None
        service = aws.ecs.Service(
            "service",
            name=args.name,
            cluster=args.cluster_arn,
            task_definition=task_definition.arn,
            desired_count=args.capacity.desired_count,
            # Always a strategy, never a launch type: changing one for the other replaces the service.
            capacity_provider_strategies=[_capacity_provider(one) for one in providers],
            # ECS takes another strategy only with a new deployment ("you must force a new deployment"), and the AWS
            # provider refuses it without (terraform-provider-aws, internal/service/ecs/service.go,
            # capacityProviderStrategyCustomizeDiff). At any other time the flag would make each update of the service
            # replace every task.
            force_new_deployment=args.running is not None and args.running.capacity != frozenset(providers),
            deployment_configuration=args.strategy.configuration(),
            # Given for every strategy, as the AWS provider does not send a block that is left out. ECS's documents name
            # it for rolling deployments only; the provider's test BlueGreenDeployment_circuitBreakerRollback sees it
            # roll a blue-green one back. Where it does not watch, the alarms do: deployment-unhealthy sees tasks that
            # never become healthy.
            deployment_circuit_breaker={"enable": True, "rollback": True},
            alarms={"alarm_names": args.rollback_alarms, "enable": True, "rollback": True},
            deployment_minimum_healthy_percent=100,
            deployment_maximum_percent=200,
            availability_zone_rebalancing="ENABLED",
            health_check_grace_period_seconds=GRACE_SECONDS,
            network_configuration={
                "subnets": args.placement.subnet_ids,
                "security_groups": [args.placement.security_group_id],
                "assign_public_ip": args.placement.public_ips,
            },
            load_balancers=[_load_balancer(args)],
            enable_execute_command=args.enable_exec,
            enable_ecs_managed_tags=True,
            propagate_tags="SERVICE",
            wait_for_steady_state=True,
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=args.protect,
                ignore_changes=["desired_count"],
                depends_on=args.after,
                custom_timeouts=_timeouts(args.timeline),
                hooks=pulumi.ResourceHookBinding(before_update=[check]) if check else None,
            ),
        )
        require_running(service, task_definition, self)
        self.name = service.name
        self.arn = service.arn
        self.task_definition_arn = task_definition.arn
        self.task_family = task_definition.family
        self.register_outputs({"name": self.name, "task_definition_arn": self.task_definition_arn})


def _require_size(definitions: str) -> str:
    """Returns container definitions. Raises `RunError` if they alone are more than ECS takes in a task definition."""
    size = len(json.dumps(json.loads(definitions), ensure_ascii=False, separators=(",", ":")).encode())
    if size > _MOST_BYTES:
        raise pulumi.RunError(
            f"the container definition has {size:,} bytes, and ECS takes a task definition of {_MOST_BYTES:,}: shorten "
            "the values of environment or corsOrigins, or let the app read long ones from elsewhere"
        )
    return definitions


def _capacity_provider(provider: CapacityProvider) -> aws.ecs.ServiceCapacityProviderStrategyArgsDict:
    entry: aws.ecs.ServiceCapacityProviderStrategyArgsDict = {
        "capacity_provider": provider.name,
        "weight": provider.weight,
    }
    if provider.base:
        entry["base"] = provider.base
    return entry


def _load_balancer(args: ServiceArgs) -> aws.ecs.ServiceLoadBalancerArgsDict:
    entry: aws.ecs.ServiceLoadBalancerArgsDict = {
        "target_group_arn": args.target.group_arn,
        "container_name": CONTAINER,
        "container_port": PORT,
    }
    shift = args.target.shift
    if shift:
        entry["advanced_configuration"] = {
            "alternate_target_group_arn": shift.alternate_target_group_arn,
            "production_listener_rule": shift.production_rule_arn,
            "test_listener_rule": shift.test_rule_arn,
            "role_arn": args.infrastructure_role_arn,
        }
    return entry


def _too_long_for_ci(timeline: Timeline) -> str:
    return (
        f"a deployment may take {timeline.deployment_minutes} minutes, of which traffic shifts for"
        f" {timeline.shift_minutes}: no CI job waits for it, as GitHub ends a job after {JOB_MINUTES} minutes, which"
        " leaves the stack locked and half updated. Lower bakeTimeMinutes or deregistrationDelaySeconds, raise"
        " linearStepPercent, or deploy by hand, with credentials that last as long (a role's session ends after 720"
        " minutes, and after 60 if another role assumed it)"
    )


def _timeouts(timeline: Timeline) -> pulumi.CustomTimeouts:
    """Returns how long the engine waits for a steady state: as long as a deployment may take."""
    deployment = f"{timeline.deployment_minutes}m"
    return pulumi.CustomTimeouts(create=deployment, update=deployment, delete=f"{timeline.removal_minutes}m")
