"""The deployment strategies: how a new version replaces the old version."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pulumi_aws as aws

ROLLING = "rolling"
BLUE_GREEN = "blue-green"
CANARY = "canary"
LINEAR = "linear"
STRATEGIES = (ROLLING, BLUE_GREEN, CANARY, LINEAR)


@dataclass(frozen=True)
class Strategy:
    """One of `STRATEGIES`.

    rolling     new tasks join one target group, then the old tasks leave it
    blue-green  new tasks start in a second target group; then all traffic shifts at once
    canary      like blue-green, but a part of the traffic shifts first
    linear      like blue-green, but the traffic shifts in equal steps
    """

    kind: str
    bake_minutes: int  # for which ECS watches the alarms after each shift of traffic
    canary_percent: float  # of the traffic, first
    linear_step_percent: float  # of the traffic, at each step

    @property
    def shifts_traffic(self) -> bool:
        """Whether ECS shifts traffic between two target groups."""
        return self.kind != ROLLING

    @property
    def shift_minutes(self) -> int:
        """The time from the first shift of traffic until ECS stops the old tasks."""
        shifts = {BLUE_GREEN: 1, CANARY: 2, LINEAR: math.ceil(100 / self.linear_step_percent)}
        return self.bake_minutes * shifts.get(self.kind, 0)

    def configuration(self) -> aws.ecs.ServiceDeploymentConfigurationArgsDict:
        """Returns the deployment configuration of the service (Amazon ECS API Reference, DeploymentConfiguration)."""
        # The AWS provider takes minutes as a string. It sends the bake time for every strategy and, where the program
        # gives none, the last one. ECS shows 0 for every rolling deployment, and computes from the alarms how long it
        # watches them (Amazon ECS Developer Guide, "How CloudWatch alarms detect Amazon ECS deployment failures").
        bake = str(self.bake_minutes) if self.shifts_traffic else "0"
        found: aws.ecs.ServiceDeploymentConfigurationArgsDict = {
            "strategy": self.kind.upper().replace("-", "_"),
            "bake_time_in_minutes": bake,
        }
        if self.kind == CANARY:
            found["canary_configuration"] = {
                "canary_percent": self.canary_percent,
                "canary_bake_time_in_minutes": bake,
            }
        if self.kind == LINEAR:
            found["linear_configuration"] = {
                "step_percent": self.linear_step_percent,
                "step_bake_time_in_minutes": bake,
            }
        return found
