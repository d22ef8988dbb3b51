"""What a key names in AWS: that it exists, and that it suits the stack."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from components.access.models import InferenceProfile
from components.edge.certificates import Certificate
from components.edge.domain import HostedZone
from components.edge.records import Check
from components.lib.provider import ProviderArgs
from recording.bedrock import BY_ID, BY_PROFILE, LITE, LITE_2, SONIC
from tests.support.stack_config import CERTIFICATE, HTTPS, Answers, load, mistakes

ZONE = "Z1D633PJN98FT9"
DOMAIN = {"domainName": "voice.example.com", "hostedZoneId": ZONE}
SHOW_ZONES = "`aws route53 list-hosted-zones` shows the ids"


def with_certificate(found: Certificate | None) -> Answers:
    return Answers(certificate=lambda _arn: found)


def with_zone(found: HostedZone | None) -> Answers:
    return Answers(zone=lambda _id: found)


def with_bedrock(models: Mapping[str, list[str]], profiles: tuple[str, ...] = ()) -> Answers:
    return Answers(
        models=lambda: models,
        profile=lambda one: InferenceProfile(f"arn:{one}", ("arn:model",)) if one in profiles else None,
    )


def test_lookups_are_in_the_region_of_the_stack() -> None:
    connected: list[str] = []

    def connect(args: ProviderArgs) -> Answers:
        connected.append(args.region)
        return Answers()

    load({}, region="us-west-2", connect=connect)
    assert connected == ["us-west-2"]


# The certificate


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (
            None,
            "names no certificate of this account in us-east-1: `aws acm list-certificates --region us-east-1` shows "
            "the ARNs",
        ),
        (
            Certificate("PENDING_VALIDATION", ("voice.example.com",)),
            f"is not validated yet: create the DNS record that `aws acm describe-certificate --certificate-arn "
            f"{CERTIFICATE} --region us-east-1` shows",
        ),
        (
            Certificate("EXPIRED", ("voice.example.com",)),
            "is EXPIRED, not ISSUED: set the ARN of another certificate",
        ),
        (
            Certificate("ISSUED", ("example.com", "*.voice.example.com")),
            "is for example.com or *.voice.example.com, so clients would refuse it for domainName, voice.example.com "
            "(a wildcard stands for one label): set one for that name",
        ),
    ],
)
def test_certificate_that_clients_cannot_use_is_refused(found: Certificate | None, message: str) -> None:
    assert mistakes(HTTPS, answers=with_certificate(found)) == [f"certificateArn = {CERTIFICATE!r}: {message}"]


def test_certificate_is_looked_up_without_a_domain_name_too() -> None:
    first, second = mistakes({"certificateArn": CERTIFICATE}, answers=with_certificate(None))
    assert first.startswith(f"certificateArn = {CERTIFICATE!r}: needs domainName")
    assert second.startswith(f"certificateArn = {CERTIFICATE!r}: names no certificate")


# The zone


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (None, f"names no hosted zone of this account: {SHOW_ZONES}"),
        (
            HostedZone("ample.com", private=False),
            f"is the zone of ample.com, which does not hold voice.example.com: {SHOW_ZONES}",
        ),
        (
            HostedZone("eu.voice.example.com", private=True),
            f"is the zone of eu.voice.example.com, which does not hold voice.example.com: {SHOW_ZONES}",
        ),
        (
            HostedZone("example.com", private=True),
            f"is a private zone of example.com, which clients on the internet do not see: set the public zone "
            f"({SHOW_ZONES})",
        ),
    ],
)
def test_zone_that_cannot_lead_clients_to_the_stack_is_refused(found: HostedZone | None, message: str) -> None:
    assert mistakes(DOMAIN, answers=with_zone(found)) == [f"hostedZoneId = {ZONE!r}: {message}"]


@pytest.mark.parametrize("name", ["com", "example.com", "voice.example.com"])
def test_zone_holds_its_own_name_and_names_below_it(name: str) -> None:
    assert load(DOMAIN, answers=with_zone(HostedZone(name, private=False))).domain


# Models and inference profiles


def test_models_and_profiles_that_the_region_offers() -> None:
    profile = f"us.{LITE_2}"
    # No geography of inference profiles has the name of a provider of models.
    others = {LITE: [BY_ID, BY_PROFILE], "ai21.jamba-1-5-mini-v1:0": [BY_ID], "zai.glm-4.6": [BY_ID]}
    answers = with_bedrock({SONIC: [BY_ID], LITE_2: [BY_PROFILE], **others}, (profile,))
    access = load({"extraModelIds": [*others, profile]}, answers=answers).app_access
    assert (access.speech_model_id, access.other_model_ids) == (SONIC, [*others])
    assert access.profiles == [InferenceProfile(f"arn:{profile}", ("arn:model",))]


def test_model_whose_use_aws_does_not_say_is_accepted() -> None:
    assert load({}, answers=with_bedrock({SONIC: [], LITE: ["PROVISIONED"]}))


@pytest.mark.parametrize(
    ("config", "models", "profiles", "lines"),
    [
        (
            {},
            {LITE: [BY_ID]},
            (),
            [
                f"bedrockModelId = {SONIC!r}: is no model that Amazon Bedrock offers in us-east-1: "
                "`aws bedrock list-foundation-models --region us-east-1` shows the ids"
            ],
        ),
        (
            {"extraModelIds": [LITE, "amazon.nova-lite-v9:0"]},
            {SONIC: [BY_ID], LITE: [BY_ID]},
            (),
            [
                "extraModelIds[1] = 'amazon.nova-lite-v9:0': is no model that Amazon Bedrock offers in us-east-1: "
                "`aws bedrock list-foundation-models --region us-east-1` shows the ids"
            ],
        ),
        (
            {"extraModelIds": [LITE_2]},
            {SONIC: [BY_ID], LITE_2: [BY_PROFILE]},
            (f"us.{LITE_2}", f"global.{LITE_2}", f"us.{LITE}"),
            [
                f"extraModelIds[0] = {LITE_2!r}: is offered in us-east-1 by inference profile only: set us.{LITE_2} or "
                f"global.{LITE_2}"
            ],
        ),
        (
            {"extraModelIds": [LITE_2]},
            {SONIC: [BY_ID], LITE_2: [BY_PROFILE]},
            (),
            [
                f"extraModelIds[0] = {LITE_2!r}: is offered in us-east-1 by inference profile only: "
                "`aws bedrock list-inference-profiles --region us-east-1` shows the ids"
            ],
        ),
        (
            {"bedrockModelId": LITE_2, "extraModelIds": []},
            {LITE_2: [BY_PROFILE]},
            (f"us.{LITE_2}",),
            [
                f"bedrockModelId = {LITE_2!r}: is offered in us-east-1 by inference profile only: set another model, "
                "as the speech model is used by its id"
            ],
        ),
        (
            {"extraModelIds": [f"eu.{LITE}", f"jp.{LITE_2}"]},
            {SONIC: [BY_ID], LITE: [BY_ID, BY_PROFILE], LITE_2: [BY_PROFILE]},
            (f"us.{LITE}", f"us.{LITE_2}"),
            [
                f"extraModelIds[0] = 'eu.{LITE}': is no inference profile that Amazon Bedrock offers in us-east-1: set "
                f"{LITE} or us.{LITE}",
                f"extraModelIds[1] = 'jp.{LITE_2}': is no inference profile that Amazon Bedrock offers in us-east-1: "
                f"set us.{LITE_2}",
            ],
        ),
    ],
)
def test_model_that_the_region_lacks_is_refused_with_what_to_set(
    config: Mapping[str, object], models: Mapping[str, list[str]], profiles: tuple[str, ...], lines: list[str]
) -> None:
    assert mistakes(config, answers=with_bedrock(models, profiles)) == lines


def test_destinations_of_profiles_count_against_the_limit_of_a_role() -> None:
    profiles = [f"us.amazon.nova-{number}-v1:0" for number in range(9)]
    assert load({"extraModelIds": profiles[:8]}), "8 profiles, each with a destination and a condition: 24"
    (line,) = mistakes({"extraModelIds": profiles})
    assert line == (
        "extraModelIds: has too many entries together (extraModelIds 27): IAM's limit for one role allows 25 in all. "
        "An inference profile counts for each region that it leads to, and two more"
    )


# All of them


def test_everything_that_is_missing_is_named_in_one_message() -> None:
    nothing = Answers(
        image=lambda _tag: None,
        certificate=lambda _arn: None,
        zone=lambda _id: None,
        models=lambda: {},
        profile=lambda _id: None,
    )
    config = {**HTTPS, **DOMAIN, "imageTag": "1.4.2", "extraModelIds": [LITE, f"us.{LITE}"], "cpu": "1000"}
    named = [line.partition(" =")[0] for line in mistakes(config, answers=nothing)]
    keys = ["imageTag", "certificateArn", "hostedZoneId", "bedrockModelId", "extraModelIds[0]", "extraModelIds[1]"]
    assert sorted(named) == sorted([*keys, "cpu"])


@pytest.mark.parametrize(
    ("config", "stack", "region"),
    [
        ({**HTTPS, **DOMAIN}, "test", "eu-west-1"),
        ({**HTTPS, **DOMAIN}, "Test", "us-east-1"),
        ({"certificateArn": "x", "hostedZoneId": "x", "domainName": "X", "extraModelIds": [1]}, "test", "us-east-1"),
        ({"bedrockModelId": "x"}, "test", "us-east-1"),
    ],
)
def test_nothing_is_looked_up_for_a_wrong_value_or_region(
    config: Mapping[str, object], stack: str, region: str
) -> None:
    def fail(*asked: str) -> None:
        raise AssertionError(asked)

    never = Answers(certificate=fail, zone=fail, models=fail, profile=fail)  # pyright: ignore[reportArgumentType]
    assert mistakes(config, stack, region, answers=never)


# The regions of a name


@pytest.mark.parametrize(
    ("regions", "why"),
    [
        ({}, "no other stack has that name"),
        (None, "no other stack has that name"),
        ({"test": Check.ON}, "no other stack has that name"),
        ({"test": Check.ON, "test-eu-north-1": Check.EVACUATED}, "test-eu-north-1 is evacuated"),
        (
            {"test-us-west-2": Check.DELETED, "test-eu-north-1": Check.INVERTED},
            "test-eu-north-1 has a health check that somebody inverted; test-us-west-2 has a health check that "
            "somebody deleted",
        ),
    ],
)
def test_last_region_of_a_name_is_not_evacuated(regions: Mapping[str, Check] | None, why: str) -> None:
    answers = Answers(regions=lambda _id, _name: regions)
    assert mistakes({**DOMAIN, "evacuated": True}, answers=answers) == [
        f"evacuated = 'true': leaves no region to the clients of voice.example.com: {why}. Bring another region up or "
        "back first (`pulumi up --refresh` repairs a health check), or keep this one (`pulumi config set evacuated "
        "false`)"
    ]
    assert load(DOMAIN, answers=answers).domain


def test_region_is_evacuated_while_another_serves_the_name() -> None:
    asked: list[tuple[str, str]] = []

    def find(zone_id: str, name: str) -> Mapping[str, Check]:
        asked.append((zone_id, name))
        return {"test": Check.ON, "test-us-west-2": Check.EVACUATED, "test-eu-north-1": Check.ON}

    domain = load({**DOMAIN, "evacuated": True}, answers=Answers(regions=find)).domain
    assert domain and domain.evacuated
    assert asked == [(ZONE, "voice.example.com")]
    load(DOMAIN, answers=Answers(regions=find))
    assert len(asked) == 1, "a region that serves needs no lookup"
