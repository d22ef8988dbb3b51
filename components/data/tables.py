"""The app's DynamoDB tables, each declared once.

A table's grants, alarms, graphs, its entry in the output `tableNames` and its environment variable follow from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True)
class Key:
    """An attribute that is a partition key or a sort key."""

    name: str
    type: Literal["S", "N"] = "S"


@dataclass(frozen=True, kw_only=True)
class Index:
    """A global secondary index with all attributes."""

    name: str
    partition_key: Key
    sort_key: Key


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table. Its items expire at the time in `ttl_attribute`, or never."""

    partition_key: Key
    sort_key: Key | None = None
    index: Index | None = None
    ttl_attribute: str | None = None
    variable: str | None = None  # the environment variable that gives the app the table's name

    @property
    def attributes(self) -> dict[str, str]:
        """The types of the attributes that are keys, in the order of their names."""
        keys = [self.partition_key, self.sort_key]
        if self.index:
            keys += [self.index.partition_key, self.index.sort_key]
        return dict(sorted((key.name, key.type) for key in keys if key))


# By their short names: the app addresses its tables as prefix + short name.
TABLES: Final[Mapping[str, Table]] = {
    "sessions": Table(
        partition_key=Key("sessionId"),
        index=Index(
            name="questionnaireId-startTime-index",
            partition_key=Key("questionnaireId"),
            sort_key=Key("startTime"),
        ),
        ttl_attribute="ttl",
        variable="DYNAMODB_SESSIONS_TABLE",
    ),
    "responses": Table(
        partition_key=Key("sessionId"),
        sort_key=Key("questionId"),
        index=Index(
            name="questionId-timestamp-index",
            partition_key=Key("questionId"),
            sort_key=Key("timestamp"),
        ),
        ttl_attribute="ttl",
        variable="DYNAMODB_RESPONSES_TABLE",
    ),
    "transcripts": Table(
        partition_key=Key("sessionId"),
        sort_key=Key("timestamp", "N"),
        ttl_attribute="ttl",
        variable="DYNAMODB_TRANSCRIPTS_TABLE",
    ),
    "waitlist": Table(partition_key=Key("email")),
}
