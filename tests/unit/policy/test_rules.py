"""Each rule on a resource that breaks it, on one that keeps it, and on values that a preview does not know."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

import pytest

from policy import rules
from policy.resource import UNKNOWN, Resource
from policy.rules import NOTICES, RULES, STACK_RULES

TAGS: Final = dict.fromkeys(rules.TAGS, "x")
DIGEST: Final = "1.dkr.ecr.us-east-1.amazonaws.com/app@sha256:" + "a" * 64
BUCKET, TOPIC, TABLE = "aws:s3/bucket:Bucket", "aws:sns/topic:Topic", "aws:dynamodb/table:Table"
BUCKET_POLICY, TOPIC_POLICY = "aws:s3/bucketPolicy:BucketPolicy", "aws:sns/topicPolicy:TopicPolicy"
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
KEY = "aws:kms/key:Key"
CACHE, GROUP = "aws:elasticache/replicationGroup:ReplicationGroup", "aws:ec2/securityGroup:SecurityGroup"
LISTENER, LOAD_BALANCER = "aws:lb/listener:Listener", "aws:lb/loadBalancer:LoadBalancer"
LOG_GROUP, REPOSITORY = "aws:cloudwatch/logGroup:LogGroup", "aws:ecr/repository:Repository"
TASK, SERVICE = "aws:ecs/taskDefinition:TaskDefinition", "aws:ecs/service:Service"
INGRESS, SECRET = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "aws:secretsmanager/secret:Secret"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
ATTACHMENT, ROLE_POLICY = "aws:iam/rolePolicyAttachment:RolePolicyAttachment", "aws:iam/rolePolicy:RolePolicy"
TLS = {
    "Sid": "TlsOnly",
    "Effect": "Deny",
    "Principal": "*",
    "Action": ["sns:Publish"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
KMS = [{"encryptionType": "KMS"}]
BLOCKED: dict[str, Any] = dict.fromkeys(
    ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True
)


def made(
    kind: str, name: str = "one", stack: str = "dev", uses: dict[str, str] | None = None, **given: Any
) -> Resource:
    options = {key: given.pop(key) for key in ("protect", "ignore_changes", "default_tags") if key in given}
    sources = {key: frozenset({urn}) for key, urn in (uses or {}).items()}
    return Resource(kind, name, f"urn:pulumi:{stack}::app::{kind}::{name}", given, uses=sources, **options)


def block(settings: dict[str, Any]) -> Resource:
    return Resource(BLOCK, "one", f"urn:pulumi:dev::app::{BLOCK}::one", settings)


def policy(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": "One", "Effect": "Allow", **statement}]})


def task(image: str = DIGEST, environment: dict[str, str] | None = None) -> Resource:
    variables = [{"name": name, "value": value} for name, value in (environment or {}).items()]
    return made(TASK, containerDefinitions=json.dumps([{"name": "app", "image": image, "environment": variables}]))


def encryption(algorithm: Any) -> Resource:
    return made(ENCRYPTION, rules=[{"applyServerSideEncryptionByDefault": {"sseAlgorithm": algorithm}}])


def redirect(protocol: Any) -> list[Any]:
    return [{"type": "redirect", "redirect": {"protocol": protocol}}]


def messages(name: str, resource: Resource) -> list[str]:
    [rule] = [rule for rule in RULES if rule.name == name]
    return list(rule.check(resource))


OF_AWS = "arn:aws:iam::aws:policy"
INFRASTRUCTURE = "AmazonECSInfrastructureRolePolicyForLoadBalancers"
BAD: list[tuple[str, Resource, str]] = [
    *(("types-with-rules", made(kind), "Use ") for kind in rules.ESCAPES),
    ("no-unlisted-wildcards", made(ROLE_POLICY, policy=policy(Action="s3:*", Resource="arn:aws:s3:::a")), "'s3:*'"),
    ("no-unlisted-wildcards", made("aws:iam/role:Role", assumeRolePolicy=policy(Principal="*")), "assumeRolePolicy"),
    ("no-unlisted-wildcards", made(ROLE_POLICY, policy=policy(NotAction="iam:PassRole")), "NotAction"),
    ("no-unlisted-wildcards", made(ROLE_POLICY, policy=policy(Sid="XRay", Action="*", Resource="*")), "Action"),
    ("no-unlisted-wildcards", made(ROLE_POLICY, policy=policy(Sid="TlsOnly", Action="s3:*", Resource="*")), "s3:*"),
    ("no-unlisted-wildcards", made(ROLE_POLICY, policy=policy(Sid="Tables", Action="dynamodb:*")), "dynamodb:*"),
    (
        "no-unlisted-wildcards",
        made("aws:iam/role:Role", inlinePolicies=[{"name": "a", "policy": policy(Action="*", Resource="*")}]),
        "inlinePolicies.policy: Action",
    ),
    ("no-unlisted-wildcards", made("aws:iam/role:Role", managedPolicyArns=[f"{OF_AWS}/AdministratorAccess"]), "Admin"),
    ("no-unlisted-wildcards", made(ATTACHMENT, policyArn=f"{OF_AWS}/AdministratorAccess"), "Admin"),
    ("no-unlisted-wildcards", made(ATTACHMENT, policyArn=f"arn:aws:iam::1:policy/{INFRASTRUCTURE}"), INFRASTRUCTURE),
    (
        "no-unlisted-wildcards",
        made("aws:iam/policyAttachment:PolicyAttachment", policyArn=f"{OF_AWS}/AdministratorAccess"),
        "Admin",
    ),
    ("nothing-public", made("aws:ec2/subnet:Subnet", mapPublicIpOnLaunch=True), "mapPublicIpOnLaunch"),
    ("nothing-public", made("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", egress=[{}]), "egress"),
    ("nothing-public", made(GROUP, ingress=[{"cidrBlocks": ["10.0.0.0/8"]}, {"cidrBlocks": ["0.0.0.0/0"]}]), "ingress"),
    ("nothing-public", made(GROUP, ingress=[{"ipv6CidrBlocks": ["::/0"]}]), "ingress"),
    ("nothing-public", made(GROUP, ingress=[{"cidrBlocks": ["0.0.0.0/1", "128.0.0.0/1"]}]), "ingress"),
    ("nothing-public", made(GROUP, ingress=[{"cidrBlocks": None, "prefixListIds": ["pl-1"]}]), "ingress"),
    *(("nothing-public", block({**BLOCKED, name: False}), name) for name in BLOCKED),
    ("nothing-public", made(BLOCK), "blockPublicAcls"),
    ("nothing-public", made("aws:s3/bucketAcl:BucketAcl", acl="public-read"), "ACL"),
    ("nothing-public", made(CACHE), "subnetGroupName"),
    ("nothing-public", made(KEY, policy=policy(Sid="Administration", Principal="*", Action="kms:*")), "Administration"),
    ("nothing-public", made(TOPIC_POLICY, policy=policy(Principal={"AWS": ["*"]}, Action="sns:Publish")), "One"),
    ("encrypted-at-rest", made(REPOSITORY), "encryptionConfigurations"),
    (
        "encrypted-at-rest",
        made(
            REPOSITORY,
            encryptionConfigurations=[{"encryptionType": "AES256"}],
            ignore_changes=("encryptionConfigurations",),
        ),
        "KMS",
    ),
    ("encrypted-at-rest", made(TOPIC), "kmsMasterKeyId"),
    ("encrypted-at-rest", made(CACHE, atRestEncryptionEnabled=False), "atRestEncryptionEnabled"),
    ("encrypted-at-rest", made("aws:kms/key:Key"), "enableKeyRotation"),
    ("encrypted-at-rest", encryption("none"), "sseAlgorithm"),
    ("encrypted-at-rest", made(ENCRYPTION, rules=[]), "sseAlgorithm"),
    ("tls", made(LISTENER, protocol="HTTPS", sslPolicy="ELBSecurityPolicy-2016-08"), "sslPolicy"),
    ("tls", made(LISTENER, protocol="HTTPS"), "sslPolicy"),
    ("tls", made(LISTENER, protocol="HTTP", defaultActions=[{"type": "forward"}]), "redirect"),
    ("tls", made(LISTENER, protocol="HTTP", defaultActions=redirect("HTTP")), "redirect"),
    ("tls", made(CACHE), "transitEncryptionEnabled"),
    ("tagged", made(LOG_GROUP), "Application, Environment, ManagedBy, Stack missing"),
    (
        "tagged",
        made(LOG_GROUP, tags={"Application": "x", "Stack": "x"}, default_tags={"ManagedBy": "x"}),
        "Environment",
    ),
    ("protected-in-prod", made(TABLE, stack="prod", deletionProtectionEnabled=True), "protect"),
    ("protected-in-prod", made(TABLE, stack="prod-eu-north-1", protect=True), "deletionProtectionEnabled"),
    ("protected-in-prod", made(LOG_GROUP, stack="prod", protect=True), "deletionProtectionEnabled"),
    ("protected-in-prod", made(LOAD_BALANCER, stack="prod"), "enableDeletionProtection"),
    ("protected-in-prod", made(BUCKET, stack="prod", protect=True, forceDestroy=True), "forceDestroy"),
    ("protected-in-prod", made(REPOSITORY, stack="prod", forceDelete=True), "forceDelete"),
    ("protected-in-prod", made(SECRET, stack="prod", recoveryWindowInDays=0), "recoveryWindowInDays"),
    ("protected-in-prod", made(SERVICE, stack="prod"), "protect"),
    ("image-by-digest", task("repository:1.2.3"), "container app"),
    ("logs-expire", made(LOG_GROUP), "retentionInDays"),
    ("logs-expire", made(LOG_GROUP, retentionInDays=0), "retentionInDays"),
    ("no-plain-secrets", task(environment={"API_TOKEN": "a"}), "API_TOKEN"),
    (
        "no-plain-secrets",
        made(TASK, containerDefinitions=json.dumps([{"Environment": [{"Name": "API_TOKEN", "Value": "a"}]}])),
        "API_TOKEN",
    ),
    ("no-plain-secrets", task(environment={"PASSWORD": "a"}), "PASSWORD"),
    ("no-plain-secrets", task(environment={"STRIPE_API_KEY": "a"}), "STRIPE_API_KEY"),
    ("no-plain-secrets", task(environment={"SETTING": "AKIA" + "A" * 16}), "SETTING"),
    (
        "no-plain-secrets",
        task(environment={"STORE": "rediss://:hunter2@cache:6379"}),
        "STORE",
    ),  # pragma: allowlist secret
    ("no-plain-secrets", task(environment={"PEM": "-----BEGIN PRIVATE KEY"}), "PEM"),  # pragma: allowlist secret
]
GOOD: list[tuple[str, Resource]] = [
    ("types-with-rules", made(BUCKET)),
    ("no-unlisted-wildcards", made(ROLE_POLICY, policy=policy(Action="s3:GetObject", Resource="arn:aws:s3:::a/b"))),
    (
        "no-unlisted-wildcards",
        made(ROLE_POLICY, policy=policy(Sid="XRay", Action="xray:PutTraceSegments", Resource="*")),
    ),
    (
        "no-unlisted-wildcards",
        made(ATTACHMENT, policyArn=f"{OF_AWS}/{INFRASTRUCTURE}"),
    ),
    ("no-unlisted-wildcards", made("aws:ecr/lifecyclePolicy:LifecyclePolicy", policy='{"rules": ["*"]}')),
    ("no-unlisted-wildcards", made(ROLE_POLICY, policy="{ no JSON: * }")),
    ("nothing-public", made("aws:ec2/subnet:Subnet", mapPublicIpOnLaunch=False)),
    ("nothing-public", block(BLOCKED)),
    ("nothing-public", made(GROUP, ingress=[{"cidrBlocks": ["10.0.0.0/16"]}])),
    ("nothing-public", made(BUCKET_POLICY, policy=json.dumps({"Statement": TLS}))),
    ("nothing-public", made(KEY, policy=policy(Principal={"AWS": "arn:aws:iam::123456789012:root"}))),
    ("nothing-public", made(KEY, policy=policy(Principal="*", Condition={"StringEquals": {"kms:CallerAccount": "1"}}))),
    ("nothing-public", made("aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy", policy=policy(Principal="*"))),
    ("encrypted-at-rest", made(REPOSITORY, encryptionConfigurations=KMS)),
    ("encrypted-at-rest", made(REPOSITORY, ignore_changes=("encryptionConfigurations",))),
    ("encrypted-at-rest", encryption("AES256")),
    ("encrypted-at-rest", encryption("aws:kms")),
    *(("tls", made(LISTENER, protocol="HTTPS", sslPolicy=name)) for name in rules.TLS_POLICIES),
    ("tls", made(LISTENER, protocol="HTTP", defaultActions=redirect("HTTPS"))),
    ("tagged", made(LOG_GROUP, tags=TAGS)),
    ("tagged", made(LOG_GROUP, default_tags=TAGS)),
    ("tagged", made(ROLE_POLICY)),
    ("tagged", made("voiceter:logs:Logs")),
    ("tagged", made("pulumi:providers:aws")),
    ("protected-in-prod", made(TABLE, stack="dev")),
    ("protected-in-prod", made(TABLE, stack="production")),
    ("protected-in-prod", made(TABLE, stack="prod", protect=True, deletionProtectionEnabled=True)),
    ("protected-in-prod", made(SECRET, stack="prod", recoveryWindowInDays=30)),
    ("image-by-digest", task()),
    ("image-by-digest", made(TASK, containerDefinitions=json.dumps([{"Image": DIGEST}]))),
    ("no-plain-secrets", made(TASK, containerDefinitions=json.dumps([{"environment": None}, {}]))),
    ("logs-expire", made(LOG_GROUP, retentionInDays=30)),
    (
        "no-plain-secrets",
        task(
            environment={
                "TOKEN_TTL": "60",
                "URL": "https://example.com:8080/a@b",
                "KEYBOARD": "x",
                "SECRETS_FOLDER": "/a",
            }
        ),
    ),
]
# What each rule looks at, none of it known.
NOT_KNOWN: list[Resource] = [
    made(ROLE_POLICY, policy=UNKNOWN),
    made(ATTACHMENT, policyArn=UNKNOWN),
    made("aws:ec2/subnet:Subnet", mapPublicIpOnLaunch=UNKNOWN, tags=UNKNOWN),
    made("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", egress=UNKNOWN, tags=TAGS),
    made(GROUP, ingress=[UNKNOWN, {"cidrBlocks": UNKNOWN}, {"ipv6CidrBlocks": [UNKNOWN]}], tags=TAGS),
    made("aws:iam/role:Role", managedPolicyArns=[UNKNOWN], inlinePolicies=[{"policy": UNKNOWN}], tags=TAGS),
    block(dict.fromkeys(BLOCKED, UNKNOWN)),
    made(
        CACHE,
        subnetGroupName=UNKNOWN,
        atRestEncryptionEnabled=UNKNOWN,
        transitEncryptionEnabled=UNKNOWN,
        default_tags=UNKNOWN,
    ),
    made(REPOSITORY, "one", "prod", encryptionConfigurations=UNKNOWN, forceDelete=UNKNOWN, tags=TAGS),
    made(TOPIC, kmsMasterKeyId=UNKNOWN, tags=TAGS),
    made("aws:kms/key:Key", enableKeyRotation=UNKNOWN, tags=TAGS),
    made(REPOSITORY, encryptionConfigurations=[{"encryptionType": UNKNOWN}], tags=TAGS),
    encryption(UNKNOWN),
    made(LISTENER, protocol="HTTPS", sslPolicy=UNKNOWN, tags=TAGS),
    made(LISTENER, protocol=UNKNOWN, defaultActions=[{"type": "forward"}], tags=TAGS),
    made(LISTENER, protocol="HTTP", defaultActions=redirect(UNKNOWN), tags=TAGS),
    made(LISTENER, protocol="HTTP", defaultActions=[{"redirect": UNKNOWN}], tags=TAGS),
    made(TABLE, "one", "prod", deletionProtectionEnabled=UNKNOWN, protect=True, tags=TAGS),
    made(TASK, containerDefinitions=UNKNOWN, tags=TAGS),
    made(LOG_GROUP, retentionInDays=UNKNOWN, tags=TAGS),
]


@pytest.mark.parametrize(("name", "resource", "says"), BAD)
def test_violation_says_what_to_change(name: str, resource: Resource, says: str) -> None:
    assert any(says in message for message in messages(name, resource))


@pytest.mark.parametrize(("name", "resource"), GOOD)
def test_resource_that_keeps_the_rule_is_no_violation(name: str, resource: Resource) -> None:
    assert messages(name, resource) == []


def test_every_rule_has_both_cases() -> None:
    names = {rule.name for rule in RULES}
    assert {name for name, _, _ in BAD} == names == {name for name, _ in GOOD}


@pytest.mark.parametrize("resource", NOT_KNOWN)
def test_no_rule_decides_about_a_value_that_is_not_known(resource: Resource) -> None:
    assert [message for rule in RULES for message in rule.check(resource)] == []


def test_message_contains_no_value_of_a_variable() -> None:
    assert "hunter2" not in str(
        messages("no-plain-secrets", task(environment={"API_TOKEN": "hunter2", "URL": "a://b:hunter2@c"}))
    )


# Rules on the whole stack


def broken(name: str, resources: Iterable[Resource]) -> set[str]:
    [rule] = [rule for rule in (*STACK_RULES, *NOTICES) if rule.name == name]
    return {resource.name for resource, _ in rule.check(list(resources))}


EDGE, TASKS = made(GROUP, "edge"), made(GROUP, "tasks")
BALANCER = made(LOAD_BALANCER, uses={"securityGroups": EDGE.urn})


def way_in(group: Resource, port: Any = 443, to_port: Any = None, **source: Any) -> Resource:
    source = source or {"cidrIpv4": "0.0.0.0/0"}
    ports = {"fromPort": port, "toPort": to_port or port}
    return made(INGRESS, "way-in", uses={"securityGroupId": group.urn}, **ports, **source)


@pytest.mark.parametrize(
    ("rule", "violation"),
    [
        (way_in(EDGE), False),
        (way_in(EDGE, 80), False),
        (way_in(EDGE, cidrIpv6="::/0"), False),
        (way_in(EDGE, 22), True),
        (way_in(EDGE, 80, 443), True),
        (way_in(TASKS), True),
        (way_in(TASKS, cidrIpv6="::/0"), True),
        (way_in(TASKS, 8080, referencedSecurityGroupId="sg-1"), False),
        (way_in(TASKS, cidrIpv4=UNKNOWN), False),
        (way_in(TASKS, cidrIpv4="10.1.0.0/16"), False),
        (way_in(TASKS, cidrIpv4="", prefixListId="", referencedSecurityGroupId="sg-1"), False),
        (way_in(TASKS, cidrIpv6="fd00::/8"), False),
        (way_in(TASKS, cidrIpv4="0.0.0.0/1"), True),
        (way_in(TASKS, cidrIpv4="203.0.113.7/32"), True),
        (way_in(TASKS, prefixListId="pl-1"), True),
        (way_in(TASKS, cidrIpv4="anywhere"), True),
        (made(EGRESS, "way-out", cidrIpv4="0.0.0.0/0", fromPort=443, toPort=443), False),
        (made(INGRESS, "way-in", cidrIpv4="0.0.0.0/0", fromPort=443, toPort=443, securityGroupId="sg-1"), True),
    ],
)
def test_internet_reaches_the_load_balancer_only(rule: Resource, violation: bool) -> None:
    found = broken("internet-reaches-load-balancer-only", [EDGE, TASKS, BALANCER, rule])
    assert found == ({"way-in"} if violation else set())


def test_group_of_the_load_balancer_that_tasks_have_as_well_is_not_open_to_the_internet() -> None:
    service = made(SERVICE, uses={"networkConfiguration": EDGE.urn})
    found = broken("internet-reaches-load-balancer-only", [EDGE, BALANCER, service, way_in(EDGE)])
    assert found == {"way-in"}


OWNED: Final = made(BUCKET, "recordings")
COMPANIONS: Final = {
    kind: made(kind, uses={"bucket": OWNED.urn}, policy=json.dumps({"Statement": [{**TLS, "Action": ["s3:*"]}]}))
    for kind in (BLOCK, ENCRYPTION, BUCKET_POLICY)
}
OPEN = json.dumps({"Statement": [{**TLS, "Effect": "Allow"}]})


def test_bucket_with_all_its_companions_is_guarded() -> None:
    assert broken("buckets-and-topics-are-guarded", [OWNED, *COMPANIONS.values()]) == set()


@pytest.mark.parametrize("missing", COMPANIONS)
def test_bucket_without_a_companion_is_a_violation(missing: str) -> None:
    others = [one for kind, one in COMPANIONS.items() if kind != missing]
    of_another_bucket = made(missing, uses={"bucket": "urn:pulumi:dev::app::aws:s3/bucket:Bucket::logs"})
    assert broken("buckets-and-topics-are-guarded", [OWNED, *others, of_another_bucket]) == {"recordings"}


@pytest.mark.parametrize(
    ("document", "violation"),
    [
        (json.dumps({"Statement": [{**TLS, "Effect": "Allow"}, TLS]}), False),
        (json.dumps({"Statement": [{**TLS, "Principal": {"AWS": "*"}}]}), False),
        (UNKNOWN, False),
        (OPEN, True),
        (json.dumps({"Statement": [{**TLS, "Principal": {"AWS": "arn:aws:iam::1:root"}}]}), True),
        (json.dumps({"Statement": [{**TLS, "Condition": {}}]}), True),
        (json.dumps({"Statement": [{**TLS, "Action": "sns:Subscribe"}]}), True),
    ],
)
def test_topic_denies_requests_without_tls(document: Any, violation: bool) -> None:
    topic = made(TOPIC, "alarms")
    of_topic = made(TOPIC_POLICY, uses={"arn": topic.urn}, policy=document)
    assert broken("buckets-and-topics-are-guarded", [topic, of_topic]) == ({"alarms"} if violation else set())


@pytest.mark.parametrize(
    ("table_key", "log_key", "violations"),
    [
        (None, None, set[str]()),
        ("arn:aws:kms:a", "arn:aws:kms:a", set[str]()),
        (UNKNOWN, UNKNOWN, set[str]()),
        ("arn:aws:kms:a", None, {"log"}),
        (None, UNKNOWN, {"table"}),
        ("arn:aws:kms:a", "arn:aws:kms:b", {"log"}),
        ("arn:aws:kms:us-east-1:1:key/a", "a", set[str]()),
    ],
)
def test_data_has_one_key_or_none(table_key: Any, log_key: Any, violations: set[str]) -> None:
    table = made(TABLE, "table", serverSideEncryption={"enabled": True, "kmsKeyArn": table_key})
    assert broken("one-key-for-data", [table, made(LOG_GROUP, "log", kmsKeyId=log_key)]) == violations


def test_other_data_needs_the_key_as_well_except_the_logs_of_the_load_balancer() -> None:
    def bucket(name: str, **default: Any) -> Resource:
        uses = {"bucket": f"urn:pulumi:dev::app::{BUCKET}::{name}"}
        return made(ENCRYPTION, name, uses=uses, rules=[{"applyServerSideEncryptionByDefault": default}])

    table = made(TABLE, "table", serverSideEncryption={"kmsKeyArn": "arn:aws:kms:a"})
    logs = bucket("logs", sseAlgorithm="AES256")
    written_to = made(BUCKET_POLICY, "logs", uses={"bucket": f"urn:pulumi:dev::app::{BUCKET}::logs"})
    balancer = made(LOAD_BALANCER, uses={"accessLogs": written_to.urn})
    others = [made(SECRET, "secret"), bucket("recordings", sseAlgorithm="AES256")]
    assert broken("one-key-for-data", [table, balancer, written_to, logs, *others]) == {"secret", "recordings"}
    assert broken("one-key-for-data", [balancer, written_to, logs, *others]) == set()
    off = [made(TABLE, "table", serverSideEncryption={"enabled": False}), made(LOG_GROUP, "log")]
    kept = [
        made(SECRET, "secret", kmsKeyId="arn:aws:kms:a"),
        made(SECRET, "other", kmsKeyId="alias/aws/secretsmanager"),
    ]
    assert broken("one-key-for-data", [*off, *kept, *others]) == set(), "a secret keeps the key when it is turned off"
    assert broken("one-key-for-data", [made(TABLE, serverSideEncryption={"kmsKeyArn": UNKNOWN}), *kept]) == set()
    keys = [made(SECRET, "secret", kmsKeyId="arn:aws:kms:a"), bucket("recordings", kmsMasterKeyId="arn:aws:kms:a")]
    assert broken("one-key-for-data", [table, balancer, written_to, logs, *keys]) == set()


def test_notice_lists_every_document_that_is_not_known() -> None:
    [notice] = NOTICES
    resources = [made(ROLE_POLICY, "a", policy=UNKNOWN), task(), made(TASK, "b", containerDefinitions=UNKNOWN)]
    [(_, message)] = notice.check(resources)
    assert "a (RolePolicy) policy, b (TaskDefinition) containerDefinitions" in message
    assert list(notice.check([task()])) == []
