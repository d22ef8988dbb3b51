"""The committed stacks, brought up by the engine and read back from the account.

The expected values are written out here, from the contract of the service, and not taken from the program.
"""

from __future__ import annotations

import json

import pytest

from tests.live.harness import ACCOUNT_ID, LiveSandbox
from tests.live.stack import Stack, ensure
from tests.support import iam
from tests.support.contract import (
    ENVIRONMENT,
    OUTPUTS,
    OUTPUTS_WITH_AN_IMAGE,
    OUTPUTS_WITH_LOGS,
    STACKS_WITH_LOGS,
    TABLES,
)

pytestmark = pytest.mark.live

STACKS = ("dev", "staging", "prod")


@pytest.fixture(scope="module")
def stacks(sandbox: LiveSandbox) -> dict[str, Stack]:
    return {name: ensure(sandbox, name) for name in STACKS}


@pytest.fixture(params=STACKS)
def stack(request: pytest.FixtureRequest, stacks: dict[str, Stack]) -> Stack:
    return stacks[request.param]


def test_outputs_are_the_documented_ones(stack: Stack) -> None:
    outputs = stack.outputs
    logs = OUTPUTS_WITH_LOGS if stack.name in STACKS_WITH_LOGS else set[str]()
    assert set(outputs) == OUTPUTS | OUTPUTS_WITH_AN_IMAGE | logs
    assert outputs["clusterName"] == stack.named("voiceter-cluster")
    assert outputs["serviceName"] == outputs["taskFamily"] == stack.named("voiceter-backend")
    assert outputs["containerName"] == "voiceter-backend"
    assert outputs["logGroupName"] == stack.named("/ecs/voiceter-backend")
    assert outputs["taskRoleArn"] == f"arn:aws:iam::{ACCOUNT_ID}:role/{stack.named('voiceter-backend-task-role')}"
    assert outputs["recordingsBucketName"] == f"voiceter-recordings-{ACCOUNT_ID}-{stack.name}"
    assert outputs["url"].startswith("http://" if stack.name == "dev" else "https://")


def test_container_is_as_the_contract_says(stack: Stack) -> None:
    task, definition, outputs = stack.task_definition(), stack.container(), stack.outputs
    assert (task["cpu"], task["memory"]) == (("512", "1024") if stack.name == "dev" else ("1024", "2048"))
    assert task["family"] == stack.named("voiceter-backend")
    assert task["networkMode"] == "awsvpc"
    assert task["requiresCompatibilities"] == ["FARGATE"]
    assert task["runtimePlatform"] == {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"}
    assert (task["executionRoleArn"], task["taskRoleArn"]) == (outputs["executionRoleArn"], outputs["taskRoleArn"])

    assert definition["name"] == "voiceter-backend"
    repository, digest = definition["image"].split("@")
    assert repository == outputs["repositoryUrl"]
    images = stack.client("ecr").describe_images(
        repositoryName=stack.named("voiceter-backend"), imageIds=[{"imageDigest": digest}]
    )
    assert images["imageDetails"][0]["imageTags"] == ["stand-in"]
    assert definition["user"] == "1001:1001"
    assert definition["portMappings"] == [{"containerPort": 8080, "hostPort": 8080, "protocol": "tcp"}]
    assert definition["ulimits"] == [{"name": "nofile", "softLimit": 65536, "hardLimit": 65536}]
    assert definition["stopTimeout"] == (30 if stack.name == "dev" else 45)
    assert definition["readonlyRootFilesystem"] is True
    assert definition["linuxParameters"]["initProcessEnabled"] is True
    mounts = {mount["containerPath"]: set(mount["mountOptions"]) for mount in definition["linuxParameters"]["tmpfs"]}
    assert set(mounts) == {"/tmp", "/app/logs"}  # noqa: S108 - of the container
    assert all({"rw", "uid=1001", "gid=1001"} <= options for options in mounts.values())
    health = definition["healthCheck"]
    assert [health[key] for key in ("interval", "timeout", "retries", "startPeriod")] == [30, 5, 3, 60]
    assert health["command"][:3] == ["CMD", "node", "-e"]  # the image has no curl
    assert "http://127.0.0.1:8080/health" in health["command"][3]
    options = definition["logConfiguration"]["options"]
    assert definition["logConfiguration"]["logDriver"] == "awslogs"
    assert options["awslogs-group"] == stack.named("/ecs/voiceter-backend")
    assert options["awslogs-region"] == "us-east-1"
    assert "awslogs-create-group" not in options  # for which the agent has no right
    assert not definition.get("secrets")


def test_environment_variables_are_as_the_contract_says(stack: Stack) -> None:
    assert {entry["name"]: entry["value"] for entry in stack.container()["environment"]} == {
        **ENVIRONMENT,
        "AWS_REGION": "us-east-1",
        "DYNAMODB_TABLE_PREFIX": stack.table(""),
        **{table.variable: stack.table(name) for name, table in TABLES.items() if table.variable},
        "S3_BUCKET_NAME": f"voiceter-recordings-{ACCOUNT_ID}-{stack.name}",
        "METRICS_ENABLED": "false" if stack.name == "dev" else "true",
        "DEPLOYMENT_ENV": stack.name,
        "CORS_ORIGIN": "*" if stack.name == "dev" else stack.outputs["url"],
    }


def test_service_is_as_the_contract_says(stack: Stack) -> None:
    cluster = stack.named("voiceter-cluster")
    (described,) = stack.client("ecs").describe_clusters(clusters=[cluster], include=["SETTINGS"])["clusters"]
    insights = "enabled" if stack.name == "dev" else "enhanced"
    assert {"name": "containerInsights", "value": insights} in described["settings"]
    assert set(described["capacityProviders"]) == {"FARGATE", "FARGATE_SPOT"}

    service = stack.service()
    assert service["desiredCount"] == (1 if stack.name == "dev" else 2)
    assert service["healthCheckGracePeriodSeconds"] == 60
    assert service["propagateTags"] == "SERVICE"
    deployment = service["deploymentConfiguration"]
    assert deployment["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert (deployment["minimumHealthyPercent"], deployment["maximumPercent"]) == (100, 200)
    strategy = {
        item["capacityProvider"]: (item.get("base", 0), item["weight"]) for item in service["capacityProviderStrategy"]
    }
    assert strategy == ({"FARGATE_SPOT": (0, 100)} if stack.name == "dev" else {"FARGATE": (0, 100)})
    vpc = service["networkConfiguration"]["awsvpcConfiguration"]
    assert vpc["assignPublicIp"] == ("ENABLED" if stack.name == "dev" else "DISABLED")
    subnets = stack.client("ec2").describe_subnets(SubnetIds=vpc["subnets"])["Subnets"]
    assert len({subnet["AvailabilityZone"] for subnet in subnets}) == (3 if stack.name == "prod" else 2)


def test_tasks_have_the_tags_of_the_stack(stack: Stack) -> None:
    ecs, cluster = stack.client("ecs"), stack.named("voiceter-cluster")
    arns = ecs.list_tasks(cluster=cluster, serviceName=stack.named("voiceter-backend"))["taskArns"]
    for task in ecs.describe_tasks(cluster=cluster, tasks=arns, include=["TAGS"])["tasks"]:
        tags = {tag["key"]: tag["value"] for tag in task["tags"]}
        assert (tags["Application"], tags["Stack"], tags["aws:ecs:clusterName"]) == (
            "voiceter-backend",
            stack.name,
            cluster,
        )


def test_scaling_is_as_the_contract_says(stack: Stack) -> None:
    scaling = stack.client("application-autoscaling")
    resource_id = f"service/{stack.named('voiceter-cluster')}/{stack.named('voiceter-backend')}"
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[resource_id])["ScalableTargets"]
    bounds = {"dev": (1, 2), "staging": (2, 4), "prod": (2, 10)}
    assert (target["MinCapacity"], target["MaxCapacity"]) == bounds[stack.name]
    policies = scaling.describe_scaling_policies(ServiceNamespace="ecs", ResourceId=resource_id)["ScalingPolicies"]
    configurations = [policy["TargetTrackingScalingPolicyConfiguration"] for policy in policies]
    tracked = {
        item["PredefinedMetricSpecification"]["PredefinedMetricType"]: (
            item["TargetValue"],
            item["ScaleInCooldown"],
            item["ScaleOutCooldown"],
        )
        for item in configurations
        if "PredefinedMetricSpecification" in item
    }
    assert tracked == {
        "ECSServiceAverageCPUUtilization": (70, 300, 60),
        "ECSServiceAverageMemoryUtilization": (80, 300, 60),
    }
    # Only with the app's own metrics, which dev turns off: sessions scale out and never in.
    on_sessions = [item for item in configurations if "CustomizedMetricSpecification" in item]
    assert len(on_sessions) == (0 if stack.name == "dev" else 1)
    for item in on_sessions:
        assert (item["TargetValue"], item["DisableScaleIn"]) == (30, True)
        metric = item["CustomizedMetricSpecification"]
        assert (metric["Namespace"], metric["MetricName"]) == ("Voiceter/Backend", "ConcurrentSessions")
        assert (metric["Statistic"], metric.get("Dimensions", [])) == ("Maximum", [])


def test_load_balancer_is_as_the_contract_says(stack: Stack) -> None:
    elb, balancer = stack.client("elbv2"), stack.load_balancer()
    assert balancer["Scheme"] == "internet-facing"
    arn = balancer["LoadBalancerArn"]
    of_balancer = stack.load_balancer_attributes()
    assert of_balancer["idle_timeout.timeout_seconds"] == "300"
    assert of_balancer["deletion_protection.enabled"] == ("true" if stack.name == "prod" else "false")
    assert of_balancer["routing.http.drop_invalid_header_fields.enabled"] == "true"

    listeners = {item["Port"]: item for item in elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]}
    assert set(listeners) == ({80} if stack.name == "dev" else {80, 443})
    serving = listeners[max(listeners)]
    if stack.name != "dev":
        assert serving["Protocol"] == "HTTPS"
        assert serving["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
        assert [action["Type"] for action in serving["DefaultActions"]] == ["fixed-response"]
    (redirect,) = listeners[80]["DefaultActions"]
    assert (redirect["Type"], redirect["RedirectConfig"]["Protocol"]) == ("redirect", "HTTPS")
    rules = [r for r in elb.describe_rules(ListenerArn=serving["ListenerArn"])["Rules"] if not r["IsDefault"]]
    by_priority = sorted(rules, key=lambda rule: int(rule["Priority"]))
    actions = [action["Type"] for rule in by_priority for action in rule["Actions"]]
    assert actions == (["forward", "redirect"] if stack.name == "dev" else ["forward"])

    (group,) = elb.describe_target_groups(LoadBalancerArn=arn)["TargetGroups"]
    assert (group["Protocol"], group["Port"], group["TargetType"]) == ("HTTP", 8080, "ip")
    assert (group["HealthCheckPath"], group["Matcher"]["HttpCode"]) == ("/health", "200")
    found = elb.describe_target_group_attributes(TargetGroupArn=group["TargetGroupArn"])["Attributes"]
    of_group = {one["Key"]: one["Value"] for one in found}
    assert of_group["stickiness.enabled"] == "true"
    assert of_group["stickiness.type"] == "lb_cookie"
    assert int(of_group["stickiness.lb_cookie.duration_seconds"]) > 30 * 60  # the longest session
    delays = {"dev": "30", "staging": "300", "prod": "1860"}
    assert of_group["deregistration_delay.timeout_seconds"] == delays[stack.name]


def test_only_the_load_balancer_reaches_a_task(stack: Stack) -> None:
    ec2, balancer = stack.client("ec2"), stack.load_balancer()
    (tasks,) = stack.service()["networkConfiguration"]["awsvpcConfiguration"]["securityGroups"]
    (edge,) = balancer["SecurityGroups"]
    assert balancer["VpcId"] == stack.outputs["vpcId"]
    groups = {
        group["GroupId"]: group for group in ec2.describe_security_groups(GroupIds=[tasks, edge])["SecurityGroups"]
    }
    (way_in,) = groups[tasks]["IpPermissions"]
    assert (way_in["FromPort"], way_in["ToPort"], way_in["IpProtocol"]) == (8080, 8080, "tcp")
    assert [pair["GroupId"] for pair in way_in["UserIdGroupPairs"]] == [edge]
    assert not way_in["IpRanges"]
    assert not way_in["Ipv6Ranges"]
    ports = {rule["FromPort"] for rule in groups[edge]["IpPermissions"]}
    assert ports == ({80} if stack.name == "dev" else {80, 443})
    (way_out,) = groups[edge]["IpPermissionsEgress"]
    assert [pair["GroupId"] for pair in way_out["UserIdGroupPairs"]] == [tasks]


def test_network_is_divided_as_awsx_divides_it(stack: Stack) -> None:
    ec2 = stack.client("ec2")
    of_the_vpc = [{"Name": "vpc-id", "Values": [stack.outputs["vpcId"]]}]
    subnets = ec2.describe_subnets(Filters=of_the_vpc)["Subnets"]
    zones = 3 if stack.name == "prod" else 2
    blocks = {tag["Value"]: item["CidrBlock"] for item in subnets for tag in item["Tags"] if tag["Key"] == "Name"}
    # awsx gives each zone a quarter of the VPC: one half of it is private, a quarter of it public.
    name = stack.named("voiceter-backend")
    expected = {f"{name}-private-{n + 1}": f"10.0.{n * 64}.0/19" for n in range(zones)}
    expected |= {f"{name}-public-{n + 1}": f"10.0.{n * 64 + 32}.0/20" for n in range(zones)}
    assert blocks == expected
    # A task that needs a public IP asks for it.
    assert not any(subnet["MapPublicIpOnLaunch"] for subnet in subnets)
    gateways = ec2.describe_nat_gateways(Filters=of_the_vpc)["NatGateways"]
    available = [item for item in gateways if item["State"] == "available"]
    assert len(available) == {"dev": 0, "staging": 1, "prod": 3}[stack.name]
    endpoints = ec2.describe_vpc_endpoints(Filters=of_the_vpc)["VpcEndpoints"]
    assert {item["ServiceName"] for item in endpoints} == {
        "com.amazonaws.us-east-1.s3",
        "com.amazonaws.us-east-1.dynamodb",
    }
    tables = {
        item["RouteTableId"] for item in ec2.describe_route_tables(Filters=of_the_vpc)["RouteTables"] if item["Tags"]
    }
    assert len(tables) == 2 * zones
    assert all(item["VpcEndpointType"] == "Gateway" and set(item["RouteTableIds"]) == tables for item in endpoints)


def test_default_security_group_of_the_vpc_lets_nothing_through(stack: Stack) -> None:
    found = [{"Name": "vpc-id", "Values": [stack.outputs["vpcId"]]}, {"Name": "group-name", "Values": ["default"]}]
    (group,) = stack.client("ec2").describe_security_groups(Filters=found)["SecurityGroups"]
    assert group["IpPermissions"] == group["IpPermissionsEgress"] == []
    assert {"Key": "Stack", "Value": stack.name} in group["Tags"]


def test_gateway_endpoints_let_only_the_tasks_through_to_data(stack: Stack) -> None:
    of_the_vpc = [{"Name": "vpc-id", "Values": [stack.outputs["vpcId"]]}]
    endpoints = stack.client("ec2").describe_vpc_endpoints(Filters=of_the_vpc)["VpcEndpoints"]
    policies = {one["ServiceName"].rpartition(".")[2]: json.loads(one["PolicyDocument"]) for one in endpoints}
    tasks = {"aws:PrincipalArn": stack.outputs["taskRoleArn"]}
    table = f"arn:aws:dynamodb:us-east-1:{ACCOUNT_ID}:table/{stack.outputs['sessionsTableName']}"
    recording = f"arn:aws:s3:::{stack.outputs['recordingsBucketName']}/recordings/a.wav"
    layer = "arn:aws:s3:::prod-us-east-1-starport-layer-bucket/1234"
    assert iam.allows(policies["dynamodb"], "dynamodb:PutItem", table, tasks)
    assert iam.allows(policies["s3"], "s3:PutObject", recording, tasks)
    assert iam.allows(policies["s3"], "s3:GetObject", layer)
    assert not iam.allows(policies["dynamodb"], "dynamodb:PutItem", table)
    assert not iam.allows(policies["s3"], "s3:PutObject", recording)
    assert not iam.allows(policies["s3"], "s3:PutObject", layer, tasks)


@pytest.mark.parametrize("table", TABLES)
def test_table_is_as_the_contract_says(stack: Stack, table: str) -> None:
    dynamodb = stack.client("dynamodb")
    name = stack.table(table)
    described = dynamodb.describe_table(TableName=name)["Table"]
    types = {item["AttributeName"]: item["AttributeType"] for item in described["AttributeDefinitions"]}

    def keys(schema: list[dict[str, str]]) -> list[tuple[str, str, str]]:
        return [(item["AttributeName"], types[item["AttributeName"]], item["KeyType"]) for item in schema]

    expected = TABLES[table]
    assert keys(described["KeySchema"]) == expected.keys
    indexes = described.get("GlobalSecondaryIndexes", [])
    assert {index["IndexName"]: keys(index["KeySchema"]) for index in indexes} == expected.indexes
    assert all(index["Projection"]["ProjectionType"] == "ALL" for index in indexes)
    # DynamoDB refuses attributes that no key uses.
    assert set(types) == {attribute for key in (expected.keys, *expected.indexes.values()) for attribute, *_ in key}
    assert described["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert described["DeletionProtectionEnabled"] is (stack.name == "prod")
    # Without a key of the account, DynamoDB encrypts with its own and describes no encryption.
    assert described.get("SSEDescription", {}).get("Status") == ("ENABLED" if stack.name == "prod" else None)
    backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    expiry = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    assert expiry.get("AttributeName") == expected.ttl
    assert expiry["TimeToLiveStatus"] == ("ENABLED" if expected.ttl else "DISABLED")


def test_recordings_bucket_is_as_the_contract_says(stack: Stack) -> None:
    s3, bucket = stack.client("s3"), stack.outputs["recordingsBucketName"]
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert set(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values()) == {True}
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    algorithm = "aws:kms" if stack.name == "prod" else "AES256"
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == algorithm
    (ownership,) = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    assert ownership["ObjectOwnership"] == "BucketOwnerEnforced"
    recordings, uploads = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert recordings["Filter"]["Prefix"] == "recordings/"
    assert recordings["Expiration"]["Days"] == 90
    assert recordings["NoncurrentVersionExpiration"]["NoncurrentDays"] == 90
    assert uploads["Filter"]["Prefix"] == ""
    assert uploads["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] == 7
    (statement,) = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_load_balancer_and_network_log_to_a_private_bucket(stack: Stack) -> None:
    attributes = stack.load_balancer_attributes()
    of_vpc = [{"Name": "resource-id", "Values": [stack.outputs["vpcId"]]}]
    flow_logs = stack.client("ec2").describe_flow_logs(Filters=of_vpc)["FlowLogs"]
    if stack.name == "dev":
        assert attributes["access_logs.s3.enabled"] == attributes["connection_logs.s3.enabled"] == "false"
        assert flow_logs == []
        return
    s3, bucket = stack.client("s3"), f"voiceter-logs-{ACCOUNT_ID}-{stack.name}"
    assert stack.outputs["logsBucketName"] == bucket
    for log in ("access_logs", "connection_logs"):
        assert (attributes[f"{log}.s3.enabled"], attributes[f"{log}.s3.bucket"]) == ("true", bucket)
    (flow_log,) = flow_logs
    assert (flow_log["TrafficType"], flow_log["LogDestination"]) == ("ALL", f"arn:aws:s3:::{bucket}")
    assert set(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values()) == {True}
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    (ownership,) = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    assert ownership["ObjectOwnership"] == "BucketOwnerEnforced"
    (rule,) = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert (rule["Expiration"]["Days"], rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"]) == (90, 7)
    # The account has written a policy of its own when the flow log was created.
    policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    assert policy["Id"] == flow_log["FlowLogId"]
    assert {statement["Sid"] for statement in policy["Statement"]} == {
        "AWSLogDeliveryAclCheck",
        "AWSLogDeliveryWrite",
        "LoadBalancerLogs",
        "TlsOnly",
    }


def test_web_acl_of_prod_protects_the_load_balancer(stack: Stack) -> None:
    waf = stack.client("wafv2")
    found = waf.get_web_acl_for_resource(ResourceArn=stack.load_balancer()["LoadBalancerArn"]).get("WebACL")
    assert (found is not None) is (stack.name == "prod")
    if found is None:
        return
    assert found["Name"] == found["VisibilityConfig"]["MetricName"] == "voiceter-backend"
    assert found["DefaultAction"] == {"Allow": {}}
    rules = {rule["Name"]: rule for rule in found["Rules"]}
    assert sorted(rules, key=lambda name: rules[name]["Priority"]) == [
        "requests",
        "connects",
        "common",
        "known-bad-inputs",
        "bodies",
    ]
    assert rules["connects"]["Statement"]["RateBasedStatement"]["Limit"] == 2000
    assert rules["requests"]["Statement"]["RateBasedStatement"]["Limit"] == 60_000
    hidden = [one["Field"]["FieldKeys"] for one in found["DataProtectionConfig"]["DataProtections"]]
    assert hidden == [["authorization", "cookie"], ["sid"]]
    log = waf.get_logging_configuration(ResourceArn=found["ARN"])["LoggingConfiguration"]
    group = "aws-waf-logs-voiceter-backend"
    assert log["LogDestinationConfigs"] == [f"arn:aws:logs:us-east-1:{ACCOUNT_ID}:log-group:{group}"]
    assert log["LoggingFilter"]["DefaultBehavior"] == "DROP"
    (shown,) = stack.client("logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"][:1]
    assert shown["logGroupName"] == group
    assert (shown["retentionInDays"], shown["deletionProtectionEnabled"]) == (90, True)
    assert (
        shown["kmsKeyId"] == stack.client("kms").describe_key(KeyId="alias/voiceter-backend-data")["KeyMetadata"]["Arn"]
    )


def test_log_group_and_registry_are_as_the_contract_says(stack: Stack) -> None:
    name = stack.named("/ecs/voiceter-backend")
    groups = stack.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    (group,) = [group for group in groups if group["logGroupName"] == name]
    assert group["retentionInDays"] == {"dev": 7, "staging": 30, "prod": 90}[stack.name]

    ecr, name = stack.client("ecr"), stack.named("voiceter-backend")
    (repository,) = ecr.describe_repositories(repositoryNames=[name])["repositories"]
    assert repository["encryptionConfiguration"]["encryptionType"] == "KMS"
    assert repository["imageTagMutability"] == "IMMUTABLE"
    assert repository["imageScanningConfiguration"]["scanOnPush"] is True
    (rule,) = json.loads(ecr.get_lifecycle_policy(repositoryName=name)["lifecyclePolicyText"])["rules"]
    assert rule["selection"]["tagStatus"] == "untagged"


@pytest.mark.parametrize("role", ["execution", "task"])
def test_role_trusts_only_the_tasks_of_this_account(stack: Stack, role: str) -> None:
    name = stack.named(f"voiceter-backend-{role}-role")
    (statement,) = stack.client("iam").get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT_ID},
        "ArnLike": {"aws:SourceArn": f"arn:aws:ecs:us-east-1:{ACCOUNT_ID}:*"},
    }
