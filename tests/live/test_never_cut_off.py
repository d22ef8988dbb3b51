"""Every change of a release leaves clients with healthy tasks, and running revisions with what they need.

The steps are config changes that operators make one after another, on one stack and in this order. What can cut
somebody off is a right, a secret or a cache that comes or goes, a strategy, and a listener. So:

- Each of them comes and goes with a deployment that succeeds, and goes with one that ECS rolls back. The roles keep the
  rights of both revisions until a release without them has succeeded.
- A step changes two things where their order matters: a release and what a revision needs, a strategy and a listener, a
  strategy and a secret.
- HTTPS comes and goes while the strategy is rolling and while it shifts traffic.
- What ECS restores beside the revision (listener rule, subnets, capacity) changes in releases that ECS rolls back. One
  is set back, a good release follows the other.
- The strategies come in the order in which operators try them, and rolling follows the last one.

All images are slow: old tasks run beside the new ones, as on AWS.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.live.harness import ACCOUNT_ID, Stack
from tests.live.watch import US_PROFILES_LEAD_TO, CutOffError, Watch

pytestmark = pytest.mark.live

DEADLINE_SECONDS = 30
ZONE = "aws route53 create-hosted-zone --name sandbox.test --caller-reference it"
HTTPS = """
zone=$(aws route53 list-hosted-zones-by-name --dns-name sandbox.test --query 'HostedZones[0].Id' --output text)
pulumi config set domainName voice.sandbox.test -s dev
pulumi config set hostedZoneId "${zone##*/}" -s dev
"""
NO_HTTPS = "pulumi config rm-all domainName hostedZoneId -s dev"
REDIS = """
pulumi config set redisEnabled true -s dev
pulumi config set --secret redisAuthToken correct-horse-battery -s dev
"""
NO_REDIS = "pulumi config rm-all redisEnabled redisAuthToken -s dev"
SPEECH_MODEL = "amazon.nova-2-sonic-v1:0"  # by default
OTHER_MODEL = "amazon.nova-micro-v1:0"  # a stand-in, as Bedrock has one speech model
PROFILE = "us.amazon.nova-2-lite-v1:0"  # an inference profile
# Each with the variable that makes the app of a revision use it.
MODELS = f"""
pulumi config set bedrockModelId {OTHER_MODEL} -s dev
pulumi config set --path 'extraModelIds[0]' {PROFILE} -s dev
pulumi config set --path environment.NLP_MODEL_ID {PROFILE} -s dev
pulumi config set --path 'guardrailArns[0]' arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdef123456 -s dev
pulumi config set --path environment.BEDROCK_GUARDRAIL_ID abcdef123456 -s dev
pulumi config set --path 'promptArns[0]' arn:aws:bedrock:us-east-1:123456789012:prompt/0123456789 -s dev
pulumi config set --path environment.NLP_PROMPT_ARN arn:aws:bedrock:us-east-1:123456789012:prompt/0123456789 -s dev
pulumi config set --path 'sesIdentityArns[0]' arn:aws:ses:us-east-1:123456789012:identity/example.com -s dev
pulumi config set --path environment.SES_SENDER_EMAIL survey@example.com -s dev
"""
NO_MODELS = (
    "pulumi config rm-all bedrockModelId extraModelIds guardrailArns promptArns sesIdentityArns environment -s dev"
)
# A secret of somebody else, with a key of its own.
LENT = """
key=$(aws kms create-key --query KeyMetadata.KeyId --output text)
secret=$(aws secretsmanager create-secret --name lent --secret-string value --kms-key-id "$key" \
  --query ARN --output text)
pulumi config set --plaintext --path secretArns.LENT "$secret" -s dev
"""
NOT_LENT = "pulumi config rm secretArns -s dev"


# What the program says instead of an update that would not do what it seems to.
ROLLED_BACK = "ECS rolled the last deployment back"
OUTDATED = (
    "the service runs with other listener rule and target groups, subnets, capacity providers than Pulumi's state says"
)
# The command that it fails. Where the state is up to date with the config, the preview has nothing to show.
REFUSED = {ROLLED_BACK: "up --yes --skip-preview", OUTDATED: "preview"}


def policies(dev: Stack, use: str) -> dict[str, list[list[str]]]:
    """The inline policies of a role: name without the digits that the provider adds -> the ARNs that each grants."""
    iam, role = dev.client("iam"), dev.named(f"voiceter-backend-{use}-role")
    found: dict[str, list[list[str]]] = {}
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        (statement,) = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]["Statement"]
        found.setdefault(name.rpartition("-")[0], []).append(statement["Resource"])
    return found


def granted(dev: Stack, use: str, name: str) -> set[str]:
    """The ARNs that the policies of that name grant."""
    return {arn for arns in policies(dev, use).get(name, []) for arn in arns}


def models(dev: Stack) -> set[str]:
    """The speech models that the task role may invoke."""
    return {arn.rpartition("/")[2] for arn in granted(dev, "task", "task-BedrockSpeech")}


def secrets(dev: Stack) -> set[str]:
    """The variables whose secrets the execution role may read."""
    return {arn.rpartition("/")[2].partition("-")[0] for arn in granted(dev, "execution", "execution-Secrets")}


def caches(dev: Stack) -> list[Any]:
    return dev.client("elasticache").describe_replication_groups()["ReplicationGroups"]


def profile_grants_its_model_where_it_leads(dev: Stack) -> None:
    profile = f"arn:aws:bedrock:us-east-1:{ACCOUNT_ID}:inference-profile/{PROFILE}"
    assert granted(dev, "task", "task-BedrockConverse") == {profile}
    assert granted(dev, "task", "task-BedrockProfiles") == {
        f"arn:aws:bedrock:{region}::foundation-model/{PROFILE.removeprefix('us.')}" for region in US_PROFILES_LEAD_TO
    }


def no_right_was_taken_away(dev: Stack) -> None:
    assert {"FIRST", "SECOND", "REDIS_URL"} < secrets(dev)
    assert models(dev) == {SPEECH_MODEL, OTHER_MODEL}
    assert {"task-XRay", "task-EcsExec", "task-BedrockPrompts"} < policies(dev, "task").keys()
    names = [one["Name"].rpartition("/")[2] for one in dev.client("secretsmanager").list_secrets()["SecretList"]]
    assert {"FIRST", "SECOND", "REDIS_URL", "lent"} <= {name.partition("-")[0] for name in names}
    assert caches(dev)


def unused_rights_are_gone(dev: Stack) -> None:
    assert secrets(dev) == {"SECOND"}
    assert models(dev) == {SPEECH_MODEL}
    left = policies(dev, "task")
    assert not {"task-XRay", "task-EcsExec", "task-BedrockPrompts", "task-BedrockProfiles"} & left.keys()
    assert all(len(arns) == 1 for arns in left.values())
    assert not caches(dev)


def both_models_are_granted(dev: Stack) -> None:
    assert models(dev) == {SPEECH_MODEL, OTHER_MODEL}


def only_the_default_model_is_granted(dev: Stack) -> None:
    assert models(dev) == {SPEECH_MODEL}


def nothing(_: Stack) -> None:
    pass


@dataclass(frozen=True)
class Step:
    """Config changes that one `pulumi up` deploys."""

    changes: str  # of the config; a script
    image: str = ""  # the tag of a new image
    fault: str = "slow"
    succeeds: bool = True
    refused: str = ""  # why the program refuses it without --refresh
    tasks_in_first_group: bool = False  # moves the tasks there first, as the program requires
    then: Callable[[Stack], None] = nothing  # checks the account afterwards


def _secret(name: str, value: str) -> str:
    return f"pulumi config set --secret --path secrets.{name} {value} -s dev"


def _no_secret(name: str) -> str:
    return f"pulumi config rm --path secrets.{name} -s dev"


def _set(key: str, value: str) -> str:
    return f"pulumi config set {key} {value} -s dev"


def _all(*changes: str) -> str:
    return "\n".join(changes)


FIRST, SECOND, TRACING = _secret("FIRST", "one"), _secret("SECOND", "two"), _set("enableXrayTracing", "true")
NO_TRACING = _set("enableXrayTracing", "false")
EXEC, NO_EXEC = _set("enableExec", "true"), _set("enableExec", "false")
PREFIX, NO_PREFIX = _set("tablePrefix", "other-"), "pulumi config rm tablePrefix -s dev"
NAT, NO_NAT = _set("natGateways", "single"), _set("natGateways", "none")
SPOT, HALF_SPOT, NO_SPOT = (_set("spotPercent", percent) for percent in ("100", "50", "0"))
CANARY, LINEAR = _set("deploymentStrategy", "canary"), _set("deploymentStrategy", "linear")
MODEL, NO_MODEL = _set("bedrockModelId", OTHER_MODEL), "pulumi config rm bedrockModelId -s dev"
STEPS = {
    "a release that needs more": Step(
        _all(FIRST, SECOND, LENT, REDIS, MODELS, TRACING, EXEC, PREFIX),
        image="1.0.0",
        then=profile_grants_its_model_where_it_leads,
    ),
    "a bad release that needs less": Step(
        _all(_no_secret("FIRST"), NOT_LENT, NO_REDIS, NO_MODELS, NO_TRACING, NO_EXEC, NO_PREFIX),
        image="1.1.0",
        fault="unhealthy",
        succeeds=False,
        then=no_right_was_taken_away,
    ),
    "the bad release tried again": Step("true", succeeds=False, refused=ROLLED_BACK, then=no_right_was_taken_away),
    "the good release after it": Step("true", image="1.2.0", then=unused_rights_are_gone),
    "HTTPS and exec on and a secret changed": Step(_all(ZONE, HTTPS, EXEC, _secret("SECOND", "changed"))),
    "a release with blue-green and without exec and a secret": Step(
        _all(NO_EXEC, _no_secret("SECOND"), _set("deploymentStrategy", "blue-green")), image="2.0.0"
    ),
    "canary with a secret and tracing and without HTTPS": Step(_all(FIRST, TRACING, NO_HTTPS, CANARY)),
    "a bad canary release with HTTPS, NAT and less Spot that needs less": Step(
        _all(_no_secret("FIRST"), NO_TRACING, MODEL, HTTPS, NAT, HALF_SPOT),
        image="2.1.0",
        fault="unhealthy",
        succeeds=False,
        then=both_models_are_granted,
    ),
    "everything set back": Step(
        _all(FIRST, TRACING, NO_MODEL, NO_HTTPS, NO_NAT, SPOT, _set("imageTag", "2.0.0")),
        then=only_the_default_model_is_granted,
    ),
    "a canary release with Redis, HTTPS and NAT": Step(_all(REDIS, HTTPS, NAT, HALF_SPOT), image="2.2.0"),
    "a bad linear release without HTTPS, NAT and Spot": Step(
        _all(NO_HTTPS, NO_NAT, NO_SPOT, LINEAR), image="2.3.0", fault="unhealthy", succeeds=False
    ),
    "the good linear release after it": Step("true", image="2.4.0", refused=OUTDATED),
    "rolling without Redis": Step(_all(NO_REDIS, _set("deploymentStrategy", "rolling")), tasks_in_first_group=True),
}


@pytest.mark.parametrize("name", STEPS)
def test_nobody_is_cut_off_by(dev: Stack, name: str) -> None:
    step = STEPS[name]
    if step.image:
        dev.sandbox.image("dev", step.image, step.fault)
    dev.sandbox.succeeds(_all(step.changes, _set("imageTag", step.image) if step.image else "true"))
    with Watch(dev):
        if step.tasks_in_first_group:
            move_tasks_to_the_first_group(dev)
        if step.refused:
            events = dev.service()["events"]
            refusal = dev.sandbox.fails(f"pulumi {REFUSED[step.refused]} -s dev --non-interactive")
            assert step.refused in refusal
            assert "pulumi up --refresh" in refusal
            assert dev.service()["events"] == events
        run = dev.sandbox.update("dev", *(["--refresh"] if step.refused else []))
    assert (run.status == 0) is step.succeeds, run.output
    assert step.succeeds or "the deployment failed" in run.output, run.output
    step.then(dev)


def move_tasks_to_the_first_group(dev: Stack) -> None:
    """Starts a new deployment of the same revision, which moves the traffic to the other target group."""
    dev.client("ecs").update_service(
        cluster=dev.named("voiceter-cluster"), service=dev.named("voiceter-backend"), forceNewDeployment=True
    )
    deadline = time.monotonic() + DEADLINE_SECONDS
    while dev.service()["deployments"][0]["rolloutState"] == "IN_PROGRESS":
        assert time.monotonic() < deadline, dev.service()["deployments"]
        time.sleep(0.1)


def rules(dev: Stack) -> list[str]:
    """The ARNs of the rules of all listeners, without the default ones."""
    elb = dev.client("elbv2")
    (balancer,) = elb.describe_load_balancers(Names=[dev.named("voiceter-backend")])["LoadBalancers"]
    listeners = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    found = [rule for one in listeners for rule in elb.describe_rules(ListenerArn=one["ListenerArn"])["Rules"]]
    return [rule["RuleArn"] for rule in found if not rule["IsDefault"]]


def test_watch_reports_what_is_deleted_by_hand_and_what_an_update_restores(dev: Stack) -> None:
    """The update also takes the flag of the forced deployment back."""
    iam, role = dev.client("iam"), dev.named("voiceter-backend-task-role")
    with pytest.raises(CutOffError) as cut_off, Watch(dev) as watch:
        watch.wait_for_readings()
        assert not watch.breaches
        for rule in rules(dev):
            dev.client("elbv2").delete_rule(RuleArn=rule)
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            iam.delete_role_policy(RoleName=role, PolicyName=policy)
        watch.wait_for_readings()
        dev.sandbox.updated("dev", "--refresh")
    text = str(cut_off.value)
    assert "HTTP on port 80: redirects to HTTPS:443, which has no listener" in text
    assert f"{role} may not dynamodb:GetItem" in text
    with Watch(dev) as watch:
        watch.wait_for_readings()


def test_in_the_end_the_service_runs_with_what_the_config_says(dev: Stack) -> None:
    """After the releases that ECS rolled back, too."""
    network = dev.service()["networkConfiguration"]["awsvpcConfiguration"]
    assert network["assignPublicIp"] == "ENABLED"
    assert {one["capacityProvider"] for one in dev.service()["capacityProviderStrategy"]} == {"FARGATE"}
    assert not dev.client("ec2").describe_nat_gateways(Filters=[{"Name": "state", "Values": ["available"]}])[
        "NatGateways"
    ]
    dev.sandbox.unchanged("dev")
