"""What a stack registers, as far as its costs and its limits depend on it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from components.lib.app import SESSIONS_PER_TASK
from components.lib.timeline import Timeline
from components.service.strategy import Strategy
from cost.load import Load


@dataclass(frozen=True)
class Resource:
    """One resource. Its inputs have the provider's names, in camelCase."""

    type: str
    name: str
    inputs: Mapping[str, Any]


@dataclass(frozen=True)
class Tasks:
    """How many tasks run, on average. A strategy with weights makes fractions."""

    on_demand: float
    spot: float

    @property
    def count(self) -> float:
        return self.on_demand + self.spot


class Stack:
    """The resources of a stack.

    Args:
        name: the stack's name.
        resources: what it registers.
    """

    def __init__(self, name: str, resources: Sequence[Resource]) -> None:
        self.name = name
        self.resources = resources

    def all(self, type_: str) -> list[Resource]:
        """Returns the resources of a type."""
        return [resource for resource in self.resources if resource.type == type_]

    def one(self, type_: str) -> Resource:
        """Returns the only resource of a type."""
        [resource] = self.all(type_)
        return resource

    @property
    def region(self) -> str:
        return self.one("pulumi:providers:aws").inputs["region"]

    @cached_property
    def container(self) -> Mapping[str, Any]:
        """The app's container definition."""
        [container] = json.loads(self.one("aws:ecs/taskDefinition:TaskDefinition").inputs["containerDefinitions"])
        return container

    @cached_property
    def environment(self) -> Mapping[str, str]:
        """The app's environment variables."""
        return {one["name"]: one["value"] for one in self.container["environment"]}

    @property
    def zones(self) -> int:
        """The zones of the network."""
        return len(self.one("awsx:ec2:Vpc").inputs["availabilityZoneNames"])

    @property
    def nat_gateways(self) -> int:
        strategy = self.one("awsx:ec2:Vpc").inputs["natGateways"]["strategy"]
        return {"OnePerAz": self.zones, "Single": 1, "None": 0}[strategy]

    @property
    def addresses_for_tasks(self) -> int:
        """The IP addresses for tasks in each zone.

        awsx gives half of a zone's block to the private subnet, and the next quarter to the public one. AWS keeps five
        addresses of a subnet (EC2 API Reference, CreateSubnet). A load balancer needs eight of the public one (Elastic
        Load Balancing, "Subnets for your load balancer").
        """
        zone = 2 ** (32 - int(self.one("awsx:ec2:Vpc").inputs["availabilityZoneCidrMask"]))
        return zone // 4 - 5 - 8 if self.tasks_have_public_ips else zone // 2 - 5

    @property
    def tasks_in_a_release(self) -> float:
        """How many times its tasks a service runs during a release."""
        return float(self.one("aws:ecs/service:Service").inputs["deploymentMaximumPercent"]) / 100

    @property
    def strategy(self) -> Strategy:
        """How a new version replaces the old one."""
        found = self.one("aws:ecs/service:Service").inputs["deploymentConfiguration"]
        return Strategy(
            kind=found["strategy"].lower().replace("_", "-"),
            bake_minutes=int(found["bakeTimeInMinutes"]),
            canary_percent=float(found.get("canaryConfiguration", {}).get("canaryPercent", 0)),
            linear_step_percent=float(found.get("linearConfiguration", {}).get("stepPercent", 100)),
        )

    @property
    def timeline(self) -> Timeline:
        """The end of a task, and how long a deployment may take."""
        group = self.all("aws:lb/targetGroup:TargetGroup")[0].inputs
        return Timeline(
            deregistration_delay_seconds=int(group["deregistrationDelay"]),
            stop_timeout_seconds=int(self.container["stopTimeout"]),
            shift_minutes=self.strategy.shift_minutes,
        )

    @property
    def tasks_have_public_ips(self) -> bool:
        return bool(self.one("aws:ecs/service:Service").inputs["networkConfiguration"]["assignPublicIp"])

    def tasks(self, load: Load | None = None) -> Tasks:
        """Returns the tasks at rest, or under a load that is spread evenly over them."""
        return self.split(min(self.tasks_for(load), self.most_tasks))

    def tasks_for(self, load: Load | None) -> int:
        """Returns the tasks that the autoscaler runs under a load if maxCount allows them."""
        least = int(self.one("aws:appautoscaling/target:Target").inputs["minCapacity"])
        return max(least, math.ceil(load.sessions / self.sessions_per_task)) if load else least

    @property
    def most_tasks(self) -> int:
        """The most tasks that the autoscaler runs: maxCount."""
        return int(self.one("aws:appautoscaling/target:Target").inputs["maxCapacity"])

    @property
    def vcpus_per_task(self) -> float:
        return int(self.one("aws:ecs/taskDefinition:TaskDefinition").inputs["cpu"]) / 1024

    def notes(self, load: Load | None) -> list[str]:
        """Returns what the number of tasks leaves out."""
        most = self.most_tasks
        found: list[str] = []
        if load and load.sessions > most * SESSIONS_PER_TASK:
            found.append(f"maxCount lets the stack serve fewer sessions: {most} tasks of {SESSIONS_PER_TASK}.")
        if self.all("aws:appautoscaling/scheduledAction:ScheduledAction"):
            found.append("scalingSchedule is not counted: at rest the stack runs minCount tasks.")
        return found

    @property
    def sessions_per_task(self) -> float:
        """How many sessions the autoscaler leaves to a task; without its policy, how many a task has room for."""
        for policy in self.all("aws:appautoscaling/policy:Policy"):
            configuration = policy.inputs["targetTrackingScalingPolicyConfiguration"]
            if "customizedMetricSpecification" in configuration:
                return float(configuration["targetValue"])
        return SESSIONS_PER_TASK

    def split(self, count: int) -> Tasks:
        """Splits tasks as ECS does: the base first, the rest by weight."""
        strategy = self.one("aws:ecs/service:Service").inputs["capacityProviderStrategies"]
        base = sum(int(one.get("base", 0)) for one in strategy if one["capacityProvider"] == "FARGATE")
        weights = {one["capacityProvider"]: int(one["weight"]) for one in strategy}
        first = min(count, base)
        share = weights.get("FARGATE_SPOT", 0) / sum(weights.values())
        return Tasks(on_demand=first + (count - first) * (1 - share), spot=(count - first) * share)
