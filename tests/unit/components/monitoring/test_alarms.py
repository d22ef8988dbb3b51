"""Every alarm fires on bad data, returns to OK on good data, and watches metrics that somebody emits."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from recording.deployment import Deployment
from recording.fake_aws import ACCOUNT
from recording.program import ROOT
from tests.support import alarm_cases
from tests.support.alarm_cases import CASES, Case, repeated, without
from tests.support.alarm_evaluator import READINGS, Datum, Insights, Rule, Selection
from tests.support.config_values import DOMAIN, REDIS
from tests.support.emitted import Emitted, Facts
from tests.support.program import everything, run, two_target_groups, with_a_long_name

FACTS = Facts()
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:voiceter-backend-alarms"

NO_TASKS = {"minCount": 0, "desiredCount": 0, "maxCount": 0}
MODELS = ["amazon.nova-micro-v1:0", "us.amazon.nova-2-lite-v1:0", "amazon.nova-micro-v1:0"]
ROLLS_BACK = {name for name, case in CASES.items() if case.rolls_back}
ALTERNATE = replace(FACTS, target_group="targetgroup/voiceter-backend-b-1a2b3c4/0a1b")


def registered(name: str) -> Any:
    return everything().one(":MetricAlarm", name).inputs


def rule(name: str) -> Rule:
    return Rule.registered(registered(name))


def shifting(name: str) -> Rule:
    return Rule.registered(two_target_groups().one(":MetricAlarm", name).inputs)


# An alarm, and where the tasks are: with two target groups, these change places at each deployment.
PLACES = [(rule, FACTS), (shifting, FACTS), (shifting, ALTERNATE)]


def states(watching: Rule, data: list[Datum], now: int) -> set[str]:
    """The state after `now` periods, in every interpretation of AWS's documents."""
    return {watching.state(data, now * watching.period, reading) for reading in READINGS}


def test_stack_with_every_feature_has_every_alarm() -> None:
    for deployment in (everything(), two_target_groups()):
        alarms = {alarm.name for alarm in deployment.all(":MetricAlarm")}
        assert alarms == set(CASES), "state an alarm in CASES of alarm_cases.py, a table in TABLES of contract.py"


@pytest.mark.parametrize("name", CASES)
def test_alarm_fires_after_all_its_periods_are_bad_and_is_ok_again_on_good_data(name: str) -> None:
    case = CASES[name]
    watching_group = any("TargetGroup" in str(source) for source in rule(name).sources.values())
    assert watching_group == (rule(name) != shifting(name)), "only alarms on target groups differ"
    for watching, facts in PLACES if watching_group else PLACES[:1]:
        assert_fires(watching(name), case, facts)


def assert_fires(watching: Rule, case: Case, facts: Facts) -> None:
    fired = 10 + watching.evaluations
    for bad in case.bad:
        for good in case.good:
            data = repeated(good(facts), watching.period, 0, 10)
            data += repeated(bad(facts), watching.period, 10, fired)
            assert states(watching, data, fired - 1) == {"OK"}
            assert states(watching, data, fired) == {"ALARM"}
            data += repeated(good(facts), watching.period, fired, fired + 10)
            assert states(watching, data, fired + 10) == {"OK"}
    assert states(watching, [], 20) == {case.without_data}
    # A quiet night after a bad day, and after a good day.
    for put in (case.bad[0], case.good[0]):
        assert states(watching, repeated(put(facts), watching.period, 0, 10), 20) == {case.without_data}


def emitter(source: Selection | Insights) -> Emitted | None:
    if isinstance(source, Insights):
        return FACTS.find_query(source.namespace, source.name, source.dimensions)
    return FACTS.find(source.namespace, source.name, source.dimensions)


@pytest.mark.parametrize("name", CASES)
def test_alarm_watches_emitted_metrics(name: str) -> None:
    for source in rule(name).sources.values():
        found = emitter(source)
        assert found, f"tests/support/emitted.py has no {source}: nobody emits it, or it is missing there"
        # The description says so if today's image does not send the metric.
        assert ("waits" in registered(name)["alarmDescription"]) is not found.by_today


@pytest.mark.parametrize("name", CASES)
def test_alarm_has_the_figures_of_the_contract(name: str) -> None:
    case = CASES[name]
    for watching in (rule(name), shifting(name)):
        for figure in ("threshold", "period", "evaluations"):
            assert getattr(watching, figure) == getattr(case, figure)
        assert watching.missing == ("breaching" if case.without_data == "ALARM" else "notBreaching")
        assert watching.comparison == ("LessThanThreshold" if case.below else "GreaterThanThreshold")


@pytest.mark.parametrize("name", CASES)
def test_alarm_notifies_the_topic_and_says_what_to_do(name: str) -> None:
    alarm = registered(name)
    assert (alarm["alarmActions"], alarm["okActions"]) == ([TOPIC], [TOPIC])
    assert alarm["name"] == f"voiceter-backend-{name}"
    assert alarm["tags"]["Severity"] == name.rpartition("-")[2]
    assert alarm["tags"]["Component"] in ("service", "bedrock", "database", "load-balancer", "cache")
    assert set(alarm["tags"]) == {"Severity", "Component"}
    # With a unit, an alarm sees only the data of that unit.
    assert '"unit"' not in str(alarm) and "'unit'" not in str(alarm)
    text = alarm["alarmDescription"]
    assert "First " in text and "Look at " in text
    assert "{" not in text  # the threshold is filled in


@pytest.mark.parametrize(("shown", "region"), [(everything, "us-east-1"), (with_a_long_name, "ap-northeast-1")])
def test_description_ends_with_the_section_in_the_documents_and_the_dashboard(
    shown: Callable[[], Deployment], region: str
) -> None:
    deployment = shown()
    dashboard = deployment.one("cloudwatch/dashboard:Dashboard").inputs["dashboardName"]
    link = f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#dashboards/dashboard/{dashboard}"
    document = (ROOT / "docs" / "alarms.md").read_text()
    for alarm in deployment.all(":MetricAlarm"):
        text = alarm.inputs["alarmDescription"]
        ending = re.search(rf" See docs/alarms\.md#([a-z0-9-]+) and {re.escape(link)}$", text)
        assert ending, text
        assert f"\n#### `{ending[1]}`\n" in document, "`make docs` renews docs/alarms.md"
        kind, _, severity = ending[1].rpartition("-")
        assert alarm.name.startswith(kind) and alarm.name.endswith(severity)
        # The limit of PutMetricAlarm. The AWS provider counts bytes.
        assert len(text.encode()) <= 1024


def test_stack_without_app_metrics_has_no_alarms_on_them() -> None:
    made = {alarm.name for alarm in run("dev").all(":MetricAlarm")}
    assert made == without("app", "cache", "web-acl", "zone")
    assert [policy.name for policy in run("dev").all("appautoscaling/policy:Policy")] == ["cpu", "memory"]


def least() -> Deployment:
    """The stack prod with a cache of one node, without tasks, and without other models than that of speech."""
    return run("prod", **NO_TASKS, extraModelIds=[], redisReplicas=0, **REDIS)


def most() -> Deployment:
    """The stack prod with the most nodes of a cache, with tasks by day only, and with a model that is named twice."""
    day = {"cron": "0 6 * * ? *", "min": 3, "max": 9}
    return run("prod", **NO_TASKS, scalingSchedule={"day": day}, extraModelIds=MODELS, redisReplicas=5, **REDIS)


@pytest.mark.parametrize(("shown", "threshold"), [(least, 4.5), (most, 6.75)])  # of two tasks at least, and of three
def test_errors_are_measured_against_the_sessions_of_the_fewest_tasks(
    shown: Callable[[], Deployment], threshold: float
) -> None:
    alarm = shown().one(":MetricAlarm", "high-error-rate-critical").inputs
    assert alarm["threshold"] == threshold
    measured = f"{threshold} errors in five minutes, 5 % of {round(threshold * 20)} sessions."
    assert measured in alarm["alarmDescription"]


def test_alarms_follow_the_tasks_and_the_nodes_of_the_cache() -> None:
    assert {alarm.name for alarm in run("prod").all(":MetricAlarm")} == without("cache", "zone")
    models = {name for name in CASES if name.startswith("bedrock-")}
    # Without a replica nobody sends a lag.
    absent = {"health-check-failures-critical", "cache-replication-lag-warning"}
    assert {alarm.name for alarm in least().all(":MetricAlarm")} == without("zone") - models - absent
    assert absent <= {alarm.name for alarm in most().all(":MetricAlarm")}
    for name in set(CASES) - without("cache"):
        watched = Rule.registered(most().one(":MetricAlarm", name).inputs).sources.values()
        assert [source.dimensions for source in watched] == [
            {"CacheClusterId": f"voiceter-sessions-00{number}"} for number in range(1, 7)
        ]


def test_every_other_model_has_its_alarms_by_the_id_that_the_app_calls() -> None:
    """Of an inference profile that is the profile's id."""
    for kind, metric in (
        ("bedrock-throttles", "InvocationThrottles"),
        ("bedrock-server-errors", "InvocationServerErrors"),
    ):
        found = [alarm for alarm in most().all(":MetricAlarm") if alarm.name.startswith(kind)]
        assert [alarm.name for alarm in found] == [
            f"{kind}-amazon.nova-micro-v1-0-warning",
            f"{kind}-us.amazon.nova-2-lite-v1-0-warning",
        ]
        assert [alarm.inputs["metricName"] for alarm in found] == [metric, metric]
        assert [alarm.inputs["dimensions"] for alarm in found] == [{"ModelId": model} for model in MODELS[:2]]
        assert all("every caller of the model in the account" in alarm.inputs["alarmDescription"] for alarm in found)


def test_every_stack_watches_its_own_metrics() -> None:
    staging = run("staging", waf=True, **REDIS, **DOMAIN)
    assert {alarm.name for alarm in staging.all(":MetricAlarm")} == set(CASES)
    facts = Facts("voiceter-cluster-staging", "voiceter-backend-staging", "app/voiceter-backend-staging/0a1b")
    facts = replace(
        facts, table_prefix="demo-staging-", cache="voiceter-sessions-staging", web_acl="voiceter-backend-staging"
    )
    facts = replace(facts, log_metrics="Voiceter/Logs/voiceter-backend-staging")
    for alarm in staging.all(":MetricAlarm"):
        assert alarm.inputs["name"] == f"voiceter-backend-{alarm.name}-staging"
        watching = Rule.registered(alarm.inputs)
        data = repeated(CASES[alarm.name].bad[0](facts), watching.period, 0, 10)
        assert states(watching, data, 10) == {"ALARM"}


def test_deployment_rolls_back_on_the_alarms_of_the_contract_only() -> None:
    service = everything().one("ecs/service:Service")
    watched = service.inputs["alarms"]
    assert (watched["enable"], watched["rollback"]) == (True, True)
    assert sorted(watched["alarmNames"]) == sorted(f"voiceter-backend-{name}" for name in ROLLS_BACK)
    # ECS needs these alarms for the first deployment. The others would fire while the first tasks start.
    assert {everything().one(":MetricAlarm", name).urn for name in ROLLS_BACK} <= service.depends_on
    for name in CASES:
        assert (service.urn in everything().one(":MetricAlarm", name).depends_on) is (name not in ROLLS_BACK)
    dev = run("dev").one("ecs/service:Service").inputs["alarms"]
    assert sorted(dev["alarmNames"]) == sorted(f"voiceter-backend-{name}-dev" for name in ROLLS_BACK & without("app"))


def test_first_deployment_is_not_rolled_back_while_its_tasks_start() -> None:
    """No targets for three minutes, then two minutes of targets that are not healthy yet, then a healthy target."""
    unhealthy, healthy = CASES["deployment-unhealthy-critical"].bad[0], CASES["deployment-unhealthy-critical"].good[0]
    data = repeated(unhealthy(FACTS), 60, 23, 25) + repeated(healthy(FACTS), 60, 25, 30)
    for name in ROLLS_BACK:
        for minute in range(20, 30):
            for reading in READINGS:
                assert rule(name).state(data, minute * 60, reading) == "OK"
    assert "ALARM" in {rule("health-check-failures-critical").state(data, 60 * m, READINGS[0]) for m in range(20, 30)}


EITHER = pytest.mark.parametrize("facts", [FACTS, ALTERNATE], ids=["first", "alternate"])


@EITHER
def test_unhealthy_new_version_is_rolled_back_while_the_old_version_is_healthy(facts: Facts) -> None:
    unhealthy, healthy = CASES["deployment-unhealthy-critical"].bad[0], CASES["deployment-unhealthy-critical"].good[0]
    other = ALTERNATE if facts is FACTS else FACTS
    data = repeated(healthy(other), 60, 0, 30) + repeated(unhealthy(facts), 60, 20, 30)
    assert states(shifting("deployment-unhealthy-critical"), data, 20) == {"OK"}
    assert states(shifting("deployment-unhealthy-critical"), data, 25) == {"ALARM"}
    # Clients are served all the time.
    assert states(shifting("health-check-failures-critical"), data, 30) == {"OK"}


@EITHER
def test_old_tasks_that_deregister_fire_no_alarm(facts: Facts) -> None:
    """A deregistering target is neither healthy nor unhealthy; after it has gone, its group sends nothing."""
    healthy = CASES["deployment-unhealthy-critical"].good[0]
    other = ALTERNATE if facts is FACTS else FACTS
    leaving = [datum._replace(value=0.0) for datum in healthy(facts)]
    data = repeated(healthy(other), 60, 0, 60) + repeated(healthy(facts), 60, 0, 10) + repeated(leaving, 60, 10, 40)
    for name in ("deployment-unhealthy-critical", "health-check-failures-critical"):
        for minute in range(20, 60):
            assert states(shifting(name), data, minute) == {"OK"}


def test_errors_of_both_versions_add_up() -> None:
    data = [
        datum
        for facts in (FACTS, ALTERNATE)
        for datum in repeated(
            alarm_cases.put(facts, "AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", targets(facts), 6), 60, 0, 5
        )
    ]
    assert states(shifting("target-5xx-critical"), data, 5) == {"ALARM"}
    assert states(shifting("target-5xx-critical"), data[: len(data) // 2], 5) == {"OK"}


def targets(facts: Facts) -> dict[str, str]:
    return {"LoadBalancer": facts.load_balancer, "TargetGroup": facts.target_group}
