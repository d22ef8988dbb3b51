"""What operators do, on the sandbox: a new version, a secret, a mistake; and what goes wrong around them."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.account import process as account
from tests.support.live import LiveSandbox, live_sandbox

POOL = "us-east-1_Sup3rS3cret"
OTHER_POOL = "us-east-1_An0therS3cret"
FAMILY = "voiceter-backend-dev"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSandbox]:
    with live_sandbox(tmp_path_factory.mktemp("operations")) as sandbox:
        sandbox.up("dev")
        yield sandbox


def revisions(sandbox: LiveSandbox) -> list[str]:
    return sandbox.client("ecs").list_task_definitions(familyPrefix=FAMILY, status="ACTIVE")["taskDefinitionArns"]


def running(sandbox: LiveSandbox) -> dict[str, Any]:
    """The container definition of the revision that the service is to run."""
    ecs = sandbox.client("ecs")
    (service,) = ecs.describe_services(cluster="voiceter-cluster-dev", services=[FAMILY])["services"]
    task = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    return task["containerDefinitions"][0]


def test_a_new_version_is_one_revision_and_the_old_one_stays(sandbox: LiveSandbox) -> None:
    before = revisions(sandbox)
    sandbox.succeeded(sandbox.command("image", "dev", "1.4.2"))
    sandbox.succeeded(sandbox.shell("pulumi config set imageTag 1.4.2 -s dev"))
    plan = json.loads(sandbox.succeeded(sandbox.shell("pulumi preview -s dev --json --non-interactive")))
    changed = {step["urn"].partition("$aws:")[2] for step in plan["steps"] if step["op"] not in ("same", "read")}
    assert changed == {"ecs/taskDefinition:TaskDefinition::task", "ecs/service:Service::service"}
    sandbox.succeeded(sandbox.shell("pulumi up -s dev --yes --non-interactive"))
    after = revisions(sandbox)
    assert set(before) < set(after)
    assert len(after) == len(before) + 1
    assert running(sandbox)["image"].endswith(":1.4.2")


def test_a_secret_is_injected_by_version_and_never_in_the_clear(sandbox: LiveSandbox) -> None:
    def set_to(value: str) -> tuple[str, str]:
        output = sandbox.succeeded(
            sandbox.shell(
                f"""
                pulumi config set --secret --path secrets.COGNITO_USER_POOL_ID {value} -s dev
                pulumi config set enableAuth true -s dev
                pulumi up -s dev --yes --diff --non-interactive
                """
            )
        )
        (injected,) = running(sandbox)["secrets"]
        assert injected["name"] == "COGNITO_USER_POOL_ID"
        arn, version = injected["valueFrom"].rsplit(":::", 1)
        found = sandbox.client("secretsmanager").get_secret_value(SecretId=arn, VersionId=version)
        assert found["SecretString"] == value
        return output, version

    first_output, first = set_to(POOL)
    second_output, second = set_to(OTHER_POOL)
    assert first != second
    everything = first_output + second_output + sandbox.state("dev") + json.dumps(running(sandbox))
    everything += (sandbox.home / "project" / "Pulumi.dev.yaml").read_text()
    everything += "".join(path.read_text() for path in (sandbox.home / "state").rglob("*.json*") if path.is_file())
    for value in (POOL, OTHER_POOL):
        assert value not in everything


def test_all_mistakes_come_in_one_message_and_nothing_is_made(sandbox: LiveSandbox) -> None:
    run = sandbox.shell(
        """
        pulumi stack init wrong
        pulumi config set aws:region eu-west-1 -s wrong
        pulumi config set cpu 1000 -s wrong
        pulumi config set vpcCidr 8.8.0.0/16 -s wrong
        pulumi config set minCount 5 -s wrong
        pulumi config set logRetentionDays 31 -s wrong
        pulumi config set domainName voice.example.com -s wrong
        pulumi config set imagTag 1.0 -s wrong
        pulumi up -s wrong --yes --non-interactive
        """
    )
    assert run.status != 0
    assert "Traceback" not in run.output
    for key in ("aws:region", "cpu", "vpcCidr", "minCount", "logRetentionDays", "hostedZoneId", "imagTag"):
        assert any(line.strip().startswith(key) for line in run.output.splitlines()), key
    assert "the nearest one is imageTag" in run.output
    assert [item for item in sandbox.resources("wrong") if item["type"] != "pulumi:pulumi:Stack"] == []


def test_an_image_that_the_registry_lacks_is_found_before_the_service_is_touched(sandbox: LiveSandbox) -> None:
    before = running(sandbox)
    run = sandbox.shell("pulumi config set imageTag 9.9.9 -s dev; pulumi preview -s dev --non-interactive")
    sandbox.succeeded(sandbox.shell("pulumi config set imageTag 1.4.2 -s dev"))
    assert run.status != 0
    assert "imageTag = '9.9.9'" in run.output
    assert "Traceback" not in run.output
    assert running(sandbox) == before


def test_objects_and_drift_are_mended(sandbox: LiveSandbox) -> None:
    logs = sandbox.client("logs")
    logs.put_retention_policy(logGroupName="/ecs/voiceter-backend-dev", retentionInDays=1)
    sandbox.client("iam").delete_role_policy(RoleName="voiceter-backend-task-role-dev", PolicyName="task")
    seen = sandbox.succeeded(sandbox.shell("pulumi refresh -s dev --preview-only --non-interactive"))
    assert "~  aws:cloudwatch:LogGroup containers update [diff: ~retentionInDays]" in seen
    assert "-  aws:iam:RolePolicy task delete" in seen
    sandbox.succeeded(sandbox.shell("pulumi up -s dev --refresh --yes --non-interactive"))
    (group,) = logs.describe_log_groups(logGroupNamePrefix="/ecs/voiceter-backend-dev")["logGroups"]
    assert group["retentionInDays"] == 7
    sandbox.client("iam").get_role_policy(RoleName="voiceter-backend-task-role-dev", PolicyName="task")


def test_a_dead_account_is_noticed_and_built_anew(sandbox: LiveSandbox) -> None:
    """Last in this module."""
    found = account.recorded(sandbox.layout)
    assert found is not None
    os.kill(found.pid, signal.SIGKILL)
    noticed = sandbox.command("preview", "dev")
    assert noticed.status == 1
    assert "all that was in it is gone" in noticed.output
    assert "make up STACK=dev" in noticed.output
    output = sandbox.up("dev")
    assert "building it anew" in output
    assert len(sandbox.client("dynamodb").list_tables()["TableNames"]) == 4
    sandbox.succeeded(sandbox.shell("pulumi up -s dev --yes --non-interactive --expect-no-changes"))
