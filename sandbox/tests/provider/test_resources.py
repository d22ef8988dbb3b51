"""Every resource type through its life on an account: created, read, imported, changed, created again, deleted.

All objects exist at once. Each test leaves its object as it was, and the last test deletes all of them.
"""

import importlib
import inspect
import re
from collections.abc import Generator
from typing import Any

import pytest
from pulumi.runtime import rpc

from sandbox.provider.account import Account
from sandbox.provider.types import TYPES
from sandbox.provider.values import UNKNOWN, Values
from sandbox.tests.provider import samples
from sandbox.tests.provider.harness import Engine, Made, Refused, client, reset
from sandbox.tests.provider.samples import SAMPLES, SECOND
from sandbox.tests.provider.world import World

TAGS = {"Application": "voiceter-backend", "Stack": "dev"}
DEFAULT_GROUP = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"

# The ids of an import, for types that the state's id does not identify.
_IMPORT_IDS = {
    samples.TASK: "{arn}",
    samples.METRIC_FILTER: "{logGroupName}:{id}",
    samples.TARGET: "ecs/{resourceId}/ecs:service:DesiredCount",
    samples.EVENT_TARGET: "{rule}/{targetId}",
    samples.WEB_ACL: "{id}/{name}/{scope}",
    samples.POLICY: "ecs/{resourceId}/ecs:service:DesiredCount/{name}",
}
# What no call shows, so that an import cannot read it: the next update sets it.
_NEVER_SHOWN = {samples.CACHE: ["authToken"]}
# Configurations that exist as long as their object, which a delete resets, and a subscription that nobody confirms.
_STAYS = {
    DEFAULT_GROUP,
    samples.ENDPOINT_POLICY,
    samples.CAPACITY,
    samples.VALIDATION,
    samples.VERSIONING,
    samples.VERSION,
    samples.TOPIC_POLICY,
    samples.SUBSCRIPTION,
}
# Properties whose removal is refused: the account cannot remove them, or AWS requires them.
_REFUSED_TO_GO = {
    # UpdateHealthCheck keeps what it does not name.
    *((samples.HEALTH_CHECK, name) for name in ("port", "resourcePath", "regions")),
    (samples.TABLE, "serverSideEncryption"),
    (samples.SECRET, "description"),
    *((samples.SERVICE, name) for name in ("taskDefinition", "networkConfiguration", "loadBalancers")),
    *((samples.POLICY, name) for name in ("policyType", "targetTrackingScalingPolicyConfiguration")),
    (samples.CAPACITY, "capacityProviders"),
    (samples.LISTENER, "port"),
    (samples.EVENT_RULE, "eventPattern"),
    *((samples.CACHE, name) for name in ("authToken", "description", "snapshotRetentionLimit")),
    *((token, "rules") for token in (samples.BUCKET_ENCRYPTION, samples.BUCKET_LIFECYCLE)),
    (samples.VERSIONING, "versioningConfiguration"),
}
# The AWS provider would ignore that the program drops them.
_REFUSED_IN_A_PREVIEW = {(samples.CLUSTER, "configuration"), (samples.SECRET, "kmsKeyId")}

# An object that is in the account and not in the state: what a create of it does.
# AWS refuses. Type: its error.
REFUSED = {
    samples.SUBNET: "InvalidSubnet.Conflict",
    samples.GROUP: "InvalidGroup.Duplicate",
    samples.ROUTE: "RouteAlreadyExists",
    samples.NAT_GATEWAY: "Resource.AlreadyAssociated",
    samples.ENDPOINT: "RouteAlreadyExists",
    "aws:ec2/flowLog:FlowLog": "FlowLogAlreadyExists",
    samples.INGRESS: "InvalidPermission.Duplicate",
    samples.EGRESS: "InvalidPermission.Duplicate",
    samples.REPOSITORY: "RepositoryAlreadyExistsException",
    samples.TABLE: "ResourceInUseException",
    samples.BUCKET: "BucketAlreadyOwnedByYou",
    samples.SECRET: "ResourceExistsException",
    samples.LOG_GROUP: "ResourceAlreadyExistsException",
    samples.ROLE: "EntityAlreadyExists",
    samples.LOAD_BALANCER: "DuplicateLoadBalancerName",
    samples.TARGET_GROUP: "DuplicateTargetGroupName",
    samples.LISTENER: "DuplicateListener",
    samples.RULE: "PriorityInUse",
    samples.RECORD: "InvalidChangeBatch",
    samples.SERVICE: "InvalidParameterException",
    samples.SUBNET_GROUP: "CacheSubnetGroupAlreadyExists",
    samples.CACHE: "ReplicationGroupAlreadyExists",
    samples.ALIAS: "AlreadyExistsException",
    samples.BUDGET: "DuplicateRecordException",
    samples.WEB_ACL: "WAFDuplicateItemException",
}
# AWS creates another object: the type has no name, or its name is a tag.
ANOTHER = {
    *(samples.VPC, samples.GATEWAY, samples.ROUTE_TABLE, "aws:ec2/eip:Eip", samples.CERTIFICATE, samples.KEY),
    *(samples.HEALTH_CHECK, samples.VERSION, "aws:cloudwatch/queryDefinition:QueryDefinition"),
}
# AWS returns the existing object if it is the same: by the API Reference of CreateTopic and AttachRolePolicy, and for
# CreateCluster by its error for other arguments. A default security group exists always; the provider adopts it.
RETURNED = {
    *(DEFAULT_GROUP, samples.VALIDATION, samples.CLUSTER, samples.TOPIC, samples.SUBSCRIPTION),
    *("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "aws:ec2/routeTableAssociation:RouteTableAssociation"),
}
# AWS overwrites with every other type: the operation puts a setting of its parent, or registers another revision of it.
OVERWRITTEN = TYPES.keys() - REFUSED.keys() - ANOTHER - RETURNED


@pytest.fixture(scope="module")
def called() -> Generator[set[tuple[str, str]]]:
    """The operations that the provider has called, with their services."""
    made = set[tuple[str, str]]()
    call = Account.call

    def record(self: Account, service: str, operation: str, params: Any) -> Any:
        made.add((service, operation))
        return call(self, service, operation, params)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Account, "call", record)
        yield made


@pytest.fixture(scope="module")
def world(endpoint: str, called: set[tuple[str, str]]) -> World:
    """An account with one object of each type."""
    world = World(Engine(endpoint, TAGS), endpoint)
    for key in SAMPLES:
        world.make(key)
    return world


def test_every_type_has_a_sample() -> None:
    assert TYPES.keys() == SAMPLES.keys() - SECOND.keys()


def _change(token: str) -> Values:
    """What an update changes: the change of the sample, and the tags, of which one takes the place of a default tag."""
    return SAMPLES[token].change | ({"tags": {"Own": "1", "Stack": "mine"}} if TYPES[token].tags else {})


def test_drift_of_every_type_is_tested_that_something_can_change() -> None:
    """A type without a change is left out of test_update_changes_the_given_properties_and_tags_only."""
    unchanged = {token for token, one in TYPES.items() if one.changes and not SAMPLES[token].change}
    # test_types.py and test_replacement.py change their gateway and their network.
    assert unchanged == {samples.ROUTE, samples.GATEWAY}


def _restore(world: World, changed: Made) -> None:
    """Updates an object to the inputs of its sample, and checks that nothing is left of the change."""
    before = world.made[changed.token]
    restored = world.engine.update(changed, before.inputs)
    seen = world.engine.seen(restored)
    assert (seen.inputs, seen.outputs) == (before.inputs, restored.outputs)
    assert seen.outputs.get("tagsAll") == before.outputs.get("tagsAll")
    world.made[changed.token] = restored


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
def test_preview_refresh_and_import_show_the_object_as_it_was_created(world: World, token: str) -> None:
    engine, made = world.engine, world.made[token]
    assert made.id
    _check_kinds(made)

    preview = engine.create(token, "preview", world.resolve(SAMPLES[token].inputs), preview=True)
    assert preview.id == ""
    assert preview.outputs.keys() == made.outputs.keys()
    unknown = {name for name, value in preview.outputs.items() if value is UNKNOWN}
    assert unknown == made.outputs.keys() - made.inputs.keys() - {"region"}
    nothing_known = dict.fromkeys(SAMPLES[token].inputs, UNKNOWN)
    assert engine.create(token, "preview", nothing_known, preview=True).outputs.items() >= nothing_known.items()

    refreshed = engine.seen(made)
    assert (refreshed.id, refreshed.inputs, refreshed.outputs) == (made.id, made.inputs, made.outputs)
    assert engine.diff(made, made.inputs).changes == 1  # DIFF_NONE

    imported = engine.import_(token, _IMPORT_IDS.get(token, made.id).format_map({"id": made.id, **made.outputs}))
    assert imported is not None
    assert imported.id == made.id
    _check_kinds(imported)
    assert list(engine.diff(imported, made.inputs).diffs) == _NEVER_SHOWN.get(token, [])
    _, failures = engine.check(token, "imported", imported.inputs)
    assert [failure for failure in failures if "does not support" in failure] == []


@pytest.mark.parametrize("token", [token for token in TYPES if _change(token)])
def test_update_changes_the_given_properties_and_tags_only(world: World, token: str) -> None:
    engine, made, change = world.engine, world.made[token], _change(token)
    wanted = world.resolve(SAMPLES[token].inputs | change)
    news, failures = engine.check(token, made.name, wanted, made.inputs)
    assert failures == []

    difference = engine.diff(made, news)
    assert set(difference.diffs) - {"tagsAll"} == change.keys()
    assert list(difference.replaces) == []

    preview = engine.update(made, news, preview=True)
    unknown = {output for output, value in preview.outputs.items() if value is UNKNOWN}
    assert unknown == {output for output, causes in TYPES[token].unknown_with.items() if change.keys() & {*causes}}
    expected = made.outputs | {name: value for name, value in news.items() if name != "__defaults"}
    assert preview.outputs == expected | dict.fromkeys(unknown, UNKNOWN)

    updated = engine.update(made, news)
    assert updated.id == made.id
    refreshed = engine.seen(updated)
    assert (refreshed.inputs, refreshed.outputs) == (news, updated.outputs)
    assert refreshed.outputs.get("tagsAll") == (TAGS | change["tags"] if TYPES[token].tags else None)
    # By the state from before, the change is drift, except of what that state does not set or no call shows.
    found = set(engine.diff(engine.seen(made), made.inputs).diffs) - {"tagsAll"}
    unseen = {name for name in change if name != "tags" and name not in made.inputs}
    assert found == change.keys() - unseen - set(_NEVER_SHOWN.get(token, ()))
    assert found
    _restore(world, updated)


def _droppable(token: str) -> list[str]:
    """Every property of a type's sample that an update can drop: not one that replaces, or that the SDK requires."""
    _, path, name = token.split(":")
    arguments = getattr(importlib.import_module(f"pulumi_aws.{path.partition('/')[0]}"), f"{name}Args")
    required = {one.name for one in inspect.signature(arguments).parameters.values() if one.default is one.empty}
    resource = TYPES[token]
    sent = [name for name in SAMPLES[token].inputs if name in resource.sent and name not in resource.replacing]
    return [name for name in sent if re.sub("([A-Z])", r"_\1", name).lower() not in required]


@pytest.mark.parametrize("token", [token for token in TYPES if _droppable(token)])
def test_dropped_properties_are_removed_or_refused(world: World, token: str) -> None:
    """Each update drops one property, and sets again what the update before has dropped."""
    engine, made = world.engine, world.made[token]
    before = made
    for name in _droppable(token):
        given = {key: value for key, value in world.resolve(SAMPLES[token].inputs).items() if key != name}
        news, failures = engine.check(token, made.name, given, before.inputs)
        if (token, name) in _REFUSED_IN_A_PREVIEW:
            with pytest.raises(Refused, match=name):
                engine.diff(before, news)
            continue
        if failures or not engine.diff(before, news).diffs:
            continue  # the rules require it, or the account keeps it and the diff is empty
        if (token, name) in _REFUSED_TO_GO:
            with pytest.raises(Refused):
                engine.update(made, news)
            continue
        made = engine.update(made, news)
        refreshed = engine.seen(made)
        assert (refreshed.inputs, refreshed.outputs) == (news, made.outputs), name
        assert refreshed.outputs.get(name) != before.outputs[name]
    _restore(world, made)


@pytest.mark.parametrize(
    ("token", "name", "is_given"),
    [
        (samples.TABLE, "pointInTimeRecovery", False),
        (samples.TABLE, "serverSideEncryption", False),
        (samples.SERVICE, "availabilityZoneRebalancing", False),
        (samples.SUBNET, "availabilityZone", True),
        (samples.CERTIFICATE, "validationMethod", True),
        (samples.LISTENER, "protocol", True),
        (samples.RULE, "priority", False),
    ],
)
def test_an_input_that_aws_has_already_is_no_change(world: World, token: str, name: str, is_given: bool) -> None:
    made = world.made[token]
    given = {key: value for key, value in world.resolve(SAMPLES[token].inputs).items() if key != name}
    as_aws_has_it = given | ({name: made.outputs[name]} if is_given else {})
    news, _ = world.engine.check(token, made.name, as_aws_has_it, made.inputs)
    difference = world.engine.diff(made, news)
    assert (list(difference.diffs), list(difference.replaces)) == ([], [])
    other, _ = world.engine.check(token, made.name, given | {name: "another"}, made.inputs)
    assert name in world.engine.diff(made, other).diffs


def _again(world: World, token: str, **changes: Any) -> Made:
    """Creates the sample once more, by a stack whose state does not have it."""
    made = world.made[token]
    given: Values = {name: made.inputs[name] for name in (*SAMPLES[token].inputs, "name") if name in made.inputs}
    return world.engine.create(token, token.rpartition(":")[2], {**given, **changes})


@pytest.mark.parametrize("token", REFUSED)
def test_existing_object_is_refused_and_left_as_it_is(world: World, token: str) -> None:
    before = world.engine.seen(world.made[token])
    with pytest.raises(Refused, match=REFUSED[token]) as refused:
        _again(world, token)
    assert refused.value.init_failed() is None, "the state must not get the object"
    assert world.engine.read(world.made[token]) == before


@pytest.mark.parametrize("token", sorted(RETURNED))
def test_same_object_is_returned(world: World, token: str) -> None:
    assert _again(world, token).id == world.made[token].id


@pytest.mark.parametrize(
    ("token", "changes", "error"),
    [
        (
            samples.CLUSTER,
            {"settings": [{"name": "containerInsights", "value": "disabled"}]},
            "InvalidParameterException",
        ),
        (samples.CLUSTER, {"tags": {"Stack": "other"}}, "InvalidParameterException"),
        (samples.TOPIC, {"tags": {"Stack": "other"}}, "Topic already exists with different tags"),
    ],
)
def test_object_with_other_settings_is_refused(world: World, token: str, changes: Values, error: str) -> None:
    before = world.engine.read(world.made[token])
    with pytest.raises(Refused, match=error):
        _again(world, token, **changes)
    assert world.engine.read(world.made[token]) == before


def test_returned_cluster_keeps_its_capacity_providers(world: World) -> None:
    _again(world, samples.CLUSTER)
    (cluster,) = client(world.engine.endpoint, "ecs").describe_clusters(clusters=["app-cluster"])["clusters"]
    assert cluster["capacityProviders"] == ["FARGATE", "FARGATE_SPOT"]


def test_bucket_of_the_account_is_refused_in_us_east_1(world: World) -> None:
    """S3 accepts the call there."""
    engine = Engine(world.engine.endpoint, region="us-east-1")
    engine.create(samples.BUCKET, "bucket", {"bucket": "recordings-of-us-east-1"})
    with pytest.raises(Refused, match="BucketAlreadyExists"):
        engine.create(samples.BUCKET, "bucket", {"bucket": "recordings-of-us-east-1"})


@pytest.mark.parametrize("token", sorted(ANOTHER))
def test_another_object_is_created(world: World, token: str) -> None:
    another = world.made[f"another {token}"] = _again(world, token)
    assert another.id != world.made[token].id


@pytest.mark.parametrize("token", sorted(token for token in OVERWRITTEN if SAMPLES[token].change))
def test_existing_settings_are_overwritten(world: World, token: str) -> None:
    change: Values = world.resolve(SAMPLES[token].change)
    change.pop("tags", None)
    made = _again(world, token, **change)
    found = world.engine.seen(made)
    assert {name: found.inputs[name] for name in change} == {name: made.inputs[name] for name in change}
    world.engine.update(made, world.made[token].inputs)


def test_deleted_objects_are_gone_and_types_name_every_operation_that_they_call(
    world: World, endpoint: str, called: set[tuple[str, str]]
) -> None:
    every = sorted(world.made.values(), key=lambda made: list(SAMPLES).index(made.token))
    for made in reversed(every):
        world.engine.delete(made)
        assert made.token in _STAYS or world.engine.read(made) is None, made.token
    reset(endpoint)  # now their parents are gone as well: `pulumi up --refresh` creates everything again
    assert [made.token for made in every if world.engine.read(made) is not None] == []
    for made in every:
        world.engine.delete(made)  # deleting again is no error
    # The policies of CI's roles are checked against the names that the types declare.
    named = {
        (resource.service, name)
        for resource in TYPES.values()
        for name in resource.reading_operations() | resource.writing_operations()
    }
    assert called - named <= {("sts", "GetCallerIdentity")}
