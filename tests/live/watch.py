"""Watches a stack during updates: clients reach healthy tasks, and ECS could start each running revision again.

A thread reads the account again and again. A reading counts only if neither the service nor the listeners changed
meanwhile.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, Self
from urllib.parse import urlsplit

from operations.definition import TaskDefinition
from operations.errors import OperationError
from operations.injection import inject
from operations.permissions import Context, Role
from operations.target import Target
from tests.live.stack import Stack
from tests.support.contract import TABLES

_PAUSE_SECONDS: Final = 0.4  # between two readings, each of which takes processor time from the update
_JOIN_SECONDS: Final = 30
_CONTAINER: Final = "voiceter-backend"
_SERVICES: Final = (
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
)
_IMAGE: Final = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/(?P<name>[^:@]+)"
    r"(?::(?P<tag>[^@]+))?(?:@(?P<digest>.+))?"
)
_TASKS: Final = "ecs-tasks.amazonaws.com"
_ITEM_ACTIONS: Final = ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query")
_ANSWER_MODEL: Final = "amazon.nova-lite-v1:0"  # which the app takes without NLP_MODEL_ID
# Where the inference profiles of the United States lead: Amazon Bedrock User Guide, model card of Nova 2 Lite.
US_PROFILES_LEAD_TO: Final = ("us-east-1", "us-east-2", "us-west-2")
_XRAY: Final = (
    "xray:GetSamplingRules",
    "xray:GetSamplingStatisticSummaries",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
)
_SHELL: Final = (
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
)


@dataclass
class Breach:
    """What was missing, and when it was seen first and last, in seconds since the start."""

    what: str
    first: float
    last: float
    listener: str = ""  # the ARN, if it is about one listener

    def __str__(self) -> str:
        return f"{self.first:.2f}-{self.last:.2f} s: {self.what}"


class CutOffError(AssertionError):
    """Clients or running revisions lacked something during an update."""


@dataclass(frozen=True)
class _Account(Target):
    """The stack's account as the operations see it, with clients that exist before the thread starts."""

    clients: Mapping[str, Any] = field(default_factory=dict[str, Any])
    in_region: str = ""

    @property
    def region(self) -> str:
        return self.in_region

    def client(self, service: str) -> Any:
        return self.clients[service]


@dataclass(frozen=True)
class _Moment:
    """What decides whether a reading is consistent."""

    service: Mapping[str, Any] | None  # None: none is active
    listeners: Sequence[Mapping[str, Any]]


@dataclass
class Watch:
    """A context manager that reads the account before, during and after its body.

    Leaving it raises `CutOffError` with all breaches, unless the body itself has failed. A listener that is gone by
    then is not judged: its clients have lost it anyway.
    """

    stack: Stack
    readings: int = 0
    breaches: dict[str, Breach] = field(default_factory=dict[str, Breach])
    _failure: Exception | None = None
    _served: set[str] = field(default_factory=set[str])  # listeners that have led to healthy targets
    _definitions: dict[str, TaskDefinition] = field(default_factory=dict[str, TaskDefinition])

    def __enter__(self) -> Self:
        # Made here, as boto3 makes no clients in two threads at once.
        clients = {service: self.stack.client(service) for service in _SERVICES}
        self._account = _Account(self.stack.name, "sandbox", clients, self.stack.region)
        self._began = time.monotonic()
        self._ended = threading.Event()
        self._read_once()
        self._thread = threading.Thread(target=self._read_until_ended, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._ended.set()
        self._thread.join(_JOIN_SECONDS)
        if kind is not None:
            return
        assert not self._thread.is_alive(), "the thread has not ended"
        if self._failure:
            raise self._failure
        assert self.readings > 1, "no consistent reading during the update"
        remaining = {listener["ListenerArn"] for listener in self._moment().listeners}
        self._served |= remaining
        self._read_once()
        breaches = [breach for breach in self.breaches.values() if breach.listener in ("", *remaining)]
        if breaches:
            raise CutOffError("\n".join(str(breach) for breach in breaches))

    def wait_for_readings(self, count: int = 2) -> None:
        """Waits until the thread has read the account this often; the first of them may have begun before the call."""
        goal, deadline = self.readings + count, time.monotonic() + _JOIN_SECONDS
        while self.readings < goal and self._thread.is_alive():
            assert time.monotonic() < deadline, "the thread does not read"
            time.sleep(_PAUSE_SECONDS)

    def _read_once(self) -> None:
        """Reads until a reading is consistent."""
        goal, deadline = self.readings + 1, time.monotonic() + _JOIN_SECONDS
        while self.readings < goal:
            assert time.monotonic() < deadline, "no consistent reading"
            self._read()

    def _read_until_ended(self) -> None:
        try:
            while not self._ended.wait(_PAUSE_SECONDS):
                self._read()
        except Exception as error:
            self._failure = error

    def _read(self) -> None:
        """Adds the breaches of one consistent reading. An inconsistent one is dropped."""
        moment = self._moment()
        at = time.monotonic() - self._began
        try:
            found = [*self._traffic(moment), *((what, "") for what in self._starts(moment))]
        except self._account.client("elbv2").exceptions.ClientError as error:
            # An object that was just listed is gone.
            if self._moment() == moment:
                raise AssertionError(f"the account refused to be read: {error}") from error
            return
        if self._moment() != moment:
            return
        self.readings += 1
        for what, listener in found:
            self.breaches.setdefault(what, Breach(what, at, at, listener)).last = at

    def _moment(self) -> _Moment:
        ecs, elb = self._account.client("ecs"), self._account.client("elbv2")
        cluster, name = self.stack.named("voiceter-cluster"), self.stack.named("voiceter-backend")
        services: list[dict[str, Any]] = []
        with suppress(ecs.exceptions.ClusterNotFoundException):
            services = ecs.describe_services(cluster=cluster, services=[name])["services"]
        listeners: list[dict[str, Any]] = []
        with suppress(elb.exceptions.LoadBalancerNotFoundException):
            (balancer,) = elb.describe_load_balancers(Names=[name])["LoadBalancers"]
            listeners = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
        return _Moment(next((one for one in services if one["status"] == "ACTIVE"), None), listeners)

    # Clients

    def _traffic(self, moment: _Moment) -> Iterator[tuple[str, str]]:
        """Yields what keeps clients from healthy tasks, with the listener, if there are running tasks.

        A new listener counts once it has led to healthy tasks, or once another listener redirects to it.
        """
        if moment.service is None or not moment.service["runningCount"]:
            return
        ways = {listener["ListenerArn"]: self._way(listener) for listener in moment.listeners}
        healthy = {group: self._is_healthy(group) for way in ways.values() for group in way.weights}
        by_port = {f"{one['Protocol']}:{one['Port']}": one["ListenerArn"] for one in moment.listeners}
        problems: dict[str, str] = {}
        for listener in moment.listeners:
            arn = listener["ListenerArn"]
            problem = ways[arn].problem(healthy, by_port)
            problems[arn] = f"{listener['Protocol']} on port {listener['Port']}: {problem}" if problem else ""
            if not problem:
                self._served.add(arn)
        redirected = {by_port.get(way.redirects_to) for way in ways.values()}
        counted = [arn for arn in problems if arn in self._served or arn in redirected]
        yield from ((problems[arn], arn) for arn in counted if problems[arn])
        if all(problems.values()):
            yield f"no listener leads to a healthy task: {[*problems.values()]}", ""

    def _way(self, listener: Mapping[str, Any]) -> _Way:
        """Returns where a listener sends a client's request."""
        rules: list[dict[str, Any]] = self._account.client("elbv2").describe_rules(ListenerArn=listener["ListenerArn"])[
            "Rules"
        ]
        matching = [rule for rule in rules if all(_matches_clients(one) for one in rule["Conditions"])]
        rule = min(matching, key=_priority)
        action = rule["Actions"][-1]
        if action["Type"] == "redirect":
            to = action["RedirectConfig"]
            return _Way(redirects_to=f"{to['Protocol']}:{to['Port']}")
        if action["Type"] != "forward":
            return _Way(answer=action["Type"])
        config: Mapping[str, Any] = action.get("ForwardConfig") or {}
        groups: list[dict[str, Any]] = config.get("TargetGroups") or [
            {"TargetGroupArn": action["TargetGroupArn"], "Weight": 1}
        ]
        return _Way(weights={one["TargetGroupArn"]: int(one.get("Weight", 1)) for one in groups})

    def _is_healthy(self, group: str) -> bool:
        targets = self._account.client("elbv2").describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return any(one["TargetHealth"]["State"] == "healthy" for one in targets)

    # Tasks

    def _starts(self, moment: _Moment) -> Iterator[str]:
        """Yields what keeps ECS from starting another task of a revision that has tasks, and the app from its data."""
        if moment.service is None:
            return
        deployments = [one for one in moment.service["deployments"] if one["runningCount"] or one["pendingCount"]]
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
        details = self._account.client("iam").get_account_authorization_details(Filter=["Role"])["RoleDetailList"]
        roles: dict[str, Role] = {}
        for role in details:
            assert not role.get("PermissionsBoundary"), f"{role['Arn']} has a boundary, which is not read here"
            policies = {one["PolicyName"]: one["PolicyDocument"] for one in role["RolePolicyList"]}
            roles[role["Arn"]] = Role(role["Arn"], role["AssumeRolePolicyDocument"], policies, None)
        return roles

    def _endpoints(self) -> dict[str, Role]:
        """Returns the policies of the network's gateway endpoints, by service, each as the only policy of a role."""
        of_stack = [{"Name": "tag:Stack", "Values": [self.stack.name]}]
        found = self._account.client("ec2").describe_vpc_endpoints(Filters=of_stack)["VpcEndpoints"]
        policies = {
            one["ServiceName"].rpartition(".")[2]: (one["VpcEndpointId"], json.loads(one["PolicyDocument"]))
            for one in found
            if one["State"] == "available"
        }
        return {service: Role(id_, {}, {id_: policy}, None) for service, (id_, policy) in policies.items()}

    def _definition(self, arn: str) -> TaskDefinition:
        if arn not in self._definitions:
            described = self._account.client("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]
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
            *("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
        )
        layer = f"arn:aws:s3:::prod-{image['region']}-starport-layer-bucket/any"
        yield from _denied(endpoints["s3"], layer, "s3:GetObject")
        yield from _denied(execution, streams, "logs:CreateLogStream", "logs:PutLogEvents")
        groups = self._account.client("logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        if group not in [one["logGroupName"] for one in groups]:
            yield f"the log group {group} does not exist"
        if is_running:  # a new revision may be one whose image is missing
            yield from self._image(image)
        try:
            values = inject(self._account, definition, execution)
        except OperationError as error:
            yield str(error)
            return
        if "REDIS_URL" in values:
            yield from self._cache(values["REDIS_URL"])

    def _network(self, deployments: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        """Yields the subnets of tasks from which no route leads to the APIs of AWS."""
        ec2 = self._account.client("ec2")
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
        ecr = self._account.client("ecr")
        image_id = {"imageDigest": image["digest"]} if image["digest"] else {"imageTag": image["tag"]}
        try:
            ecr.describe_images(repositoryName=image["name"], imageIds=[image_id])
        except (ecr.exceptions.ImageNotFoundException, ecr.exceptions.RepositoryNotFoundException):
            yield f"the registry does not hold {image[0]}"

    def _cache(self, url: str) -> Iterator[str]:
        host = urlsplit(url).hostname
        groups = self._account.client("elasticache").describe_replication_groups()["ReplicationGroups"]
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
        tables = self._account.client("dynamodb").list_tables()["TableNames"]
        for name in (environment["DYNAMODB_TABLE_PREFIX"] + table for table in TABLES):
            arn = f"arn:aws:dynamodb:{region}:{account}:table/{name}"
            for one in (role, endpoints["dynamodb"]):
                yield from _denied(one, arn, *(f"dynamodb:{action}" for action in _ITEM_ACTIONS), context=as_role)
            if name not in tables:
                yield f"the table {name} does not exist"
        bucket = environment["S3_BUCKET_NAME"]
        recording = f"arn:aws:s3:::{bucket}/{environment['S3_AUDIO_PREFIX']}any.wav"
        for one in (role, endpoints["s3"]):
            yield from _denied(one, recording, "s3:GetObject", "s3:PutObject", "s3:DeleteObject", context=as_role)
        if bucket not in [one["Name"] for one in self._account.client("s3").list_buckets()["Buckets"]]:
            yield f"the bucket {bucket} does not exist"
        models = f"arn:aws:bedrock:{region}::foundation-model"
        speech = f"{models}/{environment['BEDROCK_MODEL_ID']}"
        yield from _denied(role, speech, "bedrock:InvokeModel", "bedrock:InvokeModelWithBidirectionalStream")
        answers = environment.get("NLP_MODEL_ID", _ANSWER_MODEL)
        if answers.startswith("us."):  # an inference profile
            profile = f"arn:aws:bedrock:{region}:{account}:inference-profile/{answers}"
            yield from _denied(role, profile, "bedrock:InvokeModel")
            through = {"bedrock:inferenceprofilearn": profile}  # IAM ignores the case of keys
            for place in US_PROFILES_LEAD_TO:
                arn = f"arn:aws:bedrock:{place}::foundation-model/{answers.removeprefix('us.')}"
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
            yield from _denied(role, "*", *_XRAY)
        if not definition.container.read_only:  # only a stack with ECS Exec has a writable root
            yield from _denied(role, "*", *_SHELL)


@dataclass(frozen=True)
class _Way:
    """Where the first rule that matches clients' requests leads: exactly one of the three is set."""

    weights: Mapping[str, int] = field(default_factory=dict[str, int])  # by target group
    redirects_to: str = ""  # protocol:port
    answer: str = ""  # the type of another action

    def problem(self, healthy: Mapping[str, bool], listeners: Mapping[str, str]) -> str:
        """Returns why a client may get no answer of a task; empty if it always does."""
        if self.answer:
            return f"clients get a {self.answer}"
        if self.redirects_to:
            return "" if self.redirects_to in listeners else f"redirects to {self.redirects_to}, which has no listener"
        empty = [arn for arn, weight in self.weights.items() if weight and not healthy[arn]]
        if empty:
            return f"forwards to a group without healthy targets: {', '.join(empty)}; weights {dict(self.weights)}"
        return "" if any(self.weights.values()) else f"all weights are 0: {dict(self.weights)}"


def _matches_clients(condition: Mapping[str, Any]) -> bool:
    """Returns whether the requests of clients meet a condition of a listener rule."""
    if condition["Field"] == "path-pattern":
        values = condition.get("Values") or condition["PathPatternConfig"]["Values"]
        assert values == ["/*"], f"the watch knows no clients that use only {values}"
        return True
    assert condition["Field"] == "http-header", f"the watch cannot evaluate {condition}"
    return False  # a header of testers


def _priority(rule: Mapping[str, Any]) -> float:
    return float("inf") if rule["IsDefault"] else int(rule["Priority"])


def _denied(role: Role, resource: str, *actions: str, context: Context | None = None) -> Iterator[str]:
    denied = [action for action in actions if not role.may(action, resource, context or {})]
    if denied:
        yield f"{role.arn.rpartition('/')[2]} may not {', '.join(denied)} on {resource}"
