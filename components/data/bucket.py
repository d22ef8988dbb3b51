"""What every bucket of the stack has: no ACLs, no public access, TLS only, default encryption."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.lib.policy import Statement, tls_only

UNFINISHED_UPLOAD_DAYS = 7


def private_bucket(
    name: str,
    bucket_name: str,
    *,
    protect: bool,
    encryption_key: pulumi.Input[str] | None,
    parent: pulumi.Resource,
) -> tuple[aws.s3.Bucket, aws.s3.BucketPublicAccessBlock]:
    """Creates a bucket without ACLs and public access, whose objects are encrypted.

    S3 refuses two changes of a bucket's access at the same time (OperationAborted), so the bucket's policy waits for
    the second result.

    Args:
        name: the logical name.
        bucket_name: the bucket's name.
        protect: whether the engine refuses to delete the bucket. What guards it is protected too, or `pulumi destroy
            --exclude-protected` would leave a bucket that is open.
        encryption_key: the ARN of a KMS key for objects that are uploaded from now on; None: S3's own keys.
        parent: the component that the bucket belongs to.
    """
    bucket = aws.s3.Bucket(
        name,
        bucket=bucket_name,
        force_destroy=not protect,
        # The engine would delete the old bucket of a changed name first, as the name is fixed. Running tasks use it
        # until the end of the update.
        opts=pulumi.ResourceOptions(parent=parent, protect=protect, delete_before_replace=False),
    )
    guard = pulumi.ResourceOptions(parent=parent, protect=protect)
    aws.s3.BucketOwnershipControls(
        name, bucket=bucket.bucket, rule={"object_ownership": "BucketOwnerEnforced"}, opts=guard
    )
    public_access = aws.s3.BucketPublicAccessBlock(
        name,
        bucket=bucket.bucket,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=guard,
    )
    aws.s3.BucketServerSideEncryptionConfiguration(
        name, bucket=bucket.bucket, rules=[_encryption(encryption_key)], opts=guard
    )
    return bucket, public_access


def deny_plain_http(bucket: aws.s3.Bucket) -> Statement:
    """Returns the statement of the bucket's policy that denies every request without TLS."""
    return tls_only(["s3:*"], [bucket.arn, pulumi.Output.concat(bucket.arn, "/*")])


def _encryption(
    key: pulumi.Input[str] | None,
) -> aws.s3.BucketServerSideEncryptionConfigurationRuleArgsDict:
    if key is None:
        return {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}
    return {
        "apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": key},
        # S3 then asks KMS for one key for many objects, and not for each object.
        "bucket_key_enabled": True,
    }
