"""The deployments and tasks that the account records for a service: rolling and shifting, good, failed and stuck."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.account.ecs import scheduler
from sandbox.stand_in import Fault
from sandbox.tests.account_world import World, empty_account

NOTICE_SECONDS = 0.1
BREAKER = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
ALARMS = {"alarms": {"alarmNames": ["errors"], "enable": True, "rollback": True}}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """An account that notices a fault after a moment, so that the tests are fast."""
    monkeypatch.setattr(scheduler, "NOTICE_SECONDS", NOTICE_SECONDS)
    with empty_account():
        yield World()


def test_new_service_keeps_its_settings_and_runs(world: World) -> None:
    world.create(world.task("1"), BREAKER)
    service = world.service()
    (primary,) = service["deployments"]
    assert (primary["status"], primary["rolloutState"]) == ("PRIMARY", "COMPLETED")
    assert primary["rolloutStateReason"] == f"ECS deployment {primary['id']} completed."
    assert (service["runningCount"], service["pendingCount"], primary["runningCount"]) == (2, 0, 2)
    assert service["deploymentConfiguration"]["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert service["healthCheckGracePeriodSeconds"] == 60
    blue, green = world.targets()
    assert [address.rpartition(".")[0] for address in blue] == ["10.0.0", "10.0.1"], "one task in each subnet"
    assert green == []
    assert service["events"][0]["message"] == "(service app) has reached a steady state."
    (revision,) = service["currentServiceRevisions"]
    shown = world.ecs.describe_service_revisions(serviceRevisionArns=[revision["arn"], "arn:of:none"])
    assert shown["serviceRevisions"][0]["taskDefinition"] == service["taskDefinition"]
    assert shown["serviceRevisions"][0]["containerImages"][0]["image"].endswith("app:1")
    assert shown["failures"] == [{"arn": "arn:of:none", "reason": "MISSING"}]


def test_new_task_definition_replaces_every_task(world: World) -> None:
    world.create(world.task("1"), BREAKER)
    old, _ = world.targets()
    new = world.task("2")
    world.update(taskDefinition="app")  # a family stands for its latest revision
    assert world.service()["taskDefinition"] == new
    blue, _ = world.targets()
    assert len(blue) == 2
    assert not set(old) & set(blue)
    latest, first = world.deployments()
    assert (latest["status"], first["status"]) == ("SUCCESSFUL", "SUCCESSFUL")
    assert latest["sourceServiceRevisions"][0]["arn"] == first["targetServiceRevision"]["arn"]


def test_only_changes_that_start_a_deployment_on_aws_start_one(world: World) -> None:
    world.create(world.task("1"), BREAKER)
    world.update(desiredCount=3)
    world.update(deploymentConfiguration={**BREAKER, "maximumPercent": 150})
    world.update(healthCheckGracePeriodSeconds=90)
    world.update(loadBalancers=world.load_balancers())
    assert len(world.deployments()) == 1
    assert len(world.targets()[0]) == world.service()["runningCount"] == 3
    world.update(forceNewDeployment=True)
    assert len(world.deployments()) == 2


def test_other_capacity_providers_need_a_new_deployment_and_are_rolled_back_with_it(world: World) -> None:
    def strategy(base: int) -> list[dict[str, Any]]:
        return [{"capacityProvider": "FARGATE", "base": base, "weight": 1}]

    world.create(world.task("1"), BREAKER)
    world.update(capacityProviderStrategy=strategy(1), forceNewDeployment=True)
    world.update(capacityProviderStrategy=strategy(1))
    with pytest.raises(world.ecs.exceptions.InvalidParameterException, match="you must force a new deployment"):
        world.update(capacityProviderStrategy=strategy(2))
    world.update(capacityProviderStrategy=strategy(2), forceNewDeployment=True)
    assert len(world.deployments()) == 3
    bad = world.task("2", Fault.UNHEALTHY)
    world.update(taskDefinition=bad, capacityProviderStrategy=strategy(3), forceNewDeployment=True)
    assert world.finished()["status"] == "ROLLBACK_SUCCESSFUL"
    assert world.service()["capacityProviderStrategy"] == strategy(2)


def test_circuit_breaker_rolls_back_a_faulty_deployment(world: World) -> None:
    good = world.task("1")
    world.create(good, BREAKER)
    before, (stable,) = world.targets(), world.service()["deployments"]
    bad = world.task("2", Fault.UNHEALTHY)
    under_way = world.update(taskDefinition=bad)
    assert [one["rolloutState"] for one in under_way["deployments"]] == ["IN_PROGRESS", "COMPLETED"]
    assert under_way["taskDefinition"] == bad
    assert (under_way["runningCount"], under_way["pendingCount"]) == (2, 2)
    latest = world.finished()
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


def test_faulty_first_deployment_has_no_rollback_candidate(world: World) -> None:
    world.create(world.task("1", Fault.UNHEALTHY), BREAKER)
    latest = world.finished()
    assert latest["status"] == "ROLLBACK_FAILED"
    assert latest["statusReason"] == "No rollback candidate was found to run the rollback."
    (primary,) = world.service()["deployments"]
    assert primary["rolloutState"] == "FAILED"
    assert world.targets() == ([], [])


def test_circuit_breaker_without_rollback_stops_the_deployment(world: World) -> None:
    world.create(world.task("1"), {"deploymentCircuitBreaker": {"enable": True, "rollback": False}})
    before = world.targets()
    world.update(taskDefinition=world.task("2", Fault.UNHEALTHY))
    assert world.finished()["status"] == "STOPPED"
    states = [(one["status"], one["rolloutState"]) for one in world.service()["deployments"]]
    assert states == [("PRIMARY", "FAILED"), ("ACTIVE", "COMPLETED")]
    assert world.targets() == before


def test_missing_image_is_rolled_back(world: World) -> None:
    world.create(world.task("1"), BREAKER)
    world.update(taskDefinition=world.task("9", push=False))
    assert world.finished()["status"] == "ROLLBACK_SUCCESSFUL"


def test_stuck_deployment_ends_when_another_starts(world: World) -> None:
    world.create(world.task("1"), BREAKER)
    world.update(taskDefinition=world.task("2", Fault.STUCK))
    time.sleep(2 * NOTICE_SECONDS)
    assert world.deployments()[0]["status"] == "IN_PROGRESS"
    world.update(taskDefinition=world.task("3"))
    assert [one["status"] for one in world.deployments()] == ["SUCCESSFUL", "STOPPED", "SUCCESSFUL"]


@pytest.mark.parametrize("strategy", ["BLUE_GREEN", "LINEAR", "CANARY"])
def test_shifting_strategy_alternates_the_target_groups(world: World, strategy: str) -> None:
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


def test_alarm_rolls_back_before_traffic_moves(world: World) -> None:
    good = world.task("1")
    world.create(good, {"strategy": "BLUE_GREEN", **ALARMS}, shifting=True)
    world.update(taskDefinition=world.task("2", Fault.UNHEALTHY))
    assert world.deployments()[0]["lifecycleStage"] == "SCALE_UP"
    latest = world.finished()
    assert latest["status"] == "ROLLBACK_SUCCESSFUL"
    assert latest["alarms"]["triggeredAlarmNames"] == ["errors"]
    assert world.weights() == [100, 0]
    assert world.service()["taskDefinition"] == good


@pytest.mark.parametrize(
    ("strategy", "reason"),
    [
        ("BLUE_GREEN", "because the circuit breaker threshold was exceeded"),
        ("CANARY", "because one or more of its alarms are in ALARM"),
        ("LINEAR", "because one or more of its alarms are in ALARM"),
    ],
)
def test_circuit_breaker_works_with_strategies_of_which_that_is_known(world: World, strategy: str, reason: str) -> None:
    world.create(world.task("1"), {"strategy": strategy, **BREAKER, **ALARMS}, shifting=True)
    world.update(taskDefinition=world.task("2", Fault.UNHEALTHY))
    latest = world.finished()
    assert latest["status"] == "ROLLBACK_SUCCESSFUL"
    assert reason in latest["statusReason"]


def test_running_service_changes_its_strategy(world: World) -> None:
    world.create(world.task("1"), BREAKER)
    world.update(loadBalancers=world.load_balancers(shifting=True), deploymentConfiguration={"strategy": "BLUE_GREEN"})
    assert world.weights() == [0, 100]
    assert [len(group) for group in world.targets()] == [0, 2]


def test_deleted_service_leaves_no_target(world: World) -> None:
    world.create(world.task("1"), BREAKER)
    world.update(desiredCount=0)
    assert world.targets() == ([], [])
    world.ecs.delete_service(cluster="app", service="app")
    assert world.service()["status"] == "INACTIVE"
    world.create(world.task("2"), BREAKER)
    assert len(world.deployments()) == 1


def test_tasks_have_the_addresses_of_the_targets(world: World) -> None:
    definition = world.task("1")
    world.create(definition, BREAKER)
    tasks = world.tasks()
    assert [task["taskDefinitionArn"] for task in tasks] == [definition] * 2
    assert {task["lastStatus"] for task in tasks} == {"RUNNING"}
    assert {task["healthStatus"] for task in tasks} == {"HEALTHY"}
    assert {task["startedBy"] for task in tasks} == {world.service()["deployments"][0]["id"]}
    details = [task["attachments"][0]["details"] for task in tasks]
    assert [detail[0]["value"] for detail in details] == world.targets()[0]
    assert world.tasks() == tasks  # with the same ids
    assert world.tasks("STOPPED") == []
    (container,) = tasks[0]["containers"]
    assert (container["name"], container["image"]) == ("app", f"{world.repository}:1")
    world.update(desiredCount=3)
    assert len(world.tasks()) == 3


def test_list_tasks_filters_by_family_deployment_and_service(world: World) -> None:
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
    of_service = listed(cluster="app", serviceName="app")["taskArns"][0]
    answer = world.ecs.describe_tasks(cluster="app", tasks=[of_service.rpartition("/")[2], by_hand, "0" * 32])
    assert {task["taskArn"] for task in answer["tasks"]} == {of_service, by_hand}
    assert answer["failures"] == [{"arn": "0" * 32, "reason": "MISSING"}]


OF_SERVICE, OF_DEFINITION = ({"key": "Team", "value": value} for value in ("service", "definition"))
MANAGED = [{"key": "aws:ecs:clusterName", "value": "app"}, {"key": "aws:ecs:serviceName", "value": "app"}]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"propagateTags": "SERVICE"}, [OF_SERVICE]),
        ({"propagateTags": "TASK_DEFINITION"}, [OF_DEFINITION]),
        ({"propagateTags": "SERVICE", "enableECSManagedTags": True}, [OF_SERVICE, *MANAGED]),
        ({}, []),
    ],
)
def test_tasks_have_the_tags_that_their_service_propagates(
    world: World, settings: dict[str, Any], expected: list[dict[str, str]]
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


@pytest.mark.parametrize(
    ("fault", "code", "reason"),
    [
        (Fault.UNHEALTHY, "ServiceSchedulerInitiated", "Task failed ELB health checks in (target-group arn:"),
        (Fault.MISSING, "TaskFailedToStart", "CannotPullContainerError: pull image manifest"),
    ],
)
def test_stopped_tasks_show_the_reason(world: World, fault: Fault, code: str, reason: str) -> None:
    world.create(world.task("1"), BREAKER)
    before = {task["taskArn"] for task in world.tasks()}
    missing = fault is Fault.MISSING
    world.update(taskDefinition=world.task("2", None if missing else fault, push=not missing))
    others = [task for task in world.tasks() if task["taskArn"] not in before]
    assert {(task["lastStatus"], task["healthStatus"]) for task in others} == {
        ("PENDING", "UNKNOWN") if missing else ("RUNNING", "UNHEALTHY")
    }
    world.finished()
    stopped = world.tasks("STOPPED")
    assert {task["stopCode"] for task in stopped} == {code}
    assert all(task["stoppedReason"].startswith(reason) for task in stopped)
    assert len(stopped) == world.deployments()[0]["deploymentCircuitBreaker"]["failureCount"]
    assert {task["taskArn"] for task in world.tasks()} == before


def test_tasks_without_memory_are_killed_beside_running_tasks(world: World) -> None:
    world.create(world.task("1", Fault.MEMORY), BREAKER)
    assert world.deployments()[0]["status"] == "SUCCESSFUL"
    assert len(world.tasks()) == 2
    for task in world.tasks("STOPPED"):
        assert task["stopCode"] == "EssentialContainerExited"
        assert task["containers"][0]["exitCode"] == 137
        assert task["containers"][0]["reason"].startswith("OutOfMemoryError")


def wait_for(world: World, counts: list[int]) -> None:
    """Waits until the deployments have this many running tasks, the latest deployment first."""
    deadline = time.monotonic() + 20
    while [one["runningCount"] for one in world.service()["deployments"]] != counts:
        assert time.monotonic() < deadline, world.service()["deployments"]
        time.sleep(0.02)


def test_old_tasks_run_beside_the_tasks_of_a_slow_image_until_they_have_drained(world: World) -> None:
    world.create(world.task("1"), BREAKER)
    before = world.targets()
    world.update(taskDefinition=world.task("2", Fault.SLOW))
    assert [one["runningCount"] for one in world.service()["deployments"]] == [0, 2]
    assert {task["lastStatus"] for task in world.tasks()} == {"RUNNING", "PENDING"}
    assert world.targets() == before
    wait_for(world, [2, 2])
    assert (world.service()["runningCount"], world.service()["pendingCount"]) == (4, 0)
    assert world.deployments()[0]["status"] == "IN_PROGRESS"
    assert {task["lastStatus"] for task in world.tasks()} == {"RUNNING"}
    assert {task["lastStatus"] for task in world.tasks("STOPPED")} == {"DEACTIVATING"}
    # The old tasks have left their target group.
    assert not {*before[0]} & {*world.targets()[0]}
    world.finished()
    assert world.deployments()[0]["status"] == "SUCCESSFUL"
    assert [one["runningCount"] for one in world.service()["deployments"]] == [2]
    assert {task["lastStatus"] for task in world.tasks("STOPPED")} == {"STOPPED"}


def test_new_deployment_ends_the_drain_of_the_one_before(world: World) -> None:
    world.create(world.task("1"), BREAKER)
    world.update(taskDefinition=world.task("2", Fault.SLOW))
    wait_for(world, [2, 2])
    world.update(taskDefinition=world.task("3"))
    assert [one["status"] for one in world.deployments()] == ["SUCCESSFUL"] * 3
    assert [one["runningCount"] for one in world.service()["deployments"]] == [2]


def _reasons(world: World) -> list[tuple[str, str]]:
    """The deployment that started each stopped task, and the reason why it was stopped."""
    return [(task["startedBy"], task["stoppedReason"]) for task in world.tasks("STOPPED")]


def _stopped_by(deployment: str) -> str:
    return f"Scaling activity initiated by (deployment {deployment})"


def test_stopped_tasks_name_the_deployment_that_started_and_the_one_that_stopped_them(world: World) -> None:
    ids: list[str] = []
    world.create(world.task("1"), BREAKER)
    for tag in ("2", "3"):
        ids.append(world.service()["deployments"][0]["id"])
        world.update(taskDefinition=world.task(tag))
    first, second = ids
    third = world.service()["deployments"][0]["id"]
    assert sorted(_reasons(world)) == sorted([(second, _stopped_by(third))] * 2 + [(first, _stopped_by(second))] * 2)
    assert len({task["taskArn"] for task in world.tasks("STOPPED")}) == 4


def test_scaling_in_stops_tasks_of_the_live_deployment(world: World) -> None:
    world.create(world.task("1"), BREAKER, desiredCount=4)
    live = world.service()["deployments"][0]["id"]
    for count in (3, 1):
        world.update(desiredCount=count)
    assert _reasons(world) == [(live, _stopped_by(live))] * 3
    assert len({task["taskArn"] for task in world.tasks("STOPPED")}) == 3


def test_newer_deployment_stops_the_tasks_of_an_unfinished_one(world: World) -> None:
    world.create(world.task("1"), BREAKER)
    world.update(taskDefinition=world.task("2", Fault.STUCK))
    stuck = world.service()["deployments"][0]["id"]
    world.update(taskDefinition=world.task("3"))
    latest = world.service()["deployments"][0]["id"]
    assert (stuck, _stopped_by(latest)) in _reasons(world)


def test_tasks_that_have_run_show_when_they_started(world: World) -> None:
    world.create(world.task("1"), BREAKER)
    world.update(taskDefinition=world.task("2", Fault.STUCK))
    started = {task["lastStatus"]: task.get("startedAt") for task in world.tasks()}
    assert started["PENDING"] is None
    assert started["RUNNING"] <= world.service()["deployments"][0]["createdAt"]
    world.update(taskDefinition=world.task("3", push=False))
    world.finished()
    stops = {task["stopCode"]: task for task in world.tasks("STOPPED")}
    assert "startedAt" not in stops["TaskFailedToStart"]
    assert all(task["startedAt"] <= task["stoppedAt"] for task in world.tasks("STOPPED") if "startedAt" in task)


def test_service_with_capacity_providers_has_no_launch_type(world: World) -> None:
    world.create(world.task("1"), BREAKER)
    assert world.service()["launchType"] == "FARGATE"
    strategy = [{"capacityProvider": "FARGATE", "weight": 1}]
    world.update(capacityProviderStrategy=strategy, forceNewDeployment=True)
    service = world.service()
    assert "launchType" not in service
    assert ["launchType" in one for one in service["deployments"]] == [False]


def test_revisions_of_deleted_task_definitions_get_no_second_life(world: World) -> None:
    revisions = [world.task("1"), world.task("2")]
    for revision in revisions:
        world.ecs.deregister_task_definition(taskDefinition=revision)
    world.ecs.delete_task_definitions(taskDefinitions=revisions)
    new = world.task("1", push=False)
    assert new.endswith("/app:3")
    assert world.ecs.describe_task_definition(taskDefinition="app")["taskDefinition"]["taskDefinitionArn"] == new
    assert world.task("3").endswith("/app:4")
