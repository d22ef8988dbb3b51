"""The lookups of what may exist in AWS: each finds it, or knows that it is missing, or names what it cannot look up."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import pulumi
import pytest

from components.access.data_key import ExistingKey
from components.access.models import InferenceProfile
from components.data.app_secrets import SharedSecret
from components.data.registry import Image
from components.edge.certificates import Certificate, find_certificate
from components.edge.domain import HostedZone
from components.edge.records import find_regions
from components.lib import sdk
from components.lib.account import Account
from components.service.running import target_states
from recording.bedrock import LITE_2, MODELS
from recording.fake_aws import ACCOUNT, RunningTasks
from tests.support.boto import stubbed
from tests.support.config_values import ZONE
from tests.support.lookups import REGION, Ask, look_up

DIGEST = "sha256:" + "a" * 64
REPOSITORY = {"repositoryName": "voiceter-backend-dev"}
ALIAS = "alias/voiceter-backend-data-dev"
PROFILE = f"eu.{LITE_2}"
DESTINATIONS = ("eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3")
SHARED = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:token-AbC123"
CERTIFICATE = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/0a1b"
GROUP = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/app/0a1b"
WITHOUT_TASKS = RunningTasks({"arn:first": [], "arn:other": []})


def image(tag: str) -> Ask:
    return lambda aws: aws.image(tag)


# What is asked, what AWS has, what is found, and the arguments of the last call.
FOUND: Mapping[str, tuple[Ask, Mapping[str, Any], object, Mapping[str, Any]]] = {
    "account": (lambda aws: aws.account, {}, Account(ACCOUNT, "aws", REGION), {}),
    "tag": (
        image("1.0"),
        {"images": {DIGEST: ["latest", "1.0"]}},
        Image(DIGEST, "1.0"),
        {**REPOSITORY, "imageTag": "1.0"},
    ),
    "digest": (
        image(DIGEST),
        {"images": {DIGEST: ["b", "a"]}},
        Image(DIGEST, "a"),
        {**REPOSITORY, "imageDigest": DIGEST},
    ),
    "untagged image": (image(DIGEST), {"images": {DIGEST: []}}, None, {**REPOSITORY, "imageDigest": DIGEST}),
    "network": (
        lambda aws: aws.network(),
        {"network": "10.0.0.0/16"},
        "10.0.0.0/16",
        {"tags": {"Name": "voiceter-backend-dev", "Stack": "dev"}},
    ),
    "key": (lambda aws: aws.data_key(), {"data_key": "Enabled"}, ExistingKey(ALIAS, "Enabled"), {"keyId": "0a1b"}),
    "key that goes": (
        lambda aws: aws.data_key(),
        {"data_key": "PendingDeletion"},
        ExistingKey(ALIAS, "PendingDeletion"),
        {"name": ALIAS},
    ),
    "no service": (
        lambda aws: aws.service(),
        {},
        None,
        {"clusterArn": "voiceter-cluster-dev", "serviceName": "voiceter-backend-dev"},
    ),
    "zones": (lambda aws: aws.zones(), {"zones": 3}, 3, {"name": "voiceter-backend-dev"}),
    "private zone": (
        lambda aws: aws.zone(ZONE),
        {"zone": ("a.example", True)},
        HostedZone("a.example", private=True),
        {"zoneId": ZONE},
    ),
    "secret": (
        lambda aws: aws.secret(SHARED),
        {"secret_keys": {SHARED: "alias/token"}},
        SharedSecret(SHARED, "alias/token"),
        {"arn": SHARED},
    ),
    "models": (lambda aws: aws.models(), {}, MODELS, {}),
    "profile": (
        lambda aws: aws.profile(PROFILE),
        {},
        InferenceProfile(
            f"arn:aws:bedrock:{REGION}:{ACCOUNT}:inference-profile/{PROFILE}",
            tuple(f"arn:aws:bedrock:{place}::foundation-model/{LITE_2}" for place in DESTINATIONS),
        ),
        {"inferenceProfileId": PROFILE},
    ),
}


@pytest.mark.parametrize("case", FOUND)
def test_what_is_in_aws_is_found(case: str) -> None:
    ask, answers, expected, arguments = FOUND[case]
    found, run = look_up(ask, **answers)
    assert found == expected
    assert run.calls[-1][1] == arguments
    assert all("pulumi:providers:aws::aws::" in provider for _, _, provider in run.calls)


@dataclass(frozen=True)
class ByProvider:
    """A lookup by a function of the AWS provider."""

    ask: Ask
    function: str
    named: str  # in the error message
    missing: tuple[str, ...] = ()  # errors that mean that there is no such thing
    without: object = None  # what the lookup returns then
    answers: Mapping[str, Any] = field(default_factory=dict[str, Any])


BY_PROVIDER: Mapping[str, ByProvider] = {
    "image": ByProvider(
        image("1.0"),
        "getImage",
        "imageTag '1.0' in the ECR repository 'voiceter-backend-dev'",
        (
            "reading ECR Images: ImageNotFoundException: The image with imageId {imageTag:'1.0'} does not exist",
            "operation error ECR: DescribeImages, RepositoryNotFoundException: The repository does not exist",
            "reading ECR Images: couldn't find resource",
            "reading ECR Images: empty result",
            "Your query returned no results. Please change your search criteria and try again.",
            "No matching image found",
        ),
    ),
    "network": ByProvider(
        lambda aws: aws.network(),
        "getVpc",
        "the stack's network 'voiceter-backend-dev'",
        ("no matching EC2 VPC found",),
    ),
    "alias": ByProvider(lambda aws: aws.data_key(), "getAlias", f"the KMS key '{ALIAS}'", ("couldn't find resource",)),
    "key": ByProvider(lambda aws: aws.data_key(), "getKey", f"the KMS key '{ALIAS}'", answers={"data_key": "Enabled"}),
    "service": ByProvider(
        lambda aws: aws.service(),
        "getService",
        "the service 'voiceter-backend-dev'",
        (
            "reading ECS Service: no matching ECS Service found",
            "operation error ECS: DescribeServices, ClusterNotFoundException: Cluster not found.",
        ),
    ),
    "listener rule": ByProvider(
        lambda aws: aws.service(),
        "getListenerRule",
        "the listener rule arn:production-rule",
        answers={"service": WITHOUT_TASKS},
    ),
    "load balancer": ByProvider(
        lambda aws: aws.zones(),
        "getLoadBalancer",
        "the load balancer 'voiceter-backend-dev'",
        (
            "reading ELBv2 Load Balancers: couldn't find resource",
            "Search returned 0 results, please revise so only one is returned",
            "no matching ELBv2 Load Balancer found",
            "operation error Elastic Load Balancing v2: DescribeLoadBalancers, LoadBalancerNotFound: no",
        ),
        without=0,
    ),
    "zone": ByProvider(
        lambda aws: aws.zone(ZONE), "getZone", f"{ZONE} (route53:GetHostedZone)", ("couldn't find resource",)
    ),
    "secret": ByProvider(
        lambda aws: aws.secret(SHARED),
        "getSecret",
        f"the secret {SHARED} of secretArns (secretsmanager:DescribeSecret)",
        (f"reading Secrets Manager Secret ({SHARED}): couldn't find resource",),
    ),
    "models": ByProvider(
        lambda aws: aws.models(), "getModels", "the models of Amazon Bedrock (bedrock:ListFoundationModels)"
    ),
    "profile": ByProvider(
        lambda aws: aws.profile(PROFILE),
        "getInferenceProfile",
        f"the inference profile '{PROFILE}' (bedrock:GetInferenceProfile)",
        (
            "error reading inference profile: x: api error ResourceNotFoundException: not found",
            "error reading inference profile: x: api error ValidationException: invalid identifier",
        ),
    ),
}


@pytest.mark.parametrize(("case", "text"), [(case, text) for case, one in BY_PROVIDER.items() for text in one.missing])
def test_error_that_means_that_there_is_no_such_thing(case: str, text: str) -> None:
    one = BY_PROVIDER[case]
    assert look_up(one.ask, failures={one.function: text}, **one.answers)[0] == one.without


@pytest.mark.parametrize("case", BY_PROVIDER)
@pytest.mark.parametrize("text", ["ThrottlingException: Rate exceeded", "dial tcp: lookup a.b: no such host"])
def test_every_other_error_names_what_cannot_be_looked_up(case: str, text: str) -> None:
    one = BY_PROVIDER[case]
    with pytest.raises(pulumi.RunError, match=f"cannot look up .*{re.escape(one.named)}: .*{re.escape(text)}"):
        look_up(one.ask, failures={one.function: text}, **one.answers)


@dataclass(frozen=True)
class ByBoto3:
    """A lookup by boto3, for which the AWS provider has no function."""

    ask: Callable[[], object]
    service: str
    operation: str
    arguments: Mapping[str, str]
    answer: Mapping[str, Any]
    found: object
    missing: str  # the error code that means that there is no such thing
    without: object  # what the lookup returns then
    named: str  # in the error message


BY_BOTO3: Mapping[str, ByBoto3] = {
    "certificate": ByBoto3(
        lambda: find_certificate(REGION, CERTIFICATE),
        "acm",
        "describe_certificate",
        {"CertificateArn": CERTIFICATE},
        {"Certificate": {"Status": "ISSUED", "DomainName": "a.example"}},
        Certificate("ISSUED", ("a.example",)),
        "ResourceNotFoundException",
        None,
        f"{CERTIFICATE} (acm:DescribeCertificate)",
    ),
    "regions": ByBoto3(
        lambda: find_regions(REGION, ZONE, "a.example"),
        "route53",
        "list_resource_record_sets",
        {"HostedZoneId": ZONE, "StartRecordName": "a.example", "StartRecordType": "A"},
        {"ResourceRecordSets": [], "IsTruncated": False, "MaxItems": "300"},
        {},
        "NoSuchHostedZone",
        None,
        f"a.example in {ZONE} (route53:ListResourceRecordSets, route53:GetHealthCheck)",
    ),
    "targets": ByBoto3(
        lambda: target_states(REGION, GROUP),
        "elbv2",
        "describe_target_health",
        {"TargetGroupArn": GROUP},
        {"TargetHealthDescriptions": [{"TargetHealth": {"State": state}} for state in ("healthy", "draining")]},
        ["healthy", "draining"],
        "TargetGroupNotFound",
        [],
        f"{GROUP} (elasticloadbalancing:DescribeTargetHealth)",
    ),
}


def asked(one: ByBoto3, *answer: object) -> object:
    """Returns what the lookup returns for an answer of AWS, or for the code of an error."""
    client = stubbed(one.service, (one.operation, *answer), region=REGION).client
    with mock.patch.object(sdk, "client", return_value=client) as connect:
        found = one.ask()
    connect.assert_called_once_with(one.service, REGION)
    return found


@pytest.mark.parametrize("case", BY_BOTO3)
def test_boto3_finds_what_is_in_the_region(case: str) -> None:
    one = BY_BOTO3[case]
    assert asked(one, one.answer, one.arguments) == one.found


@pytest.mark.parametrize("case", BY_BOTO3)
def test_boto3_knows_what_is_missing_from_what_it_may_not_see(case: str) -> None:
    one = BY_BOTO3[case]
    assert asked(one, one.missing) == one.without
    with pytest.raises(pulumi.RunError, match=f"cannot look up .*{re.escape(one.named)}: AWS does not allow"):
        asked(one, "AccessDenied")
