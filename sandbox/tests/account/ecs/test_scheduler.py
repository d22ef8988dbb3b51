"""The deployments of a service: good, failed, stuck and slow ones."""

from __future__ import annotations

import pytest

from sandbox.account.ecs import scheduler
from sandbox.stand_in import Fault
from sandbox.tests.account.world import BREAKER, TimedWorld, stopped_by


def test_new_task_definition_replaces_every_task_and_names_the_deployment_that_stopped_them(world: TimedWorld) -> None:
    world.create(world.task("1"), BREAKER)
    old, _ = world.targets()
    first_tasks = {task["taskArn"] for task in world.tasks()}
    ids = [world.primary()["id"]]
    for tag in ("2", "3"):
        new = world.task(tag)
        world.update(taskDefinition="app")  # a family stands for its latest revision
        assert world.service()["taskDefinition"] == new
        ids.append(world.primary()["id"])
    assert len(world.targets()[0]) == 2
    assert not {*old} & {*world.targets()[0]}
    latest, before, _ = world.deployments()
    assert (latest["status"], before["status"]) == ("SUCCESSFUL", "SUCCESSFUL")
    assert latest["sourceServiceRevisions"][0]["arn"] == before["targetServiceRevision"]["arn"]
    first, second, third = ids
    assert sorted(world.reasons()) == sorted([(second, stopped_by(third))] * 2 + [(first, stopped_by(second))] * 2)
    stopped = {task["taskArn"] for task in world.tasks("STOPPED")}
    assert len(stopped) == 4
    assert first_tasks < stopped


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
    before, stable, tasks = world.targets(), world.primary(), {task["taskArn"] for task in world.tasks()}
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
    assert world.primary()["rolloutState"] == "FAILED"
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
    stuck = world.primary()
    assert world.finished()["status"] == "IN_PROGRESS"
    started = {task["lastStatus"]: task.get("startedAt") for task in world.tasks()}
    assert started["PENDING"] is None
    assert started["RUNNING"] <= stuck["createdAt"]
    world.update(taskDefinition=world.task("3"))
    assert [one["status"] for one in world.deployments()] == ["SUCCESSFUL", "STOPPED", "SUCCESSFUL"]
    assert (stuck["id"], stopped_by(world.primary()["id"])) in world.reasons()


def interfaces(world: TimedWorld) -> list[str]:
    """Returns the states of the network interfaces of tasks that stop or have stopped."""
    return [one["status"] for task in world.tasks("STOPPED") for one in task["attachments"]]


def test_old_tasks_run_beside_those_of_a_slow_image_until_they_have_drained_or_a_deployment_starts(
    world: TimedWorld,
) -> None:
    world.create(world.task("1"), BREAKER)
    before = world.targets()
    world.update(taskDefinition=world.task("2", Fault.SLOW))
    assert world.running() == [0, 2]
    assert {task["lastStatus"] for task in world.tasks()} == {"RUNNING", "PENDING"}
    assert world.targets() == before
    world.seconds += scheduler.SLOW_SECONDS
    assert world.running() == [2, 2]
    assert (world.service()["runningCount"], world.service()["pendingCount"]) == (4, 0)
    assert world.deployments()[0]["status"] == "IN_PROGRESS"
    assert {task["lastStatus"] for task in world.tasks()} == {"RUNNING"}
    assert {task["lastStatus"] for task in world.tasks("STOPPED")} == {"DEACTIVATING"}
    assert {reason for _, reason in world.reasons()} == {stopped_by(world.primary()["id"])}
    assert interfaces(world) == ["ATTACHED"] * 2
    assert not {*before[0]} & {*world.targets()[0]}, "the old tasks have left their target group"
    assert world.finished()["status"] == "SUCCESSFUL"
    assert world.running() == [2]
    assert {task["lastStatus"] for task in world.tasks("STOPPED")} == {"STOPPED"}
    assert interfaces(world) == ["DELETED"] * 2

    world.update(taskDefinition=world.task("3", Fault.SLOW))
    world.update(desiredCount=3)
    world.seconds += scheduler.SLOW_SECONDS
    assert world.running() == [3, 3]
    world.update(taskDefinition=world.task("4"))
    assert [one["status"] for one in world.deployments()] == ["SUCCESSFUL"] * 4
    assert world.running() == [3]
