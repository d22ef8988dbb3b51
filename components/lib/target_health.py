"""The targets of a target group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from components.lib import sdk
from components.lib.lookup import look_up


def target_states(region: str, target_group_arn: str) -> Sequence[str]:
    """Returns the state of each target: initial, healthy, unhealthy, unused, draining or unavailable.

    Raises:
        pulumi.RunError: AWS does not answer.
    """

    def ask() -> Any:
        return sdk.client("elbv2", region).describe_target_health(TargetGroupArn=target_group_arn)

    answer = look_up(f"the targets of {target_group_arn} (elasticloadbalancing:DescribeTargetHealth)", ask)
    return [one["TargetHealth"]["State"] for one in answer["TargetHealthDescriptions"]] if answer else []
