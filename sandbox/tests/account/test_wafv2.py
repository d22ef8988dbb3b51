"""Web ACLs in the account: what they protect, their logs, and what stands in the way of their deletion."""

from __future__ import annotations

import json
from typing import Any

from sandbox.tests.account.world import ACCOUNT, REGION, World, client, refused

GROUP = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:aws-waf-logs-app"
VISIBLE: dict[str, Any] = {"CloudWatchMetricsEnabled": True, "MetricName": "app", "SampledRequestsEnabled": True}


def waf() -> Any:
    return client("wafv2")


def new_acl(name: str = "app") -> dict[str, Any]:
    settings: dict[str, Any] = {"DefaultAction": {"Allow": {}}, "VisibilityConfig": VISIBLE, "Rules": []}
    return waf().create_web_acl(Name=name, Scope="REGIONAL", **settings)["Summary"]


def named(acl: dict[str, Any]) -> dict[str, Any]:
    return {"Id": acl["Id"], "Name": acl["Name"], "Scope": "REGIONAL"}


def delete(acl: dict[str, Any]) -> None:
    token = waf().get_web_acl(**named(acl))["LockToken"]
    waf().delete_web_acl(**named(acl), LockToken=token)


def put_log(acl: dict[str, Any], group: str = GROUP) -> None:
    waf().put_logging_configuration(LoggingConfiguration={"ResourceArn": acl["ARN"], "LogDestinationConfigs": [group]})


def admit(service: str = "delivery.logs.amazonaws.com", account: str = ACCOUNT, group: str = GROUP) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": f"{group}:*",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": account},
            "ArnLike": {"aws:SourceArn": f"arn:aws:logs:{REGION}:{account}:*"},
        },
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client("logs").put_resource_policy(policyName="app", policyDocument=document)


def test_load_balancer_has_one_web_acl_which_cannot_be_deleted(world: World) -> None:
    first, second = new_acl("first"), new_acl("second")
    for acl in (first, first, second):
        waf().associate_web_acl(WebACLArn=acl["ARN"], ResourceArn=world.balancer)
        assert waf().get_web_acl_for_resource(ResourceArn=world.balancer)["WebACL"]["ARN"] == acl["ARN"]
    assert waf().list_resources_for_web_acl(WebACLArn=first["ARN"])["ResourceArns"] == []
    assert waf().list_resources_for_web_acl(WebACLArn=second["ARN"])["ResourceArns"] == [world.balancer]
    with refused("WAFAssociatedItemException"):
        delete(second)
    waf().disassociate_web_acl(ResourceArn=world.balancer)
    assert "WebACL" not in waf().get_web_acl_for_resource(ResourceArn=world.balancer)
    delete(second)
    for arn, balancer in ((first["ARN"], f"{world.balancer}0"), (second["ARN"], world.balancer)):
        with refused("WAFNonexistentItemException"):
            waf().associate_web_acl(WebACLArn=arn, ResourceArn=balancer)


def test_log_needs_a_group_that_admits_the_delivery(world: World) -> None:
    acl, logs = new_acl(), client("logs")
    with refused("WAFInvalidParameterException"):
        put_log(acl)
    logs.create_log_group(logGroupName="aws-waf-logs-app")
    with refused("WAFLogDestinationPermissionIssueException"):
        put_log(acl)
    for wrong in ({"service": "logs.amazonaws.com"}, {"account": "1" * 12}, {"group": f"{GROUP}-2"}):
        admit(**wrong)
        with refused("WAFLogDestinationPermissionIssueException"):
            put_log(acl)
    admit()
    put_log(acl)
    put_log(acl, f"{GROUP}:*")
    delete(acl)
    with refused("WAFNonexistentItemException"):
        waf().get_logging_configuration(ResourceArn=acl["ARN"])
    with refused("WAFNonexistentItemException"):
        put_log(acl)
