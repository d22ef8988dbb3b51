"""Drift of every kind: each kind of resource changed, and each deleted, behind the engine's back, then seen and mended.

The stack is dev with all that the program can be configured to make, so that it has every kind. A new kind of resource
fails here until it has a case.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from sandbox.account import process as account
from sandbox.tests.provider_harness import Engine, Made
from tests.support.live import ACCOUNT_ID, LiveSandbox, Run, live_sandbox

CONFIG = """
pulumi config set natGateways single -s dev
pulumi config set domainName voice.sandbox.test -s dev
pulumi config set hostedZoneId Z0000000000000 -s dev
pulumi config set --secret --path secrets.API_TOKEN correct-horse-battery -s dev
pulumi config set --path 'alarmEmails[0]' ops@example.com -s dev
pulumi config set monthlyBudgetUsd 100 -s dev
pulumi config set redisEnabled true -s dev
pulumi config set --secret redisAuthToken correct-horse-battery -s dev
pulumi config set --path scalingSchedule.morning.cron '0 6 * * ? *' -s dev
pulumi config set --path scalingSchedule.morning.min 1 -s dev
pulumi config set --path scalingSchedule.morning.max 2 -s dev
pulumi config set deploymentStrategy blue-green -s dev
"""
ROGUE = {"Key": "Rogue", "Value": "1"}
DENIAL = {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"}
OTHER_POLICY = {"Version": "2012-10-17", "Statement": [DENIAL]}


@dataclass(frozen=True)
class Item:
    """A resource of the state."""

    sandbox: LiveSandbox
    type: str
    name: str
    id: str
    outputs: Mapping[str, Any]

    def call(self, service: str, operation: str, /, **params: Any) -> Any:
        """Changes the account, behind the engine's back."""
        return getattr(self.sandbox.client(service), operation)(**params)

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


CHANGES: dict[str, Callable[[Item], Any]] = {
    "aws:acm/certificate:Certificate": lambda one: one.call(
        "acm", "add_tags_to_certificate", CertificateArn=one.id, Tags=[ROGUE]
    ),
    "aws:appautoscaling/policy:Policy": _scaling_policy,
    "aws:appautoscaling/target:Target": lambda one: one.call(
        "application-autoscaling",
        "register_scalable_target",
        ServiceNamespace="ecs",
        ResourceId=one["resourceId"],
        ScalableDimension="ecs:service:DesiredCount",
        MaxCapacity=99,
    ),
    "aws:budgets/budget:Budget": _budget,
    "aws:cloudwatch/dashboard:Dashboard": lambda one: one.call(
        "cloudwatch", "put_dashboard", DashboardName=one.id, DashboardBody='{"widgets":[]}'
    ),
    "aws:cloudwatch/logGroup:LogGroup": lambda one: one.call(
        "logs", "put_retention_policy", logGroupName=one.id, retentionInDays=1
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _alarm,
    "aws:cloudwatch/queryDefinition:QueryDefinition": lambda one: one.call(
        "logs", "put_query_definition", queryDefinitionId=one.id, name=one["name"], queryString="fields @message"
    ),
    "aws:dynamodb/table:Table": lambda one: one.call(
        "dynamodb", "update_table", TableName=one.id, DeletionProtectionEnabled=True
    ),
    "aws:ec2/eip:Eip": _ec2_tag,
    "aws:ec2/internetGateway:InternetGateway": _ec2_tag,
    "aws:ec2/natGateway:NatGateway": _ec2_tag,
    "aws:ec2/route:Route": _route,
    "aws:ec2/routeTable:RouteTable": _ec2_tag,
    "aws:ec2/securityGroup:SecurityGroup": _ec2_tag,
    "aws:ec2/subnet:Subnet": lambda one: one.call(
        "ec2",
        "modify_subnet_attribute",
        SubnetId=one.id,
        MapPublicIpOnLaunch={"Value": not one["mapPublicIpOnLaunch"]},
    ),
    "aws:ec2/vpc:Vpc": lambda one: one.call(
        "ec2", "modify_vpc_attribute", VpcId=one.id, EnableDnsSupport={"Value": False}
    ),
    "aws:ec2/vpcEndpoint:VpcEndpoint": lambda one: one.call(
        "ec2", "modify_vpc_endpoint", VpcEndpointId=one.id, RemoveRouteTableIds=one["routeTableIds"][:1]
    ),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": _images,
    "aws:ecr/repository:Repository": lambda one: one.call(
        "ecr", "put_image_tag_mutability", repositoryName=one.id, imageTagMutability="MUTABLE"
    ),
    "aws:ecs/cluster:Cluster": lambda one: one.call(
        "ecs", "update_cluster", cluster=one.id, settings=[{"name": "containerInsights", "value": "disabled"}]
    ),
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": lambda one: one.call(
        "ecs",
        "put_cluster_capacity_providers",
        cluster=one.id,
        capacityProviders=["FARGATE"],
        defaultCapacityProviderStrategy=[],
    ),
    "aws:ecs/service:Service": lambda one: one.call(
        "ecs", "update_service", cluster=one["cluster"], service=one.id, healthCheckGracePeriodSeconds=1
    ),
    "aws:ecs/taskDefinition:TaskDefinition": lambda one: one.call(
        "ecs", "tag_resource", resourceArn=one["arn"], tags=[{"key": "Rogue", "value": "1"}]
    ),
    "aws:appautoscaling/scheduledAction:ScheduledAction": lambda one: one.call(
        "application-autoscaling",
        "put_scheduled_action",
        ServiceNamespace="ecs",
        ScheduledActionName=one["name"],
        ResourceId=one["resourceId"],
        ScalableDimension="ecs:service:DesiredCount",
        Schedule="rate(1 hour)",
    ),
    "aws:elasticache/replicationGroup:ReplicationGroup": lambda one: one.call(
        "elasticache",
        "modify_replication_group",
        ReplicationGroupId=one.id,
        ReplicationGroupDescription="other",
        ApplyImmediately=True,
    ),
    "aws:elasticache/subnetGroup:SubnetGroup": lambda one: one.call(
        "elasticache", "modify_cache_subnet_group", CacheSubnetGroupName=one.id, CacheSubnetGroupDescription="other"
    ),
    "aws:iam/role:Role": lambda one: one.call("iam", "update_role", RoleName=one.id, MaxSessionDuration=7200),
    "aws:iam/rolePolicy:RolePolicy": lambda one: one.call(
        "iam",
        "put_role_policy",
        RoleName=one["role"],
        PolicyName=one["name"],
        PolicyDocument=json.dumps(OTHER_POLICY),
    ),
    "aws:kms/alias:Alias": _alias,
    "aws:kms/key:Key": lambda one: one.call("kms", "disable_key_rotation", KeyId=one.id),
    "aws:lb/listener:Listener": lambda one: one.call(
        "elbv2",
        "modify_listener",
        ListenerArn=one.id,
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "500"}}],
    ),
    "aws:lb/listenerRule:ListenerRule": lambda one: one.call(
        "elbv2",
        "modify_rule",
        RuleArn=one.id,
        Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/other/*"]}}],
    ),
    "aws:lb/loadBalancer:LoadBalancer": lambda one: one.call(
        "elbv2",
        "modify_load_balancer_attributes",
        LoadBalancerArn=one.id,
        Attributes=[{"Key": "idle_timeout.timeout_seconds", "Value": "61"}],
    ),
    "aws:lb/targetGroup:TargetGroup": lambda one: one.call(
        "elbv2", "modify_target_group", TargetGroupArn=one.id, HealthCheckPath="/other"
    ),
    "aws:route53/record:Record": _record,
    "aws:s3/bucket:Bucket": lambda one: one.call(
        "s3", "put_bucket_tagging", Bucket=one.id, Tagging={"TagSet": [ROGUE]}
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _bucket_lifecycle,
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": lambda one: one.call(
        "s3",
        "put_bucket_ownership_controls",
        Bucket=one.id,
        OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]},
    ),
    "aws:s3/bucketPolicy:BucketPolicy": _bucket_policy,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _open_to_all,
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _kms_default,
    "aws:s3/bucketVersioning:BucketVersioning": lambda one: one.call(
        "s3", "put_bucket_versioning", Bucket=one.id, VersioningConfiguration={"Status": "Suspended"}
    ),
    "aws:secretsmanager/secret:Secret": lambda one: one.call(
        "secretsmanager", "tag_resource", SecretId=one.id, Tags=[ROGUE]
    ),
    "aws:sns/topic:Topic": lambda one: one.call(
        "sns", "set_topic_attributes", TopicArn=one.id, AttributeName="KmsMasterKeyId", AttributeValue="alias/aws/sns"
    ),
    "aws:sns/topicPolicy:TopicPolicy": _topic_policy,
    "aws:sns/topicSubscription:TopicSubscription": lambda one: one.call(
        "sns",
        "set_subscription_attributes",
        SubscriptionArn=one.id,
        AttributeName="RawMessageDelivery",
        AttributeValue="true",
    ),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _group_rule,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _group_rule,
}
# Kinds of which nothing can be changed: they are deleted only.
UNCHANGEABLE = {
    "aws:acm/certificateValidation:CertificateValidation": "it says that its certificate is issued, and no more",
    "aws:ec2/routeTableAssociation:RouteTableAssociation": "another table is another association",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "another policy is another attachment",
    "aws:secretsmanager/secretVersion:SecretVersion": "a version is never changed, a new one takes its place",
}
# What is changed here and is no drift: the program leaves it to something else.
LEFT_ALONE = {"aws:appautoscaling/target:Target": "with a schedule, its bounds are the schedule's to move"}
# Which resource of a kind is changed, where not any will do.
_FIT: dict[str, Callable[[Item], bool]] = {
    "aws:ec2/route:Route": lambda one: bool(one.outputs.get("natGatewayId")),
    "aws:route53/record:Record": lambda one: bool(one.outputs.get("aliases")),
}
# The engine names everything as `refresh`, and again, as `update` or `delete`, what has changed or is gone. On a busy
# machine a line may follow the dots of its progress.
_LINE = re.compile(r"([-~]) +(aws:\S+) (\S+) (?:update|delete)\b")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSandbox]:
    with live_sandbox(tmp_path_factory.mktemp("drift")) as sandbox:
        sandbox.up("dev")
        sandbox.succeeded(sandbox.shell(CONFIG))
        sandbox.up("dev")
        yield sandbox


def items(sandbox: LiveSandbox) -> list[Item]:
    """Everything in the state that stands for something in the account."""
    return [
        Item(
            sandbox, one["type"], one["urn"].rpartition("::")[2], one["id"], one.get("outputs", {}) | {"id": one["id"]}
        )
        for one in sandbox.resources("dev")
        if one.get("custom") and one["type"].startswith("aws:")
    ]


def shown(item: Item) -> tuple[str, str]:
    """A resource the way that the engine's display names it."""
    return re.sub(r"/\w+:", ":", item.type), item.name


def drift(sandbox: LiveSandbox) -> dict[str, set[tuple[str, str]]]:
    """What a refresh would take into the state: by `~` for a change and `-` for what is gone."""
    output = sandbox.succeeded(sandbox.shell("pulumi refresh -s dev --preview-only --non-interactive"))
    print(output)  # pytest shows it where a test fails
    found: dict[str, set[tuple[str, str]]] = {"~": set(), "-": set()}
    for sign, kind, name in _LINE.findall(output):
        found[sign].add((kind, name))
    return found


def mended(sandbox: LiveSandbox) -> None:
    sandbox.succeeded(sandbox.shell("pulumi up -s dev --refresh --yes --non-interactive"))
    assert drift(sandbox) == {"~": set(), "-": set()}
    sandbox.succeeded(sandbox.shell("pulumi up -s dev --refresh --yes --non-interactive --expect-no-changes"))


def test_every_kind_of_the_program_has_a_case(sandbox: LiveSandbox) -> None:
    assert {item.type for item in items(sandbox)} == CHANGES.keys() | UNCHANGEABLE.keys()


def test_a_change_of_each_kind_is_named_and_mended(sandbox: LiveSandbox) -> None:
    changed: dict[str, Item] = {}
    for item in items(sandbox):
        if item.type in CHANGES and item.type not in changed and _FIT.get(item.type, lambda _: True)(item):
            CHANGES[item.type](item)
            changed[item.type] = item
    assert changed.keys() == CHANGES.keys()
    seen = drift(sandbox)
    assert {shown(item) for kind, item in changed.items() if kind not in LEFT_ALONE} - seen["~"] == set()
    assert {shown(changed[kind]) for kind in LEFT_ALONE} & seen["~"] == set()
    assert seen["-"] == set()
    mended(sandbox)


def test_the_weights_that_ecs_moves_are_no_drift_and_the_rest_of_a_rule_is(sandbox: LiveSandbox) -> None:
    elb = sandbox.client("elbv2")
    rules = [item for item in items(sandbox) if item.type == "aws:lb/listenerRule:ListenerRule"]
    assert {item.name for item in rules} == {"production", "test"}

    def forward(item: Item) -> dict[str, Any]:
        (rule,) = elb.describe_rules(RuleArns=[item.id])["Rules"]
        return rule["Actions"][0]["ForwardConfig"]

    moved: dict[str, list[int]] = {}
    for item in rules:
        config = forward(item)
        first, second = config["TargetGroups"]
        first["Weight"], second["Weight"] = second["Weight"], first["Weight"]
        assert {first["Weight"], second["Weight"]} == {0, 100}
        moved[item.id] = [first["Weight"], second["Weight"]]
        elb.modify_rule(RuleArn=item.id, Actions=[{"Type": "forward", "ForwardConfig": config}])
    assert drift(sandbox) == {"~": set(), "-": set()}
    sandbox.succeeded(sandbox.shell("pulumi up -s dev --refresh --yes --non-interactive --expect-no-changes"))

    for item in rules:
        CHANGES[item.type](item)
    assert drift(sandbox) == {"~": {shown(item) for item in rules}, "-": set()}
    mended(sandbox)
    assert {item.id: [group["Weight"] for group in forward(item)["TargetGroups"]] for item in rules} == moved


def test_what_was_deleted_is_named_and_made_again(sandbox: LiveSandbox) -> None:
    """Every kind at once, all of each, as most objects cannot go while others hang on them."""
    found = account.recorded(sandbox.layout)
    assert found is not None
    before = items(sandbox)
    provider = Engine(found.url, region="us-east-1")
    for item in reversed(before):
        # Secret outputs are ciphertext here, and none of them is needed to delete.
        outputs = {name: value for name, value in item.outputs.items() if not isinstance(value, dict)}
        outputs |= {"forceDelete": True, "forceDestroy": True, "skipDestroy": False, "forceDetachPolicies": True}
        outputs |= {name: item[name] for name in ("aliases", "latencyRoutingPolicies") if name in item.outputs}
        provider.delete(Made(item.type, item.name, item.id, {}, outputs))
    assert drift(sandbox) == {"~": set(), "-": {shown(item) for item in before}}
    # The images went with their repository: as for a first deploy, all but the service, then an image.
    sandbox.succeeded(sandbox.shell("pulumi config rm imageTag -s dev; pulumi up -s dev --refresh --yes"))
    sandbox.up("dev")
    mended(sandbox)
    assert {shown(item) for item in items(sandbox)} == {shown(item) for item in before}


def test_what_is_replaced_on_purpose_is_not_lost(sandbox: LiveSandbox) -> None:
    """The engine does not tell a provider that a create replaces something; what exists is no lost create."""
    by_type = {item.type: item for item in items(sandbox)}

    def replaced(item: Item) -> Run:
        urn = next(one["urn"] for one in sandbox.resources("dev") if one.get("id") == item.id)
        return sandbox.shell(f"pulumi up -s dev --yes --skip-preview --non-interactive --replace '{urn}'")

    for type_, refusal in (
        ("aws:cloudwatch/logGroup:LogGroup", "ResourceAlreadyExistsException"),
        ("aws:s3/bucket:Bucket", "BucketAlreadyExists"),
    ):
        run = replaced(by_type[type_])
        assert run.status != 0
        assert refusal in run.output
    query = by_type["aws:cloudwatch/queryDefinition:QueryDefinition"]
    sandbox.succeeded(replaced(query))
    ids = {item.id for item in items(sandbox) if item.type == query.type}
    found = sandbox.client("logs").describe_query_definitions()["queryDefinitions"]
    assert {one["queryDefinitionId"] for one in found} == ids
    assert query.id not in ids
    mended(sandbox)
