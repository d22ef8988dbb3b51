"""Alarms, dashboard, budget and saved queries, read back from the account and given what the app and AWS emit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from moto.events.models import EventPattern

from tests.live.harness import ACCOUNT_ID
from tests.live.stack import Stack
from tests.support.alarm_cases import CASES, repeated
from tests.support.alarm_evaluator import READINGS, Datum, Rule, Selection
from tests.support.ecs_events import CASES as EVENTS
from tests.support.ecs_events import Service
from tests.support.emitted import Facts

pytestmark = pytest.mark.live

TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT_ID}:voiceter-backend-alarms-dev"
SUBSCRIBERS = {("email", "oncall@example.com"), ("sms", "+4915112345678")}


@pytest.fixture(scope="module")
def alarms(everything: Stack) -> dict[str, dict[str, Any]]:
    """The alarms as the account describes them, by their names without the program's and the stack's."""
    described = everything.client("cloudwatch").describe_alarms(AlarmNamePrefix="voiceter-backend-")["MetricAlarms"]
    return {alarm["AlarmName"].removeprefix("voiceter-backend-").removesuffix("-dev"): alarm for alarm in described}


@pytest.fixture(scope="module")
def facts(everything: Stack) -> Facts:
    """The names that the metrics about the stack have as dimensions, as the account has them."""
    balancer = everything.load_balancer()["LoadBalancerArn"]
    (group,) = everything.client("elbv2").describe_target_groups(LoadBalancerArn=balancer)["TargetGroups"]
    (check,) = everything.client("route53").list_health_checks()["HealthChecks"]
    return Facts(
        cluster="voiceter-cluster-dev",
        service="voiceter-backend-dev",
        load_balancer=balancer.partition(":loadbalancer/")[2],
        target_group=group["TargetGroupArn"].rpartition(":")[2],
        table_prefix="demo-dev-",
        cache="voiceter-sessions-dev",
        web_acl="voiceter-backend-dev",
        health_check=check["Id"],
        log_metrics="Voiceter/Logs/voiceter-backend-dev",
    )


def states(rule: Rule, data: list[Datum], now: int) -> set[str]:
    return {rule.state(data, now * rule.period, reading) for reading in READINGS}


def test_every_alarm_notifies_the_topic(alarms: dict[str, dict[str, Any]]) -> None:
    assert set(alarms) == set(CASES)
    for alarm in alarms.values():
        assert alarm["ActionsEnabled"] is True
        assert alarm["AlarmActions"] == alarm["OKActions"] == [TOPIC]
        assert "First" in alarm["AlarmDescription"]


def test_description_of_every_alarm_ends_with_the_link_to_the_dashboard_that_exists(
    everything: Stack, alarms: dict[str, dict[str, Any]]
) -> None:
    for alarm in alarms.values():
        link = alarm["AlarmDescription"].rpartition(" and ")[2]
        address, _, name = link.rpartition("#dashboards/dashboard/")
        assert address == "https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1"
        assert everything.client("cloudwatch").get_dashboard(DashboardName=name)["DashboardName"] == name


@pytest.mark.parametrize("name", CASES)
def test_alarm_fires_on_bad_data_and_only_then(alarms: dict[str, dict[str, Any]], facts: Facts, name: str) -> None:
    """On one example of each. The unit tests feed all of them to the alarm that the program registers."""
    rule, case = Rule.described(alarms[name]), CASES[name]
    good, bad = case.good[0](facts), case.bad[0](facts)
    data = repeated(good, rule.period, 0, 5) + repeated(bad, rule.period, 5, 10) + repeated(good, rule.period, 10, 20)
    assert [states(rule, data, now) for now in (5, 10, 20)] == [{"OK"}, {"ALARM"}, {"OK"}]
    assert states(rule, [], 20) == {case.without_data}


@pytest.mark.parametrize("name", CASES)
def test_account_finds_the_data_by_the_namespace_name_and_dimensions_of_the_alarm(
    everything: Stack, alarms: dict[str, dict[str, Any]], facts: Facts, name: str
) -> None:
    """The data is put as the app or AWS puts it, one value of each metric."""
    cloudwatch = everything.client("cloudwatch")
    rule = Rule.described(alarms[name])
    now = datetime.now(UTC)
    metrics = {
        (datum.namespace, datum.name, tuple(datum.dimensions.items())): datum
        for bad in CASES[name].bad
        for datum in bad(facts)
    }
    for datum in metrics.values():
        put = {"MetricName": datum.name, "Value": datum.value, "Unit": datum.unit, "Timestamp": now}
        cloudwatch.put_metric_data(
            Namespace=datum.namespace, MetricData=[{**put, "Dimensions": dimensions(datum.dimensions)}]
        )
    # moto does not run Metrics Insights queries.
    selections = [source for source in rule.sources.values() if isinstance(source, Selection)]
    found = [
        cloudwatch.get_metric_statistics(
            Namespace=source.namespace,
            MetricName=source.name,
            Dimensions=dimensions(source.dimensions),
            StartTime=now - timedelta(minutes=5),
            EndTime=now + timedelta(minutes=5),
            Period=60,
            Statistics=["SampleCount"],
        )["Datapoints"]
        for source in selections
    ]
    assert any(found) or not selections


def dimensions(values: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": key, "Value": value} for key, value in values.items()]


def test_rules_for_events_of_ecs_match_those_of_the_service_and_send_them_to_the_topic(everything: Stack) -> None:
    events = everything.client("events")
    ours, other = (Service("voiceter-cluster-dev", name) for name in ("voiceter-backend-dev", "another"))
    patterns: dict[str, EventPattern] = {}
    for rule in events.list_rules(NamePrefix="voiceter-backend-")["Rules"]:
        assert rule["State"] == "ENABLED"
        [target] = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        assert target["Arn"] == TOPIC
        assert target["InputTransformer"]["InputTemplate"].startswith('"voiceter-backend-dev: ')
        patterns[rule["Name"]] = EventPattern.load(rule["EventPattern"])
    assert set(patterns) == {f"voiceter-backend-{case.rule}-dev" for case in EVENTS.values() if case.rule}
    for case in EVENTS.values():
        matched = [name for name, one in patterns.items() if one.matches_event(cast(Any, case.event(ours)))]
        assert matched == ([f"voiceter-backend-{case.rule}-dev"] if case.rule else []), case
        assert not [name for name, one in patterns.items() if one.matches_event(cast(Any, case.event(other)))]


def test_topic_is_encrypted_and_only_three_services_publish_to_it(everything: Stack) -> None:
    sns, kms = everything.client("sns"), everything.client("kms")
    attributes = sns.get_topic_attributes(TopicArn=TOPIC)["Attributes"]
    key = kms.describe_key(KeyId=attributes["KmsMasterKeyId"])["KeyMetadata"]
    assert key["KeyManager"] == "CUSTOMER"
    assert kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"] is True
    this_account = {"StringEquals": {"aws:SourceAccount": ACCOUNT_ID}}
    services = {
        "cloudwatch.amazonaws.com": this_account,
        "budgets.amazonaws.com": this_account,
        "events.amazonaws.com": None,  # AWS supports no condition
    }
    for text in (attributes["Policy"], kms.get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"]):
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
    logs = everything.client("logs")
    queries = logs.describe_query_definitions()["queryDefinitions"]
    assert {query["name"].rpartition("/")[2] for query in queries} == {
        "errors-by-code",
        "slow-operations",
        "one-session",
    }
    assert all(query["logGroupNames"] == ["/ecs/voiceter-backend-dev"] for query in queries)


def test_filters_of_the_log_make_the_metrics_of_speech_streams(everything: Stack, facts: Facts) -> None:
    found = everything.client("logs").describe_metric_filters(logGroupName="/ecs/voiceter-backend-dev")["metricFilters"]
    assert {one["filterName"]: one["metricTransformations"] for one in found} == {
        name: [{"metricNamespace": facts.log_metrics, "metricName": name, "metricValue": "1", "unit": "Count"}]
        for name in ("SpeechThrottles", "SpeechServerErrors")
    }
