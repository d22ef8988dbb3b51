"""AWS, as far as the program calls it: the answers of Pulumi's mocks, for one account."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pulumi
import pulumi.runtime

from components.edge import records
from components.edge.certificates import Certificate
from recording import bedrock
from recording.config import NAMESPACE
from recording.wire import IS_RESOURCE, SIGNATURE

ACCOUNT = "123456789012"
PARTITION = "aws"
PRODUCTION_RULE = "arn:production-rule"

CERTIFICATE = Certificate("ISSUED", ("*.example.com",))


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


class CallError(Exception):
    """AWS or its provider answers a call with an error."""


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
        try:
            return self._answer(function, inputs), []
        except CallError as error:
            return {}, [("", str(error))]

    def _answer(self, function: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        if function in self.failures:
            raise CallError(self.failures[function])
        match function:
            case "getCallerIdentity":
                return {"accountId": ACCOUNT, "arn": "", "id": ACCOUNT, "userId": ""}
            case "getPartition":
                return {"partition": PARTITION, "dnsSuffix": "amazonaws.com", "id": PARTITION}
            case "getAvailabilityZones":
                names = [f"{self.region}{letter}" for letter in "abcd"]
                return {"groupNames": [self.region], "names": names, "zoneIds": []}
            case "getSecret":
                return {"arn": inputs["arn"], "kmsKeyId": self.secret_keys.get(inputs["arn"], "")}
            case "getZone":
                if self.zone:
                    return {"name": self.zone[0], "privateZone": self.zone[1], "zoneId": inputs["zoneId"]}
                raise CallError("couldn't find resource")
            case "getModels":
                return {"modelSummaries": [_model(*item, self.region) for item in self.models.items()]}
            case "getInferenceProfile":
                return self._profile(inputs["inferenceProfileId"])
            case "getAlias":
                return self._alias(inputs)
            case "getKey":
                return {"keyState": self.data_key}
            case "getVpc":
                if self.network:
                    return {"cidrBlock": self.network}
                raise CallError("no matching EC2 VPC found")
            case "getImage":
                return self._image(inputs)
            case "getService":
                if str(inputs["clusterArn"]).startswith("arn:"):  # by the cluster that the program has registered
                    revision = self.running or self._arn("ecs", f"task-definition/{inputs['serviceName']}:1")
                    return {"taskDefinition": revision}
                return self._service()
            case "getListenerRule":
                return self._rule()
            case "getLoadBalancer":
                if self.zones:
                    return {"subnets": [f"subnet-public-{number}" for number in range(1, self.zones + 1)]}
                raise CallError("reading ELBv2 Load Balancers: couldn't find resource")
            case _:
                raise NotImplementedError(function)

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if args.typ == "awsx:ec2:Vpc":
            inputs = cast(dict[str, Any], args.inputs)  # pyright: ignore[reportUnknownMemberType] - as below
            return args.name, self._vpc(args.name, len(inputs["availabilityZoneNames"]))
        type_ = args.typ.rpartition(":")[2]
        inputs = cast(dict[str, Any], args.inputs)  # pyright: ignore[reportUnknownMemberType] - the SDK says `dict`
        prefix = inputs.get("namePrefix") or f"{args.name}-"
        name = str(inputs.get("name") or inputs.get("bucket") or inputs.get("family") or f"{prefix}1a2b3c4")
        return f"{type_}-{name}", {**inputs, **self._computed(type_, args.name, name, inputs)}

    def _image(self, args: Mapping[str, Any]) -> dict[str, Any]:
        for digest, tags in self.images.items():
            if args.get("imageTag") in tags or args.get("imageDigest") == digest:
                return {"imageDigest": digest, "imageTags": list(tags)}
        raise CallError("reading ECR Images: ImageNotFoundException: The image does not exist within the repository")

    def _profile(self, profile_id: str) -> dict[str, Any]:
        arns = self.profiles(self.region, profile_id)
        if arns is None:
            raise CallError("ResourceNotFoundException: The provided inference profile was not found")
        arn = self._arn("bedrock", f"inference-profile/{profile_id}")
        return {"inferenceProfileArn": arn, "models": [{"modelArn": model} for model in arns]}

    def _alias(self, args: Mapping[str, Any]) -> dict[str, Any]:
        match self.data_key:
            case "":
                raise CallError(f"reading KMS Alias ({args['name']}): couldn't find resource")
            case "PendingDeletion":
                raise CallError(f"reading KMS Key ({args['name']}): PendingDeletion")
            case _:
                return {"targetKeyId": "0a1b"}

    def _service(self) -> dict[str, Any]:
        if self.service is None:
            raise CallError("reading ECS Service: no matching ECS Service found")
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
        }

    def _rule(self) -> dict[str, Any]:
        if self.service is None or not self.service.weights:
            raise CallError("reading ELBv2 Listener Rule: RuleNotFound: One or more rules not found")
        groups = [{"arn": arn, "weight": weight} for arn, weight in self.service.weights.items()]
        return {"actions": [{"type": "forward", "order": 1, "forwards": [{"targetGroups": groups}]}]}

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
            "ListenerRule": ("elasticloadbalancing", f"listener-rule/app/{logical}/0a1b/2c3d/4e5f"),
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
            "routeTables": [{SIGNATURE: IS_RESOURCE, "urn": urn, "id": id_} for urn, id_ in route_tables(name).items()],
        }

    def _arn(self, service: str, resource: str) -> str:
        return f"arn:{PARTITION}:{service}:{self.region}:{ACCOUNT}:{resource}"


def route_tables(vpc: str) -> dict[str, str]:
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
