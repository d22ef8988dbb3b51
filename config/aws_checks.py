"""The rules that need an answer of AWS: about what the keys name, and about the stack that is up."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from components.access.data_key import ExistingKey
from components.access.models import GEOGRAPHIES, InferenceProfile, InferenceTypes, model_of, needs_profile
from components.data.app_secrets import SharedSecret
from components.data.registry import Image
from components.edge.certificates import ISSUED, Certificate
from components.edge.domain import HostedZone
from components.lookups import Lookups
from components.service.running import NOT_RUNNING, RunningService
from config.mistakes import Mistake, Mistakes
from config.rule import listed
from config.settings import Settings


class PrerequisiteLookups(Protocol):
    """Lookups of what a stack uses and does not create. Each returns None for what does not exist."""

    def certificate(self, arn: str, /) -> Certificate | None:
        """Returns a certificate of the region."""
        ...

    def zone(self, hosted_zone_id: str, /) -> HostedZone | None:
        """Returns a hosted zone."""
        ...

    def models(self) -> Mapping[str, InferenceTypes]:
        """Returns how each model of the region can be used, by its id."""
        ...

    def profile(self, profile_id: str, /) -> InferenceProfile | None:
        """Returns an inference profile of the region."""
        ...


def with_prerequisites(settings: Settings, lookups: Lookups, mistakes: Mistakes) -> Settings:
    """Looks up what the keys name, and adds what does not exist or does not suit the stack.

    Returns the settings with what was found.
    """
    image = lookups.image(settings.image_tag) if settings.image_tag else None
    mistakes.add_found(_check_image(settings, image, lookups))
    mistakes.add_found(check_certificate(settings, lookups))
    mistakes.add_found(check_zone(settings, lookups))
    if mistakes.all_right("hostedZoneId", "domainName", "evacuated"):
        mistakes.add_found(_check_evacuation(settings, lookups))
    secrets = {variable: lookups.secret(arn) for variable, arn in settings.secret_arns.items()}
    mistakes.add_found(_check_secrets(settings, secrets))
    profiles: dict[str, InferenceProfile] = {}
    if mistakes.all_right("bedrockModelId", "extraModelIds"):
        profiles, wrong = check_models(settings, lookups)
        mistakes.add_found(wrong)
    found = {variable: secret for variable, secret in secrets.items() if secret}
    return settings.model_copy(update={"image": image, "inference_profiles": profiles, "shared_secrets": found})


def with_existing_stack(settings: Settings, lookups: Lookups, mistakes: Mistakes) -> Settings:
    """Looks up the stack as it is in AWS, and adds what must not change in it.

    Returns the settings with what was found.
    """
    key = lookups.data_key()
    # Without an image, the update deletes the service.
    service = (lookups.service() if settings.image else None) or NOT_RUNNING
    mistakes.add_found(_check_network(settings, lookups))
    mistakes.add_found(_check_zones(settings, lookups))
    mistakes.add_found(_check_key(settings, key))
    mistakes.add_found(_check_strategy(settings, service))
    return settings.model_copy(update={"existing_key": key, "running": service})


def _check_image(settings: Settings, image: Image | None, lookups: Lookups) -> Iterator[Mistake]:
    if settings.image_tag and image is None:
        rule = (
            f"names no tagged image in this stack's registry in the account {lookups.account.id}, "
            f"{settings.region}: push it, or log in to the stack's account. If there is no registry yet, "
            "unset the key (`pulumi config rm imageTag`), `pulumi up`, push the image, and set the key again"
        )
        yield Mistake("imageTag", settings.image_tag, rule)


def check_certificate(settings: Settings, lookups: PrerequisiteLookups) -> Iterator[Mistake]:
    """Yields what is wrong with the certificate of `certificateArn`."""
    arn, region, name = settings.certificate_arn, settings.region, settings.domain_name
    if arn is None:
        return
    found = lookups.certificate(arn)
    if found is None:
        rule = f"names no certificate of this account in {region}: `aws acm list-certificates --region {region}`"
        yield Mistake("certificateArn", arn, f"{rule} shows the ARNs")
    elif found.status == "PENDING_VALIDATION":
        show = f"`aws acm describe-certificate --certificate-arn {arn} --region {region}`"
        yield Mistake("certificateArn", arn, f"is not validated yet: create the DNS record that {show} shows")
    elif found.status != ISSUED:
        yield Mistake("certificateArn", arn, f"is {found.status}, not {ISSUED}: set the ARN of another certificate")
    elif name and not found.covers(name):
        rule = f"is for {listed(found.names)}, so clients would refuse it for domainName, {name}"
        yield Mistake("certificateArn", arn, f"{rule} (a wildcard stands for one label): set one for that name")


def check_zone(settings: Settings, lookups: PrerequisiteLookups) -> Iterator[Mistake]:
    """Yields what is wrong with the hosted zone of `hostedZoneId`."""
    zone_id, name = settings.hosted_zone_id, settings.domain_name
    if zone_id is None:
        return
    found = lookups.zone(zone_id)
    show = "`aws route53 list-hosted-zones` shows the ids"
    if found is None:
        yield Mistake("hostedZoneId", zone_id, f"names no hosted zone of this account: {show}")
    elif name and not found.holds(name):
        yield Mistake("hostedZoneId", zone_id, f"is the zone of {found.name}, which does not hold {name}: {show}")
    elif found.private:
        rule = f"is a private zone of {found.name}, which clients on the internet do not see: set the public zone"
        yield Mistake("hostedZoneId", zone_id, f"{rule} ({show})")


def _check_evacuation(settings: Settings, lookups: Lookups) -> Iterator[Mistake]:
    """Yields that no region would be left for clients. Route 53 then answers as if every region were healthy.

    Amazon Route 53 Developer Guide, "How Amazon Route 53 chooses records when health checking is configured".
    """
    zone_id, name = settings.hosted_zone_id, settings.domain_name
    if not (settings.evacuated and zone_id and name):
        return
    found = lookups.regions(zone_id, name) or {}
    others = {stack: check for stack, check in found.items() if stack != settings.stack}
    if not any(check.routes_clients for check in others.values()):
        present = "; ".join(f"{stack} {check.value}" for stack, check in sorted(others.items()))
        repair = "`pulumi up --refresh` repairs a health check"
        rule = (
            f"leaves no region to the clients of {name}: {present or 'no other stack has that name'}. Bring another "
            f"region up or back first ({repair}), or keep this one (`pulumi config set evacuated false`)"
        )
        yield Mistake("evacuated", "true", rule)


def _check_secrets(settings: Settings, secrets: Mapping[str, SharedSecret | None]) -> Iterator[Mistake]:
    for variable, arn in settings.secret_arns.items():
        if secrets[variable] is None:
            rule = (
                "names no secret, or one whose deletion is scheduled: set the ARN of another secret, have its owner "
                f"restore this one, or remove it (`pulumi config rm --path 'secretArns.{variable}'`)"
            )
            yield Mistake(f"secretArns.{variable}", arn, rule)


def check_models(settings: Settings, lookups: PrerequisiteLookups) -> tuple[dict[str, InferenceProfile], list[Mistake]]:
    """Returns the inference profiles of `extraModelIds` by id, and what is wrong with all models and profiles."""
    profiles: dict[str, InferenceProfile] = {}
    mistakes: list[Mistake] = []
    offered = lookups.models()
    given = {"bedrockModelId": settings.bedrock_model_id}
    given |= {f"extraModelIds[{place}]": model_id for place, model_id in enumerate(settings.extra_model_ids)}
    for path, model_id in given.items():
        if (base := model_of(model_id)) is not None:
            profile = lookups.profile(model_id)
            if profile is None:
                rule = f"is no inference profile that Amazon Bedrock offers in {settings.region}"
                remedy = _alternatives(base, offered, settings.region, lookups)
                mistakes.append(Mistake(path, model_id, f"{rule}: {remedy}"))
            else:
                profiles[model_id] = profile
        elif model_id not in offered:
            rule = f"is no model that Amazon Bedrock offers in {settings.region}"
            show = f"`aws bedrock list-foundation-models --region {settings.region}` shows the ids"
            mistakes.append(Mistake(path, model_id, f"{rule}: {show}"))
        elif needs_profile(offered[model_id]):
            rule = f"is offered in {settings.region} by inference profile only"
            if path == "bedrockModelId":
                remedy = "set another model, as the speech model is used by its id"
            else:
                remedy = _alternatives(model_id, offered, settings.region, lookups)
            mistakes.append(Mistake(path, model_id, f"{rule}: {remedy}"))
    return profiles, mistakes


def _alternatives(
    model_id: str, offered: Mapping[str, InferenceTypes], region: str, lookups: PrerequisiteLookups
) -> str:
    """Returns how else a model can be used in the region, as the remedy of an error message."""
    by_id = [model_id] if model_id in offered and not needs_profile(offered[model_id]) else []
    profiles = [f"{geography}.{model_id}" for geography in GEOGRAPHIES]
    found = by_id + [profile_id for profile_id in profiles if lookups.profile(profile_id)]
    if not found:
        return f"`aws bedrock list-inference-profiles --region {region}` shows the ids"
    return f"set {listed(found)}"


def _check_network(settings: Settings, lookups: Lookups) -> Iterator[Mistake]:
    present = lookups.network()
    if present not in (None, settings.vpc_cidr):
        rule = (
            f"must stay {present} while the stack is up: AWS does not move resources that are in use to another "
            "network. Deploy another stack, or destroy this one first"
        )
        yield Mistake("vpcCidr", settings.vpc_cidr, rule)


def _check_zones(settings: Settings, lookups: Lookups) -> Iterator[Mistake]:
    """Looks at the zones of the load balancer: the cache exists without a service too, and has no more zones."""
    if settings.redis and lookups.zones() > settings.availability_zones:
        rule = (
            "takes a zone away in which Redis may have a node, and ElastiCache does not move nodes. Turn Redis off "
            "(`pulumi config set redisEnabled false`), which deletes its data, run `pulumi up` until the zone is gone, "
            "and turn Redis on again"
        )
        yield Mistake("availabilityZones", settings.availability_zones, rule)


def _check_key(settings: Settings, key: ExistingKey | None) -> Iterator[Mistake]:
    if settings.customer_key and key and not key.is_usable:
        rule = (
            f"needs the KMS key {key.alias}, which is in the state {key.state}, so nobody can read what it encrypts. "
            f"Restore it: `KEY=$(aws kms describe-key --key-id {key.alias} --query KeyMetadata.KeyId --output text)`; "
            "if its deletion is scheduled, `aws kms cancel-key-deletion --key-id $KEY`; "
            "then `aws kms enable-key --key-id $KEY`"
        )
        yield Mistake("customerKey", settings.customer_key, rule)


def _check_strategy(settings: Settings, service: RunningService) -> Iterator[Mistake]:
    if service.alternate_in_use and not settings.strategy.shifts_traffic:
        rule = (
            "deletes the alternate target group, which has tasks or connections. Set the former strategy again; if the "
            f"tasks are in that group, deploy once more (`make redeploy STACK={settings.stack}`, which changes the "
            f"groups' places); wait for the end of the deployment (`make verify STACK={settings.stack} WAIT=3600`) "
            "and of the deregistration delay; then set it to rolling"
        )
        yield Mistake("deploymentStrategy", settings.deployment_strategy, rule)
