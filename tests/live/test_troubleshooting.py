"""The commands of docs/troubleshooting.md, run as they stand there on a stack with one fault after another."""

from __future__ import annotations

import json
import re
import shlex
import socket
import time
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.live.harness import ROOT, Run, succeeded
from tests.live.stack import Stack
from tests.live.traffic import wait_for_deployment

pytestmark = pytest.mark.live

DOCUMENT = (ROOT / "docs" / "troubleshooting.md").read_text()
START, HEALTH = "A task does not start", "Health checks fail"
MEMORY, CONNECTIONS = "Memory grows", "Connections drop"
CLUSTER, SERVICE = "voiceter-cluster-dev", "voiceter-backend-dev"
EXECUTION_ROLE, TASK_ROLE = "voiceter-backend-execution-role-dev", "voiceter-backend-task-role-dev"


def commands() -> dict[tuple[str, int], str]:
    """The commands of the document by guide and step. Those before the first step are step 0."""
    found: dict[tuple[str, int], str] = {}
    guide, step = "", 0
    for heading, number, block in re.findall(
        r"^## ([^\n]+)$|^### (\d+)\. [^\n]+$|^```sh\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL
    ):
        if heading:
            guide, step = heading, 0
        elif number:
            step = int(number)
        else:
            assert (guide, step) not in found, "a step has one block of commands"
            found[guide, step] = block
    return found


COMMANDS = commands()


@dataclass
class Operator:
    """Works through the document in one shell, on the stack dev."""

    stack: Stack
    variables: dict[str, str]
    typed: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])

    @classmethod
    def with_the_stack(cls, stack: Stack) -> Operator:
        """Sets the variables of the section "First"."""
        head = COMMANDS["First", 0]
        names = sorted(set(re.findall(r"\b([A-Z_]+)=", head)))
        shown = "; ".join(f'printf "%s=%s\\n" {name} "${name}"' for name in names)
        lines = stack.sandbox.succeeds(f"{head}\n{shown}").splitlines()
        return cls(stack, dict(line.split("=", 1) for line in lines))

    def types(self, guide: str, step: int, **replaced: str) -> Run:
        """Runs the commands of a step. `replaced` are variables of `make` that have other values on this machine."""
        block = COMMANDS[guide, step]
        self.typed.add((guide, step))
        for name, value in replaced.items():
            block = re.sub(rf"\b{name}=(\"[^\"]*\"|\S+)", f"{name}={value}", block)
        variables = self.variables | {"NOW": str(int(time.time()))}
        setting = "\n".join(f"{name}={shlex.quote(value)}" for name, value in variables.items())
        function = next(line for line in COMMANDS["First", 0].splitlines() if line.startswith("output()"))
        return self.stack.sandbox.run(f"{setting}\nexport AWS_REGION\n{function}\n{block}")

    def sees(self, guide: str, step: int, **replaced: str) -> str:
        return succeeded(self.types(guide, step, **replaced))

    def sees_during_a_deployment(self, guide: str, step: int, pattern: str, **update: Any) -> str:
        """Runs the commands of a step during a deployment that neither a circuit breaker nor an alarm ends."""
        ecs, of_service = self.client("ecs"), self.stack.its_service
        configuration = self.stack.service()["deploymentConfiguration"]
        off = {"enable": False, "rollback": False}
        endless: dict[str, Any] = {"deploymentCircuitBreaker": off, "alarms": {"alarmNames": [], **off}}
        ecs.update_service(**of_service, deploymentConfiguration=configuration | endless, **update)
        try:
            said = self.sees(guide, step)
        finally:
            ecs.update_service(**of_service, deploymentConfiguration=configuration, forceNewDeployment=True)
        assert re.search(pattern, said), said
        return said

    def client(self, service: str) -> Any:
        return self.stack.client(service)

    def runs(self) -> str:
        """The revision that the service is to run."""
        return self.stack.service()["taskDefinition"]

    def registers(self, tag: str, fault: str = "") -> str:
        """Pushes an image, and registers the deployed revision with the digest of this image."""
        self.stack.sandbox.image("dev", tag, fault)
        of_tag = {"repositoryName": SERVICE, "imageIds": [{"imageTag": tag}]}
        digest = self.client("ecr").describe_images(**of_tag)["imageDetails"][0]["imageDigest"]
        container = self.stack.container()
        container["image"] = f"{container['image'].partition('@')[0]}@{digest}"
        return self.stack.register(container)["taskDefinitionArn"]

    def deploys(self, revision: str) -> None:
        """Deploys a revision until the deployment ends."""
        self.client("ecs").update_service(**self.stack.its_service, taskDefinition=revision)
        wait_for_deployment(self.stack)


@pytest.fixture(scope="module")
def operator(dev: Stack) -> Operator:
    return Operator.with_the_stack(dev)


def a_port() -> str:
    with socket.socket() as listener:
        listener.bind(("", 0))
        return str(listener.getsockname()[1])


def test_document_links_its_guides() -> None:
    guides = [heading for heading in re.findall(r"^## (.+)$", DOCUMENT, re.MULTILINE) if heading != "First"]
    assert guides == [START, HEALTH, MEMORY, CONNECTIONS, "The key of the data is disabled"]
    for guide in guides:
        anchor = guide.lower().replace(" ", "-")
        assert f"- [{guide}](#{anchor})" in DOCUMENT
        steps = [step for of, step in COMMANDS if of == guide]
        # The last step of a guide may have no command to look at something.
        assert steps == list(range(1, len(steps) + 1))


def test_image_whose_tasks_never_become_healthy(operator: Operator) -> None:
    sns, sqs = operator.client("sns"), operator.client("sqs")
    [topic] = [one["TopicArn"] for one in sns.list_topics()["Topics"] if one["TopicArn"].endswith("-alarms-dev")]
    queue = sqs.create_queue(QueueName="on-call")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    settings = {"RawMessageDelivery": "true"}
    on_call = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=settings)["SubscriptionArn"]
    try:
        operator.deploys(operator.registers("1.0.0", "unhealthy"))
        said = operator.sees(START, 1)
    finally:
        sns.unsubscribe(SubscriptionArn=on_call)
    assert "rolling back to deployment" in said
    assert "is unhealthy in (target-group" in said
    assert "Task failed ELB health checks" in operator.sees(START, 2)
    # EventBridge has sent a line with this guide.
    [message] = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    reason = "ECS deployment circuit breaker: tasks failed to start."
    assert message["Body"] == (
        f'"voiceter-backend-dev: a deployment failed: {reason} (see docs/troubleshooting.md#a-task-does-not-start)"'
    )


def test_deleted_image(operator: Operator) -> None:
    good = operator.runs()
    operator.deploys(operator.registers("1.1.0"))
    operator.client("ecr").batch_delete_image(repositoryName=SERVICE, imageIds=[{"imageTag": "1.1.0"}])
    operator.sees_during_a_deployment(START, 1, r'"pending": 1', forceNewDeployment=True)
    wait_for_deployment(operator.stack)
    assert re.search(
        r"CannotPullContainerError: .*voiceter-backend-dev@sha256:[0-9a-f]{64}: not found", operator.sees(START, 2)
    )
    run = operator.types(START, 3)
    assert run.status != 0
    assert "ImageNotFoundException" in run.output
    operator.deploys(good)


def delete_policy(operator: Operator, role: str, logical_name: str) -> None:
    iam = operator.client("iam")
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    (name,) = [name for name in names if name.startswith(f"{logical_name}-")]
    iam.delete_role_policy(RoleName=role, PolicyName=name)


def test_secret_that_the_execution_role_may_not_read(operator: Operator) -> None:
    operator.stack.sandbox.configure("dev", secret={"secrets.COGNITO_USER_POOL_ID": "us-east-1_Sup3rS3cret"})
    operator.stack.sandbox.updated("dev")
    delete_policy(operator, EXECUTION_ROLE, "execution-Secrets")
    run = operator.types(START, 4, PORT=a_port())
    assert run.status != 0
    assert "ResourceInitializationError" in run.output
    assert re.search(rf"COGNITO_USER_POOL_ID: .*role/{EXECUTION_ROLE} is not allowed secretsm", run.output)
    assert "Sup3rS3cret" not in run.output


def test_last_log_lines_are_shown(operator: Operator) -> None:
    logs, group = operator.client("logs"), "/ecs/voiceter-backend-dev"
    logs.create_log_stream(logGroupName=group, logStreamName="voiceter-backend/voiceter-backend/1")
    lines = ["starting", "ENABLE_AUTH is true, and there is no COGNITO_USER_POOL_ID"]
    logs.put_log_events(
        logGroupName=group,
        logStreamName="voiceter-backend/voiceter-backend/1",
        logEvents=[{"timestamp": int(time.time() * 1000), "message": line} for line in lines],
    )
    assert operator.sees(START, 5).splitlines() == lines


def test_network_without_a_default_route(operator: Operator) -> None:
    ec2 = operator.client("ec2")
    before = operator.sees(START, 6).splitlines()
    vpc = operator.stack.outputs["vpcId"]
    for table in ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]:
        for route in table["Routes"]:
            if route.get("DestinationCidrBlock") == "0.0.0.0/0":
                ec2.delete_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0")
    assert before
    assert operator.sees(START, 6).strip() == ""


def test_missing_target_table_permission_and_security_group_rule(operator: Operator) -> None:
    elb, ec2 = operator.client("elbv2"), operator.client("ec2")
    for group in operator.variables["TARGET_GROUPS"].split():
        targets = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        elb.deregister_targets(TargetGroupArn=group, Targets=[{"Id": target["Target"]["Id"]} for target in targets])
    assert json.loads(operator.sees(HEALTH, 1)) == []

    operator.client("dynamodb").delete_table(TableName="demo-dev-sessions")
    run = operator.types(HEALTH, 3)
    assert run.status != 0
    assert "ResourceNotFoundException" in run.output

    assert '"Allow"' in operator.sees(HEALTH, 4)
    delete_policy(operator, TASK_ROLE, "task-DynamoDbItems")
    assert operator.sees(HEALTH, 4).strip() == ""

    (rule,) = operator.sees(HEALTH, 5).splitlines()
    (group,) = operator.stack.service()["networkConfiguration"]["awsvpcConfiguration"]["securityGroups"]
    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    ingress = [one["SecurityGroupRuleId"] for one in rules if not one["IsEgress"]]
    ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=ingress)
    assert rule.startswith("tcp")
    assert operator.sees(HEALTH, 5).strip() == ""


def test_unhealthy_tasks_beside_healthy_ones(operator: Operator) -> None:
    """During a deployment, beside the task of the previous revision."""
    good = operator.runs()
    bad = operator.registers("1.2.0", "unhealthy")
    said = operator.sees_during_a_deployment(HEALTH, 2, r'"RUNNING",\s+"UNHEALTHY"', taskDefinition=bad)
    assert re.search(r'"RUNNING",\s+"HEALTHY"', said)
    operator.deploys(good)


def put_metric(operator: Operator, namespace: str, name: str, values: list[float], **dimensions: str) -> None:
    """Emits one value for each hour, the last one now."""
    now = int(time.time())
    operator.client("cloudwatch").put_metric_data(
        Namespace=namespace,
        MetricData=[
            {
                "MetricName": name,
                "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
                "Timestamp": now - 60 - 3600 * (len(values) - 1 - position),
                "Value": value,
            }
            for position, value in enumerate(values)
        ],
    )


def hourly(said: str) -> list[float]:
    return [float(line.split()[-1]) for line in said.splitlines()]


def test_memory_that_grows_while_sessions_do_not(operator: Operator) -> None:
    put_metric(operator, "AWS/ECS", "MemoryUtilization", [41, 58, 77, 95], ClusterName=CLUSTER, ServiceName=SERVICE)
    put_metric(operator, "Voiceter/Backend", "ConcurrentSessions", [12, 11, 12, 12])
    assert hourly(operator.sees(MEMORY, 1)) == [41, 58, 77, 95]
    assert hourly(operator.sees(MEMORY, 3)) == [12, 11, 12, 12]


def test_tasks_killed_for_their_memory(operator: Operator) -> None:
    assert operator.sees(MEMORY, 2).strip() == ""
    good = operator.runs()
    operator.deploys(operator.registers("1.3.0", "memory"))
    killed = operator.sees(MEMORY, 2).splitlines()
    assert len(killed) > 1
    assert all(":task/" in line for line in killed)
    assert re.search(r'137,\s+"OutOfMemoryError', operator.sees(START, 2))
    operator.deploys(good)


def test_settings_and_events_that_drop_connections(operator: Operator) -> None:
    elb = operator.client("elbv2")
    elb.modify_load_balancer_attributes(
        LoadBalancerArn=operator.variables["LOAD_BALANCER"],
        Attributes=[{"Key": "idle_timeout.timeout_seconds", "Value": "20"}],
    )
    assert operator.sees(CONNECTIONS, 1).strip() == "20"
    for group in operator.variables["TARGET_GROUPS"].split():
        changed = {"stickiness.enabled": "false", "deregistration_delay.timeout_seconds": "0"}
        elb.modify_target_group_attributes(
            TargetGroupArn=group, Attributes=[{"Key": key, "Value": value} for key, value in changed.items()]
        )
    said = operator.sees(CONNECTIONS, 2)
    assert re.search(r"stickiness.enabled\s+false", said)
    assert re.search(r"deregistration_delay.timeout_seconds\s+0\b", said)
    # The deployments of the tests before have ended tasks. The autoscaler raises the count to a new minimum.
    service = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"}
    service["ResourceId"] = "service/voiceter-cluster-dev/voiceter-backend-dev"
    operator.client("application-autoscaling").register_scalable_target(**service, MinCapacity=2)
    said = operator.sees(CONNECTIONS, 3)
    assert re.search(r"Setting desired count to 2\.\s+minimum capacity was set to 2", said)
    assert "has stopped 1 running tasks" in said
    assert "Scaling activity initiated by (deployment ecs-svc/" in said
    balancer = operator.variables["LOAD_BALANCER"].partition("loadbalancer/")[2]
    put_metric(operator, "AWS/ApplicationELB", "RejectedConnectionCount", [3], LoadBalancer=balancer)
    put_metric(operator, "AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", [7], LoadBalancer=balancer)
    lines = [line.split() for line in operator.sees(CONNECTIONS, 5).splitlines()]
    assert [(line[0], float(line[-1])) for line in lines] == [
        ("RejectedConnectionCount", 3),
        ("HTTPCode_ELB_5XX_Count", 7),
    ]


def test_refresh_repairs_what_the_guides_say(operator: Operator) -> None:
    """The last test of this file: it repairs the faults of all tests before it."""
    operator.stack.restore()  # with a refresh, as the config has changed
    assert '"healthy"' in operator.sees(HEALTH, 1)
    assert re.search(r'"RUNNING",\s+"HEALTHY"', operator.sees(HEALTH, 2))
    said = operator.sees(HEALTH, 6, CMD="true", CWD=f". PORT={a_port()}")
    assert "health: starting; a check every 30 s" in said
    assert "exit status 0" in said
    assert re.search(r'"1024"', said := operator.sees(MEMORY, 4))
    assert re.search(r'"/tmp",\s+64', said)
    assert re.search(r"voiceter-backend\s+30", operator.sees(CONNECTIONS, 4))
    assert operator.typed == COMMANDS.keys() - {("First", 0)}
