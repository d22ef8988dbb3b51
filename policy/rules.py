"""The rules. Each one looks at a resource, or at all resources of a stack, and yields a sentence for each violation.

A rule decides nothing about a value that a preview does not know. `not_known_yet` lists what an update has to check.
A message never contains a value that could be secret.
"""

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from policy.resource import UNKNOWN, Resource, is_list, known_items, listed, parsed, value_at
from policy.wildcards import NEGATIONS, is_allowed, is_of_aws, statements, wildcards

# The names of the tags that every resource has.
TAGS: Final = ("Application", "Environment", "ManagedBy", "Stack")
# The types of resources in this program that take no tags.
UNTAGGED: Final = frozenset(
    {
        "aws:acm/certificateValidation:CertificateValidation",
        "aws:appautoscaling/policy:Policy",
        "aws:appautoscaling/scheduledAction:ScheduledAction",
        "aws:cloudwatch/dashboard:Dashboard",
        "aws:cloudwatch/eventTarget:EventTarget",
        "aws:cloudwatch/logMetricFilter:LogMetricFilter",
        "aws:cloudwatch/logResourcePolicy:LogResourcePolicy",
        "aws:cloudwatch/queryDefinition:QueryDefinition",
        "aws:ec2/route:Route",
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy",
        "aws:ecr/lifecyclePolicy:LifecyclePolicy",
        "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        "aws:kms/alias:Alias",
        "aws:route53/record:Record",
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        "aws:s3/bucketPolicy:BucketPolicy",
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "aws:s3/bucketVersioning:BucketVersioning",
        "aws:secretsmanager/secretVersion:SecretVersion",
        "aws:sns/topicPolicy:TopicPolicy",
        "aws:sns/topicSubscription:TopicSubscription",
        "aws:wafv2/webAclAssociation:WebAclAssociation",
        "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
    }
)
# Elastic Load Balancing, "Security policies for your Application Load Balancer": TLS 1.2 with forward secrecy and 1.3.
TLS_POLICIES: Final = frozenset(
    {
        "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
        "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
        "ELBSecurityPolicy-TLS13-1-3-PQ-2025-09",
        "ELBSecurityPolicy-TLS13-1-3-2021-06",
    }
)

_BUCKET: Final = "aws:s3/bucket:Bucket"
_BUCKET_ACL: Final = "aws:s3/bucketAcl:BucketAcl"
_BUCKET_ENCRYPTION: Final = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
_BUCKET_POLICY: Final = "aws:s3/bucketPolicy:BucketPolicy"
_CACHE: Final = "aws:elasticache/replicationGroup:ReplicationGroup"
_DEFAULT_GROUP: Final = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
_ENDPOINT_POLICY: Final = "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy"
_EGRESS: Final = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
_GROUP: Final = "aws:ec2/securityGroup:SecurityGroup"
_INGRESS: Final = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
_KEY: Final = "aws:kms/key:Key"
_LISTENER: Final = "aws:lb/listener:Listener"
_LOAD_BALANCER: Final = "aws:lb/loadBalancer:LoadBalancer"
_LOG_GROUP: Final = "aws:cloudwatch/logGroup:LogGroup"
_PUBLIC_ACCESS: Final = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
_REPOSITORY: Final = "aws:ecr/repository:Repository"
_SECRET: Final = "aws:secretsmanager/secret:Secret"  # noqa: S105 - a type's name
_SERVICE: Final = "aws:ecs/service:Service"
_SUBNET: Final = "aws:ec2/subnet:Subnet"
_TABLE: Final = "aws:dynamodb/table:Table"
_TASK: Final = "aws:ecs/taskDefinition:TaskDefinition"
_TOPIC: Final = "aws:sns/topic:Topic"
_TOPIC_POLICY: Final = "aws:sns/topicPolicy:TopicPolicy"

# The properties that name managed policies: of roles, and of every kind of attachment.
_ATTACHED: Final = ("managedPolicyArns", "policyArn", "policyArns")
# The properties with the sources of a rule of a security group, inline or by itself.
_BLOCKS_OF_RULE: Final = ("cidrBlocks", "cidrIpv4", "cidrIpv6", "ipv6CidrBlocks")
_LISTS_OF_RULE: Final = ("prefixListId", "prefixListIds")
# RFC 1918, RFC 4193.
_PRIVATE: Final[Any] = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))
_BY_DEFAULT: Final = "applyServerSideEncryptionByDefault"
# The types of data beside buckets, and the property that names the key.
_KEYS: Final = {
    _TABLE: "serverSideEncryption.kmsKeyArn",
    **dict.fromkeys((_LOG_GROUP, _SECRET), "kmsKeyId"),
}
_BLOCKS: Final = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
_PROD: Final = re.compile(r"prod(-[a-z]{2}(-[a-z]+)+-\d)?")
_PROTECTED: Final = (_BUCKET, _LOG_GROUP, _SERVICE, _TABLE)
# Type, property, and the value that it has in prod.
_DELETION: Final[Sequence[tuple[str, str, bool]]] = (
    (_TABLE, "deletionProtectionEnabled", True),
    (_LOG_GROUP, "deletionProtectionEnabled", True),
    (_LOAD_BALANCER, "enableDeletionProtection", True),
    (_BUCKET, "forceDestroy", False),
    (_REPOSITORY, "forceDelete", False),
)
_SECRET_NAME: Final = re.compile(r"(.*_)?(TOKEN|SECRET|PASSWORD|PASSWD|(API|PRIVATE|ACCESS)_?KEY|CREDENTIALS?)", re.I)
# An access key of AWS, a private key, a JSON Web Token, a URL with a password.
_SECRET_VALUE: Final = re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b|-----BEGIN |\beyJ[\w-]+\.eyJ|://[^/\s:@]*:[^/\s@]+@")
# Types for the same thing as one that a rule looks at, and what to use instead.
ESCAPES: Final[Mapping[str, str]] = {
    "aws:alb/listener:Listener": "aws.lb.Listener",
    "aws:alb/loadBalancer:LoadBalancer": "aws.lb.LoadBalancer",
    "aws:cloudcontrol/resource:Resource": "the type of the resource",
    "aws:cloudformation/stack:Stack": "the types of its resources",
    "aws:ec2/securityGroupRule:SecurityGroupRule": "aws.vpc.SecurityGroupIngressRule or SecurityGroupEgressRule",
    "aws:elasticache/cluster:Cluster": "aws.elasticache.ReplicationGroup",
    "aws:elasticache/serverlessCache:ServerlessCache": "aws.elasticache.ReplicationGroup",
    "aws:elb/loadBalancer:LoadBalancer": "aws.lb.LoadBalancer",
    "aws:s3/bucketAclV2:BucketAclV2": "aws.s3.BucketOwnershipControls",
    "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2": (
        "aws.s3.BucketServerSideEncryptionConfiguration"
    ),
    "aws:s3/bucketV2:BucketV2": "aws.s3.Bucket",
}


@dataclass(frozen=True)
class Rule:
    """A rule on each resource."""

    name: str
    promise: str
    check: Callable[[Resource], Iterable[str]]


@dataclass(frozen=True)
class StackRule:
    """A rule on all resources of a stack. A violation names its resource."""

    name: str
    promise: str
    check: Callable[[Sequence[Resource]], Iterable[tuple[Resource, str]]]


def escapes(resource: Resource) -> Iterator[str]:
    if instead := ESCAPES.get(resource.type):
        yield f"The other rules do not look at this type. Use {instead}."


def unlisted_wildcards(resource: Resource) -> Iterator[str]:
    for name, document in resource.documents():
        for wildcard in sorted(wildcards(document)):
            if not is_allowed(resource.type, wildcard):
                yield (
                    f"{name}: {wildcard.element} of the statement {wildcard.sid or 'without Sid'} contains"
                    f" {wildcard.text!r}. Name the actions, resources and principals, or add the wildcard to"
                    " policy/wildcards.py with its reason."
                )
        for statement in statements(document):
            for element in NEGATIONS:
                if element in statement:
                    yield f"{name}: {element} matches everything but what it names. List what the statement is for."
    for name in _ATTACHED if resource.type.startswith("aws:iam/") else ():
        for arn in resource.list(name):
            if not is_of_aws(arn):
                yield f"{name}: {arn} is not in AWS_POLICIES of policy/wildcards.py. Grant what is needed inline."


def public(resource: Resource) -> Iterator[str]:
    kind = resource.type
    if kind == _SUBNET and resource.get("mapPublicIpOnLaunch") is True:
        yield "mapPublicIpOnLaunch: the subnet gives everything in it a public address. Set it to false."
    if kind == _DEFAULT_GROUP:
        for way in ("ingress", "egress"):
            if resource.list(way):
                yield f"{way}: the VPC's default security group has no rules. Use a group of the resource's own."
    if kind == _GROUP and any(_is_open(rule) for rule in resource.list("ingress")):
        yield "ingress: open to the internet. Use aws.vpc.SecurityGroupIngressRule, and name a security group."
    if kind == _PUBLIC_ACCESS:
        for name in _BLOCKS:
            if resource.get(name) not in (True, UNKNOWN):
                yield f"{name}: must be true, so that nothing in the bucket becomes public."
    if kind == _BUCKET_ACL:
        yield "A bucket's ACL can make it public. Leave it to aws.s3.BucketOwnershipControls: BucketOwnerEnforced."
    if kind == _CACHE and resource.get("subnetGroupName") is None:
        yield "subnetGroupName: without it the cache is in the account's default VPC. Name private subnets."
    if kind != _ENDPOINT_POLICY:  # which only what is in the VPC can use
        for name, document in resource.documents():
            for statement in statements(document):
                if _admits_everybody(statement):
                    sid = statement.get("Sid", "without Sid")
                    yield f"{name}: the statement {sid} admits everybody. Name the principals, or add a condition."


def encrypted(resource: Resource) -> Iterator[str]:
    kind = resource.type
    if kind == _REPOSITORY:
        found = resource.get("encryptionConfigurations")
        # A repository that exists keeps the encryption that it was created with: the program ignores the change.
        kept = not found and "encryptionConfigurations" in resource.ignore_changes
        kinds = [value_at(one, "encryptionType") for one in listed(found)]
        if not kept and (not kinds or any(kind not in ("KMS", UNKNOWN) for kind in kinds)):
            yield "encryptionConfigurations: the encryptionType must be KMS."
    if kind == _TOPIC and not resource.get("kmsMasterKeyId"):
        yield "kmsMasterKeyId: the topic needs a KMS key."
    if kind == _CACHE and resource.get("atRestEncryptionEnabled") not in (True, UNKNOWN):
        yield "atRestEncryptionEnabled: must be true."
    if kind == _KEY and resource.get("enableKeyRotation") not in (True, UNKNOWN):
        yield "enableKeyRotation: must be true."
    if kind == _BUCKET_ENCRYPTION:
        algorithms = [value_at(rule, f"{_BY_DEFAULT}.sseAlgorithm") for rule in listed(resource.get("rules"))]
        if not algorithms or any(one not in ("AES256", "aws:kms", UNKNOWN) for one in algorithms):
            yield "rules: the sseAlgorithm must be AES256 or aws:kms."


def tls(resource: Resource) -> Iterator[str]:
    if resource.type == _LISTENER and resource.get("protocol") in ("HTTPS", "TLS"):
        if resource.get("sslPolicy") not in (*TLS_POLICIES, UNKNOWN):
            yield f"sslPolicy: must be one of {', '.join(sorted(TLS_POLICIES))}."
    elif resource.type == _LISTENER and resource.get("protocol") is not UNKNOWN:
        for action in resource.list("defaultActions"):
            if value_at(action, "redirect.protocol") not in ("HTTPS", UNKNOWN):
                yield "defaultActions: a listener without TLS must redirect to HTTPS."
    if resource.type == _CACHE and resource.get("transitEncryptionEnabled") not in (True, UNKNOWN):
        yield "transitEncryptionEnabled: must be true."


def tagged(resource: Resource) -> Iterator[str]:
    if not resource.type.startswith("aws:") or resource.type in UNTAGGED:
        return
    holders = (resource.get("tags"), resource.default_tags)
    missing = [name for name in TAGS if not any(name in (tags or {}) for tags in holders if tags is not UNKNOWN)]
    if missing and UNKNOWN not in holders:
        yield (
            f"tags: {', '.join(missing)} missing. Use the provider of components/lib/provider.py, which sets them. If"
            f" the type takes no tags, add {resource.type} to UNTAGGED of policy/rules.py."
        )


def protected(resource: Resource) -> Iterator[str]:
    if not _PROD.fullmatch(resource.stack):
        return
    if resource.type in _PROTECTED and not resource.protect:
        yield "protect: must be true in prod. `pulumi config set protectData true` sets it."
    for kind, name, value in _DELETION:
        if resource.type == kind and resource.get(name) is not UNKNOWN and bool(resource.get(name)) is not value:
            yield f"{name}: must be {str(value).lower()} in prod. `pulumi config set protectData true` sets it."
    if resource.type == _SECRET and resource.get("recoveryWindowInDays") == 0:
        yield "recoveryWindowInDays: must not be 0 in prod. `pulumi config set protectData true` sets it."


def by_digest(resource: Resource) -> Iterator[str]:
    for container in _containers(resource):
        if not re.search(r"@sha256:[0-9a-f]{64}$", str(container.get("image", ""))):
            yield f"image of the container {container.get('name')}: name it by its digest, as repository@sha256:…"


def logs_expire(resource: Resource) -> Iterator[str]:
    if resource.type == _LOG_GROUP and not resource.get("retentionInDays"):
        yield "retentionInDays: set it, so that the log does not grow without end."


def plain_secrets(resource: Resource) -> Iterator[str]:
    for container in _containers(resource):
        for variable in known_items(container.get("environment")):
            name, value = str(variable.get("name", "")), str(variable.get("value", ""))
            if _SECRET_NAME.fullmatch(name) or _SECRET_VALUE.search(value):
                yield (
                    f"environment of the container {container.get('name')}: {name} looks like a secret. Everybody who"
                    f" may read the task definition can read it. `pulumi config set --secret --path secrets.{name} …`."
                )


def internet_reaches_load_balancer_only(resources: Sequence[Resource]) -> Iterator[tuple[Resource, str]]:
    edge = {urn for one in resources if one.type == _LOAD_BALANCER for urn in _groups_of(one)}
    # A group of the load balancer that something else has as well opens that, too.
    edge -= {urn for one in resources if one.type not in (_LOAD_BALANCER, _INGRESS, _EGRESS) for urn in _groups_of(one)}
    for rule in resources:
        if rule.type != _INGRESS or not _is_open(rule.properties):
            continue
        groups, port = _groups_of(rule), rule.get("fromPort")
        if not groups or not groups <= edge or port != rule.get("toPort") or port not in (80, 443):
            message = "open to the internet: only the load balancer's own security group may be, on ports 80 and 443."
            yield rule, f"{message} Set referencedSecurityGroupId instead."


def buckets_and_topics_are_guarded(resources: Sequence[Resource]) -> Iterator[tuple[Resource, str]]:
    for owner in resources:
        if owner.type == _BUCKET:
            if not _of(owner, resources, _PUBLIC_ACCESS, "bucket"):
                yield owner, "has no aws.s3.BucketPublicAccessBlock. Use components/data/bucket.py, which makes one."
            if not _of(owner, resources, _BUCKET_ENCRYPTION, "bucket"):
                yield owner, "has no aws.s3.BucketServerSideEncryptionConfiguration. Use components/data/bucket.py."
            policies = _of(owner, resources, _BUCKET_POLICY, "bucket")
        elif owner.type == _TOPIC:
            policies = _of(owner, resources, _TOPIC_POLICY, "arn")
        else:
            continue
        denied = "s3:*" if owner.type == _BUCKET else "sns:Publish"
        if not any(policy.get("policy") is UNKNOWN or _denies_plain_http(policy, denied) for policy in policies):
            yield owner, "has no policy that denies everybody's requests without TLS (aws:SecureTransport)."


def one_key_for_data(resources: Sequence[Resource]) -> Iterator[tuple[Resource, str]]:
    """With `customerKey`, all data has the stack's key. Without it, no table and no log group has.

    Secrets keep the key, or name AWS's own, once `customerKey` is off (docs/encryption.md). So they and the buckets do
    not decide whether the stack has a key.
    """
    # The bucket of the load balancer's logs cannot have one (ELB, "Access logs for your Application Load Balancer").
    of_logs = {urn for one in resources if one.type == _LOAD_BALANCER for urn in one.uses.get("accessLogs", ())}
    # The bucket's name may come from its policy, so that the load balancer waits for it.
    of_logs |= {urn for one in resources if one.urn in of_logs for urn in one.uses.get("bucket", ())}
    keys: list[tuple[Resource, str, Any]] = []
    for resource in resources:
        if path := _KEYS.get(resource.type):
            keys.append((resource, path, resource.get(path)))
        if resource.type == _BUCKET_ENCRYPTION and not of_logs & resource.uses.get("bucket", frozenset()):
            for rule in resource.list("rules"):
                keys.append((resource, "rules", value_at(rule, f"{_BY_DEFAULT}.kmsMasterKeyId")))
    stack_keys = [key for resource, _, key in keys if key and resource.type in (_TABLE, _LOG_GROUP)]
    if not stack_keys:
        return
    known = [_key_id(key) for key in stack_keys if key is not UNKNOWN]
    for resource, path, key in keys:
        if key is not UNKNOWN and (not key or (known and _key_id(key) != known[0])):
            yield resource, f"{path}: other data of the stack has a key of the stack's own. Set the same key here."


def _key_id(key: str) -> str:
    """Returns the id of a key that is named by its id or its ARN: services may answer with either."""
    return key.rpartition("/")[2]


def not_known_yet(resources: Sequence[Resource]) -> Iterator[tuple[Resource, str]]:
    unknown = [
        (resource, f"{resource.name} ({resource.type.rpartition(':')[2]}) {name}")
        for resource in resources
        for name in ("assumeRolePolicy", "containerDefinitions", "policy", "policyDocument")
        if resource.get(name) is UNKNOWN
    ]
    if unknown:
        yield unknown[0][0], f"They name objects that do not exist yet: {', '.join(text for _, text in unknown)}."


RULES: Final = (
    Rule("types-with-rules", "No resource evades the rules by another type for the same thing.", escapes),
    Rule("no-unlisted-wildcards", "A policy document has no wildcard but those that are listed.", unlisted_wildcards),
    Rule("nothing-public", "Nothing is public but the load balancer.", public),
    Rule("encrypted-at-rest", "Data is encrypted at rest.", encrypted),
    Rule(
        "tls", "HTTPS uses TLS 1.3 or TLS 1.2 with forward secrecy, HTTP redirects by default, and Redis uses TLS.", tls
    ),
    Rule("tagged", "Everything that takes tags has the program's.", tagged),
    Rule("protected-in-prod", "Nothing deletes data of prod by mistake.", protected),
    Rule("image-by-digest", "A task runs its image by digest.", by_digest),
    Rule("logs-expire", "Every log group has a retention.", logs_expire),
    Rule("no-plain-secrets", "No secret is in a task definition's environment.", plain_secrets),
)
STACK_RULES: Final = (
    StackRule(
        "internet-reaches-load-balancer-only",
        "The internet reaches the load balancer and nothing else.",
        internet_reaches_load_balancer_only,
    ),
    StackRule(
        "buckets-and-topics-are-guarded",
        "Every bucket is private and encrypted, and denies requests without TLS. So does every topic.",
        buckets_and_topics_are_guarded,
    ),
    StackRule("one-key-for-data", "With customerKey, all data has the stack's key.", one_key_for_data),
)
# Breaks no rule, but is printed.
NOTICES: Final = (
    StackRule(
        "not-known-yet",
        "This preview cannot check some documents. `pulumi up --policy-pack policy` checks them when it creates them.",
        not_known_yet,
    ),
)


def _containers(resource: Resource) -> list[dict[str, Any]]:
    definitions = parsed(resource.get("containerDefinitions")) if resource.type == _TASK else None
    return [_lower_case(one) for one in known_items(definitions)]


def _lower_case(value: Any) -> Any:
    """Returns a value with the keys in lower case: the AWS provider decodes container definitions in any case.

    Source: terraform-provider-aws, `expandContainerDefinitions`; Go's encoding/json, `Unmarshal`.
    """
    if isinstance(value, Mapping):
        return {key.lower(): _lower_case(one) for key, one in cast(Mapping[str, Any], value).items()}
    return [_lower_case(one) for one in known_items(value)] if is_list(value) else value


def _admits_everybody(statement: Mapping[str, Any]) -> bool:
    """Whether a statement allows every principal of every account, under no condition."""
    principal = statement.get("Principal")
    accounts = cast(Mapping[str, Any], principal).get("AWS") if isinstance(principal, Mapping) else principal
    return statement.get("Effect") == "Allow" and "*" in listed(accounts) and not statement.get("Condition")


def _is_open(rule: Mapping[str, Any]) -> bool:
    """Whether a rule of a security group admits public addresses, or those of a prefix list, which may be public."""
    # A property that is not set can be an empty text among the outputs of a resource.
    blocks = [block for name in _BLOCKS_OF_RULE for block in known_items(rule.get(name)) if block]
    lists = [one for name in _LISTS_OF_RULE for one in known_items(rule.get(name)) if one]
    return bool(lists) or not all(map(_is_private, blocks))


def _is_private(block: str) -> bool:
    try:
        network = ipaddress.ip_network(block)
    except ValueError:
        return False
    return any(network.version == one.version and network.subnet_of(one) for one in _PRIVATE)


def _groups_of(resource: Resource) -> set[str]:
    """Returns the URNs of the security groups that a resource names."""
    return {urn for used in resource.uses.values() for urn in used if f"{_GROUP}::" in urn}


def _of(owner: Resource, resources: Sequence[Resource], kind: str, property_name: str) -> list[Resource]:
    """Returns the resources of a type whose property comes from `owner`."""
    return [one for one in resources if one.type == kind and owner.urn in one.uses.get(property_name, ())]


def _denies_plain_http(policy: Resource, action: str) -> bool:
    return any(
        statement.get("Effect") == "Deny"
        and statement.get("Principal") in ("*", {"AWS": "*"})
        and statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
        and action in listed(statement.get("Action"))
        for _, document in policy.documents()
        for statement in statements(document)
    )
