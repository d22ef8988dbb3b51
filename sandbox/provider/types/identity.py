"""IAM: roles and their policies."""

import json
from typing import Any
from urllib.parse import unquote

from ..spec import Context, table
from ..values import Values


def empty_role(context: Context) -> None:
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


trust = _document("assumeRolePolicy", "AssumeRolePolicyDocument")
policy = _document("policy", "PolicyDocument")

RESOURCES = table(
    globals(),
    """
    aws:iam/role:Role global
      create    CreateRole name path assumeRolePolicy description maxSessionDuration permissionsBoundary -> {name}
      read      GetRole RoleName={id} @trust -> Role
      update    UpdateAssumeRolePolicy assumeRolePolicy:PolicyDocument RoleName={id}
      put       UpdateRole description maxSessionDuration RoleName={id}
      update    PutRolePermissionsBoundary permissionsBoundary RoleName={id}
                else DeleteRolePermissionsBoundary RoleName={id}
      delete    DeleteRole RoleName={id}
      names     name=RoleName assumeRolePolicy=AssumeRolePolicyDocument uniqueId=RoleId
      reads     permissionsBoundary=PermissionsBoundary.PermissionsBoundaryArn
      outputs   arn createDate uniqueId
      defaults  path=/ maxSessionDuration=3600 forceDetachPolicies=false
      clear     description=
      local     forceDetachPolicies
      named     name 64 namePrefix
      tags      TagRole UntagRole RoleName={id}
      before-delete  @empty_role

    aws:iam/rolePolicy:RolePolicy global
      create    PutRolePolicy role name (policy) -> {role}:{name}
      read      GetRolePolicy RoleName={role} PolicyName={name} @policy
      update    PutRolePolicy () RoleName={role} PolicyName={name}
      delete    DeleteRolePolicy RoleName={role} PolicyName={name}
      names     role=RoleName name=PolicyName policy=PolicyDocument
      named     name namePrefix

    aws:iam/rolePolicyAttachment:RolePolicyAttachment global
      create    AttachRolePolicy role policyArn -> {role}/{policyArn}
      read      ListAttachedRolePolicies RoleName={role} -> AttachedPolicies[PolicyArn={policyArn}]
      delete    DetachRolePolicy RoleName={role} PolicyArn={policyArn}
      names     role=RoleName
      delete-first as the AWS provider has it
    """,
)
