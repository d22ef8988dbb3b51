"""What the account does as AWS does it, where moto alone does not: asked as the AWS CLI asks."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sandbox.account import process as accounts
from sandbox.layout import Layout
from sandbox.provider.values import Values
from sandbox.tests.provider_harness import ACCOUNT, Engine, Refused, client, reset
from sandbox.tests.provider_samples import RECORD, new_zone


@pytest.fixture
def aws(endpoint: str) -> Callable[[str], Any]:
    """A client of a service on a new account, by the service's name."""
    reset(endpoint)
    return partial(client, endpoint)


# Route 53


def record_set(name: str, value: str, **more: Any) -> Values:
    return {"Name": name, "Type": "TXT", "TTL": 60, "ResourceRecords": [{"Value": f'"{value}"'}], **more}


class Zone:
    """A hosted zone for example.com."""

    def __init__(self, route53: Any, endpoint: str) -> None:
        self.route53 = route53
        self.id = new_zone(endpoint)

    def change(self, *changes: tuple[str, Values]) -> None:
        every = [{"Action": action, "ResourceRecordSet": one} for action, one in changes]
        self.route53.change_resource_record_sets(HostedZoneId=self.id, ChangeBatch={"Changes": every})

    def shown(self) -> list[tuple[str, str | None, str]]:
        """Name, set identifier and value of each TXT record set."""
        found = self.route53.list_resource_record_sets(HostedZoneId=self.id)["ResourceRecordSets"]
        return [
            (one["Name"], one.get("SetIdentifier"), one["ResourceRecords"][0]["Value"].strip('"'))
            for one in found
            if one["Type"] == "TXT"
        ]


@pytest.fixture
def zone(aws: Callable[[str], Any], endpoint: str) -> Zone:
    return Zone(aws("route53"), endpoint)


def test_what_exists_is_not_made_again_and_what_was_deleted_is(zone: Zone) -> None:
    first, other = record_set("x.example.com", "a"), record_set("X.example.com.", "b")
    zone.change(("CREATE", first))
    for again in (first, other):
        with pytest.raises(
            zone.route53.exceptions.InvalidChangeBatch, match=r"name='x\.example\.com\.', type='TXT'.*exists"
        ):
            zone.change(("CREATE", again))
    zone.change(("CREATE", record_set("x.example.com", "b", SetIdentifier="b", Weight=1)))
    zone.change(("DELETE", first))
    zone.change(("CREATE", first))
    zone.change(("DELETE", first), ("CREATE", record_set("x.example.com", "c")))
    assert zone.shown() == [("x.example.com.", "b", "b"), ("x.example.com.", None, "c")]


def test_a_batch_with_a_refused_change_changes_nothing(zone: Zone) -> None:
    new = record_set("y.example.com", "a")
    for refused in (("CREATE", new), ("DELETE", record_set("z.example.com", "a"))):
        with pytest.raises(zone.route53.exceptions.InvalidChangeBatch):
            zone.change(("CREATE", new), refused)
    assert zone.shown() == []


def test_what_was_deleted_cannot_be_deleted_again(zone: Zone) -> None:
    one = record_set("x.example.com", "a")
    zone.change(("CREATE", one))
    zone.change(("DELETE", one))
    with pytest.raises(zone.route53.exceptions.InvalidChangeBatch, match=r"'x\.example\.com\.'.*it was not found"):
        zone.change(("DELETE", one))


def test_a_deletion_spares_other_names_with_the_same_set_identifier(zone: Zone) -> None:
    one, other = (record_set(f"{name}.example.com", name, SetIdentifier="dev", Weight=1) for name in "ab")
    zone.change(("CREATE", one), ("CREATE", other))
    zone.change(("DELETE", one))
    assert zone.shown() == [("b.example.com.", "dev", "b")]


def test_a_record_whose_maker_was_killed_is_taken_over(tmp_path: Path) -> None:
    """The plugin was killed within the call that made it, so that nobody knows of it but the account."""
    layout = Layout(tmp_path, tmp_path / ".sandbox")
    account = accounts.start(layout, os.environ)
    try:
        zone = Zone(account.client("route53", "us-east-1"), account.url)
        wanted: Values = {"zoneId": zone.id, "name": "x.example.com", "type": "TXT", "records": ["a"], "ttl": 60}
        lost = Engine(account.url).create(RECORD, "x", wanted)
        engine = Engine(account.url)
        with pytest.raises(Refused, match=r"ChangeResourceRecordSets: InvalidChangeBatch: .* already exists"):
            engine.create(RECORD, "another", wanted)
        found = engine.create(RECORD, "x", wanted | {"records": ["b"]})
        assert (found.id, found.outputs["records"]) == (lost.id, ["b"])
        assert zone.shown() == [("x.example.com.", None, "b")]
    finally:
        accounts.stop(layout)


# CloudWatch Logs


def test_a_protected_log_group_is_not_deleted(aws: Callable[[str], Any]) -> None:
    logs = aws("logs")

    def shown() -> list[bool]:
        return [one["deletionProtectionEnabled"] for one in logs.describe_log_groups()["logGroups"]]

    logs.create_log_group(logGroupName="/plain")
    assert shown() == [False]
    logs.delete_log_group(logGroupName="/plain")
    logs.create_log_group(logGroupName="/app", deletionProtectionEnabled=True)
    arn = logs.describe_log_groups()["logGroups"][0]["arn"]
    refused = logs.exceptions.ValidationException
    for identifier in ("/app", arn, arn.removesuffix(":*")):
        logs.put_log_group_deletion_protection(logGroupIdentifier=identifier, deletionProtectionEnabled=True)
        assert shown() == [True]
        with pytest.raises(refused, match="Cannot delete log group with deletion protection enabled"):
            logs.delete_log_group(logGroupName="/app")
        logs.put_log_group_deletion_protection(logGroupIdentifier=identifier, deletionProtectionEnabled=False)
        assert shown() == [False]
    logs.delete_log_group(logGroupName="/app")
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.put_log_group_deletion_protection(logGroupIdentifier="/app", deletionProtectionEnabled=True)


# Amazon EC2


@pytest.mark.parametrize("way", ["ingress", "egress"])
def test_a_rule_for_a_group_has_a_description(aws: Callable[[str], Any], way: str) -> None:
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group, other = (
        ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"] for name in ("tasks", "edge")
    )

    def permission(description: str) -> list[Values]:
        pairs = [{"GroupId": other, "Description": description}]
        return [{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": pairs}]

    def call(operation: str, **params: Any) -> Any:
        return getattr(ec2, operation.format(way))(GroupId=group, **params)

    def shown() -> tuple[str, str]:
        """In the rule, and in the group."""
        (rule,) = ec2.describe_security_group_rules(SecurityGroupRuleIds=[made["SecurityGroupRuleId"]])[
            "SecurityGroupRules"
        ]
        (found,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
        permissions = found["IpPermissions" if way == "ingress" else "IpPermissionsEgress"]
        (pair,) = next(one["UserIdGroupPairs"] for one in permissions if one["UserIdGroupPairs"])
        assert (pair["GroupId"], rule["ReferencedGroupInfo"]["GroupId"]) == (other, other)
        return rule["Description"], pair["Description"]

    authorize = "authorize_security_group_{}"
    (made,) = call(authorize, IpPermissions=permission("from the edge"))["SecurityGroupRules"]
    assert made["Description"] == "from the edge"
    assert shown() == ("from the edge", "from the edge")
    with pytest.raises(ec2.exceptions.ClientError, match=r"InvalidPermission\.Duplicate"):
        call(authorize, IpPermissions=permission("again"))
    call("update_security_group_rule_descriptions_{}", IpPermissions=permission("renamed"))
    assert shown() == ("renamed", "renamed")
    rule = {"IpProtocol": "tcp", "FromPort": 81, "ToPort": 81, "ReferencedGroupId": other, "Description": "changed"}
    call(
        "modify_security_group_rules",
        SecurityGroupRules=[{"SecurityGroupRuleId": made["SecurityGroupRuleId"], "SecurityGroupRule": rule}],
    )
    assert shown() == ("changed", "changed")
    gone = [{**permission("whatever")[0], "FromPort": 81, "ToPort": 81}]
    call("revoke_security_group_{}", IpPermissions=gone)
    assert made["SecurityGroupRuleId"] not in str(ec2.describe_security_group_rules())


def test_a_rule_for_a_prefix_list_has_a_description(aws: Callable[[str], Any]) -> None:
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="tasks", Description="tasks", VpcId=vpc)["GroupId"]
    listed = ec2.create_managed_prefix_list(PrefixListName="net", MaxEntries=1, AddressFamily="IPv4")["PrefixList"]
    targets = [{"PrefixListId": listed["PrefixListId"], "Description": "to the net"}]
    permission = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "PrefixListIds": targets}
    (made,) = ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[permission])["SecurityGroupRules"]
    assert (made["PrefixListId"], made["Description"]) == (listed["PrefixListId"], "to the net")


# Amazon CloudWatch


def test_an_alarm_has_no_tags_of_a_deleted_one(aws: Callable[[str], Any]) -> None:
    cloudwatch = aws("cloudwatch")
    alarm = {
        "AlarmName": "slow",
        "Namespace": "App",
        "MetricName": "Latency",
        "Statistic": "Maximum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    cloudwatch.put_metric_alarm(**alarm, Tags=[{"Key": "Severity", "Value": "high"}])
    (made,) = cloudwatch.describe_alarms()["MetricAlarms"]
    cloudwatch.delete_alarms(AlarmNames=["slow", "none"])
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []
    cloudwatch.put_metric_alarm(**alarm)
    assert cloudwatch.list_tags_for_resource(ResourceARN=made["AlarmArn"])["Tags"] == []


# AWS KMS


def test_a_key_shows_how_often_it_rotates(aws: Callable[[str], Any]) -> None:
    kms = aws("kms")
    key = kms.create_key()["KeyMetadata"]

    def status() -> Values:
        return kms.get_key_rotation_status(KeyId=key["KeyId"])

    assert status()["KeyRotationEnabled"] is False
    assert "RotationPeriodInDays" not in status()
    for params, days in (({}, 365), ({"RotationPeriodInDays": 90}, 90)):
        kms.enable_key_rotation(KeyId=key["Arn"], **params)
        shown = status()
        assert (shown["KeyId"], shown["KeyRotationEnabled"], shown["RotationPeriodInDays"]) == (key["Arn"], True, days)
        assert round((shown["NextRotationDate"] - datetime.now(UTC)) / timedelta(days=1)) == days
    kms.disable_key_rotation(KeyId=key["KeyId"])
    assert "RotationPeriodInDays" not in status()


# Amazon SNS


def test_a_topic_shows_what_was_set(aws: Callable[[str], Any]) -> None:
    sns = aws("sns")

    def shown(topic: str) -> tuple[str | None, str | None]:
        attributes = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
        return attributes.get("SignatureVersion"), attributes.get("TracingConfig")

    assert shown(sns.create_topic(Name="plain")["TopicArn"]) == (None, None)
    topic = sns.create_topic(Name="alerts", Attributes={"SignatureVersion": "2"})["TopicArn"]
    sns.set_topic_attributes(TopicArn=topic, AttributeName="TracingConfig", AttributeValue="Active")
    assert shown(topic) == ("2", "Active")
    sns.set_topic_attributes(TopicArn=topic, AttributeName="SignatureVersion", AttributeValue="1")
    assert shown(topic) == ("1", "Active")


# Application Auto Scaling

TRACKING = {
    "TargetValue": 50.0,
    "PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"},
}


def test_scaling_policies_are_chosen_by_name_and_target(aws: Callable[[str], Any]) -> None:
    scaling = aws("application-autoscaling")
    space: Values = {"ServiceNamespace": "dynamodb"}
    for resource in ("table/app", "table/app-2"):
        target = {**space, "ResourceId": resource, "ScalableDimension": "dynamodb:table:ReadCapacityUnits"}
        scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=2)
        for name in ("reads", "more-reads"):
            scaling.put_scaling_policy(
                **target,
                PolicyName=name,
                PolicyType="TargetTrackingScaling",
                TargetTrackingScalingPolicyConfiguration=TRACKING,
            )

    def shown(**asked: Any) -> list[tuple[str, str]]:
        found = scaling.describe_scaling_policies(**space, **asked)["ScalingPolicies"]
        return sorted((one["ResourceId"], one["PolicyName"]) for one in found)

    assert len(shown()) == 4
    assert shown(PolicyNames=["reads"]) == [("table/app", "reads"), ("table/app-2", "reads")]
    assert shown(ResourceId="table/app-2", PolicyNames=["reads", "none"]) == [("table/app-2", "reads")]
    assert shown(PolicyNames=["none"]) == []


def test_a_scalable_target_has_tags(aws: Callable[[str], Any]) -> None:
    scaling = aws("application-autoscaling")
    target: Values = {
        "ServiceNamespace": "dynamodb",
        "ResourceId": "table/app",
        "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
    }

    def tags() -> Values:
        return scaling.list_tags_for_resource(ResourceARN=arn)["Tags"]

    made = scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=2, Tags={"Stack": "dev"})
    arn = made["ScalableTargetARN"]
    scaling.register_scalable_target(**target, MaxCapacity=3)
    assert tags() == {"Stack": "dev"}
    scaling.tag_resource(ResourceARN=arn, Tags={"Stack": "prod", "Data": "sessions"})
    assert tags() == {"Stack": "prod", "Data": "sessions"}
    scaling.untag_resource(ResourceARN=arn, TagKeys=["Data", "none"])
    assert tags() == {"Stack": "prod"}
    scaling.deregister_scalable_target(**target)
    with pytest.raises(scaling.exceptions.ResourceNotFoundException):
        tags()


# AWS Budgets

BUDGET = {
    "BudgetName": "app",
    "BudgetType": "COST",
    "TimeUnit": "MONTHLY",
    "BudgetLimit": {"Amount": "100", "Unit": "USD"},
}
NOTICE = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80.0}
OTHER_NOTICE = {**NOTICE, "ThresholdType": "ABSOLUTE_VALUE"}
MAIL, OTHER_MAIL = ({"SubscriptionType": "EMAIL", "Address": f"{name}@example.com"} for name in "ab")
OF_BUDGET = {"AccountId": ACCOUNT, "BudgetName": "app"}


def with_budget(aws: Callable[[str], Any], **more: Any) -> Any:
    """A client of Budgets where there is one budget, with one notification."""
    budgets = aws("budgets")
    notices = [{"Notification": NOTICE, "Subscribers": [MAIL]}]
    budgets.create_budget(AccountId=ACCOUNT, Budget=BUDGET, NotificationsWithSubscribers=notices, **more)
    return budgets


def test_a_budget_changes_and_keeps_its_notifications_and_tags(aws: Callable[[str], Any]) -> None:
    tag = {"Key": "Stack", "Value": "dev"}
    budgets = with_budget(aws, ResourceTags=[tag])
    budgets.update_budget(AccountId=ACCOUNT, NewBudget={**BUDGET, "BudgetLimit": {"Amount": "7", "Unit": "USD"}})
    assert budgets.describe_budget(**OF_BUDGET)["Budget"]["BudgetLimit"]["Amount"] == "7"
    assert budgets.describe_subscribers_for_notification(**OF_BUDGET, Notification=NOTICE)["Subscribers"] == [MAIL]
    arn = f"arn:aws:budgets::{ACCOUNT}:budget/app"
    assert budgets.list_tags_for_resource(ResourceARN=arn)["ResourceTags"] == [tag]
    with pytest.raises(budgets.exceptions.NotFoundException):
        budgets.update_budget(AccountId=ACCOUNT, NewBudget={**BUDGET, "BudgetName": "none"})


def test_a_budget_has_each_notification_once(aws: Callable[[str], Any]) -> None:
    budgets = with_budget(aws)
    with pytest.raises(budgets.exceptions.DuplicateRecordException):
        budgets.create_notification(
            **OF_BUDGET, Notification={**NOTICE, "ThresholdType": "PERCENTAGE"}, Subscribers=[OTHER_MAIL]
        )
    budgets.create_notification(**OF_BUDGET, Notification=OTHER_NOTICE, Subscribers=[OTHER_MAIL])
    budgets.delete_notification(**OF_BUDGET, Notification=NOTICE)
    assert budgets.describe_notifications_for_budget(**OF_BUDGET)["Notifications"] == [OTHER_NOTICE]
    for call in (budgets.delete_notification, budgets.describe_subscribers_for_notification):
        with pytest.raises(budgets.exceptions.NotFoundException):
            call(**OF_BUDGET, Notification=NOTICE)


def test_the_last_subscriber_takes_the_notification_along(aws: Callable[[str], Any]) -> None:
    budgets = with_budget(aws)

    def call(operation: str, subscriber: Values) -> None:
        getattr(budgets, operation)(**OF_BUDGET, Notification=NOTICE, Subscriber=subscriber)

    call("create_subscriber", OTHER_MAIL)
    with pytest.raises(budgets.exceptions.DuplicateRecordException):
        call("create_subscriber", OTHER_MAIL)
    call("delete_subscriber", MAIL)
    with pytest.raises(budgets.exceptions.NotFoundException):
        call("delete_subscriber", MAIL)
    found = budgets.describe_subscribers_for_notification(**OF_BUDGET, Notification=NOTICE)["Subscribers"]
    assert found == [OTHER_MAIL]
    call("delete_subscriber", OTHER_MAIL)
    assert budgets.describe_notifications_for_budget(**OF_BUDGET)["Notifications"] == []


def test_a_budget_has_tags(aws: Callable[[str], Any]) -> None:
    budgets = with_budget(aws)
    arn = f"arn:aws:budgets::{ACCOUNT}:budget/app"

    def tags() -> list[Values]:
        return budgets.list_tags_for_resource(ResourceARN=arn)["ResourceTags"]

    assert tags() == []
    every = [{"Key": "Stack", "Value": "dev"}, {"Key": "Owner", "Value": "me"}]
    budgets.tag_resource(ResourceARN=arn, ResourceTags=every)
    assert tags() == every
    budgets.untag_resource(ResourceARN=arn, ResourceTagKeys=["Owner", "none"])
    assert tags() == every[:1]
    with pytest.raises(budgets.exceptions.NotFoundException):
        budgets.tag_resource(ResourceARN=f"{arn}-2", ResourceTags=every)
