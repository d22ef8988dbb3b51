"""A region is a config edit: the documented recipe on the sandbox, stack beside stack in one account."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.support.live import ACCOUNT_ID, LiveSandbox, live_sandbox

REGIONS = ("us-east-1", "us-west-2", "ap-northeast-1", "eu-north-1")
LONG = f"dev-{'quite-'}{'long-' * 14}name"
SERVICE_OUTPUTS = {"serviceName", "taskDefinitionArn", "taskFamily", "containerName"}
PHYSICAL = ("name", "bucket", "identifier")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSandbox]:
    with live_sandbox(tmp_path_factory.mktemp("regions")) as sandbox:
        sandbox.up("prod")
        yield sandbox


def add_region(sandbox: LiveSandbox, region: str) -> str:
    """The recipe of the README, word for word; the new stack's name."""
    stack = f"prod-{region}"
    first = sandbox.succeeded(
        sandbox.shell(
            f"""
            pulumi stack init {stack} --copy-config-from prod
            pulumi config set aws:region {region}
            pulumi config rm imageTag
            pulumi up --yes --non-interactive
            """
        )
    )
    assert "docker push" in first
    assert not SERVICE_OUTPUTS & set(sandbox.outputs(stack))
    sandbox.succeeded(sandbox.command("image", stack, "1.4.2"))
    sandbox.succeeded(
        sandbox.shell(
            """
            pulumi config set imageTag 1.4.2
            pulumi up --yes --non-interactive
            """
        )
    )
    return stack


def names_of(sandbox: LiveSandbox, stack: str) -> set[tuple[str, str]]:
    """Every physical name in a stack's state: (type, name)."""
    return {
        (item["type"], str(item["outputs"][key]))
        for item in sandbox.resources(stack)
        if item.get("custom") and not item["type"].startswith("pulumi:")
        for key in PHYSICAL
        if item["outputs"].get(key)
    }


@pytest.mark.parametrize("region", [region for region in REGIONS if region != "us-east-1"])
def test_a_region_is_added_by_config_alone(sandbox: LiveSandbox, region: str) -> None:
    stack = add_region(sandbox, region)
    outputs = sandbox.outputs(stack)
    assert outputs["region"] == region
    assert outputs["serviceName"] == f"voiceter-backend-{stack}"
    assert outputs["sessionsTableName"] == "demo-sessions"
    assert "us-east-1" not in json.dumps(sandbox.resources(stack))
    sandbox.succeeded(sandbox.shell(f"pulumi up -s {stack} --yes --non-interactive --expect-no-changes"))
    sandbox.succeeded(sandbox.shell("pulumi up -s prod --yes --non-interactive --expect-no-changes"))

    (service,) = sandbox.client("ecs", region).describe_services(
        cluster=f"voiceter-cluster-{stack}", services=[f"voiceter-backend-{stack}"]
    )["services"]
    assert service["status"] == "ACTIVE"
    # Names of things that are global in the account, or in all of AWS, are each stack's own.
    global_types = ("aws:iam/role:Role", "aws:s3/bucket:Bucket")
    own = {pair for pair in names_of(sandbox, stack) if pair[0] in global_types}
    prod = {pair for pair in names_of(sandbox, "prod") if pair[0] in global_types}
    assert len(own) == len(prod) == 3
    assert not own & prod


def test_stacks_of_one_account_and_region_share_no_name(sandbox: LiveSandbox) -> None:
    output = sandbox.up("staging")
    assert "staging is up" in output
    staging, prod = names_of(sandbox, "staging"), names_of(sandbox, "prod")
    assert len(staging) > 15
    # Logical names that reach AWS inside a stack's own objects: policies of its own roles, records of its own domain.
    inside = {pair for pair in staging & prod if pair[0] in ("aws:iam/rolePolicy:RolePolicy",)}
    assert staging & prod == inside


def test_a_copied_value_of_the_old_region_is_named_before_anything_is_made(sandbox: LiveSandbox) -> None:
    certificate = sandbox.client("acm").request_certificate(DomainName="voiceter.example")["CertificateArn"]
    secret = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT_ID}:secret:pool-AbC123"
    guardrail = f"arn:aws:bedrock:us-east-1:{ACCOUNT_ID}:guardrail/abc123def456"
    prompt = f"arn:aws:bedrock:us-east-1:{ACCOUNT_ID}:prompt/ABCDE12345"
    run = sandbox.shell(
        f"""
        pulumi stack init test-us-west-2
        pulumi config set aws:region us-west-2
        pulumi config set certificateArn {certificate}
        pulumi config set --plaintext --path secretArns.POOL {secret}
        pulumi config set --path 'guardrailArns[0]' {guardrail}
        pulumi config set --path 'promptArns[0]' {prompt}
        pulumi config set imageTag 1.4.2
        pulumi up --yes --non-interactive
        """
    )
    assert run.status != 0
    assert "Traceback" not in run.output
    assert "has 5 mistakes; nothing was changed" in run.output
    for key in ("certificateArn", "secretArns.POOL", "guardrailArns[0]", "promptArns[0]", "imageTag"):
        assert f"  {key}" in run.output
    assert [item for item in sandbox.resources("test-us-west-2") if item["type"].startswith("aws:")] == []
    sandbox.client("acm").delete_certificate(CertificateArn=certificate)


def test_a_stack_with_a_long_name_comes_up(sandbox: LiveSandbox) -> None:
    assert len(LONG) > 64
    sandbox.succeeded(sandbox.shell(f"pulumi stack init {LONG}; pulumi config set aws:region us-east-1 -s {LONG}"))
    output = sandbox.up(LONG)
    assert f"{LONG} is up" in output
    outputs = sandbox.outputs(LONG)
    assert len(outputs["recordingsBucketName"]) <= 63
    assert len(outputs["taskRoleArn"].rpartition("/")[2]) <= 64
    sandbox.succeeded(sandbox.shell(f"pulumi up -s {LONG} --yes --non-interactive --expect-no-changes"))


def test_taking_one_region_down_leaves_the_others_whole(sandbox: LiveSandbox) -> None:
    """Last in this module."""
    for stack in (LONG, "staging", "prod"):
        sandbox.succeeded(sandbox.command("down", stack))
    refresh = "pulumi refresh -s prod-eu-north-1 --yes --non-interactive --expect-no-changes"
    sandbox.succeeded(sandbox.shell(refresh))
    for region in REGIONS[1:]:
        sandbox.succeeded(sandbox.command("down", f"prod-{region}"))
    for region in REGIONS:
        assert sandbox.holdings(region) == {}
