"""Amazon EC2 and Amazon VPC."""

from collections.abc import Iterator

from ..faults import Fault
from ..values import Values
from .checks import at_most, between, document, exactly_one, matches, network_address, required, resource_statements

_DESCRIPTION = (
    r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}",
    "must be at most 255 letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*",
)


def network_block(inputs: Values) -> Iterator[Fault]:
    """Amazon EC2 API Reference: CreateVpc, CreateSubnet."""
    yield from matches(inputs, "cidrBlock", r"[\d.]+/(1[6-9]|2[0-8])", "must be an IPv4 block of /16 to /28")
    yield from network_address(inputs, "cidrBlock")


def security_group(inputs: Values) -> Iterator[Fault]:
    """Amazon EC2 API Reference, CreateSecurityGroup."""
    yield from matches(inputs, "description", *_DESCRIPTION)


def security_group_rule(inputs: Values) -> Iterator[Fault]:
    """Amazon EC2 API Reference: AuthorizeSecurityGroupIngress, AuthorizeSecurityGroupEgress, IpPermission."""
    yield from matches(inputs, "description", *_DESCRIPTION)
    if inputs.get("ipProtocol") in ("tcp", "udp"):
        yield from required(inputs, "must be given for tcp and udp", "fromPort", "toPort")
    yield from between(inputs, "fromPort", 0, 65535)
    yield from between(inputs, "toPort", 0, 65535)
    yield from at_most(inputs, "fromPort", "toPort")
    yield from network_address(inputs, "cidrIpv4")
    yield from exactly_one(inputs, "", "cidrIpv4", "referencedSecurityGroupId")


def vpc_endpoint(inputs: Values) -> Iterator[Fault]:
    """Amazon VPC User Guide, "Gateway endpoints"."""
    if inputs.get("vpcEndpointType") == "Gateway":
        rule = "must be s3 or dynamodb for a gateway endpoint"
        yield from matches(inputs, "serviceName", r"(.*\.)?(s3|dynamodb)", rule)


def vpc_endpoint_policy(inputs: Values) -> Iterator[Fault]:
    """Amazon VPC User Guide, "Amazon VPC quotas": the size of an endpoint policy."""
    yield from document(inputs, "policy", 20 * 1024)
    yield from resource_statements(inputs, "policy")
