"""How a new version takes over from the old one. Pure: what the config says, in ECS's words."""

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

    rolling     new tasks join the old ones behind one target group, which then leave
    blue-green  new tasks wait in a second target group; all traffic moves at once
    canary      as blue-green, a part of the traffic first
    linear      as blue-green, in equal steps
    """

    kind: str
    bake_minutes: int  # ECS watches the alarms after each shift of traffic, ready to go back
    canary_percent: float  # of the traffic, first
    linear_step_percent: float  # of the traffic, at each step

    @property
    def shifts_traffic(self) -> bool:
        """Whether ECS moves the traffic between two target groups."""
        return self.kind != ROLLING

    @property
    def shift_minutes(self) -> int:
        """From the first shift of traffic until ECS takes the old tasks away."""
        shifts = {BLUE_GREEN: 1, CANARY: 2, LINEAR: math.ceil(100 / self.linear_step_percent)}
        return self.bake_minutes * shifts.get(self.kind, 0)

    def configuration(self) -> aws.ecs.ServiceDeploymentConfigurationArgsDict:
        """The strategy in ECS's words (Amazon ECS API Reference, DeploymentConfiguration)."""
        bake = str(self.bake_minutes)  # the AWS provider takes minutes as text
        found: aws.ecs.ServiceDeploymentConfigurationArgsDict = {"strategy": self.kind.upper().replace("-", "_")}
        if self.shifts_traffic:
            found["bake_time_in_minutes"] = bake
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
