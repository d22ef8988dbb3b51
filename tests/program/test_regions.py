"""Several stacks: in every region of the app, in one account, under names of any length."""

from __future__ import annotations

from typing import Any

import pytest

from config.mistakes import ConfigError
from recording.deployment import Deployment, values
from recording.fake_aws import ACCOUNT, FakeAws
from recording.program import certificate
from tests.support.program import REGIONS, run

LONG = "prod-" + "x" * 95
DOMAIN: dict[str, Any] = {"domainName": "voice.example.com", "hostedZoneId": "Z1D633PJN98FT9"}

# The input that names an object, for types whose names are unique in the account or in all of AWS.
NAMED_BY = {
    "aws:ecr/repository:Repository": "name",
    "aws:dynamodb/table:Table": "name",
    "aws:s3/bucket:Bucket": "bucket",
    "aws:cloudwatch/logGroup:LogGroup": "name",
    "aws:iam/role:Role": "name",
    "aws:lb/loadBalancer:LoadBalancer": "name",
    "aws:ecs/cluster:Cluster": "name",
    "aws:ecs/service:Service": "name",
    "aws:ecs/taskDefinition:TaskDefinition": "family",
    "aws:secretsmanager/secret:Secret": "namePrefix",
    "aws:kms/alias:Alias": "name",
    "aws:sns/topic:Topic": "name",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "name",
    "aws:cloudwatch/dashboard:Dashboard": "dashboardName",
    "aws:cloudwatch/eventRule:EventRule": "name",
    "aws:cloudwatch/queryDefinition:QueryDefinition": "name",
    "aws:budgets/budget:Budget": "name",
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": "policyName",
    "aws:wafv2/webAcl:WebAcl": "name",
}
# Types whose names are unique only within another object of the same stack.
NAMED_WITHIN = {
    "aws:cloudwatch/logMetricFilter:LogMetricFilter",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:route53/record:Record",
}


def names(deployment: Deployment) -> set[tuple[str, str]]:
    return {(r.type, r.inputs[NAMED_BY[r.type]]) for r in deployment.registered if r.type in NAMED_BY}


@pytest.mark.parametrize("region", REGIONS)
def test_a_region_is_a_config_edit(region: str) -> None:
    stack = f"prod-{region}"
    deployment = run(stack, like="prod", region=region)
    texts = {*values(dict(deployment.exports)), *(text for r in deployment.registered for text in values(r.inputs))}
    for other in set(REGIONS) - {region}:
        assert [text for text in texts if other in text] == []
    assert deployment.exports["region"] == region
    assert deployment.exports["sessionsTableName"] == "demo-sessions"
    assert deployment.exports["serviceName"] == f"voiceter-backend-{stack}"


def test_no_two_stacks_of_an_account_share_a_name() -> None:
    regions = {"dev": "us-east-1", "staging": "us-east-1", "prod": "us-east-1", "prod-eu-north-1": "eu-north-1"}
    found = {
        stack: names(
            run(stack, like=stack.split("-")[0], region=region, secrets={"TOKEN": "hidden"}, monthlyBudgetUsd=9)
        )
        for stack, region in regions.items()
    }
    assert {type_ for type_, _ in found["prod"]} == set(NAMED_BY)
    for stack, ours in found.items():
        for other, theirs in found.items():
            if stack < other:
                shared = {type_ for type_, _ in ours & theirs}
                # Regions of one environment share table names, which are regional.
                regions_of_one = {stack, other} == {"prod", "prod-eu-north-1"}
                assert shared == ({"aws:dynamodb/table:Table"} if regions_of_one else set[str]()), (stack, other)


def test_cells_share_nothing_in_one_region_of_one_account() -> None:
    domains = {"prod-a": "a.voice.example.com", "prod-b": "b.voice.example.com"}
    cells = [
        run(
            stack,
            like="prod",
            domainName=domain,
            hostedZoneId=DOMAIN["hostedZoneId"],
            secrets={"TOKEN": "hidden"},
            monthlyBudgetUsd=9,
        )
        for stack, domain in domains.items()
    ]
    prod = run("prod", **DOMAIN, secrets={"TOKEN": "hidden"}, monthlyBudgetUsd=9)
    found = [names(deployment) for deployment in (*cells, prod)]
    assert [len(one) for one in found[:2]] == [len(found[0])] * 2
    assert found[0].isdisjoint(found[1]) and found[0].isdisjoint(found[2]) and found[1].isdisjoint(found[2])
    # Route 53 allows one latency record for a name and region, so each cell has a name of its own.
    records = [deployment.one(":Record", "alias").inputs["name"] for deployment in (*cells, prod)]
    assert records == [*domains.values(), "voice.example.com"]


def test_every_fixed_name_is_checked() -> None:
    deployment = run("prod", **DOMAIN, secrets={"TOKEN": "hidden"}, monthlyBudgetUsd=9)
    for resource in deployment.registered:
        if resource.custom and {"name", "namePrefix"} & set(resource.inputs):
            assert resource.type in {*NAMED_BY, *NAMED_WITHIN}, resource.type


def test_regions_of_one_environment_share_its_domain() -> None:
    regions = {"prod": "us-east-1", "prod-eu-north-1": "eu-north-1"}
    deployments = [run(stack, like="prod", region=region, **DOMAIN) for stack, region in regions.items()]
    aliases = [deployment.one(":Record", "alias").inputs for deployment in deployments]
    assert {alias["name"] for alias in aliases} == {"voice.example.com"}
    assert [alias["setIdentifier"] for alias in aliases] == list(regions)
    names = [deployment.one("lb/loadBalancer:LoadBalancer").inputs["name"] for deployment in deployments]
    checked = [deployment.one(":HealthCheck").inputs["fqdn"] for deployment in deployments]
    for name, region, fqdn in zip(names, regions.values(), checked, strict=True):
        assert fqdn == f"{name}-0a1b.{region}.elb.amazonaws.com", "each region checks itself"


def test_evacuation_changes_the_health_check_alone() -> None:
    def registered(**config: Any) -> dict[str, Any]:
        deployment = run("prod", **DOMAIN, **config)
        return {resource.urn: (resource.inputs, deployment.exports) for resource in deployment.registered}

    before, after = registered(), registered(evacuated=True)
    assert before.keys() == after.keys()
    (changed,) = [urn for urn, state in before.items() if state != after[urn]]
    assert changed.endswith("$aws:route53/healthCheck:HealthCheck::region")


@pytest.mark.parametrize("region", REGIONS)
def test_health_check_has_an_alarm_where_its_metrics_are(region: str) -> None:
    deployment = run(f"prod-{region}", like="prod", region=region, **DOMAIN)
    alarms = [alarm.name for alarm in deployment.all(":MetricAlarm")]
    assert ("region-unhealthy-critical" in alarms) is (region == "us-east-1")
    said = [notice for notice in deployment.notices if notice.startswith("hostedZoneId")]
    assert len(said) == (region != "us-east-1")


def test_stack_with_a_very_long_name_has_legal_names() -> None:
    limits = {
        "aws:ecr/repository:Repository": 256,
        "aws:s3/bucket:Bucket": 63,
        "aws:cloudwatch/logGroup:LogGroup": 512,
        "aws:iam/role:Role": 64,
        "aws:lb/loadBalancer:LoadBalancer": 32,
        "aws:ecs/cluster:Cluster": 255,
        "aws:ecs/service:Service": 255,
        "aws:ecs/taskDefinition:TaskDefinition": 255,
        "aws:kms/alias:Alias": 256,
        "aws:sns/topic:Topic": 256,
        "aws:cloudwatch/eventRule:EventRule": 64,
        "aws:cloudwatch/queryDefinition:QueryDefinition": 255,
        "aws:budgets/budget:Budget": 100,
        "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": 512,
        "aws:wafv2/webAcl:WebAcl": 128,
    }
    config: dict[str, Any] = {"monthlyBudgetUsd": 9, "waf": True, "accessLogs": True}
    found = names(run(LONG, like="prod", **config))
    assert {type_ for type_, _ in found} >= set(limits)
    for type_, name in found:
        assert len(name) <= limits.get(type_, 255), (type_, name)
    assert found.isdisjoint(names(run(f"{LONG[:-1]}y", like="prod", **config)))


def test_copied_values_of_another_region_are_all_named_at_once() -> None:
    copied: dict[str, Any] = {
        "certificateArn": certificate("us-east-1"),
        "secretArns": {"TOKEN": f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:token-AbC123"},
        "guardrailArns": [f"arn:aws:bedrock:us-east-1:{ACCOUNT}:guardrail/a1b2c3d4e5f6"],
        "promptArns": [f"arn:aws:bedrock:us-east-1:{ACCOUNT}:prompt/AB12CD34EF"],
    }
    answers = FakeAws(region="eu-north-1")
    with pytest.raises(ConfigError) as caught:
        run("prod-eu-north-1", like="prod", region="eu-north-1", answers=answers, **copied)
    for key in (*copied, "imageTag"):
        assert key in str(caught.value)
