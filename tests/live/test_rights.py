"""Rights that a release takes away: running revisions keep them until a release without them has succeeded."""

from __future__ import annotations

from typing import Any

import pytest

from tests.live.harness import ACCOUNT_ID, Stack, succeeded
from tests.live.watch import US_PROFILES_LEAD_TO, Watch

pytestmark = pytest.mark.live

OLD_MODEL = "amazon.nova-2-sonic-v1:0"
NEW_MODEL = "amazon.nova-micro-v1:0"  # a stand-in, as Bedrock has one speech model
EXTRA = "us.amazon.nova-2-lite-v1:0"  # an inference profile
PROMPT = "arn:aws:bedrock:us-east-1:123456789012:prompt/0123456789"


def policies(dev: Stack, use: str) -> dict[str, Any]:
    """The inline policies of a role: name without the digits that the provider adds -> statement."""
    iam, role = dev.client("iam"), dev.named(f"voiceter-backend-{use}-role")
    found: dict[str, Any] = {}
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        (statement,) = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]["Statement"]
        found.setdefault(name.rpartition("-")[0], []).append(statement["Resource"])
    return found


def resources(dev: Stack, use: str, name: str) -> set[str]:
    """The ARNs that the policies of that name grant."""
    return {arn for granted in policies(dev, use).get(name, []) for arn in granted}


def models(dev: Stack) -> set[str]:
    return {arn.rpartition("/")[2] for arn in resources(dev, "task", "task-BedrockSpeech")}


def secrets(dev: Stack) -> set[str]:
    """The variables whose secrets the execution role may read."""
    return {arn.rpartition("/")[2].partition("-")[0] for arn in resources(dev, "execution", "execution-Secrets")}


def set_secret(dev: Stack, name: str) -> None:
    dev.sandbox.succeeds(f"echo value | pulumi config set --secret --path secrets.{name} -s dev")


def fail(dev: Stack, *options: str) -> None:
    """`pulumi up` of a version that never becomes healthy, which ECS rolls back."""
    run = dev.sandbox.update("dev", *options)
    assert run.status != 0, run.output
    assert "circuit breaker" in run.output, run.output


@pytest.fixture(scope="module")
def rich(dev: Stack) -> Stack:
    """The stack dev with two secrets, Redis, tracing, a shell, an inference profile and a prompt."""
    for name in ("FIRST", "SECOND"):
        set_secret(dev, name)
    dev.sandbox.succeeds("openssl rand -hex 32 | pulumi config set --secret redisAuthToken -s dev")
    dev.sandbox.set("dev", redisEnabled="true", enableXrayTracing="true", enableExec="true")
    dev.sandbox.succeeds(f"pulumi config set --path 'extraModelIds[0]' {EXTRA} -s dev")
    dev.sandbox.succeeds(f"pulumi config set --path 'environment.NLP_MODEL_ID' {EXTRA} -s dev")
    dev.sandbox.succeeds(f"pulumi config set --path 'promptArns[0]' {PROMPT} -s dev")
    dev.sandbox.succeeds(f"pulumi config set --path 'environment.NLP_PROMPT_ARN' {PROMPT} -s dev")
    dev.sandbox.updated("dev")
    dev.sandbox.image("dev", "bad-1", "unhealthy")
    dev.sandbox.image("dev", "good-1")
    return dev


def take_everything_away(dev: Stack) -> None:
    dev.sandbox.succeeds("pulumi config rm --path secrets.SECOND -s dev")
    dev.sandbox.set(
        "dev",
        bedrockModelId=NEW_MODEL,
        redisEnabled="false",
        enableXrayTracing="false",
        enableExec="false",
        tablePrefix="other-",
    )
    dev.sandbox.remove("dev", "extraModelIds", "promptArns", "environment")


def test_inference_profile_grants_its_model_where_it_leads(rich: Stack) -> None:
    profile = f"arn:aws:bedrock:us-east-1:{ACCOUNT_ID}:inference-profile/{EXTRA}"
    assert resources(rich, "task", "task-BedrockConverse") == {profile}
    assert resources(rich, "task", "task-BedrockProfiles") == {
        f"arn:aws:bedrock:{region}::foundation-model/amazon.nova-2-lite-v1:0" for region in US_PROFILES_LEAD_TO
    }


def test_failed_release_takes_no_right_away(rich: Stack) -> None:
    secrets_before = {secret["ARN"] for secret in rich.client("secretsmanager").list_secrets()["SecretList"]}
    take_everything_away(rich)
    rich.sandbox.set("dev", imageTag="bad-1")
    with Watch(rich):
        fail(rich)
    assert secrets(rich) == {"FIRST", "SECOND", "REDIS_URL"}
    assert models(rich) == {OLD_MODEL, NEW_MODEL}
    assert {"task-XRay", "task-EcsExec", "task-BedrockPrompts"} < set(policies(rich, "task"))
    secrets_after = {secret["ARN"] for secret in rich.client("secretsmanager").list_secrets()["SecretList"]}
    assert secrets_before <= secrets_after
    assert rich.client("elasticache").describe_replication_groups()["ReplicationGroups"]


def test_update_without_a_change_after_a_failed_release_fails_and_takes_no_right_away(rich: Stack) -> None:
    deployments = len(rich.service()["events"])
    with Watch(rich):
        output = rich.sandbox.refuses("pulumi up -s dev --yes --skip-preview --non-interactive")
    assert "ECS rolled the last deployment back" in output
    assert "pulumi up --refresh" in output
    assert len(rich.service()["events"]) == deployments, "the provider finds no difference, and calls nothing"
    assert secrets(rich) == {"FIRST", "SECOND", "REDIS_URL"}
    assert models(rich) == {OLD_MODEL, NEW_MODEL}


def test_failed_release_that_is_tried_again_takes_no_right_away(rich: Stack) -> None:
    with Watch(rich):
        fail(rich, "--refresh")
    assert secrets(rich) == {"FIRST", "SECOND", "REDIS_URL"}
    assert models(rich) == {OLD_MODEL, NEW_MODEL}


def test_successful_release_takes_the_rights_away_at_its_end(rich: Stack) -> None:
    rich.sandbox.set("dev", imageTag="good-1")
    with Watch(rich):
        rich.sandbox.updated("dev")
    assert secrets(rich) == {"FIRST"}
    assert models(rich) == {NEW_MODEL}
    names = policies(rich, "task")
    assert not {"task-XRay", "task-EcsExec", "task-BedrockPrompts"} & set(names)
    assert all(len(granted) == 1 for granted in names.values())
    assert not rich.client("elasticache").describe_replication_groups()["ReplicationGroups"]
    rich.sandbox.unchanged("dev")


def test_config_that_is_set_back_after_a_failure_restores_the_grants(rich: Stack) -> None:
    rich.sandbox.set("dev", bedrockModelId=OLD_MODEL, imageTag="bad-1")
    with Watch(rich):
        fail(rich)
    assert models(rich) == {OLD_MODEL, NEW_MODEL}
    rich.sandbox.set("dev", bedrockModelId=NEW_MODEL, imageTag="good-1")
    with Watch(rich):
        succeeded(rich.sandbox.update("dev"))
    assert models(rich) == {NEW_MODEL}
    rich.sandbox.unchanged("dev")
