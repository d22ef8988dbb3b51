"""Amazon VPC: security groups and their rules."""

from collections.abc import Iterator
from typing import Any

from ..resource import Call, Context, Name, Read, Resource
from ..rules import Fault, at_most, between, exactly_one, matches, network_address, required
from ..values import Values
from .ec2 import tags_of

_DESCRIPTION = (
    r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}",
    "must be at most 255 letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*",
)


def _security_group_rules(inputs: Values) -> Iterator[Fault]:
    """Amazon EC2 API Reference, CreateSecurityGroup."""
    yield from matches(inputs, "description", *_DESCRIPTION)


def _security_group_rule_rules(inputs: Values) -> Iterator[Fault]:
    """Amazon EC2 API Reference: AuthorizeSecurityGroupIngress, AuthorizeSecurityGroupEgress, IpPermission."""
    yield from matches(inputs, "description", *_DESCRIPTION)
    if inputs.get("ipProtocol") in ("tcp", "udp"):
        yield from required(inputs, "must be given for tcp and udp", "fromPort", "toPort")
    yield from between(inputs, "fromPort", 0, 65535)
    yield from between(inputs, "toPort", 0, 65535)
    yield from at_most(inputs, "fromPort", "toPort")
    yield from network_address(inputs, "cidrIpv4")
    yield from exactly_one(inputs, "", "cidrIpv4", "referencedSecurityGroupId")


def _revoke_default_rules(it: Context) -> None:
    """AWS opens the way out of a new group, and a default group to itself. The AWS provider revokes these rules."""
    found = it.call("DescribeSecurityGroupRules", Filters=[{"Name": "group-id", "Values": [it.id]}])
    for is_egress, operation in ((True, "RevokeSecurityGroupEgress"), (False, "RevokeSecurityGroupIngress")):
        rules = [rule["SecurityGroupRuleId"] for rule in found["SecurityGroupRules"] if rule["IsEgress"] is is_egress]
        if rules:
            it.call(operation, GroupId=it.id, SecurityGroupRuleIds=rules)


_RULE_OPERATIONS = ("DescribeSecurityGroupRules", "RevokeSecurityGroupEgress", "RevokeSecurityGroupIngress")

SECURITY_GROUP = Resource(
    "aws:ec2/securityGroup:SecurityGroup",
    service="ec2",
    create=Call("CreateSecurityGroup", ("name", "description", "vpcId")),
    id=lambda answer, _: answer["GroupId"],
    identity=lambda it: {"GroupId": it.id},
    read=(Read("DescribeSecurityGroups", at="SecurityGroups"),),
    delete=(Call("DeleteSecurityGroup"),),
    rename={"name": "GroupName"},
    outputs=("vpcId",),
    defaults={"description": "Managed by Pulumi"},
    name=Name("name"),
    tags=tags_of("security-group"),
    created=_revoke_default_rules,
    hook_operations=_RULE_OPERATIONS,
    rules=_security_group_rules,
)


def _of_vpc(values: Values, _: Context) -> Values:
    found = {"group-name": "default", "vpc-id": values["vpcId"]}
    return {"filters": [{"name": name, "values": [value]} for name, value in found.items()]}


# It comes and goes with its VPC. The AWS provider looks for it, tags it, and revokes its rules. A delete leaves it as
# it is (terraform-provider-aws, internal/service/ec2/vpc_default_security_group.go).
DEFAULT_SECURITY_GROUP = Resource(
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    service="ec2",
    create=Call("DescribeSecurityGroups", ("vpcId",), prepare=_of_vpc),
    id=lambda answer, _: answer["SecurityGroups"][0]["GroupId"],
    identity=lambda it: {"GroupId": it.id},
    read=(Read("DescribeSecurityGroups", at="SecurityGroups"),),
    shown_as={"name": "GroupName"},
    outputs=("description", "name", "vpcId"),
    tags=tags_of("security-group"),
    created=_revoke_default_rules,
    hook_operations=_RULE_OPERATIONS,
)

_RULE = ("ipProtocol", "fromPort", "toPort", "cidrIpv4", "referencedSecurityGroupId", "description")
_SOURCES = ("cidrIpv4", "referencedSecurityGroupId")


def _new_rule(values: Values, _: Context) -> Values:
    """The API has the description beside the rule's address or group."""
    built = dict(values)
    description = built.pop("description", None)
    return built | {f"{name}Description": description for name in _SOURCES if name in built}


def _changed_rule(values: Values, it: Context) -> Values:
    built = {
        "ipProtocol": values.get("ipProtocol"),
        "fromPort": values.get("fromPort"),
        "toPort": values.get("toPort"),
        "cidrIpv4": values.get("cidrIpv4"),
        "referencedGroupId": values.get("referencedSecurityGroupId"),
        "description": values.get("description") or "",
    }
    if built["fromPort"] is None and built["toPort"] is None:
        built["fromPort"] = built["toPort"] = -1  # the API's value for no port
    rule = {name: value for name, value in built.items() if value is not None}
    return {"securityGroupRules": [{"securityGroupRuleId": it.id, "securityGroupRule": rule}]}


def _rule(found: Any, it: Context) -> Values:
    shown: Values = {
        "referencedSecurityGroupId": found.get("ReferencedGroupInfo", {}).get("GroupId"),
    }
    no_ports = {name: None for name in ("fromPort", "toPort") if found.get(name[0].upper() + name[1:]) == -1}
    if found.get("CidrIpv4"):
        shown["referencedSecurityGroupId"] = None  # a rule has one of the two
    return shown | no_ports


def _other_source(olds: Values, news: Values) -> set[str]:
    """A rule's source can change, but not from addresses to a group or back."""
    had, wanted = ({name for name in _SOURCES if one.get(name) is not None} for one in (olds, news))
    return had ^ wanted


def _rule_type(direction: str) -> Resource:
    """The rules of one direction, `Ingress` or `Egress`."""
    return Resource(
        f"aws:vpc/securityGroup{direction}Rule:SecurityGroup{direction}Rule",
        service="ec2",
        create=Call(f"AuthorizeSecurityGroup{direction}", ("securityGroupId", *_RULE), prepare=_new_rule),
        id=lambda answer, _: answer["SecurityGroupRules"][0]["SecurityGroupRuleId"],
        identity=lambda it: {"GroupId": it["securityGroupId"], "SecurityGroupRuleId": it.id},
        read=(Read("DescribeSecurityGroupRules", at="SecurityGroupRules", show=_rule),),
        update=(Call("ModifySecurityGroupRules", _RULE, prepare=_changed_rule, send_all=True),),
        delete=(Call(f"RevokeSecurityGroup{direction}"),),
        rename={
            "securityGroupId": "GroupId",
            "ipProtocol": "IpPermissions.IpProtocol",
            "fromPort": "IpPermissions.FromPort",
            "toPort": "IpPermissions.ToPort",
            "cidrIpv4": "IpPermissions.IpRanges.CidrIp",
            "cidrIpv4Description": "IpPermissions.IpRanges.Description",
            "referencedSecurityGroupId": "IpPermissions.UserIdGroupPairs.GroupId",
            "referencedSecurityGroupIdDescription": "IpPermissions.UserIdGroupPairs.Description",
        },
        shown_as={"cidrIpv4": "CidrIpv4"},
        replaces_if=_other_source,
        tags=tags_of("security-group-rule"),
        rules=_security_group_rule_rules,
    )


RESOURCES = (SECURITY_GROUP, DEFAULT_SECURITY_GROUP, _rule_type("Ingress"), _rule_type("Egress"))
