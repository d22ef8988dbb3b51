"""The program keeps the rules of policy/, with every feature. tests/live/test_policy.py runs the pack itself."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from typing import Any

import pytest

from components.lib.provider import PROGRAM_TAGS
from policy.resource import Resource
from policy.rules import RULES, TAGS, UNTAGGED
from recording.deployment import Deployment, Registration
from tests.support.program import everything, run, two_target_groups

SHOWN: dict[str, Callable[[], Deployment]] = {
    "dev": lambda: run("dev"),
    "staging": lambda: run("staging"),
    "prod without its key": lambda: run("prod", customerKey=False),
    "prod with two target groups": two_target_groups,
    "prod with everything": everything,
}


def seen(one: Registration, default_tags: Any) -> Resource:
    """The resource as a rule sees it."""
    return Resource(
        type=one.type,
        name=one.name,
        urn=one.urn,
        properties=one.inputs,
        protect=one.protect,
        ignore_changes=one.ignore_changes,
        default_tags=default_tags if one.provider else None,
    )


@pytest.mark.parametrize("name", SHOWN)
def test_program_keeps_the_rules(name: str) -> None:
    made = SHOWN[name]()
    default_tags = made.one("pulumi:providers:aws").json("defaultTags")["tags"]
    resources = [seen(one, default_tags) for one in made.registered]
    assert [(one.name, message) for one in resources for rule in RULES for message in rule.check(one)] == []


def test_rule_and_program_name_the_same_tags() -> None:
    default_tags = run("dev").one("pulumi:providers:aws").json("defaultTags")["tags"]
    assert set(TAGS) == set(default_tags) <= set(PROGRAM_TAGS)


@pytest.mark.parametrize("token", sorted(UNTAGGED))
def test_untagged_type_takes_no_tags(token: str) -> None:
    _, module, name = token.split(":")
    service: Any = importlib.import_module(f"pulumi_aws.{module.partition('/')[0]}")
    assert "tags" not in inspect.signature(getattr(service, name)._internal_init).parameters
