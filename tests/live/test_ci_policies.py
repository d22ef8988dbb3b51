"""The policies of CI's two roles and their boundary: valid, no wider than needed, and what each role can do with them.

policy_sentry knows IAM's actions, from AWS's Service Authorization Reference. tests/live/test_ci_roles_suffice.py
compares the policies with the calls of the program and of the workflows.
"""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Mapping
from fnmatch import fnmatch
from functools import cache
from typing import Any

import pytest

from tests.support import iam
from tests.support.ci_documents import (
    ACCOUNT,
    BOUNDARY,
    DEPLOY,
    DOCUMENTS,
    FOLDER,
    POLICIES,
    PREVIEW,
    ROOT,
    TRUSTS,
    VALUES,
    actions,
    rendered,
    statements,
    text_of,
)

pytestmark = pytest.mark.sandbox  # it deploys no stack

# IAM User Guide, "IAM and AWS STS quotas": characters of a managed policy, and of a trust policy, without white space.
MOST = {**dict.fromkeys(DOCUMENTS, 6144), **dict.fromkeys(TRUSTS, 2048)}
SPARE = 1000  # characters that each policy leaves for more actions

# Actions of the preview role that AWS does not class as reads.
NOT_READS = {"kms:Decrypt": "previews read the stack's encrypted config, and with --refresh its secrets"}
# Actions that the reference does not list, each with its reason.
UNLISTED = {"bedrock:InvokeModelWithBidirectionalStream": "published samples grant it beside bedrock:InvokeModel"}


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


@cache
def known(action: str) -> list[dict[str, Any]]:
    """Returns the reference's rows for an action, one for each kind of resource; none for an unknown action."""
    service, _, name = action.partition(":")
    querying: Any = importlib.import_module("policy_sentry.querying.actions")
    found = querying.get_action_data(service, name)
    return found[service] if found else []


def kinds(action: str) -> set[tuple[str, str]]:
    """Returns the service and kind of each resource that an action supports. The kind `*` has names without a kind."""
    return {kind(row["resource_arn_format"]) for row in known(action) if row["resource_arn_format"] != "*"}


def kind(arn: str) -> tuple[str, str]:
    _, _, service, _, _, resource = arn.split(":", 5)
    if service == "wafv2":  # the scope goes first
        resource = resource.partition("/")[2]
    first = re.split(r"[/:]", resource)[0]
    return service, "*" if "${" in first or service in ("s3", "sns") else first


@pytest.mark.parametrize("name", [*DOCUMENTS, *TRUSTS])
def test_document_is_valid_and_fits(name: str) -> None:
    document = rendered(name)
    assert set(document) == {"Version", "Statement"}
    assert document["Version"] == "2012-10-17"
    assert {path.stem for path in FOLDER.glob("*.json")} == {*DOCUMENTS, *TRUSTS}
    sids = [statement["Sid"] for statement in document["Statement"]]
    assert len(sids) == len(set(sids))
    assert all(re.fullmatch("[A-Za-z0-9]+", sid) for sid in sids)
    assert {statement["Effect"] for statement in document["Statement"]} == {"Allow"}
    size = len(re.sub(r"\s", "", json.dumps(document)))
    assert size <= MOST[name] - SPARE, f"{size} characters; AWS takes {MOST[name]}"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_actions_exist_and_are_no_wildcards(name: str) -> None:
    for statement in statements(name):
        assert statement["Action"] == sorted(set(statement["Action"])), statement["Sid"]
        for action in statement["Action"]:
            assert not re.search(r"[*?]", action), action
            assert known(action) or action in UNLISTED, f"IAM has no action {action}"


def test_preview_role_only_reads() -> None:
    levels = {action: known(action)[0]["access_level"] for action in actions(*PREVIEW)}
    assert {action for action, level in levels.items() if level not in ("List", "Read")} == set(NOT_READS)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_resource_is_a_wildcard_only_where_iam_supports_nothing_narrower(name: str) -> None:
    for statement in statements(name):
        resources = listed(statement["Resource"])
        for action in set(statement["Action"]) - set(UNLISTED):
            if resources == ["*"]:
                assert not kinds(action), f"{statement['Sid']}: {action} takes {kinds(action)}"
            else:
                taken = kinds(action) & {kind(resource) for resource in resources}
                assert taken, f"{statement['Sid']}: {action} takes {kinds(action) or '* alone'}"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_resource_suits_an_action(name: str) -> None:
    for statement in statements(name):
        taken = {one for action in statement["Action"] for one in kinds(action)}
        for resource in listed(statement["Resource"]):
            assert resource == "*" or kind(resource) in taken, f"{statement['Sid']}: {resource}"


@pytest.mark.parametrize("name", POLICIES)
def test_actions_support_their_conditions(name: str) -> None:
    for statement in statements(name):
        for test in statement.get("Condition", {}).values():
            for key in test:
                for action in statement["Action"]:
                    supported = {row.partition("/")[0] for one in known(action) for row in one["condition_keys"]}
                    assert key.partition("/")[0] in supported, f"{statement['Sid']}: {action} does not know {key}"


def allowed(names: list[str], action: str, resource: str, context: Mapping[str, str] | None = None) -> bool:
    return any(iam.allows(rendered(name), action, resource, context) for name in names)


BOTH = [*PREVIEW, *DEPLOY]
ROLE = f"arn:aws:iam::{ACCOUNT}:role"
LIMIT = f"arn:aws:iam::{ACCOUNT}:policy/voiceter-boundary"
BOUNDED = {"iam:PermissionsBoundary": LIMIT}
SECRET = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret"
STATE = f"arn:aws:s3:::{VALUES['STATE_BUCKET']}"
VPC = f"arn:aws:ec2:us-east-1:{ACCOUNT}:vpc/vpc-1"


# Dependent actions of the Service Authorization Reference that the program's calls do not need.
NOT_DEPENDENT = {
    "ecs:List*": "only for flow logs with the fields of ECS",
    **dict.fromkeys(
        (
            *("amplify:*", "apigateway:*", "apprunner:*", "appsync:*", "cognito-idp:*"),
            *("ec2:*VerifiedAccess*", "wafv2:*PermissionPolicy"),
        ),
        "only for a web ACL of another resource than a load balancer",
    ),
    "billing:GetBillingViewData": "only for budgets on a billing view",
    "route53:AssociateVPCWithHostedZone": "only for interface endpoints with a private DNS name",
}


def test_roles_have_the_dependent_actions_of_their_actions() -> None:
    granted = actions(*POLICIES)
    missing = {one for action in granted for row in known(action) for one in row["dependent_actions"]} - granted
    assert {one for one in missing if not any(fnmatch(one, pattern) for pattern in NOT_DEPENDENT)} == set()
    assert [pattern for pattern in NOT_DEPENDENT if not any(fnmatch(one, pattern) for one in missing)] == []


ALARM = (
    f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:TargetTracking-service/voiceter-cluster/voiceter-backend-AlarmHigh"
)
SERVICE = f"arn:aws:ecs:us-east-1:{ACCOUNT}:service/voiceter-cluster/voiceter-backend"
NEW_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1"
NEW_CERTIFICATE = f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/1"
NETWORK_INTERFACE = f"arn:aws:ec2:us-east-1:{ACCOUNT}:network-interface/eni-1"
BUCKET = f"arn:aws:s3:::voiceter-recordings-{ACCOUNT}-prod"
LOGS_BUCKET = f"arn:aws:s3:::voiceter-logs-{ACCOUNT}-prod"
BALANCER = f"arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:loadbalancer/app/voiceter-backend/1"
WEB_ACL = f"arn:aws:wafv2:us-east-1:{ACCOUNT}:regional/webacl/voiceter-backend/1"
TAGGING = {"aws:RequestTag/Application": "voiceter-backend"}
THEIR_TAG = {"aws:RequestTag/Application": "payroll"}
OURS = {"aws:ResourceTag/Application": "voiceter-backend"}
THEIRS = {"aws:ResourceTag/Application": "payroll"}


# What AWS checks beside the call that the provider makes: the call, what AWS checks, on what, with which context.
@pytest.mark.parametrize(
    ("call", "action", "resource", "context"),
    [
        # Application Auto Scaling User Guide, "Permissions validation for Application Auto Scaling API calls on target
        # resources": the caller's permissions, on the alarms that the policy gets.
        ("application-autoscaling:PutScalingPolicy", "cloudwatch:PutMetricAlarm", ALARM, {}),
        ("application-autoscaling:PutScalingPolicy", "cloudwatch:DescribeAlarms", ALARM, {}),
        ("application-autoscaling:PutScalingPolicy", "ecs:DescribeServices", SERVICE, {}),
        ("application-autoscaling:PutScalingPolicy", "ecs:UpdateService", SERVICE, {}),
        ("application-autoscaling:DeleteScalingPolicy", "cloudwatch:DeleteAlarms", ALARM, {}),
        # AWS KMS API Reference, CreateKey: tags need kms:TagResource. The key has no tag yet.
        ("kms:CreateKey", "kms:TagResource", NEW_KEY, TAGGING),
        # AWS Certificate Manager User Guide, "Managing tags".
        ("acm:RequestCertificate", "acm:AddTagsToCertificate", NEW_CERTIFICATE, TAGGING),
        # aws-load-balancer-controller #3917.
        ("elasticloadbalancing:CreateLoadBalancer", "ec2:GetSecurityGroupsForVpc", VPC, {}),
        # ElastiCache puts its nodes into the subnets in the name of the caller (Service Authorization Reference).
        ("elasticache:CreateReplicationGroup", "ec2:CreateNetworkInterface", NETWORK_INTERFACE, {}),
        ("elasticache:DeleteReplicationGroup", "ec2:DeleteNetworkInterface", NETWORK_INTERFACE, {}),
        # VPC User Guide, "Amazon S3 bucket permissions for flow logs": AWS writes the policy in the caller's name.
        ("ec2:CreateFlowLogs", "s3:PutBucketPolicy", LOGS_BUCKET, {}),
        ("ec2:CreateFlowLogs", "s3:GetBucketPolicy", LOGS_BUCKET, {}),
        # AWS WAF Developer Guide, "Permissions for AssociateWebACL" and "Sending web ACL traffic logs to an Amazon
        # CloudWatch Logs log group".
        ("wafv2:AssociateWebACL", "elasticloadbalancing:SetWebAcl", BALANCER, {}),
        ("wafv2:AssociateWebACL", "wafv2:AssociateWebACL", BALANCER, {}),
        ("wafv2:AssociateWebACL", "wafv2:AssociateWebACL", WEB_ACL, {}),
        ("wafv2:CreateWebACL", "wafv2:CreateWebACL", WEB_ACL.replace("webacl/voiceter-backend", "managedruleset"), {}),
        ("wafv2:PutLoggingConfiguration", "logs:CreateLogDelivery", "*", {}),
        ("wafv2:PutLoggingConfiguration", "logs:PutResourcePolicy", "*", {}),
        ("wafv2:PutLoggingConfiguration", "logs:DescribeResourcePolicies", "*", {}),
        ("wafv2:PutLoggingConfiguration", "logs:DescribeLogGroups", "*", {}),
        ("wafv2:DeleteLoggingConfiguration", "logs:DeleteLogDelivery", "*", {}),
        # terraform-provider-aws, internal/service/iam/role.go: a changed description.
        ("iam:UpdateRole", "iam:UpdateRoleDescription", f"{ROLE}/voiceter-backend-task-role", {}),
        # terraform-provider-aws, internal/service/s3: the S3 Control tagging API for a bucket's tags.
        ("s3:PutBucketTagging", "s3:TagResource", BUCKET, {}),
        ("s3:PutBucketTagging", "s3:UntagResource", BUCKET, {}),
        ("s3:GetBucketTagging", "s3:ListTagsForResource", BUCKET, {}),
    ],
)
def test_roles_have_what_aws_checks_beside_a_call(
    call: str, action: str, resource: str, context: dict[str, str]
) -> None:
    assert call in actions(*POLICIES)
    assert allowed(BOTH, action, resource, context)


@pytest.mark.parametrize(
    ("action", "resource"), [("kms:TagResource", NEW_KEY), ("acm:AddTagsToCertificate", NEW_CERTIFICATE)]
)
def test_deploy_role_cannot_tag_what_belongs_to_another_application(action: str, resource: str) -> None:
    assert not allowed(DEPLOY, action, resource, TAGGING | THEIRS)
    assert not allowed(DEPLOY, action, resource, THEIR_TAG)


def test_deploy_role_tags_a_default_security_group_that_has_no_tag() -> None:
    group = f"arn:aws:ec2:us-east-1:{ACCOUNT}:security-group/sg-1"
    assert allowed(DEPLOY, "ec2:CreateTags", group, TAGGING)
    assert not allowed(DEPLOY, "ec2:CreateTags", group, THEIR_TAG)
    assert not allowed(DEPLOY, "ec2:CreateTags", group, TAGGING | THEIRS)


# What each call creates. Everything else that the call names has to exist.
CREATED = {
    "ec2:AllocateAddress": "elastic-ip",
    "ec2:AuthorizeSecurityGroupEgress": "security-group-rule",
    "ec2:AuthorizeSecurityGroupIngress": "security-group-rule",
    "ec2:CreateFlowLogs": "vpc-flow-log",
    "ec2:CreateInternetGateway": "internet-gateway",
    "ec2:CreateNatGateway": "natgateway",
    "ec2:CreateRouteTable": "route-table",
    "ec2:CreateSecurityGroup": "security-group",
    "ec2:CreateSubnet": "subnet",
    "ec2:CreateVpc": "vpc",
    "ec2:CreateVpcEndpoint": "vpc-endpoint",
}
OUR_NETWORK = {"elastic-ip", "route-table", "security-group", "subnet", "vpc"}


@pytest.mark.parametrize("action", sorted(CREATED))
def test_deploy_role_creates_parts_only_in_a_network_of_the_program(action: str) -> None:
    new = f"arn:aws:ec2:us-east-1:{ACCOUNT}:{CREATED[action]}/new"
    assert allowed(DEPLOY, action, new, TAGGING)
    assert not allowed(DEPLOY, action, new)
    for _, part in kinds(action) & {("ec2", one) for one in OUR_NETWORK - {CREATED[action]}}:
        existing = f"arn:aws:ec2:us-east-1:{ACCOUNT}:{part}/existing"
        assert allowed(DEPLOY, action, existing, TAGGING | OURS)
        assert not allowed(DEPLOY, action, existing, TAGGING | THEIRS)
        assert not allowed(DEPLOY, action, existing, TAGGING)


def test_every_call_that_creates_a_part_of_the_network_is_known() -> None:
    granted = {action for action in actions(*DEPLOY) if re.match("ec2:(Create|Allocate|Authorize)", action)}
    # A route is no object of its own, and a network interface belongs to the cache.
    assert granted - {"ec2:CreateTags", "ec2:CreateRoute", "ec2:CreateNetworkInterface"} == set(CREATED)


@pytest.mark.parametrize(
    ("action", "resource", "preview", "deploy"),
    [
        ("s3:GetObject", f"{STATE}/.pulumi/stacks/voiceter-backend/prod.json", True, True),
        ("s3:PutObject", f"{STATE}/.pulumi/stacks/voiceter-backend/prod.json", False, True),
        ("s3:PutObject", f"{STATE}/something-else", False, False),
        ("s3:GetObject", f"arn:aws:s3:::voiceter-recordings-{ACCOUNT}-prod/recordings/a.wav", False, False),
        ("dynamodb:GetItem", f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/demo-sessions", False, False),
        ("dynamodb:UpdateTable", f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/demo-sessions", False, True),
        ("dynamodb:UpdateTable", f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/other", False, False),
        ("secretsmanager:GetSecretValue", f"{SECRET}:voiceter-backend/TOKEN-AbCdEf", True, True),
        ("secretsmanager:GetSecretValue", f"{SECRET}:payroll/TOKEN-AbCdEf", False, False),
        ("secretsmanager:DescribeSecret", f"{SECRET}:shared/TOKEN-AbCdEf", True, True),
        ("iam:PutRolePolicy", f"{ROLE}/voiceter-ci-deploy", False, False),
        ("iam:UpdateAssumeRolePolicy", f"{ROLE}/voiceter-ci-preview", False, False),
        ("iam:CreateRole", f"{ROLE}/admin", False, False),
        (
            "ecs:UpdateService",
            f"arn:aws:ecs:us-east-1:{ACCOUNT}:service/voiceter-cluster/voiceter-backend",
            False,
            True,
        ),
        ("ecs:UpdateService", f"arn:aws:ecs:us-east-1:{ACCOUNT}:service/other/other", False, False),
        ("ecr:PutImage", f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/voiceter-backend-staging", False, True),
        ("logs:GetLogEvents", f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/ecs/voiceter-backend", False, False),
        ("wafv2:DeleteWebACL", WEB_ACL, False, True),
        ("wafv2:DeleteWebACL", WEB_ACL.replace("voiceter-backend", "other"), False, False),
        ("ec2:DeleteVpc", VPC, False, False),
        ("iam:PassRole", f"{ROLE}/voiceter-backend-task-role", False, False),
    ],
)
def test_what_each_role_can_do(action: str, resource: str, preview: bool, deploy: bool) -> None:
    assert allowed(PREVIEW, action, resource) is preview
    assert allowed(BOTH, action, resource) is deploy


def test_conditions_of_the_deploy_role() -> None:
    role = f"{ROLE}/voiceter-backend-task-role"
    assert allowed(DEPLOY, "iam:PassRole", role, {"iam:PassedToService": "ecs-tasks.amazonaws.com"})
    assert not allowed(DEPLOY, "iam:PassRole", role, {"iam:PassedToService": "lambda.amazonaws.com"})
    of_ecs = {"iam:PolicyARN": "arn:aws:iam::aws:policy/AmazonECSInfrastructureRolePolicyForLoadBalancers"}
    admin = {"iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess"}
    assert allowed(DEPLOY, "iam:AttachRolePolicy", role, of_ecs | BOUNDED)
    assert not allowed(DEPLOY, "iam:AttachRolePolicy", role, of_ecs)
    assert not allowed(DEPLOY, "iam:AttachRolePolicy", role, admin | BOUNDED)
    assert allowed(DEPLOY, "ec2:DeleteVpc", VPC, OURS)
    assert not allowed(DEPLOY, "ec2:DeleteVpc", VPC, THEIRS)
    assert allowed(DEPLOY, "ec2:CreateTags", VPC, {"ec2:CreateAction": "CreateVpc"} | TAGGING)
    # A role that can tag any object could claim it.
    assert not allowed(DEPLOY, "ec2:CreateTags", VPC, TAGGING)


@pytest.mark.parametrize(
    "action",
    ["CreateRole", "DeleteRolePolicy", "PutRolePermissionsBoundary", "PutRolePolicy", "UpdateAssumeRolePolicy"],
)
def test_deploy_role_writes_only_roles_with_the_boundary(action: str) -> None:
    """Else it could give a role of the program more than it has itself, and run a task with it."""
    role = f"{ROLE}/voiceter-backend-task-role"
    assert allowed(DEPLOY, f"iam:{action}", role, BOUNDED)
    assert not allowed(DEPLOY, f"iam:{action}", role)
    assert not allowed(DEPLOY, f"iam:{action}", role, {"iam:PermissionsBoundary": f"{LIMIT}-2"})
    assert not allowed(DEPLOY, f"iam:{action}", f"{ROLE}/voiceter-ci-deploy", BOUNDED)


def test_deploy_role_cannot_change_or_remove_the_boundary() -> None:
    changing = "iam:((Create|Set|Delete)(Default)?Policy|DeleteRolePermissionsBoundary)"
    assert not {action for action in actions(*DEPLOY) if re.match(changing, action)}


def test_boundary_allows_what_the_infrastructure_role_does() -> None:
    """moto has the text of AWS's managed policies."""
    managed: Any = importlib.import_module("moto.iam.aws_managed_policies")
    found = json.loads(managed.aws_managed_policies_data)["AmazonECSInfrastructureRolePolicyForLoadBalancers"]
    named = {action for statement in found["Document"]["Statement"] for action in listed(statement["Action"])}
    assert named <= actions(BOUNDARY)


def test_guide_fills_in_every_placeholder() -> None:
    guide = (ROOT / "docs" / "ci.md").read_text()
    used = {name for document in (*DOCUMENTS, *TRUSTS) for name in re.findall(r"\$\{(\w+)\}", text_of(document))}
    assert used == set(VALUES)
    [substituted] = re.findall(r"envsubst '([^']+)'", guide)
    assert set(re.findall(r"\$\{?(\w+)", substituted)) == used
    for name in used:
        assert re.search(rf"^export {name}=", guide, re.MULTILINE), f"docs/ci.md does not set {name}"
    for trust in TRUSTS:
        assert f"file://filled/{trust}.json" in guide
    loops = re.findall(r"for part in ([a-z ]+); do\n.*file://filled/(\w+)-\$part-policy\.json", guide)
    assert {f"{role}-{part}-policy" for parts, role in loops for part in parts.split()} == set(POLICIES)
