"""What replaces an object, what stays when a program says it no more, and what it is by default: as the AWS provider.

Each row is what the published schema of the AWS provider says of the properties that the sandbox carries out. Where the
sandbox differs, a row of its own says why.
"""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.provider.types import TABLE as TYPES
from sandbox.provider.values import UNKNOWN, Values
from sandbox.tests.provider_harness import Engine, Made, Refused, client, reset
from sandbox.tests.provider_samples import (
    BUDGET,
    CACHE,
    CERTIFICATE,
    GATEWAY,
    LISTENER,
    LOAD_BALANCER,
    LOG_GROUP,
    RECORD,
    REPOSITORY,
    ROLE,
    RULE,
    SAMPLES,
    SECRET,
    SERVICE,
    SUBNET,
    TABLE,
    TARGET_GROUP,
    VPC,
    World,
    document,
)

VERSION = "aws:secretsmanager/secretVersion:SecretVersion"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
IMAGES = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"

# Token: the inputs whose change always replaces (ForceNew); after `|` those that stay as they are when the program
# gives them no more (Optional and Computed, or a block whose absence is ignored).
_SCHEMAS = """
aws:acm/certificate:Certificate domainName keyAlgorithm subjectAlternativeNames validationMethod | domainName
    keyAlgorithm options subjectAlternativeNames validationMethod
aws:acm/certificateValidation:CertificateValidation certificateArn validationRecordFqdns
aws:appautoscaling/policy:Policy name resourceId scalableDimension serviceNamespace
aws:appautoscaling/scheduledAction:ScheduledAction name resourceId scalableDimension serviceNamespace
aws:appautoscaling/target:Target resourceId scalableDimension serviceNamespace | roleArn suspendedState
aws:budgets/budget:Budget name namePrefix | costFilters costTypes limitAmount limitUnit timePeriodStart
aws:cloudwatch/dashboard:Dashboard dashboardName
aws:cloudwatch/logGroup:LogGroup logGroupClass name namePrefix | deletionProtectionEnabled logGroupClass
aws:cloudwatch/metricAlarm:MetricAlarm name | evaluateLowSampleCountPercentiles
aws:cloudwatch/queryDefinition:QueryDefinition
aws:dynamodb/table:Table hashKey localSecondaryIndexes name rangeKey | attributes globalSecondaryIndexes hashKey
    pointInTimeRecovery readCapacity serverSideEncryption streamViewType ttl writeCapacity
aws:ec2/eip:Eip address domain networkBorderGroup publicIpv4Pool | domain networkBorderGroup publicIpv4Pool
aws:ec2/internetGateway:InternetGateway | vpcId
aws:ec2/natGateway:NatGateway allocationId connectivityType privateIp subnetId | privateIp
aws:ec2/route:Route destinationCidrBlock destinationIpv6CidrBlock routeTableId | networkInterfaceId
aws:ec2/routeTable:RouteTable vpcId
aws:ec2/routeTableAssociation:RouteTableAssociation gatewayId subnetId
aws:ec2/securityGroup:SecurityGroup description name namePrefix vpcId | vpcId
aws:ec2/subnet:Subnet availabilityZone availabilityZoneId cidrBlock vpcId | availabilityZone availabilityZoneId
    cidrBlock
aws:ec2/vpc:Vpc cidrBlock | cidrBlock enableDnsHostnames enableNetworkAddressUsageMetrics
aws:ec2/vpcEndpoint:VpcEndpoint serviceName vpcEndpointType vpcId | ipAddressType policy privateDnsEnabled routeTableIds
    securityGroupIds subnetIds
aws:ecr/lifecyclePolicy:LifecyclePolicy policy repository
aws:ecr/repository:Repository encryptionConfigurations name | encryptionConfigurations
aws:ecs/cluster:Cluster name | settings
aws:ecs/clusterCapacityProviders:ClusterCapacityProviders clusterName
aws:ecs/service:Service cluster iamRole launchType name schedulingStrategy | availabilityZoneRebalancing cluster
    deploymentConfiguration deploymentController iamRole launchType platformVersion triggers
aws:ecs/taskDefinition:TaskDefinition containerDefinitions cpu enableFaultInjection ephemeralStorage executionRoleArn
    family ipcMode memory networkMode pidMode placementConstraints proxyConfiguration requiresCompatibilities
    runtimePlatform taskRoleArn volumes | enableFaultInjection networkMode
aws:elasticache/replicationGroup:ReplicationGroup atRestEncryptionEnabled kmsKeyId port replicationGroupId
    subnetGroupName | applyImmediately atRestEncryptionEnabled autoMinorVersionUpgrade engine engineVersion
    maintenanceWindow nodeType numCacheClusters parameterGroupName securityGroupIds snapshotWindow subnetGroupName
    transitEncryptionEnabled transitEncryptionMode
aws:elasticache/subnetGroup:SubnetGroup name
aws:iam/role:Role name namePrefix path
aws:iam/rolePolicy:RolePolicy name namePrefix role
aws:iam/rolePolicyAttachment:RolePolicyAttachment policyArn role
aws:kms/alias:Alias name namePrefix
aws:kms/key:Key customerMasterKeySpec keyUsage multiRegion | description multiRegion policy
aws:lb/listener:Listener loadBalancerArn | protocol sslPolicy
aws:lb/listenerRule:ListenerRule listenerArn | priority
aws:lb/loadBalancer:LoadBalancer customerOwnedIpv4Pool internal loadBalancerType name namePrefix | accessLogs
    enableCrossZoneLoadBalancing internal ipAddressType securityGroups subnetMappings subnets
aws:lb/targetGroup:TargetGroup ipAddressType name namePrefix port protocol protocolVersion targetType vpcId |
    connectionTermination healthCheck ipAddressType loadBalancingAlgorithmType loadBalancingAnomalyMitigation
    loadBalancingCrossZoneEnabled protocolVersion stickiness
aws:route53/record:Record name zoneId | allowOverwrite
aws:s3/bucket:Bucket bucket bucketPrefix objectLockEnabled | objectLockEnabled
aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration bucket | transitionDefaultMinimumObjectSize
aws:s3/bucketOwnershipControls:BucketOwnershipControls bucket
aws:s3/bucketPolicy:BucketPolicy bucket
aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock bucket
aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration bucket
aws:s3/bucketVersioning:BucketVersioning bucket
aws:secretsmanager/secret:Secret name namePrefix | policy
aws:secretsmanager/secretVersion:SecretVersion secretBinary secretId secretString | versionStages
aws:sns/topic:Topic fifoTopic name namePrefix | policy
aws:sns/topicPolicy:TopicPolicy arn
aws:sns/topicSubscription:TopicSubscription endpoint protocol topic | filterPolicyScope
aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule securityGroupId
aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule securityGroupId
"""
# The types of services that have no regions; every other object moves to another region by replacement.
_GLOBAL = ("aws:budgets/", "aws:iam/", "aws:route53/")
# What replaces here although the AWS provider changes it.
_REPLACES_HERE_ALONE = {
    (ASSOCIATION, "routeTableId"): "AWS then makes an association of another id, and the engine keeps the old one",
}
# What is a change here when the program gives it no more, although the AWS provider leaves it alone.
_GOES_HERE = {
    (TABLE, "attributes"): "it is computed for the sake of indexes that are resources of their own",
    (TABLE, "globalSecondaryIndexes"): "it is computed for the sake of indexes that are resources of their own",
    (TABLE, "hashKey"): "it is computed for the sake of keySchemas, which the sandbox does not know",
}


def _schemas() -> dict[str, tuple[set[str], set[str]]]:
    rows = [row.partition("|") for row in _SCHEMAS.strip().replace("\n    ", " ").splitlines()]
    return {row.split()[0]: ({*row.split()[1:]}, {*kept.split()}) for row, _, kept in rows}


SCHEMAS = _schemas()


def test_every_type_has_a_row() -> None:
    assert TYPES.keys() == SCHEMAS.keys()


@pytest.mark.parametrize("token", TYPES)
def test_a_change_replaces_where_the_aws_provider_replaces(token: str) -> None:
    resource, (replaces, _) = TYPES[token], SCHEMAS[token]
    here = {name for other, name in _REPLACES_HERE_ALONE if other == token}
    regions = set[str]() if token.startswith(_GLOBAL) else {"region"}
    assert resource.replacing == replaces | here | regions
    assert not here & replaces


@pytest.mark.parametrize("token", TYPES)
def test_what_the_program_leaves_to_aws_stays_where_the_aws_provider_leaves_it(token: str) -> None:
    resource, (_, kept) = TYPES[token], SCHEMAS[token]
    goes = {name for other, name in _GOES_HERE if other == token}
    assert resource.kept & resource.inputs == kept - goes
    assert goes <= kept <= resource.inputs


# The defaults that the AWS provider has for properties that the sandbox carries out.
_DEFAULTS: dict[str, Values] = {
    "aws:appautoscaling/policy:Policy": {"policyType": "StepScaling"},
    "aws:appautoscaling/scheduledAction:ScheduledAction": {"timezone": "UTC"},
    BUDGET: {"timePeriodEnd": "2087-06-15_00:00"},
    LOG_GROUP: {"retentionInDays": 0, "skipDestroy": False},
    "aws:cloudwatch/metricAlarm:MetricAlarm": {"actionsEnabled": True, "treatMissingData": "missing"},
    TABLE: {"billingMode": "PROVISIONED", "tableClass": "STANDARD", "ttl.enabled": False},
    "aws:ec2/natGateway:NatGateway": {"connectivityType": "public"},
    "aws:ec2/securityGroup:SecurityGroup": {"description": "Managed by Pulumi", "revokeRulesOnDelete": False},
    SUBNET: {"assignIpv6AddressOnCreation": False, "mapPublicIpOnLaunch": False},
    VPC: {"enableDnsSupport": True, "instanceTenancy": "default"},
    ENDPOINT: {"vpcEndpointType": "Gateway"},
    REPOSITORY: {"imageTagMutability": "MUTABLE"},
    SERVICE: {
        "deploymentMaximumPercent": 200,
        "deploymentMinimumHealthyPercent": 100,
        "enableEcsManagedTags": False,
        "enableExecuteCommand": False,
        "networkConfiguration.assignPublicIp": False,
        "schedulingStrategy": "REPLICA",
        "waitForSteadyState": False,
    },
    "aws:ecs/taskDefinition:TaskDefinition": {"skipDestroy": False, "trackLatest": False},
    CACHE: {"automaticFailoverEnabled": False, "multiAzEnabled": False},
    "aws:elasticache/subnetGroup:SubnetGroup": {"description": "Managed by Pulumi"},
    ROLE: {"forceDetachPolicies": False, "maxSessionDuration": 3600, "path": "/"},
    "aws:kms/key:Key": {
        "customerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "enableKeyRotation": False,
        "isEnabled": True,
        "keyUsage": "ENCRYPT_DECRYPT",
    },
    # Not enableCrossZoneLoadBalancing: the AWS provider ignores its false for an application one, and AWS has it on.
    LOAD_BALANCER: {
        "clientKeepAlive": 3600,
        "desyncMitigationMode": "defensive",
        "dropInvalidHeaderFields": False,
        "enableDeletionProtection": False,
        "enableHttp2": True,
        "enableTlsVersionAndCipherSuiteHeaders": False,
        "enableWafFailOpen": False,
        "enableXffClientPort": False,
        "enableZonalShift": False,
        "idleTimeout": 60,
        "loadBalancerType": "application",
        "preserveHostHeader": False,
        "xffHeaderProcessingMode": "append",
    },
    TARGET_GROUP: {
        "deregistrationDelay": 300,
        "healthCheck.enabled": True,
        "healthCheck.healthyThreshold": 3,
        "healthCheck.interval": 30,
        "healthCheck.port": "traffic-port",
        "healthCheck.protocol": "HTTP",
        "healthCheck.unhealthyThreshold": 3,
        "slowStart": 0,
        "stickiness.cookieDuration": 86400,
        "stickiness.enabled": True,
        "targetType": "instance",
    },
    "aws:s3/bucket:Bucket": {"forceDestroy": False},
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": {
        "blockPublicAcls": False,
        "blockPublicPolicy": False,
        "ignorePublicAcls": False,
        "restrictPublicBuckets": False,
    },
    SECRET: {"forceOverwriteReplicaSecret": False, "recoveryWindowInDays": 30},
    "aws:sns/topic:Topic": {"contentBasedDeduplication": False, "fifoTopic": False},
    "aws:sns/topicSubscription:TopicSubscription": {
        "confirmationTimeoutInMinutes": 1,
        "endpointAutoConfirms": False,
        "rawMessageDelivery": False,
    },
}


@pytest.mark.parametrize("token", TYPES)
def test_defaults_are_those_of_the_aws_provider(token: str) -> None:
    assert TYPES[token].defaults | TYPES[token].inner_defaults == _DEFAULTS.get(token, {})


# Types whose name the AWS provider makes up: how long it may be then, and the property that gives its beginning.
_NAMED: dict[str, tuple[int, str]] = {
    "aws:appautoscaling/policy:Policy": (255, ""),
    "aws:appautoscaling/scheduledAction:ScheduledAction": (255, ""),
    BUDGET: (255, "namePrefix"),
    LOG_GROUP: (255, "namePrefix"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": (255, ""),
    "aws:cloudwatch/queryDefinition:QueryDefinition": (255, ""),
    TABLE: (255, ""),
    "aws:ec2/securityGroup:SecurityGroup": (255, "namePrefix"),
    REPOSITORY: (255, ""),
    "aws:ecs/cluster:Cluster": (255, ""),
    SERVICE: (255, ""),
    CACHE: (40, ""),
    "aws:elasticache/subnetGroup:SubnetGroup": (255, ""),
    ROLE: (64, "namePrefix"),
    "aws:iam/rolePolicy:RolePolicy": (255, "namePrefix"),
    "aws:kms/alias:Alias": (238, "namePrefix"),
    LOAD_BALANCER: (32, "namePrefix"),
    TARGET_GROUP: (32, "namePrefix"),
    "aws:s3/bucket:Bucket": (63, "bucketPrefix"),
    SECRET: (255, "namePrefix"),
    "aws:sns/topic:Topic": (80, "namePrefix"),
}


def test_names_are_made_up_where_the_aws_provider_makes_them_up() -> None:
    assert {t: (one.limit, one.prefix) for t, one in TYPES.items() if one.name} == _NAMED


def test_what_is_not_named_is_deleted_first_where_the_aws_provider_says_so_or_the_sandbox_replaces_alone() -> None:
    theirs = {IMAGES, "aws:iam/rolePolicyAttachment:RolePolicyAttachment"}
    ours = {token for token, _ in _REPLACES_HERE_ALONE if not TYPES[token].name}
    assert {token for token, resource in TYPES.items() if resource.delete_first} == theirs | ours


# By value


_NETWORK: Values = {"loadBalancerType": "network"}
_REDIS: Values = {"engine": "redis", "engineVersion": "7.1", "engineVersionActual": "7.1.0"}
_OLD_REDIS: Values = {"engine": "redis", "engineVersion": "6.x", "engineVersionActual": "6.2.6"}
_MAPPED: Values = {"subnetMappings": [{"subnetId": "a"}, {"subnetId": "b"}]}


_BY_VALUE: list[tuple[str, Values, Values, list[str]]] = [
    (VPC, {"instanceTenancy": "default"}, {"instanceTenancy": "dedicated"}, ["instanceTenancy"]),
    (VPC, {"instanceTenancy": "dedicated"}, {"instanceTenancy": "default"}, []),
    (ENDPOINT, {"vpcEndpointType": "Gateway"}, {"privateDnsEnabled": True}, ["privateDnsEnabled"]),
    (ENDPOINT, {"vpcEndpointType": "Interface"}, {"privateDnsEnabled": True}, []),
    (INGRESS, {"cidrIpv4": "10.0.0.0/8"}, {"cidrIpv4": "10.1.0.0/16"}, []),
    (
        INGRESS,
        {"cidrIpv4": "10.0.0.0/8"},
        {"cidrIpv4": None, "referencedSecurityGroupId": "sg-1"},
        ["cidrIpv4", "referencedSecurityGroupId"],
    ),
    (
        INGRESS,
        {"cidrIpv4": "10.0.0.0/8"},
        {"cidrIpv4": None, "cidrIpv6": UNKNOWN},
        ["cidrIpv4", "cidrIpv6"],
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
    (LOAD_BALANCER, _NETWORK | {"subnets": ["a", "b"]}, {"subnets": ["a", "b", "c"]}, []),
    (LOAD_BALANCER, _NETWORK | {"subnets": ["a", "b"]}, {"subnets": ["a"]}, ["subnets"]),
    (LOAD_BALANCER, _NETWORK | {"subnets": ["a", "b"]}, {"subnets": ["a", "c"]}, ["subnets"]),
    (LOAD_BALANCER, _NETWORK | {"subnets": ["a", "b"]}, {"subnets": UNKNOWN}, []),
    (LOAD_BALANCER, _NETWORK | {"securityGroups": ["sg-1"]}, {"securityGroups": ["sg-2"]}, []),
    (LOAD_BALANCER, _NETWORK | {"securityGroups": []}, {"securityGroups": ["sg-2"]}, ["securityGroups"]),
    (LOAD_BALANCER, _MAPPED, {"subnetMappings": [{"subnetId": "a"}]}, []),
    (LOAD_BALANCER, _MAPPED, {"subnetMappings": [{"subnetId": "c"}]}, ["subnetMappings"]),
    (LOAD_BALANCER, _MAPPED, {"subnetMappings": [*_MAPPED["subnetMappings"], {"subnetId": "c"}]}, []),
    (LOAD_BALANCER, _NETWORK | _MAPPED, {"subnetMappings": [{"subnetId": "a"}]}, ["subnetMappings"]),
]


@pytest.mark.parametrize(("token", "olds", "change", "replaces"), _BY_VALUE)
def test_some_changes_replace_by_what_they_change_from_and_to(
    engine: Engine, token: str, olds: Values, change: Values, replaces: list[str]
) -> None:
    wanted = {name: value for name, value in (olds | change).items() if value is not None}
    inputs = {name: value for name, value in olds.items() if name in TYPES[token].inputs}
    news = {name: value for name, value in wanted.items() if name in TYPES[token].inputs}
    difference = engine.diff(Made(token, "object", "id", inputs, olds), news)
    assert set(difference.diffs) == change.keys()
    assert list(difference.replaces) == replaces


# In place


@pytest.fixture(scope="module")
def engine(endpoint: str) -> Engine:
    return Engine(endpoint)


@pytest.fixture
def world(endpoint: str, engine: Engine) -> World:
    reset(endpoint)
    return World(engine, endpoint)


def _changed(world: World, made: Made, change: Values) -> Made:
    """The object after an update in place; its state is what a refresh sees."""
    given = {name: value for name, value in (made.inputs | change).items() if value is not None}
    news, failures = world.engine.check(made.token, made.name, given, made.inputs)
    assert failures == []
    assert list(world.engine.diff(made, news).replaces) == []
    updated = world.engine.update(made, news)
    seen = world.engine.read(updated)
    assert seen is not None
    assert (seen.inputs, seen.outputs) == (news, updated.outputs)
    return updated


def test_an_internet_gateway_goes_from_one_network_to_another(world: World, endpoint: str) -> None:
    made = world.make(GATEWAY)
    other = world.engine.create(VPC, "other", {"cidrBlock": "10.9.0.0/16"})
    assert made.outputs["vpcId"] not in (None, other.id)
    moved = _changed(world, made, {"vpcId": other.id})
    (gateway,) = client(endpoint, "ec2").describe_internet_gateways(InternetGatewayIds=[made.id])["InternetGateways"]
    assert [one["VpcId"] for one in gateway["Attachments"]] == [other.id]
    world.engine.delete(moved)


def test_an_internet_gateway_may_get_its_network_later(world: World) -> None:
    made = world.engine.create(GATEWAY, "gateway", {})
    network = world.engine.create(VPC, "network", {"cidrBlock": "10.9.0.0/16"})
    assert _changed(world, made, {"vpcId": network.id}).outputs["vpcId"] == network.id


def test_a_network_leaves_dedicated_hardware(world: World, endpoint: str) -> None:
    made = world.engine.create(VPC, "network", {"cidrBlock": "10.9.0.0/16", "instanceTenancy": "dedicated"})
    _changed(world, made, {"instanceTenancy": "default"})
    (network,) = client(endpoint, "ec2").describe_vpcs(VpcIds=[made.id])["Vpcs"]
    assert network["InstanceTenancy"] == "default"


def test_a_subnet_gets_changes_and_loses_its_ipv6_block(world: World, endpoint: str) -> None:
    made, ec2 = world.make(SUBNET), client(endpoint, "ec2")
    assert made.outputs["ipv6CidrBlockAssociationId"] == ""
    for block in ("2001:db8:1234:1a00::/64", "2001:db8:1234:1a01::/64", None):
        made = _changed(world, made, {"ipv6CidrBlock": block})
        (subnet,) = ec2.describe_subnets(SubnetIds=[made.id])["Subnets"]
        assert [one["Ipv6CidrBlock"] for one in subnet["Ipv6CidrBlockAssociationSet"]] == ([block] if block else [])


def test_a_secrets_version_gets_and_loses_stages(world: World, endpoint: str) -> None:
    secret, manager = world.make(SECRET), client(endpoint, "secretsmanager")
    first = world.make(VERSION)
    second = world.engine.create(VERSION, "second", {"secretId": secret.id, "secretString": "correct-horse"})

    def stages(made: Made) -> list[str]:
        found = manager.describe_secret(SecretId=secret.id)["VersionIdsToStages"]
        return sorted(found.get(made.outputs["versionId"], []))

    assert (stages(first), stages(second)) == (["AWSPREVIOUS"], ["AWSCURRENT"])
    seen = world.engine.read(first)
    assert seen is not None
    first = _changed(world, seen, {"versionStages": ["AWSCURRENT", "BLUE"]})
    assert (stages(first), stages(second)) == (["AWSCURRENT", "BLUE"], ["AWSPREVIOUS"])
    _changed(world, first, {"versionStages": ["AWSCURRENT"]})
    assert stages(first) == ["AWSCURRENT"]


def test_a_secrets_policy_ends_as_an_empty_document(world: World, endpoint: str) -> None:
    made = world.engine.create(SECRET, "secret", {"name": "app/KEY", "policy": document(Principal="*")})
    assert world.engine.create(SECRET, "other", {"name": "app/OTHER"}).outputs["policy"] == ""
    kept, _ = world.engine.check(SECRET, "secret", {"name": "app/KEY"}, made.inputs)
    assert list(world.engine.diff(made, kept).diffs) == []
    _changed(world, made, {"policy": "{}"})
    assert "ResourcePolicy" not in client(endpoint, "secretsmanager").get_resource_policy(SecretId=made.id)


def test_logs_of_zero_days_are_kept_for_ever(world: World, endpoint: str) -> None:
    made = world.engine.create(LOG_GROUP, "group", {"name": "/app", "retentionInDays": 0})
    made = _changed(world, _changed(world, made, {"retentionInDays": 7}), {"retentionInDays": 0})
    (group,) = client(endpoint, "logs").describe_log_groups()["logGroups"]
    assert "retentionInDays" not in group
    gone = _changed(world, _changed(world, made, {"retentionInDays": 7}), {"retentionInDays": None})
    assert gone.outputs["retentionInDays"] == 0


def test_a_record_becomes_one_of_another_type_and_set(world: World, endpoint: str) -> None:
    zone = world.given["ZONE"]
    given: Values = {"zoneId": zone, "name": "x.example.com", "type": "CNAME", "records": ["y.example.com"], "ttl": 60}
    made = world.engine.create(RECORD, "record", given)
    route53 = client(endpoint, "route53")

    def records() -> list[tuple[str, str | None]]:
        found = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
        return [(one["Type"], one.get("SetIdentifier")) for one in found if one["Name"] == "x.example.com."]

    made = _changed(world, made, {"type": "A", "records": ["10.0.0.1"]})
    assert records() == [("A", None)]
    weighted = {"setIdentifier": "blue", "weightedRoutingPolicies": [{"weight": 1}]}
    made = _changed(world, made, weighted)
    assert records() == [("A", "blue")]
    world.engine.delete(made)
    assert records() == []


def test_a_services_controller_changes_in_place_and_its_capacity_by_a_new_deployment_alone(
    world: World, endpoint: str
) -> None:
    made, ecs = world.make(SERVICE), client(endpoint, "ecs")

    def service() -> Any:
        return ecs.describe_services(cluster=made.outputs["cluster"], services=[made.id])["services"][0]

    spot = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    quiet = {name: value for name, value in made.inputs.items() if name != "forceNewDeployment"}
    with pytest.raises(Refused, match="capacityProviderStrategies wants forceNewDeployment"):
        world.engine.update(made, quiet | {"capacityProviderStrategies": spot})
    assert service()["capacityProviderStrategy"][0]["capacityProvider"] == "FARGATE"
    made = _changed(world, made, {"capacityProviderStrategies": spot})
    assert service()["capacityProviderStrategy"][0]["capacityProvider"] == "FARGATE_SPOT"
    made = _changed(world, made, {"deploymentController": {"type": "EXTERNAL"}})
    assert service()["deploymentController"] == {"type": "EXTERNAL"}


# What the program says no more, or says first


@pytest.mark.parametrize(
    ("token", "name", "says"),
    [
        (TABLE, "pointInTimeRecovery", None),
        (TABLE, "serverSideEncryption", None),
        (SERVICE, "availabilityZoneRebalancing", None),
        (SUBNET, "availabilityZone", "availabilityZone"),
        (SUBNET, "availabilityZoneId", "availabilityZoneId"),
        (LOAD_BALANCER, "internal", "internal"),
        (LOAD_BALANCER, "ipAddressType", "ipAddressType"),
        (CERTIFICATE, "keyAlgorithm", "keyAlgorithm"),
        (LISTENER, "region", "region"),
        (RULE, "priority", None),
    ],
)
def test_what_aws_has_already_is_no_change(world: World, token: str, name: str, says: str | None) -> None:
    made = world.make(token)
    given = {key: value for key, value in world.resolve(SAMPLES[token].inputs).items() if key != name}
    if says:
        given[name] = made.outputs[says]
    news, _ = world.engine.check(token, made.name, given, made.inputs)
    difference = world.engine.diff(made, news)
    assert (list(difference.diffs), list(difference.replaces)) == ([], [])
    other, _ = world.engine.check(token, made.name, given | {name: "another"}, made.inputs)
    assert name in world.engine.diff(made, other).diffs


def test_a_block_gets_the_defaults_of_its_members(engine: Engine) -> None:
    inputs, _ = engine.check(TARGET_GROUP, "group", {"healthCheck": {"path": "/up", "interval": 10}})
    assert inputs["healthCheck"] == {
        "path": "/up",
        "interval": 10,
        "enabled": True,
        "healthyThreshold": 3,
        "unhealthyThreshold": 3,
        "port": "traffic-port",
        "protocol": "HTTP",
    }
    assert "stickiness" not in inputs
    unknown, _ = engine.check(TARGET_GROUP, "group", {"healthCheck": UNKNOWN})
    assert unknown["healthCheck"] is UNKNOWN


def test_a_name_that_the_aws_provider_leaves_as_it_is_may_be_refused(engine: Engine) -> None:
    """It spells a bucket's name in small letters, and not a repository's."""
    _, failures = engine.check(REPOSITORY, "App", {})
    assert any("name" in failure for failure in failures)
    assert engine.check("aws:s3/bucket:Bucket", "App", {})[1] == []
    _, failures = engine.check(TABLE, "t", SAMPLES[TABLE].inputs | {"namePrefix": "x"})
    assert any("does not carry out this property" in failure for failure in failures)
