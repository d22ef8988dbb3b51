"""Finds what somebody added by hand to the objects of a stack.

The engine compares what it lists. Policies of a role, rules of a security group, rules of a listener, routes,
subscriptions, grants of a key and settings of a bucket are objects of their own: one that the program did not create is
no drift to the engine.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from operations.console import ADDED_BY_HAND, say
from operations.target import Target

# The settings of a bucket that the program leaves alone: the call that reads one, the key of the answer that says
# whether there is one, and the errors of a bucket without one.
_BUCKET_SETTINGS: Final[Sequence[tuple[str, str, Sequence[str]]]] = (
    ("get_bucket_cors", "CORSRules", ["NoSuchCORSConfiguration"]),
    ("get_bucket_website", "IndexDocument", ["NoSuchWebsiteConfiguration"]),
    ("get_bucket_replication", "ReplicationConfiguration", ["ReplicationConfigurationNotFoundError"]),
    ("get_bucket_logging", "LoggingEnabled", []),
    # In a region without Transfer Acceleration, such as eu-north-1, S3 refuses the call. The AWS provider accepts the
    # same codes (internal/service/s3/bucket.go).
    ("get_bucket_accelerate_configuration", "Status", ["MethodNotAllowed", "UnsupportedArgument"]),
)
# An update may just have deleted what AWS still lists (Amazon EC2 Developer Guide, "Eventual consistency in the Amazon
# EC2 API"; IAM User Guide, "Changes that I make are not always immediately visible").
_STALE_SECONDS: Final = 20


@dataclass(frozen=True)
class _Stack:
    """The resources in the state of a stack, and clients for its region."""

    target: Target
    resources: list[dict[str, Any]]

    def all(self, type_: str) -> list[dict[str, Any]]:
        """Returns the outputs of all resources of a type."""
        return [{"id": one["id"], **one["outputs"]} for one in self.resources if one["type"] == type_]

    def pages(self, service: str, operation: str, key: str, **arguments: Any) -> Iterator[Any]:
        """Yields the items of all pages of an answer."""
        for page in self.target.client(service).get_paginator(operation).paginate(**arguments):
            yield from page[key]


def added_by_hand(target: Target) -> list[str]:
    """Returns what the stack's objects have in AWS beside what the program created, one line each, sorted.

    Raises:
        OperationError: there is no such stack.
    """
    stack = _Stack(target, target.resources())
    lines = _found(stack)
    if lines and target.on == "aws":
        time.sleep(_STALE_SECONDS)
        lines = _found(stack)
    return lines


def _found(stack: _Stack) -> list[str]:
    finders = (
        _policies,
        _security_group_rules,
        _listeners,
        _routes,
        _subscriptions,
        _key_grants,
        _bucket_settings,
    )
    return sorted(line for find in finders for line in find(stack))


def print_added(lines: Sequence[str]) -> None:
    """Prints what was added by hand, one line each, and what to do about it."""
    for line in lines:
        say(f"{ADDED_BY_HAND}{line}")
    if lines:
        say("`pulumi up` does not remove it. Delete it, or add it to the program.")


def _policies(stack: _Stack) -> Iterator[str]:
    inline = {(one["role"], one["name"]) for one in stack.all("aws:iam/rolePolicy:RolePolicy")}
    attached = {
        (one["role"], one["policyArn"]) for one in stack.all("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
    }
    for role in stack.all("aws:iam/role:Role"):
        name = role["name"]
        for policy in stack.pages("iam", "list_role_policies", "PolicyNames", RoleName=name):
            if (name, policy) not in inline:
                yield f"role {name}: inline policy {policy}"
        for policy in stack.pages("iam", "list_attached_role_policies", "AttachedPolicies", RoleName=name):
            if (name, policy["PolicyArn"]) not in attached:
                yield f"role {name}: attached policy {policy['PolicyArn']}"


def _security_group_rules(stack: _Stack) -> Iterator[str]:
    ours = {
        rule["id"]
        for direction in ("Ingress", "Egress")
        for rule in stack.all(f"aws:vpc/securityGroup{direction}Rule:SecurityGroup{direction}Rule")
    }
    types = ("aws:ec2/securityGroup:SecurityGroup", "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
    groups = {group["id"]: group["name"] for type_ in types for group in stack.all(type_)}
    if not groups:
        return
    of_groups = [{"Name": "group-id", "Values": sorted(groups)}]
    for rule in stack.pages("ec2", "describe_security_group_rules", "SecurityGroupRules", Filters=of_groups):
        if rule["SecurityGroupRuleId"] not in ours:
            peer = rule.get("CidrIpv4") or rule.get("CidrIpv6") or rule.get("PrefixListId")
            peer = peer or rule.get("ReferencedGroupInfo", {}).get("GroupId")
            way = "to" if rule["IsEgress"] else "from"
            ports = f"{rule['IpProtocol']} {rule.get('FromPort')}-{rule.get('ToPort')}"
            yield f"security group {groups[rule['GroupId']]}: rule {rule['SecurityGroupRuleId']}: {ports} {way} {peer}"


def _listeners(stack: _Stack) -> Iterator[str]:
    listeners = {one["id"] for one in stack.all("aws:lb/listener:Listener")}
    rules = {one["id"] for one in stack.all("aws:lb/listenerRule:ListenerRule")}
    for balancer in stack.all("aws:lb/loadBalancer:LoadBalancer"):
        for found in stack.pages("elbv2", "describe_listeners", "Listeners", LoadBalancerArn=balancer["id"]):
            arn, port = found["ListenerArn"], found["Port"]
            if arn not in listeners:
                yield f"load balancer {balancer['name']}: listener on port {port}"
                continue
            for rule in stack.pages("elbv2", "describe_rules", "Rules", ListenerArn=arn):
                if not rule["IsDefault"] and rule["RuleArn"] not in rules:
                    yield f"load balancer {balancer['name']}: rule {rule['Priority']} of the listener on port {port}"


def _routes(stack: _Stack) -> Iterator[str]:
    ours = {(one["routeTableId"], one.get("destinationCidrBlock")) for one in stack.all("aws:ec2/route:Route")}
    tables = [one["id"] for one in stack.all("aws:ec2/routeTable:RouteTable")]
    if not tables:
        return
    for table in stack.pages("ec2", "describe_route_tables", "RouteTables", RouteTableIds=tables):
        for route in table["Routes"]:
            # AWS creates the local route, and the routes of gateway endpoints.
            if route.get("GatewayId", "").startswith(("local", "vpce-")):
                continue
            to = route.get("DestinationCidrBlock") or route.get("DestinationIpv6CidrBlock")
            to = to or route.get("DestinationPrefixListId")
            if (table["RouteTableId"], to) not in ours:
                yield f"route table {table['RouteTableId']}: route to {to}"


def _subscriptions(stack: _Stack) -> Iterator[str]:
    ours = {one["id"] for one in stack.all("aws:sns/topicSubscription:TopicSubscription")}
    for topic in stack.all("aws:sns/topic:Topic"):
        for found in stack.pages("sns", "list_subscriptions_by_topic", "Subscriptions", TopicArn=topic["id"]):
            # Whoever is `PendingConfirmation` or `Deleted` gets no message. `pulumi up` cannot remove an address that
            # nobody has confirmed: SNS forgets it after two days (Amazon SNS Developer Guide, "Deleting an Amazon SNS
            # topic and subscription").
            if found["SubscriptionArn"].startswith("arn:") and found["SubscriptionArn"] not in ours:
                yield f"topic {topic['name']}: {found['Protocol']} subscriber {found['Endpoint']}"


def _key_grants(stack: _Stack) -> Iterator[str]:
    """DynamoDB creates grants on the key of a table. A grant to a principal of IAM was added by hand."""
    for key in stack.all("aws:kms/key:Key"):
        for grant in stack.pages("kms", "list_grants", "Grants", KeyId=key["id"]):
            grantee = grant.get("GranteePrincipal", "")  # AWS may name a service as GranteeServicePrincipal instead
            if grantee.startswith("arn:"):
                yield f"KMS key {key['id']}: grant {grant['GrantId']} to {grantee}"


def _bucket_settings(stack: _Stack) -> Iterator[str]:
    for bucket in stack.all("aws:s3/bucket:Bucket"):
        s3, name = stack.target.client("s3"), bucket["bucket"]
        for operation, key, absent in _BUCKET_SETTINGS:
            try:
                answer = getattr(s3, operation)(Bucket=name)
            except s3.exceptions.ClientError as error:
                if error.response["Error"]["Code"] not in absent:
                    raise
                continue
            if answer.get(key):
                yield f"bucket {name}: {key}"
        notifications = s3.get_bucket_notification_configuration(Bucket=name)
        yield from (f"bucket {name}: {key}" for key in sorted(notifications.keys() - {"ResponseMetadata"}))
