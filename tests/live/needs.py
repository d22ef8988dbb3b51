"""What ECS needs to start another task of a revision that runs, and what the app in a task needs: rights, data, routes.

tests/live/watch.py reads it again and again during an update.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from operations.definition import TaskDefinition
from operations.errors import OperationError
from operations.injection import inject
from operations.permissions import Context, Role
from operations.target import Target
from recording.bedrock import LITE, models_of
from tests.live.stack import Stack
from tests.support.contract import OPEN_SHELL, PULL, TABLES, TRACE, USE_ITEMS, USE_OBJECTS, WRITE_LOGS

_CONTAINER: Final = "voiceter-backend"
_SERVICES: Final = [
    "dynamodb",
    "ec2",
    "ecr",
    "ecs",
    "elasticache",
    "elbv2",
    "iam",
    "kms",
    "logs",
    "s3",
    "secretsmanager",
]
_IMAGE: Final = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/(?P<name>[^:@]+)"
    r"(?::(?P<tag>[^@]+))?(?:@(?P<digest>.+))?"
)
_TASKS: Final = "ecs-tasks.amazonaws.com"


@dataclass(frozen=True)
class Account(Target):
    """The stack's account as the operations see it, with clients that exist before the thread starts."""

    clients: Mapping[str, Any] = field(default_factory=dict[str, Any])
    in_region: str = ""

    @property
    def region(self) -> str:
        return self.in_region

    def client(self, service: str) -> Any:
        return self.clients[service]


@dataclass(frozen=True)
class Needs:
    """The needs of the revisions that run in a stack."""

    stack: Stack
    account: Account
    _definitions: dict[str, TaskDefinition] = field(default_factory=dict[str, TaskDefinition])

    @classmethod
    def of(cls, stack: Stack) -> Needs:
        clients = {service: stack.client(service) for service in _SERVICES}
        return cls(stack, Account(stack.name, "sandbox", clients, stack.region))

    def missing(self, service: Mapping[str, Any]) -> Iterator[str]:
        """Yields what keeps ECS from starting another task of a revision that has tasks, and the app from its data.

        Args:
            service: as `DescribeServices` answers.
        """
        deployments = [one for one in service["deployments"] if one["runningCount"] or one["pendingCount"]]
        revisions = {one["taskDefinition"]: bool(one["runningCount"]) for one in deployments}
        roles, endpoints = (self._roles(), self._endpoints()) if revisions else ({}, {})
        for arn, is_running in revisions.items():
            definition = self._definition(arn)
            problems = [
                *self._start(definition, roles, endpoints, is_running),
                *self._app(definition, roles, endpoints),
                *self._network([one for one in deployments if one["taskDefinition"] == arn]),
            ]
            yield from (f"{definition.name}: {problem}" for problem in problems)

    def _roles(self) -> dict[str, Role]:
        """Returns all roles, by ARN, from one answer: their policies at one moment."""
        details = self.account.client("iam").get_account_authorization_details(Filter=["Role"])["RoleDetailList"]
        roles: dict[str, Role] = {}
        for role in details:
            assert not role.get("PermissionsBoundary"), f"{role['Arn']} has a boundary, which is not read here"
            policies = {one["PolicyName"]: one["PolicyDocument"] for one in role["RolePolicyList"]}
            roles[role["Arn"]] = Role(role["Arn"], role["AssumeRolePolicyDocument"], policies, None)
        return roles

    def _endpoints(self) -> dict[str, Role]:
        """Returns the policies of the network's gateway endpoints, by service, each as the only policy of a role."""
        of_stack = [{"Name": "tag:Stack", "Values": [self.stack.name]}]
        found = self.account.client("ec2").describe_vpc_endpoints(Filters=of_stack)["VpcEndpoints"]
        policies = {
            one["ServiceName"].rpartition(".")[2]: (one["VpcEndpointId"], json.loads(one["PolicyDocument"]))
            for one in found
            if one["State"] == "available"
        }
        return {service: Role(id_, {}, {id_: policy}, None) for service, (id_, policy) in policies.items()}

    def _definition(self, arn: str) -> TaskDefinition:
        if arn not in self._definitions:
            described = self.account.client("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]
            self._definitions[arn] = TaskDefinition.of(described, _CONTAINER)
        return self._definitions[arn]

    def _start(
        self, definition: TaskDefinition, roles: Mapping[str, Role], endpoints: Mapping[str, Role], is_running: bool
    ) -> Iterator[str]:
        """Yields what ECS lacks: a role, a right, a secret, the cache in a secret, the log group, the image."""
        arns = (definition.execution_role_arn or "", definition.task_role_arn or "")
        for arn in arns:
            if arn not in roles or not roles[arn].trusts(_TASKS, self._source(definition)):
                yield f"ECS cannot assume the role {arn}"
                return
        execution = roles[arns[0]]
        image = _IMAGE.fullmatch(definition.container.image)
        assert image, definition.container.image
        prefix = f"arn:aws:ecr:{image['region']}:{image['account']}:repository"
        group = self.stack.named("/ecs/voiceter-backend")
        streams = f"arn:aws:logs:{self.stack.region}:{image['account']}:log-group:{group}:log-stream:any"
        yield from _denied(execution, "*", "ecr:GetAuthorizationToken")
        yield from _denied(
            execution,
            f"{prefix}/{image['name']}",
            *PULL,
        )
        layer = f"arn:aws:s3:::prod-{image['region']}-starport-layer-bucket/any"
        yield from _denied(endpoints["s3"], layer, "s3:GetObject")
        yield from _denied(execution, streams, *WRITE_LOGS)
        groups = self.account.client("logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        if group not in [one["logGroupName"] for one in groups]:
            yield f"the log group {group} does not exist"
        if is_running:  # a new revision may be one whose image is missing
            yield from self._image(image)
        try:
            values = inject(self.account, definition, execution)
        except OperationError as error:
            yield str(error)
            return
        if "REDIS_URL" in values:
            yield from self._cache(values["REDIS_URL"])

    def _network(self, deployments: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        """Yields the subnets of tasks from which no route leads to the APIs of AWS."""
        ec2 = self.account.client("ec2")
        for network in (one["networkConfiguration"]["awsvpcConfiguration"] for one in deployments):
            of_subnets = [{"Name": "association.subnet-id", "Values": network["subnets"]}]
            tables = ec2.describe_route_tables(Filters=of_subnets)["RouteTables"]
            if network["assignPublicIp"] == "ENABLED":
                kind, gateways = (
                    "GatewayId",
                    {gateway["InternetGatewayId"] for gateway in ec2.describe_internet_gateways()["InternetGateways"]},
                )
            else:
                available = [{"Name": "state", "Values": ["available"]}]
                kind, gateways = (
                    "NatGatewayId",
                    {gateway["NatGatewayId"] for gateway in ec2.describe_nat_gateways(Filter=available)["NatGateways"]},
                )
            routed = {
                association.get("SubnetId")
                for table in tables
                if any(
                    one.get("DestinationCidrBlock") == "0.0.0.0/0" and one.get(kind) in gateways
                    for one in table["Routes"]
                )
                for association in table["Associations"]
            }
            if cut_off := set(network["subnets"]) - routed:
                yield f"no {kind} leads out of the subnets {sorted(cut_off)}"

    def _source(self, definition: TaskDefinition) -> Context:
        _, partition, _, region, account, _ = definition.arn.split(":", 5)
        return {"aws:sourceaccount": account, "aws:sourcearn": f"arn:{partition}:ecs:{region}:{account}:*"}

    def _image(self, image: re.Match[str]) -> Iterator[str]:
        ecr = self.account.client("ecr")
        image_id = {"imageDigest": image["digest"]} if image["digest"] else {"imageTag": image["tag"]}
        try:
            ecr.describe_images(repositoryName=image["name"], imageIds=[image_id])
        except (ecr.exceptions.ImageNotFoundException, ecr.exceptions.RepositoryNotFoundException):
            yield f"the registry does not hold {image[0]}"

    def _cache(self, url: str) -> Iterator[str]:
        host = urlsplit(url).hostname
        groups = self.account.client("elasticache").describe_replication_groups()["ReplicationGroups"]
        hosts = [node["PrimaryEndpoint"]["Address"] for group in groups for node in group["NodeGroups"]]
        if host not in hosts:
            yield f"the cache {host} in REDIS_URL does not exist"

    def _app(
        self, definition: TaskDefinition, roles: Mapping[str, Role], endpoints: Mapping[str, Role]
    ) -> Iterator[str]:
        """Yields what the app of a revision lacks, by its environment."""
        role = roles.get(definition.task_role_arn or "")
        if role is None:
            return
        environment = definition.container.environment
        region, account = definition.arn.split(":")[3:5]
        as_role = {"aws:principalarn": role.arn}
        tables = self.account.client("dynamodb").list_tables()["TableNames"]
        for name in (environment["DYNAMODB_TABLE_PREFIX"] + table for table in TABLES):
            arn = f"arn:aws:dynamodb:{region}:{account}:table/{name}"
            for one in (role, endpoints["dynamodb"]):
                yield from _denied(one, arn, *USE_ITEMS, context=as_role)
            if name not in tables:
                yield f"the table {name} does not exist"
        bucket = environment["S3_BUCKET_NAME"]
        recording = f"arn:aws:s3:::{bucket}/{environment['S3_AUDIO_PREFIX']}any.wav"
        for one in (role, endpoints["s3"]):
            yield from _denied(one, recording, *USE_OBJECTS, context=as_role)
        if bucket not in [one["Name"] for one in self.account.client("s3").list_buckets()["Buckets"]]:
            yield f"the bucket {bucket} does not exist"
        models = f"arn:aws:bedrock:{region}::foundation-model"
        speech = f"{models}/{environment['BEDROCK_MODEL_ID']}"
        yield from _denied(role, speech, "bedrock:InvokeModel", "bedrock:InvokeModelWithBidirectionalStream")
        answers = environment.get("NLP_MODEL_ID", LITE)  # the app's default
        if answers.startswith("us."):  # an inference profile
            profile = f"arn:aws:bedrock:{region}:{account}:inference-profile/{answers}"
            yield from _denied(role, profile, "bedrock:InvokeModel")
            through = {"bedrock:inferenceprofilearn": profile}  # IAM ignores the case of keys
            destinations = models_of(region, answers)
            assert destinations, f"{answers} is no profile of {region} whose destination regions are known"
            for arn in destinations:
                yield from _denied(role, arn, "bedrock:InvokeModel", context=through)
        else:
            yield from _denied(role, f"{models}/{answers}", "bedrock:InvokeModel")
        namespace = {"cloudwatch:namespace": environment["CLOUDWATCH_NAMESPACE"]}
        yield from _denied(role, "*", "cloudwatch:PutMetricData", context=namespace)
        if guardrail := environment.get("BEDROCK_GUARDRAIL_ID"):
            arn = f"arn:aws:bedrock:{region}:{account}:guardrail/{guardrail}"
            yield from _denied(role, arn, "bedrock:ApplyGuardrail")
        if prompt := environment.get("NLP_PROMPT_ARN"):
            yield from _denied(role, prompt, "bedrock:GetPrompt")
        if sender := environment.get("SES_SENDER_EMAIL"):
            identity = f"arn:aws:ses:{region}:{account}:identity/{sender.rpartition('@')[2]}"
            yield from _denied(role, identity, "ses:SendEmail")
        if environment["ENABLE_XRAY_TRACING"] == "true":
            yield from _denied(role, "*", *TRACE)
        if not definition.container.read_only:  # only a stack with ECS Exec has a writable root
            yield from _denied(role, "*", *OPEN_SHELL)


def _denied(role: Role, resource: str, *actions: str, context: Context | None = None) -> Iterator[str]:
    denied = [action for action in actions if not role.may(action, resource, context or {})]
    if denied:
        yield f"{role.arn.rpartition('/')[2]} may not {', '.join(denied)} on {resource}"
