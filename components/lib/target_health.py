"""The targets of a target group.

The AWS provider has no function that lists them. So this is the one call to AWS that the program makes by itself, with
the credentials that the provider uses too: those of the environment.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

from components.lib.lookup import look_up


def target_states(region: str, target_group_arn: str) -> Sequence[str]:
    """Returns the state of each target: initial, healthy, unhealthy, unused, draining or unavailable.

    Raises:
        pulumi.RunError: AWS does not answer.
    """

    def ask() -> Any:
        boto3: Any = importlib.import_module("boto3")  # slow to import, and most previews do without it
        return boto3.client("elbv2", region_name=region).describe_target_health(TargetGroupArn=target_group_arn)

    answer = look_up(f"the targets of {target_group_arn} (elasticloadbalancing:DescribeTargetHealth)", ask)
    return [one["TargetHealth"]["State"] for one in answer["TargetHealthDescriptions"]] if answer else []
