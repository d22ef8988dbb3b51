"""Releases on a stack that is up: deploy, verify, deploy again, roll back; and deployments that fail."""

from __future__ import annotations

import json
import signal
import subprocess
import time

import pytest

from tests.live.harness import DEADLINE_SECONDS, ROOT, Run, succeeded
from tests.live.stack import Stack

pytestmark = pytest.mark.live


def release(dev: Stack, tag: str, fault: str = "") -> Run:
    """Pushes an image and deploys it."""
    dev.sandbox.image("dev", tag, fault)
    dev.sandbox.set("dev", imageTag=tag)
    return dev.sandbox.update("dev")


def running(dev: Stack) -> str:
    """The tag of the image that the service runs."""
    (primary,) = dev.service()["deployments"]
    answer = dev.client("ecs").describe_task_definition(taskDefinition=primary["taskDefinition"])
    digest = answer["taskDefinition"]["containerDefinitions"][0]["image"].partition("@")[2]
    found = dev.client("ecr").describe_images(repositoryName="voiceter-backend-dev", imageIds=[{"imageDigest": digest}])
    return found["imageDetails"][0]["imageTags"][0]


def targets(dev: Stack) -> list[str]:
    """The addresses behind the load balancer, all of them healthy."""
    (entry,) = dev.service()["loadBalancers"]
    answer = dev.client("elbv2").describe_target_health(TargetGroupArn=entry["targetGroupArn"])
    found = answer["TargetHealthDescriptions"]
    assert {one["TargetHealth"]["State"] for one in found} == {"healthy"}
    return [one["Target"]["Id"] for one in found]


def operated(dev: Stack, *arguments: str) -> str:
    return succeeded(dev.sandbox.operate(*arguments))


def refused(dev: Stack, *arguments: str) -> str:
    """The output of an operation that ends with an error."""
    run = dev.sandbox.operate(*arguments)
    assert run.status == 1, run.output
    return run.output


def test_release_is_one_more_revision_with_new_tasks(dev: Stack) -> None:
    tasks, revisions = targets(dev), dev.revisions()
    succeeded(dev.sandbox.command("image", "dev", "1.0.0"))  # `make image`
    dev.sandbox.set("dev", imageTag="1.0.0")
    assert dev.sandbox.changed("dev") == {
        "ecs/taskDefinition:TaskDefinition task": "replace",
        "ecs/service:Service service": "update",
    }
    output = operated(dev, "verify", "dev")
    assert "OK: the service runs voiceter-backend-dev:" in output
    assert running(dev) == "1.0.0"
    assert set(revisions) < set(dev.revisions())
    assert len(dev.revisions()) == len(revisions) + 1
    assert len(targets(dev)) == dev.service()["desiredCount"] == 1
    assert not set(tasks) & set(targets(dev))


def test_redeploy_replaces_the_tasks_and_changes_nothing_else(dev: Stack) -> None:
    before, tasks = dev.service(), targets(dev)
    output = operated(dev, "redeploy", "dev")
    assert "voiceter-backend-dev:" in output
    assert "make verify STACK=dev ON=sandbox" in output
    assert dev.service()["deployments"][0]["id"] != before["deployments"][0]["id"]
    assert dev.service()["taskDefinition"] == before["taskDefinition"]
    assert not set(tasks) & set(targets(dev))


def test_failed_release_is_rolled_back_by_ecs_and_reported_as_failed(dev: Stack) -> None:
    before = targets(dev)
    run = release(dev, "1.1.0", "unhealthy")
    assert run.status != 0
    assert "Service deployment rolled back because the circuit breaker threshold was exceeded." in run.output
    assert "(reason Health checks failed)" in run.output
    verified = refused(dev, "verify", "dev")
    assert "ROLLED BACK: " in verified
    assert "deployment failed: tasks failed to start." in verified
    assert running(dev) == "1.0.0"
    assert targets(dev) == before


def test_rollback_skips_the_version_whose_update_failed(dev: Stack) -> None:
    succeeded(release(dev, "1.2.0"))
    output = operated(dev, "rollback", "dev")
    assert "dev from 1.2.0 to 1.0.0" in output
    assert running(dev) == dev.sandbox.config("dev").get("imageTag") == "1.0.0"


def test_rollback_to_a_named_version_keeps_the_count(dev: Stack) -> None:
    deployment = dev.service()["deployments"][0]["id"]
    dev.client("ecs").update_service(**dev.its_service, desiredCount=2)
    assert dev.service()["deployments"][0]["id"] == deployment
    assert "TO=9.9.9" in refused(dev, "rollback", "dev", "--to", "9.9.9")
    output = operated(dev, "rollback", "dev", "--to", "stand-in")
    assert "dev from 1.0.0 to stand-in" in output
    assert '"1.0.0" => "stand-in"' in output, "the preview is shown"
    assert "OK: the service runs" in output
    assert running(dev) == dev.sandbox.config("dev").get("imageTag") == "stand-in"
    assert len(targets(dev)) == dev.service()["desiredCount"] == 2


def test_rollback_from_a_version_that_was_never_deployed_goes_to_the_running_one(dev: Stack) -> None:
    """A rollback of a locked stack puts the stack file back, so the next one goes to the same version."""
    dev.sandbox.set("dev", imageTag="9.9.9")
    with dev.sandbox.locked("dev"):
        output = refused(dev, "rollback", "dev")
    assert "Pulumi.dev.yaml has 9.9.9, the last update deployed stand-in, the service runs stand-in." in output
    assert "dev from 9.9.9 to stand-in" in output
    assert "the stack is currently locked by 1 lock(s)" in output
    assert "The history of dev has no new update, and imageTag is 9.9.9 again." in output
    assert dev.sandbox.config("dev").get("imageTag") == "9.9.9"
    assert running(dev) == "stand-in"


def interrupt_an_update(dev: Stack) -> None:
    """Runs `pulumi up` and presses Ctrl-C while ECS deploys."""
    up = "pulumi up -s dev --yes --skip-preview --non-interactive"
    with subprocess.Popen(["/bin/sh", "-c", f'. "{dev.sandbox.home}/env"; exec {up}'], cwd=ROOT) as process:  # noqa: S603
        while all(deployment["rolloutState"] != "IN_PROGRESS" for deployment in dev.service()["deployments"]):
            assert process.poll() is None
            time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        assert process.wait(DEADLINE_SECONDS) != 0


def test_rollback_of_a_stuck_release_restores_the_version_that_it_replaces(dev: Stack) -> None:
    dev.sandbox.image("dev", "2.0.0", "stuck")
    dev.sandbox.set("dev", imageTag="2.0.0")
    interrupt_an_update(dev)
    verified = refused(dev, "verify", "dev", "--wait", "2")
    assert "is in progress" in verified
    assert "Not over after 2 s." in verified
    output = operated(dev, "rollback", "dev")
    assert "Pulumi.dev.yaml has 2.0.0, the last update deployed 2.0.0, the service runs stand-in." in output
    assert "dev from 2.0.0 to stand-in" in output
    assert "dev is back on stand-in." in output
    assert running(dev) == "stand-in"
    verdict = json.loads(operated(dev, "verify", "dev", "--json"))
    assert (verdict["outcome"], verdict["figures"]["tasks"]) == ("good", "2 running, 0 pending, 2 desired")
