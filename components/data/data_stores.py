"""The data stores: the app's four DynamoDB tables and its bucket of recordings, with the grants to use them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_aws as aws

from components.lib.policy import Statement, document

RECORDINGS_PREFIX = "recordings/"

_CURRENT_DAYS = 90
_NONCURRENT_DAYS = 90
_UNFINISHED_UPLOAD_DAYS = 7


@dataclass(frozen=True)
class _Index:
    name: str
    partition_key: str
    sort_key: str


@dataclass(frozen=True)
class _Schema:
    partition_key: str
    attributes: Mapping[str, Literal["S", "N"]]  # of the keys of the table and of its index
    sort_key: str | None = None
    index: _Index | None = None
    ttl_attribute: str | None = "ttl"


# The app addresses its tables as prefix + these names.
_TABLES = {
    "sessions": _Schema(
        partition_key="sessionId",
        attributes={"sessionId": "S", "questionnaireId": "S", "startTime": "S"},
        index=_Index("questionnaireId-startTime-index", "questionnaireId", "startTime"),
    ),
    "responses": _Schema(
        partition_key="sessionId",
        sort_key="questionId",
        attributes={"sessionId": "S", "questionId": "S", "timestamp": "S"},
        index=_Index("questionId-timestamp-index", "questionId", "timestamp"),
    ),
    "transcripts": _Schema(
        partition_key="sessionId",
        sort_key="timestamp",
        attributes={"sessionId": "S", "timestamp": "N"},
    ),
    "waitlist": _Schema(partition_key="email", attributes={"email": "S"}, ttl_attribute=None),
}


@dataclass(frozen=True)
class DataStoresArgs:
    """What the data stores are made of."""

    table_prefix: str
    bucket_name: str
    protect: bool  # whether neither the engine nor AWS lets go of the data


class DataStores(pulumi.ComponentResource):
    """Tables on demand, and a private bucket, all encrypted and all with a way back from a mistake."""

    tables: Mapping[str, aws.dynamodb.Table]  # sessions, responses, transcripts and waitlist
    bucket: aws.s3.Bucket

    def __init__(self, name: str, args: DataStoresArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("voiceter:data_stores:DataStores", name, {}, opts)
        self.tables = {table: self._table(table, schema, args) for table, schema in _TABLES.items()}
        self.bucket = self._recordings(args)
        self.register_outputs(
            {
                "table_names": {table: resource.name for table, resource in self.tables.items()},
                "bucket_name": self.bucket.bucket,
            }
        )

    def read_write(self) -> list[Statement]:
        """The grant to work on the items of the tables, and on the objects under the recordings prefix."""
        return [
            Statement(
                "DynamoDbItems",
                [
                    "dynamodb:DeleteItem",
                    "dynamodb:GetItem",
                    "dynamodb:PutItem",
                    "dynamodb:Query",
                    "dynamodb:UpdateItem",
                ],
                [table.arn for table in self.tables.values()],
            ),
            Statement(
                "DynamoDbIndexes",
                ["dynamodb:Query"],
                [
                    pulumi.Output.concat(self.tables[table].arn, "/index/", schema.index.name)
                    for table, schema in _TABLES.items()
                    if schema.index
                ],
            ),
            Statement(
                "S3Recordings",
                ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
                [pulumi.Output.concat(self.bucket.arn, "/", RECORDINGS_PREFIX, "*")],
            ),
        ]

    def _table(self, table: str, schema: _Schema, args: DataStoresArgs) -> aws.dynamodb.Table:
        return aws.dynamodb.Table(
            table,
            name=f"{args.table_prefix}{table}",
            billing_mode="PAY_PER_REQUEST",
            hash_key=schema.partition_key,
            range_key=schema.sort_key,
            attributes=[{"name": attribute, "type": type_} for attribute, type_ in sorted(schema.attributes.items())],
            global_secondary_indexes=[_index(schema.index)] if schema.index else None,
            ttl={"attribute_name": schema.ttl_attribute, "enabled": True} if schema.ttl_attribute else None,
            point_in_time_recovery={"enabled": True},
            server_side_encryption={"enabled": True},
            deletion_protection_enabled=args.protect,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )

    def _recordings(self, args: DataStoresArgs) -> aws.s3.Bucket:
        bucket = aws.s3.Bucket(
            "recordings",
            bucket=args.bucket_name,
            force_destroy=not args.protect,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        child = pulumi.ResourceOptions(parent=self)
        aws.s3.BucketOwnershipControls(
            "recordings",
            bucket=bucket.bucket,
            rule={"object_ownership": "BucketOwnerEnforced"},
            opts=child,
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            "recordings",
            bucket=bucket.bucket,
            rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
            opts=child,
        )
        public_access = aws.s3.BucketPublicAccessBlock(
            "recordings",
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        # S3 refuses two changes of a bucket's access at the same time, so the policy waits for the block.
        aws.s3.BucketPolicy(
            "recordings",
            bucket=bucket.bucket,
            policy=document([_tls_only(bucket)]),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[public_access]),
        )
        versioning = aws.s3.BucketVersioning(
            "recordings",
            bucket=bucket.bucket,
            versioning_configuration={"status": "Enabled"},
            opts=child,
        )
        aws.s3.BucketLifecycleConfiguration(
            "recordings",
            bucket=bucket.bucket,
            rules=[
                {
                    "id": "recordings",
                    "status": "Enabled",
                    "filter": {"prefix": RECORDINGS_PREFIX},
                    "expiration": {"days": _CURRENT_DAYS},
                    "noncurrent_version_expiration": {"noncurrent_days": _NONCURRENT_DAYS},
                    "abort_incomplete_multipart_upload": {"days_after_initiation": _UNFINISHED_UPLOAD_DAYS},
                }
            ],
            # Rules for noncurrent versions are for buckets that have versions.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[versioning]),
        )
        return bucket


def _index(index: _Index) -> aws.dynamodb.TableGlobalSecondaryIndexArgsDict:
    return {
        "name": index.name,
        "key_schemas": [
            {"attribute_name": index.partition_key, "key_type": "HASH"},
            {"attribute_name": index.sort_key, "key_type": "RANGE"},
        ],
        "projection_type": "ALL",
    }


def _tls_only(bucket: aws.s3.Bucket) -> Statement:
    """Denies everyone every call that does not come over TLS."""
    return Statement(
        "TlsOnly",
        ["s3:*"],
        [bucket.arn, pulumi.Output.concat(bucket.arn, "/*")],
        {"Bool": {"aws:SecureTransport": "false"}},
        effect="Deny",
        principal={"AWS": "*"},
    )
