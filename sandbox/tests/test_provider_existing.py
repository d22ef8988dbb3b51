"""An object that is in the account and not in the state: what a create of the same object does, as on AWS.

No create adopts an object that AWS would refuse, and none changes or deletes what it refuses.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from sandbox.provider.values import Values
from sandbox.tests.provider_harness import Engine, Made, Refused, client, reset
from sandbox.tests.provider_samples import (
    ALARM,
    ALIAS,
    BUCKET,
    BUDGET,
    CACHE,
    CERTIFICATE,
    CLUSTER,
    DASHBOARD,
    EVENT_RULE,
    EVENT_TARGET,
    GATEWAY,
    GROUP,
    KEY,
    LISTENER,
    LOAD_BALANCER,
    LOG_GROUP,
    LOG_POLICY,
    METRIC_FILTER,
    POLICY,
    RECORD,
    REPOSITORY,
    ROLE,
    ROUTE_TABLE,
    RULE,
    SAMPLES,
    SCHEDULED_ACTION,
    SECOND,
    SECRET,
    SERVICE,
    SUBNET,
    SUBNET_GROUP,
    SUBSCRIPTION,
    TABLE,
    TARGET,
    TARGET_GROUP,
    TASK,
    TOPIC,
    TOPIC_POLICY,
    VPC,
    WEB_ACL,
    WEB_ACL_LOG,
)
from sandbox.tests.provider_world import World

# Type: the error of AWS.
REFUSED = {
    SUBNET: "InvalidSubnet.Conflict",
    GROUP: "InvalidGroup.Duplicate",
    "aws:ec2/route:Route": "RouteAlreadyExists",
    "aws:ec2/natGateway:NatGateway": "Resource.AlreadyAssociated",
    "aws:ec2/vpcEndpoint:VpcEndpoint": "RouteAlreadyExists",
    "aws:ec2/flowLog:FlowLog": "FlowLogAlreadyExists",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": "InvalidPermission.Duplicate",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": "InvalidPermission.Duplicate",
    REPOSITORY: "RepositoryAlreadyExistsException",
    TABLE: "ResourceInUseException",
    BUCKET: "BucketAlreadyOwnedByYou",
    SECRET: "ResourceExistsException",
    LOG_GROUP: "ResourceAlreadyExistsException",
    ROLE: "EntityAlreadyExists",
    LOAD_BALANCER: "DuplicateLoadBalancerName",
    TARGET_GROUP: "DuplicateTargetGroupName",
    LISTENER: "DuplicateListener",
    RULE: "PriorityInUse",
    RECORD: "InvalidChangeBatch",
    SERVICE: "InvalidParameterException",
    SUBNET_GROUP: "CacheSubnetGroupAlreadyExists",
    CACHE: "ReplicationGroupAlreadyExists",
    ALIAS: "AlreadyExistsException",
    BUDGET: "DuplicateRecordException",
    WEB_ACL: "WAFDuplicateItemException",
}
# AWS creates another object: the type has no name, or its name is a tag.
ANOTHER = {
    *(VPC, GATEWAY, ROUTE_TABLE, "aws:ec2/eip:Eip", CERTIFICATE, KEY),
    "aws:route53/healthCheck:HealthCheck",
    *("aws:cloudwatch/queryDefinition:QueryDefinition", "aws:secretsmanager/secretVersion:SecretVersion"),
}
# AWS returns the existing object if it is the same: by the API Reference of CreateTopic and AttachRolePolicy, and for
# CreateCluster by its error for other arguments. A default security group exists always; the provider adopts it.
RETURNED = {
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    *(CLUSTER, TOPIC, SUBSCRIPTION, "aws:iam/rolePolicyAttachment:RolePolicyAttachment"),
    *("aws:ec2/routeTableAssociation:RouteTableAssociation", "aws:acm/certificateValidation:CertificateValidation"),
}
# AWS overwrites: the operation puts a setting of its parent, or registers another revision of it.
OVERWRITTEN = {
    *(EVENT_RULE, EVENT_TARGET),
    *(ALARM, DASHBOARD, METRIC_FILTER, TARGET, POLICY, SCHEDULED_ACTION, TASK, TOPIC_POLICY),
    "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy",
    *("aws:ecr/lifecyclePolicy:LifecyclePolicy", "aws:iam/rolePolicy:RolePolicy"),
    *(LOG_POLICY, WEB_ACL_LOG, "aws:wafv2/webAclAssociation:WebAclAssociation"),
    *("aws:s3/bucketVersioning:BucketVersioning", "aws:s3/bucketPolicy:BucketPolicy"),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
}


@pytest.fixture(scope="module")
def world(endpoint: str) -> Generator[World]:
    """An account with one object of each type."""
    reset(endpoint)
    world = World(Engine(endpoint), endpoint)
    for key in SAMPLES:
        world.make(key)
    yield world
    reset(endpoint)


def _again(world: World, token: str, **changes: Any) -> Made:
    """Creates the sample once more, by a stack whose state does not have it."""
    made = world.made[token]
    given: Values = {name: made.inputs[name] for name in (*SAMPLES[token].inputs, "name") if name in made.inputs}
    return world.engine.create(token, token.rpartition(":")[2], {**given, **changes})


def test_every_type_has_its_row() -> None:
    rows = [*REFUSED, *ANOTHER, *RETURNED, *OVERWRITTEN]
    assert sorted(rows) == sorted(SAMPLES.keys() - SECOND.keys())


@pytest.mark.parametrize("token", REFUSED)
def test_existing_object_is_refused_and_left_as_it_is(world: World, token: str) -> None:
    before = world.engine.read(world.made[token])
    assert before is not None
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
        (CLUSTER, {"settings": [{"name": "containerInsights", "value": "disabled"}]}, "InvalidParameterException"),
        (CLUSTER, {"tags": {"Stack": "other"}}, "InvalidParameterException"),
        (TOPIC, {"tags": {"Stack": "other"}}, "Topic already exists with different tags"),
    ],
)
def test_object_with_other_settings_is_refused(world: World, token: str, changes: Values, error: str) -> None:
    before = world.engine.read(world.made[token])
    with pytest.raises(Refused, match=error):
        _again(world, token, **changes)
    assert world.engine.read(world.made[token]) == before


def test_returned_cluster_keeps_its_capacity_providers(world: World) -> None:
    _again(world, CLUSTER)
    (cluster,) = client(world.engine.endpoint, "ecs").describe_clusters(clusters=["app-cluster"])["clusters"]
    assert cluster["capacityProviders"] == ["FARGATE", "FARGATE_SPOT"]


def test_bucket_of_the_account_is_refused_in_us_east_1(world: World) -> None:
    """S3 accepts the call there."""
    engine = Engine(world.engine.endpoint, region="us-east-1")
    engine.create(BUCKET, "bucket", {"bucket": "recordings-of-us-east-1"})
    with pytest.raises(Refused, match="BucketAlreadyExists"):
        engine.create(BUCKET, "bucket", {"bucket": "recordings-of-us-east-1"})


@pytest.mark.parametrize("token", sorted(ANOTHER))
def test_another_object_is_created(world: World, token: str) -> None:
    assert _again(world, token).id != world.made[token].id


@pytest.mark.parametrize("token", sorted(token for token in OVERWRITTEN if SAMPLES[token].change))
def test_existing_settings_are_overwritten(world: World, token: str) -> None:
    change: Values = world.resolve(SAMPLES[token].change)
    change.pop("tags", None)
    made = _again(world, token, **change)
    found = world.engine.read(made)
    assert found is not None
    assert {name: found.inputs[name] for name in change} == {name: made.inputs[name] for name in change}
