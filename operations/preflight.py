"""`make preflight`: checks an account before the first `pulumi up` of a stack. Changes nothing."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from components.access.models import InferenceProfile, InferenceTypes, model_of
from components.edge.certificates import Certificate, describe
from components.edge.domain import HostedZone
from components.lib import sdk
from components.lib.app import SESSIONS_PER_TASK
from components.lib.names import Names
from components.lib.quotas import ELASTIC_IPS, FARGATE_ON_DEMAND, FARGATE_SPOT, SPEECH_STREAMS, VPCS, Quota
from config.aws_checks import Mistake, check_certificate, check_models, check_zone
from config.settings import Settings
from operations.configuration import read_settings
from operations.console import aligned, say
from operations.errors import OperationError, describe_aws_error
from operations.images import Registry
from operations.target import Target

# IAM User Guide, "AWS services that work with IAM": the services create these roles with the rights of the caller.
_SERVICE_ROLES: Final = (
    "AWSServiceRoleForECS",
    "AWSServiceRoleForElasticLoadBalancing",
    "AWSServiceRoleForApplicationAutoScaling_ECSService",
)
_CACHE_ROLE: Final = "AWSServiceRoleForElastiCache"


class Level(Enum):
    """What a finding means for the first `pulumi up`."""

    OK = "OK"
    WARN = "WARN"  # it may succeed, or AWS does not say
    FAIL = "FAIL"


@dataclass(frozen=True)
class Finding:
    """One row of the table."""

    level: Level
    subject: str
    text: str  # what was found, and what to do


@dataclass(frozen=True)
class Account:
    """The AWS account of this shell, in the region of a stack."""

    settings: Settings
    client: Callable[[str], Any]  # a boto3 client (untyped) for a service

    @property
    def names(self) -> Names:
        return Names(self.settings.stack)

    def quota(self, quota: Quota) -> float | None:
        """Returns the value of a quota in this account, or None if Service Quotas does not list it."""
        pages = self.client("service-quotas").get_paginator("list_service_quotas").paginate(ServiceCode=quota.service)
        # By its name, as not every quota has a documented code.
        return next(
            (one["Value"] for page in pages for one in page["Quotas"] if one["QuotaName"].startswith(quota.name)), None
        )

    # What the stack uses and does not create, as the check of the configuration looks it up at preview.

    def certificate(self, arn: str) -> Certificate | None:
        acm = self.client("acm")
        try:
            return describe(acm, arn)
        except acm.exceptions.ResourceNotFoundException:
            return None

    def zone(self, hosted_zone_id: str) -> HostedZone | None:
        route53 = self.client("route53")
        try:
            found: dict[str, Any] = route53.get_hosted_zone(Id=hosted_zone_id)["HostedZone"]
        except route53.exceptions.NoSuchHostedZone:
            return None
        return HostedZone(found["Name"].rstrip("."), found.get("Config", {}).get("PrivateZone", False))

    def models(self) -> Mapping[str, InferenceTypes]:
        found: list[dict[str, Any]] = self.client("bedrock").list_foundation_models()["modelSummaries"]
        return {model["modelId"]: model.get("inferenceTypesSupported", []) for model in found}

    def profile(self, profile_id: str) -> InferenceProfile | None:
        bedrock = self.client("bedrock")
        try:
            found = bedrock.get_inference_profile(inferenceProfileIdentifier=profile_id)
        except (
            bedrock.exceptions.ResourceNotFoundException,
            bedrock.exceptions.ValidationException,  # the id is the only thing that can be invalid
        ):
            return None
        models: list[dict[str, str]] = found["models"]
        return InferenceProfile(found["inferenceProfileArn"], tuple(model["modelArn"] for model in models))


def preflight(target: Target) -> bool:
    """Prints a table of findings. Returns whether none of them is FAIL.

    Raises:
        OperationError: there is no such stack.
    """
    settings, mistakes = read_settings(target)
    account = Account(settings, lambda service: sdk.client(service, settings.region))
    # Without credentials nothing else can be asked, so this error ends the command.
    identity = account.client("sts").get_caller_identity()
    findings = [
        _account(identity, settings.allowed_account_ids),
        Finding(Level.OK, "region", settings.region),
        *(Finding(Level.FAIL, "config", line) for line in mistakes.lines),
        *(finding for check in CHECKS for finding in findings_of(check, account)),
    ]
    for line in aligned([(f"{finding.level.value:<4}", finding.subject, finding.text) for finding in findings]):
        say(f"  {line}")
    return all(finding.level is not Level.FAIL for finding in findings)


def _account(identity: dict[str, str], allowed: Sequence[str]) -> Finding:
    who = f"{identity['Account']}, as {identity['Arn']}"
    if allowed and identity["Account"] not in allowed:
        return Finding(Level.FAIL, "account", f"{who}; allowedAccountIds has {', '.join(allowed)}")
    return Finding(Level.OK, "account", who)


def findings_of(check: Callable[[Account], Iterator[Finding]], account: Account) -> Iterator[Finding]:
    """Yields the findings of a check. An answer that AWS refuses is one as well."""
    try:
        yield from check(account)
    except Exception as error:
        message = describe_aws_error(error)
        if message is None:
            raise
        # Without the page that a proxy or an emulator answers with.
        reason = message.partition(": <")[0].partition("\n")[0]
        yield Finding(Level.WARN, check.__name__.replace("_", " "), f"not checked. {reason}")


def fargate_vcpus(account: Account) -> Iterator[Finding]:
    """The most tasks need a quota of vCPUs, and twice that while a release replaces them all."""
    capacity, (most, key) = account.settings.capacity, _most_tasks(account.settings)
    spot_tasks = math.floor(max(most - capacity.on_demand_base, 0) * capacity.spot_percent / 100)
    for quota, tasks in ((FARGATE_ON_DEMAND, most - spot_tasks), (FARGATE_SPOT, spot_tasks)):
        if tasks == 0:
            continue
        needed, allowed = tasks * account.settings.cpu / 1024, account.quota(quota)
        text = f"{key} needs {needed:g} vCPUs, and {2 * needed:g} during a release; the quota is {allowed or 0:g}"
        ask = f". Request more: Service Quotas, {quota.name}"
        if allowed is None:
            yield Finding(Level.WARN, "Fargate", f"{text.partition(';')[0]}; Service Quotas does not list {quota.name}")
        elif allowed < needed:
            yield Finding(Level.FAIL, "Fargate", text + ask)
        elif allowed < 2 * needed:
            yield Finding(Level.WARN, "Fargate", text + ask)
        else:
            yield Finding(Level.OK, "Fargate", text)


def _most_tasks(settings: Settings) -> tuple[int, str]:
    """Returns the most tasks that the autoscaler ever starts, and the key that says so."""
    scheduled = max((schedule.max_count for schedule in settings.schedules.values()), default=0)
    return max((settings.max_count, "maxCount"), (scheduled, "scalingSchedule"), key=lambda most: most[0])


def network(account: Account) -> Iterator[Finding]:
    """A new network takes a VPC, and an Elastic IP for each NAT gateway."""
    settings, ec2 = account.settings, account.client("ec2")
    tags = {"Name": account.names.service, "Stack": settings.stack}
    filters = [{"Name": f"tag:{key}", "Values": [value]} for key, value in tags.items()]
    if ec2.describe_vpcs(Filters=filters)["Vpcs"]:
        yield Finding(Level.OK, "network", "exists already")
        return
    yield _room(account, "VPCs", VPCS, 1, len(ec2.describe_vpcs()["Vpcs"]))
    if gateways := {"one-per-az": settings.availability_zones, "single": 1}.get(settings.nat_gateways, 0):
        used = len(ec2.describe_addresses()["Addresses"])
        yield _room(account, "Elastic IPs", ELASTIC_IPS, gateways, used, ", or set natGateways to single or none")


def _room(account: Account, subject: str, quota: Quota, needed: int, used: int, otherwise: str = "") -> Finding:
    """Returns whether a quota leaves what is needed.

    Args:
        otherwise: what helps besides a greater quota, as the end of a sentence.
    """
    allowed = account.quota(quota)
    if allowed is None:
        return Finding(Level.WARN, subject, f"{needed} needed; Service Quotas does not list {quota.name}")
    text = f"{needed} needed, {used} of {allowed:g} used"
    if used + needed <= allowed:
        return Finding(Level.OK, subject, text)
    return Finding(Level.FAIL, subject, f"{text}. Request more (Service Quotas, {quota.name}){otherwise}")


def speech_streams(account: Account) -> Iterator[Finding]:
    """Each session holds one stream of the speech model. The published quota can be wrong, so this is never a FAIL."""
    most, key = _most_tasks(account.settings)
    needed, allowed = most * SESSIONS_PER_TASK, account.quota(SPEECH_STREAMS)
    text = f"{key}: {most} tasks serve {needed} sessions at once"
    if allowed is None or allowed < needed:
        shown = "not listed" if allowed is None else f"{allowed:g}"
        yield Finding(Level.WARN, "speech streams", f"{text}; the quota is {shown}, which may not be the real limit")
    else:
        yield Finding(Level.OK, "speech streams", f"{text}; the quota is {allowed:g}")


def models(account: Account) -> Iterator[Finding]:
    """The region must offer the models and inference profiles, and the account must have access."""
    settings = account.settings
    _, mistakes = check_models(settings, account)
    yield from _failures("model", mistakes)
    wrong = {mistake.value for mistake in mistakes}
    for model_id in (settings.bedrock_model_id, *settings.extra_model_ids):
        if model_id in wrong:
            continue
        answer = account.client("bedrock").get_foundation_model_availability(modelId=model_of(model_id) or model_id)
        if answer["authorizationStatus"] != "AUTHORIZED" or answer["entitlementAvailability"] != "AVAILABLE":
            text = f"{model_id}: this account has no access. Open the model in the Bedrock console, Model catalog"
            yield Finding(Level.FAIL, "model", text)
        else:
            yield Finding(Level.OK, "model", model_id)


def certificate(account: Account) -> Iterator[Finding]:
    """The certificate must be issued, for the domain name."""
    settings = account.settings
    if settings.certificate_arn:
        failures = list(_failures("certificate", check_certificate(settings, account)))
        yield from failures or [Finding(Level.OK, "certificate", f"issued for {settings.domain_name}")]


def zone(account: Account) -> Iterator[Finding]:
    """The zone must be public and hold the domain name."""
    settings = account.settings
    if settings.hosted_zone_id:
        failures = list(_failures("zone", check_zone(settings, account)))
        yield from failures or [Finding(Level.OK, "zone", f"{settings.hosted_zone_id} holds {settings.domain_name}")]


def _failures(subject: str, mistakes: Iterable[Mistake]) -> Iterator[Finding]:
    for mistake in mistakes:
        yield Finding(Level.FAIL, subject, f"{mistake.path} = {mistake.value!r}: {mistake.rule}")


def image(account: Account) -> Iterator[Finding]:
    """The registry has to hold the image."""
    tag, ecr, repository = account.settings.image_tag, account.client("ecr"), account.names.repository
    if tag is None:
        yield Finding(Level.OK, "image", "imageTag is not set: `pulumi up` creates everything but the service")
        return
    try:
        found = Registry.named(repository, ecr).find(tag)
    except OperationError:
        text = f"there is no registry {repository} yet: `pulumi config rm imageTag`, `pulumi up`, then push the image"
        yield Finding(Level.FAIL, "image", text)
        return
    if found is not None:
        yield Finding(Level.OK, "image", f"{repository} holds {tag}")
    else:
        yield Finding(Level.FAIL, "image", f"the registry {repository} lacks {tag}: push it")


def service_roles(account: Account) -> Iterator[Finding]:
    """The service-linked roles exist, or the first `pulumi up` creates them."""
    iam = account.client("iam")
    for name in (*_SERVICE_ROLES, *([_CACHE_ROLE] if account.settings.redis_enabled else [])):
        try:
            iam.get_role(RoleName=name)
        except iam.exceptions.NoSuchEntityException:
            text = f"{name} is missing: the first `pulumi up` creates it, with iam:CreateServiceLinkedRole"
            yield Finding(Level.OK, "service-linked role", text)
        else:
            yield Finding(Level.OK, "service-linked role", name)


def text_messages(account: Account) -> Iterator[Finding]:
    """In SNS's sandbox, only verified numbers get messages."""
    if not account.settings.alarm_phones:
        return
    if account.client("sns").get_sms_sandbox_account_status()["IsInSandbox"]:
        text = "the account is in SNS's SMS sandbox: verify each number of alarmPhones, or leave the sandbox"
        yield Finding(Level.WARN, "SMS", text)
    else:
        yield Finding(Level.OK, "SMS", "the account is not in SNS's SMS sandbox")


CHECKS: Final = (
    fargate_vcpus,
    network,
    speech_streams,
    models,
    certificate,
    zone,
    image,
    service_roles,
    text_messages,
)
