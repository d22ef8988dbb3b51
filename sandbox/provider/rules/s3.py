"""Amazon S3."""

from collections.abc import Iterator

from ..faults import Fault
from ..values import Values
from .checks import between, document, found, given, matches, objects, parse, resource_statements

_BUCKET = (
    r"(?!xn--|sthree-|amzn-s3-demo-|\d+\.\d+\.\d+\.\d+$)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
    r"(?<!-s3alias)(?<!--ol-s3)(?<!\.mrap)(?<!--x-s3)(?<!--table-s3)(?<!-an)"
)
_ACTIONS = ("expiration", "noncurrentVersionExpiration", "abortIncompleteMultipartUpload")


def bucket(inputs: Values) -> Iterator[Fault]:
    """Amazon S3 User Guide, "General purpose bucket naming rules"."""
    rule = "must be 3 to 63 lower-case letters, digits, dots and hyphens in a form that S3 allows"
    yield from matches(inputs, "bucket", _BUCKET, rule)


def lifecycle_configuration(inputs: Values) -> Iterator[Fault]:
    """Amazon S3 API Reference, PutBucketLifecycleConfiguration."""
    yield from between(inputs, "rules.expiration.days", 1)
    yield from between(inputs, "rules.noncurrentVersionExpiration.noncurrentDays", 1)
    yield from between(inputs, "rules.abortIncompleteMultipartUpload.daysAfterInitiation", 1)
    for place, rule in objects(inputs, "rules"):
        if not any(given(rule, action) for action in _ACTIONS):
            yield Fault(place, "must have an action, such as an expiration")


def bucket_policy(inputs: Values) -> Iterator[Fault]:
    """Amazon S3 User Guide, "Policies and permissions in Amazon S3"."""
    yield from document(inputs, "policy", 20 * 1024)
    yield from resource_statements(inputs, "policy")
    bucket = inputs.get("bucket")
    for place, resource in found(parse(inputs, "policy"), "policy.Statement.Resource"):
        name = str(resource).partition(":s3:::")[2].partition("/")[0]
        if isinstance(bucket, str) and name != bucket:
            yield Fault(place, f"must be the bucket {bucket} or objects of it", resource)
