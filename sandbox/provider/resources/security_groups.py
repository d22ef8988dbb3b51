"""VPC: security groups and their rules."""

from collections.abc import Mapping
from typing import Any

from ..convert import capital, uncapital
from ..spec import Call, Context, Resource, pairs
from ..values import Values
from .ec2 import arn, tags


def _revoke_all_egress(context: Context) -> bool:
    """AWS gives a new group an egress rule for everything; the AWS provider takes it away, and so does this."""
    found = context.call("DescribeSecurityGroupRules", Filters=[{"Name": "group-id", "Values": [context["id"]]}])
    egress = [rule["SecurityGroupRuleId"] for rule in found["SecurityGroupRules"] if rule["IsEgress"]]
    if egress:
        context.call("RevokeSecurityGroupEgress", GroupId=context["id"], SecurityGroupRuleIds=egress)
    return True


_PORTS = "ipProtocol fromPort toPort"
_ADDRESSES = "cidrIpv4 cidrIpv6 prefixListId"
# What a rule is about, and where in IpPermissions that stands: its list there, its member of an item.
_TARGETS = {
    "cidrIpv4": ("IpRanges", "CidrIp"),
    "cidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
    "prefixListId": ("PrefixListIds", "PrefixListId"),
    "referencedSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
}
_RULE_NAMES = {
    "securityGroupId": "GroupId",
    **{name: f"IpPermissions.{capital(name)}" for name in _PORTS.split()},
    **{name: f"IpPermissions.{items}.{member}" for name, (items, member) in _TARGETS.items()},
    **{f"{name}Description": f"IpPermissions.{items}.Description" for name, (items, _) in _TARGETS.items()},
}


def _rule(values: Values, _: Context) -> Values:
    """A rule's description belongs to its target; all protocols go without ports."""
    built = dict(values)
    description = built.pop("description", None)
    return built | {f"{name}Description": description for name in _TARGETS if name in built}


def _whole_rule(values: Mapping[str, Any]) -> Values:
    """A rule as `ModifySecurityGroupRules` takes it."""
    built = {name: values.get(name) for name in (*_PORTS.split(), *_ADDRESSES.split())}
    if built["fromPort"] is None and built["toPort"] is None:
        built["fromPort"] = built["toPort"] = -1  # none
    built |= {
        "referencedGroupId": values.get("referencedSecurityGroupId"),
        "description": values.get("description") or "",
    }
    return {name: value for name, value in built.items() if value is not None}


def _changed_rule(values: Values, context: Context) -> Values:
    return {"securityGroupRules": [{"securityGroupRuleId": context["id"], "securityGroupRule": _whole_rule(values)}]}


def _keep_description(context: Context) -> bool:
    """The account drops the description of a rule for a group when the rule is made, not when it is changed."""
    if context["description"] and not context.olds.get("description"):
        rule = {capital(name): value for name, value in _whole_rule(context.known).items()}
        rules = [{"SecurityGroupRuleId": context["id"], "SecurityGroupRule": rule}]
        context.call("ModifySecurityGroupRules", GroupId=context["securityGroupId"], SecurityGroupRules=rules)
    return True


_RULE_CONTENT = f"{_PORTS} {_ADDRESSES} referencedSecurityGroupId description"


def _rule_type(direction: str) -> Resource:
    return Resource(
        f"aws:vpc/securityGroup{direction}Rule:SecurityGroup{direction}Rule",
        "ec2",
        create=Call(
            f"AuthorizeSecurityGroup{direction} securityGroupId {_RULE_CONTENT}"
            " -> SecurityGroupRules.SecurityGroupRuleId",
            build=_rule,
        ),
        read=Call(
            "DescribeSecurityGroupRules SecurityGroupRuleIds=[{id}] -> SecurityGroupRules", take=_without_all_ports
        ),
        updates=Call(
            "ModifySecurityGroupRules " + _RULE_CONTENT + " GroupId={securityGroupId}", whole=True, build=_changed_rule
        ),
        delete=Call(f"RevokeSecurityGroup{direction} GroupId={{securityGroupId}} SecurityGroupRuleIds=[{{id}}]"),
        names=_RULE_NAMES,
        reads={
            **pairs("securityGroupId=GroupId cidrIpv4=CidrIpv4 cidrIpv6=CidrIpv6"),
            "referencedSecurityGroupId": "ReferencedGroupInfo.GroupId",
            "arn": arn("security-group-rule", "{account}"),
        },
        outputs="arn securityGroupRuleId",
        settle=_keep_description,
        tags=tags("security-group-rule"),
    )


def _without_all_ports(found: Any, _: Context) -> Values:
    """-1 as a port means that there is none; a rule refers to a group or to addresses, not to both."""
    rule = found[0]
    values: Values = {uncapital(name): None for name in ("FromPort", "ToPort") if rule.get(name) == -1}
    if any(rule.get(capital(name)) for name in _ADDRESSES.split()):
        values["referencedSecurityGroupId"] = None
    return values


RESOURCES = (
    Resource(
        "aws:ec2/securityGroup:SecurityGroup",
        create=Call("CreateSecurityGroup name description vpcId -> GroupId"),
        read=Call("DescribeSecurityGroups GroupIds=[{id}] -> SecurityGroups"),
        delete=Call("DeleteSecurityGroup GroupId={id}"),
        names={"name": "GroupName"},
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
