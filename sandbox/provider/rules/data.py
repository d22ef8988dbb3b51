"""What stores data and grants access to it: DynamoDB, S3, Secrets Manager, ElastiCache, IAM, KMS, ECR."""

import ipaddress
import json
from collections.abc import Iterator
from typing import Any, cast

from ..account import AccountError
from ..faults import Fault
from ..spec import Context
from ..values import UNKNOWN, Values, has_unknown
from .primitives import Across, Rule, at, between, distinct, document, form, given, needs, number, objects
from .primitives import policy_size as size_of

_ROLE_POLICIES = 10_240


def _is_bucket(name: Any) -> bool:
    """Amazon S3 User Guide, "General purpose bucket naming rules"."""
    try:
        ipaddress.ip_address(str(name))
        return False
    except ValueError:
        pass
    taken = ("xn--", "sthree-", "amzn-s3-demo-")
    ends = ("-s3alias", "--ols-s3", ".mrap", "--x-s3", "--table-s3")
    legal = form(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "").holds(name)
    return legal and ".." not in name and not name.startswith(taken) and not name.endswith(ends)


def _window(value: Any) -> bool:
    """Amazon ElastiCache API, CreateReplicationGroup: ddd:hh24:mi-ddd:hh24:mi, at least 60 minutes."""
    ends = [one.split(":") for one in str(value).lower().split("-")]
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    if len(ends) != 2 or any(len(one) != 3 or one[0] not in days for one in ends):
        return False
    if not all(
        hour.isdigit() and int(hour) < 24 and minute.isdigit() and int(minute) < 60 for _d, hour, minute in ends
    ):
        return False
    start, end = ((days.index(day) * 24 + int(hour)) * 60 + int(minute) for day, hour, minute in ends)
    return (end - start) % (7 * 24 * 60) >= 60


ONE: dict[str, dict[str, Rule]] = {
    "aws:s3/bucket:Bucket": {
        "bucket": Rule(
            "must be 3 to 63 lower-case letters, digits, dots and hyphens, begin and end with a letter or digit, be no"
            " IP address, and have no beginning or end that S3 keeps for itself",
            _is_bucket,
        )
    },
    # Amazon S3 API Reference, PutBucketLifecycleConfiguration.
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": {
        "rules.id": form(r".{1,255}", "must be 1 to 255 characters"),
        "rules.expiration.days": between(1, float("inf"), "days"),
        "rules.noncurrentVersionExpiration.noncurrentDays": between(1, float("inf"), "days"),
        "rules.abortIncompleteMultipartUpload.daysAfterInitiation": between(1, float("inf"), "days"),
    },
    # AWS Secrets Manager API Reference, CreateSecret and DeleteSecret.
    "aws:secretsmanager/secret:Secret": {
        "name": form(r"[A-Za-z0-9/_+=.@-]{1,512}", "must be 1 to 512 letters, digits and /_+=.@-"),
        "recoveryWindowInDays": Rule("must be 0 (at once), or 7 to 30 days", lambda days: days == 0 or 7 <= days <= 30),
    },
    # Amazon ElastiCache API Reference, CreateReplicationGroup; User Guide, "Authenticating with the AUTH command".
    "aws:elasticache/replicationGroup:ReplicationGroup": {
        "authToken": form(
            r"[A-Za-z0-9!&#$^<>-]{16,128}", "must be 16 to 128 letters, digits and the characters ! & # $ ^ < > -"
        ),
        "replicationGroupId": form(
            r"(?!.*--)[A-Za-z][A-Za-z0-9-]{0,39}(?<!-)",
            "must be 1 to 40 letters, digits and single hyphens, begin with a letter and not end with a hyphen",
        ),
        "numCacheClusters": between(1, 6),
        "replicasPerNodeGroup": between(0, 5),
        "snapshotRetentionLimit": between(0, 35, "days"),
        "maintenanceWindow": Rule("must be ddd:hh:mm-ddd:hh:mm and at least 60 minutes", _window),
    },
    # AWS KMS API Reference, ScheduleKeyDeletion, EnableKeyRotation and CreateAlias.
    "aws:kms/key:Key": {
        "deletionWindowInDays": between(7, 30, "days"),
        "rotationPeriodInDays": between(90, 2560, "days"),
    },
    "aws:kms/alias:Alias": {
        "name": form(
            r"alias/(?!aws/)[A-Za-z0-9/_-]{1,250}", "must be alias/ and a name, which does not begin with aws/"
        )
    },
    # Service Authorization Reference for IAM, quotas: names of roles and policies are in the models.
    "aws:iam/role:Role": {"path": form(r"/|/[!-\x7e]+/", "must begin and end with /")},
}


def policy_of_role(inputs: Values, context: Context) -> Iterator[Fault]:
    """IAM User Guide, "IAM and AWS STS quotas": a role's inline policies have at most 10,240 characters in all."""
    text, role = inputs.get("policy"), inputs.get("role")
    if not isinstance(text, str) or not isinstance(role, str):
        return
    total = size_of(text)
    try:
        iam = context.account
        for name in iam.call("iam", "ListRolePolicies", {"RoleName": role})["PolicyNames"]:
            if name != inputs.get("name"):
                found = iam.call("iam", "GetRolePolicy", {"RoleName": role, "PolicyName": name})["PolicyDocument"]
                total += size_of(found if isinstance(found, str) else json.dumps(found))
    except AccountError:
        pass  # a role that is still to be made has no other policies
    if total > _ROLE_POLICIES:
        most = f"at most {_ROLE_POLICIES:,} are allowed"
        yield Fault("policy", f"the inline policies of {role} have {total:,} characters in all, and {most}")


def table(inputs: Values, _: Context) -> Iterator[Fault]:
    """Amazon DynamoDB API Reference, CreateTable: exactly the attributes that keys use are defined."""
    names = ("hashKey", "rangeKey", "attributes", "globalSecondaryIndexes", "localSecondaryIndexes", "keySchemas")
    if not any(has_unknown(inputs.get(name)) for name in names):
        paths = ("hashKey", "rangeKey", "keySchemas.attributeName")
        indexes = [f"{index}.{path}" for index in ("globalSecondaryIndexes", "localSecondaryIndexes") for path in paths]
        used = {key: place for path in (*paths, *indexes) for place, key in at(inputs, path)}
        defined = {name: place for place, name in at(inputs, "attributes.name")}
        for name in used.keys() - defined.keys():
            yield Fault(used[name], "is a key, and `attributes` does not define it", name)
        for name in defined.keys() - used.keys():
            yield Fault(defined[name], "is no key of the table or of an index, and only those are defined", name)
        yield from distinct(((where, name) for where, name in at(inputs, "globalSecondaryIndexes.name")), "index names")
    capacity = [name for name in ("readCapacity", "writeCapacity") if inputs.get(name) not in (None, UNKNOWN, 0)]
    mode = inputs.get("billingMode")
    if (
        mode == "PROVISIONED"
        and len(capacity) < 2
        and UNKNOWN not in (inputs.get("readCapacity"), inputs.get("writeCapacity"))
    ):
        yield Fault("billingMode", "needs readCapacity and writeCapacity of at least 1", mode)
    if mode == "PAY_PER_REQUEST":
        yield from (Fault(name, "goes with PROVISIONED alone", inputs[name]) for name in capacity)
    for place, ttl in objects(inputs, "ttl"):
        if ttl.get("enabled") is True and not given(ttl, "attributeName"):
            yield Fault(f"{place}.attributeName", "is needed where TTL is enabled")


def lifecycle(inputs: Values, _: Context) -> Iterator[Fault]:
    yield from distinct(((place, str(name)) for place, name in at(inputs, "rules.id")), "the ids of rules")
    actions = ("expiration", "transitions", "noncurrentVersionExpiration", "noncurrentVersionTransitions")
    for place, rule in objects(inputs, "rules"):
        if not given(rule, *actions, "abortIncompleteMultipartUpload"):
            yield Fault(place, "a rule needs an action, such as an expiration")


def replication_group(inputs: Values, _: Context) -> Iterator[Fault]:
    """ElastiCache API Reference, CreateReplicationGroup: what goes with what."""
    if given(inputs, "authToken") and inputs.get("transitEncryptionEnabled") not in (True, UNKNOWN):
        yield Fault("authToken", "needs transitEncryptionEnabled")
    if inputs.get("automaticFailoverEnabled") is True and number(inputs.get("numCacheClusters")) == 1:
        yield Fault("automaticFailoverEnabled", "needs numCacheClusters of at least 2", True)
    if inputs.get("multiAzEnabled") is True and inputs.get("automaticFailoverEnabled") not in (True, UNKNOWN):
        yield Fault("multiAzEnabled", "needs automaticFailoverEnabled", True)


def images_lifecycle(inputs: Values, _: Context) -> Iterator[Fault]:
    """Amazon ECR User Guide, "Lifecycle policy parameters"."""
    try:
        policy: Any = json.loads(inputs["policy"])
        found: list[Values] = [one for one in policy["rules"] if isinstance(one, dict)]
    except (KeyError, TypeError, ValueError):
        yield Fault("policy", 'must be a JSON document with a list "rules"')
        return
    ranks = [one.get("rulePriority") for one in found]
    yield from distinct([(f"policy.rules[{i}].rulePriority", str(rank)) for i, rank in enumerate(ranks)], "priorities")
    for index, one in enumerate(found):
        place, selection = f"policy.rules[{index}]", cast(Values, one.get("selection") or {})
        yield from _selection(f"{place}.selection", selection)
        if selection.get("tagStatus") == "any" and one.get("rulePriority") != max(rank or 0 for rank in ranks):
            yield Fault(
                f"{place}.rulePriority", "the rule for any images must have the highest", one.get("rulePriority")
            )


def _selection(place: str, selection: Values) -> Iterator[Fault]:
    allowed = {"tagStatus": ("tagged", "untagged", "any"), "countType": ("imageCountMoreThan", "sinceImagePushed")}
    for name, values in allowed.items():
        if selection.get(name) not in values:
            yield Fault(f"{place}.{name}", f"must be one of {', '.join(values)}", selection.get(name))
    if selection.get("tagStatus") == "tagged" and not given(selection, "tagPrefixList", "tagPatternList"):
        yield Fault(f"{place}.tagStatus", "needs tagPrefixList or tagPatternList", "tagged")
    if (selection.get("countUnit") == "days") != (selection.get("countType") == "sinceImagePushed"):
        yield Fault(
            f"{place}.countUnit", "is days with sinceImagePushed, and left out otherwise", selection.get("countUnit")
        )
    if (number(selection.get("countNumber")) or 0) < 1:
        yield Fault(f"{place}.countNumber", "must be at least 1", selection.get("countNumber"))


ACROSS: dict[str, tuple[Across, ...]] = {
    "aws:dynamodb/table:Table": (table, needs("streamViewType", "streamEnabled")),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": (lifecycle,),
    # Amazon S3 User Guide, "Policies and permissions in Amazon S3": 20 KB.
    "aws:s3/bucketPolicy:BucketPolicy": (document("policy", 20 * 1024),),
    # IAM User Guide, quotas: a trust policy has at most 2,048 characters, white space not counted.
    "aws:iam/role:Role": (document("assumeRolePolicy", 2048, spaces=False),),
    "aws:iam/rolePolicy:RolePolicy": (document("policy", _ROLE_POLICIES, spaces=False), policy_of_role),
    # AWS KMS Developer Guide, quotas: 32 KB.
    "aws:kms/key:Key": (document("policy", 32 * 1024),),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": (document("policy", 30_720), images_lifecycle),
    "aws:elasticache/replicationGroup:ReplicationGroup": (replication_group,),
}
