"""The targets of a target group, as Elastic Load Balancing describes them."""

from __future__ import annotations

import importlib
import re
from typing import Any
from unittest import mock

import pulumi
import pytest

from components.lib.target_health import target_states

boto3: Any = importlib.import_module("boto3")  # it has no types
exceptions: Any = importlib.import_module("botocore.exceptions")

GROUP = "arn:aws:elasticloadbalancing:eu-north-1:123456789012:targetgroup/app/0a1b"


def describing(**answer: Any) -> Any:
    client = mock.Mock(**{f"describe_target_health.{name}": value for name, value in answer.items()})
    return mock.patch.object(boto3, "client", return_value=client)


def refusal(code: str) -> Exception:
    return exceptions.ClientError({"Error": {"Code": code, "Message": "no"}}, "DescribeTargetHealth")


def test_states_in_the_region_of_the_stack() -> None:
    answer = {"TargetHealthDescriptions": [{"TargetHealth": {"State": state}} for state in ("healthy", "draining")]}
    with describing(return_value=answer) as client:
        assert target_states("eu-north-1", GROUP) == ["healthy", "draining"]
    client.assert_called_once_with("elbv2", region_name="eu-north-1")
    client.return_value.describe_target_health.assert_called_once_with(TargetGroupArn=GROUP)


def test_deleted_group_has_no_targets() -> None:
    with describing(side_effect=refusal("TargetGroupNotFound")):
        assert target_states("eu-north-1", GROUP) == []


def test_failure_names_the_group_and_the_permission() -> None:
    named = f"{GROUP} (elasticloadbalancing:DescribeTargetHealth): "
    with describing(side_effect=refusal("Throttling")), pytest.raises(pulumi.RunError, match=re.escape(named)):
        target_states("eu-north-1", GROUP)
