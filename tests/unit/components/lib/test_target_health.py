"""The targets of a target group, as Elastic Load Balancing describes them."""

from __future__ import annotations

import re

import pulumi
import pytest

from components.lib.target_health import target_states
from tests.support.boto import answering, refusal

GROUP = "arn:aws:elasticloadbalancing:eu-north-1:123456789012:targetgroup/app/0a1b"


def test_states_in_the_region_of_the_stack() -> None:
    answer = {"TargetHealthDescriptions": [{"TargetHealth": {"State": state}} for state in ("healthy", "draining")]}
    with answering("describe_target_health", return_value=answer) as client:
        assert target_states("eu-north-1", GROUP) == ["healthy", "draining"]
    client.assert_called_once_with("elbv2", region_name="eu-north-1")
    client.return_value.describe_target_health.assert_called_once_with(TargetGroupArn=GROUP)


def test_deleted_group_has_no_targets() -> None:
    with answering("describe_target_health", side_effect=refusal("DescribeTargetHealth", "TargetGroupNotFound")):
        assert target_states("eu-north-1", GROUP) == []


def test_failure_names_the_group_and_the_permission() -> None:
    named = f"{GROUP} (elasticloadbalancing:DescribeTargetHealth): "
    with (
        answering("describe_target_health", side_effect=refusal("DescribeTargetHealth", "Throttling")),
        pytest.raises(pulumi.RunError, match=re.escape(named)),
    ):
        target_states("eu-north-1", GROUP)
