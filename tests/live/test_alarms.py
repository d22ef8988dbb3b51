"""Alarms, topic, dashboard, budget and saved queries, read back from the account.

tests/unit/components/monitoring/test_alarms.py evaluates the alarms as the program registers them, and test_drift.py
finds no difference between what is registered and the account.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.live.harness import ACCOUNT_ID
from tests.live.stack import Stack
from tests.support.alarm_cases import CASES
from tests.support.emitted import Facts

pytestmark = pytest.mark.live

TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT_ID}:voiceter-backend-alarms-dev"
LOG_METRICS = "Voiceter/Logs/voiceter-backend-dev"
SUBSCRIBERS = {("email", "oncall@example.com"), ("sms", "+4915112345678")}


@pytest.fixture(scope="module")
def alarms(everything: Stack) -> dict[str, dict[str, Any]]:
    """The alarms as the account describes them, by their names without the program's and the stack's."""
    described = everything.client("cloudwatch").describe_alarms(AlarmNamePrefix="voiceter-backend-")["MetricAlarms"]
    return {alarm["AlarmName"].removeprefix("voiceter-backend-").removesuffix("-dev"): alarm for alarm in described}


@pytest.fixture(scope="module")
def facts(everything: Stack) -> list[Facts]:
    """The names that the metrics about the stack have as dimensions, as the account has them: one for each group."""
    balancer = everything.load_balancer()["LoadBalancerArn"]
    groups = everything.client("elbv2").describe_target_groups(LoadBalancerArn=balancer)["TargetGroups"]
    (check,) = everything.client("route53").list_health_checks()["HealthChecks"]
    return [
        Facts(
            cluster="voiceter-cluster-dev",
            service="voiceter-backend-dev",
            load_balancer=balancer.partition(":loadbalancer/")[2],
            target_group=group["TargetGroupArn"].rpartition(":")[2],
            table_prefix="demo-dev-",
            cache="voiceter-sessions-dev",
            web_acl="voiceter-backend-dev",
            health_check=check["Id"],
            log_metrics=LOG_METRICS,
        )
        for group in groups
    ]


def test_every_alarm_notifies_the_topic(alarms: dict[str, dict[str, Any]]) -> None:
    assert set(alarms) == set(CASES)
    for alarm in alarms.values():
        assert alarm["ActionsEnabled"] is True
        assert alarm["AlarmActions"] == alarm["OKActions"] == [TOPIC]


def metrics(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    """The metrics that an alarm watches; none for a Metrics Insights query."""
    if "MetricName" in alarm:
        return [alarm]
    return [query["MetricStat"]["Metric"] for query in alarm["Metrics"] if "MetricStat" in query]


def test_every_alarm_watches_metrics_of_this_stack(alarms: dict[str, dict[str, Any]], facts: list[Facts]) -> None:
    for name, alarm in alarms.items():
        for metric in metrics(alarm):
            dimensions = {one["Name"]: one["Value"] for one in metric["Dimensions"]}
            found = [one.find(metric["Namespace"], metric["MetricName"], dimensions) for one in facts]
            assert any(found), (name, metric)


def test_topic_is_encrypted_and_only_three_services_publish_to_it(everything: Stack) -> None:
    sns, kms = everything.client("sns"), everything.client("kms")
    attributes = sns.get_topic_attributes(TopicArn=TOPIC)["Attributes"]
    key = kms.describe_key(KeyId=attributes["KmsMasterKeyId"])["KeyMetadata"]
    assert key["KeyManager"] == "CUSTOMER"
    assert kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"] is True
    this_account = {"StringEquals": {"aws:SourceAccount": ACCOUNT_ID}}
    topic = {
        "cloudwatch.amazonaws.com": this_account,
        "budgets.amazonaws.com": this_account,
        "events.amazonaws.com": None,  # AWS supports no condition
    }
    on_the_key = {**topic, "budgets.amazonaws.com": None}  # AWS documents none
    policy = kms.get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"]
    for text, services in ((attributes["Policy"], topic), (policy, on_the_key)):
        granted = [one for one in json.loads(text)["Statement"] if "Service" in one["Principal"]]
        assert {one["Principal"]["Service"]: one.get("Condition") for one in granted} == services
    [denial] = [one for one in json.loads(attributes["Policy"])["Statement"] if "Service" not in one["Principal"]]
    assert denial["Effect"] == "Deny"
    assert denial["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    subscriptions = sns.list_subscriptions_by_topic(TopicArn=TOPIC)["Subscriptions"]
    assert {(item["Protocol"], item["Endpoint"]) for item in subscriptions} == SUBSCRIBERS


def test_deployment_is_rolled_back_on_three_alarms(everything: Stack) -> None:
    watched = everything.service()["deploymentConfiguration"]["alarms"]
    assert (watched["enable"], watched["rollback"]) == (True, True)
    assert set(watched["alarmNames"]) == {
        f"voiceter-backend-{name}-dev"
        for name in ("high-error-rate-critical", "deployment-unhealthy-critical", "target-5xx-critical")
    }


def test_dashboard_budget_and_saved_queries_exist(everything: Stack) -> None:
    dashboard = everything.client("cloudwatch").get_dashboard(DashboardName=everything.outputs["dashboardName"])
    assert len(json.loads(dashboard["DashboardBody"])["widgets"]) >= 10
    budgets = everything.client("budgets")
    (budget,) = budgets.describe_budgets(AccountId=ACCOUNT_ID)["Budgets"]
    assert float(budget["BudgetLimit"]["Amount"]) == 250
    assert budget["CostFilters"] == {"TagKeyValue": ["user:Stack$dev"]}
    notices = budgets.describe_notifications_for_budget(AccountId=ACCOUNT_ID, BudgetName=budget["BudgetName"])
    assert {notice["NotificationType"] for notice in notices["Notifications"]} == {"ACTUAL", "FORECASTED"}
    queries = everything.client("logs").describe_query_definitions()["queryDefinitions"]
    names = {query["name"].rpartition("/")[2] for query in queries}
    assert names == {"errors-by-code", "slow-operations", "one-session"}
    assert all(query["logGroupNames"] == ["/ecs/voiceter-backend-dev"] for query in queries)


def test_filters_of_the_log_make_the_metrics_of_speech_streams(everything: Stack) -> None:
    found = everything.client("logs").describe_metric_filters(logGroupName="/ecs/voiceter-backend-dev")["metricFilters"]
    assert {one["filterName"]: one["metricTransformations"] for one in found} == {
        name: [{"metricNamespace": LOG_METRICS, "metricName": name, "metricValue": "1", "unit": "Count"}]
        for name in ("SpeechThrottles", "SpeechServerErrors")
    }
