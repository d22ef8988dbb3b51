"""Runs the program, or a part of it, under Pulumi's mocks, and records what it registers, exports and logs.

The mocks answer as AWS would, with ARNs of the stack's region and of one account.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from unittest import mock

import pulumi
import pulumi.runtime
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.proto.source_pb2 import StackTrace
from pulumi.runtime.stack import Stack

from components.edge import certificates, records
from components.edge.certificates import Certificate
from components.lib import target_health
from recording import bedrock
from recording.config import NAMESPACE, engine_config

ACCOUNT = "123456789012"
PARTITION = "aws"
PRODUCTION_RULE = "arn:production-rule"

CERTIFICATE = Certificate("ISSUED", ("*.example.com",))

# Pulumi's wire format marks special objects with this key, whose value says what they are.
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_IS_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a marker
_IS_RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"


@dataclass(frozen=True)
class Registration:
    """One resource as the program registered it. Input names are camelCase, and secrets are unwrapped."""

    type: str
    name: str
    urn: str
    parent: str  # URN
    inputs: Mapping[str, Any]
    secret_inputs: frozenset[str]  # the top-level inputs that contain a secret
    custom: bool
    protect: bool
    retain_on_delete: bool
    ignore_changes: tuple[str, ...]
    replace_on_changes: tuple[str, ...]
    delete_before_replace: bool | None  # None: as the provider decides
    depends_on: frozenset[str]  # URNs of explicit and of data dependencies
    provider: str  # the name of the provider resource; empty for a component
    timeouts: Mapping[str, str]  # of create, update and delete, if the program sets them
    transforms: int  # how many functions change what the children register
    before_update: tuple[str, ...]  # the names of the hooks that run before an update

    def json(self, key: str) -> Any:
        """Returns the input `key`, which is a JSON document, parsed."""
        return json.loads(self.inputs[key])


@dataclass
class Deployment:
    """What a program registered, exported, called and logged."""

    registered: list[Registration] = field(default_factory=list[Registration])
    exports: dict[str, Any] = field(default_factory=dict[str, Any])
    secret_exports: set[str] = field(default_factory=set[str])
    calls: list[tuple[str, Mapping[str, Any], str]] = field(default_factory=list[tuple[str, Mapping[str, Any], str]])
    outputs_of: list[str] = field(default_factory=list[str])  # URNs, one for each call of `register_outputs`
    warnings: list[str] = field(default_factory=list[str])
    notices: list[str] = field(default_factory=list[str])

    def all(self, type_: str) -> list[Registration]:
        """Returns the resources whose type ends in `type_`, such as `:Table`, sorted by name."""
        return sorted((r for r in self.registered if r.type.endswith(type_)), key=lambda r: r.name)

    def one(self, type_: str, name: str | None = None) -> Registration:
        """Returns the only resource of that type (and name)."""
        found = [r for r in self.all(type_) if name in (None, r.name)]
        if len(found) != 1:
            raise AssertionError(f"{len(found)} resources of type {type_}, name {name}")
        return found[0]

    def named(self, urn: str) -> Registration:
        """Returns the resource with that URN."""
        return next(r for r in self.registered if r.urn == urn)

    def containers(self) -> list[Any]:
        """Returns the container definitions of the only task definition."""
        return self.one(":TaskDefinition").json("containerDefinitions")


@dataclass(frozen=True)
class RunningTasks:
    """A service that runs, as far as the program asks about it."""

    # ARN of a target group, the first one first -> states of its targets
    targets: Mapping[str, Sequence[str]] = field(default_factory=lambda: {"arn:group": ["healthy"]})
    weights: Mapping[str, int] = field(default_factory=dict[str, int])  # of the production rule; empty without one
    capacity: Sequence[Mapping[str, Any]] = ()  # its strategy
    subnets: Sequence[str] = ("subnet-private-1", "subnet-private-2")
    public_ips: bool = False
    deployments: int = 1
    status: str = "ACTIVE"


@dataclass
class FakeAws(pulumi.runtime.Mocks):
    """AWS in one region, as far as the program calls it."""

    region: str = "us-east-1"
    images: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])  # digest -> tags
    secret_keys: Mapping[str, str] = field(default_factory=dict[str, str])  # ARN of a secret -> its KMS key
    data_key: str = ""  # the state of the KMS key of the stack's data, as KMS calls it; empty: there is no such key
    service: RunningTasks | None = None
    certificate: Certificate | None = CERTIFICATE  # the answer for every ARN
    zone: tuple[str, bool] | None = ("example.com", False)  # the name of every hosted zone, and whether it is private
    # the stacks that share the domain name -> what their health checks say
    regions: Mapping[str, records.Check] = field(default_factory=lambda: {"another": records.Check.ON})
    models: Mapping[str, Sequence[str]] = field(default_factory=lambda: bedrock.MODELS)  # id -> inference types
    # region and id of an inference profile -> the ARNs of its models, or None if the region has no such profile
    profiles: Callable[[str, str], Sequence[str] | None] = bedrock.models_of
    zones: int = 0  # the number of zones of the load balancer; 0: there is no load balancer
    network: str = ""  # the IPv4 block of the stack's network, if it is up
    running: str = ""  # the revision that the service runs; empty for the one that the program registers
    failures: Mapping[str, str] = field(default_factory=dict[str, str])  # function's name -> error text

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        function = args.token.rpartition(":")[2]
        inputs = cast(dict[str, Any], args.args)  # pyright: ignore[reportUnknownMemberType] - the SDK says `dict`
        if function in self.failures:
            return {}, [("", self.failures[function])]
        match function:
            case "getCallerIdentity":
                return {"accountId": ACCOUNT, "arn": "", "id": ACCOUNT, "userId": ""}, []
            case "getPartition":
                return {"partition": PARTITION, "dnsSuffix": "amazonaws.com", "id": PARTITION}, []
            case "getSecret":
                return {"arn": inputs["arn"], "kmsKeyId": self.secret_keys.get(inputs["arn"], "")}, []
            case "getZone":
                if self.zone:
                    return {"name": self.zone[0], "privateZone": self.zone[1], "zoneId": inputs["zoneId"]}, []
                return {}, [("", "couldn't find resource")]
            case "getModels":
                return {"modelSummaries": [_model(*item, self.region) for item in self.models.items()]}, []
            case "getInferenceProfile":
                return self._profile(inputs["inferenceProfileId"])
            case "getAlias":
                return self._alias(inputs)
            case "getKey":
                return {"keyState": self.data_key}, []
            case "getVpc":
                if self.network:
                    return {"cidrBlock": self.network}, []
                return {}, [("", "no matching EC2 VPC found")]
            case "getImage":
                return self._image(inputs)
            case "getService":
                if str(inputs["clusterArn"]).startswith("arn:"):  # by the cluster that the program has registered
                    revision = self.running or self._arn("ecs", f"task-definition/{inputs['serviceName']}:1")
                    return {"taskDefinition": revision}, []
                return self._service()
            case "getListenerRule":
                return self._rule()
            case "getLoadBalancer":
                if self.zones:
                    return {"subnets": [f"subnet-public-{number}" for number in range(1, self.zones + 1)]}, []
                return {}, [("", "reading ELBv2 Load Balancers: couldn't find resource")]
            case _:
                raise NotImplementedError(args.token)

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if args.typ == "awsx:ec2:Vpc":
            inputs = cast(dict[str, Any], args.inputs)  # pyright: ignore[reportUnknownMemberType] - as below
            return args.name, self._vpc(args.name, int(inputs["numberOfAvailabilityZones"]))
        type_ = args.typ.rpartition(":")[2]
        inputs = cast(dict[str, Any], args.inputs)  # pyright: ignore[reportUnknownMemberType] - the SDK says `dict`
        prefix = inputs.get("namePrefix") or f"{args.name}-"
        name = str(inputs.get("name") or inputs.get("bucket") or inputs.get("family") or f"{prefix}1a2b3c4")
        return f"{type_}-{name}", {**inputs, **self._computed(type_, args.name, name, inputs)}

    def _image(self, args: Mapping[str, Any]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        for digest, tags in self.images.items():
            if args.get("imageTag") in tags or args.get("imageDigest") == digest:
                return {"imageDigest": digest, "imageTags": list(tags)}, []
        return {}, [("", "reading ECR Images: ImageNotFoundException: The image does not exist within the repository")]

    def _profile(self, profile_id: str) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        arns = self.profiles(self.region, profile_id)
        if arns is None:
            return {}, [("", "ResourceNotFoundException: The provided inference profile was not found")]
        arn = self._arn("bedrock", f"inference-profile/{profile_id}")
        return {"inferenceProfileArn": arn, "models": [{"modelArn": model} for model in arns]}, []

    def _alias(self, args: Mapping[str, Any]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        match self.data_key:
            case "":
                return {}, [("", f"reading KMS Alias ({args['name']}): couldn't find resource")]
            case "PendingDeletion":
                return {}, [("", f"reading KMS Key ({args['name']}): PendingDeletion")]
            case _:
                return {"targetKeyId": "0a1b"}, []

    def _service(self) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        if self.service is None:
            return {}, [("", "reading ECS Service: no matching ECS Service found")]
        first, *others = self.service.targets
        shift = {"productionListenerRule": PRODUCTION_RULE, "testListenerRule": "arn:test-rule", "roleArn": "arn:role"}
        return {
            "status": self.service.status,
            "capacityProviderStrategies": list(self.service.capacity),
            "deployments": [_deployment(number) for number in range(self.service.deployments)],
            "networkConfigurations": [
                {
                    "subnets": list(self.service.subnets),
                    "securityGroups": [],
                    "assignPublicIp": self.service.public_ips,
                }
            ],
            "loadBalancers": [
                {
                    "targetGroupArn": first,
                    "containerName": "app",
                    "containerPort": 8080,
                    "elbName": "",
                    "advancedConfigurations": [{"alternateTargetGroupArn": other, **shift} for other in others],
                }
            ],
        }, []

    def _rule(self) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        if self.service is None or not self.service.weights:
            return {}, [("", "reading ELBv2 Listener Rule: RuleNotFound: One or more rules not found")]
        groups = [{"arn": arn, "weight": weight} for arn, weight in self.service.weights.items()]
        return {"actions": [{"type": "forward", "order": 1, "forwards": [{"targetGroups": groups}]}]}, []

    def _computed(self, type_: str, logical: str, name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the outputs that AWS adds to the inputs."""
        if type_ == "Certificate":
            record = {"domainName": inputs["domainName"], "resourceRecordName": f"_a.{inputs['domainName']}."}
            record |= {"resourceRecordType": "CNAME", "resourceRecordValue": "_b.acm-validations.aws."}
            return {"arn": self._arn("acm", "certificate/0a1b"), "domainValidationOptions": [record]}
        if type_ == "SecretVersion":
            return {"versionId": f"version-of-{logical}"}
        resources = {
            "Table": ("dynamodb", f"table/{name}"),
            "Repository": ("ecr", f"repository/{name}"),
            "LogGroup": ("logs", f"log-group:{name}"),
            "Secret": ("secretsmanager", f"secret:{name}-AbCdEf"),
            "Cluster": ("ecs", f"cluster/{name}"),
            "TaskDefinition": ("ecs", f"task-definition/{name}:1"),
            "LoadBalancer": ("elasticloadbalancing", f"loadbalancer/app/{name}/0a1b"),
            "TargetGroup": ("elasticloadbalancing", f"targetgroup/{name}/0a1b"),
            "Topic": ("sns", name),
            "MetricAlarm": ("cloudwatch", f"alarm:{name}"),
            "WebAcl": ("wafv2", f"regional/webacl/{name}/0a1b"),
            "Listener": ("elasticloadbalancing", f"listener/app/{logical}/0a1b/2c3d"),
        }
        if type_ == "Key":
            return {"arn": self._arn("kms", "key/0a1b"), "keyId": "0a1b"}
        computed: dict[str, Any] = {"name": name}
        if type_ in resources:
            computed["arn"] = self._arn(*resources[type_])
        match type_:
            case "Role":
                computed["arn"] = f"arn:{PARTITION}:iam::{ACCOUNT}:role/{name}"
            case "Service" if "cluster" in inputs:
                cluster = inputs["cluster"].rpartition("/")[2]
                computed["arn"] = self._arn("ecs", f"service/{cluster}/{name}")
            case "Bucket":
                computed["arn"] = f"arn:{PARTITION}:s3:::{name}"
            case "Repository":
                computed["repositoryUrl"] = f"{ACCOUNT}.dkr.ecr.{self.region}.amazonaws.com/{name}"
            case "LoadBalancer":
                computed |= {"dnsName": f"{name}-0a1b.{self.region}.elb.amazonaws.com", "zoneId": "Z0LOADBALANCER"}
                computed["arnSuffix"] = f"app/{name}/0a1b"
            case "TargetGroup":
                computed["arnSuffix"] = f"targetgroup/{name}/0a1b"
            case "ReplicationGroup":
                nodes = range(int(inputs["numCacheClusters"]), 0, -1)  # in no particular order, as on AWS
                computed["memberClusters"] = [f"{inputs['replicationGroupId']}-{number:03}" for number in nodes]
                computed["primaryEndpointAddress"] = f"master.{inputs['replicationGroupId']}.use1.cache.amazonaws.com"
            case "Record":
                computed["fqdn"] = inputs["name"].rstrip(".")
            case _:
                pass
        return computed

    def _vpc(self, name: str, zones: int) -> dict[str, Any]:
        return {
            "vpcId": "vpc-0a1b",
            "publicSubnetIds": [f"subnet-public-{zone}" for zone in range(1, zones + 1)],
            "privateSubnetIds": [f"subnet-private-{zone}" for zone in range(1, zones + 1)],
            "routeTables": [
                {_SIGNATURE: _IS_RESOURCE, "urn": urn, "id": id_} for urn, id_ in _route_tables(name).items()
            ],
        }

    def _arn(self, service: str, resource: str) -> str:
        return f"arn:{PARTITION}:{service}:{self.region}:{ACCOUNT}:{resource}"


class _RecordingMonitor(MockMonitor):
    """Pulumi's mock of the engine, which also records the options of each request."""

    def __init__(self, answers: FakeAws, deployment: Deployment) -> None:
        super().__init__(answers)
        self._deployment = deployment
        self._answer: Any = super()  # whose methods have no types

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the engine's name
        if request.type == "awsx:ec2:Vpc":
            # The SDK asks the engine for the resources that the outputs of the component refer to.
            for urn, id_ in _route_tables(request.name).items():
                self.resources[urn] = MockMonitor.ResourceRegistration(urn, id_, {})
        response = self._answer.RegisterResource(request)
        if request.type != "pulumi:pulumi:Stack":
            inputs = _struct(request.object)
            self._deployment.registered.append(
                Registration(
                    type=request.type,
                    name=request.name,
                    urn=response.urn,
                    parent=request.parent,
                    inputs=_plain(inputs),
                    secret_inputs=frozenset(key for key, value in inputs.items() if _holds_secret(value)),
                    custom=request.custom,
                    protect=request.protect,
                    retain_on_delete=request.retainOnDelete,
                    ignore_changes=tuple(request.ignoreChanges),
                    replace_on_changes=tuple(request.replaceOnChanges),
                    delete_before_replace=(request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None),
                    depends_on=frozenset(request.dependencies),
                    provider=_provider_name(request),
                    timeouts=_timeouts(request.customTimeouts),
                    transforms=len(request.transforms),
                    before_update=tuple(request.hooks.before_update),
                )
            )
        return response

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - the engine's name
        self._deployment.outputs_of.append(request.urn)
        return self._answer.RegisterResourceOutputs(request)

    def Invoke(self, request: Any) -> Any:  # noqa: N802 - the engine's name
        if not request.tok.startswith("pulumi:"):
            self._deployment.calls.append((request.tok, _plain(_struct(request.args)), request.provider))
        return self._answer.Invoke(request)


def deploy(
    program: Callable[[], object],
    *,
    stack: str = "prod",
    config: Mapping[str, object] | None = None,
    encrypted: Collection[str] = ("secrets",),
    answers: FakeAws | None = None,
) -> Deployment:
    """Runs `program` as the engine would, and waits for all of its outputs.

    The keys of `config` may have the project's namespace. `encrypted` names the keys that the stack file holds as
    secrets. Raises what the program raises.
    """
    answers = answers or FakeAws()
    deployment = Deployment()
    # Drops the root resource and the exports of an earlier run.
    pulumi.runtime.reset_options()
    pulumi.runtime.set_mocks(
        answers,
        project=NAMESPACE,
        stack=stack,
        logger=_recording_logger(deployment),
        monitor=_RecordingMonitor(answers, deployment),
    )

    async def keep_exports(outputs: Mapping[str, Any]) -> None:
        for key, value in outputs.items():
            output = pulumi.Output.from_input(value)
            deployment.exports[key] = await output.future()
            if await output.is_secret():
                deployment.secret_exports.add(key)

    def run() -> object:
        program()
        root = pulumi.runtime.get_root_resource()
        assert isinstance(root, Stack)  # noqa: S101 - for the type checker
        return keep_exports(root.outputs)

    runtime: Any = pulumi.runtime  # whose decorator has no types
    targets: Mapping[str, Sequence[str]] = answers.service.targets if answers.service else {}

    def states(_region: str, group: str) -> Sequence[str]:
        return targets[group]

    def certificate(_region: str, _arn: str) -> Certificate | None:
        return answers.certificate

    def regions(_region: str, _zone: str, _name: str) -> Mapping[str, records.Check]:
        return answers.regions

    with (
        engine_config(config or {}, encrypted),
        # The lines that register each resource take a fifth of a run to find, and nothing here needs them.
        mock.patch("pulumi.runtime.resource._get_stack_trace", StackTrace),
        mock.patch.object(target_health, "target_states", states),
        mock.patch.object(certificates, "find_certificate", certificate),
        mock.patch.object(records, "find_regions", regions),
    ):
        runtime.test(run)()
    return deployment


def values(thing: object) -> Iterator[str]:
    """Yields every string in an input, including the keys of objects."""
    if isinstance(thing, Mapping):
        for key, value in cast(Mapping[str, object], thing).items():
            yield key
            yield from values(value)
    elif isinstance(thing, list | tuple):
        for item in cast(Sequence[object], thing):
            yield from values(item)
    elif isinstance(thing, str):
        yield thing


def _route_tables(vpc: str) -> dict[str, str]:
    """Returns the URNs and ids of the route tables of a VPC: a public and a private one in each of two zones."""
    names = [f"{vpc}-{kind}-{zone}" for zone in (1, 2) for kind in ("public", "private")]
    type_ = "awsx:ec2:Vpc$aws:ec2/routeTable:RouteTable"
    return {
        f"urn:pulumi:{pulumi.get_stack()}::{NAMESPACE}::{type_}::{name}": f"rtb-{name.removeprefix(f'{vpc}-')}"
        for name in names
    }


def _deployment(number: int) -> dict[str, Any]:
    counts = {"desiredCount": 2, "pendingCount": 0, "runningCount": 2}
    times = {"createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-01T00:00:00Z"}
    status = "ACTIVE" if number else "PRIMARY"
    return {"id": f"ecs-svc/{number}", "status": status, "taskDefinition": "app:1", **counts, **times}


def _model(model_id: str, inference_types: Sequence[str], region: str) -> dict[str, Any]:
    lists = ("customizationsSupporteds", "inputModalities", "outputModalities")
    return {
        "modelId": model_id,
        "modelArn": f"arn:aws:bedrock:{region}::foundation-model/{model_id}",
        "modelName": model_id,
        "providerName": "Amazon",
        "responseStreamingSupported": True,
        "inferenceTypesSupporteds": list(inference_types),
        **{name: list[str]() for name in lists},
    }


def _struct(message: Any) -> dict[str, Any]:
    """Returns a protobuf struct with Pulumi's markers in it."""
    return {key: _wire_value(value) for key, value in message.fields.items()}


def _wire_value(value: Any) -> Any:
    match value.WhichOneof("kind"):
        case "struct_value":
            return _struct(value.struct_value)
        case "list_value":
            return [_wire_value(item) for item in value.list_value.values]
        case "number_value":
            return int(value.number_value) if value.number_value.is_integer() else value.number_value
        case "null_value":
            return None
        case kind:
            return getattr(value, kind)


def _plain(value: Any) -> Any:
    """Returns the value with its secrets unwrapped."""
    if isinstance(value, dict):
        members = cast(dict[str, Any], value)
        if members.get(_SIGNATURE) == _IS_SECRET:
            return _plain(members["value"])
        return {key: _plain(member) for key, member in members.items()}
    if isinstance(value, list):
        return [_plain(item) for item in cast(list[Any], value)]
    return value


def _holds_secret(value: Any) -> bool:
    return _IS_SECRET in values(value)


def _provider_name(request: Any) -> str:
    reference: str = request.provider or request.providers.get("aws", "")
    return reference.rpartition("::")[0].rpartition("::")[2]


def _timeouts(message: Any) -> dict[str, str]:
    named = {name: getattr(message, name) for name in ("create", "update", "delete")}
    return {name: text for name, text in named.items() if text}


def _recording_logger(deployment: Deployment) -> logging.Logger:
    logger = logging.Logger("engine", logging.INFO)  # messages of a lower level come from the runtime

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said = deployment.warnings if record.levelno >= logging.WARNING else deployment.notices
            said.append(record.getMessage())

    logger.addHandler(Keep())
    return logger
