"""Drift of every type: a resource of each is changed, and all are deleted, outside the engine, then found and repaired.

The stack has all that the program can be configured to create, so every type that it can register has a case here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.live.account import holdings
from tests.live.harness import ACCOUNT_ID, name_in, succeeded
from tests.live.stack import Stack
from tests.support.commands import below

pytestmark = pytest.mark.live

ROGUE = {"Key": "Rogue", "Value": "1"}
DENIAL = {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"}
QUERY = "aws:cloudwatch/queryDefinition:QueryDefinition"
REPOSITORY = "aws:ecr/repository:Repository"
RULE = "aws:lb/listenerRule:ListenerRule"
(COMMANDS,) = below("README.md", "Run it on this machine")
USE_AND_TAKE_DOWN, REMOVE = COMMANDS[: COMMANDS.index("make clean")], COMMANDS[COMMANDS.index("make clean") :]
OTHER_POLICY = {"Version": "2012-10-17", "Statement": [DENIAL]}


@dataclass(frozen=True)
class Item:
    """A resource of the state."""

    stack: Stack
    type: str
    urn: str
    id: str
    outputs: Mapping[str, Any]

    def call(self, service: str, operation: str, /, **params: Any) -> Any:
        """Calls AWS outside the engine."""
        return getattr(self.stack.client(service), operation)(**params)

    @property
    def name(self) -> str:
        return self.urn.rpartition("::")[2]

    def __getitem__(self, name: str) -> Any:
        return self.outputs[name]


def _ec2_tag(item: Item) -> None:
    item.call("ec2", "create_tags", Resources=[item.id], Tags=[ROGUE])


def _bucket_policy(item: Item) -> None:
    statement = {
        **DENIAL,
        "Principal": {"AWS": "*"},
        "Resource": f"arn:aws:s3:::{item.id}/*",
    }
    item.call("s3", "put_bucket_policy", Bucket=item.id, Policy=json.dumps(OTHER_POLICY | {"Statement": [statement]}))


def _topic_policy(item: Item) -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "SNS:Publish", "Resource": item.id}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    item.call("sns", "set_topic_attributes", TopicArn=item.id, AttributeName="Policy", AttributeValue=policy)


def _alarm(item: Item) -> None:
    (alarm,) = item.call("cloudwatch", "describe_alarms", AlarmNames=[item.id])["MetricAlarms"]
    fixed = {"AlarmArn", "StateValue", "StateReason", "StateReasonData", "StateUpdatedTimestamp"}
    fixed |= {"AlarmConfigurationUpdatedTimestamp", "StateTransitionedTimestamp", "EvaluationState"}
    settings = {name: value for name, value in alarm.items() if name not in fixed and value not in ("", None, [])}
    item.call("cloudwatch", "put_metric_alarm", **{**settings, "Threshold": alarm["Threshold"] + 1})


def _scaling_policy(item: Item) -> None:
    names = ("ServiceNamespace", "ResourceId", "ScalableDimension")
    target = {name: item[name[0].lower() + name[1:]] for name in names}
    found = item.call("application-autoscaling", "describe_scaling_policies", ServiceNamespace="ecs")
    (policy,) = [one for one in found["ScalingPolicies"] if one["PolicyName"] == item["name"]]
    configuration = policy["TargetTrackingScalingPolicyConfiguration"] | {"TargetValue": 11.0}
    item.call(
        "application-autoscaling",
        "put_scaling_policy",
        PolicyName=item["name"],
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=configuration,
        **target,
    )


def _record(item: Item) -> None:
    found = item.call("route53", "list_resource_record_sets", HostedZoneId=item["zoneId"])["ResourceRecordSets"]
    (record,) = [one for one in found if one["Name"].rstrip(".") == item["name"] and one["Type"] == item["type"]]
    record["AliasTarget"]["EvaluateTargetHealth"] = not record["AliasTarget"]["EvaluateTargetHealth"]
    changes = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}
    item.call("route53", "change_resource_record_sets", HostedZoneId=item["zoneId"], ChangeBatch=changes)


def _budget(item: Item) -> None:
    budget = item.call("budgets", "describe_budget", AccountId=ACCOUNT_ID, BudgetName=item["name"])["Budget"]
    budget["BudgetLimit"]["Amount"] = "1"
    item.call("budgets", "update_budget", AccountId=ACCOUNT_ID, NewBudget=budget)


def _alias(item: Item) -> None:
    other = item.call("kms", "create_key")["KeyMetadata"]["KeyId"]
    item.call("kms", "update_alias", AliasName=item.id, TargetKeyId=other)


def _route(item: Item) -> None:
    (gateway,) = item.call("ec2", "describe_internet_gateways", Filters=[{"Name": "tag:Stack", "Values": ["dev"]}])[
        "InternetGateways"
    ]
    item.call(
        "ec2",
        "replace_route",
        RouteTableId=item["routeTableId"],
        DestinationCidrBlock=item["destinationCidrBlock"],
        GatewayId=gateway["InternetGatewayId"],
    )


def _group_rule(item: Item) -> None:
    sources = {"cidrIpv4": "CidrIpv4", "referencedSecurityGroupId": "ReferencedGroupId"}
    source = {member: item[name] for name, member in sources.items() if item.outputs.get(name)}
    rule = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, **source}
    changed = [{"SecurityGroupRuleId": item.id, "SecurityGroupRule": rule}]
    item.call("ec2", "modify_security_group_rules", GroupId=item["securityGroupId"], SecurityGroupRules=changed)


def _images(item: Item) -> None:
    selection = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 1}
    rule = {"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}
    item.call("ecr", "put_lifecycle_policy", repositoryName=item.id, lifecyclePolicyText=json.dumps({"rules": [rule]}))


def _bucket_lifecycle(item: Item) -> None:
    rules = [{"ID": "other", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}]
    item.call("s3", "put_bucket_lifecycle_configuration", Bucket=item.id, LifecycleConfiguration={"Rules": rules})


def _kms_default(item: Item) -> None:
    rules = [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]
    item.call("s3", "put_bucket_encryption", Bucket=item.id, ServerSideEncryptionConfiguration={"Rules": rules})


def _open_to_all(item: Item) -> None:
    settings = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    item.call(
        "s3",
        "put_public_access_block",
        Bucket=item.id,
        PublicAccessBlockConfiguration=dict.fromkeys(settings, False),
    )


def _log_delivery(item: Item) -> None:
    """Another service may write, too. Without the delivery, the log of the web ACL could not be changed any more."""
    document = json.loads(item["policyDocument"])
    document["Statement"][0]["Principal"] = {"Service": ["delivery.logs.amazonaws.com", "es.amazonaws.com"]}
    item.call("logs", "put_resource_policy", policyName=item.id, policyDocument=json.dumps(document))


def _web_acl(item: Item) -> None:
    """Somebody allows everything in a hurry."""
    named = {"Id": item.id, "Name": item["name"], "Scope": "REGIONAL"}
    found = item.call("wafv2", "get_web_acl", **named)
    kept = {name: found["WebACL"][name] for name in ("DefaultAction", "VisibilityConfig", "DataProtectionConfig")}
    item.call("wafv2", "update_web_acl", **named, **kept, Rules=[], LockToken=found["LockToken"])


CHANGES: dict[str, Callable[[Item], Any]] = {
    "aws:acm/certificate:Certificate": lambda item: item.call(
        "acm", "add_tags_to_certificate", CertificateArn=item.id, Tags=[ROGUE]
    ),
    "aws:appautoscaling/policy:Policy": _scaling_policy,
    "aws:appautoscaling/target:Target": lambda item: item.call(
        "application-autoscaling",
        "register_scalable_target",
        ServiceNamespace="ecs",
        ResourceId=item["resourceId"],
        ScalableDimension="ecs:service:DesiredCount",
        MaxCapacity=99,
    ),
    "aws:budgets/budget:Budget": _budget,
    "aws:cloudwatch/dashboard:Dashboard": lambda item: item.call(
        "cloudwatch", "put_dashboard", DashboardName=item.id, DashboardBody='{"widgets":[]}'
    ),
    "aws:cloudwatch/eventRule:EventRule": lambda item: item.call("events", "disable_rule", Name=item.id),
    "aws:cloudwatch/eventTarget:EventTarget": lambda item: item.call(
        "events", "put_targets", Rule=item["rule"], Targets=[{"Id": item["targetId"], "Arn": item["arn"]}]
    ),
    "aws:cloudwatch/logGroup:LogGroup": lambda item: item.call(
        "logs", "put_retention_policy", logGroupName=item.id, retentionInDays=1
    ),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": lambda item: item.call(
        "logs",
        "put_metric_filter",
        filterName=item.id,
        logGroupName=item["logGroupName"],
        filterPattern="nothing",
        metricTransformations=[{"metricNamespace": "Other", "metricName": "Other", "metricValue": "1"}],
    ),
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": _log_delivery,
    "aws:cloudwatch/metricAlarm:MetricAlarm": _alarm,
    "aws:cloudwatch/queryDefinition:QueryDefinition": lambda item: item.call(
        "logs", "put_query_definition", queryDefinitionId=item.id, name=item["name"], queryString="fields @message"
    ),
    "aws:dynamodb/table:Table": lambda item: item.call(
        "dynamodb", "update_table", TableName=item.id, DeletionProtectionEnabled=True
    ),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": _ec2_tag,
    "aws:ec2/eip:Eip": _ec2_tag,
    "aws:ec2/internetGateway:InternetGateway": _ec2_tag,
    "aws:ec2/natGateway:NatGateway": _ec2_tag,
    "aws:ec2/route:Route": _route,
    "aws:ec2/routeTable:RouteTable": _ec2_tag,
    "aws:ec2/securityGroup:SecurityGroup": _ec2_tag,
    "aws:ec2/subnet:Subnet": lambda item: item.call(
        "ec2",
        "modify_subnet_attribute",
        SubnetId=item.id,
        MapPublicIpOnLaunch={"Value": not item["mapPublicIpOnLaunch"]},
    ),
    "aws:ec2/vpc:Vpc": _ec2_tag,
    "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy": lambda item: item.call(
        "ec2", "modify_vpc_endpoint", VpcEndpointId=item.id, ResetPolicy=True
    ),
    "aws:ec2/vpcEndpoint:VpcEndpoint": lambda item: item.call(
        "ec2", "modify_vpc_endpoint", VpcEndpointId=item.id, RemoveRouteTableIds=item["routeTableIds"][:1]
    ),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": _images,
    "aws:ecr/repository:Repository": lambda item: item.call(
        "ecr", "put_image_tag_mutability", repositoryName=item.id, imageTagMutability="MUTABLE"
    ),
    "aws:ecs/cluster:Cluster": lambda item: item.call(
        "ecs", "update_cluster", cluster=item.id, settings=[{"name": "containerInsights", "value": "disabled"}]
    ),
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": lambda item: item.call(
        "ecs",
        "put_cluster_capacity_providers",
        cluster=item.id,
        capacityProviders=["FARGATE_SPOT"],  # the tasks are on it
        defaultCapacityProviderStrategy=[],
    ),
    "aws:ecs/service:Service": lambda item: item.call(
        "ecs", "update_service", cluster=item["cluster"], service=item.id, healthCheckGracePeriodSeconds=1
    ),
    "aws:ecs/taskDefinition:TaskDefinition": lambda item: item.call(
        "ecs", "tag_resource", resourceArn=item["arn"], tags=[{"key": "Rogue", "value": "1"}]
    ),
    "aws:appautoscaling/scheduledAction:ScheduledAction": lambda item: item.call(
        "application-autoscaling",
        "put_scheduled_action",
        ServiceNamespace="ecs",
        ScheduledActionName=item["name"],
        ResourceId=item["resourceId"],
        ScalableDimension="ecs:service:DesiredCount",
        Schedule="rate(1 hour)",
    ),
    "aws:elasticache/replicationGroup:ReplicationGroup": lambda item: item.call(
        "elasticache",
        "modify_replication_group",
        ReplicationGroupId=item.id,
        ReplicationGroupDescription="other",
        ApplyImmediately=True,
    ),
    "aws:elasticache/subnetGroup:SubnetGroup": lambda item: item.call(
        "elasticache", "modify_cache_subnet_group", CacheSubnetGroupName=item.id, CacheSubnetGroupDescription="other"
    ),
    "aws:iam/role:Role": lambda item: item.call("iam", "update_role", RoleName=item.id, Description="other"),
    "aws:iam/rolePolicy:RolePolicy": lambda item: item.call(
        "iam",
        "put_role_policy",
        RoleName=item["role"],
        PolicyName=item["name"],
        PolicyDocument=json.dumps(OTHER_POLICY),
    ),
    "aws:kms/alias:Alias": _alias,
    "aws:kms/key:Key": lambda item: item.call("kms", "disable_key_rotation", KeyId=item.id),
    "aws:lb/listener:Listener": lambda item: item.call(
        "elbv2",
        "modify_listener",
        ListenerArn=item.id,
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "500"}}],
    ),
    RULE: lambda item: item.call(
        "elbv2",
        "modify_rule",
        RuleArn=item.id,
        Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/other/*"]}}],
    ),
    "aws:lb/loadBalancer:LoadBalancer": lambda item: item.call(
        "elbv2",
        "modify_load_balancer_attributes",
        LoadBalancerArn=item.id,
        Attributes=[{"Key": "idle_timeout.timeout_seconds", "Value": "61"}],
    ),
    "aws:lb/targetGroup:TargetGroup": lambda item: item.call(
        "elbv2", "modify_target_group", TargetGroupArn=item.id, HealthCheckPath="/other"
    ),
    "aws:route53/healthCheck:HealthCheck": lambda item: item.call(
        "route53", "update_health_check", HealthCheckId=item.id, ResourcePath="/other"
    ),
    "aws:route53/record:Record": _record,
    "aws:s3/bucket:Bucket": lambda item: item.call(
        "s3", "put_bucket_tagging", Bucket=item.id, Tagging={"TagSet": [ROGUE]}
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _bucket_lifecycle,
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": lambda item: item.call(
        "s3",
        "put_bucket_ownership_controls",
        Bucket=item.id,
        OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]},
    ),
    "aws:s3/bucketPolicy:BucketPolicy": _bucket_policy,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _open_to_all,
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _kms_default,
    "aws:s3/bucketVersioning:BucketVersioning": lambda item: item.call(
        "s3", "put_bucket_versioning", Bucket=item.id, VersioningConfiguration={"Status": "Suspended"}
    ),
    "aws:secretsmanager/secret:Secret": lambda item: item.call(
        "secretsmanager", "tag_resource", SecretId=item.id, Tags=[ROGUE]
    ),
    "aws:sns/topic:Topic": lambda item: item.call(
        "sns", "set_topic_attributes", TopicArn=item.id, AttributeName="KmsMasterKeyId", AttributeValue="alias/aws/sns"
    ),
    "aws:sns/topicPolicy:TopicPolicy": _topic_policy,
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _group_rule,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _group_rule,
    "aws:wafv2/webAcl:WebAcl": _web_acl,
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": lambda item: item.call(
        "wafv2",
        "put_logging_configuration",
        LoggingConfiguration={
            "ResourceArn": item.id,
            "LogDestinationConfigs": item["logDestinationConfigs"],
        },
    ),
}
# Types of which nothing can be changed, only deleted.
UNCHANGEABLE = {
    "aws:acm/certificateValidation:CertificateValidation": "only says that its certificate is issued",
    "aws:ec2/routeTableAssociation:RouteTableAssociation": "another table is another association",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "another policy is another attachment",
    "aws:sns/topicSubscription:TopicSubscription": "another endpoint is another subscription",
    "aws:wafv2/webAclAssociation:WebAclAssociation": "another web ACL is another association",
    "aws:secretsmanager/secretVersion:SecretVersion": "a version never changes; a new one follows it",
}
# Types whose change here is not drift.
NOT_DRIFT = {"aws:appautoscaling/target:Target": "with a schedule, the schedule owns the limits"}
# Which resource of a type is changed, where not any will do.
_CHOICE: dict[str, Callable[[Item], bool]] = {
    "aws:ec2/route:Route": lambda item: bool(item.outputs.get("natGatewayId")),
    "aws:route53/record:Record": lambda item: bool(item.outputs.get("aliases")),
}


@pytest.fixture(scope="module")
def stack(everything: Stack) -> Stack:
    """The stack with everything, with the strategy that has two listener rules that forward, and with one node more."""
    everything.sandbox.set("dev", deploymentStrategy="blue-green", redisReplicas="2")
    everything.sandbox.updated("dev")
    return everything


@pytest.fixture
def folder(stack: Stack, tmp_path: Path) -> Path:
    """A folder in which `.sandbox` is the sandbox, as in a clone."""
    (tmp_path / ".sandbox").symlink_to(stack.sandbox.home)
    return tmp_path


def items(stack: Stack) -> list[Item]:
    """Everything in the state that is an object in the account."""
    return [
        Item(stack, one["type"], one["urn"], one["id"], one.get("outputs", {}) | {"id": one["id"]})
        for one in stack.sandbox.resources("dev")
        if one.get("custom") and one["type"].startswith("aws:")
    ]


def named(item: Item) -> str:
    """Type and name of a resource, as `changes_in` shows it."""
    return name_in(item.urn)


def test_every_type_of_the_program_has_a_case(stack: Stack) -> None:
    assert {item.type for item in items(stack)} == CHANGES.keys() | UNCHANGEABLE.keys()


def test_nodes_are_added_to_a_cache_that_is_up(stack: Stack) -> None:
    (group,) = stack.client("elasticache").describe_replication_groups()["ReplicationGroups"]
    assert group["MemberClusters"] == [f"voiceter-sessions-dev-00{number}" for number in (1, 2, 3)]


def forwarding(stack: Stack) -> list[Item]:
    """The listener rules whose weights ECS moves."""
    return [item for item in items(stack) if item.type == RULE and item.name != "to-https"]


def forward(item: Item) -> dict[str, Any]:
    """Where a listener rule forwards to, as the account has it."""
    (rule,) = item.call("elbv2", "describe_rules", RuleArns=[item.id])["Rules"]
    return rule["Actions"][0]["ForwardConfig"]


def move_traffic(item: Item) -> list[int]:
    """Exchanges the weights of a listener rule's target groups, as ECS does; the new weights."""
    config = forward(item)
    first, second = config["TargetGroups"]
    first["Weight"], second["Weight"] = second["Weight"], first["Weight"]
    assert {first["Weight"], second["Weight"]} == {0, 100}
    item.call("elbv2", "modify_rule", RuleArn=item.id, Actions=[{"Type": "forward", "ForwardConfig": config}])
    return [first["Weight"], second["Weight"]]


def test_changed_resource_of_each_type_is_found_and_repaired(stack: Stack) -> None:
    """ECS has moved the weights of both listener rules before, which the repair of a rule keeps."""
    before = items(stack)
    rules = forwarding(stack)
    assert {item.name for item in rules} == {"production", "test"}
    moved = {item.id: move_traffic(item) for item in rules}
    changed: dict[str, Item] = {}
    for item in before:
        if item.type in CHANGES and item.type not in changed and _CHOICE.get(item.type, lambda _: True)(item):
            CHANGES[item.type](item)
            changed[item.type] = item
    assert changed.keys() == CHANGES.keys()
    for item in rules:
        CHANGES[RULE](item)

    # An operator asks for a replacement in the same update. The engine creates it before it deletes the old object.
    (query, *_) = [item for item in before if item.type == QUERY]
    repaired = stack.sandbox.changed("dev", "--refresh", f"--replace '{query.urn}'")
    assert {named(item) for kind, item in changed.items() if kind not in NOT_DRIFT} - repaired.keys() == set()
    assert {named(changed[kind]) for kind in NOT_DRIFT} & repaired.keys() == set()
    assert set(repaired.values()) == {"update", "replace"}
    assert {name for name in repaired if name.startswith("lb/listenerRule:")} == {named(item) for item in rules}
    assert {item.id: [group["Weight"] for group in forward(item)["TargetGroups"]] for item in rules} == moved
    ids = {item.id for item in items(stack) if item.type == QUERY}
    existing = stack.client("logs").describe_query_definitions()["queryDefinitions"]
    assert {one["queryDefinitionId"] for one in existing} == ids
    assert query.id not in ids
    for item in rules:
        move_traffic(item)
    stack.sandbox.unchanged("dev")


def test_down_removes_a_resource_of_every_type_and_an_update_creates_it_again(stack: Stack, folder: Path) -> None:
    """The commands of the README take the stack down.

    Then the state is put back: everything is gone, and the engine does not know it.
    """
    before, state = items(stack), stack.sandbox.home / "state-before.json"
    state.write_text(stack.sandbox.state("dev"))
    output = succeeded(stack.sandbox.types(USE_AND_TAKE_DOWN, folder))
    assert "demo-dev-sessions" in output
    held = holdings(stack.sandbox)
    assert len(held.pop("hosted zones")) == 1  # which the fixture has created, and not the program
    # moto created these when the policy of the autoscaler was changed above, and lost track of the earlier ones.
    assert all("TargetTracking-" in alarm["AlarmName"] for alarm in held.pop("alarms", []))
    assert held == {}

    stack.sandbox.succeeds(f"pulumi stack import -s dev --file '{state}'")
    # The image went with its repository. An operator brings both back, so that the update can create the service.
    repository = next(item for item in before if item.type == REPOSITORY)
    kms = {"encryptionType": "KMS"}
    repository.call("ecr", "create_repository", repositoryName=repository.id, encryptionConfiguration=kms)
    stack.sandbox.image("dev", stack.sandbox.config("dev").get("imageTag"))
    made = stack.sandbox.changed("dev", "--refresh")
    assert {named(item): made.get(named(item)) for item in before} == {
        named(item): "update" if item == repository else "create" for item in before
    }
    assert {named(item) for item in items(stack)} == {named(item) for item in before}


def test_sandbox_is_removed(stack: Stack, folder: Path) -> None:
    """With the last command of the same block. The last test of this file, and of all that use the stack."""
    succeeded(stack.sandbox.types(REMOVE, folder))
    assert not os.path.lexists(stack.sandbox.home)
