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
        "sessionsTableName",
        "responsesTableName",
        "transcriptsTableName",
        "waitlistTableName",
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
