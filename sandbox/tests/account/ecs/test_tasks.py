"""The tasks of services in ListTasks and DescribeTasks."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from sandbox.stand_in import Fault
from sandbox.tests.account.world import BREAKER, TimedWorld, refused


def test_tasks_are_found_by_family_deployment_service_and_id(world: TimedWorld) -> None:
    world.create(world.task("1"), BREAKER)

    def listed(**filters: str) -> list[str]:
        return world.ecs.list_tasks(cluster="app", **filters)["taskArns"]

    of_service = listed()
    assert len(of_service) == 2
    for selected in ({"family": "app"}, {"startedBy": world.primary()["id"]}, {"serviceName": "app"}):
        assert listed(**selected) == of_service
    for others in ({"family": "ap"}, {"startedBy": "ecs-svc/1"}, {"serviceName": "other"}):
        assert listed(**others) == []
    answer = world.ecs.describe_tasks(cluster="app", tasks=[of_service[0].rpartition("/")[2], "0" * 32])
    assert [task["taskArn"] for task in answer["tasks"]] == of_service[:1]
    assert answer["failures"] == [{"arn": "0" * 32, "reason": "MISSING"}]
    with refused("InvalidParameterException.*Tasks cannot be empty"):
        world.ecs.describe_tasks(cluster="app", tasks=[])
    for call in (world.ecs.list_tasks, partial(world.ecs.describe_tasks, tasks=of_service)):
        with refused("ClusterNotFoundException"):
            call(cluster="other")


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
