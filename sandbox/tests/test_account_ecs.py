"""The deployments and tasks that the account records for a service: rolling and shifting, good, failed and stuck."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.account.ecs import scheduler
from sandbox.stand_in import Fault
from sandbox.tests.account_world import World, empty_account

BREAKER = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
ALARMS = {"alarms": {"alarmNames": ["errors"], "enable": True, "rollback": True}}


class TimedWorld(World):
    """An account in which time passes when a test says so: it is the `time` of the scheduler."""

    seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def finished(self) -> dict[str, Any]:
        """Lets every fault be noticed, and returns the latest service deployment."""
        self.seconds += 60
        return self.deployments()[0]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[TimedWorld]:
    with empty_account():
        world = TimedWorld()
        monkeypatch.setattr(scheduler, "time", world)
        yield world


def _primary(world: TimedWorld) -> dict[str, Any]:
    return world.service()["deployments"][0]


def _running(world: TimedWorld) -> list[int]:
    """The number of running tasks of each deployment, latest first."""
    return [one["runningCount"] for one in world.service()["deployments"]]


def _reasons(world: TimedWorld) -> list[tuple[str, str]]:
    """The deployment that started each stopped task, and the reason why it was stopped."""
    return [(task["startedBy"], task["stoppedReason"]) for task in world.tasks("STOPPED")]


def _stopped_by(deployment: str) -> str:
    return f"Scaling activity initiated by (deployment {deployment})"


def test_new_service_keeps_its_settings_and_runs(world: TimedWorld) -> None:
    definition = world.task("1")
    world.create(definition, BREAKER)
    service, primary = world.service(), _primary(world)
    assert (primary["status"], primary["rolloutState"]) == ("PRIMARY", "COMPLETED")
    assert primary["rolloutStateReason"] == f"ECS deployment {primary['id']} completed."
    assert (service["runningCount"], service["pendingCount"], primary["runningCount"]) == (2, 0, 2)
    assert service["deploymentConfiguration"]["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert (service["healthCheckGracePeriodSeconds"], service["launchType"]) == (60, "FARGATE")
    assert service["events"][0]["message"] == "(service app) has reached a steady state."
    (revision,) = service["currentServiceRevisions"]
    shown = world.ecs.describe_service_revisions(serviceRevisionArns=[revision["arn"], "arn:of:none"])
    assert shown["serviceRevisions"][0]["taskDefinition"] == service["taskDefinition"] == definition
    assert shown["failures"] == [{"arn": "arn:of:none", "reason": "MISSING"}]

    blue, green = world.targets()
    assert [address.rpartition(".")[0] for address in blue] == ["10.0.0", "10.0.1"], "one task in each subnet"
    assert green == []
    tasks = world.tasks()
    assert [task["attachments"][0]["details"][0]["value"] for task in tasks] == blue
    assert {(task["taskDefinitionArn"], task["startedBy"]) for task in tasks} == {(definition, primary["id"])}
    assert {(task["lastStatus"], task["healthStatus"]) for task in tasks} == {("RUNNING", "HEALTHY")}
    assert {one["image"] for task in tasks for one in task["containers"]} == {f"{world.repository}:1"}
    assert world.tasks() == tasks, "with the same ids"
    assert world.tasks("STOPPED") == []


def test_new_task_definition_replaces_every_task_and_names_the_deployment_that_stopped_them(world: TimedWorld) -> None:
    world.create(world.task("1"), BREAKER)
    old, _ = world.targets()
    ids = [_primary(world)["id"]]
    for tag in ("2", "3"):
        new = world.task(tag)
        world.update(taskDefinition="app")  # a family stands for its latest revision
        assert world.service()["taskDefinition"] == new
        ids.append(_primary(world)["id"])
    assert len(world.targets()[0]) == 2
    assert not {*old} & {*world.targets()[0]}
    latest, before, _ = world.deployments()
    assert (latest["status"], before["status"]) == ("SUCCESSFUL", "SUCCESSFUL")
    assert latest["sourceServiceRevisions"][0]["arn"] == before["targetServiceRevision"]["arn"]
    first, second, third = ids
    assert sorted(_reasons(world)) == sorted([(second, _stopped_by(third))] * 2 + [(first, _stopped_by(second))] * 2)
    assert len({task["taskArn"] for task in world.tasks("STOPPED")}) == 4


def test_only_changes_that_start_a_deployment_on_aws_start_one(world: TimedWorld) -> None:
    world.create(world.task("1"), BREAKER)
    live = _primary(world)["id"]
    world.update(deploymentConfiguration={**BREAKER, "maximumPercent": 150})
    world.update(healthCheckGracePeriodSeconds=90)
    world.update(loadBalancers=world.load_balancers())
    for count in (4, 3, 1):
        world.update(desiredCount=count)
        assert len(world.targets()[0]) == len(world.tasks()) == world.service()["runningCount"] == count
    assert _reasons(world) == [(live, _stopped_by(live))] * 3
    assert len({task["taskArn"] for task in world.tasks("STOPPED")}) == 3
    assert len(world.deployments()) == 1
    world.update(forceNewDeployment=True)
    assert len(world.deployments()) == 2


def test_other_capacity_providers_need_a_new_deployment_and_are_rolled_back_with_it(world: TimedWorld) -> None:
    def strategy(base: int) -> list[dict[str, Any]]:
        return [{"capacityProvider": "FARGATE", "base": base, "weight": 1}]

    world.create(world.task("1"), BREAKER)
    world.update(capacityProviderStrategy=strategy(1), forceNewDeployment=True)
    assert "launchType" not in world.service()
    assert "launchType" not in _primary(world)
    world.update(capacityProviderStrategy=strategy(1))
    with pytest.raises(world.ecs.exceptions.InvalidParameterException, match="you must force a new deployment"):
        world.update(capacityProviderStrategy=strategy(2))
    world.update(capacityProviderStrategy=strategy(2), forceNewDeployment=True)
    assert len(world.deployments()) == 3
    bad = world.task("2", Fault.UNHEALTHY)
    world.update(taskDefinition=bad, capacityProviderStrategy=strategy(3), forceNewDeployment=True)
    assert world.finished()["status"] == "ROLLBACK_SUCCESSFUL"
    assert world.service()["capacityProviderStrategy"] == strategy(2)


def test_service_that_could_start_no_task_is_refused(world: TimedWorld) -> None:
    good, entry = world.task("1"), world.load_balancers()[0]
    kind = {"Protocol": "HTTP", "Port": 8080, "VpcId": world.vpc, "TargetType": "instance"}
    of_instances, alone = (
        world.elb.create_target_group(Name=name, **(kind | more))["TargetGroups"][0]["TargetGroupArn"]
        for name, more in (("instances", {}), ("alone", {"TargetType": "ip"}))
    )
    actions = [{"Type": "forward", "TargetGroupArn": of_instances}]
    condition = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/a"]}}
    world.elb.create_rule(ListenerArn=world.listener, Priority=2, Conditions=[condition], Actions=actions)
    spot = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    refused: list[tuple[dict[str, Any], str]] = [
        ({"loadBalancers": [{**entry, "targetGroupArn": alone}]}, "does not have an associated load balancer"),
        ({"loadBalancers": [{**entry, "targetGroupArn": of_instances}]}, "has target type instance"),
        ({"loadBalancers": [{**entry, "containerName": "web"}]}, "container web does not exist in the task definition"),
        ({"loadBalancers": [{**entry, "containerPort": 80}]}, "app did not have a container port 80 defined"),
        ({"capacityProviderStrategy": spot}, "not associated with the cluster"),
        ({"enableExecuteCommand": True}, "a valid taskRoleArn is not being used"),
    ]
    error = world.ecs.exceptions.InvalidParameterException
    for settings, message in refused:
        with pytest.raises(error, match=message):
            world.create(good, **settings)
    world.create(good)
    for settings, message in refused:
        with pytest.raises(error, match=message):
            world.update(**settings, forceNewDeployment=True)
    with pytest.raises(error, match="did not have a container port 8080"):
        world.update(taskDefinition=world.task("1", push=False, port=80))
    world.update(taskDefinition=world.task("1", push=False, role="arn:aws:iam::1:role/a"), enableExecuteCommand=True)


def test_capacity_provider_of_running_tasks_stays_with_its_cluster(world: TimedWorld) -> None:
    def put(*providers: str) -> None:
        world.ecs.put_cluster_capacity_providers(
            cluster="app", capacityProviders=[*providers], defaultCapacityProviderStrategy=[]
        )

    world.create(world.task("1"), launchType=None, capacityProviderStrategy=[{"capacityProvider": "FARGATE"}])
    put("FARGATE", "FARGATE_SPOT")
    with pytest.raises(world.ecs.exceptions.ResourceInUseException, match="is in use and cannot be removed"):
        put("FARGATE_SPOT")
    world.update(desiredCount=0)
    put()


@pytest.mark.parametrize(
    ("fault", "while_it_fails", "code", "reason"),
    [
        (
            Fault.UNHEALTHY,
            ("RUNNING", "UNHEALTHY"),
            "ServiceSchedulerInitiated",
            "Task failed ELB health checks in (target-group arn:",
        ),
        (Fault.MISSING, ("PENDING", "UNKNOWN"), "TaskFailedToStart", "CannotPullContainerError: pull image manifest"),
    ],
)
def test_circuit_breaker_rolls_back_a_faulty_deployment(
    world: TimedWorld, fault: Fault, while_it_fails: tuple[str, str], code: str, reason: str
) -> None:
    good = world.task("1")
    world.create(good, BREAKER)
    before, stable, tasks = world.targets(), _primary(world), {task["taskArn"] for task in world.tasks()}
    missing = fault is Fault.MISSING
    bad = world.task("2", None if missing else fault, push=not missing)
    under_way = world.update(taskDefinition=bad)
    assert [one["rolloutState"] for one in under_way["deployments"]] == ["IN_PROGRESS", "COMPLETED"]
    assert under_way["taskDefinition"] == bad
    assert (under_way["runningCount"], under_way["pendingCount"]) == (2, 2)
    others = [task for task in world.tasks() if task["taskArn"] not in tasks]
    assert {(task["lastStatus"], task["healthStatus"]) for task in others} == {while_it_fails}

    latest = world.finished()
    assert latest["status"] == "ROLLBACK_SUCCESSFUL"
    assert latest["statusReason"] == latest["rollback"]["reason"]
    assert latest["deploymentCircuitBreaker"]["status"] == "TRIGGERED"
    (primary,) = world.service()["deployments"]
    assert world.service()["taskDefinition"] == primary["taskDefinition"] == good
    assert primary["rolloutStateReason"] == (
        f"ECS deployment circuit breaker: rolling back to deploymentId {stable['id']}."
    )
    assert any("deployment failed: tasks failed to start." in one["message"] for one in world.service()["events"])
    assert world.targets() == before
    assert {task["taskArn"] for task in world.tasks()} == tasks
    stopped = world.tasks("STOPPED")
    assert {task["stopCode"] for task in stopped} == {code}
    assert all(task["stoppedReason"].startswith(reason) for task in stopped)
    assert {"startedAt" in task for task in stopped} == {not missing}
    assert len(stopped) == latest["deploymentCircuitBreaker"]["failureCount"]


def test_faulty_first_deployment_has_no_rollback_candidate(world: TimedWorld) -> None:
    world.create(world.task("1", Fault.UNHEALTHY), BREAKER)
    latest = world.finished()
    assert latest["status"] == "ROLLBACK_FAILED"
    assert latest["statusReason"] == "No rollback candidate was found to run the rollback."
    assert _primary(world)["rolloutState"] == "FAILED"
    assert world.targets() == ([], [])


def test_circuit_breaker_without_rollback_stops_the_deployment(world: TimedWorld) -> None:
    world.create(world.task("1"), {"deploymentCircuitBreaker": {"enable": True, "rollback": False}})
    before = world.targets()
    world.update(taskDefinition=world.task("2", Fault.UNHEALTHY))
    assert world.finished()["status"] == "STOPPED"
    states = [(one["status"], one["rolloutState"]) for one in world.service()["deployments"]]
    assert states == [("PRIMARY", "FAILED"), ("ACTIVE", "COMPLETED")]
    assert world.targets() == before


def test_stuck_deployment_ends_when_another_starts(world: TimedWorld) -> None:
    world.create(world.task("1"), BREAKER)
    world.update(taskDefinition=world.task("2", Fault.STUCK))
    stuck = _primary(world)
    assert world.finished()["status"] == "IN_PROGRESS"
    started = {task["lastStatus"]: task.get("startedAt") for task in world.tasks()}
    assert started["PENDING"] is None
    assert started["RUNNING"] <= stuck["createdAt"]
    world.update(taskDefinition=world.task("3"))
    assert [one["status"] for one in world.deployments()] == ["SUCCESSFUL", "STOPPED", "SUCCESSFUL"]
    assert (stuck["id"], _stopped_by(_primary(world)["id"])) in _reasons(world)


@pytest.mark.parametrize(
    ("strategy", "reason"),
    [
        ("BLUE_GREEN", "because the circuit breaker threshold was exceeded"),
        # Of these, no source says that the circuit breaker works.
        ("CANARY", "because one or more of its alarms are in ALARM"),
        ("LINEAR", "because one or more of its alarms are in ALARM"),
    ],
)
def test_shifting_strategy_alternates_the_target_groups_and_rolls_back_before_traffic_moves(
    world: TimedWorld, strategy: str, reason: str
) -> None:
    world.create(world.task("1"), {"strategy": strategy, **BREAKER, **ALARMS}, shifting=True)
    for tag, weights in (("2", [0, 100]), ("3", [100, 0])):
        good = world.task(tag)
        world.update(taskDefinition=good)
        assert world.weights() == weights
        assert [len(group) for group in world.targets()] == [weight // 50 for weight in weights]
    world.update(desiredCount=3)
    assert [len(group) for group in world.targets()] == [3, 0]
    world.update(taskDefinition=world.task("4", Fault.UNHEALTHY))
    assert world.deployments()[0]["lifecycleStage"] == "SCALE_UP"
    latest = world.finished()
    assert (latest["status"], latest["deploymentConfiguration"]["strategy"]) == ("ROLLBACK_SUCCESSFUL", strategy)
    assert reason in latest["statusReason"]
    assert latest["alarms"]["triggeredAlarmNames"] == (["errors"] if "ALARM" in reason else [])
    assert (world.weights(), world.service()["taskDefinition"]) == ([100, 0], good)


def test_running_service_changes_its_strategy(world: TimedWorld) -> None:
    world.create(world.task("1"), BREAKER)
    world.update(loadBalancers=world.load_balancers(shifting=True), deploymentConfiguration={"strategy": "BLUE_GREEN"})
    assert world.weights() == [0, 100]
    assert [len(group) for group in world.targets()] == [0, 2]


def test_deleted_service_leaves_no_target_and_can_be_created_again(world: TimedWorld) -> None:
    world.create(world.task("1"), BREAKER)
    world.update(desiredCount=0)
    assert world.targets() == ([], [])
    world.ecs.delete_service(cluster="app", service="app")
    assert world.service()["status"] == "INACTIVE"
    world.create(world.task("2"), BREAKER)
    assert len(world.deployments()) == 1


def test_list_tasks_filters_by_family_deployment_and_service(world: TimedWorld) -> None:
    world.create(world.task("1"), BREAKER)
    job = [{"name": "job", "image": "job", "memory": 64}]
    world.ecs.register_task_definition(family="job", networkMode="none", containerDefinitions=job)
    run = world.ecs.run_task(cluster="app", taskDefinition="job", launchType="FARGATE")
    by_hand = run["tasks"][0]["taskArn"]

    def listed(**filters: str) -> list[str]:
        return [arn for arn in world.ecs.list_tasks(cluster="app", **filters)["taskArns"] if arn != by_hand]

    of_service = listed()
    assert len(of_service) == 2
    for selected in ({"family": "app"}, {"startedBy": _primary(world)["id"]}, {"serviceName": "app"}):
        assert listed(**selected) == of_service
    for others in ({"family": "ap"}, {"startedBy": "ecs-svc/1"}, {"serviceName": "other"}):
        assert listed(**others) == []
    assert by_hand in world.ecs.list_tasks(cluster="app")["taskArns"]
    assert by_hand not in world.ecs.list_tasks(cluster="app", serviceName="app")["taskArns"]
    asked = [of_service[0].rpartition("/")[2], by_hand, "0" * 32]
    answer = world.ecs.describe_tasks(cluster="app", tasks=asked)
    assert {task["taskArn"] for task in answer["tasks"]} == {of_service[0], by_hand}
    assert answer["failures"] == [{"arn": "0" * 32, "reason": "MISSING"}]


OF_SERVICE, OF_DEFINITION = ({"key": "Team", "value": value} for value in ("service", "definition"))
MANAGED = [{"key": "aws:ecs:clusterName", "value": "app"}, {"key": "aws:ecs:serviceName", "value": "app"}]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"propagateTags": "SERVICE", "enableECSManagedTags": True}, [OF_SERVICE, *MANAGED]),
        ({"propagateTags": "TASK_DEFINITION"}, [OF_DEFINITION]),
        ({}, []),
    ],
)
def test_tasks_have_the_tags_that_their_service_propagates(
    world: TimedWorld, settings: dict[str, Any], expected: list[dict[str, str]]
) -> None:
    task = world.task("1")
    world.ecs.tag_resource(resourceArn=task, tags=[OF_DEFINITION])
    world.create(task, BREAKER, tags=[OF_SERVICE], **settings)

    def tags() -> list[list[dict[str, str]]]:
        arns = world.ecs.list_tasks(cluster="app", serviceName="app")["taskArns"]
        described = world.ecs.describe_tasks(cluster="app", tasks=arns, include=["TAGS"])["tasks"]
        return [sorted(one["tags"], key=lambda tag: tag["key"]) for one in described]

    assert tags() == [expected] * 2
    assert not any(one.get("tags") for one in world.tasks())
    if settings.get("propagateTags") == "SERVICE":
        later = {"key": "Team", "value": "later"}
        world.ecs.tag_resource(resourceArn=world.service()["serviceArn"], tags=[later])
        assert tags() == [expected] * 2, "running tasks keep their tags"
        world.update(forceNewDeployment=True)
        assert later in tags()[0]


def test_tasks_without_memory_are_killed_beside_running_tasks(world: TimedWorld) -> None:
    world.create(world.task("1", Fault.MEMORY), BREAKER)
    assert world.deployments()[0]["status"] == "SUCCESSFUL"
    assert len(world.tasks()) == 2
    for task in world.tasks("STOPPED"):
        assert task["stopCode"] == "EssentialContainerExited"
        assert task["containers"][0]["exitCode"] == 137
        assert task["containers"][0]["reason"].startswith("OutOfMemoryError")


def test_old_tasks_run_beside_those_of_a_slow_image_until_they_have_drained_or_a_deployment_starts(
    world: TimedWorld,
) -> None:
    world.create(world.task("1"), BREAKER)
    before = world.targets()
    world.update(taskDefinition=world.task("2", Fault.SLOW))
    assert _running(world) == [0, 2]
    assert {task["lastStatus"] for task in world.tasks()} == {"RUNNING", "PENDING"}
    assert world.targets() == before
    world.seconds += scheduler.SLOW_SECONDS
    assert _running(world) == [2, 2]
    assert (world.service()["runningCount"], world.service()["pendingCount"]) == (4, 0)
    assert world.deployments()[0]["status"] == "IN_PROGRESS"
    assert {task["lastStatus"] for task in world.tasks()} == {"RUNNING"}
    assert {task["lastStatus"] for task in world.tasks("STOPPED")} == {"DEACTIVATING"}
    assert not {*before[0]} & {*world.targets()[0]}, "the old tasks have left their target group"
    assert world.finished()["status"] == "SUCCESSFUL"
    assert _running(world) == [2]
    assert {task["lastStatus"] for task in world.tasks("STOPPED")} == {"STOPPED"}

    world.update(taskDefinition=world.task("3", Fault.SLOW))
    world.seconds += scheduler.SLOW_SECONDS
    assert _running(world) == [2, 2]
    world.update(taskDefinition=world.task("4"))
    assert [one["status"] for one in world.deployments()] == ["SUCCESSFUL"] * 4
    assert _running(world) == [2]


def test_revisions_of_deleted_task_definitions_get_no_second_life(world: TimedWorld) -> None:
    revisions = [world.task("1"), world.task("2")]
    for revision in revisions:
        world.ecs.deregister_task_definition(taskDefinition=revision)
    world.ecs.delete_task_definitions(taskDefinitions=revisions)
    new = world.task("1", push=False)
    assert new.endswith("/app:3")
    assert world.ecs.describe_task_definition(taskDefinition="app")["taskDefinition"]["taskDefinitionArn"] == new
    assert world.task("3").endswith("/app:4")
