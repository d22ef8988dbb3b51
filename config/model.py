"""The config keys of a stack, each declared once.

A field is a config key if its annotation holds a `Key`. The field says everything about the key: its name (in
camelCase in the stack file), type, default, rule, unit, one line of help, and the environment variable of the app that
it becomes. The parser, the error messages, the table in docs/configuration.md and the environment of the app derive
from these fields.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StrictFloat,
    StrictInt,
)
from pydantic.alias_generators import to_camel

from components.edge.web_acl import LEAST_LIMIT, MOST_LIMIT
from components.lib.app import DRAIN_SECONDS, PING_SECONDS, SESSIONS_PER_TASK
from components.service.strategy import ROLLING, STRATEGIES
from config import rules
from config.key import Key
from config.rule import decimal, one_of
from config.rules import Count, Flag, Percent, Positive
from config.schedule import ScheduleKeys
from config.stack_name import REGIONS, environment_of

_STAGING_AND_PROD = "false; true in staging and prod"
_VariableName = Annotated[str, rules.ENVIRONMENT_NAME]


def _is_prod(data: dict[str, Any]) -> bool:
    return environment_of(data["stack"]) == "prod"


def _is_staging_or_prod(data: dict[str, Any]) -> bool:
    return environment_of(data["stack"]) in ("staging", "prod")


def _table_prefix(data: dict[str, Any]) -> str:
    return "demo-" if _is_prod(data) else f"demo-{environment_of(data['stack'])}-"


def _cors_origins(data: dict[str, Any]) -> tuple[str, ...] | None:
    return ("*",) if environment_of(data["stack"]) == "dev" else None


def _min_count(data: dict[str, Any]) -> int:
    return data["min_count"]


def _sorted(members: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns the members by name, so that their order in the stack file changes nothing."""
    return dict(sorted(members.items()))


class Keys(BaseModel):
    """The config keys of one stack."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True, hide_input_in_errors=True)

    stack: str  # the stack's name, which is not a config key

    region: Annotated[
        str,
        Field(alias="aws:region"),
        one_of(REGIONS),
        Key("the region of the stack", env="AWS_REGION", main=True, regional=True),
    ]
    image_tag: Annotated[
        str | None,
        rules.IMAGE_TAG,
        Key(
            "the image to run, from the stack's registry; without it the program creates all but the service",
            main=True,
        ),
    ] = None

    # Tasks
    cpu: Annotated[StrictInt, one_of(rules.FARGATE_MEMORY), Key("CPU of a task", unit="CPU units", main=True)] = 1024
    memory: Annotated[
        Positive, Key("memory of a task; Fargate sells only some pairs with `cpu`", unit="MiB", main=True)
    ] = 2048
    cpu_architecture: Annotated[Literal["X86_64", "ARM64"], Key("the architecture that the image is built for")] = (
        "X86_64"
    )
    desired_count: Annotated[
        Count,
        Key(
            "tasks at creation, from `minCount` to `maxCount`; then the autoscaler owns the count",
            unit="tasks",
            main=True,
            regional=True,
        ),
    ] = 2
    min_count: Annotated[
        Count, Key("the fewest tasks that the autoscaler runs", unit="tasks", main=True, regional=True)
    ] = 2
    max_count: Annotated[
        Count, Key("the most tasks that the autoscaler runs", unit="tasks", main=True, regional=True)
    ] = 10
    cpu_target_percent: Annotated[Percent, Key("the autoscaler's target for the CPU", unit="%")] = 70
    memory_target_percent: Annotated[Percent, Key("the autoscaler's target for the memory", unit="%")] = 80
    sessions_per_task_target: Annotated[
        StrictInt,
        Field(ge=1, le=SESSIONS_PER_TASK),
        Key("the autoscaler's target for the busiest task; scales out only; needs `enableMetrics`", unit="sessions"),
    ] = 30
    on_demand_base: Annotated[
        Count,
        Key("tasks that run on demand before any runs on Spot", unit="tasks", default="`minCount`", regional=True),
    ] = Field(default_factory=_min_count)
    spot_percent: Annotated[
        StrictInt, Field(ge=0, le=100), Key("share of Fargate Spot in the tasks beyond `onDemandBase`", unit="%")
    ] = 0
    scaling_schedule: Annotated[
        Mapping[Annotated[str, rules.SCHEDULE_NAME], ScheduleKeys],
        AfterValidator(_sorted),
        Key("name → `cron`, `timeZone`, `min`, `max`: the limits of the count from then on", regional=True),
    ] = {}

    # Deployments. The ranges: Amazon ECS API Reference, DeploymentConfiguration, CanaryConfiguration,
    # LinearConfiguration.
    deployment_strategy: Annotated[str, one_of(STRATEGIES), Key("how new tasks replace old ones", main=True)] = ROLLING
    # The slowest of the alarms that roll a deployment back needs five minutes.
    bake_time_minutes: Annotated[
        StrictInt,
        Field(ge=0, le=1440),
        Key("how long ECS watches the alarms after each shift of traffic", unit="minutes"),
    ] = 10
    canary_percent: Annotated[
        StrictFloat, decimal(0.1, 100), Key("the traffic that a canary deployment shifts first", unit="%")
    ] = 10.0
    linear_step_percent: Annotated[
        StrictFloat, decimal(3, 100), Key("the traffic that a linear deployment shifts at each step", unit="%")
    ] = 25.0
    # Not under the app's drain; Fargate allows 120 s (Amazon ECS API Reference, ContainerDefinition).
    stop_timeout_seconds: Annotated[
        StrictInt,
        Field(ge=DRAIN_SECONDS, le=120),
        Key("time from SIGTERM until ECS kills a task", unit="seconds"),
    ] = DRAIN_SECONDS
    # Elastic Load Balancing, "Edit target group attributes for your Application Load Balancer".
    deregistration_delay_seconds: Annotated[
        StrictInt,
        Field(ge=0, le=3600),
        Key("time that open connections get before a task receives SIGTERM", unit="seconds"),
    ] = 60
    enable_exec: Annotated[Flag, Key("ECS Exec; makes the root file system writable")] = False

    # Network and edge
    vpc_cidr: Annotated[
        str, rules.VPC_CIDR, Key("the addresses of the VPC; fixed while the stack is up", regional=True)
    ] = "10.0.0.0/16"
    availability_zones: Annotated[StrictInt, Field(ge=2, le=3), Key("availability zones", unit="zones")] = 2
    nat_gateways: Annotated[
        Literal["one-per-az", "single", "none"],
        Key("without one, tasks have public IPs and admit the load balancer only", main=True),
    ] = "one-per-az"
    # More than the time between the app's pings; a load balancer allows 4000 s (Elastic Load Balancing, "Edit
    # attributes for your Application Load Balancer").
    idle_timeout_seconds: Annotated[
        StrictInt,
        Field(ge=PING_SECONDS + 1, le=4000),
        Key("time after which the load balancer closes a silent connection", unit="seconds"),
    ] = 300
    certificate_arn: Annotated[
        str | None,
        rules.CERTIFICATE_ARN,
        Key("the ACM certificate of `domainName`, in place of one that the program makes", main=True, regional=True),
    ] = None
    allow_plain_http: Annotated[Flag, Key("lets prod run without HTTPS")] = False
    domain_name: Annotated[
        str | None,
        rules.DOMAIN_NAME,
        Key("the name that clients use, by HTTPS; needs `hostedZoneId`, `certificateArn` or both", main=True),
    ] = None
    hosted_zone_id: Annotated[
        str | None,
        rules.HOSTED_ZONE_ID,
        Key(
            "the public Route 53 zone of `domainName`: the program makes the record, and the certificate if "
            "`certificateArn` is not set",
            main=True,
        ),
    ] = None
    evacuated: Annotated[
        Flag,
        Key(
            "routes new clients to the other regions of the name, and changes nothing else; needs `hostedZoneId`",
            regional=True,
        ),
    ] = False
    access_logs: Annotated[
        Flag,
        Key(
            "the load balancer's access and connection logs, in S3, and the web ACL's log, for 90 days",
            default=_STAGING_AND_PROD,
        ),
    ] = Field(default_factory=_is_staging_or_prod)
    waf: Annotated[
        Flag,
        Key("a web ACL on the load balancer: AWS's rules and rate limits", default="false; true in prod"),
    ] = Field(default_factory=_is_prod)
    waf_rate_limit: Annotated[
        StrictInt,
        Field(ge=LEAST_LIMIT, le=MOST_LIMIT),
        Key(
            "requests of one IP address in 5 minutes, without the polls of established sessions; needs `waf`",
            unit="requests",
        ),
    ] = 2000
    flow_logs: Annotated[Flag, Key("the VPC's flow logs, in S3 for 90 days", default=_STAGING_AND_PROD)] = Field(
        default_factory=_is_staging_or_prod
    )

    # Data
    table_prefix: Annotated[
        str,
        rules.TABLE_PREFIX,
        Key(
            "the start of every table name",
            env="DYNAMODB_TABLE_PREFIX",
            default="`demo-` in prod, `demo-<environment>-` elsewhere",
        ),
    ] = Field(default_factory=_table_prefix)
    protect_data: Annotated[
        Flag,
        Key(
            "deletion protection, `protect` and recovery windows for everything with data, and for the load balancer",
            default="false; true in prod",
            main=True,
        ),
    ] = Field(default_factory=_is_prod)
    customer_key: Annotated[
        Flag,
        Key(
            "a KMS key of the stack for tables, recordings, logs and secrets; kept when turned off",
            default="false; true in prod",
        ),
    ] = Field(default_factory=_is_prod)
    log_retention_days: Annotated[
        StrictInt, one_of(rules.LOG_RETENTION_DAYS), Key("how long the app's logs are kept", unit="days")
    ] = 30

    # The app. Defaults are those of the image.
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARN", "ERROR"], Key("the lowest level that the app logs", env="LOG_LEVEL")
    ] = "INFO"
    enable_metrics: Annotated[
        Flag,
        Key(
            "the app's metrics, with their alarms, widgets and scaling; off where prod shares the account and region",
            env="METRICS_ENABLED",
        ),
    ] = True
    bedrock_model_id: Annotated[str, rules.SPEECH_MODEL_ID, Key("the speech model", env="BEDROCK_MODEL_ID")] = (
        "amazon.nova-2-sonic-v1:0"
    )
    cors_origins: Annotated[
        tuple[Annotated[str, rules.ORIGIN], ...] | None,
        BeforeValidator(rules.split_commas),
        rules.ORIGINS,
        Key(
            "the origins that may call the app; `*` in dev only",
            env="CORS_ORIGIN",
            default="`*` in dev, the stack's URL elsewhere",
        ),
    ] = Field(default_factory=_cors_origins)
    enable_auth: Annotated[Flag, Key("sign-in; needs the secret `COGNITO_USER_POOL_ID`", env="ENABLE_AUTH")] = False
    enable_audio_recording: Annotated[
        Flag, Key("recordings of the sessions in the bucket", env="ENABLE_AUDIO_RECORDING")
    ] = False
    enable_sentiment_analysis: Annotated[
        Flag, Key("sentiment analysis of the answers", env="ENABLE_SENTIMENT_ANALYSIS")
    ] = False
    enable_quota_management: Annotated[Flag, Key("quotas for the callers", env="ENABLE_QUOTA_MANAGEMENT")] = False
    enable_xray_tracing: Annotated[Flag, Key("traces in AWS X-Ray", env="ENABLE_XRAY_TRACING")] = False
    max_messages_per_second: Annotated[
        Positive, Key("the messages that a client may send", unit="per second", env="MAX_MESSAGES_PER_SECOND")
    ] = 100
    max_audio_chunk_size_mb: Annotated[
        Positive, Key("the largest piece of audio that the app accepts", unit="MB", env="MAX_AUDIO_CHUNK_SIZE_MB")
    ] = 1
    session_timeout_minutes: Annotated[
        Positive, Key("the longest session", unit="minutes", env="SESSION_TIMEOUT_MINUTES")
    ] = 30
    cleanup_timeout_seconds: Annotated[
        Positive, Key("the app's time to clean up after a session", unit="seconds", env="CLEANUP_TIMEOUT_SECONDS")
    ] = 5
    disconnect_cleanup_timeout_seconds: Annotated[
        Positive,
        Key(
            "the app's time to clean up after a lost connection",
            unit="seconds",
            env="DISCONNECT_CLEANUP_TIMEOUT_SECONDS",
        ),
    ] = 3
    environment: Annotated[
        Mapping[_VariableName, Annotated[str, BeforeValidator(rules.environment_text), rules.ENVIRONMENT_TEXT]],
        AfterValidator(_sorted),
        Key("more environment variables, none of those that the program sets", main=True),
    ] = {}
    secrets: Annotated[
        Mapping[_VariableName, Annotated[SecretStr, rules.SECRET_VALUE]],
        AfterValidator(_sorted),
        Key("environment variable → its value, which becomes a secret in Secrets Manager", secret=True, main=True),
    ] = {}
    secret_arns: Annotated[
        Mapping[_VariableName, Annotated[str, rules.SECRET_ARN]],
        AfterValidator(_sorted),
        # A wrong value that is no ARN may be a secret's value, put there by mistake.
        Key(
            "environment variable → the ARN of a secret that someone else owns",
            shown_prefix="arn:",
            regional=True,
        ),
    ] = {}

    # What the task role grants beside the speech model
    extra_model_ids: Annotated[
        tuple[Annotated[str, rules.MODEL_ID], ...],
        Key("models or inference profiles that the app may call beside the speech model", regional=True),
    ] = ("amazon.nova-lite-v1:0",)
    ses_identity_arns: Annotated[
        tuple[Annotated[str, rules.SES_IDENTITY_ARN], ...],
        Key("SES identities that the app may send mail from", regional=True),
    ] = ()
    guardrail_arns: Annotated[
        tuple[Annotated[str, rules.GUARDRAIL_ARN], ...], Key("Bedrock guardrails that the app may apply", regional=True)
    ] = ()
    prompt_arns: Annotated[
        tuple[Annotated[str, rules.PROMPT_ARN], ...], Key("Bedrock prompts that the app may read", regional=True)
    ] = ()

    # The account and its resources
    extra_tags: Annotated[
        Mapping[Annotated[str, rules.TAG_NAME], Annotated[str, BeforeValidator(rules.quoted_text), rules.TAG_VALUE]],
        AfterValidator(_sorted),
        Key("name → value: tags of every resource, beside the program's"),
    ] = {}
    allowed_account_ids: Annotated[
        tuple[Annotated[str, BeforeValidator(rules.quoted_text), rules.ACCOUNT_ID], ...],
        Key("the AWS accounts that the stack may be in; without an entry, any"),
    ] = ()
    permissions_boundary_arn: Annotated[
        str | None, rules.POLICY_ARN, Key("the permissions boundary of every role that the program creates")
    ] = None

    # Redis
    redis_enabled: Annotated[Flag, Key("Redis for the sessions; needs `redisAuthToken`", main=True)] = False
    redis_node_type: Annotated[str, rules.REDIS_NODE_TYPE, Key("the ElastiCache node type", regional=True)] = (
        "cache.t4g.small"
    )
    # Amazon ElastiCache API Reference, CreateReplicationGroup: a primary and up to five replicas.
    redis_replicas: Annotated[
        StrictInt, Field(ge=0, le=5), Key("with one or more, Redis fails over to another zone", unit="replicas")
    ] = 1
    redis_auth_token: Annotated[
        SecretStr | None, rules.REDIS_AUTH_TOKEN, Key("the password of Redis; required with Redis", secret=True)
    ] = None

    # Operators
    # Amazon ECS API Reference, ClusterSetting.
    container_insights: Annotated[
        Literal["enhanced", "enabled", "disabled"],
        Key("Container Insights: metrics of each container, of the service, or none; costs for each metric"),
    ] = "enhanced"
    alarm_emails: Annotated[
        tuple[Annotated[str, rules.EMAIL_ADDRESS], ...],
        Key("addresses that get the alarms; each confirms the mail that AWS sends, within 48 hours", main=True),
    ] = ()
    alarm_phones: Annotated[
        tuple[Annotated[str, rules.PHONE_NUMBER], ...],
        Key("numbers that get the alarms by SMS"),
    ] = ()
    monthly_budget_usd: Annotated[
        StrictFloat | None,
        rules.DOLLARS,
        Key(
            "a cost budget on the tag `Stack`; reads 0 until the paying account activates that tag",
            unit="USD",
            main=True,
            regional=True,
        ),
    ] = None
