"""What replaces an object, what stays if the program drops it, and what is a default: as in the AWS provider.

Each row is what the published schema of the AWS provider says about the properties that the sandbox supports. Where the
sandbox differs, a row says why.
"""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.provider.types import TYPES
from sandbox.provider.values import Values
from sandbox.tests.provider_harness import Engine, Made, Refused, client
from sandbox.tests.provider_samples import (
    CACHE,
    CERTIFICATE,
    GATEWAY,
    LISTENER,
    LOAD_BALANCER,
    LOG_GROUP,
    RECORD,
    REPOSITORY,
    RULE,
    SAMPLES,
    SERVICE,
    SUBNET,
    TABLE,
    VPC,
)
from sandbox.tests.provider_world import World

VERSION = "aws:secretsmanager/secretVersion:SecretVersion"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
IMAGES = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"

# Token: the inputs whose change always replaces (ForceNew), and those that stay as they are if the program drops them
# (Optional and Computed, or a block whose absence is ignored).
_SCHEMAS: dict[str, tuple[set[str], set[str]]] = {
    "aws:acm/certificate:Certificate": ({"domainName", "validationMethod"}, {"domainName", "validationMethod"}),
    "aws:acm/certificateValidation:CertificateValidation": ({"certificateArn", "validationRecordFqdns"}, set()),
    "aws:appautoscaling/policy:Policy": ({"name", "resourceId", "scalableDimension", "serviceNamespace"}, set()),
    "aws:appautoscaling/scheduledAction:ScheduledAction": (
        {"name", "resourceId", "scalableDimension", "serviceNamespace"},
        set(),
    ),
    "aws:appautoscaling/target:Target": ({"resourceId", "scalableDimension", "serviceNamespace"}, set()),
    "aws:budgets/budget:Budget": ({"name"}, {"costFilters", "limitAmount", "limitUnit"}),
    "aws:cloudwatch/dashboard:Dashboard": ({"dashboardName"}, set()),
    "aws:cloudwatch/eventRule:EventRule": ({"name"}, {"state"}),
    "aws:cloudwatch/eventTarget:EventTarget": ({"rule", "targetId"}, {"targetId"}),
    "aws:cloudwatch/logGroup:LogGroup": ({"name"}, {"deletionProtectionEnabled"}),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": ({"logGroupName", "name"}, set()),
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": ({"policyName"}, set()),
    "aws:cloudwatch/metricAlarm:MetricAlarm": ({"name"}, set()),
    "aws:cloudwatch/queryDefinition:QueryDefinition": (set(), set()),
    "aws:dynamodb/table:Table": (
        {"hashKey", "name", "rangeKey"},
        {"attributes", "globalSecondaryIndexes", "hashKey", "pointInTimeRecovery", "serverSideEncryption", "ttl"},
    ),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": ({"vpcId"}, {"vpcId"}),
    "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy": ({"vpcEndpointId"}, {"policy"}),
    "aws:ec2/eip:Eip": (set(), set()),
    "aws:ec2/flowLog:FlowLog": (
        {"logDestination", "logDestinationType", "trafficType", "vpcId"},
        {"logDestination"},
    ),
    "aws:ec2/internetGateway:InternetGateway": (set(), {"vpcId"}),
    "aws:ec2/natGateway:NatGateway": ({"allocationId", "subnetId"}, set()),
    "aws:ec2/route:Route": ({"destinationCidrBlock", "routeTableId"}, set()),
    "aws:ec2/routeTable:RouteTable": ({"vpcId"}, set()),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": ({"subnetId"}, set()),
    "aws:ec2/securityGroup:SecurityGroup": ({"description", "name", "vpcId"}, {"vpcId"}),
    "aws:ec2/subnet:Subnet": ({"availabilityZone", "cidrBlock", "vpcId"}, {"availabilityZone", "cidrBlock"}),
    "aws:ec2/vpc:Vpc": ({"cidrBlock"}, {"cidrBlock"}),
    "aws:ec2/vpcEndpoint:VpcEndpoint": ({"serviceName", "vpcEndpointType", "vpcId"}, {"routeTableIds"}),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": ({"policy", "repository"}, set()),
    "aws:ecr/repository:Repository": ({"encryptionConfigurations", "name"}, {"encryptionConfigurations"}),
    "aws:ecs/cluster:Cluster": ({"name"}, {"settings"}),
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": ({"clusterName"}, set()),
    "aws:ecs/service:Service": (
        {"cluster", "name"},
        {"availabilityZoneRebalancing", "cluster", "deploymentCircuitBreaker", "deploymentConfiguration"},
    ),
    "aws:ecs/taskDefinition:TaskDefinition": (
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
    "aws:elasticache/replicationGroup:ReplicationGroup": (
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
    "aws:elasticache/subnetGroup:SubnetGroup": ({"name"}, set()),
    "aws:iam/role:Role": ({"name"}, set()),
    "aws:iam/rolePolicy:RolePolicy": ({"name", "role"}, set()),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": ({"policyArn", "role"}, set()),
    "aws:kms/alias:Alias": ({"name"}, set()),
    "aws:kms/key:Key": (set(), {"description", "policy"}),
    "aws:lb/listener:Listener": ({"loadBalancerArn"}, {"protocol", "sslPolicy"}),
    "aws:lb/listenerRule:ListenerRule": ({"listenerArn"}, {"priority"}),
    "aws:lb/loadBalancer:LoadBalancer": (
        {"loadBalancerType", "name"},
        {"accessLogs", "connectionLogs", "securityGroups", "subnets"},
    ),
    "aws:lb/targetGroup:TargetGroup": (
        {"name", "port", "protocol", "targetType", "vpcId"},
        {"healthCheck", "loadBalancingAlgorithmType", "stickiness"},
    ),
    "aws:route53/healthCheck:HealthCheck": (
        {"measureLatency", "requestInterval", "type"},
        {"failureThreshold"},
    ),
    "aws:route53/record:Record": ({"name", "zoneId"}, {"allowOverwrite"}),
    "aws:s3/bucket:Bucket": ({"bucket"}, set()),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": ({"bucket"}, set()),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": ({"bucket"}, set()),
    "aws:s3/bucketPolicy:BucketPolicy": ({"bucket"}, set()),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": ({"bucket"}, set()),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": ({"bucket"}, set()),
    "aws:s3/bucketVersioning:BucketVersioning": ({"bucket"}, set()),
    "aws:secretsmanager/secret:Secret": ({"name", "namePrefix"}, set()),
    "aws:secretsmanager/secretVersion:SecretVersion": ({"secretId", "secretString"}, set()),
    "aws:sns/topic:Topic": ({"name"}, set()),
    "aws:sns/topicPolicy:TopicPolicy": ({"arn"}, set()),
    "aws:sns/topicSubscription:TopicSubscription": ({"endpoint", "protocol", "topic"}, set()),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": ({"securityGroupId"}, set()),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": ({"securityGroupId"}, set()),
    "aws:wafv2/webAcl:WebAcl": ({"name", "scope"}, set()),
    "aws:wafv2/webAclAssociation:WebAclAssociation": ({"resourceArn", "webAclArn"}, set()),
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": (
        {"logDestinationConfigs", "resourceArn"},
        set(),
    ),
}
# What replaces here although the AWS provider updates it.
_REPLACES_HERE_ALONE = {
    (ASSOCIATION, "routeTableId"): "AWS then makes an association of another id, and the engine keeps the old one",
}
# What is a change here if the program drops it, although the AWS provider leaves it alone.
_GOES_HERE = {
    (TABLE, "attributes"): "it is computed for the sake of indexes that are resources of their own",
    (TABLE, "globalSecondaryIndexes"): "it is computed for the sake of indexes that are resources of their own",
    (TABLE, "hashKey"): "it is computed for the sake of keySchemas, which the sandbox does not know",
}


def test_every_type_has_a_row() -> None:
    assert TYPES.keys() == _SCHEMAS.keys()


@pytest.mark.parametrize("token", TYPES)
def test_a_change_replaces_where_the_aws_provider_replaces(token: str) -> None:
    resource, (replaces, _) = TYPES[token], _SCHEMAS[token]
    here = {name for other, name in _REPLACES_HERE_ALONE if other == token}
    assert resource.replacing == replaces | here
    assert not here & replaces


@pytest.mark.parametrize("token", TYPES)
def test_dropped_inputs_stay_where_the_aws_provider_keeps_them(token: str) -> None:
    resource, (_, kept) = TYPES[token], _SCHEMAS[token]
    goes = {name for other, name in _GOES_HERE if other == token}
    assert resource.kept & resource.inputs == kept - goes
    assert goes <= kept <= resource.inputs


def test_types_deleted_before_replacement_are_the_aws_providers_and_those_replaced_here_alone() -> None:
    theirs = {IMAGES, "aws:iam/rolePolicyAttachment:RolePolicyAttachment"}
    ours = {token for token, _ in _REPLACES_HERE_ALONE if not TYPES[token].name}
    assert {token for token, resource in TYPES.items() if resource.delete_before_replace} == theirs | ours


# By value


_REDIS: Values = {"engine": "redis", "engineVersion": "7.1", "engineVersionActual": "7.1.0"}
_OLD_REDIS: Values = {"engine": "redis", "engineVersion": "6.x", "engineVersionActual": "6.2.6"}

_BY_VALUE: list[tuple[str, Values, Values, list[str]]] = [
    (INGRESS, {"cidrIpv4": "10.0.0.0/8"}, {"cidrIpv4": "10.1.0.0/16"}, []),
    (
        INGRESS,
        {"cidrIpv4": "10.0.0.0/8"},
        {"cidrIpv4": None, "referencedSecurityGroupId": "sg-1"},
        ["cidrIpv4", "referencedSecurityGroupId"],
    ),
    (CACHE, _REDIS, {"engine": "valkey", "engineVersion": "7.2"}, []),
    (CACHE, _REDIS | {"engine": "valkey"}, {"engine": "redis"}, ["engine"]),
    (CACHE, _REDIS, {"engineVersion": "7.0"}, ["engineVersion"]),
    (CACHE, _REDIS, {"engineVersion": "8.0"}, []),
    (CACHE, _REDIS, {"transitEncryptionEnabled": True}, []),
    (CACHE, _OLD_REDIS, {"transitEncryptionEnabled": True}, ["transitEncryptionEnabled"]),
    (CACHE, _OLD_REDIS, {"engineVersion": "6.2"}, []),
    (CACHE, _OLD_REDIS, {"engineVersion": "6.0"}, ["engineVersion"]),
    (CACHE, _OLD_REDIS, {"engineVersion": "7.1"}, []),
    (LOAD_BALANCER, {"subnets": ["a", "b"]}, {"subnets": ["c"]}, []),
    (LOAD_BALANCER, {"securityGroups": ["sg-1"]}, {"securityGroups": []}, []),
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
    made = world.make(GATEWAY)
    other = world.engine.create(VPC, "other", {"cidrBlock": "10.9.0.0/16"})
    assert made.outputs["vpcId"] not in (None, other.id)
    moved = _changed(world, made, {"vpcId": other.id})
    (gateway,) = client(endpoint, "ec2").describe_internet_gateways(InternetGatewayIds=[made.id])["InternetGateways"]
    assert [one["VpcId"] for one in gateway["Attachments"]] == [other.id]
    world.engine.delete(moved)


def test_logs_of_zero_days_never_expire(world: World, endpoint: str) -> None:
    made = world.engine.create(LOG_GROUP, "group", {"name": "/app", "retentionInDays": 0})
    made = _changed(world, _changed(world, made, {"retentionInDays": 7}), {"retentionInDays": 0})
    (group,) = client(endpoint, "logs").describe_log_groups()["logGroups"]
    assert "retentionInDays" not in group
    gone = _changed(world, _changed(world, made, {"retentionInDays": 7}), {"retentionInDays": None})
    assert gone.outputs["retentionInDays"] == 0


def test_a_record_changes_its_type_and_set_identifier(world: World, endpoint: str) -> None:
    zone = world.given["ZONE"]
    given: Values = {"zoneId": zone, "name": "x.example.com", "type": "CNAME", "records": ["y.example.com"], "ttl": 60}
    made = world.engine.create(RECORD, "record", given)
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
    made, ecs = world.make(SERVICE), client(endpoint, "ecs")

    def service() -> Any:
        return ecs.describe_services(cluster=made.outputs["cluster"], services=[made.id])["services"][0]

    spot = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    quiet = {name: value for name, value in made.inputs.items() if name != "forceNewDeployment"}
    with pytest.raises(Refused, match="force_new_deployment should be true"):
        world.engine.diff(made, quiet | {"capacityProviderStrategies": spot})
    assert service()["capacityProviderStrategy"][0]["capacityProvider"] == "FARGATE"
    _changed(world, made, {"capacityProviderStrategies": spot})
    assert service()["capacityProviderStrategy"][0]["capacityProvider"] == "FARGATE_SPOT"


# What the program drops or adds


def test_table_that_names_its_key_no_more_is_refused(world: World, endpoint: str) -> None:
    """The AWS provider would leave the table with the former key. A table that is not enabled loses it."""
    made = world.make(TABLE)
    with pytest.raises(Refused, match="keeps the former key"):
        world.engine.diff(made, made.inputs | {"serverSideEncryption": {"enabled": True}})
    dynamodb = client(endpoint, "dynamodb")

    def key() -> str | None:
        return dynamodb.describe_table(TableName=made.id)["Table"].get("SSEDescription", {}).get("KMSMasterKeyArn")

    assert key() == made.inputs["serverSideEncryption"]["kmsKeyArn"]
    _changed(world, made, {"serverSideEncryption": {"enabled": False}})
    assert key() is None


@pytest.mark.parametrize(
    ("token", "name", "says"),
    [
        (TABLE, "pointInTimeRecovery", None),
        (TABLE, "serverSideEncryption", None),
        (SERVICE, "availabilityZoneRebalancing", None),
        (SUBNET, "availabilityZone", "availabilityZone"),
        (CERTIFICATE, "validationMethod", "validationMethod"),
        (LISTENER, "protocol", "protocol"),
        (RULE, "priority", None),
    ],
)
def test_an_input_that_aws_has_already_is_no_change(world: World, token: str, name: str, says: str | None) -> None:
    made = world.make(token)
    given = {key: value for key, value in world.resolve(SAMPLES[token].inputs).items() if key != name}
    if says:
        given[name] = made.outputs[says]
    news, _ = world.engine.check(token, made.name, given, made.inputs)
    difference = world.engine.diff(made, news)
    assert (list(difference.diffs), list(difference.replaces)) == ([], [])
    other, _ = world.engine.check(token, made.name, given | {name: "another"}, made.inputs)
    assert name in world.engine.diff(made, other).diffs


def test_generated_bucket_names_are_lower_case_and_repository_names_are_refused(engine: Engine) -> None:
    _, failures = engine.check(REPOSITORY, "App", {})
    assert any("name" in failure for failure in failures)
    assert engine.check("aws:s3/bucket:Bucket", "App", {})[1] == []
    _, failures = engine.check(TABLE, "t", SAMPLES[TABLE].inputs | {"namePrefix": "x"})
    assert any("does not support this property" in failure for failure in failures)
