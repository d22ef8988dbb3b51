"""The ECS service and the task definition that it runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.edge.load_balancer import TrafficShift
from components.lib.names import CONTAINER
from components.service.container import PORT, Container
from components.service.strategy import Strategy
from components.service.timeline import GRACE_SECONDS, Timeline


@dataclass(frozen=True)
class ServiceArgs:
    """What the service is made of."""

    name: str  # of the service, and the family of its task definitions
    container: Container
    version: str  # the image's tag
    cpu: int  # CPU units, 1024 a vCPU
    memory: int  # MiB
    cpu_architecture: str  # X86_64 or ARM64
    execution_role_arn: pulumi.Input[str]
    task_role_arn: pulumi.Input[str]
    cluster_arn: pulumi.Input[str]
    target_group_arn: pulumi.Input[str]
    traffic_shift: TrafficShift | None  # for a strategy that shifts traffic
    infrastructure_role_arn: pulumi.Input[str] | None  # as above: with which ECS does it
    strategy: Strategy
    timeline: Timeline
    subnet_ids: pulumi.Input[Sequence[str]]
    security_group_id: pulumi.Input[str]
    public_ips: bool
    desired_count: int  # tasks at the start; from then on the autoscaler decides
    on_demand_base: int  # tasks that never run on Fargate Spot
    spot_percent: int  # of the others
    enable_exec: bool
    rollback_alarms: Sequence[pulumi.Input[str]]  # names of the alarms that undo a deployment
    protect: bool  # whether the engine refuses to take the service down
    after: Sequence[pulumi.Resource]  # what must be complete before a task can start


class Service(pulumi.ComponentResource):
    """A service on Fargate behind the load balancer. A failed deployment goes back to the revision before.

    An `up` waits until the deployment is over.
    """

    name: pulumi.Output[str]
    task_definition_arn: pulumi.Output[str]
    task_family: pulumi.Output[str]

    def __init__(self, name: str, args: ServiceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("voiceter:service:Service", name, {}, opts)
        if args.enable_exec:
            pulumi.log.warn(
                "enableExec is on: the root file system of the tasks is writable, as ECS Exec needs it", self
            )
        task_definition = aws.ecs.TaskDefinition(
            "task",
            family=args.name,
            cpu=str(args.cpu),
            memory=str(args.memory),
            network_mode="awsvpc",
            requires_compatibilities=["FARGATE"],
            runtime_platform={"cpu_architecture": args.cpu_architecture, "operating_system_family": "LINUX"},
            execution_role_arn=args.execution_role_arn,
            task_role_arn=args.task_role_arn,
            container_definitions=pulumi.Output.json_dumps([args.container.definition()], sort_keys=True),
            skip_destroy=True,  # older revisions stay, to go back to
            tags={"Version": args.version},
            opts=pulumi.ResourceOptions(parent=self),
        )
        service = aws.ecs.Service(
            "service",
            name=args.name,
            cluster=args.cluster_arn,
            task_definition=task_definition.arn,
            desired_count=args.desired_count,
            # Always a strategy, never a launch type: changing one for the other replaces the service.
            capacity_provider_strategies=_capacity(args.on_demand_base, args.spot_percent),
            force_new_deployment=True,
            deployment_configuration=args.strategy.configuration(),
            # For rolling deployments alone: AWS's documents disagree on whether it watches the others as well. Those go
            # back by the alarms, of which deployment-unhealthy sees tasks that never get well.
            deployment_circuit_breaker=None if args.strategy.shifts_traffic else {"enable": True, "rollback": True},
            alarms={"alarm_names": args.rollback_alarms, "enable": True, "rollback": True},
            deployment_minimum_healthy_percent=100,
            deployment_maximum_percent=200,
            availability_zone_rebalancing="ENABLED",
            health_check_grace_period_seconds=GRACE_SECONDS,
            network_configuration={
                "subnets": args.subnet_ids,
                "security_groups": [args.security_group_id],
                "assign_public_ip": args.public_ips,
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
            ),
        )
        self.name = service.name
        self.task_definition_arn = task_definition.arn
        self.task_family = task_definition.family
        self.register_outputs({"name": self.name, "task_definition_arn": self.task_definition_arn})


def _capacity(on_demand_base: int, spot_percent: int) -> list[aws.ecs.ServiceCapacityProviderStrategyArgsDict]:
    """The first tasks on demand, the others in the given proportion; a provider that would get no task is left out."""
    strategies: list[aws.ecs.ServiceCapacityProviderStrategyArgsDict] = []
    if on_demand_base or spot_percent < 100:
        strategies.append({"capacity_provider": "FARGATE", "base": on_demand_base, "weight": 100 - spot_percent})
    if spot_percent:
        strategies.append({"capacity_provider": "FARGATE_SPOT", "weight": spot_percent})
    return strategies


def _load_balancer(args: ServiceArgs) -> aws.ecs.ServiceLoadBalancerArgsDict:
    entry: aws.ecs.ServiceLoadBalancerArgsDict = {
        "target_group_arn": args.target_group_arn,
        "container_name": CONTAINER,
        "container_port": PORT,
    }
    if args.traffic_shift and args.infrastructure_role_arn:
        entry["advanced_configuration"] = {
            "alternate_target_group_arn": args.traffic_shift.alternate_target_group_arn,
            "production_listener_rule": args.traffic_shift.production_rule_arn,
            "test_listener_rule": args.traffic_shift.test_rule_arn,
            "role_arn": args.infrastructure_role_arn,
        }
    return entry


def _timeouts(timeline: Timeline) -> pulumi.CustomTimeouts:
    """How long the engine waits for a steady state: as long as a deployment may take with tasks that end in peace."""
    deployment = f"{timeline.deployment_minutes}m"
    return pulumi.CustomTimeouts(create=deployment, update=deployment, delete=f"{timeline.removal_minutes}m")
