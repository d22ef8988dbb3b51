"""What the app and the operators rely on, a second time: literal lists that no test derives from the program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

Key = tuple[str, Literal["S", "N"], Literal["HASH", "RANGE"]]  # attribute, its type, its use


@dataclass(frozen=True)
class Table:
    """A table as the app uses it."""

    keys: Sequence[Key]
    indexes: Mapping[str, Sequence[Key]] = field(default_factory=dict[str, Sequence[Key]])
    ttl: str | None = "ttl"  # the attribute
    variable: str | None = None  # the environment variable with the table's name


# The app addresses its tables as prefix + these names.
TABLES: Final[Mapping[str, Table]] = {
    "sessions": Table(
        keys=[("sessionId", "S", "HASH")],
        indexes={"questionnaireId-startTime-index": [("questionnaireId", "S", "HASH"), ("startTime", "S", "RANGE")]},
        variable="DYNAMODB_SESSIONS_TABLE",
    ),
    "responses": Table(
        keys=[("sessionId", "S", "HASH"), ("questionId", "S", "RANGE")],
        indexes={"questionId-timestamp-index": [("questionId", "S", "HASH"), ("timestamp", "S", "RANGE")]},
        variable="DYNAMODB_RESPONSES_TABLE",
    ),
    "transcripts": Table(
        keys=[("sessionId", "S", "HASH"), ("timestamp", "N", "RANGE")],
        variable="DYNAMODB_TRANSCRIPTS_TABLE",
    ),
    "waitlist": Table(keys=[("email", "S", "HASH")], ttl=None),
}

# What ECS calls to start a task, and the app to serve sessions; `TRACE` and `OPEN_SHELL` only if the config says so.
PULL: Final = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
WRITE_LOGS: Final = ("logs:CreateLogStream", "logs:PutLogEvents")
USE_ITEMS: Final = (
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:Query",
)
USE_OBJECTS: Final = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")
TRACE: Final = (
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:GetSamplingStatisticSummaries",
)
OPEN_SHELL: Final = (
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
)

# The variables of the app that have the same value in every stack, with the values that its documentation gives.
ENVIRONMENT: Final[Mapping[str, str]] = {
    "NODE_ENV": "production",
    "PORT": "8080",
    "BEDROCK_MODEL_ID": "amazon.nova-2-sonic-v1:0",
    "S3_AUDIO_PREFIX": "recordings/",
    "LOG_LEVEL": "INFO",
    "ENABLE_AUTH": "false",
    "ENABLE_AUDIO_RECORDING": "false",
    "ENABLE_SENTIMENT_ANALYSIS": "false",
    "ENABLE_QUOTA_MANAGEMENT": "false",
    "ENABLE_XRAY_TRACING": "false",
    "MAX_MESSAGES_PER_SECOND": "100",
    "MAX_AUDIO_CHUNK_SIZE_MB": "1",
    "SESSION_TIMEOUT_MINUTES": "30",
    "CLEANUP_TIMEOUT_SECONDS": "5",
    "DISCONNECT_CLEANUP_TIMEOUT_SECONDS": "3",
    "CLOUDWATCH_NAMESPACE": "Voiceter/Backend",
}

# The outputs of every stack, then those that need something in its config.
OUTPUTS: Final = frozenset(
    {
        "url",
        "loadBalancerDnsName",
        "region",
        "vpcId",
        "clusterName",
        "logGroupName",
        "repositoryUrl",
        "executionRoleArn",
        "taskRoleArn",
        *(f"{table}TableName" for table in TABLES),
        "tableNames",
        "recordingsBucketName",
        "alarmTopicArn",
        "dashboardName",
    }
)
OUTPUTS_WITH_AN_IMAGE: Final = frozenset({"serviceName", "taskDefinitionArn", "taskFamily", "containerName"})
OUTPUTS_WITH_LOGS: Final = frozenset({"logsBucketName"})
STACKS_WITH_LOGS: Final = ("staging", "prod")
OUTPUTS_WITH_REDIS: Final = frozenset({"redisEndpoint"})
