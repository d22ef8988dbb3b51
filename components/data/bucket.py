"""What every bucket of the stack has: no ACLs, no public access, TLS only, default encryption."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.lib.policy import Statement, tls_only

UNFINISHED_UPLOAD_DAYS = 7


def keep_private(name: str, bucket: aws.s3.Bucket, opts: pulumi.ResourceOptions) -> aws.s3.BucketPublicAccessBlock:
    """Turns off the ACLs of a bucket and all public access to it.

    S3 refuses two changes of a bucket's access at the same time, so the bucket's policy waits for the result.
    """
    aws.s3.BucketOwnershipControls(
        name,
        bucket=bucket.bucket,
        rule={"object_ownership": "BucketOwnerEnforced"},
        opts=opts,
    )
    return aws.s3.BucketPublicAccessBlock(
        name,
        bucket=bucket.bucket,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=opts,
    )


def deny_plain_http(bucket: aws.s3.Bucket) -> Statement:
    """Returns the statement of the bucket's policy that denies every request without TLS."""
    return tls_only(["s3:*"], [bucket.arn, pulumi.Output.concat(bucket.arn, "/*")])


def default_encryption(
    key: pulumi.Input[str] | None = None,
) -> aws.s3.BucketServerSideEncryptionConfigurationRuleArgsDict:
    """Returns the rule for objects that are uploaded from now on. Older objects stay as they are.

    Args:
        key: the ARN of a KMS key; None: S3's own keys.
    """
    if key is None:
        return {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}
    return {
        "apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": key},
        # S3 then asks KMS for one key for many objects, and not for each object.
        "bucket_key_enabled": True,
    }
