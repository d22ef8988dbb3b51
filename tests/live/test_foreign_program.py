"""Another program on the sandbox, which knows nothing of it: a bucket, a table, a Fargate service without a queue."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.harness import LiveSandbox, live_sandbox

PROJECT = """\
name: guest
runtime: python
"""
STACK = """\
config:
  aws:region: eu-west-1
  guest:greeting: hello
"""
PROGRAM = """\
import json

import pulumi
import pulumi_aws as aws

greeting = pulumi.Config().require("greeting")
bucket = aws.s3.Bucket("files")
table = aws.dynamodb.Table(
    "visits",
    billing_mode="PAY_PER_REQUEST",
    hash_key="id",
    attributes=[aws.dynamodb.TableAttributeArgs(name="id", type="S")],
)
net = aws.ec2.Vpc("net", cidr_block="10.9.0.0/16")
subnets = [
    aws.ec2.Subnet(f"zone-{zone}", vpc_id=net.id, cidr_block=f"10.9.{n}.0/24", availability_zone=f"eu-west-1{zone}")
    for n, zone in enumerate("ab")
]
group = aws.ec2.SecurityGroup("tasks", vpc_id=net.id)
logs = aws.cloudwatch.LogGroup("web", retention_in_days=7)
trust = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
role = aws.iam.Role("web", assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
options = {"awslogs-group": logs.name, "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "web"}
task = aws.ecs.TaskDefinition(
    "web",
    family="guest-web",
    cpu="256",
    memory="512",
    network_mode="awsvpc",
    requires_compatibilities=["FARGATE"],
    execution_role_arn=role.arn,
    container_definitions=pulumi.Output.json_dumps(
        [
            {
                "name": "web",
                "image": "public.ecr.aws/nginx/nginx:1.29",
                "portMappings": [{"containerPort": 80}],
                "environment": [{"name": "GREETING", "value": greeting}],
                "logConfiguration": {"logDriver": "awslogs", "options": options},
            }
        ]
    ),
)
service = aws.ecs.Service(
    "web",
    cluster=aws.ecs.Cluster("web").arn,
    task_definition=task.arn,
    launch_type="FARGATE",
    desired_count=1,
    network_configuration=aws.ecs.ServiceNetworkConfigurationArgs(
        subnets=[subnet.id for subnet in subnets], security_groups=[group.id], assign_public_ip=True
    ),
)
pulumi.export("bucket", bucket.bucket)
pulumi.export("table", table.name)
pulumi.export("service", service.name)
pulumi.export("cluster", service.cluster)
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("guest")
    for name, text in (("Pulumi.yaml", PROJECT), ("Pulumi.dev.yaml", STACK), ("__main__.py", PROGRAM)):
        (folder / name).write_text(text)
    return folder


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory, program: Path) -> Iterator[LiveSandbox]:
    with live_sandbox(tmp_path_factory.mktemp("host"), program) as sandbox:
        sandbox.up("dev")
        yield sandbox


def test_it_comes_up_and_a_second_up_changes_nothing(sandbox: LiveSandbox) -> None:
    outputs = sandbox.outputs("dev")
    assert outputs["bucket"] in [one["Name"] for one in sandbox.client("s3", "eu-west-1").list_buckets()["Buckets"]]
    assert sandbox.client("dynamodb", "eu-west-1").list_tables()["TableNames"] == [outputs["table"]]
    (service,) = sandbox.client("ecs", "eu-west-1").describe_services(
        cluster=outputs["cluster"], services=[outputs["service"]]
    )["services"]
    assert service["desiredCount"] == 1
    assert service["launchType"] == "FARGATE"
    sandbox.succeeded(sandbox.shell("pulumi up -s dev --refresh --yes --non-interactive --expect-no-changes"))


def test_nothing_is_written_into_its_folder(sandbox: LiveSandbox, program: Path) -> None:
    assert {path.name for path in program.iterdir()} - {"__pycache__"} == {
        "Pulumi.yaml",
        "Pulumi.dev.yaml",
        "__main__.py",
    }
    assert (program / "Pulumi.dev.yaml").read_text() == STACK


def test_a_type_that_the_sandbox_lacks_is_named(sandbox: LiveSandbox, program: Path) -> None:
    (program / "__main__.py").write_text(PROGRAM + 'aws.sqs.Queue("jobs")\n')
    try:
        run = sandbox.command("preview", "dev")
    finally:
        (program / "__main__.py").write_text(PROGRAM)
    assert run.status != 0
    assert "aws:sqs/queue:Queue jobs: the sandbox does not carry out resources of this type" in run.output
    assert "Traceback" not in run.output


def test_it_has_no_image_to_supply(sandbox: LiveSandbox) -> None:
    run = sandbox.command("image", "dev", "1.0.0")
    assert run.status != 0
    assert "sandbox.yaml names no repository for images." in run.output


def test_it_goes_down(sandbox: LiveSandbox) -> None:
    """Last in this module."""
    sandbox.succeeded(sandbox.command("down", "dev"))
    assert sandbox.holdings("eu-west-1") == {}
