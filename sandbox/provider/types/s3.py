"""Amazon S3: buckets and their configurations."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from ..account import AccountError
from ..resource import Call, Context, Name, Read, Resource, Tags
from ..rules import Fault, between, distinct, document, found, given, matches, objects, parse, resource_statements
from ..values import Values

_BUCKET = (
    r"(?!xn--|sthree-|amzn-s3-demo-|\d+\.\d+\.\d+\.\d+$)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
    r"(?<!-s3alias)(?<!--ol-s3)(?<!\.mrap)(?<!--x-s3)(?<!--table-s3)(?<!-an)"
)
# The actions on objects. Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3".
_ON_OBJECTS = re.compile(r"s3:((?!.*BucketObject).*Object.*|AbortMultipartUpload|ListMultipartUploadParts)")
_ACTIONS = ("expiration", "noncurrentVersionExpiration", "abortIncompleteMultipartUpload")


def _bucket_rules(inputs: Values) -> Iterator[Fault]:
    """Amazon S3 User Guide, "General purpose bucket naming rules"."""
    rule = "must be 3 to 63 lower-case letters, digits, dots and hyphens in a form that S3 allows"
    yield from matches(inputs, "bucket", _BUCKET, rule)


def _lifecycle_configuration_rules(inputs: Values) -> Iterator[Fault]:
    """Amazon S3 API Reference, PutBucketLifecycleConfiguration."""
    yield from between(inputs, "rules.expiration.days", 1)
    yield from between(inputs, "rules.noncurrentVersionExpiration.noncurrentDays", 1)
    yield from between(inputs, "rules.abortIncompleteMultipartUpload.daysAfterInitiation", 1)
    yield from distinct(found(inputs, "rules.id"), "must not be the id of another rule")
    for place, rule in objects(inputs, "rules"):
        if not any(given(rule, action) for action in _ACTIONS):
            yield Fault(place, "must have an action, such as an expiration")


def _encryption_rules(inputs: Values) -> Iterator[Fault]:
    """Amazon S3 API Reference, ServerSideEncryptionByDefault."""
    for place, default in objects(inputs, "rules.applyServerSideEncryptionByDefault"):
        if default.get("sseAlgorithm") == "AES256" and given(default, "kmsMasterKeyId"):
            yield Fault(f"{place}.kmsMasterKeyId", "must not be given for AES256")


def _bucket_policy_rules(inputs: Values) -> Iterator[Fault]:
    """Amazon S3 User Guide, "Policies and permissions in Amazon S3"."""
    yield from document(inputs, "policy", 20 * 1024)
    yield from resource_statements(inputs, "policy")
    bucket = inputs.get("bucket")
    for place, resource in found(parse(inputs, "policy"), "policy.Statement.Resource"):
        name = str(resource).partition(":s3:::")[2].partition("/")[0]
        if isinstance(bucket, str) and name != bucket:
            yield Fault(place, f"must be the bucket {bucket} or objects of it", resource)
    for place, statement in objects(parse(inputs, "policy"), "policy.Statement"):
        on_objects = {"/" in str(resource) for _, resource in found(statement, "Resource")}
        for where, action in found(statement, "Action"):
            if "*" not in str(action) and bool(_ON_OBJECTS.fullmatch(str(action))) not in on_objects:
                yield Fault(f"{place}.{where}", "must apply to a resource of its statement", action)


def _bucket(it: Context) -> Values:
    return {"Bucket": it.id}


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
    identity=_bucket,
    read=(Read("GetBucketLocation", show=lambda _, it: {"arn": f"arn:aws:s3:::{it.id}"}),),
    delete=(Call("DeleteBucket"),),
    outputs=("arn",),
    defaults={"forceDestroy": False},
    local=("forceDestroy",),
    name=Name("bucket", max_length=63, transform=str.lower),
    tags=Tags(
        "PutBucketTagging", "DeleteBucketTagging", "GetBucketTagging", listed_at="TagSet", sent_as="Tagging.TagSet"
    ),
    before_delete=_empty,
    hook_operations=("DeleteObjects", "HeadBucket", "ListObjectVersions"),
    rules=_bucket_rules,
)


def _configuration(
    token: str,
    properties: tuple[str, ...],
    *,
    put: str,
    get: str,
    delete: Call,
    show: Callable[[Any, Context], Values] | None = None,
    **more: Any,
) -> Resource:
    """A type that configures a bucket: `put` sets it as a whole, `get` shows it. `more` are fields of `Resource`."""
    return Resource(
        token,
        service="s3",
        create=Call(put, ("bucket", *properties)),
        id="bucket",
        identity=_bucket,
        read=(Read(get, show=show),),
        update=(Call(put, properties, send_all=True),),
        delete=(delete,),
        **more,
    )


def _suspended(it: Context) -> Values:
    """A bucket that has had versioning cannot be without it again."""
    return {"Bucket": it.id, "VersioningConfiguration": {"Status": "Suspended"}}


VERSIONING = _configuration(
    "aws:s3/bucketVersioning:BucketVersioning",
    ("versioningConfiguration",),
    put="PutBucketVersioning",
    get="GetBucketVersioning",
    delete=Call("PutBucketVersioning", params=_suspended),
    show=lambda found, _: {"versioningConfiguration": {"status": found.get("Status")}},
    members={"versioningConfiguration": ("status",)},
)

ENCRYPTION = _configuration(
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    ("rules",),
    put="PutBucketEncryption",
    get="GetBucketEncryption",
    delete=Call("DeleteBucketEncryption"),
    rename={"rules": "ServerSideEncryptionConfiguration.Rules"},
    members={
        "rules": ("applyServerSideEncryptionByDefault", "bucketKeyEnabled"),
        "rules.applyServerSideEncryptionByDefault": ("kmsMasterKeyId", "sseAlgorithm"),
    },
    rules=_encryption_rules,
)

LIFECYCLE = _configuration(
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    ("rules",),
    put="PutBucketLifecycleConfiguration",
    get="GetBucketLifecycleConfiguration",
    delete=Call("DeleteBucketLifecycle"),
    rename={"rules": "LifecycleConfiguration.Rules"},
    members={
        "rules": (
            *("abortIncompleteMultipartUpload", "expiration", "filter", "id", "noncurrentVersionExpiration"),
            "status",
        ),
        "rules.abortIncompleteMultipartUpload": ("daysAfterInitiation",),
        "rules.expiration": ("days",),
        "rules.filter": ("prefix",),
        "rules.noncurrentVersionExpiration": ("noncurrentDays",),
    },
    rules=_lifecycle_configuration_rules,
)

_PUBLIC_ACCESS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")

PUBLIC_ACCESS_BLOCK = _configuration(
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    _PUBLIC_ACCESS,
    put="PutPublicAccessBlock",
    get="GetPublicAccessBlock",
    delete=Call("DeletePublicAccessBlock"),
    rename={name: f"PublicAccessBlockConfiguration.{name[0].upper()}{name[1:]}" for name in _PUBLIC_ACCESS},
    defaults=dict.fromkeys(_PUBLIC_ACCESS, False),
)


def _ownership(found: Any, _: Context) -> Values:
    return {"rule": {"objectOwnership": found["OwnershipControls"]["Rules"][0]["ObjectOwnership"]}}


OWNERSHIP_CONTROLS = _configuration(
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    ("rule",),
    put="PutBucketOwnershipControls",
    get="GetBucketOwnershipControls",
    delete=Call("DeleteBucketOwnershipControls"),
    show=_ownership,
    rename={"rule": "OwnershipControls.Rules"},
    members={"rule": ("objectOwnership",)},
)

POLICY = _configuration(
    "aws:s3/bucketPolicy:BucketPolicy",
    ("policy",),
    put="PutBucketPolicy",
    get="GetBucketPolicy",
    delete=Call("DeleteBucketPolicy"),
    rules=_bucket_policy_rules,
)

RESOURCES = (BUCKET, VERSIONING, ENCRYPTION, LIFECYCLE, PUBLIC_ACCESS_BLOCK, OWNERSHIP_CONTROLS, POLICY)
