"""The alarms: each can go off, comes back, keeps quiet over nothing, and watches what somebody emits."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.program.test_program import ALWAYS, WITH_AN_IMAGE, WITH_REDIS
from tests.support import alarm_cases
from tests.support.alarm_cases import CASES, repeated, severity
from tests.support.alarm_evaluator import READINGS, Datum, Insights, NotAnAlarmError, Reading, Rule, Selection
from tests.support.emitted import Emitted, Facts
from tests.support.mocks import ACCOUNT, Deployment
from tests.support.program import REDIS, run

FACTS = Facts()
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:voiceter-backend-alarms"
DOCUMENT = Path(__file__).parents[4] / "docs" / "alarms.md"

# Alarm -> metric, statistic, threshold, period, evaluations: service-contract.md, "Alarms asked for".
ASKED_FOR = {
    "high-latency-warning": ("BedrockLatency", "p95", 500, 300, 2),
    "high-latency-critical": ("BedrockLatency", "p95", 1000, 300, 1),
    "high-cpu-warning": ("CPUUtilization", "Average", 80, 300, 2),
    "high-memory-warning": ("MemoryUtilization", "Average", 85, 300, 2),
    "health-check-failures-critical": ("HealthyHostCount", "Maximum", 1, 60, 2),
    "concurrent-sessions-high-warning": ("ConcurrentSessions", "Maximum", 45, 60, 3),
}
PERIODS = {
    "high-error-rate-critical": (5, 300, 1),
    "websocket-connection-failures-critical": (10, 300, 1),
    **{name: (200, 300, 2) for name in CASES if name.startswith("database-latency-high")},
    # Beside those that were asked for, for deployments.
    "target-5xx-critical": (10, 60, 2),
    "deployment-unhealthy-critical": (1, 60, 5),
    # With Redis.
    "cache-memory-high-warning": (80, 300, 2),
    "cache-evictions-critical": (0, 300, 3),
    "cache-replication-lag-warning": (5, 60, 5),
    **{name: figures for name, (_, _, *figures) in ASKED_FOR.items()},
}
CACHE_ONLY = {name for name in CASES if name.startswith("cache-")}
APP_ONLY = {name for name in CASES if name.startswith(("high-error", "high-latency", "database", "concurrent"))}


@cache
def prod() -> Deployment:
    return run("prod", alarmEmails=["oncall@example.com"], **REDIS)


def registered(name: str) -> Any:
    return prod().one(":MetricAlarm", name).inputs


def rule(name: str) -> Rule:
    return Rule.registered(registered(name))


def states(watching: Rule, data: list[Datum], now: int) -> set[str]:
    """The state after `now` periods, in every reading of the documents."""
    return {watching.state(data, now * watching.period, reading) for reading in READINGS}


def test_these_are_the_alarms() -> None:
    assert {alarm.name for alarm in prod().all(":MetricAlarm")} == set(CASES) == set(PERIODS)


@pytest.mark.parametrize("name", CASES)
def test_it_goes_off_on_bad_data_after_its_periods(name: str) -> None:
    watching, case = rule(name), CASES[name]
    for bad in case.bad:
        for good in case.good:
            before = repeated(good(FACTS), watching.period, 0, 10)
            almost = repeated(bad(FACTS), watching.period, 10, 9 + watching.evaluations)
            enough = repeated(bad(FACTS), watching.period, 10, 10 + watching.evaluations)
            assert states(watching, before + almost, 9 + watching.evaluations) == {"OK"}
            assert states(watching, before + enough, 10 + watching.evaluations) == {"ALARM"}


@pytest.mark.parametrize("name", CASES)
def test_it_comes_back_on_good_data(name: str) -> None:
    watching, case = rule(name), CASES[name]
    for good in case.good:
        data = repeated(case.bad[0](FACTS), watching.period, 0, 10)
        data += repeated(good(FACTS), watching.period, 10, 20)
        assert states(watching, data, 10) == {"ALARM"}
        assert states(watching, data, 20) == {"OK"}


@pytest.mark.parametrize("name", CASES)
def test_what_it_does_when_there_is_none(name: str) -> None:
    watching, case = rule(name), CASES[name]
    assert states(watching, [], 20) == {case.unheard}
    # A quiet night after a bad day, and after a good one.
    for put in (case.bad[0], case.good[0]):
        assert states(watching, repeated(put(FACTS), watching.period, 0, 10), 20) == {case.unheard}


def emitter(source: Selection | Insights) -> Emitted | None:
    if isinstance(source, Insights):
        return FACTS.find_query(source.namespace, source.name, source.dimensions)
    return FACTS.find(source.namespace, source.name, source.dimensions)


@pytest.mark.parametrize("name", CASES)
def test_it_watches_what_somebody_emits(name: str) -> None:
    for source in rule(name).sources.values():
        found = emitter(source)
        assert found, f"nobody emits {source}"
        # Today's image does not send Bedrock's latency; docs/alarms.md says so.
        assert found.by_today is not name.startswith("high-latency"), source


@pytest.mark.parametrize("name", CASES)
def test_a_wrong_dimension_is_found_out(name: str) -> None:
    watching, case = rule(name), CASES[name]
    wrong = {
        id_: replace(source, dimensions=("Environment", "ErrorCode"))
        if isinstance(source, Insights)
        else replace(source, dimensions={**source.dimensions, "Environment": "prod"})
        for id_, source in watching.sources.items()
    }
    assert not any(emitter(source) for source in wrong.values())
    blind = replace(watching, sources=wrong)
    for put in (*case.bad, *case.good):
        assert states(blind, repeated(put(FACTS), watching.period, 0, 20), 20) == {case.unheard}


@pytest.mark.parametrize("name", CASES)
def test_the_figures_that_were_asked_for(name: str) -> None:
    watching = rule(name)
    assert (watching.threshold, watching.period, watching.evaluations) == tuple(PERIODS[name])
    assert watching.missing == ("breaching" if name == "health-check-failures-critical" else "notBreaching")
    below = name in ("health-check-failures-critical", "deployment-unhealthy-critical")
    assert watching.comparison == ("LessThanThreshold" if below else "GreaterThanThreshold")
    if name in ASKED_FOR:
        [source] = watching.sources.values()
        assert isinstance(source, Selection)
        assert (source.name, source.stat) == ASKED_FOR[name][:2]


@pytest.mark.parametrize("name", CASES)
def test_it_names_no_unit(name: str) -> None:
    assert '"unit"' not in str(registered(name)) and "'unit'" not in str(registered(name))


@pytest.mark.parametrize("name", CASES)
def test_it_tells_the_topic_when_it_goes_off_and_when_all_is_well(name: str) -> None:
    alarm = registered(name)
    assert (alarm["alarmActions"], alarm["okActions"]) == ([TOPIC], [TOPIC])
    assert alarm["name"] == f"voiceter-backend-{name}"
    assert alarm["tags"]["Severity"] == severity(name)
    assert alarm["tags"]["Component"] in ("service", "bedrock", "database", "load-balancer", "cache")
    assert set(alarm["tags"]) == {"Severity", "Component"}


@pytest.mark.parametrize("name", CASES)
def test_it_says_what_to_do_first_and_where_to_look(name: str) -> None:
    text = registered(name)["alarmDescription"]
    assert "First " in text and "Look at " in text and "docs/alarms.md" in text
    assert len(text) <= 1024
    assert ("waits" in text) is name.startswith("high-latency")


def test_a_stack_whose_app_emits_nothing_has_no_alarm_that_waits_for_it() -> None:
    made = {alarm.name for alarm in run("dev", https=False).all(":MetricAlarm")}
    assert made == set(CASES) - APP_ONLY - CACHE_ONLY
    without = run("prod", enableMetrics=False)
    assert {alarm.name for alarm in without.all(":MetricAlarm")} == made
    assert [policy.name for policy in without.all("appautoscaling/policy:Policy")] == ["cpu", "memory"]


def test_a_stack_has_the_alarms_of_the_cache_that_it_has() -> None:
    assert {alarm.name for alarm in run("prod").all(":MetricAlarm")} == set(CASES) - CACHE_ONLY
    lone = {alarm.name for alarm in run("prod", redisReplicas=0, **REDIS).all(":MetricAlarm")}
    # Nobody sends a lag where there is no replica.
    assert lone == set(CASES) - {"cache-replication-lag-warning"}
    many = run("prod", redisReplicas=5, **REDIS)
    for name in CACHE_ONLY:
        watched = Rule.registered(many.one(":MetricAlarm", name).inputs).sources.values()
        assert [source.dimensions for source in watched] == [
            {"CacheClusterId": f"voiceter-sessions-00{number}"} for number in range(1, 7)
        ]


def test_another_stack_watches_its_own() -> None:
    staging = run("staging", **REDIS)
    facts = Facts("voiceter-cluster-staging", "voiceter-backend-staging", "app/voiceter-backend-staging/0a1b")
    facts = replace(facts, table_prefix="demo-staging-", cache="voiceter-sessions-staging")
    for alarm in staging.all(":MetricAlarm"):
        assert alarm.inputs["name"] == f"voiceter-backend-{alarm.name}-staging"
        watching = Rule.registered(alarm.inputs)
        data = repeated(CASES[alarm.name].bad[0](facts), watching.period, 0, 10)
        assert states(watching, data, 10) == {"ALARM"}


def test_a_deployment_goes_back_on_three_things_only() -> None:
    service = prod().one("ecs/service:Service")
    names = ["target-5xx-critical", "deployment-unhealthy-critical", "high-error-rate-critical"]
    assert service.inputs["alarms"] == {
        "alarmNames": [f"voiceter-backend-{name}" for name in names],
        "enable": True,
        "rollback": True,
    }
    # The alarms are there before the first deployment.
    assert {prod().one(":MetricAlarm", name).urn for name in names} <= service.depends_on
    dev = run("dev", https=False).one("ecs/service:Service").inputs["alarms"]
    assert dev["alarmNames"] == [f"voiceter-backend-{name}-dev" for name in names[:2]]


def test_a_first_deployment_is_not_undone_while_its_tasks_start() -> None:
    """No targets for three minutes, then targets whose health is not known yet for two; then a healthy one."""
    names = ["target-5xx-critical", "deployment-unhealthy-critical", "high-error-rate-critical"]
    unhealthy, healthy = CASES["deployment-unhealthy-critical"].bad[0], CASES["deployment-unhealthy-critical"].good[0]
    data = repeated(unhealthy(FACTS), 60, 23, 25) + repeated(healthy(FACTS), 60, 25, 30)
    for name in names:
        for minute in range(20, 30):
            for reading in READINGS:
                assert rule(name).state(data, minute * 60, reading) == "OK"
    assert "ALARM" in {rule("health-check-failures-critical").state(data, 60 * m, READINGS[0]) for m in range(20, 30)}


# With two target groups, which change places at each deployment

ALTERNATE = replace(FACTS, target_group="targetgroup/voiceter-backend-alternate-1a2b3c4/0a1b")
EITHER = pytest.mark.parametrize("facts", [FACTS, ALTERNATE], ids=["first", "alternate"])


def shifting(name: str) -> Rule:
    return Rule.registered(_blue_green().one(":MetricAlarm", name).inputs)


@cache
def _blue_green() -> Deployment:
    return run("prod", deploymentStrategy="blue-green", **REDIS)


def test_two_target_groups_need_no_other_alarms() -> None:
    assert {alarm.name for alarm in _blue_green().all(":MetricAlarm")} == set(CASES)


@EITHER
@pytest.mark.parametrize("name", CASES)
def test_either_target_group_may_have_the_tasks(name: str, facts: Facts) -> None:
    watching, case = shifting(name), CASES[name]
    assert (watching.threshold, watching.period, watching.evaluations) == tuple(PERIODS[name])
    assert states(watching, [], 20) == {case.unheard}
    for bad in case.bad:
        for good in case.good:
            data = repeated(good(facts), watching.period, 0, 10)
            data += repeated(bad(facts), watching.period, 10, 10 + watching.evaluations)
            assert states(watching, data, 10) == {"OK"}
            assert states(watching, data, 9 + watching.evaluations) == {"OK"}
            assert states(watching, data, 10 + watching.evaluations) == {"ALARM"}


@EITHER
def test_a_new_version_that_never_gets_well_is_undone_while_the_old_one_does_well(facts: Facts) -> None:
    ill, well = CASES["deployment-unhealthy-critical"].bad[0], CASES["deployment-unhealthy-critical"].good[0]
    other = ALTERNATE if facts is FACTS else FACTS
    data = repeated(well(other), 60, 0, 30) + repeated(ill(facts), 60, 20, 30)
    assert states(shifting("deployment-unhealthy-critical"), data, 20) == {"OK"}
    assert states(shifting("deployment-unhealthy-critical"), data, 25) == {"ALARM"}
    # Clients are well all the time.
    assert states(shifting("health-check-failures-critical"), data, 30) == {"OK"}


@EITHER
def test_old_tasks_that_leave_set_nothing_off(facts: Facts) -> None:
    """A target that is deregistered is neither healthy nor unhealthy; then its group sends nothing."""
    well = CASES["deployment-unhealthy-critical"].good[0]
    other = ALTERNATE if facts is FACTS else FACTS
    leaving = [replace(datum, value=0.0) for datum in well(facts)]
    data = repeated(well(other), 60, 0, 60) + repeated(well(facts), 60, 0, 10) + repeated(leaving, 60, 10, 40)
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


def described(inputs: Any) -> dict[str, Any]:
    """How `DescribeAlarms` shows an alarm: in the API's spelling."""

    def metric(holder: Any) -> dict[str, Any]:
        given: dict[str, str] = holder.get("dimensions") or {}
        dimensions = [{"Name": key, "Value": value} for key, value in given.items()]
        return {"Namespace": holder["namespace"], "MetricName": holder["metricName"], "Dimensions": dimensions}

    shown: dict[str, Any] = {
        "Threshold": float(inputs["threshold"]),
        "ComparisonOperator": inputs["comparisonOperator"],
        "EvaluationPeriods": inputs["evaluationPeriods"],
        "TreatMissingData": inputs["treatMissingData"],
    }
    if "metricQueries" not in inputs:
        statistics = {"Statistic": inputs.get("statistic"), "ExtendedStatistic": inputs.get("extendedStatistic")}
        return {**shown, **metric(inputs), **statistics, "Period": inputs["period"], "Metrics": []}
    terms: list[Any] = []
    for query in inputs["metricQueries"]:
        term: dict[str, Any] = {"Id": query["id"], "ReturnData": query.get("returnData", False)}
        if "metric" in query:
            stat = {"Stat": query["metric"]["stat"], "Period": query["metric"]["period"]}
            terms.append({**term, "MetricStat": {"Metric": metric(query["metric"]), **stat}})
        else:
            period = {"Period": query["period"]} if "period" in query else {}
            terms.append({**term, "Expression": query["expression"], **period})
    return {**shown, "Metrics": terms}


@pytest.mark.parametrize("name", CASES)
def test_an_alarm_reads_the_same_from_the_account(name: str) -> None:
    assert Rule.described(described(registered(name))) == rule(name)


# The document


def documented() -> list[str]:
    rows = [line for line in DOCUMENT.read_text().splitlines() if line.startswith("| `")]
    return [name for row in rows for name in re.findall(r"`([a-z0-9-]+)`", row.split("|")[1])]


def test_the_document_has_every_alarm_and_no_other() -> None:
    assert sorted(documented()) == sorted(CASES)


def test_the_documents_commands_use_outputs_that_exist() -> None:
    used = set(re.findall(r"pulumi stack output ([A-Za-z]+)", DOCUMENT.read_text()))
    assert used
    assert used <= ALWAYS | WITH_AN_IMAGE | WITH_REDIS


def test_every_row_of_the_document_has_a_command() -> None:
    for row in (line for line in DOCUMENT.read_text().splitlines() if line.startswith("| `")):
        cells = row.strip("| ").split(" | ")
        assert len(cells) == 4, row
        assert cells[3].startswith("`aws ") and cells[3].endswith("`") and "pulumi stack output" in cells[3], row


# The evaluator itself


def alarm(**changes: Any) -> dict[str, Any]:
    inputs: dict[str, Any] = {
        "metricQueries": [
            {"id": "m", "metric": {"namespace": "N", "metricName": "M", "stat": "Sum", "period": 60}},
            {"id": "e", "expression": "FILL(m, 0)", "returnData": True},
        ],
        "threshold": 1,
        "comparisonOperator": "GreaterThanThreshold",
        "evaluationPeriods": 3,
        "treatMissingData": "notBreaching",
    }
    return {**inputs, **changes}


@pytest.mark.parametrize(
    "queries",
    [
        [{"id": "e", "expression": "SEARCH('{N,M}', 'Sum', 60)", "returnData": True}],
        [{"id": "e", "expression": 'SELECT SUM(M) FROM SCHEMA("N", D) GROUP BY D', "period": 60, "returnData": True}],
        [{"id": "m", "metric": {"namespace": "N", "metricName": "M", "stat": "Sum", "period": 60}}],
        [
            {"id": f"m{n}", "metric": {"namespace": "N", "metricName": "M", "stat": "Sum", "period": 60}, **watched}
            for n, watched in enumerate([{"returnData": True}, *[{}] * 10])
        ],
    ],
)
def test_the_evaluator_refuses_what_cloudwatch_refuses(queries: list[Any]) -> None:
    with pytest.raises((NotAnAlarmError, StopIteration)):
        Rule.registered(alarm(metricQueries=queries)).state([], 600, READINGS[0])


def test_the_evaluator_refuses_functions_that_it_does_not_know() -> None:
    queries = [*alarm()["metricQueries"][:1], {"id": "e", "expression": "RATE(m)", "returnData": True}]
    with pytest.raises(NotAnAlarmError, match="RATE"):
        Rule.registered(alarm(metricQueries=queries)).state([], 600, READINGS[0])


@pytest.mark.parametrize(
    ("minutes", "missing", "state"),
    [
        # Of the last five minutes, the oldest first: - is missing, X breaches, 0 does not. Three are evaluated.
        ("0-X-X", "notBreaching", "OK"),
        ("-X-XX", "notBreaching", "ALARM"),
        ("---XX", "notBreaching", "OK"),
        ("---XX", "breaching", "ALARM"),
        ("-----", "notBreaching", "OK"),
        ("-----", "breaching", "ALARM"),
        ("XXXX0", "breaching", "OK"),
        ("00XXX", "notBreaching", "ALARM"),
    ],
)
def test_the_evaluator_treats_missing_data_as_cloudwatch_does(minutes: str, missing: str, state: str) -> None:
    single = {"namespace": "N", "metricName": "M", "statistic": "Maximum", "period": 60, "treatMissingData": missing}
    watching = Rule.registered(alarm(metricQueries=None, **single))
    values = {"X": 2.0, "0": 0.0}
    data = [
        Datum("N", "M", "Count", {}, values[minute], 60 * n) for n, minute in enumerate(minutes) if minute in values
    ]
    assert watching.state(data, 300, Reading(fills_empty=True, lists_skip=True)) == state
