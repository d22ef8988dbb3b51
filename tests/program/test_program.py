"""The whole program: each committed stack, with and without an image, with every feature, and its errors."""

from __future__ import annotations

import gc
import json
import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import pulumi
import pytest

from components.lib.provider import PROGRAM_TAGS
from config.mistakes import ConfigError
from config.rules import MOST_EXTRA_TAGS, MOST_EXTRA_TAGS_WITH_ZONE
from recording.deployment import Deployment
from recording.fake_aws import ACCOUNT, FakeAws
from recording.program import REDIS_TOKEN
from tests.support.config_values import REDIS
from tests.support.contract import (
    OUTPUTS,
    OUTPUTS_WITH_AN_IMAGE,
    OUTPUTS_WITH_LOGS,
    OUTPUTS_WITH_REDIS,
    STACKS_WITH_LOGS,
)
from tests.support.program import HIDDEN, everything, run, two_target_groups

STACKS = ["dev", "staging", "prod"]


def shape(deployment: Deployment) -> set[tuple[str, str, str]]:
    """What was registered, in an order that does not depend on timing."""
    return {(r.type, r.name, json.dumps(r.inputs, sort_keys=True)) for r in deployment.registered}


def outputs_with_logs(stack: str) -> frozenset[str]:
    """Returns the outputs that a committed stack has with or without an image."""
    return OUTPUTS | OUTPUTS_WITH_LOGS if stack in STACKS_WITH_LOGS else OUTPUTS


@pytest.mark.parametrize("stack", STACKS)
def test_first_deployment_creates_everything_but_the_service(stack: str) -> None:
    first, second = run(stack, image=False), run(stack)
    assert set(first.exports) == outputs_with_logs(stack), "state an output, or a table, in tests/support/contract.py"
    assert set(second.exports) == outputs_with_logs(stack) | OUTPUTS_WITH_AN_IMAGE
    assert all(second.exports.values())
    made_later = {r.type for r in second.registered} - {r.type for r in first.registered}
    assert made_later == {
        "voiceter:service:Service",
        "voiceter:scaling:Scaling",
        "voiceter:alarms:Alarms",
        "voiceter:events:Events",
        "aws:cloudwatch/eventRule:EventRule",
        "aws:cloudwatch/eventTarget:EventTarget",
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        "aws:ecs/taskDefinition:TaskDefinition",
        "aws:ecs/service:Service",
        "aws:appautoscaling/target:Target",
        "aws:appautoscaling/policy:Policy",
    }
    # The image changes no resource of the first deployment.
    assert shape(first) <= shape(second)
    [warning] = first.warnings
    assert f"docker push {first.exports['repositoryUrl']}:TAG" in warning
    assert f"pulumi config set imageTag TAG --stack {stack}" in warning
    assert second.warnings == second.notices == []


@pytest.mark.parametrize("features", [False, True])
def test_every_resource_is_a_child_of_a_component_and_uses_the_provider(features: bool) -> None:
    deployment = everything() if features else run("dev")
    components = {r.urn for r in deployment.registered if r.type.startswith("voiceter:")}
    others = [r for r in deployment.registered if r.urn not in components]
    provider = deployment.one("pulumi:providers:aws")
    assert provider.name == "aws"
    for resource in others:
        if resource is not provider:
            assert resource.parent in components, resource.urn
            assert resource.provider == "aws", resource.urn
    assert {provider.rpartition("::")[0].rpartition("::")[2] for _, _, provider in deployment.calls} == {"aws"}


def test_every_component_registers_its_outputs_once() -> None:
    """The engine shows a component as complete only after that."""
    components = [one.urn for one in everything().registered if one.type.startswith("voiceter:")]
    assert {urn: everything().outputs_of.count(urn) for urn in components} == dict.fromkeys(components, 1)


def test_provider_tags_everything_and_refuses_other_accounts_than_the_allowed_ones() -> None:
    provider = everything().one("pulumi:providers:aws")
    assert provider.json("defaultTags")["tags"] == {
        "Application": "voiceter-backend",
        "CostCenter": "007",  # of extraTags
        "Environment": "prod",
        "ManagedBy": "pulumi",
        "Stack": "prod",
    }
    assert provider.json("allowedAccountIds") == [ACCOUNT]


def test_program_tags_are_all_tags_that_the_program_sets() -> None:
    found = set(everything().one("pulumi:providers:aws").json("defaultTags")["tags"]) - {"CostCenter"}
    for resource in everything().registered:
        found |= (resource.inputs.get("tags") or {}).keys()
    assert found == set(PROGRAM_TAGS)


def test_every_resource_takes_the_most_extra_tags() -> None:
    """AWS's limit is 50 tags a resource, and 10 a health check (Amazon Route 53 API Reference, TagList)."""
    limits = {"aws:route53/healthCheck:HealthCheck": (10, MOST_EXTRA_TAGS_WITH_ZONE)}
    of_provider = everything().one("pulumi:providers:aws").json("defaultTags")["tags"].keys() - {"CostCenter"}
    assert limits.keys() <= {resource.type for resource in everything().registered}
    for resource in everything().registered:
        limit, extra = limits.get(resource.type, (50, MOST_EXTRA_TAGS))
        assert len(of_provider | (resource.inputs.get("tags") or {}).keys()) + extra <= limit, resource.urn


def test_service_waits_for_everything_that_tasks_need() -> None:
    ways = ("awsx:ec2:Vpc", ":VpcEndpoint", ":SecurityGroupIngressRule", ":SecurityGroupEgressRule", ":ListenerRule")
    needed = (*ways, ":RolePolicy", ":ClusterCapacityProviders", ":ReplicationGroup")
    # The policy with which ECS shifts traffic is attached.
    for deployment, types in ((everything(), needed), (two_target_groups(), (*needed, ":RolePolicyAttachment"))):
        service = deployment.one("ecs/service:Service")
        for type_ in types:
            assert {resource.urn for resource in deployment.all(type_)} <= service.depends_on, type_
            assert deployment.all(type_), type_


def test_every_output_that_an_input_comes_from_has_a_value() -> None:
    """Of outputs that the recording does not fill in, one looks like another."""
    for deployment in (everything(), two_target_groups()):
        for resource in deployment.registered:
            assert None not in parts(resource.inputs), resource.urn


def test_ecs_shifts_the_traffic_of_the_production_rule_and_tests_by_the_test_rule() -> None:
    rules = {rule.inputs["priority"]: rule.name for rule in two_target_groups().all(":ListenerRule")}
    service = two_target_groups().one("ecs/service:Service").inputs
    [balancer] = service["loadBalancers"]
    shift = balancer["advancedConfiguration"]
    test, production = (shift[key].split("/")[2] for key in ("testListenerRule", "productionListenerRule"))
    assert [test, production] == [rules[priority] for priority in sorted(rules) if "https" not in rules[priority]]
    groups = [arn.split("/")[1] for arn in (balancer["targetGroupArn"], shift["alternateTargetGroupArn"])]
    assert groups == ["voiceter-backend-1a2b3c4", "voiceter-backend-b-1a2b3c4"]
    assert shift["roleArn"].endswith("/" + two_target_groups().one(":Role", "infrastructure").inputs["name"])
    # The provider sends no block that the program leaves out.
    assert service["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert service["alarms"]["rollback"] is True


def test_alarm_topic_has_a_key_of_its_own() -> None:
    """The key of the data does not admit CloudWatch. In the recording, all keys have one ARN."""
    keys = {one.urn: one.name for one in everything().all(":Key")}
    used = {
        (one.type.rpartition(":")[2], keys[urn])
        for one in everything().registered
        if one.type.endswith((":Topic", ":Table", ":Secret", ":LogGroup"))
        for urn in one.depends_on & keys.keys()
    }
    assert used == {("Topic", "alarms"), ("Table", "data"), ("Secret", "data"), ("LogGroup", "data")}


def parts(value: object) -> Iterator[object]:
    """Yields every value in an input that is no list or object."""
    if isinstance(value, Mapping):
        for one in cast(Mapping[str, object], value).values():
            yield from parts(one)
    elif isinstance(value, list):
        for one in cast(list[object], value):
            yield from parts(one)
    else:
        yield value


@pytest.mark.parametrize(
    ("function", "text", "message"),
    [
        ("getCallerIdentity", "api error ExpiredToken: expired", r"refused the credentials .*\(ExpiredToken\)"),
        ("getCallerIdentity", "No valid credential sources found", "no working AWS credentials"),
        ("getImage", "User: arn:x is not authorized to perform: ecr:DescribeImages", "arn:x ecr:DescribeImages"),
        ("getVpc", "multiple EC2 VPCs matched; use additional constraints", "multiple EC2 VPCs matched"),
    ],
)
def test_refused_caller_is_no_config_error(function: str, text: str, message: str) -> None:
    """Without working credentials, every other lookup fails as well. The message is about the credentials."""
    failures = dict.fromkeys((function, "getImage", "getVpc", "getService"), text)
    with pytest.raises(pulumi.RunError, match=message) as caught:
        run("prod", image=function != "getVpc", answers=FakeAws(failures=failures))
    assert not isinstance(caught.value, ConfigError)
    assert ("sts:GetCallerIdentity" in str(caught.value)) == (function == "getCallerIdentity")


@dataclass
class Watching(FakeAws):
    """Records what is registered, and whether the garbage collector is on."""

    registered: list[str] = field(default_factory=list[str])
    collected: list[bool] = field(default_factory=list[bool])

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        self.registered.append(args.typ)
        self.collected.append(gc.isenabled())
        return super().new_resource(args)


def test_a_wrong_config_registers_nothing() -> None:
    answers = Watching()
    with pytest.raises(ConfigError):
        run("prod", image=False, answers=answers, cpu=1000)
    # Only the provider, with which the program has looked up the models.
    assert answers.registered == ["pulumi:providers:aws"]


def test_program_runs_without_garbage_collection() -> None:
    answers, on_interrupt = Watching(), signal.getsignal(signal.SIGINT)
    run("dev", image=False, answers=answers)
    assert len(answers.collected) > 30
    assert not any(answers.collected)
    # A recording leaves the process as it was.
    assert gc.isenabled()
    assert signal.getsignal(signal.SIGINT) is on_interrupt


def test_secrets_are_in_secret_inputs_only() -> None:
    deployment = everything()
    for value, inputs in {
        HIDDEN: {("aws:secretsmanager/secretVersion:SecretVersion", "secretString")},
        REDIS_TOKEN: {("aws:elasticache/replicationGroup:ReplicationGroup", "authToken")},
        "Correct%21Horse": {("aws:secretsmanager/secretVersion:SecretVersion", "secretString")},  # in REDIS_URL
    }.items():
        holders = [(r, key) for r in deployment.registered for key, held in r.inputs.items() if value in str(held)]
        assert {(r.type, key) for r, key in holders} == inputs
        assert all(key in r.secret_inputs for r, key in holders)
        assert value not in str((deployment.exports, deployment.warnings, deployment.notices))
    assert deployment.secret_exports == set()
    [container] = deployment.containers()
    injected = {secret["name"] for secret in container["secrets"]}
    assert injected == {"COGNITO_USER_POOL_ID", "TOKEN", "OTHER", "REDIS_URL"}
    assert injected.isdisjoint(variable["name"] for variable in container["environment"])


def test_redis_adds_the_cache_a_secret_and_a_variable() -> None:
    without, deployment = run("prod"), run("prod", **REDIS)
    assert set(deployment.exports) == outputs_with_logs("prod") | OUTPUTS_WITH_AN_IMAGE | OUTPUTS_WITH_REDIS
    host = "master.voiceter-sessions.use1.cache.amazonaws.com:6379"
    assert deployment.exports["redisEndpoint"] == host
    [before], [after] = without.containers(), deployment.containers()
    [injected] = after.pop("secrets")
    assert injected["name"] == "REDIS_URL"
    assert injected["valueFrom"].endswith(":::version-of-REDIS_URL")
    assert deployment.one(":SecretVersion").inputs["secretString"] == (
        f"rediss://:Correct%21Horse%23Battery%26Staple@{host}"
    )
    ttl = {"name": "REDIS_SESSION_TTL", "value": "1800"}
    assert after["environment"] == sorted([*before.pop("environment"), ttl], key=lambda variable: variable["name"])
    assert {**after, "environment": None} == {**before, "environment": None}
    # Of the existing resources, only those change that use the cache or its secret.
    changed = {(type_, name) for type_, name, _ in shape(without) - shape(deployment)}
    assert changed == {
        ("aws:ecs/taskDefinition:TaskDefinition", "task"),
        ("aws:cloudwatch/dashboard:Dashboard", "dashboard"),
    }


@pytest.mark.parametrize("keys", [{}, {"natGateways": "none"}])
def test_cache_is_in_the_private_subnets_and_only_the_tasks_reach_it(keys: dict[str, Any]) -> None:
    deployment = run("prod", **REDIS, **keys)
    assert deployment.one(":SubnetGroup").inputs["subnetIds"] == [f"subnet-private-{zone}" for zone in (1, 2, 3)]
    [tasks] = deployment.one("ecs/service:Service").inputs["networkConfiguration"]["securityGroups"]
    assert deployment.one(":SecurityGroupIngressRule", "cache-from-tasks").inputs["referencedSecurityGroupId"] == tasks
    assert deployment.one(":SecurityGroupEgressRule", "tasks-to-cache").inputs["securityGroupId"] == tasks
