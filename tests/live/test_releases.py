"""Releases on the sandbox, as operators make them: out, back, out again, on to the next stack; and ones that fail."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.live import LiveSandbox, Run, live_sandbox

CLUSTER, SERVICE = "voiceter-cluster-dev", "voiceter-backend-dev"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSandbox]:
    with live_sandbox(tmp_path_factory.mktemp("releases")) as sandbox:
        sandbox.up("dev")
        yield sandbox


def operate(sandbox: LiveSandbox, *arguments: str) -> Run:
    """Runs `python -m operations …` in the sandbox's environment, as `make … ON=sandbox` does."""
    run = sandbox.shell(shlex.join(["python", "-m", "operations", *arguments]))
    assert "Traceback" not in run.output, run.output
    return run


def release(sandbox: LiveSandbox, tag: str, fault: str = "") -> Run:
    """A new image, and an `up` with it."""
    sandbox.succeeded(sandbox.command("image", "dev", tag, *(["--fault", fault] if fault else [])))
    return sandbox.shell(
        f"pulumi config set imageTag {tag} -s dev; pulumi up -s dev --yes --skip-preview --non-interactive"
    )


def service(sandbox: LiveSandbox) -> dict[str, Any]:
    return sandbox.client("ecs").describe_services(cluster=CLUSTER, services=[SERVICE])["services"][0]


def running(sandbox: LiveSandbox) -> str:
    """The tag of the image that the service runs."""
    (primary,) = service(sandbox)["deployments"]
    answer = sandbox.client("ecs").describe_task_definition(taskDefinition=primary["taskDefinition"])
    return answer["taskDefinition"]["containerDefinitions"][0]["image"].rpartition(":")[2]


def targets(sandbox: LiveSandbox) -> list[str]:
    """The addresses behind the load balancer, all of them healthy."""
    elb = sandbox.client("elbv2")
    (entry,) = service(sandbox)["loadBalancers"]
    found = elb.describe_target_health(TargetGroupArn=entry["targetGroupArn"])["TargetHealthDescriptions"]
    assert {one["TargetHealth"]["State"] for one in found} == {"healthy"}
    return [one["Target"]["Id"] for one in found]


def unchanged(sandbox: LiveSandbox) -> None:
    sandbox.succeeded(sandbox.shell("pulumi up -s dev --refresh --yes --non-interactive --expect-no-changes"))


def test_a_release_is_verified_and_its_tasks_are_new(sandbox: LiveSandbox) -> None:
    before = targets(sandbox)
    sandbox.succeeded(release(sandbox, "1.0.0"))
    run = operate(sandbox, "verify", "dev")
    assert run.status == 0, run.output
    assert run.output.startswith("dev on the sandbox (ON=aws: ")
    assert "OK: the service runs voiceter-backend-dev:2" in run.output
    assert running(sandbox) == "1.0.0"
    assert len(targets(sandbox)) == service(sandbox)["desiredCount"] == 1
    assert not set(before) & set(targets(sandbox))


def test_the_same_version_again_leaves_the_stack_as_it_is(sandbox: LiveSandbox) -> None:
    before, tasks = service(sandbox), targets(sandbox)
    output = sandbox.succeeded(operate(sandbox, "redeploy", "dev"))
    assert "voiceter-backend-dev:2 again" in output
    assert "make verify STACK=dev" in output
    assert service(sandbox)["deployments"][0]["id"] != before["deployments"][0]["id"]
    assert service(sandbox)["taskDefinition"] == before["taskDefinition"]
    assert not set(tasks) & set(targets(sandbox))
    sandbox.succeeded(operate(sandbox, "verify", "dev"))
    unchanged(sandbox)


def test_a_release_that_fails_looks_like_one(sandbox: LiveSandbox) -> None:
    before = targets(sandbox)
    run = release(sandbox, "1.1.0", "unhealthy")
    assert run.status != 0
    assert "Service deployment rolled back because the circuit breaker threshold was exceeded." in run.output
    assert "(reason Health checks failed)" in run.output
    verified = operate(sandbox, "verify", "dev")
    assert verified.status == 1
    assert "ROLLED BACK: " in verified.output
    assert "deployment failed: tasks failed to start." in verified.output
    assert running(sandbox) == "1.0.0"
    assert targets(sandbox) == before


def test_a_failed_release_is_gone_back_from(sandbox: LiveSandbox) -> None:
    output = sandbox.succeeded(operate(sandbox, "rollback", "dev"))
    assert "Going back: dev from 1.1.0 to 1.0.0" in output
    assert "OK: the service runs" in output
    assert running(sandbox) == "1.0.0"
    unchanged(sandbox)


def test_a_mended_release_and_back_past_the_failed_one(sandbox: LiveSandbox) -> None:
    sandbox.succeeded(release(sandbox, "1.2.0"))
    output = sandbox.succeeded(operate(sandbox, "rollback", "dev"))
    assert "Going back: dev from 1.2.0 to 1.0.0" in output
    assert '"1.2.0" => "1.0.0"' in output, "what changes is shown"
    assert running(sandbox) == "1.0.0"
    again = sandbox.succeeded(operate(sandbox, "rollback", "dev"))
    assert "Going back: dev from 1.0.0 to stand-in" in again, "twice goes further back, never forth"
    last = operate(sandbox, "rollback", "dev")
    assert last.status == 1
    assert "no previous version to go back to" in last.output
    assert running(sandbox) == "stand-in"


def test_a_named_version_is_gone_back_to(sandbox: LiveSandbox) -> None:
    missing = operate(sandbox, "rollback", "dev", "--to", "9.9.9")
    assert missing.status == 1
    assert "TO=9.9.9" in missing.output
    sandbox.succeeded(operate(sandbox, "rollback", "dev", "--to", "1.2.0"))
    assert running(sandbox) == "1.2.0"
    config = json.loads(sandbox.succeeded(sandbox.shell("pulumi config -s dev --json")))
    assert config["voiceter-backend:imageTag"]["value"] == "1.2.0"


def test_a_refused_preview_leaves_the_version_as_it_was(sandbox: LiveSandbox) -> None:
    sandbox.succeeded(sandbox.shell("pulumi config set cpu 1000 -s dev"))
    run = operate(sandbox, "rollback", "dev", "--to", "1.0.0")
    sandbox.succeeded(sandbox.shell("pulumi config set cpu 512 -s dev"))
    assert run.status == 1
    assert "imageTag is 1.2.0 again" in run.output
    assert "1.2.0" in sandbox.succeeded(sandbox.shell("pulumi config get imageTag -s dev"))
    unchanged(sandbox)


def test_a_stuck_release_is_seen_and_another_one_replaces_it(sandbox: LiveSandbox) -> None:
    sandbox.succeeded(sandbox.command("image", "dev", "2.0.0", "--fault", "stuck"))
    run = sandbox.shell(
        """
        pulumi config set imageTag 2.0.0 -s dev
        timeout -s INT 15 pulumi up -s dev --yes --skip-preview --non-interactive
        """
    )
    assert run.status != 0
    verified = operate(sandbox, "verify", "dev", "--wait", "2")
    assert verified.status == 1
    assert "is in progress" in verified.output
    assert "Not over after 2 s." in verified.output
    sandbox.succeeded(release(sandbox, "2.0.1"))
    sandbox.succeeded(operate(sandbox, "verify", "dev"))
    assert running(sandbox) == "2.0.1"


def test_an_image_goes_to_the_next_stack_by_digest(sandbox: LiveSandbox) -> None:
    sandbox.up("staging")
    output = sandbox.succeeded(operate(sandbox, "promote", "dev", "staging", "2.0.1"))
    assert "pulumi config set imageTag 2.0.1 --stack staging" in output
    ecr = sandbox.client("ecr")

    def digest(repository: str) -> str:
        asked = ecr.describe_images(repositoryName=repository, imageIds=[{"imageTag": "2.0.1"}])
        return asked["imageDetails"][0]["imageDigest"]

    assert digest("voiceter-backend-staging") == digest("voiceter-backend-dev")
    again = sandbox.succeeded(operate(sandbox, "promote", "dev", "staging", "2.0.1"))
    assert "holds 2.0.1 already" in again
    refused = operate(sandbox, "promote", "dev", "staging", "stand-in")
    assert refused.status == 1
    assert "Tags are immutable" in refused.output
    sandbox.succeeded(
        sandbox.shell("pulumi config set imageTag 2.0.1 -s staging; pulumi up -s staging --yes --non-interactive")
    )
    sandbox.succeeded(operate(sandbox, "verify", "staging"))


def test_a_count_that_changes_starts_no_deployment(sandbox: LiveSandbox) -> None:
    before = service(sandbox)["deployments"][0]["id"]
    sandbox.client("ecs").update_service(cluster=CLUSTER, service=SERVICE, desiredCount=2)
    assert service(sandbox)["deployments"][0]["id"] == before
    assert len(targets(sandbox)) == 2
    sandbox.succeeded(operate(sandbox, "verify", "dev"))
    unchanged(sandbox)


def test_a_service_that_is_gone_is_said_to_be(sandbox: LiveSandbox) -> None:
    """Last in this module."""
    sandbox.client("ecs").delete_service(cluster=CLUSTER, service=SERVICE, force=True)
    run = operate(sandbox, "verify", "dev")
    assert run.status == 1
    assert "MISSING: there is no such service" in run.output
