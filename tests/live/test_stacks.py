"""The three stacks on the sandbox: brought up by the real engine, then read back from the account.

What is expected here is written out, not taken from the program: it is what the service needs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.contract import OUTPUTS, OUTPUTS_WITH_AN_IMAGE, TABLES
from tests.support.live import ACCOUNT_ID, LiveSandbox, live_sandbox

STACKS = ("dev", "staging", "prod")


def suffixed(name: str, stack: str) -> str:
    return name if stack == "prod" else f"{name}-{stack}"


def prefix(stack: str) -> str:
    return "demo-" if stack == "prod" else f"demo-{stack}-"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSandbox]:
    with live_sandbox(tmp_path_factory.mktemp("stacks")) as sandbox:
        for stack in STACKS:
            output = sandbox.up(stack)
            assert f"{stack} is up. Next:" in output
            assert "Traceback" not in output
        yield sandbox


@pytest.fixture(params=STACKS)
def stack(request: pytest.FixtureRequest) -> str:
    return request.param


def container(sandbox: LiveSandbox, stack: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The task definition that the service runs, and its one container."""
    ecs = sandbox.client("ecs")
    (service,) = ecs.describe_services(
        cluster=suffixed("voiceter-cluster", stack), services=[suffixed("voiceter-backend", stack)]
    )["services"]
    task = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    (definition,) = task["containerDefinitions"]
    return task, definition


def test_the_outputs_are_the_documented_ones(sandbox: LiveSandbox, stack: str) -> None:
    outputs = sandbox.outputs(stack)
    assert set(outputs) == OUTPUTS | OUTPUTS_WITH_AN_IMAGE
    assert outputs["clusterName"] == suffixed("voiceter-cluster", stack)
    assert outputs["serviceName"] == outputs["taskFamily"] == suffixed("voiceter-backend", stack)
    assert outputs["containerName"] == "voiceter-backend"
    assert outputs["logGroupName"] == suffixed("/ecs/voiceter-backend", stack)
    assert outputs["taskRoleArn"] == f"arn:aws:iam::{ACCOUNT_ID}:role/{suffixed('voiceter-backend-task-role', stack)}"
    assert outputs["recordingsBucketName"] == f"voiceter-recordings-{ACCOUNT_ID}-{stack}"
    assert outputs["url"].startswith("http://" if stack == "dev" else "https://")


def test_a_second_up_changes_nothing(sandbox: LiveSandbox, stack: str) -> None:
    sandbox.succeeded(sandbox.shell(f"pulumi up -s {stack} --yes --non-interactive --expect-no-changes"))


def test_a_refresh_changes_nothing(sandbox: LiveSandbox, stack: str) -> None:
    sandbox.succeeded(sandbox.shell(f"pulumi refresh -s {stack} --yes --non-interactive --expect-no-changes"))


def test_the_container(sandbox: LiveSandbox, stack: str) -> None:
    task, definition = container(sandbox, stack)
    assert (task["cpu"], task["memory"]) == (("512", "1024") if stack == "dev" else ("1024", "2048"))
    assert task["family"] == suffixed("voiceter-backend", stack)
    assert task["networkMode"] == "awsvpc"
    assert task["requiresCompatibilities"] == ["FARGATE"]
    assert task["runtimePlatform"] == {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"}
    outputs = sandbox.outputs(stack)
    assert (task["executionRoleArn"], task["taskRoleArn"]) == (outputs["executionRoleArn"], outputs["taskRoleArn"])

    assert definition["name"] == "voiceter-backend"
    assert definition["image"] == f"{outputs['repositoryUrl']}:stand-in"
    assert definition["user"] == "1001:1001"
    assert definition["portMappings"] == [{"containerPort": 8080, "hostPort": 8080, "protocol": "tcp"}]
    assert definition["ulimits"] == [{"name": "nofile", "softLimit": 65536, "hardLimit": 65536}]
    assert definition["stopTimeout"] == (30 if stack == "dev" else 45)
    assert definition["readonlyRootFilesystem"] is True
    assert definition["linuxParameters"]["initProcessEnabled"] is True
    mounts = {mount["containerPath"]: set(mount["mountOptions"]) for mount in definition["linuxParameters"]["tmpfs"]}
    assert set(mounts) == {"/tmp", "/app/logs"}  # noqa: S108 - the container's
    assert all({"uid=1001", "gid=1001"} <= options for options in mounts.values())
    health = definition["healthCheck"]
    assert [health[key] for key in ("interval", "timeout", "retries", "startPeriod")] == [30, 5, 3, 60]
    assert health["command"][:3] == ["CMD", "node", "-e"]
    assert "curl" not in json.dumps(health)
    options = definition["logConfiguration"]["options"]
    assert definition["logConfiguration"]["logDriver"] == "awslogs"
    assert options["awslogs-group"] == suffixed("/ecs/voiceter-backend", stack)
    assert options["awslogs-region"] == "us-east-1"
    assert not definition.get("secrets")


def test_the_environment_variables(sandbox: LiveSandbox, stack: str) -> None:
    _, definition = container(sandbox, stack)
    outputs = sandbox.outputs(stack)
    assert {entry["name"]: entry["value"] for entry in definition["environment"]} == {
        "NODE_ENV": "production",
        "PORT": "8080",
        "AWS_REGION": "us-east-1",
        "BEDROCK_MODEL_ID": "amazon.nova-2-sonic-v1:0",
        "DYNAMODB_TABLE_PREFIX": prefix(stack),
        **{table.variable: f"{prefix(stack)}{name}" for name, table in TABLES.items() if table.variable},
        "S3_BUCKET_NAME": f"voiceter-recordings-{ACCOUNT_ID}-{stack}",
        "S3_AUDIO_PREFIX": "recordings/",
        "LOG_LEVEL": "INFO",
        "ENABLE_AUTH": "false",
        "ENABLE_AUDIO_RECORDING": "false",
        "ENABLE_SENTIMENT_ANALYSIS": "false",
        "ENABLE_QUOTA_MANAGEMENT": "false",
        "ENABLE_XRAY_TRACING": "false",
        "MAX_MESSAGES_PER_SECOND": "100",
        "MAX_AUDIO_CHUNK_SIZE_MB": "1",
        "SESSION_TIMEOUT_MINUTES": "30",
        "CLEANUP_TIMEOUT_SECONDS": "5",
        "DISCONNECT_CLEANUP_TIMEOUT_SECONDS": "3",
        "CLOUDWATCH_NAMESPACE": "Voiceter/Backend",
        "METRICS_ENABLED": "false" if stack == "dev" else "true",
        "DEPLOYMENT_ENV": stack,
        "CORS_ORIGIN": "*" if stack == "dev" else outputs["url"],
    }


def test_the_service_and_its_scaling(sandbox: LiveSandbox, stack: str) -> None:
    ecs = sandbox.client("ecs")
    cluster, name = suffixed("voiceter-cluster", stack), suffixed("voiceter-backend", stack)
    (described,) = ecs.describe_clusters(clusters=[cluster], include=["SETTINGS"])["clusters"]
    assert {"name": "containerInsights", "value": "enhanced"} in described["settings"]
    assert set(described["capacityProviders"]) == {"FARGATE", "FARGATE_SPOT"}

    (service,) = ecs.describe_services(cluster=cluster, services=[name])["services"]
    assert service["desiredCount"] == (1 if stack == "dev" else 2)
    assert service["healthCheckGracePeriodSeconds"] == 60
    assert service["propagateTags"] == "SERVICE"
    deployment = service["deploymentConfiguration"]
    assert deployment["deploymentCircuitBreaker"]["enable"] is True
    assert deployment["deploymentCircuitBreaker"]["rollback"] is True
    assert (deployment["minimumHealthyPercent"], deployment["maximumPercent"]) == (100, 200)
    strategy = {
        item["capacityProvider"]: (item.get("base", 0), item["weight"]) for item in service["capacityProviderStrategy"]
    }
    assert strategy == ({"FARGATE_SPOT": (0, 100)} if stack == "dev" else {"FARGATE": (2, 100)})
    vpc = service["networkConfiguration"]["awsvpcConfiguration"]
    assert vpc["assignPublicIp"] == ("ENABLED" if stack == "dev" else "DISABLED")
    subnets = sandbox.client("ec2").describe_subnets(SubnetIds=vpc["subnets"])["Subnets"]
    assert len({subnet["AvailabilityZone"] for subnet in subnets}) == (3 if stack == "prod" else 2)
    assert all(subnet["MapPublicIpOnLaunch"] is (stack == "dev") for subnet in subnets)

    scaling = sandbox.client("application-autoscaling")
    resource_id = f"service/{cluster}/{name}"
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[resource_id])["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == {"dev": (1, 2), "staging": (2, 4), "prod": (2, 10)}[stack]
    policies = scaling.describe_scaling_policies(ServiceNamespace="ecs", ResourceId=resource_id)["ScalingPolicies"]
    tracked = {
        item["PredefinedMetricSpecification"]["PredefinedMetricType"]: (
            item["TargetValue"],
            item["ScaleInCooldown"],
            item["ScaleOutCooldown"],
        )
        for item in (policy["TargetTrackingScalingPolicyConfiguration"] for policy in policies)
        if "PredefinedMetricSpecification" in item
    }
    assert len(policies) == (2 if stack == "dev" else 3)  # and, with the app's metrics, one on sessions
    assert tracked == {
        "ECSServiceAverageCPUUtilization": (70, 300, 60),
        "ECSServiceAverageMemoryUtilization": (80, 300, 60),
    }


def test_the_load_balancer(sandbox: LiveSandbox, stack: str) -> None:
    elb = sandbox.client("elbv2")
    (balancer,) = elb.describe_load_balancers(Names=[suffixed("voiceter-backend", stack)])["LoadBalancers"]
    assert balancer["Scheme"] == "internet-facing"
    arn = balancer["LoadBalancerArn"]
    attributes = {
        item["Key"]: item["Value"] for item in elb.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    }
    assert attributes["idle_timeout.timeout_seconds"] == "300"
    assert attributes["routing.http.drop_invalid_header_fields.enabled"] == "true"

    listeners = {item["Port"]: item for item in elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]}
    assert set(listeners) == ({80} if stack == "dev" else {80, 443})
    serving = listeners[max(listeners)]
    if stack != "dev":
        assert serving["Protocol"] == "HTTPS"
        assert serving["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-2021-06"
        (redirect,) = listeners[80]["DefaultActions"]
        assert (redirect["Type"], redirect["RedirectConfig"]["Protocol"]) == ("redirect", "HTTPS")
    assert [action["Type"] for action in serving["DefaultActions"]] == ["fixed-response"]
    rules = [r for r in elb.describe_rules(ListenerArn=serving["ListenerArn"])["Rules"] if not r["IsDefault"]]
    assert [action["Type"] for rule in rules for action in rule["Actions"]] == ["forward"]

    (group,) = elb.describe_target_groups(LoadBalancerArn=arn)["TargetGroups"]
    assert (group["Protocol"], group["Port"], group["TargetType"]) == ("HTTP", 8080, "ip")
    assert (group["HealthCheckPath"], group["Matcher"]["HttpCode"]) == ("/health", "200")
    attributes = {
        item["Key"]: item["Value"]
        for item in elb.describe_target_group_attributes(TargetGroupArn=group["TargetGroupArn"])["Attributes"]
    }
    assert attributes["stickiness.enabled"] == "true"
    assert attributes["stickiness.type"] == "lb_cookie"
    assert attributes["deregistration_delay.timeout_seconds"] == {"dev": "30", "staging": "300", "prod": "1860"}[stack]


def test_the_way_to_a_task_is_the_load_balancer_alone(sandbox: LiveSandbox, stack: str) -> None:
    ec2 = sandbox.client("ec2")
    elb = sandbox.client("elbv2")
    (balancer,) = elb.describe_load_balancers(Names=[suffixed("voiceter-backend", stack)])["LoadBalancers"]
    (service,) = sandbox.client("ecs").describe_services(
        cluster=suffixed("voiceter-cluster", stack), services=[suffixed("voiceter-backend", stack)]
    )["services"]
    (tasks,) = service["networkConfiguration"]["awsvpcConfiguration"]["securityGroups"]
    (edge,) = balancer["SecurityGroups"]
    assert balancer["VpcId"] == sandbox.outputs(stack)["vpcId"]
    groups = {
        group["GroupId"]: group for group in ec2.describe_security_groups(GroupIds=[tasks, edge])["SecurityGroups"]
    }
    (way_in,) = groups[tasks]["IpPermissions"]
    assert (way_in["FromPort"], way_in["ToPort"], way_in["IpProtocol"]) == (8080, 8080, "tcp")
    assert [pair["GroupId"] for pair in way_in["UserIdGroupPairs"]] == [edge]
    assert not way_in["IpRanges"]
    assert not way_in["Ipv6Ranges"]
    assert {rule["FromPort"] for rule in groups[edge]["IpPermissions"]} == ({80} if stack == "dev" else {80, 443})
    (way_out,) = groups[edge]["IpPermissionsEgress"]
    assert [pair["GroupId"] for pair in way_out["UserIdGroupPairs"]] == [tasks]


def test_the_network(sandbox: LiveSandbox, stack: str) -> None:
    ec2 = sandbox.client("ec2")
    of_the_vpc = [{"Name": "vpc-id", "Values": [sandbox.outputs(stack)["vpcId"]]}]
    subnets = ec2.describe_subnets(Filters=of_the_vpc)["Subnets"]
    zones = 3 if stack == "prod" else 2
    blocks = {tag["Value"]: item["CidrBlock"] for item in subnets for tag in item["Tags"] if tag["Key"] == "Name"}
    # The published component's own division: half of a zone's quarter is private, a quarter of it public.
    name = suffixed("voiceter-backend", stack)
    expected = {f"{name}-private-{n + 1}": f"10.0.{n * 64}.0/19" for n in range(zones)}
    expected |= {f"{name}-public-{n + 1}": f"10.0.{n * 64 + 32}.0/20" for n in range(zones)}
    assert blocks == expected
    gateways = ec2.describe_nat_gateways(Filters=of_the_vpc)["NatGateways"]
    assert (
        len([item for item in gateways if item["State"] == "available"]) == {"dev": 0, "staging": 1, "prod": 3}[stack]
    )
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


def test_another_network_is_refused_before_anything_is_changed(sandbox: LiveSandbox) -> None:
    sandbox.succeeded(sandbox.shell("pulumi config set vpcCidr 10.9.0.0/16 -s dev"))
    run = sandbox.shell("pulumi up -s dev --yes --non-interactive")
    sandbox.succeeded(sandbox.shell("pulumi config rm vpcCidr -s dev"))
    assert run.status != 0
    assert "vpcCidr = '10.9.0.0/16': must stay 10.0.0.0/16 while the stack is up" in run.output
    assert "Traceback" not in run.output
    sandbox.succeeded(sandbox.shell("pulumi up -s dev --yes --non-interactive --expect-no-changes"))


@pytest.mark.parametrize("table", TABLES)
def test_a_table(sandbox: LiveSandbox, stack: str, table: str) -> None:
    dynamodb = sandbox.client("dynamodb")
    name = f"{prefix(stack)}{table}"
    described = dynamodb.describe_table(TableName=name)["Table"]
    types = {item["AttributeName"]: item["AttributeType"] for item in described["AttributeDefinitions"]}

    def keys(schema: list[dict[str, str]]) -> list[tuple[str, str, str]]:
        return [(item["AttributeName"], types[item["AttributeName"]], item["KeyType"]) for item in schema]

    expected = TABLES[table]
    assert keys(described["KeySchema"]) == expected.keys
    found = {index["IndexName"]: keys(index["KeySchema"]) for index in described.get("GlobalSecondaryIndexes", [])}
    assert found == expected.indexes
    assert described["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert described["DeletionProtectionEnabled"] is (stack == "prod")
    assert described["SSEDescription"]["Status"] == "ENABLED"
    backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    expiry = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    assert expiry.get("AttributeName") == expected.ttl
    assert expiry["TimeToLiveStatus"] == ("ENABLED" if expected.ttl else "DISABLED")


def test_the_recordings_bucket(sandbox: LiveSandbox, stack: str) -> None:
    s3 = sandbox.client("s3")
    bucket = f"voiceter-recordings-{ACCOUNT_ID}-{stack}"
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert set(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values()) == {True}
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    (ownership,) = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    assert ownership["ObjectOwnership"] == "BucketOwnerEnforced"
    (rule,) = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert rule["Filter"]["Prefix"] == "recordings/"
    assert rule["Expiration"]["Days"] == 90
    assert rule["NoncurrentVersionExpiration"]["NoncurrentDays"] == 90
    assert rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] == 7
    (statement,) = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_log_group_and_the_registry(sandbox: LiveSandbox, stack: str) -> None:
    name = suffixed("/ecs/voiceter-backend", stack)
    groups = sandbox.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    (group,) = [group for group in groups if group["logGroupName"] == name]
    assert group["retentionInDays"] == {"dev": 7, "staging": 30, "prod": 90}[stack]

    ecr = sandbox.client("ecr")
    name = suffixed("voiceter-backend", stack)
    (repository,) = ecr.describe_repositories(repositoryNames=[name])["repositories"]
    assert repository["imageTagMutability"] == "IMMUTABLE"
    assert repository["imageScanningConfiguration"]["scanOnPush"] is True
    (rule,) = json.loads(ecr.get_lifecycle_policy(repositoryName=name)["lifecyclePolicyText"])["rules"]
    assert rule["selection"]["tagStatus"] == "untagged"


@pytest.mark.parametrize("role", ["execution", "task"])
def test_a_role_trusts_this_accounts_tasks_only(sandbox: LiveSandbox, stack: str, role: str) -> None:
    name = suffixed(f"voiceter-backend-{role}-role", stack)
    (statement,) = sandbox.client("iam").get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT_ID},
        "ArnLike": {"aws:SourceArn": f"arn:aws:ecs:us-east-1:{ACCOUNT_ID}:*"},
    }


def test_everything_that_can_be_tagged_is(sandbox: LiveSandbox, stack: str) -> None:
    expected = {"Application": "voiceter-backend", "Environment": stack, "ManagedBy": "pulumi", "Stack": stack}
    tagged = [item for item in sandbox.resources(stack) if "tagsAll" in item.get("outputs", {})]
    assert len(tagged) > 20
    for item in tagged:
        tags: dict[str, str] = item["outputs"]["tagsAll"]
        assert expected.items() <= tags.items(), item["urn"]
    # And, for one of each way of tagging, so says the account itself.
    outputs = sandbox.outputs(stack)
    ecs, dynamodb = sandbox.client("ecs"), sandbox.client("dynamodb")
    version = {"Version": "stand-in"}
    more = {
        "aws:ecs/service:Service": {},
        "aws:ecs/cluster:Cluster": {},
        "aws:ecs/taskDefinition:TaskDefinition": version,
    }
    for item in tagged:
        if item["type"] in more:
            arn = item["outputs"]["arn"]
            tags = {tag["key"]: tag["value"] for tag in ecs.list_tags_for_resource(resourceArn=arn)["tags"]}
            assert (expected | more[item["type"]]).items() <= tags.items()
    table = f"arn:aws:dynamodb:us-east-1:{ACCOUNT_ID}:table/{outputs['sessionsTableName']}"
    tags = {tag["Key"]: tag["Value"] for tag in dynamodb.list_tags_of_resource(ResourceArn=table)["Tags"]}
    assert expected.items() <= tags.items()
    (vpc,) = sandbox.client("ec2").describe_vpcs(VpcIds=[outputs["vpcId"]])["Vpcs"]
    assert expected.items() <= {tag["Key"]: tag["Value"] for tag in vpc["Tags"]}.items()


def test_a_protected_stack_is_not_destroyed_by_pulumi_destroy(sandbox: LiveSandbox) -> None:
    before = sandbox.resources("prod")
    refused = sandbox.shell("pulumi destroy -s prod --yes --non-interactive")
    assert refused.status != 0
    assert "protect" in refused.output
    assert len(sandbox.resources("prod")) == len(before)


def test_down_empties_the_account(sandbox: LiveSandbox) -> None:
    """Last in this module: objects, images and protected data included."""
    for stack in STACKS:
        bucket = sandbox.outputs(stack)["recordingsBucketName"]
        s3 = sandbox.client("s3")
        # The account takes the policy's Deny for unconditional, so an object gets in only without it.
        policy = s3.get_bucket_policy(Bucket=bucket)["Policy"]
        s3.delete_bucket_policy(Bucket=bucket)
        for text in (b"first", b"second"):
            s3.put_object(Bucket=bucket, Key="recordings/session.wav", Body=text)
        s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    for stack in STACKS:
        sandbox.succeeded(sandbox.command("down", stack))
        assert not [item for item in sandbox.resources(stack) if not item["type"].startswith("pulumi:")]
    assert sandbox.holdings() == {}
