"""The sandbox supports what the program registers, and nothing else: types, properties, functions and their arguments.

No engine runs here. The program runs under the mocks, with every feature that its configuration has, and the sandbox's
`awsx.ec2.Vpc` is built on a monitor that records.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, cast

import pytest

from cost.free import FREE
from cost.quantities import PRICED
from recording.deployment import Deployment
from recording.fake_aws import ACCOUNT, FakeAws, RunningTasks
from recording.program import DIGEST, TAG
from sandbox.awsx import vpc
from sandbox.awsx.monitor import Monitor, Registered
from sandbox.provider.checking import Naming, complete
from sandbox.provider.functions import FUNCTIONS
from sandbox.provider.servicer import SETTINGS
from sandbox.provider.types import TYPES
from tests.support.config_values import REDIS
from tests.support.program import run

pytestmark = pytest.mark.sandbox

# What the configuration can turn on or choose, beside what the committed stacks have.
FEATURES: list[dict[str, Any]] = [
    {"stack": "dev", "https": False},
    {
        "stack": "dev",
        "https": False,
        "protectData": True,
        "natGateways": "single",
        "availabilityZones": 3,
        "cpuArchitecture": "ARM64",
        "spotPercent": 50,
        "onDemandBase": 1,
    },
    {
        "stack": "staging",
        "deploymentStrategy": "blue-green",
        **REDIS,
        "redisReplicas": 0,
        "answers": FakeAws(images={DIGEST: [TAG]}, data_key="Enabled"),
    },
    {"stack": "staging", "deploymentStrategy": "canary", **REDIS, "redisReplicas": 2},
    {
        "stack": "staging",
        "deploymentStrategy": "linear",
        "secrets": {"TOKEN": "correct-horse"},
        "secretArns": {"KEY": f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:key-AbCdEf"},
        "allowedAccountIds": [ACCOUNT],
        "permissionsBoundaryArn": f"arn:aws:iam::{ACCOUNT}:policy/boundary",
        "enableXrayTracing": True,
        "enableExec": True,
        "enableAudioRecording": True,
        "enableQuotaManagement": True,
        "alarmEmails": ["a@example.com"],
        "alarmPhones": ["+12025550123"],
        "monthlyBudgetUsd": 100,
        "scalingSchedule": {"up": {"cron": "0 6 * * ? *", "timeZone": "UTC", "min": 3, "max": 5}},
    },
    {"stack": "prod", "image": False},
    {
        "stack": "prod",
        "domainName": "app.example.com",
        "hostedZoneId": "Z0123456789ABC",
        "imageTag": DIGEST,
        "extraModelIds": ["us.amazon.nova-2-lite-v1:0"],
        "enableExec": True,
        "secrets": {"TOKEN": "correct-horse"},
        **REDIS,
    },
    {
        "stack": "prod",
        "deploymentStrategy": "blue-green",
        "answers": FakeAws(
            images={DIGEST: [TAG]},
            service=RunningTasks({"arn:first": [], "arn:other": []}, {"arn:first": 100}, deployments=2),
        ),
    },
]
# Set by the engine or by the provider itself: generated names, and the default tags.
FILLED_IN = {
    *((token, resource.name.property) for token, resource in TYPES.items() if resource.name),
    *((token, "tags") for token, resource in TYPES.items() if resource.tags),
}
# Maps whose keys are names of the program's own.
MAPS = {
    ("aws:cloudwatch/eventTarget:EventTarget", "inputTransformer.inputPaths"),
    ("aws:cloudwatch/metricAlarm:MetricAlarm", "dimensions"),
    ("aws:cloudwatch/metricAlarm:MetricAlarm", "metricQueries.metric.dimensions"),
}


class Recorder:
    """A monitor that registers everything and keeps the inputs."""

    def __init__(self) -> None:
        self.inputs: list[tuple[str, Mapping[str, Any]]] = []

    def component(self) -> Registered:
        return Registered("component", "", {}, "")

    def resource(
        self, type_: str, name: str, inputs: Mapping[str, Any], parent: Registered, *uses: object
    ) -> Registered:
        self.inputs.append((type_, inputs))
        return Registered(f"{type_}::{name}", f"id-{name}", {"allocationId": "eipalloc-1"}, "")


def paths(token: str, value: Any, path: str = "") -> Iterator[str]:
    """The dotted path of every property in `value`, indexes left out; `*` is any key of a map."""
    if isinstance(value, Mapping):
        for name, item in cast(Mapping[str, Any], value).items():
            inner = f"{path}.{'*' if (token, path) in MAPS else name}".lstrip(".")
            if inner != "tags":
                yield inner
                yield from paths(token, item, inner)
    elif isinstance(value, list):
        for item in cast(list[Any], value):
            yield from paths(token, item, path)


@cache
def deployments() -> list[Deployment]:
    """What the program registers with each feature."""
    answers: dict[str, Any] = {"answers": FakeAws(region="us-east-1", images={DIGEST: [TAG]})}
    return [run(**(answers | feature)) for feature in FEATURES]


@cache
def registered() -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """The properties by type, that the program and its VPC can give, and the arguments by function."""
    properties: dict[str, set[str]] = defaultdict(set)
    arguments: dict[str, set[str]] = defaultdict(set)
    for deployment in deployments():
        for function, given, _ in deployment.calls:
            arguments[function].update(given)
        inputs = [(one.type, one.inputs) for one in deployment.registered]
        network = Recorder()
        vpc.build(cast(Monitor, network), "net", dict(deployment.one("awsx:ec2:Vpc").inputs))
        for token, given in (*inputs, *network.inputs):
            properties[token].update(paths(token, given))
    return properties, arguments


def supported(token: str) -> set[str]:
    """The properties of a type that the sandbox supports."""
    resource = TYPES[token]
    nested = {f"{path}.{member}" for path, members in resource.members.items() for member in members}
    return {*resource.inputs, *nested}


def test_types_are_those_that_the_program_registers() -> None:
    tokens = {token for token in registered()[0] if token.startswith("aws:")}
    assert tokens == TYPES.keys(), (
        "sandbox/README.md, Add a resource type; a type of some keys alone goes into FEATURES"
    )


def test_every_type_that_the_program_registers_has_a_cost_or_a_reason_to_be_free() -> None:
    tokens = {one.type for deployment in deployments() for one in deployment.registered}
    unpriced = {token for token in tokens if token.startswith("aws")} - {*PRICED, *FREE}
    assert unpriced == set(), "these types need a cost in PRICED, or a reason in cost/free.py"


@pytest.mark.parametrize("token", TYPES)
def test_properties_are_those_that_the_program_sets(token: str) -> None:
    filled_in = {name for other, name in FILLED_IN if other == token}
    known, given = supported(token) | filled_in, registered()[0][token] | filled_in
    assert known == given, "the type in sandbox/provider/types/ has to have the properties that the program sets"


def test_every_generated_name_fits_its_type() -> None:
    """The AWS provider fails the preview if a logical name and the eight characters that it appends are too long."""
    generated = {
        (one.type, one.name)
        for deployment in deployments()
        for one in deployment.registered
        if one.type in TYPES and (name := TYPES[one.type].name) and not {name.property, name.prefix} & set(one.inputs)
    }
    assert {token for token, _ in generated} >= {
        "aws:lb/targetGroup:TargetGroup",
        "aws:ec2/securityGroup:SecurityGroup",
    }
    refused = [complete(TYPES[token], {}, {}, Naming(logical, b"seed"), {})[1] for token, logical in sorted(generated)]
    assert [faults for faults in refused if faults] == []


def test_inputs_of_the_vpc_are_those_that_the_program_sets() -> None:
    assert {name for name in registered()[0]["awsx:ec2:Vpc"] if "." not in name} == set(vpc.INPUTS)


def test_settings_are_those_of_the_program_and_the_engine() -> None:
    """The engine adds the version of the SDK."""
    assert registered()[0]["pulumi:providers:aws"] | {"version"} == SETTINGS


def test_functions_and_arguments_are_those_that_the_program_uses() -> None:
    assert {token: set(known) for token, (known, _) in FUNCTIONS.items()} == registered()[1]
