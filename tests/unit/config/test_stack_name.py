"""The environment and the region in the name of a stack."""

from __future__ import annotations

import pytest

from config.stack_name import environment_of, region_of


@pytest.mark.parametrize(
    ("stack", "environment"),
    [
        ("prod", "prod"),
        ("prod-us-east-1", "prod"),
        ("prod-us-west-2", "prod"),
        ("prod-ap-northeast-1", "prod"),
        ("prod-eu-north-1", "prod"),
        ("prod-eu-west-1", "prod-eu-west-1"),
        ("eu-north-1", "eu-north-1"),
        ("prodeu-north-1", "prodeu-north-1"),
        ("prod-eu-north-1-b", "prod-eu-north-1-b"),
        ("load-test-eu-north-1", "load-test"),
    ],
)
def test_environment_is_the_stack_without_its_region(stack: str, environment: str) -> None:
    assert environment_of(stack) == environment


def test_region_is_the_one_that_the_name_ends_in() -> None:
    assert region_of("prod-eu-north-1") == "eu-north-1"
    assert region_of("prod") is None
