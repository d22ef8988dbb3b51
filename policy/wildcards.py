"""The wildcards that policy documents may have. Every other wildcard breaks a rule."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from policy.resource import listed

# Sid and text of a statement → the reason. `PLACEHOLDERS` says what the names in braces stand for.
ALLOWED: Final[Mapping[tuple[str, str], str]] = {
    ("EcrLogin", "*"): "a token is for the whole registry: the action takes no narrower resource",
    ("Logs", "arn:{partition}:logs:{region}:{account}:log-group:{log_group}:*"): "ECS names the streams after tasks",
    ("CloudWatchMetrics", "*"): "the action takes no resource; the namespace is bound by a condition",
    ("XRay", "*"): "none of the actions takes a resource",
    ("EcsExec", "*"): "none of the actions takes a resource",
    ("EcsScaleInProtection", "arn:{partition}:ecs:{region}:{account}:task/{cluster}/*"): (
        "the tasks of this cluster: a task gets its id when it starts"
    ),
    ("S3Recordings", "arn:{partition}:s3:::{recordings}/recordings/*"): (
        "the app names the objects under the prefix itself"
    ),
    ("TlsOnly", "s3:*"): "a Deny: whatever comes without TLS",
    ("TlsOnly", "*"): "a Deny: whoever it comes from",
    ("TlsOnly", "arn:{partition}:s3:::{recordings}/*"): "a Deny: every object of the bucket",
    ("TlsOnly", "arn:{partition}:s3:::{logs_bucket}/*"): "a Deny: every object of the bucket",
    ("LoadBalancerLogs", "arn:{partition}:s3:::{logs_bucket}/AWSLogs/{account}/*"): "AWS names the objects",
    ("LoadBalancerLogs", "arn:{partition}:elasticloadbalancing:{region}:{account}:loadbalancer/*"): (
        "as AWS documents it"
    ),
    ("AWSLogDeliveryWrite", "arn:{partition}:s3:::{logs_bucket}/AWSLogs/{account}/*"): "AWS names the objects",
    ("AWSLogDeliveryWrite", "arn:{partition}:logs:{region}:{account}:*"): "as AWS documents it",
    ("AWSLogDeliveryAclCheck", "arn:{partition}:logs:{region}:{account}:*"): "as AWS documents it",
    ("LogDelivery", "arn:{partition}:logs:{region}:{account}:log-group:{web_acl_log}:*"): "AWS WAF names the streams",
    ("LogDelivery", "arn:{partition}:logs:{region}:{account}:*"): "as AWS documents it",
    ("Administration", "kms:*"): (
        "the account keeps the right to manage its key: without this statement nobody could ever change the key"
    ),
    ("Administration", "*"): "in a key's policy, this key",
    ("CloudWatch", "kms:GenerateDataKey*"): (
        "as AWS documents it for encrypted topics: with or without the plain text"
    ),
    ("CloudWatch", "*"): "in a key's policy, this key",
    ("Budgets", "kms:GenerateDataKey*"): "as for CloudWatch",
    ("Budgets", "*"): "in a key's policy, this key",
    ("EventBridge", "kms:GenerateDataKey*"): "as for CloudWatch",
    ("EventBridge", "*"): "in a key's policy, this key",
    ("Recordings", "s3:*"): "an endpoint's policy: the task role says which actions",
    ("Recordings", "*"): "an endpoint's policy takes no other principal; a condition names the task role",
    ("Recordings", "arn:{partition}:s3:::{recordings}/*"): "an endpoint's policy: the task role says which objects",
    ("Tables", "dynamodb:*"): "as for Recordings",
    ("Tables", "*"): "as for Recordings",
    ("Tables", "arn:{partition}:dynamodb:{region}:{account}:table/*"): (
        "an endpoint's policy: the task role says which tables, also during an update"
    ),
    ("ImageLayers", "*"): "ECR signs the downloads of layers",
    ("ImageLayers", "arn:{partition}:s3:::prod-{region}-starport-layer-bucket/*"): "AWS names no narrower resource",
    ("CloudWatchLogs", "*"): "in a key's policy, this key",
    ("EcsExecLogGroups", "*"): "the action takes no resource",
    ("EcsExecLogs", "arn:{partition}:logs:{region}:{account}:log-group:{log_group}:*"): (
        "ECS names the streams after sessions"
    ),
    ("SecretKeyAlias{number}", "arn:{partition}:kms:{region}:{account}:key/*"): (
        "a secret whose key is named by an alias: a condition names the alias"
    ),
    ("EcsTasks", "arn:{partition}:ecs:{region}:{account}:*"): "ECS supports no narrower source for a task's role",
}

# What each name in braces matches.
PLACEHOLDERS: Final[Mapping[str, str]] = {
    "partition": r"aws[a-z-]*",
    "region": r"[a-z]{2}(-[a-z]+)+-\d",
    "account": r"\d{12}",
    "recordings": r"voiceter-recordings-[a-z0-9-]+",
    "logs_bucket": r"voiceter-logs-[a-z0-9-]+",
    "log_group": r"/ecs/voiceter-backend[a-z0-9-]*",
    "web_acl_log": r"aws-waf-logs-voiceter-backend[a-z0-9-]*",
    "cluster": r"voiceter-cluster[a-z0-9-]*",
    "number": r"\d+",
}

# The policies of AWS that roles may have. Most of them have wildcards.
AWS_POLICIES: Final[Mapping[str, str]] = {
    "AmazonECSInfrastructureRolePolicyForLoadBalancers": "AWS requires it for blue-green deployments by ECS",
}

# Each matches everything but what it names.
NEGATIONS: Final = ("NotAction", "NotPrincipal", "NotResource")


def wildcards(document: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Returns each text with a wildcard in actions, resources, principals and conditions, with its statement's Sid."""
    return {
        (statement.get("Sid", ""), text)
        for statement in statements(document)
        for text in _texts(statement)
        if "*" in text or "?" in text
    }


def statements(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Returns the statements of a policy document."""
    return listed(document["Statement"])


def is_allowed(sid: str, text: str) -> bool:
    """Whether the list has a wildcard."""
    return any(_pattern(sids).fullmatch(sid) and _pattern(texts).fullmatch(text) for sids, texts in ALLOWED)


def _texts(statement: Mapping[str, Any]) -> Iterator[str]:
    for element in ("Action", "Resource"):
        yield from listed(statement.get(element, []))
    principal = statement.get("Principal", {})
    holders = cast(Mapping[str, Any], principal).values() if isinstance(principal, Mapping) else [principal]
    for holder in holders:
        yield from listed(holder)
    for tests in statement.get("Condition", {}).values():
        for expected in tests.values():
            yield from map(str, listed(expected))


def _pattern(template: str) -> re.Pattern[str]:
    pattern = re.escape(template)
    for name, matches in PLACEHOLDERS.items():
        pattern = pattern.replace(re.escape(f"{{{name}}}"), matches)
    return re.compile(pattern)
