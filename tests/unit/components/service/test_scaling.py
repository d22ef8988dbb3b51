"""The autoscaler."""

from __future__ import annotations

from collections.abc import Mapping

from components.service.scaling import Scaling, ScalingArgs, ScalingRules, Schedule
from recording.deployment import Deployment
from recording.mocks import deploy

SCHEDULES = {
    "weekday-morning": Schedule("0 7 ? * MON-FRI *", "Europe/Helsinki", 4, 12),
    "evening": Schedule("0 19 * * ? *", "UTC", 1, 4),
}


def build(schedules: Mapping[str, Schedule]) -> Deployment:
    args = ScalingArgs(
        cluster_name="voiceter-cluster-dev",
        service_name="voiceter-backend-dev",
        rules=ScalingRules(
            min_count=2,
            max_count=10,
            cpu_target_percent=70,
            memory_target_percent=80,
            sessions_per_task_target=30,
            schedules=schedules,
        ),
    )
    return deploy(lambda: Scaling("scaling", args))


def test_schedules_change_the_limits_of_the_target() -> None:
    run = build(SCHEDULES)
    target = run.one(":Target").inputs
    actions = {action.name: dict(action.inputs) for action in run.all(":ScheduledAction")}
    assert actions == {
        name: {
            "name": name,
            **{key: target[key] for key in ("serviceNamespace", "resourceId", "scalableDimension")},
            "schedule": schedule,
            "timezone": zone,
            "scalableTargetAction": {"minCapacity": least, "maxCapacity": most},
        }
        for name, schedule, zone, least, most in (
            ("weekday-morning", "cron(0 7 ? * MON-FRI *)", "Europe/Helsinki", 4, 12),
            ("evening", "cron(0 19 * * ? *)", "UTC", 1, 4),
        )
    }


def test_limits_belong_to_the_schedules_if_there_are_any() -> None:
    assert build(SCHEDULES).one(":Target").ignore_changes == ("minCapacity", "maxCapacity")
    # A first schedule changes no input of the target.
    assert build(SCHEDULES).one(":Target").inputs == build({}).one(":Target").inputs
    assert build({}).one(":Target").ignore_changes == ()


def test_policies_and_actions_change_the_target_one_after_another() -> None:
    run = build(SCHEDULES)
    changes = {change.urn: change for change in (*run.all(":Policy"), *run.all(":ScheduledAction"))}
    waits_for = {urn: change.depends_on & changes.keys() for urn, change in changes.items()}
    [first] = [urn for urn, others in waits_for.items() if not others]
    order = [first]
    while following := [urn for urn, others in waits_for.items() if order[-1] in others]:
        order += following
    assert sorted(order) == sorted(changes), "two of them wait for the same one"
