"""A stack that breaks each rule of policy/, for test_policy.py. A resource is named after the rule that it breaks."""

import json

import pulumi
import pulumi_aws as aws

TAGS = {"Application": "a", "Environment": "prod", "ManagedBy": "pulumi", "Stack": "prod"}
ROLE = "voiceter-backend-task-role"
SECRET = "correct-horse-battery"  # noqa: S105 - made up

good = pulumi.ResourceOptions(provider=aws.Provider("tagged", region="us-east-1", default_tags={"tags": TAGS}))
bare = pulumi.ResourceOptions(provider=aws.Provider("bare", region="us-east-1"))


def document(action: str, sid: str = "XRay", **others: object) -> str:
    statement = {"Sid": sid, "Effect": "Allow", "Action": action, "Resource": "*", **others}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def container(name: str, image: str, variable: str) -> str:
    environment = [{"name": variable, "value": SECRET}]
    return json.dumps([{"name": name, "image": image, "essential": True, "environment": environment}])


def task(name: str, image: str, variable: str) -> None:
    aws.ecs.TaskDefinition(
        name,
        family=name,
        cpu="256",
        memory="512",
        network_mode="awsvpc",
        requires_compatibilities=["FARGATE"],
        container_definitions=container(name, image, variable),
        opts=good,
    )


account = {"AWS": "arn:aws:iam::123456789012:root"}
key = aws.kms.Key(
    "key", enable_key_rotation=True, policy=document("kms:*", "Administration", Principal=account), opts=good
)
vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16", opts=good)
aws.ec2.Subnet("nothing-public", vpc_id=vpc.id, cidr_block="10.0.0.0/24", map_public_ip_on_launch=True, opts=good)
aws.iam.RolePolicy("no-unlisted-wildcards", role=ROLE, policy=document("s3:*"), opts=good)
aws.iam.RolePolicy("listed-wildcard", role=ROLE, policy=document("xray:PutTraceSegments"), opts=good)
aws.ecr.Repository("encrypted-at-rest", name="app", opts=good)
aws.cloudwatch.LogGroup(
    "tagged",
    name="/untagged",
    retention_in_days=7,
    kms_key_id=key.arn,
    deletion_protection_enabled=True,
    opts=pulumi.ResourceOptions.merge(bare, pulumi.ResourceOptions(protect=True)),
)
aws.cloudwatch.LogGroup(
    "logs-expire",
    name="/endless",
    kms_key_id=key.arn,
    deletion_protection_enabled=True,
    opts=pulumi.ResourceOptions.merge(good, pulumi.ResourceOptions(protect=True)),
)
aws.cloudwatch.LogGroup("protected-in-prod", name="/short", kms_key_id=key.arn, retention_in_days=7, opts=good)
task("image-by-digest", "app:1.2.3", "SETTING")
task("no-plain-secrets", f"app@sha256:{'a' * 64}", "API_TOKEN")

aws.sns.Topic("buckets-and-topics-are-guarded", name="topic", kms_master_key_id=key.arn, opts=good)
aws.sns.TopicPolicy(
    "not-known-yet",
    arn="arn:aws:sns:us-east-1:123456789012:other",
    policy=pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [{"Resource": key.arn}]}),
    opts=good,
)
aws.cloudwatch.LogGroup(
    "one-key-for-data",
    name="/without-the-key",
    retention_in_days=7,
    deletion_protection_enabled=True,
    opts=pulumi.ResourceOptions.merge(good, pulumi.ResourceOptions(protect=True)),
)
aws.dynamodb.Table(
    "table-with-a-key",
    name="encrypted",
    hash_key="id",
    attributes=[{"name": "id", "type": "S"}],
    billing_mode="PAY_PER_REQUEST",
    deletion_protection_enabled=True,
    server_side_encryption={"enabled": True, "kms_key_arn": key.arn},
    opts=pulumi.ResourceOptions.merge(good, pulumi.ResourceOptions(protect=True)),
)
group = aws.ec2.SecurityGroup("tasks", vpc_id=vpc.id, opts=good)
aws.vpc.SecurityGroupIngressRule(
    "internet-reaches-load-balancer-only",
    security_group_id=group.id,
    ip_protocol="tcp",
    from_port=443,
    to_port=443,
    cidr_ipv4="0.0.0.0/0",
    opts=good,
)
load_balancer = aws.lb.LoadBalancer(
    "load-balancer",
    name="edge",
    load_balancer_type="application",
    security_groups=[aws.ec2.SecurityGroup("edge", vpc_id=vpc.id, opts=good).id],
    subnets=["subnet-1", "subnet-2"],
    enable_deletion_protection=True,
    opts=good,
)
aws.lb.Listener(
    "tls",
    load_balancer_arn=load_balancer.arn,
    port=443,
    protocol="HTTPS",
    ssl_policy="ELBSecurityPolicy-2016-08",
    certificate_arn="arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012",
    default_actions=[
        {"type": "fixed-response", "fixed_response": {"content_type": "text/plain", "status_code": "404"}}
    ],
    opts=good,
)
