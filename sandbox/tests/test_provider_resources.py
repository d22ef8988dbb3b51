"""Every resource type, carried through its whole life on an embedded account."""

import importlib
from typing import Any

import pytest
from pulumi.runtime import rpc

from sandbox.provider.account import Account
from sandbox.provider.types import TYPES
from sandbox.provider.values import UNKNOWN
from sandbox.tests.provider_harness import Engine, Made, Refused, reset
from sandbox.tests.provider_samples import (
    BUDGET,
    CACHE,
    CLUSTER,
    EVENT_RULE,
    EVENT_TARGET,
    HEALTH_CHECK,
    LISTENER,
    METRIC_FILTER,
    POLICY,
    SAMPLES,
    SCHEDULED_ACTION,
    SECOND,
    SECRET,
    SERVICE,
    TABLE,
    TARGET,
    TOPIC_POLICY,
)
from sandbox.tests.provider_world import World, new_zone

TAGS = {"Application": "voiceter-backend", "Stack": "dev"}
# The ids of an import, for types that the state's id does not identify.
_IMPORT_IDS = {
    "aws:ecs/taskDefinition:TaskDefinition": "{arn}",
    METRIC_FILTER: "{logGroupName}:{id}",
    "aws:appautoscaling/target:Target": "ecs/{resourceId}/ecs:service:DesiredCount",
    "aws:cloudwatch/eventTarget:EventTarget": "{rule}/{targetId}",
    "aws:wafv2/webAcl:WebAcl": "{id}/{name}/{scope}",
    "aws:appautoscaling/policy:Policy": "ecs/{resourceId}/ecs:service:DesiredCount/{name}",
}
# What no call shows, so that an import cannot read it: the next update sets it.
_NEVER_SHOWN = {"aws:elasticache/replicationGroup:ReplicationGroup": ["authToken"]}
# Configurations that exist as long as their object: a delete resets them.
_STAYS = {
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy",
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
    "aws:acm/certificateValidation:CertificateValidation",
    "aws:s3/bucketVersioning:BucketVersioning",
    "aws:secretsmanager/secretVersion:SecretVersion",
    "aws:sns/topicPolicy:TopicPolicy",
}


@pytest.fixture(scope="module")
def engine(endpoint: str) -> Engine:
    return Engine(endpoint, TAGS)


def _imported(world: World, made: Made) -> Made:
    identifier = _IMPORT_IDS.get(made.token, made.id).format_map({"id": made.id, **made.outputs})
    found = world.engine.import_(made.token, identifier)
    assert found is not None
    return found


def test_every_type_has_a_sample() -> None:
    assert TYPES.keys() == SAMPLES.keys() - SECOND.keys()


def _check_preview(world: World, made: Made) -> None:
    """Checks that a preview has exactly the outputs of the create, and knows those that are inputs."""
    preview = world.engine.create(made.token, "preview", world.resolve(SAMPLES[made.token].inputs), preview=True)
    assert preview.id == ""
    assert preview.outputs.keys() == made.outputs.keys()
    unknown = {name for name, value in preview.outputs.items() if value is UNKNOWN}
    assert unknown == made.outputs.keys() - made.inputs.keys() - {"region"}


def _check_kinds(made: Made) -> None:
    """Checks that outputs have the types that the SDK declares. An output of another type crashes the program."""
    _, path, name = made.token.split(":")
    module = importlib.import_module(f"pulumi_aws.{path.partition('/')[0]}")
    types: Any = importlib.import_module("pulumi._types")  # how the SDK itself finds an output's type
    declared: dict[str, Any] = types.resource_types(getattr(module, name))
    assert made.outputs.keys() <= declared.keys()
    for output, value in made.outputs.items():
        rpc.translate_output_properties(value, lambda spelt: spelt, declared[output])


@pytest.mark.parametrize("token", TYPES)
def test_round_trip(world: World, token: str) -> None:
    engine = world.engine
    made = world.make(token)
    assert made.id
    _check_preview(world, made)
    _check_kinds(made)

    refreshed = engine.read(made)
    assert refreshed is not None
    assert (refreshed.id, refreshed.inputs, refreshed.outputs) == (made.id, made.inputs, made.outputs)
    assert engine.diff(made, made.inputs).changes == 1  # DIFF_NONE

    imported = _imported(world, made)
    assert imported.id == made.id
    _check_kinds(imported)
    assert list(engine.diff(imported, made.inputs).diffs) == _NEVER_SHOWN.get(token, [])

    engine.delete(made)
    if token not in _STAYS:
        assert engine.read(made) is None
    engine.delete(made)  # deleting again is no error
    del world.made[token]
    world.clear()


@pytest.mark.parametrize("token", [token for token in TYPES if SAMPLES[token].change])
def test_an_update_changes_the_given_properties_only(world: World, token: str) -> None:
    engine = world.engine
    made = world.make(token)
    wanted = world.resolve(SAMPLES[token].inputs | SAMPLES[token].change)
    news, failures = engine.check(token, made.name, wanted, made.inputs)
    assert failures == []

    difference = engine.diff(made, news)
    assert set(difference.diffs) - {"tagsAll"} == SAMPLES[token].change.keys()
    assert list(difference.replaces) == []

    preview = engine.update(made, news, preview=True)
    unknown = {output for output, value in preview.outputs.items() if value is UNKNOWN}
    assert unknown == {
        output for output, causes in TYPES[token].unknown_with.items() if SAMPLES[token].change.keys() & {*causes}
    }
    expected = made.outputs | {name: value for name, value in news.items() if name != "__defaults"}
    assert preview.outputs == expected | dict.fromkeys(unknown, UNKNOWN)

    updated = engine.update(made, news)
    assert updated.id == made.id
    refreshed = engine.read(updated)
    assert refreshed is not None
    assert (refreshed.inputs, refreshed.outputs) == (news, updated.outputs)


@pytest.mark.parametrize("token", [token for token, resource in TYPES.items() if resource.tags])
def test_tags_and_default_tags_are_added_and_removed(world: World, token: str) -> None:
    engine = world.engine
    made = world.make(token)
    given = world.resolve(SAMPLES[token].inputs)
    tags = {"Own": "1", "Stack": "mine"}
    news, _ = engine.check(token, made.name, given | {"tags": tags}, made.inputs)
    assert news["tagsAll"] == TAGS | tags
    tagged = engine.update(made, news)
    assert tagged.outputs["tagsAll"] == TAGS | tags
    assert tagged.outputs["tags"] == tags

    bare, _ = engine.check(token, made.name, {name: v for name, v in given.items() if name != "tags"}, news)
    assert bare["tagsAll"] == TAGS
    cleared = engine.update(tagged, bare)
    refreshed = engine.read(cleared)
    assert refreshed is not None
    assert refreshed.outputs["tagsAll"] == TAGS
    assert "tags" not in refreshed.outputs


def test_everything_is_gone_in_a_new_account(world: World, endpoint: str) -> None:
    """`pulumi up --refresh` then creates it all again."""
    every = [world.make(token) for token in TYPES]
    reset(endpoint)
    new_zone(endpoint)
    assert [made.token for made in every if world.engine.read(made) is not None] == []
    world.clear()  # and what is gone is deleted without an error


INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"


def test_types_name_every_operation_that_they_call(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The policies of CI's roles are checked against these names."""
    called: set[tuple[str, str]] = set()
    call = Account.call

    def record(self: Account, service: str, operation: str, params: Any) -> Any:
        called.add((service, operation))
        return call(self, service, operation, params)

    monkeypatch.setattr(Account, "call", record)
    for token in TYPES:
        world.make(token)
    world.clear()
    every = [resource.operations() for resource in TYPES.values()]
    named = {(one.service, name) for one in every for name in one.reads | one.writes | one.hooks}
    assert called - named <= {("sts", "GetCallerIdentity")}


def _droppable(token: str) -> list[str]:
    """Every property of a type's sample that an update can drop: not one that replaces."""
    resource = TYPES[token]
    return [name for name in SAMPLES[token].inputs if name in resource.sent and name not in resource.replacing]


# Properties whose removal is refused: the account cannot remove the first two, and AWS requires the others.
_REFUSED_TO_GO = {
    # UpdateHealthCheck keeps what it does not name.
    *((HEALTH_CHECK, name) for name in ("port", "resourcePath", "regions")),
    (TABLE, "serverSideEncryption"),
    (SECRET, "description"),
    *((SERVICE, name) for name in ("taskDefinition", "networkConfiguration", "loadBalancers")),
    *((POLICY, name) for name in ("policyType", "targetTrackingScalingPolicyConfiguration")),
    *((TARGET, name) for name in ("minCapacity", "maxCapacity")),
    *((SCHEDULED_ACTION, name) for name in ("schedule", "scalableTargetAction")),
    *((LISTENER, name) for name in ("port",)),
    (TOPIC_POLICY, "policy"),
    (EVENT_RULE, "eventPattern"),
    (EVENT_TARGET, "arn"),
    *((CACHE, name) for name in ("authToken", "snapshotRetentionLimit")),
    (INGRESS, "ipProtocol"),
    (EGRESS, "ipProtocol"),
    (LIFECYCLE, "rules"),
    *((BUDGET, name) for name in ("budgetType", "timeUnit")),
}

# The AWS provider would ignore that the program drops them.
_REFUSED_IN_A_PREVIEW = {(CLUSTER, "configuration"), (SECRET, "kmsKeyId")}


@pytest.mark.parametrize("token", [token for token in TYPES if _droppable(token)])
def test_dropped_properties_are_removed_or_refused(world: World, token: str) -> None:
    engine = world.engine
    made = world.make(token)
    given = world.resolve(SAMPLES[token].inputs)
    for name in _droppable(token):
        news, failures = engine.check(token, made.name, {k: v for k, v in given.items() if k != name}, made.inputs)
        if (token, name) in _REFUSED_IN_A_PREVIEW:
            with pytest.raises(Refused, match=name):
                engine.diff(made, news)
            continue
        if failures or not engine.diff(made, news).diffs:
            continue  # the rules require it, or the account keeps it and the diff is empty
        if (token, name) in _REFUSED_TO_GO:
            with pytest.raises(Refused):
                engine.update(made, news)
            continue
        updated = engine.update(made, news)
        refreshed = engine.read(updated)
        assert refreshed is not None
        assert (refreshed.inputs, refreshed.outputs) == (news, updated.outputs), name
        assert refreshed.outputs.get(name) != made.outputs[name]
        whole, _ = engine.check(token, made.name, given, updated.inputs)
        made = engine.update(updated, whole)
