"""What the embedded account makes of deployments: rolling and shifting traffic, good, failed, stuck."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from sandbox import stand_in, supplies
from sandbox.account import process as accounts
from sandbox.account.process import Account
from sandbox.layout import Layout
from sandbox.stand_in import Fault

REGION = "eu-north-1"
BREAKER = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
ALARMS = {"alarms": {"alarmNames": ["errors"], "enable": True, "rollback": True}}


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    folder = tmp_path_factory.mktemp("account")
    layout = Layout(folder, folder / ".sandbox")
    yield accounts.start(layout, os.environ)
    accounts.stop(layout)


@dataclass(frozen=True)
class World:
    """An account with a network, two target groups behind a listener rule, a registry and a cluster."""

    ecs: Any
    elb: Any
    ecr: Any
    network: dict[str, Any]
    groups: tuple[str, str]
    rule: str
    repository: str

    def task(self, tag: str, fault: Fault | None = None, *, push: bool = True) -> str:
        """A revision of the task definition, with an image of that tag."""
        if push:
            supplies.put_image(self.ecr, "app", tag, stand_in.image(tag, fault))
        containers = [{"name": "app", "image": f"{self.repository}:{tag}", "memory": 64}]
        answer = self.ecs.register_task_definition(family="app", networkMode="awsvpc", containerDefinitions=containers)
        return answer["taskDefinition"]["taskDefinitionArn"]

    def balancers(self, *, shifting: bool = False) -> list[dict[str, Any]]:
        first, second = self.groups
        entry: dict[str, Any] = {"targetGroupArn": first, "containerName": "app", "containerPort": 8080}
        if shifting:
            role = "arn:aws:iam::123456789012:role/ecs"
            advanced = {"alternateTargetGroupArn": second, "productionListenerRule": self.rule, "roleArn": role}
            entry["advancedConfiguration"] = advanced
        return [entry]

    def create(self, task: str, configuration: dict[str, Any], *, shifting: bool = False, count: int = 2) -> None:
        self.ecs.create_service(
            cluster="app",
            serviceName="app",
            taskDefinition=task,
            desiredCount=count,
            launchType="FARGATE",
            networkConfiguration=self.network,
            loadBalancers=self.balancers(shifting=shifting),
            deploymentConfiguration=configuration,
            healthCheckGracePeriodSeconds=60,
        )

    def update(self, **changes: Any) -> dict[str, Any]:
        return self.ecs.update_service(cluster="app", service="app", **changes)["service"]

    def service(self) -> dict[str, Any]:
        return self.ecs.describe_services(cluster="app", services=["app"])["services"][0]

    def deployments(self) -> list[dict[str, Any]]:
        """The service deployments in full, the latest first."""
        listed = self.ecs.list_service_deployments(cluster="app", service="app")["serviceDeployments"]
        arns = [one["serviceDeploymentArn"] for one in listed]
        return self.ecs.describe_service_deployments(serviceDeploymentArns=arns)["serviceDeployments"]

    def settled(self) -> dict[str, Any]:
        """The latest service deployment, once its fault has been noticed."""
        began = time.monotonic()
        while (latest := self.deployments()[0])["status"] == "IN_PROGRESS":
            assert time.monotonic() - began < 20, "the fault is not noticed"
            time.sleep(0.2)
        return latest

    def targets(self) -> tuple[list[str], list[str]]:
        """The addresses in each target group, all of them healthy."""
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


@pytest.fixture
def world(account: Account) -> World:
    accounts.opener.open(f"{account.url}/moto-api/reset", data=b"").close()
    ec2, ecs, elb, ecr = (account.client(name, REGION) for name in ("ec2", "ecs", "elbv2", "ecr"))
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"][
            "SubnetId"
        ]
        for number, zone in enumerate("ab")
    ]
    group = ec2.create_security_group(GroupName="app", Description="app", VpcId=vpc)["GroupId"]
    balancer = elb.create_load_balancer(Name="app", Subnets=subnets, Scheme="internal")["LoadBalancers"][0][
        "LoadBalancerArn"
    ]
    first, second = (
        elb.create_target_group(Name=name, Protocol="HTTP", Port=8080, VpcId=vpc, TargetType="ip")["TargetGroups"][0][
            "TargetGroupArn"
        ]
        for name in ("blue", "green")
    )
    nothing = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]
    listener = elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=nothing)
    forward = {"TargetGroups": [{"TargetGroupArn": first, "Weight": 100}, {"TargetGroupArn": second, "Weight": 0}]}
    rule = elb.create_rule(
        ListenerArn=listener["Listeners"][0]["ListenerArn"],
        Priority=1,
        Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/*"]}}],
        Actions=[{"Type": "forward", "ForwardConfig": forward}],
    )["Rules"][0]["RuleArn"]
    ecs.create_cluster(clusterName="app")
    repository = ecr.create_repository(repositoryName="app")["repository"]["repositoryUri"]
    network = {"awsvpcConfiguration": {"subnets": subnets, "securityGroups": [group]}}
    return World(ecs, elb, ecr, network, (first, second), rule, repository)


def test_a_service_comes_up_with_what_it_was_made_with(world: World) -> None:
    world.create(world.task("1"), BREAKER)
    service = world.service()
    (primary,) = service["deployments"]
    assert (primary["status"], primary["rolloutState"]) == ("PRIMARY", "COMPLETED")
    assert primary["rolloutStateReason"] == f"ECS deployment {primary['id']} completed."
    assert (service["runningCount"], service["pendingCount"], primary["runningCount"]) == (2, 0, 2)
    assert service["deploymentConfiguration"]["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert service["healthCheckGracePeriodSeconds"] == 60
    blue, green = world.targets()
    assert [address.rpartition(".")[0] for address in blue] == ["10.0.0", "10.0.1"], "a subnet each"
    assert green == []
    assert service["events"][0]["message"] == "(service app) has reached a steady state."
    (revision,) = service["currentServiceRevisions"]
    shown = world.ecs.describe_service_revisions(serviceRevisionArns=[revision["arn"], "arn:of:none"])
    assert shown["serviceRevisions"][0]["taskDefinition"] == service["taskDefinition"]
    assert shown["serviceRevisions"][0]["containerImages"][0]["image"].endswith("app:1")
    assert shown["failures"] == [{"arn": "arn:of:none", "reason": "MISSING"}]


def test_a_new_revision_replaces_every_task(world: World) -> None:
    world.create(world.task("1"), BREAKER)
    old, _ = world.targets()
    new = world.task("2")
    world.update(taskDefinition="app")  # the family alone means its latest revision
    assert world.service()["taskDefinition"] == new
    blue, _ = world.targets()
    assert len(blue) == 2
    assert not set(old) & set(blue)
    latest, first = world.deployments()
    assert (latest["status"], first["status"]) == ("SUCCESSFUL", "SUCCESSFUL")
    assert latest["sourceServiceRevisions"][0]["arn"] == first["targetServiceRevision"]["arn"]


def test_only_what_starts_a_deployment_on_aws_starts_one(world: World) -> None:
    world.create(world.task("1"), BREAKER)
    world.update(desiredCount=3)
    world.update(deploymentConfiguration={**BREAKER, "maximumPercent": 150})
    world.update(healthCheckGracePeriodSeconds=90)
    world.update(loadBalancers=world.balancers())
    assert len(world.deployments()) == 1
    assert len(world.targets()[0]) == world.service()["runningCount"] == 3
    world.update(forceNewDeployment=True)
    assert len(world.deployments()) == 2


def test_a_fault_under_the_circuit_breaker_goes_back(world: World) -> None:
    good = world.task("1")
    world.create(good, BREAKER)
    before, (stable,) = world.targets(), world.service()["deployments"]
    bad = world.task("2", Fault.UNHEALTHY)
    under_way = world.update(taskDefinition=bad)
    assert [one["rolloutState"] for one in under_way["deployments"]] == ["IN_PROGRESS", "COMPLETED"]
    assert under_way["taskDefinition"] == bad
    assert (under_way["runningCount"], under_way["pendingCount"]) == (2, 2)
    latest = world.settled()
    assert latest["status"] == "ROLLBACK_SUCCESSFUL"
    assert latest["statusReason"] == latest["rollback"]["reason"]
    assert latest["deploymentCircuitBreaker"]["status"] == "TRIGGERED"
    service = world.service()
    (primary,) = service["deployments"]
    assert service["taskDefinition"] == primary["taskDefinition"] == good
    assert primary["rolloutStateReason"] == (
        f"ECS deployment circuit breaker: rolling back to deploymentId {stable['id']}."
    )
    assert world.targets() == before
    assert any("deployment failed: tasks failed to start." in event["message"] for event in service["events"])


def test_a_deployment_shows_how_its_tasks_connect(world: World) -> None:
    """With Service Connect, and where it goes back, as before."""
    world.create(world.task("1"), BREAKER)
    connect = {"enabled": True, "namespace": "app"}
    for _ in range(2):
        world.update(serviceConnectConfiguration=connect)
    assert len(world.deployments()) == 2  # the second update changes nothing
    bad = world.task("2", Fault.UNHEALTHY)
    under_way = world.update(taskDefinition=bad, serviceConnectConfiguration={"enabled": False})
    assert "serviceConnectConfiguration" not in under_way
    shown = [one["serviceConnectConfiguration"] for one in under_way["deployments"]]
    assert shown == [{"enabled": False}, connect]
    assert world.settled()["status"] == "ROLLBACK_SUCCESSFUL"
    (primary,), (current,) = world.service()["deployments"], world.service()["currentServiceRevisions"]
    (revision,) = world.ecs.describe_service_revisions(serviceRevisionArns=[current["arn"]])["serviceRevisions"]
    assert primary["serviceConnectConfiguration"] == revision["serviceConnectConfiguration"] == connect


def test_a_first_deployment_has_nothing_to_go_back_to(world: World) -> None:
    world.create(world.task("1", Fault.UNHEALTHY), BREAKER)
    latest = world.settled()
    assert latest["status"] == "ROLLBACK_FAILED"
    assert latest["statusReason"] == "No rollback candidate was found to run the rollback."
    (primary,) = world.service()["deployments"]
    assert primary["rolloutState"] == "FAILED"
    assert world.targets() == ([], [])


def test_without_rollback_the_deployment_stops_and_the_old_tasks_go_on(world: World) -> None:
    world.create(world.task("1"), {"deploymentCircuitBreaker": {"enable": True, "rollback": False}})
    before = world.targets()
    world.update(taskDefinition=world.task("2", Fault.UNHEALTHY))
    assert world.settled()["status"] == "STOPPED"
    states = [(one["status"], one["rolloutState"]) for one in world.service()["deployments"]]
    assert states == [("PRIMARY", "FAILED"), ("ACTIVE", "COMPLETED")]
    assert world.targets() == before


def test_a_missing_image_is_a_fault(world: World) -> None:
    world.create(world.task("1"), BREAKER)
    world.update(taskDefinition=world.task("9", push=False))
    assert world.settled()["status"] == "ROLLBACK_SUCCESSFUL"


def test_a_stuck_deployment_stays_until_another_takes_its_place(world: World) -> None:
    world.create(world.task("1"), BREAKER)
    world.update(taskDefinition=world.task("2", Fault.STUCK))
    time.sleep(4)
    assert world.deployments()[0]["status"] == "IN_PROGRESS"
    world.update(taskDefinition=world.task("3"))
    assert [one["status"] for one in world.deployments()] == ["SUCCESSFUL", "STOPPED", "SUCCESSFUL"]


@pytest.mark.parametrize("strategy", ["BLUE_GREEN", "LINEAR", "CANARY"])
def test_where_traffic_is_shifted_the_groups_change_places(world: World, strategy: str) -> None:
    world.create(world.task("1"), {"strategy": strategy, **ALARMS}, shifting=True)
    assert world.weights() == [100, 0]
    assert [len(group) for group in world.targets()] == [2, 0]
    world.update(taskDefinition=world.task("2"))
    assert world.weights() == [0, 100]
    assert [len(group) for group in world.targets()] == [0, 2]
    world.update(taskDefinition=world.task("3"))
    assert world.weights() == [100, 0]
    assert [len(group) for group in world.targets()] == [2, 0]
    world.update(desiredCount=3)
    assert [len(group) for group in world.targets()] == [3, 0]
    assert world.deployments()[0]["deploymentConfiguration"]["strategy"] == strategy


def test_an_alarm_undoes_a_shift_before_any_traffic_moves(world: World) -> None:
    good = world.task("1")
    world.create(good, {"strategy": "BLUE_GREEN", **ALARMS}, shifting=True)
    world.update(taskDefinition=world.task("2", Fault.UNHEALTHY))
    assert world.deployments()[0]["lifecycleStage"] == "SCALE_UP"
    latest = world.settled()
    assert latest["status"] == "ROLLBACK_SUCCESSFUL"
    assert latest["alarms"]["triggeredAlarmNames"] == ["errors"]
    assert world.weights() == [100, 0]
    assert world.service()["taskDefinition"] == good


def test_a_live_service_changes_its_strategy(world: World) -> None:
    world.create(world.task("1"), BREAKER)
    world.update(loadBalancers=world.balancers(shifting=True), deploymentConfiguration={"strategy": "BLUE_GREEN"})
    assert world.weights() == [0, 100]
    assert [len(group) for group in world.targets()] == [0, 2]


def test_a_deleted_service_leaves_no_target(world: World) -> None:
    world.create(world.task("1"), BREAKER)
    world.update(desiredCount=0)
    assert world.targets() == ([], [])
    world.ecs.delete_service(cluster="app", service="app")
    assert world.service()["status"] == "INACTIVE"
    world.create(world.task("2"), BREAKER)
    assert len(world.deployments()) == 1


def test_a_service_has_tasks_with_the_addresses_of_its_targets(world: World) -> None:
    definition = world.task("1")
    world.create(definition, BREAKER)
    tasks = world.tasks()
    assert [task["taskDefinitionArn"] for task in tasks] == [definition] * 2
    assert {task["lastStatus"] for task in tasks} == {"RUNNING"}
    assert {task["healthStatus"] for task in tasks} == {"HEALTHY"}
    assert {task["startedBy"] for task in tasks} == {world.service()["deployments"][0]["id"]}
    details = [task["attachments"][0]["details"] for task in tasks]
    assert [detail[0]["value"] for detail in details] == world.targets()[0]
    assert world.tasks() == tasks  # the same ones at each look
    assert world.tasks("STOPPED") == []
    (container,) = tasks[0]["containers"]
    assert (container["name"], container["image"]) == ("app", f"{world.repository}:1")
    world.update(desiredCount=3)
    assert len(world.tasks()) == 3


def test_tasks_are_found_by_what_they_are_asked_for(world: World) -> None:
    world.create(world.task("1"), BREAKER)
    deployment = world.service()["deployments"][0]["id"]
    listed: Any = world.ecs.list_tasks
    assert len(listed(cluster="app")["taskArns"]) == 2
    assert len(listed(cluster="app", family="app")["taskArns"]) == 2
    assert len(listed(cluster="app", startedBy=deployment)["taskArns"]) == 2
    assert listed(cluster="app", family="ap")["taskArns"] == []
    assert listed(cluster="app", startedBy="ecs-svc/1")["taskArns"] == []
    assert listed(cluster="app", serviceName="other")["taskArns"] == []
    job = [{"name": "job", "image": "job", "memory": 64}]
    world.ecs.register_task_definition(family="job", networkMode="none", containerDefinitions=job)
    run = world.ecs.run_task(cluster="app", taskDefinition="job", launchType="FARGATE")
    by_hand = run["tasks"][0]["taskArn"]
    assert by_hand in listed(cluster="app")["taskArns"]
    assert by_hand not in listed(cluster="app", serviceName="app")["taskArns"]
    own = listed(cluster="app", serviceName="app")["taskArns"][0]
    answer = world.ecs.describe_tasks(cluster="app", tasks=[own.rpartition("/")[2], by_hand, "0" * 32])
    assert {task["taskArn"] for task in answer["tasks"]} == {own, by_hand}
    assert answer["failures"] == [{"arn": "0" * 32, "reason": "MISSING"}]


@pytest.mark.parametrize(
    ("fault", "code", "reason"),
    [
        (Fault.UNHEALTHY, "ServiceSchedulerInitiated", "Task failed ELB health checks in (target-group arn:"),
        (Fault.MISSING, "TaskFailedToStart", "CannotPullContainerError: pull image manifest"),
    ],
)
def test_what_stopped_a_task_can_be_looked_up(world: World, fault: Fault, code: str, reason: str) -> None:
    world.create(world.task("1"), BREAKER)
    before = {task["taskArn"] for task in world.tasks()}
    missing = fault is Fault.MISSING
    world.update(taskDefinition=world.task("2", None if missing else fault, push=not missing))
    others = [task for task in world.tasks() if task["taskArn"] not in before]
    assert {(task["lastStatus"], task["healthStatus"]) for task in others} == {
        ("PENDING", "UNKNOWN") if missing else ("RUNNING", "UNHEALTHY")
    }
    world.settled()
    stopped = world.tasks("STOPPED")
    assert {task["stopCode"] for task in stopped} == {code}
    assert all(task["stoppedReason"].startswith(reason) for task in stopped)
    assert len(stopped) == world.deployments()[0]["deploymentCircuitBreaker"]["failureCount"]
    assert {task["taskArn"] for task in world.tasks()} == before


def test_tasks_that_run_out_of_memory_are_killed_beside_those_that_run(world: World) -> None:
    world.create(world.task("1", Fault.MEMORY), BREAKER)
    assert world.deployments()[0]["status"] == "SUCCESSFUL"
    assert len(world.tasks()) == 2
    for task in world.tasks("STOPPED"):
        assert task["stopCode"] == "EssentialContainerExited"
        assert task["containers"][0]["exitCode"] == 137
        assert task["containers"][0]["reason"].startswith("OutOfMemoryError")


def test_a_release_stops_the_tasks_before_it(world: World) -> None:
    world.create(world.task("1"), BREAKER)
    world.update(taskDefinition=world.task("2"))
    (stopped,) = {task["stoppedReason"] for task in world.tasks("STOPPED")}
    assert stopped == f"Scaling activity initiated by (deployment {world.service()['deployments'][0]['id']})"
