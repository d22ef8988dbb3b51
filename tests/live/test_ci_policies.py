"""The policies of CI's two roles: enough for the program, and no more.

The sandbox's provider knows the calls for each resource type that the program can register. policy_sentry knows IAM's
actions, from AWS's Service Authorization Reference.
"""

from __future__ import annotations

import ast
import importlib
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeGuard

import pytest

from sandbox.provider.types import TYPES
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
    rendered,
    text_of,
)

pytestmark = pytest.mark.sandbox  # it deploys no stack

# IAM User Guide, "IAM and AWS STS quotas": characters of a managed policy, and of a trust policy, without white space.
MOST = {**dict.fromkeys(DOCUMENTS, 6144), **dict.fromkeys(TRUSTS, 2048)}
SPARE = 1000  # characters that each policy leaves for more actions

# Actions of the preview role that AWS does not class as reads.
NOT_READS = {"kms:Decrypt": "previews read the stack's encrypted config, and with --refresh its secrets"}
# Wildcards in actions, each with its reason. There are none.
WILDCARD_ACTIONS: dict[str, str] = {}
# Actions that the reference does not list, each with its reason.
UNLISTED = {"bedrock:InvokeModelWithBidirectionalStream": "published samples grant it beside bedrock:InvokeModel"}
# The deploy role deletes no data, and does not lift its own limit. An operator does so by hand.
WITHHELD = {
    "iam:DeleteRolePermissionsBoundary": "the limit of what it can grant",
    "dynamodb:DeleteTable": "what the app stores",
    "ecr:DeleteRepository": "the images that a rollback needs",
    "kms:ScheduleKeyDeletion": "what is encrypted with the key",
    "logs:DeleteLogGroup": "the logs",
    "s3:DeleteBucket": "the recordings",
    "s3:DeleteObjectVersion": "the recordings",
    "s3:ListBucketVersions": "only needed to empty a bucket",
}
# The actions of the functions that the program calls.
FUNCTIONS = {
    "get_alias": {"kms:ListAliases", "kms:DescribeKey"},
    "get_availability_zones": {"ec2:DescribeAvailabilityZones"},
    "get_caller_identity": set[str](),  # needs no permission
    "get_image": {"ecr:DescribeImages"},
    "get_inference_profile": {"bedrock:GetInferenceProfile"},
    "get_key": {"kms:DescribeKey"},
    "get_listener_rule": {"elasticloadbalancing:DescribeRules", "elasticloadbalancing:DescribeTags"},
    "get_load_balancer": {
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeListeners",
        "elasticloadbalancing:DescribeLoadBalancerAttributes",
        "elasticloadbalancing:DescribeTags",
    },
    "get_models": {"bedrock:ListFoundationModels"},
    "get_partition": set[str](),  # makes no call
    "get_service": {"ecs:DescribeServices"},
    "get_vpc": {"ec2:DescribeRouteTables", "ec2:DescribeVpcAttribute", "ec2:DescribeVpcs"},
    # For a private zone, it also lists the records.
    "get_zone": {"route53:GetHostedZone", "route53:ListResourceRecordSets", "route53:ListTagsForResource"},
    "get_secret": {"secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy"},
}
# Services and operations of botocore that have another name in IAM.
SERVICES = {"elbv2": "elasticloadbalancing"}
ACTIONS = {
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:DeleteObjects": "s3:DeleteObjectVersion",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:DeleteBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
    "s3:DeleteBucketLifecycle": "s3:PutLifecycleConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:DeletePublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:DeleteBucketOwnershipControls": "s3:PutBucketOwnershipControls",
    "s3:DeleteBucketTagging": "s3:PutBucketTagging",
    "s3:GetBucketAccelerateConfiguration": "s3:GetAccelerateConfiguration",
    "s3:GetBucketCors": "s3:GetBucketCORS",
    "s3:GetBucketNotificationConfiguration": "s3:GetBucketNotification",
    "s3:GetBucketReplication": "s3:GetReplicationConfiguration",
}


def statements(name: str) -> list[dict[str, Any]]:
    return rendered(name)["Statement"]


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def actions(*names: str) -> set[str]:
    return {action for name in names for statement in statements(name) for action in statement["Action"]}


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


def programs_calls() -> Iterator[tuple[str, str, set[str]]]:
    """Yields module, name and keywords of each `aws.<module>.<name>(…)` in the program, and of awsx's."""
    for path in [ROOT / "__main__.py", *sorted((ROOT / "components").rglob("*.py"))]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                chain = ast.unparse(node.func).split(".")
                if chain[0] in ("aws", "awsx") and len(chain) in (2, 3):
                    yield (".".join(chain[1:-1]), chain[-1], {word.arg for word in node.keywords if word.arg})


def programs_types() -> set[str]:
    """Returns the types that the program can register with any config, and the types of its VPC component."""
    aws: Any = importlib.import_module("pulumi_aws")
    found = {
        getattr(getattr(aws, module), name).pulumi_type
        for module, name, _ in programs_calls()
        if module and name[0].isupper() and hasattr(getattr(getattr(aws, module), name), "pulumi_type")
    }
    return found | set(re.findall(r"aws:ec2/\w+:\w+", (ROOT / "sandbox" / "awsx" / "vpc.py").read_text()))


def action_of(service: str, operation: str) -> str:
    """Returns the IAM action that a botocore operation needs."""
    if service == "budgets" and "Tag" not in operation:
        return f"budgets:{'ViewBudget' if operation.startswith('Describe') else 'ModifyBudget'}"
    action = f"{SERVICES.get(service, service)}:{operation}"
    return ACTIONS.get(action, action)


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
            assert action in WILDCARD_ACTIONS or not re.search(r"[*?]", action), action
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


@pytest.mark.parametrize("type_", sorted(programs_types()))
def test_roles_can_manage_every_type_of_the_program(type_: str) -> None:
    if type_ not in TYPES:
        # It creates nothing and waits for the certificate, whose type has the actions.
        assert type_ == "aws:acm/certificateValidation:CertificateValidation"
        return
    resource = TYPES[type_]
    missing = {action_of(resource.service, one) for one in resource.reading_operations()} - actions(*PREVIEW)
    assert not missing, f"docs/ci/preview-….json lack {sorted(missing)}"
    writes = {action_of(resource.service, one) for one in resource.writing_operations()}
    missing = writes - actions(*POLICIES) - set(WITHHELD)
    assert not missing, f"docs/ci/deploy-….json lack {sorted(missing)}"


def test_every_type_of_the_program_is_found() -> None:
    assert len(programs_types()) >= 45
    assert {"aws:ecs/service:Service", "aws:ec2/natGateway:NatGateway", "aws:iam/role:Role"} <= programs_types()


def test_roles_can_call_the_programs_functions() -> None:
    called = {name.removesuffix("_output") for _, name, _ in programs_calls() if name.startswith("get_")}
    assert called <= set(FUNCTIONS), "add the actions of these functions to FUNCTIONS"
    for name in called:
        assert FUNCTIONS[name] <= actions(*PREVIEW), name


# What the workflows run on AWS, and the policies of the role with which they do. ci.drift runs `operations added`, and
# every preview runs the program, which calls boto3 too.
COMMANDS = {"__main__": PREVIEW, "ci.deploy": POLICIES, "ci.image_tag": PREVIEW, "operations.added": PREVIEW}
# Modules that get a client as an argument, with its service.
GIVEN_CLIENTS = {
    "components.edge.records": {"route53"},
    "operations.promote": {"ecr"},
    "operations.routing": {"route53"},
}


def source_of(module: str) -> Path:
    return (ROOT / module.replace(".", "/")).with_suffix(".py")


def modules_of(command: str) -> set[str]:
    """Returns the modules that a command imports, and those that these import, and so on."""
    found: set[str] = set()
    left = {command}
    while left:
        module = left.pop()
        found.add(module)
        for node in ast.walk(ast.parse(source_of(module).read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                names = {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
                left |= {name for name in names if source_of(name).exists()} - found
    return found


def is_name(node: ast.AST) -> TypeGuard[ast.Attribute | ast.Constant]:
    return isinstance(node, ast.Attribute | ast.Constant)


def names_in(module: str) -> set[str]:
    """Returns the attributes and the texts of a module: boto3's calls, and those that it names."""
    tree = ast.walk(ast.parse(source_of(module).read_text()))
    return {str(one.attr if isinstance(one, ast.Attribute) else one.value) for one in tree if is_name(one)}


@cache
def operations_of(service: str) -> dict[str, str]:
    """Returns the actions of a service, by the names of boto3's methods."""
    xform: Any = importlib.import_module("botocore").xform_name
    session: Any = importlib.import_module("botocore.session").get_session()
    names = session.get_service_model(service).operation_names
    return {xform(operation): action_of(service, operation) for operation in names}


def services_of(module: str) -> set[str]:
    """Returns the services whose clients a module makes or gets."""
    made: set[str] = set()
    for node in ast.walk(ast.parse(source_of(module).read_text())):
        match node:
            case ast.Call(func=ast.Attribute(attr="client" | "pages"), args=[ast.Constant(value=str(service)), *_]):
                made.add(service)
            case _:
                pass
    return made | GIVEN_CLIENTS.get(module, set())


def calls_of(module: str) -> set[str]:
    """Returns the actions of the operations that a module calls or names."""
    named = names_in(module)
    operations = [operations_of(service) for service in services_of(module)]
    return {of_service[name] for of_service in operations for name in named & of_service.keys()}


@pytest.mark.parametrize("command", COMMANDS)
def test_role_can_run_the_commands_of_the_workflows(command: str) -> None:
    for module in modules_of(command):
        missing = calls_of(module) - actions(*COMMANDS[command])
        assert not missing, f"{module} needs {sorted(missing)}"


def test_calls_of_the_commands_are_found() -> None:
    found = {action for command in COMMANDS for module in modules_of(command) for action in calls_of(module)}
    assert {
        "application-autoscaling:DescribeScalableTargets",
        "cloudwatch:DescribeAlarms",
        "ecr:PutImage",
        "ecs:DescribeServices",
        "elasticloadbalancing:DescribeTargetHealth",
        "route53:GetHealthCheckStatus",
        "sns:ListSubscriptionsByTopic",
    } <= found


def test_every_module_that_calls_aws_has_its_services() -> None:
    """Otherwise no test asks for the rights of its calls."""
    modules = {module for command in COMMANDS for module in modules_of(command)}
    methods = {name for module in modules for service in services_of(module) for name in operations_of(service)}
    for module in modules:
        calls = {
            node.func.attr
            for node in ast.walk(ast.parse(source_of(module).read_text()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }
        known_here = {name for service in services_of(module) for name in operations_of(service)}
        assert not calls & methods - known_here, f"name the services of {module} in GIVEN_CLIENTS"


def allowed(names: list[str], action: str, resource: str, **context: str) -> bool:
    given = {key.replace("_", ":", 1).replace("__", "/"): value for key, value in context.items()}
    return any(iam.allows(rendered(name), action, resource, given) for name in names)


BOTH = [*PREVIEW, *DEPLOY]
ROLE = f"arn:aws:iam::{ACCOUNT}:role"
SECRET = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret"
STATE = f"arn:aws:s3:::{VALUES['STATE_BUCKET']}"
VPC = f"arn:aws:ec2:us-east-1:{ACCOUNT}:vpc/vpc-1"


# Dependent actions of the Service Authorization Reference that the program's calls do not need.
NOT_DEPENDENT = {
    **dict.fromkeys(
        (f"ecs:List{what}" for what in ("Clusters", "ContainerInstances", "Services", "TaskDefinitions", "Tasks")),
        "only for flow logs with the fields of ECS",
    ),
    **dict.fromkeys(
        (
            "amplify:AssociateWebACL",
            "amplify:DisassociateWebACL",
            "amplify:GetWebACLForResource",
            "apigateway:SetWebACL",
            "apprunner:AssociateWebAcl",
            "apprunner:DescribeWebAclForService",
            "apprunner:DisassociateWebAcl",
            "appsync:AssociateWebACL",
            "appsync:DisassociateWebACL",
            "appsync:GetWebACLForResource",
            "appsync:SetWebACL",
            "cognito-idp:AssociateWebACL",
            "cognito-idp:DisassociateWebACL",
            "cognito-idp:GetWebACLForResource",
            "ec2:AssociateVerifiedAccessInstanceWebAcl",
            "ec2:DisassociateVerifiedAccessInstanceWebAcl",
            "ec2:GetVerifiedAccessInstanceWebAcl",
            "wafv2:GetPermissionPolicy",
            "wafv2:PutPermissionPolicy",
        ),
        "only for a web ACL of another resource than a load balancer",
    ),
    "billing:GetBillingViewData": "only for budgets on a billing view",
    "route53:AssociateVPCWithHostedZone": "only for interface endpoints with a private DNS name",
}


def test_roles_have_the_dependent_actions_of_their_actions() -> None:
    granted = actions(*POLICIES)
    needed = {one for action in granted for row in known(action) for one in row["dependent_actions"]}
    assert needed - granted == set(NOT_DEPENDENT)


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
TAGGING = {"aws_RequestTag__Application": "voiceter-backend"}


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
    assert allowed(BOTH, action, resource, **context)


@pytest.mark.parametrize(
    ("action", "resource"), [("kms:TagResource", NEW_KEY), ("acm:AddTagsToCertificate", NEW_CERTIFICATE)]
)
def test_deploy_role_cannot_tag_what_belongs_to_another_application(action: str, resource: str) -> None:
    assert not allowed(DEPLOY, action, resource, **TAGGING, aws_ResourceTag__Application="payroll")
    assert not allowed(DEPLOY, action, resource, aws_RequestTag__Application="payroll")


def test_deploy_role_tags_a_default_security_group_that_has_no_tag() -> None:
    group = f"arn:aws:ec2:us-east-1:{ACCOUNT}:security-group/sg-1"
    assert allowed(DEPLOY, "ec2:CreateTags", group, **TAGGING)
    assert not allowed(DEPLOY, "ec2:CreateTags", group, aws_RequestTag__Application="payroll")
    assert not allowed(DEPLOY, "ec2:CreateTags", group, **TAGGING, aws_ResourceTag__Application="payroll")


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
    assert allowed(DEPLOY, action, new, **TAGGING)
    assert not allowed(DEPLOY, action, new)
    for _, part in kinds(action) & {("ec2", one) for one in OUR_NETWORK - {CREATED[action]}}:
        existing = f"arn:aws:ec2:us-east-1:{ACCOUNT}:{part}/existing"
        assert allowed(DEPLOY, action, existing, aws_ResourceTag__Application="voiceter-backend", **TAGGING)
        assert not allowed(DEPLOY, action, existing, aws_ResourceTag__Application="payroll", **TAGGING)
        assert not allowed(DEPLOY, action, existing, **TAGGING)


def test_every_call_that_creates_a_part_of_the_network_is_known() -> None:
    granted = {action for action in actions(*DEPLOY) if re.match("ec2:(Create|Allocate|Authorize)", action)}
    # A route is no object of its own, and a network interface belongs to the cache.
    assert granted - {"ec2:CreateTags", "ec2:CreateRoute", "ec2:CreateNetworkInterface"} == set(CREATED)


def test_deploy_role_deletes_no_data() -> None:
    assert not set(WITHHELD) & actions(*POLICIES)
    assert not {"s3:DeleteObjectVersion", "ecr:BatchDeleteImage", "dynamodb:DeleteItem"} & actions(*POLICIES)


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
        ("iam:PutRolePolicy", f"{ROLE}/voiceter-backend-task-role", False, False),  # without a boundary
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
    assert allowed(DEPLOY, "iam:PassRole", role, iam_PassedToService="ecs-tasks.amazonaws.com")
    assert not allowed(DEPLOY, "iam:PassRole", role, iam_PassedToService="lambda.amazonaws.com")
    bounded = {"iam_PermissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/voiceter-boundary"}
    ours = "arn:aws:iam::aws:policy/AmazonECSInfrastructureRolePolicyForLoadBalancers"
    assert allowed(DEPLOY, "iam:AttachRolePolicy", role, iam_PolicyARN=ours, **bounded)
    assert not allowed(DEPLOY, "iam:AttachRolePolicy", role, iam_PolicyARN=ours)
    admin = "arn:aws:iam::aws:policy/AdministratorAccess"
    assert not allowed(DEPLOY, "iam:AttachRolePolicy", role, iam_PolicyARN=admin, **bounded)
    assert allowed(DEPLOY, "ec2:DeleteVpc", VPC, aws_ResourceTag__Application="voiceter-backend")
    assert not allowed(DEPLOY, "ec2:DeleteVpc", VPC, aws_ResourceTag__Application="other")
    made = {"ec2_CreateAction": "CreateVpc", "aws_RequestTag__Application": "voiceter-backend"}
    assert allowed(DEPLOY, "ec2:CreateTags", VPC, **made)
    # A role that can tag any object could claim it.
    assert not allowed(DEPLOY, "ec2:CreateTags", VPC, aws_RequestTag__Application="voiceter-backend")


BOUNDED = ("CreateRole", "DeleteRolePolicy", "PutRolePermissionsBoundary", "PutRolePolicy", "UpdateAssumeRolePolicy")


@pytest.mark.parametrize("action", BOUNDED)
def test_deploy_role_writes_only_roles_with_the_boundary(action: str) -> None:
    """Else it could give a role of the program more than it has itself, and run a task with it."""
    role, bounded = f"{ROLE}/voiceter-backend-task-role", f"arn:aws:iam::{ACCOUNT}:policy/voiceter-boundary"
    assert allowed(DEPLOY, f"iam:{action}", role, iam_PermissionsBoundary=bounded)
    assert not allowed(DEPLOY, f"iam:{action}", role)
    assert not allowed(DEPLOY, f"iam:{action}", role, iam_PermissionsBoundary=f"{bounded}-2")
    assert not allowed(DEPLOY, f"iam:{action}", f"{ROLE}/voiceter-ci-deploy", iam_PermissionsBoundary=bounded)


def test_deploy_role_cannot_change_or_remove_the_boundary() -> None:
    assert "iam:DeleteRolePermissionsBoundary" not in actions(*POLICIES)
    assert not {action for action in actions(*DEPLOY) if re.match("iam:(Create|Set|Delete)(Default)?Policy", action)}


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
