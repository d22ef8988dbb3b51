"""What a change of each key starts: a release, an update of the service, or nothing of it. docs/releases.md lists it.

Amazon ECS API Reference, UpdateService, says of each parameter whether it starts a deployment.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

import pulumi
import pytest

from config.key import declarations
from config.settings import Settings
from recording.deployment import Deployment
from recording.fake_aws import ACCOUNT, FakeAws, RunningTasks
from recording.program import DIGEST, REDIS_TOKEN, ROOT, TAG
from tests.support.config_values import BOUNDARY, CERTIFICATE, GUARDRAIL, PROMPT, REDIS, SECRET, SES_IDENTITY
from tests.support.program import run

RELEASE, UPDATE, NOTHING = "a release", "an update of the service", "nothing of the service"
NEVER = "never changed on a stack that is up"
DEPLOYS: Final = ("taskDefinition", "networkConfiguration", "loadBalancers")
ZONE: Final = {"domainName": "a.example.com", "hostedZoneId": "Z0123456789ABC"}
HTTPS: Final = {"domainName": "a.example.com", "certificateArn": CERTIFICATE}
ORIGINS: Final = {"corsOrigins": "https://a.example"}
CANARY: Final = {"deploymentStrategy": "canary"}
LINEAR: Final = {"deploymentStrategy": "linear"}
SPOT: Final = {"spotPercent": 50, "onDemandBase": 1}
# What is added to staging, so that every key has an effect.
BASE: Final[Mapping[str, Any]] = {**ZONE, **HTTPS, **REDIS, "memory": 4096, "secrets": {"TOKEN": "one"}, "waf": True}
IN_ANOTHER_CONFIG: Final = {"bakeTimeMinutes": CANARY, "canaryPercent": CANARY, "linearStepPercent": LINEAR}
# Key -> another value than in staging and BASE. A key that becomes a variable of the app has no entry: another
# environment is another revision.
CHANGES: Final[Mapping[str, Any]] = {
    "imageTag": "2.0.0",
    "cpu": 2048,
    "memory": 8192,
    "cpuArchitecture": "ARM64",
    "desiredCount": 3,
    "minCount": 1,
    "maxCount": 9,
    "cpuTargetPercent": 50,
    "memoryTargetPercent": 50,
    "sessionsPerTaskTarget": 20,
    "onDemandBase": 1,
    "spotPercent": 50,
    "scalingSchedule": {"up": {"cron": "0 6 * * ? *", "min": 3, "max": 5}},
    "deploymentStrategy": "canary",
    "bakeTimeMinutes": 20,
    "canaryPercent": 20,
    "linearStepPercent": 50,
    "stopTimeoutSeconds": 60,
    "deregistrationDelaySeconds": 400,
    "enableExec": True,
    "availabilityZones": 3,
    "natGateways": "none",
    "idleTimeoutSeconds": 400,
    "certificateArn": CERTIFICATE.replace("1234", "4321"),
    "allowPlainHttp": True,
    "domainName": "b.example.com",
    "hostedZoneId": "Z0123456789ABD",
    "evacuated": True,
    "accessLogs": False,
    "flowLogs": False,
    "waf": False,
    "wafRateLimit": 3000,
    "protectData": True,
    "logRetentionDays": 90,
    "customerKey": True,
    "containerInsights": "disabled",
    "environment": {"MORE": "1"},
    "secrets": {"TOKEN": "two"},
    "secretArns": {"ANOTHER": SECRET},
    "extraModelIds": ["amazon.nova-pro-v1:0"],
    "sesIdentityArns": [SES_IDENTITY],
    "guardrailArns": [GUARDRAIL],
    "extraTags": {"Team": "voice"},
    "allowedAccountIds": [ACCOUNT],
    "permissionsBoundaryArn": BOUNDARY,
    "promptArns": [PROMPT],
    "redisEnabled": False,
    "redisNodeType": "cache.m7g.large",
    "redisReplicas": 2,
    "redisAuthToken": REDIS_TOKEN + "2",
    "alarmEmails": ["a@example.com"],
    "alarmPhones": ["+12025550123"],
    "monthlyBudgetUsd": 100,
}


@dataclass
class Aws(FakeAws):
    """AWS with a subnet in each zone, and with a new version of each secret that changes."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        id_, outputs = super().new_resource(args)
        if args.typ == "awsx:ec2:Vpc":
            zones = len(cast(Any, args).inputs["availabilityZoneNames"])
            for kind in ("public", "private"):
                outputs[f"{kind}SubnetIds"] = [f"subnet-{kind}-{number}" for number in range(zones)]
        if args.typ.endswith(":SecretVersion"):
            outputs["versionId"] = f"version-{json.dumps(outputs['secretString'], sort_keys=True)}"
        return id_, outputs


def documented() -> dict[str, str]:
    """Returns the keys in the table of docs/releases.md, each with what its change starts."""
    section = (ROOT / "docs" / "releases.md").read_text().partition("## What a changed key starts")[2]
    rows = re.findall(r"^\| (.+?) \| (.*`.+`) \|$", section.partition("\n## ")[0], re.MULTILINE)
    found = [(key, kind) for kind, keys in rows for key in re.findall(r"`([\w:]+)`", keys)]
    assert len(dict(found)) == len(found), "a key is listed twice"
    return dict(found)


def program(config: Mapping[str, Any], running: Deployment | None = None) -> Deployment:
    """Runs staging, with the capacity of the service that runs already."""
    capacity = service(running)["capacityProviderStrategies"] if running else ()
    live = RunningTasks(capacity=[{"base": 0, **one} for one in capacity]) if running else None
    answers = Aws(images={DIGEST: [TAG], "sha256:" + "e" * 64: ["2.0.0"]}, service=live)
    given = {key: value for key, value in config.items() if value is not None}
    return run("staging", watched=False, answers=answers, https=False, **given)


def service(deployment: Deployment) -> dict[str, Any]:
    """Returns the inputs of the service that count: the autoscaler owns the desired count."""
    registered = deployment.one("ecs/service:Service")
    return {name: value for name, value in registered.inputs.items() if name not in ("desiredCount",)}


def started(before: Deployment, after: Deployment) -> str:
    """Returns what ECS starts when the program registers `after` on a stack that was deployed as `before`."""
    old, new = service(before), service(after)
    revision = before.one(":TaskDefinition").inputs != after.one(":TaskDefinition").inputs
    if revision or new["forceNewDeployment"] or any(old.get(name) != new.get(name) for name in DEPLOYS):
        return RELEASE
    return UPDATE if old != new else NOTHING


def test_every_key_is_documented() -> None:
    names = {declared.name for declared in declarations(Settings)}
    variables = {declared.name for declared in declarations(Settings) if declared.key.env}
    assert documented().keys() == names - variables | {"aws:region"}
    assert {key for key, kind in documented().items() if kind == NEVER} == documented().keys() - CHANGES.keys()


def started_by(keys: Collection[str], config: Mapping[str, Any] = BASE) -> str:
    """Returns what a change of these keys at once starts on a stack with that config."""
    before = program(config)
    return started(before, program({**config, **{key: CHANGES[key] for key in keys}}, before))


@pytest.mark.parametrize(("key", "kind"), [item for item in documented().items() if item[1] in (RELEASE, UPDATE)])
def test_key_starts_what_the_documents_say(key: str, kind: str) -> None:
    assert started_by([key], IN_ANOTHER_CONFIG.get(key, BASE)) == kind


def test_keys_that_start_nothing() -> None:
    """Changes them at once, as a change takes a run of the program; alone to name the wrong ones."""
    keys = {key for key, kind in documented().items() if kind == NOTHING} - {"waf"}  # without it, its limit is unused
    if started_by(keys) != NOTHING:
        assert {key: started_by([key]) for key in keys} == dict.fromkeys(keys, NOTHING)
    assert started_by(["waf"]) == NOTHING


@pytest.mark.parametrize(
    ("config", "change", "kind"),
    [
        (BASE, {"logLevel": "DEBUG"}, RELEASE),  # a key that becomes a variable of the app
        (CANARY, LINEAR, UPDATE),
        (SPOT, {"onDemandBase": 2}, RELEASE),
        ({"spotPercent": 50}, {"minCount": 1}, RELEASE),
        (BASE, {"natGateways": "one-per-az"}, NOTHING),  # from single
        ({**HTTPS, **ORIGINS}, {"domainName": "b.example.com"}, NOTHING),
        (ORIGINS, HTTPS, NOTHING),
        ({}, HTTPS, RELEASE),
    ],
)
def test_exceptions_that_the_documents_name(config: Mapping[str, Any], change: Mapping[str, Any], kind: str) -> None:
    before = program(config)
    assert started(before, program({**config, **change}, before)) == kind
