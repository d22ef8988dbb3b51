"""The app's DynamoDB tables and its bucket of recordings, with the grants to use them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.data.bucket import UNFINISHED_UPLOAD_DAYS, deny_plain_http, private_bucket
from components.data.tables import TABLES, Index, Table
from components.lib.policy import Statement, document

RECORDINGS_PREFIX = "recordings/"

_CURRENT_DAYS = 90
_NONCURRENT_DAYS = 90


@dataclass(frozen=True)
class DataStoresArgs:
    """The inputs of `DataStores`."""

    table_prefix: str
    bucket_name: str
    protect: bool  # whether the engine and AWS refuse to delete the data
    encryption_key: pulumi.Input[str] | None  # the ARN of a KMS key; None: AWS's keys


class DataStores(pulumi.ComponentResource):
    """On-demand tables with point-in-time recovery, and a private, versioned bucket. All are encrypted."""

    table_names: Mapping[str, pulumi.Output[str]]  # by the short names
    bucket_name: pulumi.Output[str]
    bucket_arn: pulumi.Output[str]

    def __init__(self, name: str, args: DataStoresArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("voiceter:data_stores:DataStores", name, {}, opts)
        self._tables = {short_name: self._table(short_name, table, args) for short_name, table in TABLES.items()}
        self._bucket = self._recordings(args)
        self.table_names = {short_name: table.name for short_name, table in self._tables.items()}
        self.bucket_name = self._bucket.bucket
        self.bucket_arn = self._bucket.arn
        self.register_outputs({"table_names": self.table_names, "bucket_name": self.bucket_name})

    def read_write(self) -> list[Statement]:
        """Returns the grant to use the items of the tables, and the objects under the recordings prefix."""
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
                [table.arn for table in self._tables.values()],
            ),
            Statement(
                "DynamoDbIndexes",
                ["dynamodb:Query"],
                [
                    pulumi.Output.concat(self._tables[short_name].arn, "/index/", table.index.name)
                    for short_name, table in TABLES.items()
                    if table.index
                ],
            ),
            Statement(
                "S3Recordings",
                ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
                [pulumi.Output.concat(self._bucket.arn, "/", RECORDINGS_PREFIX, "*")],
            ),
        ]

    def _table(self, short_name: str, table: Table, args: DataStoresArgs) -> aws.dynamodb.Table:
        return aws.dynamodb.Table(
            short_name,
            name=f"{args.table_prefix}{short_name}",
            billing_mode="PAY_PER_REQUEST",
            hash_key=table.partition_key.name,
            range_key=table.sort_key.name if table.sort_key else None,
            attributes=[{"name": name, "type": type_} for name, type_ in table.attributes.items()],
            global_secondary_indexes=[_index(table.index)] if table.index else None,
            ttl={"attribute_name": table.ttl_attribute, "enabled": True} if table.ttl_attribute else None,
            point_in_time_recovery={"enabled": True},
            # Not enabled means a key that DynamoDB owns. The provider keeps the former key of a table that is enabled
            # and names none (terraform-provider-aws, internal/service/dynamodb/table.go: kms_key_arn is computed).
            server_side_encryption={"enabled": True, "kms_key_arn": args.encryption_key}
            if args.encryption_key
            else {"enabled": False},
            deletion_protection_enabled=args.protect,
            # As with a bucket (bucket.py): running tasks use the old table of a changed name until the update ends.
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect, delete_before_replace=False),
        )

    def _recordings(self, args: DataStoresArgs) -> aws.s3.Bucket:
        bucket, public_access = private_bucket(
            "recordings",
            args.bucket_name,
            protect=args.protect,
            encryption_key=args.encryption_key,
            parent=self,
        )
        aws.s3.BucketPolicy(
            "recordings",
            bucket=bucket.bucket,
            policy=document([deny_plain_http(bucket)]),
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect, depends_on=[public_access]),
        )
        versioning = aws.s3.BucketVersioning(
            "recordings",
            bucket=bucket.bucket,
            versioning_configuration={"status": "Enabled"},
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
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
                },
                {
                    "id": "unfinished-uploads",
                    "status": "Enabled",
                    "filter": {"prefix": ""},  # every object
                    "abort_incomplete_multipart_upload": {"days_after_initiation": UNFINISHED_UPLOAD_DAYS},
                },
            ],
            # The rule for noncurrent versions needs versioning.
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect, depends_on=[versioning]),
        )
        return bucket


def _index(index: Index) -> aws.dynamodb.TableGlobalSecondaryIndexArgsDict:
    return {
        "name": index.name,
        "key_schemas": [
            {"attribute_name": index.partition_key.name, "key_type": "HASH"},
            {"attribute_name": index.sort_key.name, "key_type": "RANGE"},
        ],
        "projection_type": "ALL",
    }
