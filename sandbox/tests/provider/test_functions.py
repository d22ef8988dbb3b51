"""The functions that look something up in the account."""

import pytest

from sandbox import stand_in
from sandbox.cli import fixtures
from sandbox.tests.provider.harness import ACCOUNT, REGION, Engine, Refused, client
from sandbox.tests.provider.samples import LOAD_BALANCER, RULE, SERVICE
from sandbox.tests.provider.world import World

IMAGE = "aws:ecr/getImage:getImage"
SECRET = "aws:secretsmanager/getSecret:getSecret"  # noqa: S105 - a function's name
GET_ALIAS = "aws:kms/getAlias:getAlias"
GET_KEY = "aws:kms/getKey:getKey"
GET_VPC = "aws:ec2/getVpc:getVpc"
GET_SERVICE = "aws:ecs/getService:getService"
GET_PROFILE = "aws:bedrock/getInferenceProfile:getInferenceProfile"
GET_ZONE = "aws:route53/getZone:getZone"
GET_BALANCER = "aws:lb/getLoadBalancer:getLoadBalancer"
GET_RULE = "aws:lb/getListenerRule:getListenerRule"
ZONES = "aws:index/getAvailabilityZones:getAvailabilityZones"


def test_caller_identity_and_partition(engine: Engine) -> None:
    who = engine.invoke("aws:index/getCallerIdentity:getCallerIdentity", {})
    assert who["accountId"] == ACCOUNT
    partition = engine.invoke("aws:index/getPartition:getPartition", {})
    assert partition["partition"] == "aws"


def test_availability_zones_of_the_region(engine: Engine) -> None:
    def names(zone_type: str, *excluded: str) -> list[str]:
        filters = [{"name": "zone-type", "values": [zone_type]}]
        return engine.invoke(ZONES, {"filters": filters, "excludeZoneIds": excluded})["names"]

    assert names("availability-zone") == [f"{REGION}{letter}" for letter in "abc"]
    assert names("availability-zone", "eun1-az2") == [f"{REGION}a", f"{REGION}c"]
    assert names("local-zone") == []


def test_an_image_by_tag_and_by_digest(engine: Engine, endpoint: str) -> None:
    ecr = client(endpoint, "ecr")
    ecr.create_repository(repositoryName="app")
    digest = fixtures.put_image(ecr, "app", "v1", stand_in.image("app:v1"))
    by_tag = engine.invoke(IMAGE, {"repositoryName": "app", "imageTag": "v1"})
    by_digest = engine.invoke(IMAGE, {"repositoryName": "app", "imageDigest": digest})
    assert by_tag["imageDigest"] == by_digest["imageDigest"] == digest
    assert by_tag["imageTags"] == by_digest["imageTags"] == ["v1"]
    with pytest.raises(Refused, match="ImageNotFoundException"):
        engine.invoke(IMAGE, {"repositoryName": "app", "imageTag": "v2"})
    with pytest.raises(Refused, match="RepositoryNotFoundException"):
        engine.invoke(IMAGE, {"repositoryName": "other", "imageTag": "v1"})


def test_a_key_by_its_alias(engine: Engine, endpoint: str) -> None:
    kms, name = client(endpoint, "kms"), {"name": "alias/app-data"}
    with pytest.raises(Refused, match="couldn't find resource"):
        engine.invoke(GET_ALIAS, name)
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/app-data", TargetKeyId=key)
    assert engine.invoke(GET_ALIAS, name)["targetKeyId"] == key
    assert engine.invoke(GET_KEY, {"keyId": key})["keyState"] == "Enabled"
    kms.disable_key(KeyId=key)
    assert engine.invoke(GET_KEY, {"keyId": key})["keyState"] == "Disabled"
    kms.schedule_key_deletion(KeyId=key)
    with pytest.raises(Refused, match="PendingDeletion"):
        engine.invoke(GET_ALIAS, name)


def test_a_secret_and_its_key(engine: Engine, endpoint: str) -> None:
    manager = client(endpoint, "secretsmanager")
    plain = manager.create_secret(Name="plain", SecretString="x")["ARN"]
    keyed = manager.create_secret(Name="keyed", SecretString="x", KmsKeyId="alias/own")
    assert engine.invoke(SECRET, {"arn": plain})["kmsKeyId"] == ""
    found = engine.invoke(SECRET, {"arn": keyed["ARN"]})
    assert found["kmsKeyId"] == "alias/own"
    with pytest.raises(Refused, match="ResourceNotFoundException"):
        engine.invoke(SECRET, {"arn": "absent"})
    manager.delete_secret(SecretId=keyed["ARN"])
    with pytest.raises(Refused, match="couldn't find resource"):
        engine.invoke(SECRET, {"arn": keyed["ARN"]})


def test_a_service_its_load_balancer_and_its_listener_rule(engine: Engine, endpoint: str) -> None:
    world = World(engine, endpoint)
    service, balancer, rule = (world.make(token) for token in (SERVICE, LOAD_BALANCER, RULE))
    cluster = service.outputs["cluster"]
    for name in (cluster, cluster.rpartition("/")[2]):
        found = engine.invoke(GET_SERVICE, {"clusterArn": name, "serviceName": "app"})
        assert (found["status"], len(found["deployments"])) == ("ACTIVE", 1)
    providers = [one["capacityProvider"] for one in found["capacityProviderStrategies"]]
    assert providers == ["FARGATE", "FARGATE_SPOT"]
    [network], [entry] = found["networkConfigurations"], found["loadBalancers"]
    assert network["subnets"] == service.inputs["networkConfiguration"]["subnets"]
    assert entry["targetGroupArn"] == service.inputs["loadBalancers"][0]["targetGroupArn"]
    assert entry["advancedConfigurations"] == []
    found = engine.invoke(GET_BALANCER, {"name": balancer.outputs["name"]})
    assert sorted(found["subnets"]) == sorted(balancer.inputs["subnets"])
    [action] = engine.invoke(GET_RULE, {"arn": rule.id})["actions"]
    [forward] = action["forwards"]
    assert forward["targetGroups"] == rule.inputs["actions"][0]["forward"]["targetGroups"]
    for args in ({"clusterArn": cluster, "serviceName": "other"}, {"clusterArn": "other", "serviceName": "app"}):
        with pytest.raises(Refused, match="no matching ECS Service found"):
            engine.invoke(GET_SERVICE, args)
    world.clear()
    with pytest.raises(Refused, match="RuleNotFound"):
        engine.invoke(GET_RULE, {"arn": rule.id})


def test_a_network_by_its_tags(engine: Engine, endpoint: str) -> None:
    ec2 = client(endpoint, "ec2")
    one, other = (ec2.create_vpc(CidrBlock=f"10.{number}.0.0/16")["Vpc"]["VpcId"] for number in (1, 2))
    ec2.create_tags(Resources=[one, other], Tags=[{"Key": "Name", "Value": "app"}])
    ec2.create_tags(Resources=[one], Tags=[{"Key": "Stack", "Value": "dev"}])
    found = engine.invoke(GET_VPC, {"tags": {"Name": "app", "Stack": "dev"}})
    assert found["cidrBlock"] == "10.1.0.0/16"
    with pytest.raises(Refused, match="multiple EC2 VPCs matched"):
        engine.invoke(GET_VPC, {"tags": {"Name": "app"}})
    with pytest.raises(Refused, match="no matching EC2 VPC found"):
        engine.invoke(GET_VPC, {"tags": {"Name": "none"}})


def test_a_hosted_zone_by_its_id(engine: Engine, endpoint: str) -> None:
    route53 = client(endpoint, "route53")
    made = [
        route53.create_hosted_zone(Name="example.com.", CallerReference=str(more), **more)["HostedZone"]["Id"]
        for more in ({}, {"VPC": {"VPCRegion": REGION, "VPCId": "vpc-1"}, "HostedZoneConfig": {"PrivateZone": True}})
    ]
    found = [engine.invoke(GET_ZONE, {"zoneId": identifier.rpartition("/")[2]}) for identifier in made]
    assert [(zone["name"], zone["privateZone"]) for zone in found] == [("example.com", False), ("example.com", True)]
    with pytest.raises(Refused, match="NoSuchHostedZone"):
        engine.invoke(GET_ZONE, {"zoneId": "Z0NONE"})


def test_an_inference_profile_and_where_it_leads(engine: Engine) -> None:
    found = engine.invoke(GET_PROFILE, {"inferenceProfileId": "global.amazon.nova-2-lite-v1:0"})
    assert found["inferenceProfileArn"] == (
        f"arn:aws:bedrock:{REGION}:{ACCOUNT}:inference-profile/global.amazon.nova-2-lite-v1:0"
    )
    assert [model["modelArn"] for model in found["models"]] == [
        f"arn:aws:bedrock:{region}::foundation-model/amazon.nova-2-lite-v1:0" for region in ("", REGION)
    ]
    for identifier in ("us.amazon.nova-2-lite-v1:0", "global.amazon.nova-pro-v1:0"):
        with pytest.raises(Refused, match="ResourceNotFoundException"):
            engine.invoke(GET_PROFILE, {"inferenceProfileId": identifier})


def test_unknown_functions_and_arguments_are_named(engine: Engine) -> None:
    with pytest.raises(Refused, match="not support the function aws:ec2/getSubnet:getSubnet: add it to sandbox"):
        engine.invoke("aws:ec2/getSubnet:getSubnet", {})
    with pytest.raises(Refused, match="does not support tag of aws:ecr/getImage"):
        engine.invoke(IMAGE, {"repositoryName": "app", "tag": "v1"})
