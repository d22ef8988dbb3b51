"""Releases on a stack that is up: deploy, verify, deploy again, roll back; and deployments that fail.

The tests are one story and run in this order. The first ones follow the transcripts of docs/releases.md.
"""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.live.harness import DEADLINE_SECONDS, ROOT, succeeded
from tests.live.stack import Stack
from tests.live.transcripts import FAILED_RELEASE, REDEPLOY, RELEASE, ROLLBACK, changes_shown, follow, without_update
from tests.support.commands import blocks

pytestmark = pytest.mark.live


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


def test_release_is_one_more_revision_with_new_tasks(dev: Stack, tmp_path: Path) -> None:
    tasks, revisions, started = targets(dev), dev.revisions(), dev.service_deployments()
    succeeded(dev.sandbox.command("image", "dev", "1.4.2"))  # `make image`
    dev.sandbox.succeeds("pulumi stack select dev")
    (with_an_image,) = [block for block in blocks("README.md") if block.code.startswith("pulumi config set imageTag")]
    # The transcript starts with the command that is left out.
    succeeded(dev.sandbox.types(without_update(with_an_image.code), tmp_path))
    output = follow(dev.sandbox, tmp_path, RELEASE)
    assert changes_shown(output) == {"ecs:TaskDefinition task": "++", "ecs:Service service": "~"}
    assert "OK: the service runs voiceter-backend-dev:" in output
    assert running(dev) == "1.4.2"
    assert set(revisions) < set(dev.revisions())
    assert len(dev.revisions()) == len(revisions) + 1
    assert len(dev.service_deployments()) == len(started) + 1
    assert len(targets(dev)) == dev.service()["desiredCount"] == 1
    assert not set(tasks) & set(targets(dev))


def test_redeploy_replaces_the_tasks_and_changes_nothing_else(dev: Stack, tmp_path: Path) -> None:
    before, tasks = dev.service(), targets(dev)
    output = follow(dev.sandbox, tmp_path, REDEPLOY)
    assert "voiceter-backend-dev:" in output
    assert "make verify STACK=dev ON=sandbox" in output
    assert dev.service()["deployments"][0]["id"] != before["deployments"][0]["id"]
    assert dev.service()["taskDefinition"] == before["taskDefinition"]
    assert not set(tasks) & set(targets(dev))


def test_failed_release_is_rolled_back_by_ecs_and_reported_as_failed(dev: Stack, tmp_path: Path) -> None:
    before = targets(dev)
    dev.sandbox.image("dev", "1.5.0", "unhealthy")
    dev.sandbox.set("dev", imageTag="1.5.0")
    output = follow(dev.sandbox, tmp_path, FAILED_RELEASE)
    assert "Service deployment rolled back because the circuit breaker threshold was exceeded." in output
    assert "(reason Health checks failed)" in output
    assert "deployment failed: tasks failed to start." in output
    assert running(dev) == "1.4.2"
    assert targets(dev) == before


def test_rollback_of_a_failed_release_restores_the_version_that_still_runs(dev: Stack, tmp_path: Path) -> None:
    follow(dev.sandbox, tmp_path, ROLLBACK)
    assert running(dev) == dev.sandbox.config("dev").get("imageTag") == "1.4.2"


def test_rollback_from_a_version_that_was_never_deployed_goes_to_the_running_one(dev: Stack) -> None:
    """A rollback of a locked stack puts the stack file back, so the next one goes to the same version."""
    dev.sandbox.set("dev", imageTag="9.9.9")
    with dev.sandbox.locked("dev"):
        output = refused(dev, "rollback", "dev")
    assert "Pulumi.dev.yaml has 9.9.9, the last update deployed 1.4.2, the service runs 1.4.2." in output
    assert "dev from 9.9.9 to 1.4.2" in output
    assert "the stack is currently locked by 1 lock(s)" in output
    assert "The history of dev has no new update, and imageTag is 9.9.9 again." in output
    assert dev.sandbox.config("dev").get("imageTag") == "9.9.9"
    assert running(dev) == "1.4.2"


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
    assert "Pulumi.dev.yaml has 2.0.0, the last update deployed 2.0.0, the service runs 1.4.2." in output
    assert "dev from 2.0.0 to 1.4.2" in output
    assert "dev is back on 1.4.2." in output
    assert running(dev) == "1.4.2"
    verdict = json.loads(operated(dev, "verify", "dev", "--json"))
    assert (verdict["outcome"], verdict["figures"]["tasks"]) == ("good", "1 running, 0 pending, 1 desired")


def test_rollback_to_a_named_version_keeps_the_count(dev: Stack) -> None:
    """The last test of this file: the stack has its committed config again."""
    deployment = dev.service()["deployments"][0]["id"]
    dev.client("ecs").update_service(**dev.its_service, desiredCount=2)
    assert dev.service()["deployments"][0]["id"] == deployment
    assert "TO=9.9.9" in refused(dev, "rollback", "dev", "--to", "9.9.9")
    output = operated(dev, "rollback", "dev", "--to", "stand-in")
    assert "dev from 1.4.2 to stand-in" in output
    assert '"1.4.2" => "stand-in"' in output, "the preview is shown"
    assert "OK: the service runs" in output
    assert running(dev) == dev.sandbox.config("dev").get("imageTag") == "stand-in"
    assert len(targets(dev)) == dev.service()["desiredCount"] == 2
