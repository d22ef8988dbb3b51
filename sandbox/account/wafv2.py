"""AWS WAF: what protects a load balancer, the logs of web ACLs, and the protection of data in them.

moto stores rules without looking at them. `sandbox.provider.types.wafv2` checks those. No request is inspected.

Sources: AWS WAF API Reference: AssociateWebACL, CreateWebACL, DeleteWebACL, ListResourcesForWebACL,
PutLoggingConfiguration, DataProtectionConfig; AWS WAF Developer Guide, "Sending web ACL traffic logs to an Amazon
CloudWatch Logs log group".
"""

import json
from collections.abc import Callable
from typing import Any

from moto.elbv2.models import elbv2_backends
from moto.logs.models import logs_backends
from moto.wafv2.exceptions import WAFNonexistentItemException, WAFv2ClientError
from moto.wafv2.models import FakeWebACL, WAFV2Backend
from moto.wafv2.responses import WAFV2Response

from sandbox.account.bucket_policy import policy_allows
from sandbox.account.patching import adds, replaces

_PROTECTION = "data_protection_config"  # an attribute of moto's web ACL
_DELIVERY = "delivery.logs.amazonaws.com"


@replaces(WAFV2Response)
def create_web_acl(original: Callable[[], Any], request: Any) -> Any:
    """Refuses a name in use, with AWS's error, and keeps the protection of data."""
    name = request._get_param("Name")
    if any(acl.name == name for acl in request.wafv2_backend.wacls.values()):
        raise WAFv2ClientError("WAFDuplicateItemException", f"AWS WAF has a web ACL named {name}")
    answer = original()
    _keep_protection(request)
    return answer


@replaces(WAFV2Response)
def update_web_acl(original: Callable[[], Any], request: Any) -> Any:
    """Keeps the protection of data, and removes the rules if none are given."""
    answer = original()
    acl = _keep_protection(request)
    if not json.loads(request.body).get("Rules"):
        acl.rules = []
    return answer


def _keep_protection(request: Any) -> Any:
    given = json.loads(request.body)
    acl = next(acl for acl in request.wafv2_backend.wacls.values() if acl.name == given["Name"])
    setattr(acl, _PROTECTION, given.get("DataProtectionConfig"))
    return acl


@replaces(FakeWebACL)
def to_dict(original: Callable[[], dict[str, Any]], acl: Any) -> dict[str, Any]:
    """Returns a web ACL as GetWebACL does."""
    return {**original(), "DataProtectionConfig": getattr(acl, _PROTECTION, None)}


@replaces(WAFV2Backend)
def delete_web_acl(original: Callable[..., None], waf: Any, name: str, scope: str, _id: str, lock_token: str) -> None:
    """Refuses while the web ACL protects something. Its logging goes with it."""
    found = [arn for arn, acl in waf.wacls.items() if acl.id == _id]
    for arn in found:
        if waf.wacls[arn].associated_resources:
            message = "AWS WAF couldn't perform the operation because your resource is being used by another resource"
            raise WAFv2ClientError("WAFAssociatedItemException", message)
    original(name, scope, _id, lock_token)
    for arn in found:
        waf.logging_configurations.pop(arn, None)


@replaces(WAFV2Backend)
def associate_web_acl(original: Callable[..., None], waf: Any, web_acl_arn: str, resource_arn: str) -> None:
    """Requires a load balancer that exists. It has one web ACL: a new one takes the place of the old one."""
    if resource_arn not in elbv2_backends[waf.account_id][waf.region_name].load_balancers:
        raise WAFNonexistentItemException
    if web_acl_arn not in waf.wacls:
        raise WAFNonexistentItemException
    waf.disassociate_web_acl(resource_arn)
    original(web_acl_arn, resource_arn)


@adds(WAFV2Response)
def list_resources_for_web_acl(request: Any) -> str:
    """Returns the ARNs of the load balancers that a web ACL protects."""
    acl = request.wafv2_backend.wacls.get(request._get_param("WebACLArn"))
    if acl is None:
        raise WAFNonexistentItemException
    return json.dumps({"ResourceArns": acl.associated_resources})


@replaces(WAFV2Backend)
def put_logging_configuration(
    original: Callable[..., Any], waf: Any, arn: str, log_destination_configs: list[str], *args: Any
) -> Any:
    """Requires one log group that lets AWS's log delivery in.

    AWS WAF may add a policy for a log group that lacks one. Here it does not, so that no program relies on it.
    """
    if arn not in waf.wacls:
        raise WAFNonexistentItemException
    [destination] = log_destination_configs
    name = destination.partition(":log-group:")[2].removesuffix(":*")
    logs = logs_backends[waf.account_id][waf.region_name]
    if name not in logs.groups:
        raise WAFv2ClientError("WAFInvalidParameterException", f"The ARN isn't valid: {destination}")
    source = {
        "aws:SourceAccount": waf.account_id,
        "aws:SourceArn": f"arn:aws:logs:{waf.region_name}:{waf.account_id}:delivery-source:1",
    }
    stream = f"arn:aws:logs:{waf.region_name}:{waf.account_id}:log-group:{name}:log-stream:1"
    policies = [policy.policy_document for policy in logs.resource_policies.values()]
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        if not any(policy_allows(policy, _DELIVERY, action, stream, source) for policy in policies):
            message = f"You don't have the permissions that are required to write to {name}"
            raise WAFv2ClientError("WAFLogDestinationPermissionIssueException", message)
    return original(arn, log_destination_configs, *args)
