"""What the provider refuses: foreign endpoints, unknown names, values that AWS's models forbid."""

import json
from typing import Any

import pytest

from sandbox.provider.account import Account, AccountError, loopback_endpoint
from sandbox.provider.servicer import AwsProvider
from sandbox.provider.stubs import provider
from sandbox.provider.values import Values, to_struct
from sandbox.tests.provider import samples
from sandbox.tests.provider.harness import ACCOUNT, Engine, FakeContext, Refused

FOREIGN = [
    "",
    "https://dynamodb.us-east-1.amazonaws.com",
    "http://10.0.0.1:5000",
    "http://169.254.169.254",
    "http://127.0.0.1.example.com",
    "http://localhost.example.com:5000",
    "http://127.0.0.1@example.com",
    "http://0.0.0.0:5000",
    "ftp://127.0.0.1",
    "127.0.0.1:5000",
]


@pytest.mark.parametrize(
    "endpoint", ["http://127.0.0.1:5000", "http://127.9.9.9", "http://[::1]:5000", "http://localhost"]
)
def test_loopback_endpoints_are_accepted(endpoint: str) -> None:
    assert loopback_endpoint({"AWS_ENDPOINT_URL": endpoint}) == endpoint


@pytest.mark.parametrize("endpoint", FOREIGN)
def test_every_other_endpoint_is_refused(endpoint: str) -> None:
    servicer: Any = AwsProvider({"AWS_ENDPOINT_URL": endpoint, "AWS_REGION": "eu-north-1"})
    check = servicer.CheckConfig(provider.CheckRequest(news=to_struct({"region": "eu-north-1"})), FakeContext())
    assert "AWS_ENDPOINT_URL" in check.failures[0].reason
    for method, request in (
        ("Configure", provider.ConfigureRequest(args=to_struct({"region": "eu-north-1"}))),
        (
            "Create",
            provider.CreateRequest(
                urn=Engine.urn(samples.VPC, "vpc"), properties=to_struct({"cidrBlock": "10.0.0.0/16"})
            ),
        ),
        ("Invoke", provider.InvokeRequest(tok="aws:index/getCallerIdentity:getCallerIdentity")),
    ):
        with pytest.raises(Refused):
            getattr(servicer, method)(request, FakeContext())


def test_a_missing_endpoint_is_refused() -> None:
    with pytest.raises(ValueError, match="AWS_ENDPOINT_URL is not set"):
        loopback_endpoint({})


def test_account_that_does_not_answer_is_named_with_the_way_to_start_it() -> None:
    account = Account("http://127.0.0.1:1", "us-east-1")
    with pytest.raises(AccountError, match="the sandbox's account does not answer: `make up` starts it"):
        account.call("sts", "GetCallerIdentity", {})


def test_unknown_settings_are_refused() -> None:
    servicer: Any = AwsProvider({"AWS_ENDPOINT_URL": "http://127.0.0.1:5000"})
    news = to_struct({"region": "eu-north-1", "profile": "work", "skipRegionValidation": "true", "endpoints": "[]"})
    check = servicer.CheckConfig(provider.CheckRequest(news=news), FakeContext())
    assert [failure.reason for failure in check.failures] == [
        f"`{name}`: the sandbox's provider does not support this setting" for name in ("endpoints", "profile")
    ]
    with pytest.raises(Refused, match="no region"):
        servicer.Configure(provider.ConfigureRequest(args=to_struct({})), FakeContext())


def test_account_that_the_provider_may_not_use_is_refused(endpoint: str) -> None:
    servicer: Any = AwsProvider({"AWS_ENDPOINT_URL": endpoint})

    def configure(accounts: list[str]) -> None:
        config = to_struct({"region": "eu-north-1", "allowedAccountIds": json.dumps(accounts)})
        servicer.Configure(provider.ConfigureRequest(args=config), FakeContext())

    configure([])
    configure(["111111111111", ACCOUNT])
    with pytest.raises(Refused, match=f"AWS account ID not allowed: {ACCOUNT}"):
        configure(["111111111111"])


def test_a_provider_of_another_region_is_replaced() -> None:
    servicer: Any = AwsProvider({"AWS_ENDPOINT_URL": "http://127.0.0.1:5000"})

    def differ(olds: Values, news: Values) -> Any:
        return servicer.DiffConfig(
            provider.DiffRequest(old_inputs=to_struct(olds), news=to_struct(news)), FakeContext()
        )

    assert list(differ({"region": "us-east-1"}, {"region": "us-west-2"}).replaces) == ["region"]
    tags = differ({"region": "us-east-1"}, {"region": "us-east-1", "defaultTags": "{}"})
    assert (list(tags.diffs), list(tags.replaces)) == (["defaultTags"], [])


@pytest.mark.parametrize("method", ["Check", "Create", "Delete", "Diff", "Read", "Update"])
def test_an_unknown_type_is_named(engine: Engine, method: str) -> None:
    request = getattr(provider, f"{method}Request")(urn=engine.urn("aws:sqs/queue:Queue", "jobs"))
    with pytest.raises(
        Refused, match="aws:sqs/queue:Queue jobs: the sandbox does not support this resource type: sandbox"
    ):
        engine.call(method, request)


@pytest.mark.parametrize(
    ("token", "inputs", "path"),
    [
        (samples.VPC, {"frobnicate": True}, "frobnicate"),
        (samples.TABLE, {"attributes": [{"name": "id", "type": "S", "size": 1}]}, "attributes[0].size"),
        (samples.TARGET_GROUP, {"healthCheck": {"path": "/", "pathe": "/"}}, "healthCheck.pathe"),
        (samples.SERVICE, {"networkConfiguration": {"subnets": [], "publicIp": True}}, "networkConfiguration.publicIp"),
        (
            samples.SERVICE,
            {"deploymentConfiguration": {"lifecycleHooks": []}},
            "deploymentConfiguration.lifecycleHooks",
        ),
    ],
)
def test_an_unknown_nested_property_is_named(engine: Engine, token: str, inputs: Values, path: str) -> None:
    _, failures = engine.check(token, "object", inputs)
    where = "add it in sandbox/provider/types/"
    assert failures == [f"`{path}`: the sandbox does not support this property of {token}: {where}"]


@pytest.mark.parametrize(
    ("token", "inputs", "reason"),
    [
        (samples.CLUSTER, {"settings": [{"name": "insights", "value": "on"}]}, "must be one of containerInsights"),
        (samples.TABLE, {"attributes": [{"name": "id", "type": "X"}]}, "must be one of S, N, B"),
        (samples.TABLE, {"attributes": [{"name": "id"}]}, "`type` is required"),
        (samples.REPOSITORY, {"name": "App"}, "must match"),
        (samples.TARGET_GROUP, {"port": 70000}, "must be 1 to 65535"),
        (samples.TARGET_GROUP, {"protocol": "HTTPX"}, "must be one of HTTP, HTTPS"),
        (samples.TARGET_GROUP, {"port": "many"}, "a number is needed here"),
        (samples.LOAD_BALANCER, {"subnets": {"a": "b"}}, "one value of type string is needed here"),
        (samples.ROLE, {"name": "r" * 65}, "must be 1 to 64 characters"),
        (samples.CLUSTER, {"tags": {"Team": "a*b"}}, "must match"),
        (samples.ROLE, {"tags": {"Team": "v" * 257}}, "must be 0 to 256 characters"),
        (samples.SECRET, {"tags": {"k" * 129: "v"}}, "must be 1 to 128 characters"),
        (samples.TASK, {"containerDefinitions": "[{"}, "is not a JSON document"),
        (samples.TASK, {"containerDefinitions": '[{"nam": "x"}]'}, "AWS's API has no such member"),
        (
            samples.TASK,
            {"containerDefinitions": '[{"name": "x", "essential": "perhaps"}]'},
            "true or false is needed here",
        ),
        (samples.SERVICE, {"propagateTags": "ALWAYS"}, "must be one of TASK_DEFINITION, SERVICE, NONE"),
        (samples.SERVICE, {"networkConfiguration": "x"}, "an object is needed here"),
    ],
)
def test_values_that_the_service_models_forbid_are_refused(
    engine: Engine, token: str, inputs: Values, reason: str
) -> None:
    _, failures = engine.check(token, "object", inputs)
    (name,) = inputs
    assert [said for said in failures if said.startswith(f"`{name}") and reason in said]


def test_an_account_error_names_type_object_operation_and_code(engine: Engine) -> None:
    with pytest.raises(Refused) as refused:
        engine.create(samples.SUBNET, "public", {"vpcId": "vpc-0123", "cidrBlock": "10.0.0.0/24"})
    said = str(refused.value)
    assert said.startswith("aws:ec2/subnet:Subnet public: CreateSubnet: InvalidVpcID.NotFound: ")
