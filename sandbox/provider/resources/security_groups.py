"""VPC: security groups and their rules."""

from typing import Any

from ..spec import Call, Context, Resource
from ..values import Values
from .ec2 import TAGGING, arn, tags


def _revoke_all_egress(context: Context) -> bool:
    """AWS gives a new group an egress rule for everything; the AWS provider takes it away, and so does this."""
    rules = context.call("DescribeSecurityGroupRules", Filters=[{"Name": "group-id", "Values": [context["id"]]}])[
        "SecurityGroupRules"
    ]
    egress = [rule["SecurityGroupRuleId"] for rule in rules if rule["IsEgress"]]
    if egress:
        context.call("RevokeSecurityGroupEgress", GroupId=context["id"], SecurityGroupRuleIds=egress)
    return True


_RULE_TARGETS = {
    "cidrIpv4": "IpPermissions.IpRanges",
    "cidrIpv6": "IpPermissions.Ipv6Ranges",
    "prefixListId": "IpPermissions.PrefixListIds",
    "referencedSecurityGroupId": "IpPermissions.UserIdGroupPairs",
}


def _rule(values: Values, _: Context) -> Values:
    """A rule's description belongs to its target; all protocols go without ports."""
    built = dict(values)
    description = built.pop("description", None)
    for name in _RULE_TARGETS:
        if name in built and description is not None:
            built[f"{name}Description"] = description
    return built


def _rule_names() -> dict[str, str]:
    members = {
        "cidrIpv4": "CidrIp",
        "cidrIpv6": "CidrIpv6",
        "prefixListId": "PrefixListId",
        "referencedSecurityGroupId": "GroupId",
    }
    names = {name: f"{path}.{members[name]}" for name, path in _RULE_TARGETS.items()}
    names |= {f"{name}Description": f"{path}.Description" for name, path in _RULE_TARGETS.items()}
    ports = {name: f"IpPermissions.{name[0].upper()}{name[1:]}" for name in ("ipProtocol", "fromPort", "toPort")}
    return {**names, **ports, **TAGGING, "securityGroupId": "GroupId"}


def _changed_rule(values: Values, context: Context) -> Values:
    names = ("ipProtocol", "fromPort", "toPort", "cidrIpv4", "cidrIpv6", "prefixListId", "description")
    built = {name: values.get(name) for name in names} | {"description": values.get("description") or ""}
    if built["fromPort"] is None and built["toPort"] is None:
        built["fromPort"] = built["toPort"] = -1  # none
    built["referencedGroupId"] = values.get("referencedSecurityGroupId")
    rule = {
        "securityGroupRuleId": context["id"],
        "securityGroupRule": {k: v for k, v in built.items() if v is not None},
    }
    return {"securityGroupRules": [rule]}


def _keep_description(context: Context) -> bool:
    """The account drops the description of a rule for a group when the rule is made, not when it is changed."""
    if context["description"] and not context.olds.get("description"):
        rule = _changed_rule(dict(context.known), context)["securityGroupRules"][0]["securityGroupRule"]
        changed = {name[0].upper() + name[1:]: value for name, value in rule.items()}
        rules = [{"SecurityGroupRuleId": context["id"], "SecurityGroupRule": changed}]
        context.call("ModifySecurityGroupRules", GroupId=context["securityGroupId"], SecurityGroupRules=rules)
    return True


_RULE_CONTENT = "ipProtocol fromPort toPort cidrIpv4 cidrIpv6 prefixListId referencedSecurityGroupId description"


def _rule_type(direction: str) -> Resource:
    return Resource(
        f"aws:vpc/securityGroup{direction}Rule:SecurityGroup{direction}Rule",
        "ec2",
        create=Call(f"AuthorizeSecurityGroup{direction}", f"securityGroupId {_RULE_CONTENT}", build=_rule),
        id="SecurityGroupRules.SecurityGroupRuleId",
        read=(
            Call(
                "DescribeSecurityGroupRules",
                fixed={"SecurityGroupRuleIds": ["{id}"]},
                at="SecurityGroupRules",
                take=_without_all_ports,
            ),
        ),
        updates=(
            Call(
                "ModifySecurityGroupRules",
                _RULE_CONTENT,
                {"GroupId": "{securityGroupId}"},
                whole=True,
                build=_changed_rule,
            ),
        ),
        delete=(
            Call(
                f"RevokeSecurityGroup{direction}",
                fixed={"GroupId": "{securityGroupId}", "SecurityGroupRuleIds": ["{id}"]},
            ),
        ),
        names=_rule_names(),
        reads={
            "securityGroupId": "GroupId",
            "cidrIpv4": "CidrIpv4",
            "cidrIpv6": "CidrIpv6",
            "referencedSecurityGroupId": "ReferencedGroupInfo.GroupId",
            "securityGroupRuleId": "SecurityGroupRuleId",
            "arn": arn("security-group-rule", "{account}"),
        },
        outputs="arn securityGroupRuleId",
        settle=_keep_description,
        tags=tags("security-group-rule"),
    )


def _without_all_ports(found: Any, _: Context) -> Values:
    """-1 as a port means that there is none; a rule refers to a group or to addresses, not to both."""
    rule = found[0]
    values: Values = {name[0].lower() + name[1:]: None for name in ("FromPort", "ToPort") if rule.get(name) == -1}
    if any(rule.get(name) for name in ("CidrIpv4", "CidrIpv6", "PrefixListId")):
        values["referencedSecurityGroupId"] = None
    return values


RESOURCES = (
    Resource(
        "aws:ec2/securityGroup:SecurityGroup",
        "ec2",
        create=Call("CreateSecurityGroup", "name description vpcId"),
        id="GroupId",
        read=(Call("DescribeSecurityGroups", fixed={"GroupIds": ["{id}"]}, at="SecurityGroups"),),
        delete=(Call("DeleteSecurityGroup", fixed={"GroupId": "{id}"}),),
        names={**TAGGING, "name": "GroupName"},
        reads={"arn": arn("security-group")},
        outputs="arn ownerId vpcId",
        defaults={"description": "Managed by Pulumi", "revokeRulesOnDelete": False},
        local="revokeRulesOnDelete",
        name="name",
        unique="name vpcId",
        settle=_revoke_all_egress,
        tags=tags("security-group"),
    ),
    _rule_type("Ingress"),
    _rule_type("Egress"),
)
