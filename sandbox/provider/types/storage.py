"""S3: buckets and what is configured on them."""

from typing import Any

from ..account import AccountError
from ..spec import Context, table
from ..values import Values

# Hosted zones of the regions' S3 website endpoints, as AWS publishes them for the regions here in use.
_HOSTED_ZONES = {
    "us-east-1": "Z3AQBSTGFYJSTF",
    "us-west-2": "Z3BJ6K6RIION7M",
    "ap-northeast-1": "Z2M4EHUR26P7ZW",
    "eu-north-1": "Z3BAZG2TWCNX0D",
}


def location(values: Values, context: Context) -> Values:
    """Outside us-east-1 a bucket's region is said in its creation. There S3 takes the creation of one's own bucket as
    done once more, and two resources would have the same one: the AWS provider refuses that."""
    if context.region != "us-east-1":
        return {**values, "createBucketConfiguration": {"locationConstraint": context.region}}
    if not context.offline and _exists(values["bucket"], context):
        raise AccountError("CreateBucket", "BucketAlreadyExists", "the account has a bucket of this name")
    return values


def _exists(name: str, context: Context) -> bool:
    try:
        context.call("HeadBucket", Bucket=name)
    except AccountError as error:
        if not error.absent:
            raise
        return False
    return True


def bucket(_: Any, context: Context) -> Values:
    return {"hostedZoneId": _HOSTED_ZONES.get(context.region)}


def empty_bucket(context: Context) -> None:
    """With forceDestroy a bucket goes with all versions of all that it holds."""
    if not context["forceDestroy"]:
        return
    while True:
        found = context.call("ListObjectVersions", Bucket=context["id"])
        entries = [*found.get("Versions", []), *found.get("DeleteMarkers", [])]
        if not entries:
            return
        objects = [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in entries]
        which = {"Bucket": context["id"], "Delete": {"Objects": objects, "Quiet": True}}
        gone = context.call("DeleteObjects", **which, BypassGovernanceRetention=True)
        if gone.get("Errors"):
            error = gone["Errors"][0]
            raise AccountError("DeleteObjects", error.get("Code", ""), error.get("Message", ""))


lower = str.lower

RESOURCES = table(
    globals(),
    """
    aws:s3/bucket:Bucket
      create    CreateBucket bucket objectLockEnabled @location -> {bucket}
      read      GetBucketLocation Bucket={id} @bucket
      delete    DeleteBucket Bucket={id}
      names     objectLockEnabled=ObjectLockEnabledForBucket
      outputs   arn==arn:{partition}:s3:::{id} bucketDomainName=={id}.s3.amazonaws.com
                bucketRegionalDomainName=={id}.s3.{region}.amazonaws.com bucketRegion=={region} hostedZoneId
      defaults  forceDestroy=false
      local     forceDestroy
      keeps     objectLockEnabled
      named     bucket 63 bucketPrefix @lower
      tags      PutBucketTagging DeleteBucketTagging GetBucketTagging Bucket={id} path=Tagging.TagSet -> TagSet
      before-delete  @empty_bucket

    aws:s3/bucketVersioning:BucketVersioning
      create    PutBucketVersioning bucket (versioningConfiguration) -> {bucket}
      read      GetBucketVersioning Bucket={id}
      put       PutBucketVersioning () Bucket={id}
      delete    PutBucketVersioning VersioningConfiguration.Status=Suspended Bucket={id}
      names     versioningConfiguration.status=Status versioningConfiguration.mfaDelete=MFADelete
      reads     versioningConfiguration=.

    aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration
      create    PutBucketEncryption bucket (rules) -> {bucket}
      read      GetBucketEncryption Bucket={id}
      put       PutBucketEncryption () Bucket={id}
      delete    DeleteBucketEncryption Bucket={id}
      names     rules=ServerSideEncryptionConfiguration.Rules

    aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration
      create    PutBucketLifecycleConfiguration bucket (rules transitionDefaultMinimumObjectSize) -> {bucket}
      read      GetBucketLifecycleConfiguration Bucket={id}
      put       PutBucketLifecycleConfiguration () Bucket={id}
      delete    DeleteBucketLifecycle Bucket={id}
      names     rules=LifecycleConfiguration.Rules
      outputs   transitionDefaultMinimumObjectSize

    aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock
      create    PutPublicAccessBlock bucket (blockPublicAcls blockPublicPolicy ignorePublicAcls restrictPublicBuckets)
                -> {bucket}
      read      GetPublicAccessBlock Bucket={id}
      put       PutPublicAccessBlock () Bucket={id}
      delete    DeletePublicAccessBlock Bucket={id}
      names     blockPublicAcls=PublicAccessBlockConfiguration.BlockPublicAcls
                blockPublicPolicy=PublicAccessBlockConfiguration.BlockPublicPolicy
                ignorePublicAcls=PublicAccessBlockConfiguration.IgnorePublicAcls
                restrictPublicBuckets=PublicAccessBlockConfiguration.RestrictPublicBuckets
      defaults  blockPublicAcls=false blockPublicPolicy=false ignorePublicAcls=false restrictPublicBuckets=false

    aws:s3/bucketOwnershipControls:BucketOwnershipControls
      create    PutBucketOwnershipControls bucket (rule) -> {bucket}
      read      GetBucketOwnershipControls Bucket={id}
      put       PutBucketOwnershipControls () Bucket={id}
      delete    DeleteBucketOwnershipControls Bucket={id}
      names     rule=OwnershipControls.Rules
      blocks    rule

    aws:s3/bucketPolicy:BucketPolicy
      create    PutBucketPolicy bucket (policy) -> {bucket}
      read      GetBucketPolicy Bucket={id}
      put       PutBucketPolicy () Bucket={id}
      delete    DeleteBucketPolicy Bucket={id}
    """,
)
