"""Amazon S3: buckets and their configurations."""

from typing import Any

from ..account import AccountError
from ..resource import Call, Context, Name, Read, Resource, Tags
from ..values import Values


def _location(values: Values, it: Context) -> Values:
    """Outside us-east-1 the call names the bucket's region.

    In us-east-1, S3 accepts the creation of a bucket that the account owns already. The AWS provider refuses it, as two
    resources would have the same bucket.
    """
    if it.region != "us-east-1":
        return {**values, "createBucketConfiguration": {"locationConstraint": it.region}}
    if not it.offline and _exists(values["bucket"], it):
        raise AccountError("CreateBucket", "BucketAlreadyExists", "the account has a bucket of this name")
    return values


def _exists(name: str, it: Context) -> bool:
    try:
        it.call("HeadBucket", Bucket=name)
    except AccountError as error:
        if not error.absent:
            raise
        return False
    return True


def _empty(it: Context) -> None:
    """With forceDestroy a bucket is deleted with all versions of all its objects."""
    if not it["forceDestroy"]:
        return
    while True:
        found = it.call("ListObjectVersions", Bucket=it.id)
        entries = [*found.get("Versions", []), *found.get("DeleteMarkers", [])]
        if not entries:
            return
        objects = [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in entries]
        answer = it.call("DeleteObjects", Bucket=it.id, Delete={"Objects": objects, "Quiet": True})
        if answer.get("Errors"):
            error = answer["Errors"][0]
            raise AccountError("DeleteObjects", error.get("Code", ""), error.get("Message", ""))


BUCKET = Resource(
    "aws:s3/bucket:Bucket",
    service="s3",
    create=Call("CreateBucket", ("bucket",), prepare=_location),
    id="bucket",
    identity=lambda it: {"Bucket": it.id},
    read=(Read("GetBucketLocation", show=lambda _, it: {"arn": f"arn:{it.partition}:s3:::{it.id}"}),),
    delete=(Call("DeleteBucket"),),
    outputs=("arn",),
    defaults={"forceDestroy": False},
    local=("forceDestroy",),
    name=Name("bucket", max_length=63, legal=str.lower),
    tags=Tags(
        "PutBucketTagging",
        "DeleteBucketTagging",
        lambda it: {"Bucket": it.id},
        list="GetBucketTagging",
        listed_at="TagSet",
        sent_as="Tagging.TagSet",
    ),
    before_delete=_empty,
    hook_operations=("DeleteObjects", "HeadBucket", "ListObjectVersions"),
)


VERSIONING = Resource(
    "aws:s3/bucketVersioning:BucketVersioning",
    service="s3",
    create=Call("PutBucketVersioning", ("bucket", "versioningConfiguration")),
    id="bucket",
    identity=lambda it: {"Bucket": it.id},
    read=(Read("GetBucketVersioning"),),
    update=(Call("PutBucketVersioning", ("versioningConfiguration",)),),
    delete=(
        Call(
            "PutBucketVersioning",
            params=lambda it: {"Bucket": it.id, "VersioningConfiguration": {"Status": "Suspended"}},
        ),
    ),
    rename={"versioningConfiguration.status": "Status"},
    shown_as={"versioningConfiguration": "."},
    members={"versioningConfiguration": ("status",)},
)

ENCRYPTION = Resource(
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    service="s3",
    create=Call("PutBucketEncryption", ("bucket", "rules")),
    id="bucket",
    identity=lambda it: {"Bucket": it.id},
    read=(Read("GetBucketEncryption"),),
    update=(Call("PutBucketEncryption", ("rules",)),),
    delete=(Call("DeleteBucketEncryption"),),
    rename={"rules": "ServerSideEncryptionConfiguration.Rules"},
    members={
        "rules": ("applyServerSideEncryptionByDefault",),
        "rules.applyServerSideEncryptionByDefault": ("sseAlgorithm",),
    },
)

LIFECYCLE = Resource(
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    service="s3",
    create=Call("PutBucketLifecycleConfiguration", ("bucket", "rules")),
    id="bucket",
    identity=lambda it: {"Bucket": it.id},
    read=(Read("GetBucketLifecycleConfiguration"),),
    update=(Call("PutBucketLifecycleConfiguration", ("rules",)),),
    delete=(Call("DeleteBucketLifecycle"),),
    rename={"rules": "LifecycleConfiguration.Rules"},
    members={
        "rules": (
            "abortIncompleteMultipartUpload",
            "expiration",
            "filter",
            "id",
            "noncurrentVersionExpiration",
            "status",
        ),
        "rules.abortIncompleteMultipartUpload": ("daysAfterInitiation",),
        "rules.expiration": ("days",),
        "rules.filter": ("prefix",),
        "rules.noncurrentVersionExpiration": ("noncurrentDays",),
    },
)

_PUBLIC_ACCESS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")

PUBLIC_ACCESS_BLOCK = Resource(
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    service="s3",
    create=Call("PutPublicAccessBlock", ("bucket", *_PUBLIC_ACCESS)),
    id="bucket",
    identity=lambda it: {"Bucket": it.id},
    read=(Read("GetPublicAccessBlock"),),
    update=(Call("PutPublicAccessBlock", _PUBLIC_ACCESS, send_all=True),),
    delete=(Call("DeletePublicAccessBlock"),),
    rename={
        "blockPublicAcls": "PublicAccessBlockConfiguration.BlockPublicAcls",
        "blockPublicPolicy": "PublicAccessBlockConfiguration.BlockPublicPolicy",
        "ignorePublicAcls": "PublicAccessBlockConfiguration.IgnorePublicAcls",
        "restrictPublicBuckets": "PublicAccessBlockConfiguration.RestrictPublicBuckets",
    },
    defaults=dict.fromkeys(_PUBLIC_ACCESS, False),
)


def _ownership(found: Any, _: Context) -> Values:
    return {"rule": {"objectOwnership": found["OwnershipControls"]["Rules"][0]["ObjectOwnership"]}}


OWNERSHIP_CONTROLS = Resource(
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    service="s3",
    create=Call("PutBucketOwnershipControls", ("bucket", "rule")),
    id="bucket",
    identity=lambda it: {"Bucket": it.id},
    read=(Read("GetBucketOwnershipControls", show=_ownership),),
    update=(Call("PutBucketOwnershipControls", ("rule",)),),
    delete=(Call("DeleteBucketOwnershipControls"),),
    rename={"rule": "OwnershipControls.Rules"},
    members={"rule": ("objectOwnership",)},
)

POLICY = Resource(
    "aws:s3/bucketPolicy:BucketPolicy",
    service="s3",
    create=Call("PutBucketPolicy", ("bucket", "policy")),
    id="bucket",
    identity=lambda it: {"Bucket": it.id},
    read=(Read("GetBucketPolicy"),),
    update=(Call("PutBucketPolicy", ("policy",)),),
    delete=(Call("DeleteBucketPolicy"),),
)

RESOURCES = (BUCKET, VERSIONING, ENCRYPTION, LIFECYCLE, PUBLIC_ACCESS_BLOCK, OWNERSHIP_CONTROLS, POLICY)
