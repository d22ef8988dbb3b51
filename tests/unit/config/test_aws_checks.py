"""What a key names in AWS: that it exists, and that it suits the stack."""

from __future__ import annotations

from collections.abc import Mapping
from unittest import mock
from unittest.mock import call

import pytest

from components.access.models import InferenceProfile
from components.data.app_secrets import SharedSecret
from components.data.registry import Image
from components.edge.certificates import Certificate
from components.edge.domain import HostedZone
from components.edge.records import Check
from components.service.running import NOT_RUNNING, RunningService
from recording.bedrock import BY_ID, BY_PROFILE, LITE, LITE_2, SONIC
from tests.support.config_values import CERTIFICATE, DOMAIN, HTTPS, REDIS, SECRET, ZONE
from tests.support.stack_config import DIGEST, in_aws, load, mistakes

SHOW_ZONES = "`aws route53 list-hosted-zones` shows the ids"


def bedrock(models: Mapping[str, list[str]], profiles: tuple[str, ...] = ()) -> mock.Mock:
    """Returns lookups that find these models and inference profiles."""
    found = {one: InferenceProfile(f"arn:{one}", ("arn:model",)) for one in profiles}
    return in_aws(models=models, profile=found.get)


# Which lookups there are


@pytest.mark.parametrize(
    ("config", "stack", "region", "asked"),
    [
        ({}, "test", "eu-west-1", ""),
        ({"imageTag": "1.4.2"}, "test", None, ""),
        ({"imageTag": "1.4.2", **HTTPS, **DOMAIN}, "test", "eu-west-1", ""),
        ({"imageTag": "1.4.2", **HTTPS, **DOMAIN}, "test-us-west-2", "us-east-1", ""),
        ({"imageTag": "1.4.2", **HTTPS, **DOMAIN}, "Test", "us-east-1", ""),
        ({"imageTag": "a b"}, "test", "us-east-1", "models"),
        ({"certificateArn": "x", "domainName": "X", "extraModelIds": [1]}, "test", "us-east-1", ""),
        ({"hostedZoneId": "x", **HTTPS, "evacuated": True}, "test", "us-east-1", "certificate models"),
        ({"bedrockModelId": "x"}, "test", "us-east-1", ""),
        # The key, the network and the service, if everything else is right.
        ({"imageTag": "1.4.2", **HTTPS, **DOMAIN, "cpu": "1"}, "test", "us-east-1", "image certificate zone models"),
    ],
)
def test_wrong_values_are_not_looked_up(
    config: Mapping[str, object], stack: str, region: str | None, asked: str
) -> None:
    lookups = in_aws()
    assert mistakes(config, stack, region, lookups=lookups)
    assert [name for name, _, _ in lookups.mock_calls] == asked.split()


def test_what_is_right_is_looked_up_once() -> None:
    lookups = in_aws(image=Image(DIGEST, "1.4.2"), service=RunningService(zones=2))
    loaded = load({"imageTag": DIGEST, **HTTPS, **DOMAIN, **REDIS}, lookups=lookups)
    assert loaded.image == Image(DIGEST, "1.4.2")
    assert loaded.running == RunningService(zones=2)
    named = [call.image(DIGEST), call.certificate(CERTIFICATE), call.zone(ZONE), call.models()]
    assert lookups.mock_calls == [*named, call.data_key(), call.service(), call.network(), call.zones()]


def test_service_is_not_looked_up_if_it_goes() -> None:
    lookups = in_aws(service=RunningService(zones=2))
    assert load({}, lookups=lookups).running == NOT_RUNNING
    lookups.service.assert_not_called()


# The image and the certificate


def test_image_that_the_registry_lacks_is_refused() -> None:
    (line,) = mistakes({"imageTag": "1.4.2"}, region="us-west-2", lookups=in_aws(image=None))
    assert line == (
        "imageTag = '1.4.2': names no tagged image in this stack's registry in the account 123456789012, us-west-2: "
        "push it, or log in to the stack's account. "
        "If there is no registry yet, unset the key (`pulumi config rm imageTag`), `pulumi up`, push the image, "
        "and set the key again"
    )


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
    assert mistakes(HTTPS, lookups=in_aws(certificate=found)) == [f"certificateArn = {CERTIFICATE!r}: {message}"]


def test_certificate_is_looked_up_without_a_domain_name_too() -> None:
    first, second = mistakes({"certificateArn": CERTIFICATE}, lookups=in_aws(certificate=None))
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
    # That no other region has the name in a wrong zone is no second mistake.
    lookups = in_aws(zone=found, regions={})
    assert mistakes({**DOMAIN, "evacuated": True}, lookups=lookups) == [f"hostedZoneId = {ZONE!r}: {message}"]


@pytest.mark.parametrize("name", ["com", "example.com", "voice.example.com"])
def test_zone_holds_its_own_name_and_names_below_it(name: str) -> None:
    assert load(DOMAIN, lookups=in_aws(zone=HostedZone(name, private=False))).domain


# Secrets of others


def test_secret_that_does_not_exist_is_refused_beside_other_mistakes() -> None:
    absent = SECRET.replace("token", "absent")
    config = {"secretArns": {"TOKEN": absent, "OTHER": SECRET}, **HTTPS}
    lookups = in_aws(certificate=None, secret={SECRET: SharedSecret(SECRET, "")}.get)
    certificate, secret = mistakes(config, lookups=lookups)
    assert certificate.startswith("certificateArn = ")
    assert secret == (
        f"secretArns.TOKEN = {absent!r}: names no secret, or one whose deletion is scheduled: set the ARN of another "
        "secret, have its owner restore this one, or remove it (`pulumi config rm --path 'secretArns.TOKEN'`)"
    )


def test_secrets_are_found_by_their_variables() -> None:
    lookups = in_aws(secret=SharedSecret(SECRET, "alias/token"))
    loaded = load({"secretArns": {"TOKEN": SECRET}}, lookups=lookups)
    assert loaded.shared_secrets == {"TOKEN": SharedSecret(SECRET, "alias/token")}


# Models and inference profiles


def test_models_and_profiles_that_the_region_offers() -> None:
    profile = f"us.{LITE_2}"
    # No geography of inference profiles has the name of a provider of models.
    others = {LITE: [BY_ID, BY_PROFILE], "ai21.jamba-1-5-mini-v1:0": [BY_ID], "zai.glm-4.6": [BY_ID]}
    lookups = bedrock({SONIC: [BY_ID], LITE_2: [BY_PROFILE], **others}, (profile,))
    access = load({"extraModelIds": [*others, profile]}, lookups=lookups).app_access
    assert (access.speech_model_id, access.other_model_ids) == (SONIC, [*others])
    assert access.profiles == [InferenceProfile(f"arn:{profile}", ("arn:model",))]


def test_model_whose_use_aws_does_not_say_is_accepted() -> None:
    assert load({}, lookups=bedrock({SONIC: [], LITE: ["PROVISIONED"]}))


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
    assert mistakes(config, lookups=bedrock(models, profiles)) == lines


def test_destinations_of_profiles_count_against_the_limit_of_a_role() -> None:
    profiles = [f"us.amazon.nova-{number}-v1:0" for number in range(9)]
    assert load({"extraModelIds": profiles[:8]}), "8 profiles, each with a destination and a condition: 24"
    (line,) = mistakes({"extraModelIds": profiles})
    assert line == (
        "extraModelIds: has too many entries together (extraModelIds 27): IAM's limit for one role allows 25 in all. "
        "An inference profile counts for each destination region, and two more"
    )


# All of them


def test_everything_that_is_missing_is_named_in_one_message() -> None:
    nothing = in_aws(image=None, certificate=None, zone=None, models={}, profile=None)
    config = {**HTTPS, **DOMAIN, "imageTag": "1.4.2", "extraModelIds": [LITE, f"us.{LITE}"], "cpu": "1000"}
    named = [line.partition(" =")[0] for line in mistakes(config, lookups=nothing)]
    keys = ["imageTag", "certificateArn", "hostedZoneId", "bedrockModelId", "extraModelIds[0]", "extraModelIds[1]"]
    assert sorted(named) == sorted([*keys, "cpu"])


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
    lookups = in_aws(regions=regions)
    assert mistakes({**DOMAIN, "evacuated": True}, lookups=lookups) == [
        f"evacuated = 'true': leaves no region to the clients of voice.example.com: {why}. Bring another region up or "
        "back first (`pulumi up --refresh` repairs a health check), or keep this one (`pulumi config set evacuated "
        "false`)"
    ]
    assert load(DOMAIN, lookups=lookups).domain


def test_region_is_evacuated_while_another_serves_the_name() -> None:
    regions = {"test": Check.ON, "test-us-west-2": Check.EVACUATED, "test-eu-north-1": Check.ON}
    lookups = in_aws(regions=regions)
    domain = load({**DOMAIN, "evacuated": True}, lookups=lookups).domain
    assert domain and domain.evacuated
    lookups.regions.assert_called_once_with(ZONE, "voice.example.com")
