"""The rules that need an answer of AWS: whether what a key names exists there, and suits the stack."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from components.access.models import GEOGRAPHIES, InferenceProfile, InferenceTypes, model_of, needs_profile
from components.edge.certificates import ISSUED, Certificate
from components.edge.domain import HostedZone
from components.lookups import Lookups
from config.mistakes import Mistake
from config.rule import listed
from config.settings import Settings


class OfferLookups(Protocol):
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


def check_certificate(settings: Settings, lookups: OfferLookups) -> Iterator[Mistake]:
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


def check_zone(settings: Settings, lookups: OfferLookups) -> Iterator[Mistake]:
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


def check_evacuation(settings: Settings, lookups: Lookups) -> Iterator[Mistake]:
    """Yields that no region would be left for clients. Route 53 then answers as if every region were healthy."""
    zone_id, name = settings.hosted_zone_id, settings.domain_name
    if not (settings.evacuated and zone_id and name):
        return
    found = lookups.regions(zone_id, name) or {}
    others = {stack: check for stack, check in found.items() if stack != settings.stack}
    if not any(check.leads_clients for check in others.values()):
        present = "; ".join(f"{stack} {check.value}" for stack, check in sorted(others.items()))
        repair = "`pulumi up --refresh` repairs a health check"
        rule = (
            f"leaves no region to the clients of {name}: {present or 'no other stack has that name'}. Bring another "
            f"region up or back first ({repair}), or keep this one (`pulumi config set evacuated false`)"
        )
        yield Mistake("evacuated", "true", rule)


def check_models(settings: Settings, lookups: OfferLookups) -> tuple[dict[str, InferenceProfile], list[Mistake]]:
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


def _alternatives(model_id: str, offered: Mapping[str, InferenceTypes], region: str, lookups: OfferLookups) -> str:
    """Returns how else a model can be used in the region, as the remedy of an error message."""
    by_id = [model_id] if model_id in offered and not needs_profile(offered[model_id]) else []
    profiles = [f"{geography}.{model_id}" for geography in GEOGRAPHIES]
    found = by_id + [profile_id for profile_id in profiles if lookups.profile(profile_id)]
    if not found:
        return f"`aws bedrock list-inference-profiles --region {region}` shows the ids"
    return f"set {listed(found)}"
