"""What every bucket of the stack has: no ACLs and no public access."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws


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
