"""Several stacks: in every region of the app, in one account, under names of any length."""

from __future__ import annotations

import itertools

import pytest

from recording import bedrock
from recording.deployment import Deployment, values
from tests.support import iam
from tests.support.config_values import DOMAIN
from tests.support.policies import policies_of
from tests.support.program import REGIONS, everything, in_region, run, with_a_long_name

# Of types whose names are unique in the account or in all of AWS: the input that names an object, and the most
# characters that AWS takes.
NAMED_BY = {
    "aws:ecr/repository:Repository": ("name", 256),
    "aws:dynamodb/table:Table": ("name", 255),
    "aws:s3/bucket:Bucket": ("bucket", 63),
    "aws:cloudwatch/logGroup:LogGroup": ("name", 512),
    "aws:iam/role:Role": ("name", 64),
    "aws:lb/loadBalancer:LoadBalancer": ("name", 32),
    "aws:ecs/cluster:Cluster": ("name", 255),
    "aws:ecs/service:Service": ("name", 255),
    "aws:ecs/taskDefinition:TaskDefinition": ("family", 255),
    "aws:secretsmanager/secret:Secret": ("namePrefix", 255),
    "aws:kms/alias:Alias": ("name", 256),
    "aws:sns/topic:Topic": ("name", 256),
    "aws:cloudwatch/metricAlarm:MetricAlarm": ("name", 255),
    "aws:cloudwatch/dashboard:Dashboard": ("dashboardName", 255),
    "aws:cloudwatch/eventRule:EventRule": ("name", 64),
    "aws:cloudwatch/queryDefinition:QueryDefinition": ("name", 255),
    "aws:budgets/budget:Budget": ("name", 100),
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": ("policyName", 512),
    "aws:wafv2/webAcl:WebAcl": ("name", 128),
    "aws:elasticache/replicationGroup:ReplicationGroup": ("replicationGroupId", 40),
    "aws:elasticache/subnetGroup:SubnetGroup": ("name", 255),
}
# Types whose names are unique only within another object of the same stack.
NAMED_WITHIN = {
    "aws:appautoscaling/scheduledAction:ScheduledAction",
    "aws:cloudwatch/logMetricFilter:LogMetricFilter",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:route53/record:Record",
}


def names(deployment: Deployment) -> set[tuple[str, str]]:
    return {(r.type, r.inputs[NAMED_BY[r.type][0]]) for r in deployment.registered if r.type in NAMED_BY}


@pytest.mark.parametrize("region", REGIONS)
def test_a_region_is_a_config_edit(region: str) -> None:
    stack, deployment = f"prod-{region}", in_region(region)
    texts = {*values(dict(deployment.exports)), *(text for r in deployment.registered for text in values(r.inputs))}
    # Route 53 checks from other regions.
    texts -= {text for check in deployment.all(":HealthCheck") for text in check.inputs["regions"]}
    for other in set(REGIONS) - {region}:
        assert [text for text in texts if other in text] == []
    assert deployment.exports["region"] == region
    assert deployment.exports["sessionsTableName"] == "demo-sessions"
    assert deployment.exports["serviceName"] == f"voiceter-backend-{stack}"
    tags = deployment.one("pulumi:providers:aws").json("defaultTags")["tags"]
    assert (tags["Environment"], tags["Stack"]) == ("prod", stack)


@pytest.mark.parametrize("region", REGIONS)
def test_default_models_are_granted_in_every_region(region: str) -> None:
    policy = policies_of(in_region(region), "task")
    models = f"arn:aws:bedrock:{region}::foundation-model"
    assert iam.allows(policy, "bedrock:InvokeModelWithBidirectionalStream", f"{models}/{bedrock.SONIC}")
    assert iam.allows(policy, "bedrock:InvokeModel", f"{models}/{bedrock.LITE}")


def test_no_two_stacks_of_an_account_share_a_name() -> None:
    found = {
        "dev": names(run("dev")),
        "staging": names(run("staging")),
        "prod": names(everything()),
        **{f"prod-{region}": names(in_region(region)) for region in REGIONS},
    }
    assert {type_ for type_, _ in found["prod"]} == set(NAMED_BY)
    for stack, other in itertools.combinations(found, 2):
        shared = {type_ for type_, _ in found[stack] & found[other]}
        # Regions of one environment share table names, which are regional.
        regions_of_one = stack.startswith("prod") and other.startswith("prod")
        assert shared == ({"aws:dynamodb/table:Table"} if regions_of_one else set[str]()), (stack, other)


def test_every_fixed_name_is_checked() -> None:
    for resource in everything().registered:
        if resource.custom and {"name", "namePrefix"} & set(resource.inputs):
            assert resource.type in {*NAMED_BY, *NAMED_WITHIN}, resource.type


def test_evacuation_changes_the_health_check_alone() -> None:
    region = REGIONS[0]
    before, after = in_region(region), run(f"prod-{region}", like="prod", region=region, **DOMAIN, evacuated=True)
    assert before.exports == after.exports
    states = [{resource.urn: resource.inputs for resource in deployment.registered} for deployment in (before, after)]
    assert states[0].keys() == states[1].keys()
    (changed,) = [urn for urn, inputs in states[0].items() if inputs != states[1][urn]]
    assert changed.endswith("$aws:route53/healthCheck:HealthCheck::region")


@pytest.mark.parametrize("region", REGIONS)
def test_health_check_has_an_alarm_where_its_metrics_are(region: str) -> None:
    deployment = in_region(region)
    alarms = [alarm.name for alarm in deployment.all(":MetricAlarm")]
    assert ("region-unhealthy-critical" in alarms) is (region == "us-east-1")
    said = [notice for notice in deployment.notices if "in us-east-1 only, so this stack has no alarm on it" in notice]
    assert len(said) == (region != "us-east-1")


def test_stack_with_a_very_long_name_has_legal_names() -> None:
    found = names(with_a_long_name())
    assert {type_ for type_, _ in found} == set(NAMED_BY)
    for type_, name in found:
        assert len(name) <= NAMED_BY[type_][1], (type_, name)
