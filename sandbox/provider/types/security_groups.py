"""VPC: security groups and their rules."""

from collections.abc import Mapping
from typing import Any

from ..convert import capital, uncapital
from ..spec import Context, table
from ..values import Values


def revoke_all_egress(context: Context) -> bool:
    """AWS gives a new group an egress rule for everything; the AWS provider takes it away, and so does this."""
    found = context.call("DescribeSecurityGroupRules", Filters=[{"Name": "group-id", "Values": [context["id"]]}])
    egress = [rule["SecurityGroupRuleId"] for rule in found["SecurityGroupRules"] if rule["IsEgress"]]
    if egress:
        context.call("RevokeSecurityGroupEgress", GroupId=context["id"], SecurityGroupRuleIds=egress)
    return True


_PORTS = "ipProtocol fromPort toPort"
_ADDRESSES = "cidrIpv4 cidrIpv6 prefixListId"
_TARGETS = f"{_ADDRESSES} referencedSecurityGroupId"


def rule(values: Values, _: Context) -> Values:
    """A rule's description belongs to its target; all protocols go without ports."""
    built = dict(values)
    description = built.pop("description", None)
    return built | {f"{name}Description": description for name in _TARGETS.split() if name in built}


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


def changed_rule(values: Values, context: Context) -> Values:
    return {"securityGroupRules": [{"securityGroupRuleId": context["id"], "securityGroupRule": _whole_rule(values)}]}


def without_all_ports(found: Any, _: Context) -> Values:
    """-1 as a port means that there is none; a rule refers to a group or to addresses, not to both."""
    rule = found[0]
    values: Values = {uncapital(name): None for name in ("FromPort", "ToPort") if rule.get(name) == -1}
    if any(rule.get(capital(name)) for name in _ADDRESSES.split()):
        values["referencedSecurityGroupId"] = None
    return values


def other_target(olds: Values, news: Values) -> set[str]:
    """A rule's target can change, but not what kind of target it is."""
    had, wanted = ({name for name in _TARGETS.split() if one.get(name) is not None} for one in (olds, news))
    return had ^ wanted


_RULE_TABLE = """
    aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule ec2
      create    AuthorizeSecurityGroupIngress securityGroupId (ipProtocol fromPort toPort cidrIpv4 cidrIpv6 prefixListId
                referencedSecurityGroupId description) @rule -> SecurityGroupRules.SecurityGroupRuleId
      read      DescribeSecurityGroupRules SecurityGroupRuleIds=[{id}] @without_all_ports -> SecurityGroupRules
      put       ModifySecurityGroupRules () GroupId={securityGroupId} @changed_rule
      delete    RevokeSecurityGroupIngress GroupId={securityGroupId} SecurityGroupRuleIds=[{id}]
      names     securityGroupId=GroupId ipProtocol=IpPermissions.IpProtocol fromPort=IpPermissions.FromPort
                toPort=IpPermissions.ToPort cidrIpv4=IpPermissions.IpRanges.CidrIp
                cidrIpv4Description=IpPermissions.IpRanges.Description cidrIpv6=IpPermissions.Ipv6Ranges.CidrIpv6
                cidrIpv6Description=IpPermissions.Ipv6Ranges.Description
                prefixListId=IpPermissions.PrefixListIds.PrefixListId
                prefixListIdDescription=IpPermissions.PrefixListIds.Description
                referencedSecurityGroupId=IpPermissions.UserIdGroupPairs.GroupId
                referencedSecurityGroupIdDescription=IpPermissions.UserIdGroupPairs.Description
      reads     securityGroupId=GroupId cidrIpv4=CidrIpv4 cidrIpv6=CidrIpv6
                referencedSecurityGroupId=ReferencedGroupInfo.GroupId
      replaces  @other_target
      outputs   arn==arn:{partition}:ec2:{region}:{account}:security-group-rule/{id} securityGroupRuleId
      tags      CreateTags DeleteTags Resources=[{id}] kind=security-group-rule
"""
RESOURCES = table(
    globals(),
    """
    aws:ec2/securityGroup:SecurityGroup
      create    CreateSecurityGroup name description vpcId -> GroupId
      read      DescribeSecurityGroups GroupIds=[{id}] -> SecurityGroups
      delete    DeleteSecurityGroup GroupId={id}
      names     name=GroupName
      outputs   arn==arn:{partition}:ec2:{region}:{ownerId}:security-group/{id} ownerId vpcId
      defaults  description='Managed by Pulumi' revokeRulesOnDelete=false
      local     revokeRulesOnDelete
      named     name namePrefix
      settle    @revoke_all_egress
      tags      CreateTags DeleteTags Resources=[{id}] kind=security-group
    """
    + _RULE_TABLE
    + _RULE_TABLE.replace("Ingress", "Egress"),
)
