"""The wildcards that policy documents may have. Every other wildcard breaks a rule."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, cast

from policy.resource import listed

# Type of a resource → Sid, element and text of a statement → the reason. `PLACEHOLDERS` says what the names in braces
# stand for.
ALLOWED: Final[Mapping[str, Mapping[tuple[str, str, str], str]]] = {
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": {
        ("LogDelivery", "Resource", "arn:{partition}:logs:{region}:{account}:log-group:{web_acl_log}:*"): (
            "AWS WAF names the streams"
        ),
        ("LogDelivery", "Condition", "arn:{partition}:logs:{region}:{account}:*"): "as AWS documents it",
    },
    "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy": {
        ("Recordings", "Action", "s3:*"): "the task role says which actions",
        ("Recordings", "Principal", "*"): (
            "an endpoint's policy takes no other principal; a condition names the task role"
        ),
        ("Recordings", "Resource", "arn:{partition}:s3:::{recordings}/*"): "the task role says which objects",
        ("Tables", "Action", "dynamodb:*"): "as for Recordings",
        ("Tables", "Principal", "*"): "as for Recordings",
        ("Tables", "Resource", "arn:{partition}:dynamodb:{region}:{account}:table/*"): (
            "the task role says which tables, also during an update"
        ),
        ("ImageLayers", "Principal", "*"): "ECR signs the downloads of layers",
        ("ImageLayers", "Resource", "arn:{partition}:s3:::prod-{region}-starport-layer-bucket/*"): (
            "AWS names no narrower resource"
        ),
    },
    "aws:iam/role:Role": {
        ("EcsTasks", "Condition", "arn:{partition}:ecs:{region}:{account}:*"): (
            "ECS supports no narrower source for a task's role"
        ),
    },
    "aws:iam/rolePolicy:RolePolicy": {
        ("EcrLogin", "Resource", "*"): "a token is for the whole registry: the action takes no narrower resource",
        ("Logs", "Resource", "arn:{partition}:logs:{region}:{account}:log-group:{log_group}:*"): (
            "ECS names the streams after tasks"
        ),
        ("CloudWatchMetrics", "Resource", "*"): "the action takes no resource; the namespace is bound by a condition",
        ("XRay", "Resource", "*"): "none of the actions takes a resource",
        ("EcsExec", "Resource", "*"): "none of the actions takes a resource",
        ("EcsExecLogGroups", "Resource", "*"): "the action takes no resource",
        ("EcsExecLogs", "Resource", "arn:{partition}:logs:{region}:{account}:log-group:{log_group}:*"): (
            "ECS names the streams after sessions"
        ),
        ("EcsScaleInProtection", "Resource", "arn:{partition}:ecs:{region}:{account}:task/{cluster}/*"): (
            "the tasks of this cluster: a task gets its id when it starts"
        ),
        ("S3Recordings", "Resource", "arn:{partition}:s3:::{recordings}/recordings/*"): (
            "the app names the objects under the prefix itself"
        ),
        ("SecretKeyAlias{number}", "Resource", "arn:{partition}:kms:{region}:{account}:key/*"): (
            "a secret whose key is named by an alias: a condition names the alias"
        ),
    },
    "aws:kms/key:Key": {
        ("Administration", "Action", "kms:*"): (
            "the account keeps the right to manage its key: without this statement nobody could ever change the key"
        ),
        ("Administration", "Resource", "*"): "in a key's policy, this key",
        ("CloudWatch", "Action", "kms:GenerateDataKey*"): (
            "as AWS documents it for encrypted topics: with or without the plain text"
        ),
        ("CloudWatch", "Resource", "*"): "in a key's policy, this key",
        ("Budgets", "Action", "kms:GenerateDataKey*"): "as for CloudWatch",
        ("Budgets", "Resource", "*"): "in a key's policy, this key",
        ("EventBridge", "Action", "kms:GenerateDataKey*"): "as for CloudWatch",
        ("EventBridge", "Resource", "*"): "in a key's policy, this key",
        ("CloudWatchLogs", "Resource", "*"): "in a key's policy, this key",
    },
    "aws:s3/bucketPolicy:BucketPolicy": {
        ("LoadBalancerLogs", "Resource", "arn:{partition}:s3:::{logs_bucket}/AWSLogs/{account}/*"): (
            "AWS names the objects"
        ),
        ("LoadBalancerLogs", "Condition", "arn:{partition}:elasticloadbalancing:{region}:{account}:loadbalancer/*"): (
            "as AWS documents it"
        ),
        ("AWSLogDeliveryWrite", "Resource", "arn:{partition}:s3:::{logs_bucket}/AWSLogs/{account}/*"): (
            "AWS names the objects"
        ),
        ("AWSLogDeliveryWrite", "Condition", "arn:{partition}:logs:{region}:{account}:*"): "as AWS documents it",
        ("AWSLogDeliveryAclCheck", "Condition", "arn:{partition}:logs:{region}:{account}:*"): "as AWS documents it",
    },
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

# The policies of AWS that roles may have, by their path and name. Most of them have wildcards.
AWS_POLICIES: Final[Mapping[str, str]] = {
    "AmazonECSInfrastructureRolePolicyForLoadBalancers": "AWS requires it for blue-green deployments by ECS",
}

# Each matches everything but what it names.
NEGATIONS: Final = ("NotAction", "NotPrincipal", "NotResource")


class Wildcard(NamedTuple):
    """A text with a wildcard: the Sid of its statement, the element that holds it, and the text."""

    sid: str
    element: str
    text: str


def wildcards(document: Mapping[str, Any]) -> set[Wildcard]:
    """Returns the wildcards in actions, resources, principals and conditions of statements that grant something."""
    return {
        Wildcard(statement.get("Sid", ""), element, text)
        for statement in statements(document)
        if statement.get("Effect") != "Deny"
        for element, text in _texts(statement)
        if "*" in text or "?" in text
    }


def statements(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Returns the statements of a policy document."""
    return listed(document["Statement"])


def is_allowed(type_: str, wildcard: Wildcard) -> bool:
    """Whether the list has a wildcard for the documents of a type of resources."""
    return any(
        element == wildcard.element
        and _pattern(sids).fullmatch(wildcard.sid)
        and _pattern(texts).fullmatch(wildcard.text)
        for sids, element, texts in ALLOWED.get(type_, {})
    )


def is_of_aws(arn: str) -> bool:
    """Whether an ARN is that of a policy in `AWS_POLICIES`. A policy of the account can have the same name."""
    return arn.partition(":iam::aws:policy/")[2] in AWS_POLICIES


def _texts(statement: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for element in ("Action", "Resource"):
        for text in listed(statement.get(element, [])):
            yield element, text
    principal = statement.get("Principal", {})
    holders = cast(Mapping[str, Any], principal).values() if isinstance(principal, Mapping) else [principal]
    for holder in holders:
        for text in listed(holder):
            yield "Principal", text
    for tests in statement.get("Condition", {}).values():
        for expected in tests.values():
            for text in listed(expected):
                yield "Condition", str(text)


def _pattern(template: str) -> re.Pattern[str]:
    pattern = re.escape(template)
    for name, matches in PLACEHOLDERS.items():
        pattern = pattern.replace(re.escape(f"{{{name}}}"), matches)
    return re.compile(pattern)
