"""The findings of `make preflight` on answers of AWS. botocore's Stubber holds each answer against the API's model."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from operations import preflight
from operations.preflight import CHECKS, Account, Finding, Level
from tests.support.boto import refusal, stubbed
from tests.support.config_values import CERTIFICATE, HTTPS
from tests.support.stack_config import parsed

PLENTY = {"Fargate On-Demand vCPU resource count": 100.0, "Fargate Spot vCPU resource count": 100.0}
ZONE = "Z1D633PJN98FT9"

# A service -> its answers in the order of the calls: the method, and the answer or the code of an error.
Answers = Mapping[str, list[tuple[str, Any]]]


def quotas(*values: Mapping[str, float]) -> list[tuple[str, Any]]:
    return [
        ("list_service_quotas", {"Quotas": [{"QuotaName": name, "Value": value} for name, value in found.items()]})
        for found in values
    ]


@pytest.mark.parametrize(
    ("allowed", "level"),
    [((), Level.OK), (("111122223333", "123456789012"), Level.OK), (("111122223333",), Level.FAIL)],
)
def test_account_has_to_be_an_allowed_one(allowed: tuple[str, ...], level: Level) -> None:
    identity = {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/me"}
    finding = preflight._account(identity, allowed)  # pyright: ignore[reportPrivateUsage]
    assert finding.level is level
    assert "123456789012, as arn:aws:iam::123456789012:user/me" in finding.text
    assert ("allowedAccountIds has 111122223333" in finding.text) is (level is Level.FAIL)


class Refusing:
    """A client of a service. AWS refuses its every call."""

    def __init__(self, service: str) -> None:
        self.exceptions = stubbed(service).client.exceptions

    def __getattr__(self, operation: str) -> Any:
        raise refusal(operation, "AccessDenied")


def found(check: Callable[[Account], Iterator[Finding]], answers: Answers, **config: str) -> list[Finding]:
    clients = {service: stubbed(service, *calls).client for service, calls in answers.items()}
    return list(check(Account(parsed(**config), clients.__getitem__)))


def levels(findings: list[Finding]) -> list[str]:
    return [finding.level.value for finding in findings]


FARGATE, STREAMS = "Fargate On-Demand vCPU", "On-demand InvokeModel concurrent requests for Amazon Nova 2 Sonic"


@pytest.mark.parametrize(
    ("check", "quota", "value", "level", "text"),
    [
        # The most tasks need 10 vCPUs, and a release twice as many.
        (preflight.fargate_vcpus, f"{FARGATE} resource count", 9, "FAIL", "needs 10 vCPUs, and 20 during a release"),
        (preflight.fargate_vcpus, f"{FARGATE} resource count", 10, "WARN", "needs 10 vCPUs"),
        (preflight.fargate_vcpus, f"{FARGATE} resource count", 20, "OK", "needs 10 vCPUs"),
        (preflight.fargate_vcpus, "Another quota", 20, "WARN", ""),
        # A quota that reads 0 can still work.
        (preflight.speech_streams, STREAMS, 0, "WARN", "450 sessions"),
        (preflight.speech_streams, STREAMS, 450, "OK", "450 sessions"),
    ],
)
def test_quota(check: Callable[[Account], Iterator[Finding]], quota: str, value: float, level: str, text: str) -> None:
    [finding] = found(check, {"service-quotas": quotas({quota: value})}, cpu="1024", maxCount="10")
    assert finding.level.value == level
    assert text in finding.text


def test_fargate_quotas_of_spot_and_on_demand() -> None:
    answers = {"service-quotas": quotas(PLENTY, {**PLENTY, "Fargate Spot vCPU resource count": 3.0})}
    findings = found(preflight.fargate_vcpus, answers, maxCount="10", onDemandBase="2", spotPercent="50")
    assert levels(findings) == ["OK", "FAIL"]
    assert "needs 6 vCPUs" in findings[0].text and "needs 4 vCPUs" in findings[1].text


def test_schedule_that_starts_more_tasks_than_max_count_needs_the_quotas() -> None:
    night, day = ({"cron": f"0 {hour} * * ? *", "min": 2, "max": most} for hour, most in ((20, 4), (8, 40)))
    config = {"maxCount": "10", "scalingSchedule": json.dumps({"night": night, "day": day})}
    [vcpus] = found(
        preflight.fargate_vcpus, {"service-quotas": quotas({"Fargate On-Demand vCPU resource count": 39.0})}, **config
    )
    assert (vcpus.level.value, vcpus.text.partition(",")[0]) == ("FAIL", "scalingSchedule needs 40 vCPUs")
    [streams] = found(preflight.speech_streams, {"service-quotas": quotas(PLENTY)}, **config)
    assert streams.text.startswith("scalingSchedule: 40 tasks serve 1800 sessions at once")


@pytest.mark.parametrize(
    ("nat", "vpcs", "addresses", "texts"),
    [
        ("one-per-az", 4, 2, ["OK: 1 needed, 4 of 5 used", "OK: 3 needed, 2 of 5 used"]),
        (
            "one-per-az",
            5,
            3,
            [
                "FAIL: 1 needed, 5 of 5 used. Request more (Service Quotas, VPCs per Region)",
                "FAIL: 3 needed, 3 of 5 used. Request more (Service Quotas, EC2-VPC Elastic IPs), or set natGateways to"
                " single or none",
            ],
        ),
        ("none", 1, None, ["OK: 1 needed, 1 of 5 used"]),
    ],
    ids=["enough", "too few", "no NAT"],
)
def test_new_network_needs_a_vpc_and_an_elastic_ip_for_each_nat_gateway(
    nat: str, vpcs: int, addresses: int | None, texts: list[str]
) -> None:
    calls: list[tuple[str, Any]] = [
        ("describe_vpcs", {"Vpcs": []}),
        ("describe_vpcs", {"Vpcs": [dict[str, str]()] * vpcs}),
    ]
    if addresses is not None:
        calls.append(("describe_addresses", {"Addresses": [dict[str, str]()] * addresses}))
    answers: Answers = {
        "ec2": calls,
        "service-quotas": quotas({"VPCs per Region": 5.0}, {"EC2-VPC Elastic IPs": 5.0}),
    }
    findings = found(preflight.network, answers, availabilityZones="3", natGateways=nat)
    assert [f"{finding.level.value}: {finding.text}" for finding in findings] == texts


def test_network_that_exists_needs_no_quota() -> None:
    [finding] = found(preflight.network, {"ec2": [("describe_vpcs", {"Vpcs": [{"VpcId": "vpc-1"}]})]})
    assert (finding.level.value, finding.text) == ("OK", "exists already")


def test_quota_that_service_quotas_does_not_list_is_a_warning() -> None:
    calls: list[tuple[str, Any]] = [("describe_vpcs", {"Vpcs": []}), ("describe_vpcs", {"Vpcs": []})]
    [finding] = found(preflight.network, {"ec2": calls, "service-quotas": quotas({})}, natGateways="none")
    assert finding.level.value == "WARN"
    assert finding.text == "1 needed; Service Quotas does not list VPCs per Region"


SONIC, LITE_2 = "amazon.nova-2-sonic-v1:0", "amazon.nova-2-lite-v1:0"
PROFILE = f"us.{LITE_2}"


def listed(**inference_types: list[str]) -> tuple[str, Any]:
    """The models of the region: a part of the id -> how the model can be used."""
    ids = {"sonic": SONIC, "lite": LITE_2}
    found = [
        {
            "modelArn": f"arn:aws:bedrock:us-east-1::foundation-model/{ids[name]}",
            "modelId": ids[name],
            "inferenceTypesSupported": types,
        }
        for name, types in inference_types.items()
    ]
    return "list_foundation_models", {"modelSummaries": found}


def access(model_id: str, entitlement: str = "AVAILABLE") -> tuple[str, Any]:
    return (
        "get_foundation_model_availability",
        {
            "modelId": model_id,
            "agreementAvailability": {"status": "AVAILABLE"},
            "authorizationStatus": "AUTHORIZED",
            "entitlementAvailability": entitlement,
            "regionAvailability": "AVAILABLE",
        },
    )


@pytest.mark.parametrize(
    ("calls", "level"),
    [
        ([listed(sonic=["ON_DEMAND"]), access(SONIC)], "OK"),
        ([listed(sonic=["ON_DEMAND"]), access(SONIC, "NOT_AVAILABLE")], "FAIL"),
        ([listed(lite=["ON_DEMAND"])], "FAIL"),
    ],
    ids=["accessible", "no access", "not offered"],
)
def test_models_are_offered_and_accessible(calls: list[tuple[str, Any]], level: str) -> None:
    assert levels(found(preflight.models, {"bedrock": calls}, extraModelIds="[]")) == [level]


def test_inference_profile_exists_and_its_model_is_accessible() -> None:
    profile = {
        "inferenceProfileName": PROFILE,
        "inferenceProfileArn": f"arn:aws:bedrock:us-east-1:123456789012:inference-profile/{PROFILE}",
        "inferenceProfileId": PROFILE,
        "models": [{"modelArn": f"arn:aws:bedrock:us-east-2::foundation-model/{LITE_2}"}],
        "status": "ACTIVE",
        "type": "SYSTEM_DEFINED",
    }
    offered = listed(sonic=["ON_DEMAND"], lite=["INFERENCE_PROFILE"])
    calls = [offered, ("get_inference_profile", profile), access(SONIC), access(LITE_2)]
    config = {"extraModelIds": f'["{PROFILE}"]'}
    assert levels(found(preflight.models, {"bedrock": calls}, **config)) == ["OK", "OK"]
    codes = ("ResourceNotFoundException", "ValidationException")
    missing: list[tuple[str, Any]] = [("get_inference_profile", code) for code in codes] * 3
    findings = found(preflight.models, {"bedrock": [offered, *missing, access(SONIC)]}, **config)
    assert levels(findings) == ["FAIL", "OK"]
    assert findings[0].text.startswith(f"extraModelIds[0] = '{PROFILE}': is no inference profile")


@pytest.mark.parametrize(
    ("answer", "level"),
    [
        ({"Status": "ISSUED", "SubjectAlternativeNames": ["*.example.com"]}, "OK"),
        ({"Status": "ISSUED", "SubjectAlternativeNames": ["example.com"]}, "FAIL"),
        ({"Status": "PENDING_VALIDATION", "SubjectAlternativeNames": ["voice.example.com"]}, "FAIL"),
        ({"Status": "EXPIRED", "SubjectAlternativeNames": ["voice.example.com"]}, "FAIL"),
        (None, "FAIL"),
    ],
)
def test_certificate_is_issued_for_the_domain_name(answer: Any, level: str) -> None:
    described = {"Certificate": answer} if answer else "ResourceNotFoundException"
    answers: Answers = {"acm": [("describe_certificate", described)]}
    assert levels(found(preflight.certificate, answers, **HTTPS)) == [level]


@pytest.mark.parametrize(
    ("name", "private", "level"),
    [("example.com.", False, "OK"), ("ample.com.", False, "FAIL"), ("example.com.", True, "FAIL"), ("", False, "FAIL")],
)
def test_zone_is_public_and_holds_the_domain(name: str, private: bool, level: str) -> None:
    shown = {"Id": f"/hostedzone/{ZONE}", "Name": name, "CallerReference": "1", "Config": {"PrivateZone": private}}
    answers: Answers = {"route53": [("get_hosted_zone", {"HostedZone": shown} if name else "NoSuchHostedZone")]}
    config = {"domainName": "voice.example.com", "hostedZoneId": ZONE}
    assert levels(found(preflight.zone, answers, **config)) == [level]


TAGGED = {"imageTag": "1.4.2"}
IMAGES: list[tuple[dict[str, str], Any, str, str]] = [
    (TAGGED, {"imageDetails": [{}]}, "OK", "holds 1.4.2"),
    (TAGGED, "ImageNotFoundException", "FAIL", "lacks 1.4.2: push it"),
    (TAGGED, "RepositoryNotFoundException", "FAIL", "`pulumi config rm imageTag`"),
    ({}, {}, "OK", ""),  # the first update needs no image
]


@pytest.mark.parametrize(("config", "answer", "level", "text"), IMAGES)
def test_image_is_in_the_registry(config: dict[str, str], answer: Any, level: str, text: str) -> None:
    [finding] = found(preflight.image, {"ecr": [("describe_images", answer)]}, **config)
    assert (finding.level.value, text in finding.text) == (level, True)


def test_missing_service_linked_role_is_no_failure() -> None:
    role = {"Path": "/", "RoleName": "r", "RoleId": "A" * 16, "Arn": "arn:aws:iam::123456789012:role/r"}
    answers: Answers = {
        "iam": [("get_role", "NoSuchEntity"), *[("get_role", {"Role": {**role, "CreateDate": "2026-01-01"}})] * 3]
    }
    findings = found(preflight.service_roles, answers, redisEnabled="true")
    assert levels(findings) == ["OK"] * 4
    assert "AWSServiceRoleForECS is missing" in findings[0].text


@pytest.mark.parametrize(("sandboxed", "level"), [(True, "WARN"), (False, "OK")])
def test_sms_sandbox(sandboxed: bool, level: str) -> None:
    answers: Answers = {"sns": [("get_sms_sandbox_account_status", {"IsInSandbox": sandboxed})]}
    assert levels(found(preflight.text_messages, answers, alarmPhones='["+358401234567"]')) == [level]


def test_checks_of_what_the_stack_does_not_use_are_silent() -> None:
    for check in (preflight.certificate, preflight.zone, preflight.text_messages):
        assert found(check, {}) == []
    assert found(preflight.zone, {}, **HTTPS) == []


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_refusal_of_aws_is_a_warning(check: Callable[[Account], Iterator[Finding]]) -> None:
    config = {"imageTag": "1.4.2", "alarmPhones": '["+358401234567"]', "certificateArn": CERTIFICATE}
    if check is preflight.zone:
        config = {"domainName": "voice.example.com", "hostedZoneId": ZONE}
    [finding] = preflight.findings_of(check, Account(parsed(**config), Refusing))
    assert finding.level is Level.WARN
    assert "AccessDenied" in finding.text
