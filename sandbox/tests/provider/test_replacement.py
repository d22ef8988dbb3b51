"""What replaces an object, what stays if the program drops it, and what is a default: as in the AWS provider.

Each row is what the published schema of the AWS provider says about the properties that the sandbox supports. Where the
sandbox differs, a row says why.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sandbox.provider.types import TYPES
from sandbox.provider.values import Values
from sandbox.tests.provider import samples
from sandbox.tests.provider.harness import Engine, Made, Refused, client
from sandbox.tests.provider.world import World

ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"

# Token: the inputs whose change always replaces (ForceNew), and those that stay as they are if the program drops them
# (Optional and Computed, or a block whose absence is ignored).
_SCHEMAS: dict[str, tuple[set[str], set[str]]] = {
    samples.CERTIFICATE: ({"domainName", "validationMethod"}, {"domainName", "validationMethod"}),
    samples.VALIDATION: ({"certificateArn", "validationRecordFqdns"}, set()),
    samples.POLICY: ({"name", "resourceId", "scalableDimension", "serviceNamespace"}, set()),
    samples.SCHEDULED_ACTION: ({"name", "resourceId", "scalableDimension", "serviceNamespace"}, set()),
    samples.TARGET: ({"resourceId", "scalableDimension", "serviceNamespace"}, set()),
    samples.BUDGET: ({"name"}, {"costFilters", "limitAmount", "limitUnit"}),
    samples.DASHBOARD: ({"dashboardName"}, set()),
    samples.EVENT_RULE: ({"name"}, {"state"}),
    samples.EVENT_TARGET: ({"rule", "targetId"}, {"targetId"}),
    samples.LOG_GROUP: ({"name"}, {"deletionProtectionEnabled"}),
    samples.METRIC_FILTER: ({"logGroupName", "name"}, set()),
    samples.LOG_POLICY: ({"policyName"}, set()),
    samples.ALARM: ({"name"}, set()),
    "aws:cloudwatch/queryDefinition:QueryDefinition": (set(), set()),
    samples.TABLE: (
        {"hashKey", "name", "rangeKey"},
        {"attributes", "globalSecondaryIndexes", "hashKey", "pointInTimeRecovery", "serverSideEncryption", "ttl"},
    ),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": ({"vpcId"}, {"vpcId"}),
    samples.ENDPOINT_POLICY: ({"vpcEndpointId"}, {"policy"}),
    "aws:ec2/eip:Eip": (set(), set()),
    "aws:ec2/flowLog:FlowLog": ({"logDestination", "logDestinationType", "trafficType", "vpcId"}, {"logDestination"}),
    samples.GATEWAY: (set(), {"vpcId"}),
    samples.NAT_GATEWAY: ({"allocationId", "subnetId"}, set()),
    samples.ROUTE: ({"destinationCidrBlock", "routeTableId"}, set()),
    samples.ROUTE_TABLE: ({"vpcId"}, set()),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": ({"subnetId"}, set()),
    samples.GROUP: ({"description", "name", "vpcId"}, {"vpcId"}),
    samples.SUBNET: ({"availabilityZone", "cidrBlock", "vpcId"}, {"availabilityZone", "cidrBlock"}),
    samples.VPC: ({"cidrBlock"}, {"cidrBlock"}),
    samples.ENDPOINT: ({"serviceName", "vpcEndpointType", "vpcId"}, {"routeTableIds"}),
    samples.IMAGE_LIFECYCLE: ({"policy", "repository"}, set()),
    samples.REPOSITORY: ({"encryptionConfigurations", "name"}, {"encryptionConfigurations"}),
    samples.CLUSTER: ({"name"}, {"settings"}),
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": ({"clusterName"}, set()),
    samples.SERVICE: (
        {"cluster", "name"},
        {"availabilityZoneRebalancing", "cluster", "deploymentCircuitBreaker", "deploymentConfiguration"},
    ),
    samples.TASK: (
        {
            "containerDefinitions",
            "cpu",
            "executionRoleArn",
            "family",
            "memory",
            "networkMode",
            "requiresCompatibilities",
            "runtimePlatform",
            "taskRoleArn",
        },
        {"networkMode"},
    ),
    samples.CACHE: (
        {"atRestEncryptionEnabled", "port", "replicationGroupId", "subnetGroupName"},
        {
            "applyImmediately",
            "atRestEncryptionEnabled",
            "autoMinorVersionUpgrade",
            "engine",
            "engineVersion",
            "maintenanceWindow",
            "nodeType",
            "numCacheClusters",
            "securityGroupIds",
            "snapshotWindow",
            "subnetGroupName",
            "transitEncryptionEnabled",
            "transitEncryptionMode",
        },
    ),
    samples.SUBNET_GROUP: ({"name"}, set()),
    samples.ROLE: ({"name"}, set()),
    samples.ROLE_POLICY: ({"name", "role"}, set()),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": ({"policyArn", "role"}, set()),
    samples.ALIAS: ({"name"}, set()),
    samples.KEY: (set(), {"description", "policy"}),
    samples.LISTENER: ({"loadBalancerArn"}, {"protocol", "sslPolicy"}),
    samples.RULE: ({"listenerArn"}, {"priority"}),
    samples.LOAD_BALANCER: (
        {"loadBalancerType", "name"},
        {"accessLogs", "connectionLogs", "securityGroups", "subnets"},
    ),
    samples.TARGET_GROUP: (
        {"name", "port", "protocol", "targetType", "vpcId"},
        {"healthCheck", "loadBalancingAlgorithmType", "stickiness"},
    ),
    samples.HEALTH_CHECK: ({"measureLatency", "requestInterval", "type"}, {"failureThreshold"}),
    samples.RECORD: ({"name", "zoneId"}, {"allowOverwrite"}),
    samples.BUCKET: ({"bucket"}, set()),
    samples.BUCKET_LIFECYCLE: ({"bucket"}, set()),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": ({"bucket"}, set()),
    samples.BUCKET_POLICY: ({"bucket"}, set()),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": ({"bucket"}, set()),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": ({"bucket"}, set()),
    samples.VERSIONING: ({"bucket"}, set()),
    samples.SECRET: ({"name", "namePrefix"}, set()),
    samples.VERSION: ({"secretId", "secretString"}, set()),
    samples.TOPIC: ({"name"}, set()),
    samples.TOPIC_POLICY: ({"arn"}, set()),
    samples.SUBSCRIPTION: ({"endpoint", "protocol", "topic"}, set()),
    samples.EGRESS: ({"securityGroupId"}, set()),
    samples.INGRESS: ({"securityGroupId"}, set()),
    samples.WEB_ACL: ({"name", "scope"}, set()),
    "aws:wafv2/webAclAssociation:WebAclAssociation": ({"resourceArn", "webAclArn"}, set()),
    samples.WEB_ACL_LOG: ({"logDestinationConfigs", "resourceArn"}, set()),
}
# What replaces here although the AWS provider updates it.
_REPLACES_HERE_ALONE = {
    (ASSOCIATION, "routeTableId"): "AWS then makes an association of another id, and the engine keeps the old one"
}
# What is a change here if the program drops it, although the AWS provider leaves it alone.
_GOES_HERE = {
    (samples.TABLE, "attributes"): "it is computed for the sake of indexes that are resources of their own",
    (samples.TABLE, "globalSecondaryIndexes"): "it is computed for the sake of indexes that are resources of their own",
    (samples.TABLE, "hashKey"): "it is computed for the sake of keySchemas, which the sandbox does not know",
}


# Token: the property that Pulumi names after the resource, and the most characters of such a name. An object that the
# program names itself is deleted before its replacement is created. Source: pulumi-aws, provider/resource_overrides.go,
# aliases.go and autonaming.go.
_LONGEST_NAME = 255
_NAMED: dict[str, tuple[str, int]] = {
    **dict.fromkeys(
        (
            *(samples.ALARM, samples.BUDGET, samples.CLUSTER, samples.GROUP, samples.LOAD_BALANCER, samples.LOG_GROUP),
            *(samples.METRIC_FILTER, samples.POLICY, samples.REPOSITORY, samples.ROLE_POLICY, samples.SCHEDULED_ACTION),
            *(samples.SECRET, samples.SERVICE, samples.SUBNET_GROUP, samples.TABLE, samples.WEB_ACL),
            "aws:cloudwatch/queryDefinition:QueryDefinition",
        ),
        ("name", _LONGEST_NAME),
    ),
    samples.ALIAS: ("name", 238),
    samples.BUCKET: ("bucket", 63),
    samples.CACHE: ("replicationGroupId", 40),
    samples.EVENT_RULE: ("name", 64),
    samples.EVENT_TARGET: ("targetId", _LONGEST_NAME),
    samples.ROLE: ("name", 64),
    samples.TARGET_GROUP: ("name", 32),
    samples.TOPIC: ("name", 80),
}


def test_names_are_generated_for_the_properties_for_which_pulumi_generates_them() -> None:
    named = {token: one.name for token, one in TYPES.items() if one.name}
    assert {token: (name.property, name.max_length) for token, name in named.items()} == _NAMED


def test_every_type_has_a_row() -> None:
    assert TYPES.keys() == _SCHEMAS.keys()


@pytest.mark.parametrize("token", TYPES)
def test_a_change_replaces_and_dropped_inputs_stay_where_the_aws_provider_says_so(token: str) -> None:
    resource, (replaces, kept) = TYPES[token], _SCHEMAS[token]
    here = {name for other, name in _REPLACES_HERE_ALONE if other == token}
    assert resource.replacing == replaces | here
    assert not here & replaces
    goes = {name for other, name in _GOES_HERE if other == token}
    assert resource.kept & resource.inputs == kept - goes
    assert goes <= kept <= resource.inputs


def test_types_deleted_before_replacement_are_the_aws_providers_and_those_replaced_here_alone() -> None:
    theirs = {samples.IMAGE_LIFECYCLE, "aws:iam/rolePolicyAttachment:RolePolicyAttachment"}
    ours = {token for token, _ in _REPLACES_HERE_ALONE if not TYPES[token].name}
    assert {token for token, resource in TYPES.items() if resource.delete_before_replace} == theirs | ours


# By value


_REDIS: Values = {"engine": "redis", "engineVersion": "7.1", "engineVersionActual": "7.1.0"}
_OLD_REDIS: Values = {"engine": "redis", "engineVersion": "6.x", "engineVersionActual": "6.2.6"}

_BY_VALUE: list[tuple[str, Values, Values, list[str]]] = [
    (samples.INGRESS, {"cidrIpv4": "10.0.0.0/8"}, {"cidrIpv4": "10.1.0.0/16"}, []),
    (
        samples.INGRESS,
        {"cidrIpv4": "10.0.0.0/8"},
        {"cidrIpv4": None, "referencedSecurityGroupId": "sg-1"},
        ["cidrIpv4", "referencedSecurityGroupId"],
    ),
    (samples.CACHE, _REDIS, {"engine": "valkey", "engineVersion": "7.2"}, []),
    (samples.CACHE, _REDIS | {"engine": "valkey"}, {"engine": "redis"}, ["engine"]),
    (samples.CACHE, _REDIS, {"engineVersion": "7.0"}, ["engineVersion"]),
    (samples.CACHE, _REDIS, {"engineVersion": "8.0"}, []),
    (samples.CACHE, _REDIS, {"transitEncryptionEnabled": True}, []),
    (samples.CACHE, _OLD_REDIS, {"transitEncryptionEnabled": True}, ["transitEncryptionEnabled"]),
    (samples.CACHE, _OLD_REDIS, {"engineVersion": "6.2"}, []),
    (samples.CACHE, _OLD_REDIS, {"engineVersion": "6.0"}, ["engineVersion"]),
    (samples.CACHE, _OLD_REDIS, {"engineVersion": "7.1"}, []),
    (samples.LOAD_BALANCER, {"subnets": ["a", "b"]}, {"subnets": ["c"]}, []),
    (samples.LOAD_BALANCER, {"securityGroups": ["sg-1"]}, {"securityGroups": []}, []),
]


@pytest.mark.parametrize(("token", "olds", "change", "replaces"), _BY_VALUE)
def test_some_changes_replace_for_some_values_only(
    engine: Engine, token: str, olds: Values, change: Values, replaces: list[str]
) -> None:
    wanted = {name: value for name, value in (olds | change).items() if value is not None}
    inputs = {name: value for name, value in olds.items() if name in TYPES[token].inputs}
    news = {name: value for name, value in wanted.items() if name in TYPES[token].inputs}
    difference = engine.diff(Made(token, "object", "id", inputs, olds), news)
    assert set(difference.diffs) == change.keys()
    assert list(difference.replaces) == replaces


# In place


def _changed(world: World, made: Made, change: Values) -> Made:
    """Updates the object in place, and checks that a refresh finds no drift."""
    given = {name: value for name, value in (made.inputs | change).items() if value is not None}
    news, failures = world.engine.check(made.token, made.name, given, made.inputs)
    assert failures == []
    assert list(world.engine.diff(made, news).replaces) == []
    updated = world.engine.update(made, news)
    seen = world.engine.read(updated)
    assert seen is not None
    assert (seen.inputs, seen.outputs) == (news, updated.outputs)
    return updated


def test_an_internet_gateway_moves_to_another_network(world: World, endpoint: str) -> None:
    made = world.make(samples.GATEWAY)
    other = world.engine.create(samples.VPC, "other", {"cidrBlock": "10.9.0.0/16"})
    assert made.outputs["vpcId"] not in (None, other.id)
    moved = _changed(world, made, {"vpcId": other.id})
    (gateway,) = client(endpoint, "ec2").describe_internet_gateways(InternetGatewayIds=[made.id])["InternetGateways"]
    assert [one["VpcId"] for one in gateway["Attachments"]] == [other.id]
    world.engine.delete(moved)


def test_an_unused_subnet_group_changes_its_subnets(world: World) -> None:
    first, second = world.make(samples.SUBNET).id, world.make("second subnet").id
    made = world.engine.create(samples.SUBNET_GROUP, "other", {"name": "other", "subnetIds": [first, second]})
    _changed(world, made, {"subnetIds": [first]})


def test_logs_of_zero_days_never_expire(world: World, endpoint: str) -> None:
    made = world.engine.create(samples.LOG_GROUP, "group", {"name": "/app", "retentionInDays": 0})
    made = _changed(world, _changed(world, made, {"retentionInDays": 7}), {"retentionInDays": 0})
    (group,) = client(endpoint, "logs").describe_log_groups()["logGroups"]
    assert "retentionInDays" not in group
    gone = _changed(world, _changed(world, made, {"retentionInDays": 7}), {"retentionInDays": None})
    assert gone.outputs["retentionInDays"] == 0


def test_a_record_changes_its_type_and_set_identifier(world: World, endpoint: str) -> None:
    zone = world.given["ZONE"]
    given: Values = {"zoneId": zone, "name": "x.example.com", "type": "CNAME", "records": ["y.example.com"], "ttl": 60}
    made = world.engine.create(samples.RECORD, "record", given)
    route53 = client(endpoint, "route53")

    def records() -> list[tuple[str, str | None]]:
        found = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
        return [(one["Type"], one.get("SetIdentifier")) for one in found if one["Name"] == "x.example.com."]

    made = _changed(world, made, {"type": "A", "records": ["10.0.0.1"]})
    assert records() == [("A", None)]
    latency = {"setIdentifier": "dev", "latencyRoutingPolicies": [{"region": "eu-north-1"}]}
    made = _changed(world, made, latency)
    assert records() == [("A", "dev")]
    world.engine.delete(made)
    assert records() == []


def test_capacity_of_a_service_changes_by_a_new_deployment_only(world: World, endpoint: str) -> None:
    made, ecs = world.make(samples.SERVICE), client(endpoint, "ecs")

    def service() -> Any:
        return ecs.describe_services(cluster=made.outputs["cluster"], services=[made.id])["services"][0]

    spot = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    quiet = {name: value for name, value in made.inputs.items() if name != "forceNewDeployment"}
    with pytest.raises(Refused, match="force_new_deployment should be true"):
        world.engine.diff(made, quiet | {"capacityProviderStrategies": spot})
    # A failed update leaves the inputs of the update before in the state, and what it asked for in the outputs.
    failed = replace(made, outputs={**made.outputs, "capacityProviderStrategies": spot})
    with pytest.raises(Refused, match="force_new_deployment should be true"):
        world.engine.diff(failed, quiet)
    assert service()["capacityProviderStrategy"][0]["capacityProvider"] == "FARGATE"
    _changed(world, made, {"capacityProviderStrategies": spot})
    assert service()["capacityProviderStrategy"][0]["capacityProvider"] == "FARGATE_SPOT"


# What the program drops or adds


def test_table_that_names_its_key_no_more_is_refused(world: World, endpoint: str) -> None:
    """The AWS provider would leave the table with the former key. A table that is not enabled loses it."""
    made = world.make(samples.TABLE)
    with pytest.raises(Refused, match="keeps the former key"):
        world.engine.diff(made, made.inputs | {"serverSideEncryption": {"enabled": True}})
    dynamodb = client(endpoint, "dynamodb")

    def key() -> str | None:
        return dynamodb.describe_table(TableName=made.id)["Table"].get("SSEDescription", {}).get("KMSMasterKeyArn")

    assert key() == made.inputs["serverSideEncryption"]["kmsKeyArn"]
    _changed(world, made, {"serverSideEncryption": {"enabled": False}})
    assert key() is None
