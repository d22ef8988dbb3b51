"""An account for the tests of `sandbox.account`: moto in this process, with the patches of that package."""

from __future__ import annotations

import importlib
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache, cached_property
from typing import Any

import pytest

from sandbox import stand_in
from sandbox.account import services
from sandbox.cli import fixtures
from sandbox.stand_in import Fault

REGION, ACCOUNT = "eu-north-1", "123456789012"
# The deployment configurations with which ECS rolls a failed deployment back.
BREAKER = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
ALARMS = {"alarms": {"alarmNames": ["errors"], "enable": True, "rollback": True}}
NOT_FOUND: list[Any] = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]

# moto is imported before any client is created, or the client would not reach it. Both are untyped.
_moto: Any = importlib.import_module("moto")
_boto3: Any = importlib.import_module("boto3")
_exceptions: Any = importlib.import_module("botocore.exceptions")


@contextmanager
def empty_account() -> Generator[None]:
    """Runs moto in this process, with nothing in the account."""
    services.install()
    with _moto.mock_aws():
        yield


@cache
def _session() -> Any:
    return _boto3.Session(aws_access_key_id="test", aws_secret_access_key="test")  # noqa: S106 - made up


@cache
def client(service: str, region: str = REGION) -> Any:
    """Returns a client of the account. Creating one is slow, so tests share it."""
    return _session().client(service, region_name=region)


def refused(message: str) -> Any:
    """Expects an error of AWS whose code and text match."""
    return pytest.raises(_exceptions.ClientError, match=message)


def stopped_by(deployment: str) -> str:
    """Returns ECS's reason for a task that a deployment stopped."""
    return f"Scaling activity initiated by (deployment {deployment})"


class World:
    """What a service needs: each part is created on first use."""

    def __init__(self) -> None:
        self.ecs, self.elb, self.ecr, self.ec2 = client("ecs"), client("elbv2"), client("ecr"), client("ec2")

    @cached_property
    def vpc(self) -> str:
        return self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]

    @cached_property
    def subnets(self) -> list[str]:
        """One subnet in each of two zones."""
        return [self.subnet(number, zone) for number, zone in enumerate("ab")]

    def subnet(self, number: int, zone: str) -> str:
        answer = self.ec2.create_subnet(
            VpcId=self.vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"{REGION}{zone}"
        )
        return answer["Subnet"]["SubnetId"]

    @cached_property
    def gateway(self) -> str:
        gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=self.vpc)
        return gateway

    @cached_property
    def security_group(self) -> str:
        return self.new_security_group("app")

    def new_security_group(self, name: str) -> str:
        return self.ec2.create_security_group(GroupName=name, Description=name, VpcId=self.vpc)["GroupId"]

    def new_balancer(self, name: str, scheme: str = "internal") -> str:
        answer = self.elb.create_load_balancer(
            Name=name, Subnets=self.subnets, SecurityGroups=[self.security_group], Scheme=scheme
        )
        return answer["LoadBalancers"][0]["LoadBalancerArn"]

    @cached_property
    def balancer(self) -> str:
        return self.new_balancer("app")

    @cached_property
    def groups(self) -> tuple[str, str]:
        """Two target groups."""
        kind = {"Protocol": "HTTP", "Port": 8080, "VpcId": self.vpc, "TargetType": "ip"}
        first, second = (
            self.elb.create_target_group(Name=name, **kind)["TargetGroups"][0]["TargetGroupArn"]
            for name in ("blue", "green")
        )
        return first, second

    @cached_property
    def listener(self) -> str:
        """A listener on port 80."""
        answer = self.elb.create_listener(
            LoadBalancerArn=self.balancer, Protocol="HTTP", Port=80, DefaultActions=NOT_FOUND
        )
        return answer["Listeners"][0]["ListenerArn"]

    @cached_property
    def rule(self) -> str:
        """A listener rule that forwards to the first target group."""
        first, second = self.groups
        forward = {"TargetGroups": [{"TargetGroupArn": first, "Weight": 100}, {"TargetGroupArn": second, "Weight": 0}]}
        answer = self.elb.create_rule(
            ListenerArn=self.listener,
            Priority=1,
            Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/*"]}}],
            Actions=[{"Type": "forward", "ForwardConfig": forward}],
        )
        return answer["Rules"][0]["RuleArn"]

    @cached_property
    def repository(self) -> str:
        return self.ecr.create_repository(repositoryName="app")["repository"]["repositoryUri"]

    @cached_property
    def cluster(self) -> str:
        return self.ecs.create_cluster(clusterName="app", capacityProviders=["FARGATE"])["cluster"]["clusterArn"]

    def task(self, tag: str, fault: Fault | None = None, *, push: bool = True, port: int = 8080, role: str = "") -> str:
        """Registers a task definition with an image of that tag."""
        image = f"{self.repository}:{tag}"
        if push:
            fixtures.put_image(self.ecr, "app", tag, stand_in.image(tag, fault))
        containers = [{"name": "app", "image": image, "memory": 64, "portMappings": [{"containerPort": port}]}]
        more = {"taskRoleArn": role} if role else {}
        answer = self.ecs.register_task_definition(
            family="app", networkMode="awsvpc", containerDefinitions=containers, **more
        )
        return answer["taskDefinition"]["taskDefinitionArn"]

    def load_balancers(self, *, shifting: bool = False) -> list[dict[str, Any]]:
        first, second = self.groups
        entry: dict[str, Any] = {"targetGroupArn": first, "containerName": "app", "containerPort": 8080}
        rule = self.rule  # which connects the target groups with the load balancer
        if shifting:
            role = f"arn:aws:iam::{ACCOUNT}:role/ecs"
            advanced = {"alternateTargetGroupArn": second, "productionListenerRule": rule, "roleArn": role}
            entry["advancedConfiguration"] = advanced
        return [entry]

    def create(
        self, task: str, configuration: dict[str, Any] | None = None, *, shifting: bool = False, **more: Any
    ) -> None:
        """Creates the service, behind the load balancer unless `more` says otherwise."""
        if "loadBalancers" not in more:
            more["loadBalancers"] = self.load_balancers(shifting=shifting)
        network = {"subnets": self.subnets, "securityGroups": [self.security_group]}
        service: dict[str, Any] = {
            "cluster": self.cluster,
            "serviceName": "app",
            "taskDefinition": task,
            "desiredCount": 2,
            "launchType": "FARGATE",
            "networkConfiguration": {"awsvpcConfiguration": network},
            "deploymentConfiguration": configuration or {},
            "healthCheckGracePeriodSeconds": 60,
        }
        sent = {name: value for name, value in (service | more).items() if value is not None}
        self.ecs.create_service(**sent)

    def update(self, **changes: Any) -> dict[str, Any]:
        return self.ecs.update_service(cluster="app", service="app", **changes)["service"]

    def service(self) -> dict[str, Any]:
        return self.ecs.describe_services(cluster="app", services=["app"])["services"][0]

    def deployments(self) -> list[dict[str, Any]]:
        """Describes the service deployments, latest first."""
        listed = self.ecs.list_service_deployments(cluster="app", service="app")["serviceDeployments"]
        arns = [one["serviceDeploymentArn"] for one in listed]
        return self.ecs.describe_service_deployments(serviceDeploymentArns=arns)["serviceDeployments"]

    def targets(self) -> tuple[list[str], list[str]]:
        """Returns the addresses in each target group. All of them are healthy."""
        found = [self.elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"] for arn in self.groups]
        assert all(one["TargetHealth"]["State"] == "healthy" for group in found for one in group)
        first, second = ([one["Target"]["Id"] for one in group] for group in found)
        return first, second

    def tasks(self, desired: str = "RUNNING") -> list[dict[str, Any]]:
        arns = self.ecs.list_tasks(cluster="app", serviceName="app", desiredStatus=desired)["taskArns"]
        return self.ecs.describe_tasks(cluster="app", tasks=arns)["tasks"] if arns else []

    def weights(self) -> list[int]:
        actions = self.elb.describe_rules(RuleArns=[self.rule])["Rules"][0]["Actions"]
        weights = {one["TargetGroupArn"]: one["Weight"] for one in actions[0]["ForwardConfig"]["TargetGroups"]}
        return [weights[arn] for arn in self.groups]


class TimedWorld(World):
    """An account in which time passes when a test says so: it is the `time` of the scheduler."""

    seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def finished(self) -> dict[str, Any]:
        """Lets every fault be noticed, and returns the latest service deployment."""
        self.seconds += 60
        return self.deployments()[0]

    def primary(self) -> dict[str, Any]:
        """Returns the latest deployment as DescribeServices lists it."""
        return self.service()["deployments"][0]

    def running(self) -> list[int]:
        """Returns the number of running tasks of each deployment, latest first."""
        return [one["runningCount"] for one in self.service()["deployments"]]

    def reasons(self) -> list[tuple[str, str]]:
        """Returns the deployment that started each stopped task, and the reason why it was stopped."""
        return [(task["startedBy"], task["stoppedReason"]) for task in self.tasks("STOPPED")]
