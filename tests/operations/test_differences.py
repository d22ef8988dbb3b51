"""The config values in which the stacks of an environment differ."""

from __future__ import annotations

from operations.differences import StackConfig, differences
from tests.support.stack_config import parsed


def config(stack: str, encrypted: tuple[str, ...] = (), **texts: str) -> StackConfig:
    region = stack.removeprefix("prod-") if stack != "prod" else "us-east-1"
    return StackConfig(parsed(stack, **{"aws:region": region, **texts}), frozenset(encrypted))


def test_values_of_a_region_may_differ() -> None:
    arn = "arn:aws:bedrock:eu-north-1:123456789012:guardrail/abc123def456"
    there = config("prod-eu-north-1", maxCount="20", minCount="3", vpcCidr="10.1.0.0/16", guardrailArns=f'["{arn}"]')
    assert differences([config("prod"), there]) == []


def test_certificate_of_a_region_may_differ() -> None:
    def served(stack: str, region: str) -> StackConfig:
        arn = f"arn:aws:acm:{region}:123456789012:certificate/0a1b2c3d-0000-0000-0000-000000000000"
        return config(stack, domainName="voice.example.com", certificateArn=arn)

    assert differences([served("prod", "us-east-1"), served("prod-eu-north-1", "eu-north-1")]) == []


def test_value_that_differs_names_its_stacks() -> None:
    stacks = [config("prod", cpu="2048", memory="4096"), config("prod-eu-north-1"), config("prod-us-west-2")]
    assert differences(stacks) == [
        "cpu: 2048 in prod; 1024 in prod-eu-north-1, prod-us-west-2",
        "memory: 4096 in prod; 2048 in prod-eu-north-1, prod-us-west-2",
    ]


def test_default_that_is_set_is_no_difference() -> None:
    assert differences([config("prod"), config("prod-eu-north-1", cpu="1024", protectData="true")]) == []


def test_names_in_objects_are_compared_one_by_one() -> None:
    stacks = [config("prod", environment='{"A": "1", "B": "2"}'), config("prod-us-west-2", environment='{"A": "1"}')]
    assert differences(stacks) == ['environment.B: "2" in prod; unset in prod-us-west-2']


def test_value_that_is_set_in_one_stack_only() -> None:
    assert differences([config("prod"), config("prod-us-west-2", imageTag="1.4.2")]) == [
        "imageTag: unset in prod; 1.4.2 in prod-us-west-2"
    ]


def test_secrets_are_only_set_or_unset() -> None:
    stacks = [config("prod", ("secrets", "redisAuthToken")), config("prod-us-west-2", ("secrets",))]
    assert differences(stacks) == ["redisAuthToken: set in prod; unset in prod-us-west-2"]
