"""IAM: roles and their policies."""

import json
from typing import Any
from urllib.parse import unquote

from ..spec import Call, Context, Resource, Tags
from ..values import Values


def _empty_role(context: Context) -> None:
    """With forceDetachPolicies a role goes although policies of others hang on it."""
    if not context["forceDetachPolicies"]:
        return
    for policy in context.call("ListAttachedRolePolicies", RoleName=context["id"])["AttachedPolicies"]:
        context.call("DetachRolePolicy", RoleName=context["id"], PolicyArn=policy["PolicyArn"])
    for name in context.call("ListRolePolicies", RoleName=context["id"])["PolicyNames"]:
        context.call("DeleteRolePolicy", RoleName=context["id"], PolicyName=name)


def _document(name: str, member: str) -> Any:
    """IAM's wire form of a document is percent-encoded; botocore decodes it where it can."""

    def take(answer: Any, _: Context) -> Values:
        document = answer[member]
        if isinstance(document, dict):
            document = json.dumps(document, separators=(",", ":"))
        return {name: unquote(document) if document.startswith("%") else document}

    return take


RESOURCES = (
    Resource(
        "aws:iam/role:Role",
        create=Call(
            "CreateRole name path assumeRolePolicy description maxSessionDuration permissionsBoundary -> {name}"
        ),
        read=Call("GetRole RoleName={id} -> Role", take=_document("assumeRolePolicy", "AssumeRolePolicyDocument")),
        updates=(
            Call(
                "UpdateAssumeRolePolicy assumeRolePolicy RoleName={id}",
                build=lambda values, _: {"policyDocument": values["assumeRolePolicy"]},
            ),
            Call("UpdateRole description maxSessionDuration RoleName={id}", whole=True),
            Call(
                "PutRolePermissionsBoundary permissionsBoundary RoleName={id}",
                absent=Call("DeleteRolePermissionsBoundary RoleName={id}"),
            ),
        ),
        delete=Call("DeleteRole RoleName={id}"),
        names={"name": "RoleName", "assumeRolePolicy": "AssumeRolePolicyDocument", "uniqueId": "RoleId"},
        reads={"permissionsBoundary": "PermissionsBoundary.PermissionsBoundaryArn"},
        outputs="arn createDate uniqueId",
        defaults={"path": "/", "maxSessionDuration": 3600, "forceDetachPolicies": False},
        clear={"description": ""},
        local="forceDetachPolicies",
        name="name",
        limit=64,
        tags=Tags("TagRole UntagRole RoleName={id}"),
        regional=False,
        prepare_delete=_empty_role,
    ),
    Resource(
        "aws:iam/rolePolicy:RolePolicy",
        create=Call("PutRolePolicy role name policy -> {role}:{name}"),
        read=Call("GetRolePolicy RoleName={role} PolicyName={name}", take=_document("policy", "PolicyDocument")),
        updates=Call("PutRolePolicy policy RoleName={role} PolicyName={name}"),
        delete=Call("DeleteRolePolicy RoleName={role} PolicyName={name}"),
        names={"role": "RoleName", "name": "PolicyName", "policy": "PolicyDocument"},
        name="name",
        limit=128,
        regional=False,
    ),
    Resource(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        create=Call("AttachRolePolicy role policyArn -> {role}/{policyArn}"),
        read=Call(
            "ListAttachedRolePolicies RoleName={role} -> AttachedPolicies",
            only={"PolicyArn": "{policyArn}"},
            take=lambda found, context: {"role": context["role"], "policyArn": found[0]["PolicyArn"]},
        ),
        delete=Call("DetachRolePolicy RoleName={role} PolicyArn={policyArn}"),
        names={"role": "RoleName"},
        regional=False,
    ),
)
