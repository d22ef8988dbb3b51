"""The stack's configuration: stack file in, frozen `Settings` or one `ConfigError` out.

Here are the keys, their defaults, and the rules that hold between keys; the rules for single values are in
`settings_rules.py`. Nothing is read at import: the stack and its config are known only once the program runs.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import pulumi

from components.edge.load_balancer import Domain
from components.service.strategy import ROLLING, STRATEGIES, Strategy
from components.service.timeline import APP_DRAIN_SECONDS, PING_SECONDS
from config import rules
from config import schedule as settings_schedule
from config.schedule import Schedule
from config.source import Reader, path

_USER_POOL: Final = "COGNITO_USER_POOL_ID"
_SET_USER_POOL: Final = f"`pulumi config set --secret --path 'secrets.{_USER_POOL}'`"
_SET_REDIS_TOKEN: Final = "`openssl rand -hex 32 | pulumi config set --secret redisAuthToken`"  # noqa: S105 - a command
_REGION_SUFFIX: Final = re.compile(rf"(.+)-({'|'.join(rules.REGIONS)})")


class ConfigError(pulumi.RunError):
    """All mistakes in a stack's configuration, one a line. As a `RunError` it ends the program without a traceback."""

    def __init__(self, stack: str, problems: list[str]) -> None:
        count = "1 mistake" if len(problems) == 1 else f"{len(problems)} mistakes"
        head = f"the configuration of the stack {stack} has {count}; nothing was changed."
        super().__init__("\n".join([head, *(f"  {problem}" for problem in problems)]))


@dataclass(frozen=True)
class Image:
    """The image that the service runs."""

    tag: str  # an ECR tag or sha256:…, as imageTag says
    version: str  # the ECR tag of the image, also where `tag` is a digest


@dataclass(frozen=True)
class Redis:
    """The Redis of the sessions."""

    node_type: str
    replicas: int  # beside the primary
    auth_token: pulumi.Output[str]  # secret


@dataclass(frozen=True)
class Settings:
    """The checked configuration of one stack: its keys in snake case, and what follows from the stack's name.

    Keys that belong together are read as one value: `image`, `domain`, `redis`, `strategy`.
    """

    stack: str  # the stack's name
    environment_name: str  # see environment_of
    region: str  # aws:region
    image_tag: str | None  # an ECR tag or sha256:…; None before the first image
    image_version: str | None  # the ECR tag of the image, also where image_tag is a digest; None without image_tag

    cpu: int  # CPU units, 1024 to a vCPU
    memory: int  # MiB
    cpu_architecture: str  # X86_64 or ARM64
    desired_count: int  # tasks
    min_count: int  # tasks
    max_count: int  # tasks
    cpu_target_percent: int
    memory_target_percent: int
    sessions_per_task_target: int
    on_demand_base: int  # tasks
    spot_percent: int  # of the tasks beyond on_demand_base
    scaling_schedule: Mapping[str, Schedule]  # by name; with one, it owns min_count and max_count after creation
    deployment_strategy: str  # one of components.service.strategy.STRATEGIES
    bake_time_minutes: int
    canary_percent: float
    linear_step_percent: float
    stop_timeout_seconds: int
    deregistration_delay_seconds: int
    enable_exec: bool

    vpc_cidr: str
    availability_zones: int
    nat_gateways: str  # one-per-az, single or none
    idle_timeout_seconds: int
    certificate_arn: str | None
    allow_plain_http: bool
    domain_name: str | None
    hosted_zone_id: str | None

    table_prefix: str
    protect_data: bool
    log_retention_days: int

    log_level: str
    enable_metrics: bool
    bedrock_model_id: str
    cors_origins: tuple[str, ...] | None  # None: the stack's own URL
    enable_auth: bool
    enable_audio_recording: bool
    enable_sentiment_analysis: bool
    enable_quota_management: bool
    enable_xray_tracing: bool
    max_messages_per_second: int
    max_audio_chunk_size_mb: int
    session_timeout_minutes: int
    cleanup_timeout_seconds: int
    disconnect_cleanup_timeout_seconds: int
    environment: Mapping[str, str]  # more plain environment variables
    extra_model_ids: tuple[str, ...]
    ses_identity_arns: tuple[str, ...]
    guardrail_arns: tuple[str, ...]
    prompt_arns: tuple[str, ...]
    secret_values: Mapping[str, pulumi.Output[str]]  # environment variable -> value
    secret_arns: Mapping[str, str]  # environment variable -> ARN of a secret that someone else owns

    redis_enabled: bool
    redis_node_type: str
    redis_replicas: int  # beside the primary
    redis_auth_token: pulumi.Output[str] | None  # None: not set

    alarm_emails: tuple[str, ...]
    alarm_phones: tuple[str, ...]  # E.164
    monthly_budget_usd: float | None  # None: no budget

    @property
    def image(self) -> Image | None:
        """The image to run; None before the first image."""
        return Image(self.image_tag, self.image_version) if self.image_tag and self.image_version else None

    @property
    def domain(self) -> Domain | None:
        """The domain name of the clients; None without domainName and hostedZoneId."""
        if not self.domain_name or not self.hosted_zone_id:
            return None
        return Domain(self.domain_name, self.hosted_zone_id, self.region, self.stack)

    @property
    def https(self) -> bool:
        """Whether clients reach the load balancer by HTTPS."""
        return bool(self.certificate_arn or self.domain)

    @property
    def redis(self) -> Redis | None:
        """The Redis of the sessions; None without redisEnabled."""
        if not self.redis_enabled or self.redis_auth_token is None:
            return None
        return Redis(self.redis_node_type, self.redis_replicas, self.redis_auth_token)

    @property
    def strategy(self) -> Strategy:
        """How a new version replaces the old one."""
        return Strategy(self.deployment_strategy, self.bake_time_minutes, self.canary_percent, self.linear_step_percent)


def environment_of(stack: str) -> str:
    """The environment of a stack: its name without a trailing `-<region>`, if that is a region of the app.

    `prod` and `prod-eu-north-1` are both of the environment prod.
    """
    suffixed = _REGION_SUFFIX.fullmatch(stack)
    return suffixed[1] if suffixed else stack


def load(find_image: Callable[[str, str], str | None], find_network: Callable[[str], str | None]) -> Settings:
    """The configuration of the running stack.

    `find_image` takes a region and an `imageTag`, and gives the tag of that image in the stack's registry, or None
    where the registry lacks it. `find_network` takes a region, and gives the IPv4 block of the stack's network there,
    or None where there is none yet. The one is called only if the stack's name, the region and the `imageTag` are
    right, the other only if everything else is.

    Raises `ConfigError` with every mistake at once.
    """
    reader = Reader()
    settings = _read(reader, pulumi.get_stack())
    _check_stack(reader, settings)
    _check_tasks(reader, settings)
    _check_edge(reader, settings)
    _check_app(reader, settings)
    _check_redis(reader, settings)
    _check_alarms(reader, settings)
    settings = replace(settings, image_version=_image_version(reader, settings, find_image))
    reader.refuse_other_keys()
    if not reader.problems:
        _check_network(reader, settings, find_network)
    if reader.problems:
        raise ConfigError(settings.stack, reader.problems)
    return settings


def _read(reader: Reader, stack: str) -> Settings:
    """Every key with its default. Defaults that are the app's own are those of the image."""
    environment_name = environment_of(stack)
    is_prod = environment_name == "prod"
    region = reader.value("aws:region", rules.one_of(*rules.REGIONS), None)
    positive = rules.whole_number(1)
    percent = rules.whole_number(1, 100)
    tasks = rules.whole_number(0)
    min_count = reader.value("minCount", tasks, 2)
    cors_origins = reader.items("corsOrigins", rules.origin, split=rules.comma_list)
    secrets = reader.secret_entries("secrets", rules.secret_value)
    redis_auth_token = reader.secret("redisAuthToken", rules.redis_auth_token)
    return Settings(
        stack=stack,
        environment_name=environment_name,
        region=region or "",
        image_tag=reader.value("imageTag", rules.image_tag, None),
        image_version=None,
        cpu=reader.value("cpu", rules.number_of(rules.FARGATE_MEMORY), 1024),
        memory=reader.value("memory", positive, 2048),
        cpu_architecture=reader.value("cpuArchitecture", rules.one_of("X86_64", "ARM64"), "X86_64"),
        desired_count=reader.value("desiredCount", tasks, 2),
        min_count=min_count,
        max_count=reader.value("maxCount", tasks, 10),
        cpu_target_percent=reader.value("cpuTargetPercent", percent, 70),
        memory_target_percent=reader.value("memoryTargetPercent", percent, 80),
        # One task serves about 45 sessions.
        sessions_per_task_target=reader.value("sessionsPerTaskTarget", rules.whole_number(1, 45), 30),
        on_demand_base=reader.value("onDemandBase", tasks, min_count),
        spot_percent=reader.value("spotPercent", rules.whole_number(0, 100), 0),
        scaling_schedule=MappingProxyType(settings_schedule.read(reader)),
        deployment_strategy=reader.value("deploymentStrategy", rules.one_of(*STRATEGIES), ROLLING),
        # The ranges: Amazon ECS API Reference, DeploymentConfiguration, CanaryConfiguration, LinearConfiguration. Ten
        # minutes, as the slowest of the alarms that undo a deployment needs five to go off.
        bake_time_minutes=reader.value("bakeTimeMinutes", rules.whole_number(0, 1440), 10),
        canary_percent=reader.value("canaryPercent", rules.number(0.1, 100), 10.0),
        linear_step_percent=reader.value("linearStepPercent", rules.number(3, 100), 25.0),
        # Not under the app's own drain; Fargate allows 120 s (Amazon ECS API Reference, ContainerDefinition).
        stop_timeout_seconds=reader.value(
            "stopTimeoutSeconds", rules.whole_number(APP_DRAIN_SECONDS, 120), APP_DRAIN_SECONDS
        ),
        # Elastic Load Balancing, "Edit target group attributes for your Application Load Balancer".
        deregistration_delay_seconds=reader.value("deregistrationDelaySeconds", rules.whole_number(0, 3600), 60),
        enable_exec=reader.value("enableExec", rules.boolean, False),
        vpc_cidr=reader.value("vpcCidr", rules.vpc_cidr, "10.0.0.0/16"),
        availability_zones=reader.value("availabilityZones", rules.whole_number(2, 3), 2),
        nat_gateways=reader.value("natGateways", rules.one_of("one-per-az", "single", "none"), "one-per-az"),
        # More than the time between the app's pings; a load balancer allows 4000 s (Elastic Load Balancing, "Edit
        # attributes for your Application Load Balancer").
        idle_timeout_seconds=reader.value("idleTimeoutSeconds", rules.whole_number(PING_SECONDS + 1, 4000), 300),
        certificate_arn=reader.value("certificateArn", rules.certificate_arn(region), None),
        allow_plain_http=reader.value("allowPlainHttp", rules.boolean, False),
        domain_name=reader.value("domainName", rules.domain_name, None),
        hosted_zone_id=reader.value("hostedZoneId", rules.hosted_zone_id, None),
        table_prefix=reader.value(
            "tablePrefix", rules.table_prefix, "demo-" if is_prod else f"demo-{environment_name}-"
        ),
        protect_data=reader.value("protectData", rules.boolean, is_prod),
        log_retention_days=reader.value("logRetentionDays", rules.number_of(rules.LOG_RETENTION_DAYS), 30),
        log_level=reader.value("logLevel", rules.one_of("DEBUG", "INFO", "WARN", "ERROR"), "INFO"),
        enable_metrics=reader.value("enableMetrics", rules.boolean, True),
        bedrock_model_id=reader.value("bedrockModelId", rules.model_id, "amazon.nova-2-sonic-v1:0"),
        cors_origins=cors_origins or (("*",) if environment_name == "dev" else None),
        enable_auth=reader.value("enableAuth", rules.boolean, False),
        enable_audio_recording=reader.value("enableAudioRecording", rules.boolean, False),
        enable_sentiment_analysis=reader.value("enableSentimentAnalysis", rules.boolean, False),
        enable_quota_management=reader.value("enableQuotaManagement", rules.boolean, False),
        enable_xray_tracing=reader.value("enableXrayTracing", rules.boolean, False),
        max_messages_per_second=reader.value("maxMessagesPerSecond", positive, 100),
        max_audio_chunk_size_mb=reader.value("maxAudioChunkSizeMb", positive, 1),
        session_timeout_minutes=reader.value("sessionTimeoutMinutes", positive, 30),
        cleanup_timeout_seconds=reader.value("cleanupTimeoutSeconds", positive, 5),
        disconnect_cleanup_timeout_seconds=reader.value("disconnectCleanupTimeoutSeconds", positive, 3),
        environment=MappingProxyType(reader.entries("environment", rules.environment_value)),
        extra_model_ids=reader.items("extraModelIds", rules.model_id, ("amazon.nova-lite-v1:0",)),
        ses_identity_arns=reader.items("sesIdentityArns", rules.ses_identity_arn(region)),
        guardrail_arns=reader.items("guardrailArns", rules.guardrail_arn(region)),
        prompt_arns=reader.items("promptArns", rules.prompt_arn(region)),
        secret_values=MappingProxyType({name: pulumi.Output.secret(value) for name, value in secrets.items()}),
        secret_arns=MappingProxyType(
            reader.entries("secretArns", rules.string(rules.secret_arn(region)), _is_like_an_arn)
        ),
        redis_enabled=reader.value("redisEnabled", rules.boolean, False),
        redis_node_type=reader.value("redisNodeType", rules.redis_node_type, "cache.t4g.small"),
        # Amazon ElastiCache API Reference, CreateReplicationGroup: a primary and up to five replicas.
        redis_replicas=reader.value("redisReplicas", rules.whole_number(0, 5), 1),
        redis_auth_token=None if redis_auth_token is None else pulumi.Output.secret(redis_auth_token),
        alarm_emails=reader.items("alarmEmails", rules.email_address),
        alarm_phones=reader.items("alarmPhones", rules.phone_number, split=rules.phone_list),
        monthly_budget_usd=reader.value("monthlyBudgetUsd", rules.dollars, None),
    )


def _is_like_an_arn(value: object) -> bool:
    """Anything else under secretArns may be a secret's value, put there by mistake."""
    return isinstance(value, str) and value.startswith("arn:")


def _check_stack(reader: Reader, settings: Settings) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9-]*", settings.stack):
        rule = "must match ^[a-z][a-z0-9-]*$: `pulumi stack rename <name>`"
        reader.refuse("stack name", rule, settings.stack)
    if not reader.is_set("aws:region"):
        rule = f"is not set: `pulumi config set aws:region <region>`, with {rules.listed(rules.REGIONS)}"
        reader.refuse("aws:region", rule)
    # A stack in another region than its name says would take the table names of the stack that belongs there.
    suffixed = _REGION_SUFFIX.fullmatch(settings.stack)
    if suffixed and reader.is_right("aws:region") and suffixed[2] != settings.region:
        rule = f"must be {suffixed[2]}, as the name of the stack {settings.stack} says"
        reader.refuse("aws:region", rule, settings.region)


def _check_tasks(reader: Reader, settings: Settings) -> None:
    sizes = rules.FARGATE_MEMORY[settings.cpu]
    if reader.is_right("cpu", "memory") and settings.memory not in sizes:
        rule = f"with that cpu, Fargate sells a memory of {rules.listed(sizes)} MiB"
        reader.refuse_together(rule, cpu=settings.cpu, memory=settings.memory)
    if reader.is_right("minCount", "desiredCount", "maxCount") and not (
        settings.min_count <= settings.desired_count <= settings.max_count
    ):
        reader.refuse_together(
            "must be in this order: minCount <= desiredCount <= maxCount",
            minCount=settings.min_count,
            desiredCount=settings.desired_count,
            maxCount=settings.max_count,
        )
    if (
        reader.is_set("onDemandBase")
        and reader.is_right("onDemandBase", "maxCount")
        and settings.on_demand_base > settings.max_count
    ):
        rule = "onDemandBase must not exceed maxCount"
        reader.refuse_together(rule, onDemandBase=settings.on_demand_base, maxCount=settings.max_count)


def _check_edge(reader: Reader, settings: Settings) -> None:
    for key, partner in (("domainName", "hostedZoneId"), ("hostedZoneId", "domainName")):
        if reader.is_set(key) and not reader.is_set(partner):
            reader.refuse(partner, f"is not set, but {key} is: set both or neither")
    if reader.is_set("certificateArn") and reader.is_set("domainName", "hostedZoneId"):
        rule = "is set together with a domain, which makes a certificate of its own: keep one of them"
        reader.refuse("certificateArn", rule, *([settings.certificate_arn] if settings.certificate_arn else []))
    if (
        settings.environment_name == "prod"
        and not reader.is_set("certificateArn", "domainName", "hostedZoneId")
        and reader.is_right("allowPlainHttp")
        and not settings.allow_plain_http
    ):
        rule = (
            "is not set, and prod needs HTTPS: set it, or domainName and hostedZoneId, or allowPlainHttp to do without"
        )
        reader.refuse("certificateArn", rule)


def _check_app(reader: Reader, settings: Settings) -> None:
    origins = settings.cors_origins or ()
    if reader.is_set("corsOrigins") and "*" in origins and (settings.environment_name != "dev" or len(origins) > 1):
        reader.refuse("corsOrigins", "may be * in the environment dev only, and then nothing else", list(origins))
    if settings.enable_auth and _USER_POOL not in reader.names("secrets") | reader.names("secretArns"):
        reader.refuse("enableAuth", f"needs {_USER_POOL} under secrets or secretArns: {_SET_USER_POOL}", "true")
    if _USER_POOL in reader.names("environment"):
        reader.refuse(f"environment.{_USER_POOL}", f"is sensitive: {_SET_USER_POOL}, and remove it here")
    holders: dict[str, list[str]] = {}
    for key in ("environment", "secrets", "secretArns"):
        for name in reader.names(key):
            holders.setdefault(name, []).append(key)
    for name, (first, *others) in sorted(holders.items()):
        if others:
            reader.refuse(path(first, name), f"is set under {rules.listed(others)} too: keep one of them")


def _check_redis(reader: Reader, settings: Settings) -> None:
    # The other keys may stay in the stack file while Redis is off.
    if settings.redis_enabled and not reader.is_set("redisAuthToken"):
        reader.refuse("redisAuthToken", f"is not set, and redisEnabled needs it: {_SET_REDIS_TOKEN}")


def _check_alarms(reader: Reader, settings: Settings) -> None:
    for key, subscribers in (("alarmEmails", settings.alarm_emails), ("alarmPhones", settings.alarm_phones)):
        for index, subscriber in enumerate(subscribers):
            # A wrong item was read as an empty text, and named already.
            if subscriber and subscriber in subscribers[:index]:
                reader.refuse(f"{key}[{index}]", "is in the list already: remove one of them", subscriber)


def _check_network(reader: Reader, settings: Settings, find_network: Callable[[str], str | None]) -> None:
    present = find_network(settings.region)
    if present not in (None, settings.vpc_cidr):
        rule = (
            f"must stay {present} while the stack is up: AWS moves nothing that is in use to another network. Bring up "
            "another stack, or take this one down first"
        )
        reader.refuse("vpcCidr", rule, settings.vpc_cidr)


def _image_version(reader: Reader, settings: Settings, find_image: Callable[[str, str], str | None]) -> str | None:
    if settings.image_tag is None or not reader.is_right("stack name", "aws:region"):
        return None
    version = find_image(settings.region, settings.image_tag)
    if version is None:
        rule = (
            f"names no tagged image in this stack's registry in {settings.region}: push it. If there is no registry "
            "yet, unset the key (`pulumi config rm imageTag`), `pulumi up`, push the image, and set the key again"
        )
        reader.refuse("imageTag", rule, settings.image_tag)
    return version
