"""What a change of each key starts: a release, an update of the service, or nothing of it. docs/releases.md lists it.

Amazon ECS API Reference, UpdateService, says of each parameter whether it starts a deployment.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

import pulumi
import pytest

from config.key import declarations
from config.settings import Settings
from recording.deployment import Deployment
from recording.fake_aws import ACCOUNT, FakeAws, RunningTasks
from recording.program import DIGEST, REDIS_TOKEN, ROOT, TAG
from tests.support import plans
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
ON_DEMAND: Final = [{"capacityProvider": "FARGATE", "weight": 100}]
# What is added to staging, so that every key has an effect.
BASE: Final[Mapping[str, Any]] = {**ZONE, **HTTPS, **REDIS, "memory": 4096, "secrets": {"TOKEN": "one"}, "waf": True}
# Key -> another value than in staging and BASE. Of the keys that become a variable of the app, there is logLevel.
CHANGES: Final[Mapping[str, Any]] = {
    "logLevel": "DEBUG",
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
# A key that changes the tasks or the service -> the input that it changes, of the task definition or of the service.
CONTAINER: Final = "containerDefinitions[voiceter-backend]"
STRATEGY: Final = "deploymentConfiguration"
SHOWN_IN: Final[Mapping[str, str]] = {
    "imageTag": f"{CONTAINER}.image",
    "cpu": "cpu",
    "memory": "memory",
    "cpuArchitecture": "runtimePlatform.cpuArchitecture",
    "stopTimeoutSeconds": f"{CONTAINER}.stopTimeout",
    "enableExec": f"{CONTAINER}.readonlyRootFilesystem",
    "deploymentStrategy": "loadBalancers[0].advancedConfiguration.testListenerRule",
    "spotPercent": "forceNewDeployment",
    "natGateways": "networkConfiguration.assignPublicIp",
    "availabilityZones": "networkConfiguration.subnets",
    "domainName": f"{CONTAINER}.environment[CORS_ORIGIN].value",
    "environment": f"{CONTAINER}.environment[MORE].value",
    "secrets": f"{CONTAINER}.secrets[TOKEN].valueFrom",
    "secretArns": f"{CONTAINER}.secrets[ANOTHER].valueFrom",
    "redisEnabled": f"{CONTAINER}.environment[REDIS_SESSION_TTL].value",
    "logLevel": f"{CONTAINER}.environment[LOG_LEVEL].value",
    "redisAuthToken": f"{CONTAINER}.secrets[REDIS_URL].valueFrom",
    "bakeTimeMinutes": f"{STRATEGY}.bakeTimeInMinutes",
    "canaryPercent": f"{STRATEGY}.canaryConfiguration.canaryPercent",
    "linearStepPercent": f"{STRATEGY}.linearConfiguration.stepPercent",
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


def program(config: Mapping[str, Any], running: Deployment | None = None) -> Deployment:
    """Runs staging, with the capacity of the service that runs already."""
    capacity = service(running)["capacityProviderStrategies"] if running else ON_DEMAND
    live = RunningTasks(capacity=[dict(sorted({"base": 0, **one}.items())) for one in capacity])
    answers = Aws(images={DIGEST: [TAG], "sha256:" + "e" * 64: ["2.0.0"]}, service=live)
    return run("staging", watched=False, answers=answers, https=False, **config)


def service(deployment: Deployment) -> dict[str, Any]:
    """Returns the inputs of the service that count: the autoscaler owns the desired count."""
    registered = deployment.one("ecs/service:Service")
    return {name: value for name, value in registered.inputs.items() if name not in ("desiredCount",)}


def inputs(deployment: Deployment) -> dict[str, Any]:
    """Returns each value that the program sets of the task definition and of the service, by its path."""
    leaves = plans.leaves_by_resource(deployment, "staging")
    return leaves["aws:ecs/taskDefinition:TaskDefinition task"] | leaves["aws:ecs/service:Service service"]


def changed(config: Mapping[str, Any], change: Mapping[str, Any]) -> tuple[str, set[str]]:
    """Returns what ECS starts when these keys change on a stack with that config, and the inputs that change."""
    before = program(config)
    after = program({**config, **change}, before)
    values, other_values = inputs(before), inputs(after)
    differing = {path for path in values.keys() | other_values.keys() if values.get(path) != other_values.get(path)}
    old, new = service(before), service(after)
    revision = before.one(":TaskDefinition").inputs != after.one(":TaskDefinition").inputs
    if revision or new["forceNewDeployment"] or any(old.get(name) != new.get(name) for name in DEPLOYS):
        return RELEASE, differing
    return UPDATE if old != new else NOTHING, differing


def documented() -> dict[str, str]:
    """Returns the keys in the table of docs/releases.md, each with what its change starts."""
    section = (ROOT / "docs" / "releases.md").read_text().partition("## What a changed key starts")[2]
    rows = re.findall(r"^\| (.+?) \| (.*`.+`) \|$", section.partition("\n## ")[0], re.MULTILINE)
    found = [(key, kind) for kind, keys in rows for key in re.findall(r"`([\w:]+)`", keys)]
    assert len(dict(found)) == len(found), "a key is listed twice"
    return dict(found)


def changes(*kinds: str) -> dict[str, Any]:
    """Returns the changed keys that start this, according to the documents."""
    return {key: CHANGES[key] for key, kind in documented().items() if kind in kinds}


def test_every_key_is_documented() -> None:
    names = {declared.name for declared in declarations(Settings)}
    variables = {declared.name for declared in declarations(Settings) if declared.key.env}
    assert documented().keys() == names - variables | {"aws:region"}
    assert {key for key, kind in documented().items() if kind == NEVER} == documented().keys() - CHANGES.keys()
    assert SHOWN_IN.keys() == changes(RELEASE, UPDATE).keys() | {"logLevel"}


@pytest.mark.parametrize(
    ("config", "keys", "kind"),
    [
        (BASE, changes(RELEASE).keys() - {"redisEnabled", "natGateways"} | {"logLevel"}, RELEASE),
        # Without Redis, its token is unused. Without NAT gateways, the tasks move to other subnets, as with more zones.
        (BASE, {"redisEnabled", "natGateways"}, RELEASE),
        (CANARY, {"bakeTimeMinutes", "canaryPercent"}, UPDATE),
        (LINEAR, {"linearStepPercent"}, UPDATE),
    ],
)
def test_keys_start_what_the_documents_say(config: Mapping[str, Any], keys: set[str], kind: str) -> None:
    """As a run of the program takes long, the keys change at once. Each shows in an input of its own."""
    assert keys - {"logLevel"} <= changes(kind).keys()
    found, differing = changed(config, {key: CHANGES[key] for key in keys})
    assert found == kind
    assert {key for key in keys if SHOWN_IN[key] not in differing} == set()


def test_keys_that_start_nothing() -> None:
    without_waf = {key: value for key, value in changes(NOTHING).items() if key != "waf"}  # which hides wafRateLimit
    assert changed(BASE, without_waf)[0] == NOTHING


@pytest.mark.parametrize(
    ("config", "change", "kind"),
    [
        (BASE, {"waf": False, "natGateways": "one-per-az"}, NOTHING),  # from single
        (CANARY, LINEAR, UPDATE),
        (SPOT, {"onDemandBase": 2}, RELEASE),
        ({"spotPercent": 50}, {"minCount": 1}, RELEASE),
        ({**HTTPS, **ORIGINS}, {"domainName": "b.example.com"}, NOTHING),
        (ORIGINS, HTTPS, NOTHING),
        ({}, HTTPS, RELEASE),
    ],
)
def test_exceptions_that_the_documents_name(config: Mapping[str, Any], change: Mapping[str, Any], kind: str) -> None:
    assert changed(config, change)[0] == kind
