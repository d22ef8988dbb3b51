"""The policies of CI's two roles are enough for the program and for what the workflows run.

The sandbox's provider knows the calls for each resource type that the program can register. boto3's calls are read from
the source. tests/live/test_ci_policies.py has what else the policies may grant.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sandbox.provider.types import TYPES
from tests.support.ci_documents import POLICIES, PREVIEW, ROOT, actions

pytestmark = pytest.mark.sandbox  # it deploys no stack

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


def programs_calls() -> Iterator[tuple[str, str]]:
    """Yields module and name of each `aws.<module>.<name>(…)` in the program, and of awsx's."""
    for path in [ROOT / "__main__.py", *sorted((ROOT / "components").rglob("*.py"))]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                chain = ast.unparse(node.func).split(".")
                if chain[0] in ("aws", "awsx") and len(chain) in (2, 3):
                    yield ".".join(chain[1:-1]), chain[-1]


def programs_types() -> set[str]:
    """Returns the types that the program can register with any config, and the types of its VPC component."""
    aws: Any = importlib.import_module("pulumi_aws")
    found = {
        getattr(getattr(aws, module), name).pulumi_type
        for module, name in programs_calls()
        if module and name[0].isupper() and hasattr(getattr(getattr(aws, module), name), "pulumi_type")
    }
    return found | set(re.findall(r"aws:ec2/\w+:\w+", (ROOT / "sandbox" / "awsx" / "vpc.py").read_text()))


def action_of(service: str, operation: str) -> str:
    """Returns the IAM action that a botocore operation needs."""
    if service == "budgets" and "Tag" not in operation:
        return f"budgets:{'ViewBudget' if operation.startswith('Describe') else 'ModifyBudget'}"
    action = f"{SERVICES.get(service, service)}:{operation}"
    return ACTIONS.get(action, action)


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
    called = {name.removesuffix("_output") for _, name in programs_calls() if name.startswith("get_")}
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


@cache
def nodes_of(module: str) -> list[ast.AST]:
    return list(ast.walk(ast.parse(source_of(module).read_text())))


def modules_of(command: str) -> set[str]:
    """Returns the modules that a command imports, and those that these import, and so on."""
    found: set[str] = set()
    left = {command}
    while left:
        module = left.pop()
        found.add(module)
        for node in nodes_of(module):
            if isinstance(node, ast.ImportFrom) and node.module:
                names = {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
                left |= {name for name in names if source_of(name).exists()} - found
    return found


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
    for node in nodes_of(module):
        match node:
            case ast.Call(func=ast.Attribute(attr="client" | "pages"), args=[ast.Constant(value=str(service)), *_]):
                made.add(service)
            case _:
                pass
    return made | GIVEN_CLIENTS.get(module, set())


def calls_of(module: str) -> set[str]:
    """Returns the actions of the operations that a module calls, as methods of boto3, or names in a text."""
    attributes = {node.attr for node in nodes_of(module) if isinstance(node, ast.Attribute)}
    named = attributes | {str(node.value) for node in nodes_of(module) if isinstance(node, ast.Constant)}
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
            for node in nodes_of(module)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }
        known_here = {name for service in services_of(module) for name in operations_of(service)}
        assert not calls & methods - known_here, f"name the services of {module} in GIVEN_CLIENTS"


def test_deploy_role_deletes_no_data() -> None:
    assert not set(WITHHELD) & actions(*POLICIES)
    assert not {"s3:DeleteObjectVersion", "ecr:BatchDeleteImage", "dynamodb:DeleteItem"} & actions(*POLICIES)
