"""IAM: roles and their policies."""

import json
from collections.abc import Iterator

from ..resource import Call, Name, Read, Resource, Tags, parts_of_id
from ..rules import Fault, document, identity_statements, resource_statements
from ..values import Values


def _role_rules(inputs: Values) -> Iterator[Fault]:
    """IAM User Guide, "IAM and AWS STS quotas"."""
    yield from document(inputs, "assumeRolePolicy", 2048, white_space=False)
    yield from resource_statements(inputs, "assumeRolePolicy")


def _role_policy_rules(inputs: Values) -> Iterator[Fault]:
    """IAM User Guide, "IAM and AWS STS quotas". The account checks the policies of a role together."""
    yield from document(inputs, "policy", 10_240, white_space=False)
    yield from identity_statements(inputs, "policy")


ROLE = Resource(
    "aws:iam/role:Role",
    service="iam",
    regional=False,
    create=Call("CreateRole", ("name", "assumeRolePolicy", "description", "permissionsBoundary")),
    id="name",
    identity=lambda it: {"RoleName": it.id},
    read=(
        Read(
            "GetRole",
            at="Role",
            show=lambda role, _: {"assumeRolePolicy": json.dumps(role["AssumeRolePolicyDocument"])},
        ),
    ),
    update=(
        Call("UpdateAssumeRolePolicy", ("assumeRolePolicy",), rename={"assumeRolePolicy": "PolicyDocument"}),
        Call("UpdateRole", ("description",)),
        Call(
            "PutRolePermissionsBoundary",
            ("permissionsBoundary",),
            if_unset=Call("DeleteRolePermissionsBoundary"),
        ),
    ),
    delete=(Call("DeleteRole"),),
    rename={"name": "RoleName", "assumeRolePolicy": "AssumeRolePolicyDocument"},
    shown_as={"permissionsBoundary": "PermissionsBoundary.PermissionsBoundaryArn"},
    outputs=("arn",),
    clear={"description": ""},
    name=Name("name", max_length=64),
    tags=Tags("TagRole", "UntagRole", list=""),
    rules=_role_rules,
)


ROLE_POLICY = Resource(
    "aws:iam/rolePolicy:RolePolicy",
    service="iam",
    regional=False,
    create=Call("PutRolePolicy", ("role", "name", "policy")),
    id=lambda _, it: f"{it['role']}:{it['name']}",
    parse_id=parts_of_id(":", "role", "name"),
    identity=lambda it: {"RoleName": it["role"], "PolicyName": it["name"]},
    read=(Read("GetRolePolicy", show=lambda found, _: {"policy": json.dumps(found["PolicyDocument"])}),),
    update=(Call("PutRolePolicy", ("policy",)),),
    delete=(Call("DeleteRolePolicy"),),
    rename={"role": "RoleName", "name": "PolicyName", "policy": "PolicyDocument"},
    name=Name("name"),
    rules=_role_policy_rules,
)


ROLE_POLICY_ATTACHMENT = Resource(
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    service="iam",
    regional=False,
    create=Call("AttachRolePolicy", ("role", "policyArn")),
    id=lambda _, it: f"{it['role']}/{it['policyArn']}",
    parse_id=parts_of_id("/", "role", "policyArn"),
    identity=lambda it: {"RoleName": it["role"], "PolicyArn": it["policyArn"]},
    read=(Read("ListAttachedRolePolicies", at="AttachedPolicies"),),
    delete=(Call("DetachRolePolicy"),),
    rename={"role": "RoleName"},
    delete_before_replace=True,  # as the AWS provider has it
)

RESOURCES = (ROLE, ROLE_POLICY, ROLE_POLICY_ATTACHMENT)
