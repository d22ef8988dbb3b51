"""S3: buckets and what is configured on them."""

from typing import Any

from ..account import AccountError
from ..convert import capital, uncapital
from ..spec import Call, Context, Resource, Tags
from ..values import Values

# Hosted zones of the regions' S3 website endpoints, as AWS publishes them for the regions here in use.
_HOSTED_ZONES = {
    "us-east-1": "Z3AQBSTGFYJSTF",
    "us-west-2": "Z3BJ6K6RIION7M",
    "ap-northeast-1": "Z2M4EHUR26P7ZW",
    "eu-north-1": "Z3BAZG2TWCNX0D",
}


def _location(values: Values, context: Context) -> Values:
    """Outside us-east-1 a bucket's region is said in its creation."""
    if context.region != "us-east-1":
        return {**values, "createBucketConfiguration": {"locationConstraint": context.region}}
    return values


def _bucket(_: Any, context: Context) -> Values:
    name, region = context["id"], context.region
    return {
        "bucket": name,
        "arn": f"arn:{context['partition']}:s3:::{name}",
        "bucketDomainName": f"{name}.s3.amazonaws.com",
        "bucketRegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
        "bucketRegion": region,
        "hostedZoneId": _HOSTED_ZONES.get(region),
    }


def _empty_bucket(context: Context) -> None:
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


def _of_bucket(name: str, props: str, what: str, delete: str = "", **more: Any) -> Resource:
    """A configuration of a bucket, one a bucket: `what` is put whole, got and deleted. `more` is for the `Resource`."""
    return Resource(
        f"aws:s3/{uncapital(name)}:{name}",
        create=Call(f"Put{what} bucket {props} -> {{bucket}}"),
        read=Call(f"Get{what} Bucket={{id}}", take=lambda _, context: {"bucket": context["id"]}),
        updates=Call(f"Put{what} {props} Bucket={{id}}", whole=True),
        delete=Call(f"{delete or f'Delete{what}'} Bucket={{id}}"),
        **more,
    )


_ACCESS = "blockPublicAcls blockPublicPolicy ignorePublicAcls restrictPublicBuckets"

RESOURCES = (
    Resource(
        "aws:s3/bucket:Bucket",
        create=Call("CreateBucket bucket objectLockEnabled -> {bucket}", build=_location),
        read=Call("GetBucketLocation Bucket={id}", take=_bucket),
        delete=Call("DeleteBucket Bucket={id}"),
        names={"objectLockEnabled": "ObjectLockEnabledForBucket"},
        outputs="arn bucketDomainName bucketRegionalDomainName bucketRegion hostedZoneId",
        defaults={"forceDestroy": False},
        local="forceDestroy",
        name="bucket",
        limit=63,
        prefix="bucketPrefix",
        spell=str.lower,
        tags=Tags(
            "PutBucketTagging DeleteBucketTagging Bucket={id}",
            "GetBucketTagging -> TagSet",
            keys="",
            create=False,
            path="Tagging.TagSet",
        ),
        prepare_delete=_empty_bucket,
    ),
    _of_bucket(
        "BucketVersioning",
        "versioningConfiguration",
        "BucketVersioning",
        "PutBucketVersioning VersioningConfiguration.Status=Suspended",
        names={"versioningConfiguration.status": "Status", "versioningConfiguration.mfaDelete": "MFADelete"},
        reads={"versioningConfiguration": "."},
    ),
    _of_bucket(
        "BucketServerSideEncryptionConfiguration",
        "rules",
        "BucketEncryption",
        names={"rules": "ServerSideEncryptionConfiguration.Rules"},
    ),
    _of_bucket(
        "BucketLifecycleConfiguration",
        "rules transitionDefaultMinimumObjectSize",
        "BucketLifecycleConfiguration",
        "DeleteBucketLifecycle",
        names={"rules": "LifecycleConfiguration.Rules"},
        outputs="transitionDefaultMinimumObjectSize",
    ),
    _of_bucket(
        "BucketPublicAccessBlock",
        _ACCESS,
        "PublicAccessBlock",
        names={name: f"PublicAccessBlockConfiguration.{capital(name)}" for name in _ACCESS.split()},
        defaults=dict.fromkeys(_ACCESS.split(), False),
    ),
    _of_bucket(
        "BucketOwnershipControls",
        "rule",
        "BucketOwnershipControls",
        names={"rule": "OwnershipControls.Rules"},
        blocks="rule",
    ),
    _of_bucket("BucketPolicy", "policy", "BucketPolicy"),
)
