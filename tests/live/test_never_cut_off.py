"""Whatever a release changes, clients keep healthy tasks, and running revisions keep what they need.

What can cut somebody off is a right, a secret, a cache, a listener or a table that comes or goes. Here all of them come
with a release, go with one that ECS rolls back, and go with one that succeeds. test_traffic.py does the same while the
traffic shifts between two target groups.

The good images are slow: old tasks run beside the new ones, as on AWS.
"""

from __future__ import annotations

from typing import Any

import pytest

from recording.bedrock import models_of
from tests.live.harness import ACCOUNT_ID
from tests.live.rights import granted, models, policies, secrets
from tests.live.stack import Stack
from tests.live.traffic import rules
from tests.live.watch import Watch

pytestmark = pytest.mark.live

SPEECH_MODEL = "amazon.nova-2-sonic-v1:0"  # by default
OTHER_MODEL = "amazon.nova-micro-v1:0"  # a stand-in, as Bedrock has one speech model
PROFILE = "us.amazon.nova-2-lite-v1:0"  # an inference profile
GUARDRAIL = f"arn:aws:bedrock:us-east-1:{ACCOUNT_ID}:guardrail/abcdef123456"
PROMPT = f"arn:aws:bedrock:us-east-1:{ACCOUNT_ID}:prompt/0123456789"
# What the release needs. Each model, guardrail, prompt and identity has the variable that makes the app use it.
NEEDS = {
    "domainName": "voice.sandbox.test",
    "redisEnabled": "true",
    "enableXrayTracing": "true",
    "enableExec": "true",
    "tablePrefix": "needed-",
    "bedrockModelId": OTHER_MODEL,
    "extraModelIds[0]": PROFILE,
    "environment.NLP_MODEL_ID": PROFILE,
    "guardrailArns[0]": GUARDRAIL,
    "environment.BEDROCK_GUARDRAIL_ID": "abcdef123456",
    "promptArns[0]": PROMPT,
    "environment.NLP_PROMPT_ARN": PROMPT,
    "sesIdentityArns[0]": f"arn:aws:ses:us-east-1:{ACCOUNT_ID}:identity/example.com",
    "environment.SES_SENDER_EMAIL": "survey@example.com",
}
# What a release without all of that removes from the config, besides one of the two secrets.
NEEDED = {path.partition("[")[0].partition(".")[0] for path in NEEDS} | {"hostedZoneId", "secretArns", "redisAuthToken"}


def lent_secret(dev: Stack) -> str:
    """The ARN of a secret of somebody else, with a key of its own."""
    key = dev.client("kms").create_key()["KeyMetadata"]["KeyId"]
    return dev.client("secretsmanager").create_secret(Name="lent", SecretString="value", KmsKeyId=key)["ARN"]


def hosted_zone(dev: Stack) -> str:
    made = dev.client("route53").create_hosted_zone(Name="sandbox.test", CallerReference="never cut off")
    return made["HostedZone"]["Id"].rpartition("/")[2]


def caches(dev: Stack) -> list[Any]:
    found = dev.client("elasticache").describe_replication_groups()["ReplicationGroups"]
    return [one for one in found if one["ReplicationGroupId"] == dev.named("voiceter-sessions")]


def test_release_that_needs_more(dev: Stack) -> None:
    dev.sandbox.image("dev", "1.0.0", "slow")
    supplied = {"hostedZoneId": hosted_zone(dev), "secretArns.LENT": lent_secret(dev), "imageTag": "1.0.0"}
    hidden = {"secrets.FIRST": "one", "secrets.SECOND": "two", "redisAuthToken": "correct-horse-battery"}
    dev.sandbox.configure("dev", plain=NEEDS | supplied, secret=hidden)
    with Watch(dev):
        dev.sandbox.updated("dev")
    # The profile grants its model in each destination region.
    assert granted(dev, "task", "task-BedrockConverse") == {
        f"arn:aws:bedrock:us-east-1:{ACCOUNT_ID}:inference-profile/{PROFILE}"
    }
    assert granted(dev, "task", "task-BedrockProfiles") == set(models_of("us-east-1", PROFILE) or ())
    assert {port for port, _ in rules(dev)} == {443}


def test_bad_release_that_needs_less_takes_no_right_away(dev: Stack) -> None:
    """The roles keep the rights of both revisions until a release without them has succeeded."""
    dev.sandbox.image("dev", "1.1.0", "unhealthy")
    dev.sandbox.remove("dev", "secrets.FIRST", *sorted(NEEDED))
    dev.sandbox.configure("dev", plain={"imageTag": "1.1.0"}, secret={"secrets.SECOND": "changed"})
    with Watch(dev):
        run = dev.sandbox.update("dev")
    assert run.status != 0
    assert "the deployment failed" in run.output, run.output
    assert {"FIRST", "SECOND", "REDIS_URL"} < secrets(dev)
    assert models(dev) == {SPEECH_MODEL, OTHER_MODEL}
    assert {"task-XRay", "task-EcsExec", "task-BedrockPrompts"} < policies(dev, "task").keys()
    names = [one["Name"].rpartition("/")[2] for one in dev.client("secretsmanager").list_secrets()["SecretList"]]
    assert {"FIRST", "SECOND", "REDIS_URL", "lent"} <= {name.partition("-")[0] for name in names}
    assert caches(dev)


def test_bad_release_is_not_tried_again_without_a_refresh(dev: Stack) -> None:
    events = dev.service()["events"]
    refusal = dev.sandbox.fails("pulumi up --yes --skip-preview -s dev --non-interactive")
    assert "ECS rolled the last deployment back" in refusal
    assert "pulumi up --refresh" in refusal
    assert dev.service()["events"] == events


def test_good_release_after_it_takes_the_unused_rights_away(dev: Stack) -> None:
    with Watch(dev):
        dev.restore()  # the committed config, with a refresh
    assert secrets(dev) == set()
    assert models(dev) == {SPEECH_MODEL}
    left = policies(dev, "task")
    assert not {"task-XRay", "task-EcsExec", "task-BedrockPrompts", "task-BedrockProfiles"} & left.keys()
    assert all(len(arns) == 1 for arns in left.values())
    assert not caches(dev)
    assert {port for port, _ in rules(dev)} == {80}
