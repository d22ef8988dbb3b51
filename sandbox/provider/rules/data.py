"""What stores data and grants access to it: DynamoDB, S3, Secrets Manager, ElastiCache, IAM, KMS, ECR."""

import re
from collections.abc import Iterator
from typing import Any

from ..account import AccountError
from ..faults import Fault
from ..spec import Context
from ..values import Values, has_unknown
from .across import Rules, document, each, parsed, policy_size, refused, unique, where
from .places import at, get, has, is_, isnt, lacks, number, size
from .single import Rule, allowed, form, numeric, one_of

_ROLE_POLICIES = 10_240  # characters of a role's inline policies in all
_ACTIONS = (
    *("expiration", "transitions", "noncurrentVersionExpiration", "noncurrentVersionTransitions"),
    "abortIncompleteMultipartUpload",
)
_RANKS = "^.policy.rules.rulePriority"


def _window(value: Any) -> bool:
    """Amazon ElastiCache API, CreateReplicationGroup: ddd:hh24:mi-ddd:hh24:mi, at least 60 minutes."""
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    time = rf"({'|'.join(days)}):([01]?\d|2[0-3]):([0-5]?\d)"
    match = re.fullmatch(f"{time}-{time}", str(value).lower())
    if match is None:
        return False
    ends = match.groups()[:3], match.groups()[3:]
    start, end = ((days.index(day) * 24 + int(hour)) * 60 + int(minute) for day, hour, minute in ends)
    return (end - start) % (7 * 24 * 60) >= 60


def _policy_of_role(inputs: Values, context: Context) -> Iterator[Fault]:
    """IAM User Guide, "IAM and AWS STS quotas": a role's inline policies have at most 10,240 characters in all."""
    text, role = inputs.get("policy"), inputs.get("role")
    if not isinstance(text, str) or not isinstance(role, str):
        return
    total = policy_size(text)
    try:
        iam = context.account
        for name in iam.call("iam", "ListRolePolicies", {"RoleName": role})["PolicyNames"]:
            if name != inputs.get("name"):
                found = iam.call("iam", "GetRolePolicy", {"RoleName": role, "PolicyName": name})["PolicyDocument"]
                total += policy_size(found)
    except AccountError:
        pass  # a role that is still to be made has no other policies
    if total > _ROLE_POLICIES:
        most = f"at most {_ROLE_POLICIES:,} are allowed"
        yield Fault("policy", f"the inline policies of {role} have {total:,} characters in all, and {most}")


def _keys(inputs: Values, _: Context) -> Iterator[Fault]:
    """Exactly the attributes that keys use are defined."""
    names = ("hashKey", "rangeKey", "attributes", "globalSecondaryIndexes", "localSecondaryIndexes", "keySchemas")
    if any(has_unknown(inputs.get(name)) for name in names):
        return
    paths = ("hashKey", "rangeKey", "keySchemas.attributeName")
    indexes = [f"{index}.{path}" for index in ("globalSecondaryIndexes", "localSecondaryIndexes") for path in paths]
    used = {key: place for path in (*paths, *indexes) for place, key in at(inputs, path)}
    defined = {name: place for place, name in at(inputs, "attributes.name")}
    for name in used.keys() - defined.keys():
        yield Fault(used[name], "is a key, and `attributes` does not define it", name)
    for name in defined.keys() - used.keys():
        yield Fault(defined[name], "is no key of the table or of an index, and only those are defined", name)


# The tables are laid out by hand, with a rule a line.
# fmt: off
RULES = {
    "aws:dynamodb/table:Table": Rules("Amazon DynamoDB API Reference: CreateTable, UpdateTimeToLive",
        _keys,
        unique("globalSecondaryIndexes.name", "index names"),
        refused("billingMode", "needs readCapacity and writeCapacity of at least 1", is_("billingMode", "PROVISIONED"),
            lambda table: {table.get("readCapacity"), table.get("writeCapacity")} & {None, 0}, shows=True),
        where(is_("billingMode", "PAY_PER_REQUEST"))(
            dict.fromkeys(("readCapacity", "writeCapacity"), one_of(0, says="goes with PROVISIONED alone"))),
        each("ttl",
            refused("attributeName", "is needed where TTL is enabled", is_("enabled", True), lacks("attributeName"))),
        refused("streamViewType", "needs `streamEnabled`", has("streamViewType"), lacks("streamEnabled"))),
    "aws:s3/bucket:Bucket": Rules('Amazon S3 User Guide: "General purpose bucket naming rules"',
        {"bucket": form(
             r"(?!xn--|sthree-|amzn-s3-demo-|\d+\.\d+\.\d+\.\d+$)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
             r"(?<!-s3alias)(?<!--ols-s3)(?<!\.mrap)(?<!--x-s3)(?<!--table-s3)",
             "must be 3 to 63 lower-case letters, digits, dots and hyphens, begin and end with a letter or digit, be"
             " no IP address, and have no beginning or end that S3 keeps for itself")}),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": Rules(
        "Amazon S3 API Reference: PutBucketLifecycleConfiguration",
        {"rules.id": form(r".{1,255}", "must be 1 to 255 characters")},
        allowed("rules.expiration.days 1.. days, rules.noncurrentVersionExpiration.noncurrentDays 1.. days,"
            " rules.abortIncompleteMultipartUpload.daysAfterInitiation 1.. days"),
        unique("rules.id", "the ids of rules"),
        each("rules", refused("", "a rule needs an action, such as an expiration", lacks(*_ACTIONS)))),
    "aws:s3/bucketPolicy:BucketPolicy": Rules('Amazon S3 User Guide: "Policies and permissions in Amazon S3"',
        document("policy", 20 * 1024)),
    "aws:secretsmanager/secret:Secret": Rules("AWS Secrets Manager API Reference: CreateSecret, DeleteSecret",
        {"name": form(r"[A-Za-z0-9/_+=.@-]{1,512}", "must be 1 to 512 letters, digits and /_+=.@-"),
         "recoveryWindowInDays": numeric("must be 0 (at once), or 7 to 30 days",
             lambda days: days == 0 or 7 <= days <= 30)}),
    "aws:elasticache/replicationGroup:ReplicationGroup": Rules(
        'Amazon ElastiCache API Reference: CreateReplicationGroup; User Guide: "Authenticating with the AUTH command"',
        {"authToken": form(r"[A-Za-z0-9!&#$^<>-]{16,128}",
             "must be 16 to 128 letters, digits and the characters ! & # $ ^ < > -"),
         "replicationGroupId": form(r"(?!.*--)[A-Za-z][A-Za-z0-9-]{0,39}(?<!-)",
             "must be 1 to 40 letters, digits and single hyphens, begin with a letter and not end with a hyphen"),
         "maintenanceWindow": Rule("must be ddd:hh:mm-ddd:hh:mm and at least 60 minutes", _window),
         **allowed("numCacheClusters 1..6, replicasPerNodeGroup 0..5, snapshotRetentionLimit 0..35 days")},
        refused("authToken", "needs transitEncryptionEnabled", has("authToken"),
            isnt("transitEncryptionEnabled", True)),
        refused("automaticFailoverEnabled", "needs numCacheClusters of at least 2",
            is_("automaticFailoverEnabled", True), lambda group: number(group.get("numCacheClusters")) == 1,
            shows=True),
        refused("multiAzEnabled", "needs automaticFailoverEnabled", is_("multiAzEnabled", True),
            isnt("automaticFailoverEnabled", True), shows=True)),
    "aws:kms/key:Key": Rules('AWS KMS API Reference: ScheduleKeyDeletion, EnableKeyRotation; Developer Guide: "Quotas"',
        allowed("deletionWindowInDays 7..30 days, rotationPeriodInDays 90..2560 days"),
        document("policy", 32 * 1024)),
    "aws:kms/alias:Alias": Rules("AWS KMS API Reference: CreateAlias",
        {"name": form(r"alias/(?!aws/)[A-Za-z0-9/_-]{1,250}",
             "must be alias/ and a name, which does not begin with aws/")}),
    "aws:iam/role:Role": Rules('IAM API Reference: CreateRole; User Guide: "IAM and AWS STS quotas"',
        {"path": form(r"/|/[!-\x7e]+/", "must begin and end with /")},
        document("assumeRolePolicy", 2048, spaces=False)),
    "aws:iam/rolePolicy:RolePolicy": Rules('IAM User Guide: "IAM and AWS STS quotas"',
        document("policy", _ROLE_POLICIES, spaces=False),
        _policy_of_role),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": Rules('Amazon ECR User Guide: "Lifecycle policy parameters"',
        document("policy", 30_720),
        parsed("policy",
            refused("policy", 'must be a JSON document with a list "rules"',
                lambda inputs: not isinstance(get(inputs, "policy.rules"), list)),
            unique("policy.rules.rulePriority", "priorities"),
            each("policy.rules",
                refused("selection.tagStatus", "must be one of tagged, untagged, any",
                    isnt("selection.tagStatus", "tagged", "untagged", "any"), shows=True),
                refused("selection.countType", "must be one of imageCountMoreThan, sinceImagePushed",
                    isnt("selection.countType", "imageCountMoreThan", "sinceImagePushed"), shows=True),
                refused("selection.tagStatus", "needs tagPrefixList or tagPatternList",
                    is_("selection.tagStatus", "tagged"), lacks("selection.tagPrefixList", "selection.tagPatternList"),
                    shows=True),
                refused("selection.countUnit", "is days with sinceImagePushed, and left out otherwise",
                    lambda one: (get(one, "selection.countUnit") == "days")
                    != (get(one, "selection.countType") == "sinceImagePushed"), shows=True),
                refused("selection.countNumber", "must be at least 1",
                    lambda one: size(one, "selection.countNumber") < 1, shows=True),
                refused("rulePriority", "the rule for any images must have the highest",
                    is_("selection.tagStatus", "any"),
                    lambda one: size(one, "rulePriority") < max(rank for _, rank in at(one, _RANKS)), shows=True)))),
}
