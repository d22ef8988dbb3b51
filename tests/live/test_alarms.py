"""The operator's view on the sandbox: read back from the account, and fed with what the app and AWS emit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.alarm_cases import CASES, repeated
from tests.support.alarm_evaluator import READINGS, Datum, Rule, Selection
from tests.support.emitted import Facts
from tests.support.live import ACCOUNT_ID, LiveSandbox, live_sandbox

STACK = "voiceter-backend-staging"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT_ID}:voiceter-backend-alarms-staging"
EMAIL, PHONE = "oncall@example.com", "+4915112345678"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSandbox]:
    with live_sandbox(tmp_path_factory.mktemp("alarms")) as sandbox:
        sandbox.up("staging")
        sandbox.succeeded(
            sandbox.shell(
                f"""
                pulumi config set --path 'alarmEmails[0]' {EMAIL} -s staging
                pulumi config set --path 'alarmPhones[0]' -s staging -- {PHONE}
                pulumi config set monthlyBudgetUsd 250 -s staging
                pulumi config set --secret redisAuthToken 0123456789abcdef -s staging
                pulumi config set redisEnabled true -s staging
                pulumi up -s staging --yes --non-interactive
                pulumi up -s staging --yes --non-interactive --expect-no-changes
                pulumi refresh -s staging --yes --non-interactive --expect-no-changes
                """
            )
        )
        yield sandbox


@pytest.fixture(scope="module")
def alarms(sandbox: LiveSandbox) -> dict[str, dict[str, Any]]:
    """The program's alarms as the account describes them, by their names without prefix and stack."""
    described = sandbox.client("cloudwatch").describe_alarms(AlarmNamePrefix="voiceter-backend-")["MetricAlarms"]
    return {alarm["AlarmName"].removeprefix("voiceter-backend-").removesuffix("-staging"): alarm for alarm in described}


@pytest.fixture(scope="module")
def facts(sandbox: LiveSandbox) -> Facts:
    """What this stack is called in the metrics about it, as the account says."""
    elb = sandbox.client("elbv2")
    (balancer,) = elb.describe_load_balancers(Names=[STACK])["LoadBalancers"]
    (group,) = elb.describe_target_groups(LoadBalancerArn=balancer["LoadBalancerArn"])["TargetGroups"]
    return Facts(
        cluster="voiceter-cluster-staging",
        service=STACK,
        load_balancer=balancer["LoadBalancerArn"].partition(":loadbalancer/")[2],
        target_group=group["TargetGroupArn"].rpartition(":")[2],
        table_prefix="demo-staging-",
        cache="voiceter-sessions-staging",
    )


def states(rule: Rule, data: list[Datum], now: int) -> set[str]:
    return {rule.state(data, now * rule.period, reading) for reading in READINGS}


def test_the_account_has_every_alarm_and_each_tells_the_topic(alarms: dict[str, dict[str, Any]]) -> None:
    assert set(alarms) == set(CASES)
    for alarm in alarms.values():
        assert alarm["ActionsEnabled"] is True
        assert alarm["AlarmActions"] == alarm["OKActions"] == [TOPIC]
        assert "First" in alarm["AlarmDescription"]


@pytest.mark.parametrize("name", CASES)
def test_an_alarm_of_the_account_goes_off_comes_back_and_keeps_quiet(
    alarms: dict[str, dict[str, Any]], facts: Facts, name: str
) -> None:
    rule, case = Rule.described(alarms[name]), CASES[name]
    for good in case.good:
        for bad in case.bad:
            data = repeated(good(facts), rule.period, 0, 5) + repeated(bad(facts), rule.period, 5, 10)
            data += repeated(good(facts), rule.period, 10, 20)
            assert [states(rule, data, now) for now in (5, 10, 20)] == [{"OK"}, {"ALARM"}, {"OK"}]
    assert states(rule, [], 20) == {case.without_data}


@pytest.mark.parametrize("name", CASES)
def test_the_account_finds_the_data_under_the_alarms_own_terms(
    sandbox: LiveSandbox, alarms: dict[str, dict[str, Any]], facts: Facts, name: str
) -> None:
    """The data is put as the app or AWS puts it, and asked for with the alarm's namespace, name and dimensions."""
    cloudwatch = sandbox.client("cloudwatch")
    rule = Rule.described(alarms[name])
    now = datetime.now(UTC)
    data = [datum for bad in CASES[name].bad for datum in bad(facts)]
    found = 0
    for source in rule.sources.values():
        if not isinstance(source, Selection):
            continue  # a Metrics Insights query, which this account cannot carry out
        matching = [datum for datum in data if datum.name == source.name]
        for datum in matching:
            dimensions = [{"Name": key, "Value": value} for key, value in datum.dimensions.items()]
            put = {"MetricName": datum.name, "Dimensions": dimensions, "Value": datum.value, "Unit": datum.unit}
            cloudwatch.put_metric_data(Namespace=datum.namespace, MetricData=[{**put, "Timestamp": now}])
        answer = cloudwatch.get_metric_statistics(
            Namespace=source.namespace,
            MetricName=source.name,
            Dimensions=[{"Name": key, "Value": value} for key, value in source.dimensions.items()],
            StartTime=now - timedelta(minutes=5),
            EndTime=now + timedelta(minutes=5),
            Period=60,
            Statistics=["SampleCount"],
        )
        found += len(answer["Datapoints"])
    selected = any(isinstance(source, Selection) for source in rule.sources.values())
    silent = name == "health-check-failures-critical" or not data
    assert found or not selected or silent


def test_the_topic_is_encrypted_and_open_to_two_services_of_this_account(sandbox: LiveSandbox) -> None:
    sns, kms = sandbox.client("sns"), sandbox.client("kms")
    attributes = sns.get_topic_attributes(TopicArn=TOPIC)["Attributes"]
    key = kms.describe_key(KeyId=attributes["KmsMasterKeyId"])["KeyMetadata"]
    assert key["KeyManager"] == "CUSTOMER"
    assert kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"] is True
    services = {"cloudwatch.amazonaws.com", "budgets.amazonaws.com"}
    for text in (attributes["Policy"], kms.get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"]):
        granted = [one for one in json.loads(text)["Statement"] if "Service" in one["Principal"]]
        assert {one["Principal"]["Service"] for one in granted} == services
        assert all(one["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT_ID}} for one in granted)
    publishers = [one for one in json.loads(attributes["Policy"])["Statement"] if "Service" not in one["Principal"]]
    assert publishers == []
    subscriptions = sns.list_subscriptions_by_topic(TopicArn=TOPIC)["Subscriptions"]
    assert {(item["Protocol"], item["Endpoint"]) for item in subscriptions} == {("email", EMAIL), ("sms", PHONE)}


def test_a_deployment_goes_back_on_three_alarms(sandbox: LiveSandbox) -> None:
    (service,) = sandbox.client("ecs").describe_services(cluster="voiceter-cluster-staging", services=[STACK])[
        "services"
    ]
    watched = service["deploymentConfiguration"]["alarms"]
    assert (watched["enable"], watched["rollback"]) == (True, True)
    assert set(watched["alarmNames"]) == {
        f"voiceter-backend-{name}-staging"
        for name in ("high-error-rate-critical", "deployment-unhealthy-critical", "target-5xx-critical")
    }


def test_sessions_scale_out_and_never_in(sandbox: LiveSandbox) -> None:
    policies = sandbox.client("application-autoscaling").describe_scaling_policies(ServiceNamespace="ecs")
    tracked = [item["TargetTrackingScalingPolicyConfiguration"] for item in policies["ScalingPolicies"]]
    (sessions,) = [item for item in tracked if "CustomizedMetricSpecification" in item]
    assert sessions["DisableScaleIn"] is True
    assert sessions["TargetValue"] == 30
    metric = sessions["CustomizedMetricSpecification"]
    assert (metric["Namespace"], metric["MetricName"], metric["Statistic"]) == (
        "Voiceter/Backend",
        "ConcurrentSessions",
        "Maximum",
    )
    assert not metric.get("Dimensions")


def test_the_dashboard_the_budget_and_the_saved_queries_are_there(sandbox: LiveSandbox) -> None:
    name = sandbox.outputs("staging")["dashboardName"]
    body = json.loads(sandbox.client("cloudwatch").get_dashboard(DashboardName=name)["DashboardBody"])
    assert len(body["widgets"]) >= 10
    (budget,) = sandbox.client("budgets").describe_budgets(AccountId=ACCOUNT_ID)["Budgets"]
    assert float(budget["BudgetLimit"]["Amount"]) == 250
    assert budget["CostFilters"] == {"TagKeyValue": ["user:Stack$staging"]}
    notices = sandbox.client("budgets").describe_notifications_for_budget(
        AccountId=ACCOUNT_ID, BudgetName=budget["BudgetName"]
    )["Notifications"]
    assert {notice["NotificationType"] for notice in notices} == {"ACTUAL", "FORECASTED"}
    queries = sandbox.client("logs").describe_query_definitions()["queryDefinitions"]
    assert {query["name"].rpartition("/")[2] for query in queries} == {
        "errors-by-code",
        "slow-operations",
        "one-session",
    }
    assert all(query["logGroupNames"] == ["/ecs/voiceter-backend-staging"] for query in queries)


def test_down_takes_all_of_it_away(sandbox: LiveSandbox) -> None:
    """Last in this module."""
    sandbox.succeeded(sandbox.command("down", "staging"))
    cloudwatch = sandbox.client("cloudwatch")
    assert cloudwatch.describe_alarms(AlarmNamePrefix="voiceter-")["MetricAlarms"] == []
    assert cloudwatch.list_dashboards()["DashboardEntries"] == []
    assert sandbox.client("sns").list_topics()["Topics"] == []
    assert sandbox.client("logs").describe_query_definitions()["queryDefinitions"] == []
    assert (
        "Budgets" not in sandbox.client("budgets").describe_budgets(AccountId=ACCOUNT_ID)
        or not (sandbox.client("budgets").describe_budgets(AccountId=ACCOUNT_ID)["Budgets"])
    )
