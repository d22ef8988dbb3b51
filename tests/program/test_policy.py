"""The program keeps the rules of policy/, with every feature. tests/live/test_policy.py runs the pack itself."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, cast

import pytest

from components.lib.provider import PROGRAM_TAGS
from policy.resource import UNKNOWN, Resource
from policy.rules import RULES, STACK_RULES, TAGS, UNTAGGED
from policy.wildcards import ALLOWED, is_allowed, wildcards
from recording.deployment import Deployment, Registration
from recording.fake_aws import ACCOUNT
from tests.support.policies import OF_RESOURCES
from tests.support.program import everything, run, two_target_groups

SHOWN: dict[str, Callable[[], Deployment]] = {
    "dev": lambda: run("dev"),
    "staging": lambda: run("staging"),
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


def test_no_rule_decides_by_a_value_that_a_preview_does_not_know() -> None:
    deployment = everything()
    default_tags = deployment.one("pulumi:providers:aws").json("defaultTags")["tags"]
    for registered in deployment.registered:
        resource = seen(registered, default_tags)
        for inputs in with_an_unknown(dict(resource.properties)):
            changed = replace(resource, properties=inputs)
            assert [message for rule in RULES for message in rule.check(changed)] == [], (resource.urn, inputs)
            for rule in STACK_RULES:
                list(rule.check([changed]))  # which needs the other resources, too


def with_an_unknown(value: Any) -> Iterator[Any]:
    """Yields the value once for each value in it, with UNKNOWN in its place."""
    if isinstance(value, dict):
        for key, one in cast(dict[str, Any], value).items():
            for changed in (UNKNOWN, *with_an_unknown(one)):
                yield {**value, key: changed}
    elif isinstance(value, list):
        items = cast(list[Any], value)
        for index, one in enumerate(items):
            for changed in (UNKNOWN, *with_an_unknown(one)):
                yield [*items[:index], changed, *items[index + 1 :]]


def test_rule_and_program_name_the_same_tags() -> None:
    default_tags = run("dev").one("pulumi:providers:aws").json("defaultTags")["tags"]
    assert set(TAGS) == set(default_tags) <= set(PROGRAM_TAGS)


@pytest.mark.parametrize("token", sorted(UNTAGGED))
def test_untagged_type_takes_no_tags(token: str) -> None:
    _, module, name = token.split(":")
    service: Any = importlib.import_module(f"pulumi_aws.{module.partition('/')[0]}")
    assert "tags" not in inspect.signature(getattr(service, name)._internal_init).parameters


NAMES = {
    "partition": "aws",
    "region": "us-east-1",
    "account": ACCOUNT,
    "recordings": f"voiceter-recordings-{ACCOUNT}-prod",
    "logs_bucket": f"voiceter-logs-{ACCOUNT}-prod",
    "log_group": "/ecs/voiceter-backend",
    "web_acl_log": "aws-waf-logs-voiceter-backend",
    "cluster": "voiceter-cluster",
    "number": "0",
}
# The inputs that are policy documents.
DOCUMENTS = {"RolePolicy": "policy", **OF_RESOURCES}


def test_every_wildcard_is_listed_with_its_reason() -> None:
    found = {
        (one.type, wildcard)
        for type_, key in DOCUMENTS.items()
        for one in everything().all(f":{type_}")
        for wildcard in wildcards(one.json(key))
    }
    assert found == {
        (type_, (sid.format_map(NAMES), element, text.format_map(NAMES)))
        for type_, entries in ALLOWED.items()
        for sid, element, text in entries
    }
    assert all(is_allowed(type_, wildcard) for type_, wildcard in found)


def test_every_policy_is_checked_for_wildcards() -> None:
    holders = {
        (r.type.rpartition(":")[2], key)
        for r in everything().registered
        for key, value in r.inputs.items()
        if isinstance(value, str) and '"Statement"' in value
    }
    assert holders == set(DOCUMENTS.items())
