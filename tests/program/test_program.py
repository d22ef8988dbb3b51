"""The whole program: each committed stack, with and without an image, and its errors."""

from __future__ import annotations

import gc
import json
import re
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pytest

from components.lib.provider import PROGRAM_TAGS
from config.mistakes import ConfigError
from recording.deployment import Deployment, Registration
from recording.fake_aws import ACCOUNT, FakeAws
from recording.program import DIGEST, DOMAIN_NAME, REDIS_TOKEN, TAG, record
from tests.support.contract import (
    OUTPUTS,
    OUTPUTS_WITH_AN_IMAGE,
    OUTPUTS_WITH_LOGS,
    OUTPUTS_WITH_REDIS,
    STACKS_WITH_LOGS,
    TABLES,
)
from tests.support.program import REDIS, run

STACKS = ["dev", "staging", "prod"]
HIDDEN = "correct-horse-battery"
# Keys that add resources of other types.
OPTIONAL: dict[str, Any] = {
    "secretArns": {"TOKEN": f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:token-AbC123"},
    "scalingSchedule": {"night": {"cron": "0 23 * * ? *", "timeZone": "Europe/Helsinki", "min": 1, "max": 1}},
    **REDIS,
}


def shape(deployment: Deployment) -> list[tuple[str, str, str]]:
    """What was registered, in an order that does not depend on timing."""
    return sorted((r.type, r.name, json.dumps(r.inputs, sort_keys=True)) for r in deployment.registered)


def outputs_with_logs(stack: str) -> frozenset[str]:
    """Returns the outputs that a committed stack has with or without an image."""
    return OUTPUTS | OUTPUTS_WITH_LOGS if stack in STACKS_WITH_LOGS else OUTPUTS


def components(deployment: Deployment) -> list[Registration]:
    return [r for r in deployment.registered if r.type.startswith("voiceter:")]


@pytest.mark.parametrize("stack", STACKS)
def test_stack_with_an_image_exports_every_output(stack: str) -> None:
    deployment = run(stack)
    assert set(deployment.exports) == outputs_with_logs(stack) | OUTPUTS_WITH_AN_IMAGE
    assert all(deployment.exports.values())
    assert deployment.secret_exports == set()


def test_outputs_of_prod_have_its_names() -> None:
    host = "voiceter-backend-0a1b.us-east-1.elb.amazonaws.com"
    assert run("prod").exports == {
        "url": f"https://{DOMAIN_NAME}",
        "loadBalancerDnsName": host,
        "region": "us-east-1",
        "vpcId": "vpc-0a1b",
        "clusterName": "voiceter-cluster",
        "serviceName": "voiceter-backend",
        "taskDefinitionArn": f"arn:aws:ecs:us-east-1:{ACCOUNT}:task-definition/voiceter-backend:1",
        "taskFamily": "voiceter-backend",
        "containerName": "voiceter-backend",
        "logGroupName": "/ecs/voiceter-backend",
        "repositoryUrl": f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/voiceter-backend",
        "executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/voiceter-backend-execution-role",
        "taskRoleArn": f"arn:aws:iam::{ACCOUNT}:role/voiceter-backend-task-role",
        "sessionsTableName": "demo-sessions",
        "responsesTableName": "demo-responses",
        "transcriptsTableName": "demo-transcripts",
        "waitlistTableName": "demo-waitlist",
        "tableNames": {name: f"demo-{name}" for name in TABLES},
        "recordingsBucketName": f"voiceter-recordings-{ACCOUNT}-prod",
        "logsBucketName": f"voiceter-logs-{ACCOUNT}-prod",
        "alarmTopicArn": f"arn:aws:sns:us-east-1:{ACCOUNT}:voiceter-backend-alarms",
        "dashboardName": "voiceter-backend",
    }


@pytest.mark.parametrize("stack", STACKS)
def test_first_deployment_creates_everything_but_the_service(stack: str) -> None:
    first, second = run(stack, image=False), run(stack)
    assert set(first.exports) == outputs_with_logs(stack)
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
    assert set(shape(first)) <= set(shape(second))


@pytest.mark.parametrize("stack", STACKS)
def test_first_deployment_warns_how_to_push_an_image(stack: str) -> None:
    first = run(stack, image=False)
    [warning] = first.warnings
    assert f"docker push {first.exports['repositoryUrl']}:TAG" in warning
    assert f"pulumi config set imageTag TAG --stack {stack}" in warning
    assert run(stack).warnings == []


@pytest.mark.parametrize("stack", STACKS)
def test_a_second_run_registers_the_same(stack: str) -> None:
    assert shape(record(stack)) == shape(run(stack))


@pytest.mark.parametrize("stack", STACKS)
def test_every_component_registers_its_outputs_once(stack: str) -> None:
    deployment = run(stack)
    parts = components(deployment)
    assert (
        len({(part.type, part.name) for part in parts}) == len(parts) == {"dev": 19, "staging": 21, "prod": 23}[stack]
    )
    for part in parts:
        assert re.fullmatch(r"voiceter:[a-z_]+:[A-Z][A-Za-z]+", part.type)
        assert deployment.outputs_of.count(part.urn) == 1
        assert part.parent.endswith(f"::pulumi:pulumi:Stack::voiceter-backend-{stack}")


@pytest.mark.parametrize("stack", STACKS)
def test_every_resource_is_a_child_of_a_component_and_uses_the_provider(stack: str) -> None:
    deployment = run(stack, **OPTIONAL)
    urns = {part.urn for part in components(deployment)}
    others = [r for r in deployment.registered if r.urn not in urns]
    providers = [r for r in others if r.type == "pulumi:providers:aws"]
    assert [p.name for p in providers] == ["aws"]
    for resource in others:
        if resource not in providers:
            assert resource.parent in urns, resource.urn
            assert resource.provider == "aws", resource.urn
    assert {token.rpartition(":")[2] for token, _, _ in deployment.calls} == {
        "getAlias",
        "getImage",
        "getCallerIdentity",
        "getLoadBalancer",
        "getModels",
        "getPartition",
        "getSecret",
        "getService",
        "getVpc",
    }
    assert {provider.rpartition("::")[0].rpartition("::")[2] for _, _, provider in deployment.calls} == {"aws"}


@pytest.mark.parametrize("stack", [*STACKS, "prod-eu-north-1"])
def test_everything_is_tagged(stack: str) -> None:
    region = "eu-north-1" if stack == "prod-eu-north-1" else "us-east-1"
    provider = run(stack, like=stack.split("-")[0], region=region).one("pulumi:providers:aws")
    assert provider.inputs["region"] == region
    assert provider.json("defaultTags")["tags"] == {
        "Application": "voiceter-backend",
        "Environment": stack.split("-")[0],
        "ManagedBy": "pulumi",
        "Stack": stack,
    }


def test_tags_of_an_organisation_stand_beside_the_programs() -> None:
    provider = run("dev", extraTags={"CostCenter": "007"}).one("pulumi:providers:aws")
    assert provider.json("defaultTags")["tags"] == {
        "Application": "voiceter-backend",
        "CostCenter": "007",
        "Environment": "dev",
        "ManagedBy": "pulumi",
        "Stack": "dev",
    }


def test_program_tags_are_all_tags_that_the_program_sets() -> None:
    found: set[str] = set()
    for stack in STACKS:
        deployment = run(stack, **OPTIONAL)
        found |= deployment.one("pulumi:providers:aws").json("defaultTags")["tags"].keys()
        for resource in deployment.registered:
            found |= (resource.inputs.get("tags") or {}).keys()
    assert found == set(PROGRAM_TAGS)


def test_provider_refuses_other_accounts_than_the_allowed_ones() -> None:
    assert "allowedAccountIds" not in run("dev").one("pulumi:providers:aws").inputs
    provider = run("dev", allowedAccountIds=["012345678901"]).one("pulumi:providers:aws")
    assert provider.json("allowedAccountIds") == ["012345678901"]


def test_service_waits_for_everything_that_tasks_need() -> None:
    deployment = run("prod")
    needed = deployment.one("ecs/service:Service").depends_on
    ways = ("awsx:ec2:Vpc", ":VpcEndpoint", ":SecurityGroupIngressRule", ":SecurityGroupEgressRule")
    for type_ in (*ways, ":RolePolicy", ":ListenerRule", ":ClusterCapacityProviders"):
        assert deployment.all(type_), type_
        for resource in deployment.all(type_):
            assert resource.urn in needed, resource.urn


def test_dev_has_the_documented_size() -> None:
    deployment = run("dev", https=False)
    task, service = deployment.one(":TaskDefinition").inputs, deployment.one("ecs/service:Service").inputs
    target = deployment.one(":Target").inputs
    assert (task["cpu"], task["memory"]) == ("512", "1024")
    assert (service["desiredCount"], target["minCapacity"], target["maxCapacity"]) == (1, 1, 2)
    assert [p["capacityProvider"] for p in service["capacityProviderStrategies"]] == ["FARGATE_SPOT"]
    assert service["networkConfiguration"]["assignPublicIp"] is True
    assert service["networkConfiguration"]["subnets"] == ["subnet-public-1", "subnet-public-2"]
    assert deployment.one("awsx:ec2:Vpc").inputs["natGateways"] == {"strategy": "None"}
    assert deployment.exports["url"].startswith("http://")


@pytest.mark.parametrize(
    ("stack", "tasks", "nat", "zones", "delay"),
    [("staging", (2, 2, 4), "Single", 2, 300), ("prod", (2, 2, 10), "OnePerAz", 3, 1860)],
)
def test_staging_and_prod_have_the_documented_size(
    stack: str, tasks: tuple[int, int, int], nat: str, zones: int, delay: int
) -> None:
    deployment = run(stack)
    task, service = deployment.one(":TaskDefinition").inputs, deployment.one("ecs/service:Service").inputs
    target, vpc = deployment.one(":Target").inputs, deployment.one("awsx:ec2:Vpc").inputs
    assert (task["cpu"], task["memory"]) == ("1024", "2048")
    assert (service["desiredCount"], target["minCapacity"], target["maxCapacity"]) == tasks
    assert (vpc["natGateways"], vpc["numberOfAvailabilityZones"]) == ({"strategy": nat}, zones)
    assert service["networkConfiguration"]["assignPublicIp"] is False
    assert deployment.one(":TargetGroup").inputs["deregistrationDelay"] == delay
    assert deployment.containers()[0]["stopTimeout"] == 45
    assert [p["capacityProvider"] for p in service["capacityProviderStrategies"]] == ["FARGATE"]


@pytest.mark.parametrize(("stack", "days"), [("dev", 7), ("staging", 30), ("prod", 90)])
def test_only_prod_protects_its_data(stack: str, days: int) -> None:
    deployment = run(stack, secrets={"TOKEN": HIDDEN})
    protected = {r.type for r in deployment.registered if r.protect}
    settings = {r.type for r in deployment.registered if r.type.startswith("aws:s3/")}
    key = {"aws:kms/key:Key", "aws:kms/alias:Alias"}
    others = {"aws:dynamodb/table:Table", "aws:cloudwatch/logGroup:LogGroup", "aws:ecs/service:Service", *key}
    assert protected == (settings | others if stack == "prod" else set())
    assert {table.inputs["deletionProtectionEnabled"] for table in deployment.all(":Table")} == {stack == "prod"}
    assert {bucket.inputs["forceDestroy"] for bucket in deployment.all(":Bucket")} == {stack != "prod"}
    assert deployment.one(":Repository").inputs["forceDelete"] is (stack != "prod")
    assert deployment.one(":Secret").inputs["recoveryWindowInDays"] == (30 if stack == "prod" else 0)
    assert deployment.one(":LogGroup", "containers").inputs["retentionInDays"] == days
    assert {group.inputs["deletionProtectionEnabled"] for group in deployment.all(":LogGroup")} == {stack == "prod"}


def test_image_given_by_digest_is_deployed_with_its_tag_as_version() -> None:
    deployment = run("prod", imageTag=DIGEST)
    assert deployment.containers()[0]["image"].endswith(f"/voiceter-backend@{DIGEST}")
    assert deployment.one(":TaskDefinition").inputs["tags"] == {"Version": TAG}


def test_missing_image_is_a_config_error() -> None:
    answers = FakeAws(images={DIGEST: ["another"]})
    with pytest.raises(ConfigError, match=f"imageTag = '{TAG}'"):
        run("prod", answers=answers)


@pytest.mark.parametrize(
    ("function", "text", "message"),
    [
        ("getCallerIdentity", "api error ExpiredToken: expired", r"refused the credentials .*\(ExpiredToken\)"),
        ("getCallerIdentity", "No valid credential sources found", "no working AWS credentials"),
        ("getImage", "User: arn:x is not authorized to perform: ecr:DescribeImages", "arn:x ecr:DescribeImages"),
    ],
)
def test_refused_caller_is_no_config_error(function: str, text: str, message: str) -> None:
    """Without working credentials, every other lookup fails as well. The message is about the credentials."""
    failures = dict.fromkeys((function, "getImage", "getVpc", "getService"), text)
    with pytest.raises(pulumi.RunError, match=message) as caught:
        run("prod", answers=FakeAws(failures=failures))
    assert not isinstance(caught.value, ConfigError)
    assert ("which account" in str(caught.value)) == (function == "getCallerIdentity")


def test_addresses_of_a_live_network_cannot_change() -> None:
    up = FakeAws(network="10.0.0.0/16", images={DIGEST: [TAG]})
    assert run("prod", answers=up).one("awsx:ec2:Vpc").inputs["cidrBlock"] == "10.0.0.0/16"
    with pytest.raises(
        ConfigError, match=r"vpcCidr = '10\.1\.0\.0/16': must stay 10\.0\.0\.0/16 while the stack is up"
    ):
        run("prod", answers=up, vpcCidr="10.1.0.0/16")


def test_failed_lookup_of_the_network_is_an_error() -> None:
    several = "multiple EC2 VPCs matched; use additional constraints"
    answers = FakeAws(images={DIGEST: [TAG]}, failures={"getVpc": several})
    with pytest.raises(pulumi.RunError, match="multiple EC2 VPCs matched") as caught:
        run("prod", answers=answers)
    assert not isinstance(caught.value, ConfigError)


def test_prod_is_refused_without_https() -> None:
    with pytest.raises(ConfigError, match="domainName"):
        run("prod", https=False)
    assert run("prod", https=False, allowPlainHttp=True).exports["url"].startswith("http://")


def test_a_wrong_config_registers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    registered: list[str] = []
    new_resource = FakeAws.new_resource

    def record(self: FakeAws, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        registered.append(args.typ)
        return new_resource(self, args)

    monkeypatch.setattr(FakeAws, "new_resource", record)
    with pytest.raises(ConfigError):
        run("prod", cpu=1000)
    # Only the provider, with which the program has looked up the image and the models.
    assert registered == ["pulumi:providers:aws"]


def test_secret_is_in_its_version_only() -> None:
    deployment = run("prod", secrets={"COGNITO_USER_POOL_ID": HIDDEN}, enableAuth=True)
    holders = {(r.type, key) for r in deployment.registered for key, v in r.inputs.items() if HIDDEN in str(v)}
    assert holders == {("aws:secretsmanager/secretVersion:SecretVersion", "secretString")}
    assert deployment.one(":SecretVersion").secret_inputs == {"secretString"}
    assert HIDDEN not in str(deployment.exports)
    [container] = deployment.containers()
    [secret] = container["secrets"]
    assert secret["name"] == "COGNITO_USER_POOL_ID"
    assert "COGNITO_USER_POOL_ID" not in {variable["name"] for variable in container["environment"]}


def test_redis_adds_the_cache_a_secret_and_a_variable() -> None:
    without, deployment = run("prod"), run("prod", **REDIS)
    assert set(deployment.exports) == outputs_with_logs("prod") | OUTPUTS_WITH_AN_IMAGE | OUTPUTS_WITH_REDIS
    host = "master.voiceter-sessions.use1.cache.amazonaws.com:6379"
    assert deployment.exports["redisEndpoint"] == host
    assert deployment.secret_exports == set()
    [before], [after] = without.containers(), deployment.containers()
    [injected] = after.pop("secrets")
    assert injected["name"] == "REDIS_URL"
    assert injected["valueFrom"].endswith(":::version-of-REDIS_URL")
    assert deployment.one(":SecretVersion").inputs["secretString"] == (
        f"rediss://:Correct%21Horse%23Battery%26Staple@{host}"
    )
    assert [v for v in after["environment"] if v not in before["environment"]] == [
        {"name": "REDIS_SESSION_TTL", "value": "1800"}
    ]
    after["environment"] = before["environment"]
    assert after == before
    # Of the existing resources, only those change that use the cache or its secret.
    changed = {(type_, name) for type_, name, _ in set(shape(without)) - set(shape(deployment))}
    assert changed == {
        ("aws:ecs/taskDefinition:TaskDefinition", "task"),
        ("aws:cloudwatch/dashboard:Dashboard", "dashboard"),
    }
    assert deployment.one(":ReplicationGroup").urn in deployment.one("ecs/service:Service").depends_on


def test_token_is_in_secret_inputs_only() -> None:
    deployment = run("prod", **REDIS)
    encoded = "Correct%21Horse"
    holders = {
        (r.type, key)
        for r in deployment.registered
        for key, value in r.inputs.items()
        if REDIS_TOKEN in str(value) or encoded in str(value)
    }
    assert holders == {
        ("aws:secretsmanager/secretVersion:SecretVersion", "secretString"),
        ("aws:elasticache/replicationGroup:ReplicationGroup", "authToken"),
    }
    assert "secretString" in deployment.one(":SecretVersion").secret_inputs
    assert "authToken" in deployment.one(":ReplicationGroup").secret_inputs
    said = str(deployment.exports) + str(deployment.warnings) + str(deployment.notices)
    assert REDIS_TOKEN not in said and encoded not in said


def test_keys_of_redis_have_no_effect_while_it_is_off() -> None:
    off = run("prod", redisEnabled=False, redisAuthToken=REDIS_TOKEN, redisReplicas=5)
    assert shape(off) == shape(run("prod"))


@pytest.mark.parametrize("stack", STACKS)
def test_redis_and_schedules_are_children_of_components(stack: str) -> None:
    deployment = run(stack, **OPTIONAL)
    urns = {part.urn: part for part in components(deployment)}
    made = [r for r in deployment.registered if "elasticache" in r.type or r.type.endswith(":ScheduledAction")]
    assert len(made) == 3
    assert all(r.parent in urns and r.provider == "aws" for r in made)
    [cache] = [part for part in urns.values() if part.type == "voiceter:session_cache:SessionCache"]
    assert deployment.outputs_of.count(cache.urn) == 1
    assert deployment.one(":ScheduledAction").inputs["timezone"] == "Europe/Helsinki"


def test_ecs_exec_is_enabled_by_its_key() -> None:
    deployment = run("prod", enableExec=True)
    assert deployment.containers()[0]["readonlyRootFilesystem"] is False
    assert any("enableExec" in warning for warning in deployment.warnings)
    assert run("prod").containers()[0]["readonlyRootFilesystem"] is True


@dataclass
class Watching(FakeAws):
    """Records whether the garbage collector is on when a resource is registered."""

    collected: list[bool] = field(default_factory=list[bool])

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        self.collected.append(gc.isenabled())
        return super().new_resource(args)


def test_program_runs_without_garbage_collection() -> None:
    answers = Watching()
    run("dev", image=False, answers=answers)
    assert len(answers.collected) > 30
    assert not any(answers.collected)
    assert gc.isenabled()  # again
