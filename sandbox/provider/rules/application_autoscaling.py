"""Application Auto Scaling."""

from collections.abc import Iterator

from ..faults import Fault
from ..values import Values
from .checks import at_most, between, exactly_one, matches, objects

_TRACKING = "targetTrackingScalingPolicyConfiguration"
_SCHEDULE = r"at\(\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?\)|rate\([1-9]\d* (minute|hour|day)s?\)|cron\(\S+( \S+){5}\)"


def target(inputs: Values) -> Iterator[Fault]:
    """Application Auto Scaling API Reference, ScalableTarget."""
    yield from between(inputs, "minCapacity", 0)
    yield from between(inputs, "maxCapacity", 0)
    yield from at_most(inputs, "minCapacity", "maxCapacity")


def policy(inputs: Values) -> Iterator[Fault]:
    """Application Auto Scaling API Reference, TargetTrackingScalingPolicyConfiguration."""
    for place, tracking in objects(inputs, _TRACKING):
        yield from exactly_one(tracking, place, "predefinedMetricSpecification", "customizedMetricSpecification")


def scheduled_action(inputs: Values) -> Iterator[Fault]:
    """Application Auto Scaling API Reference, PutScheduledAction."""
    rule = "must be at(yyyy-mm-ddThh:mm:ss), rate(n minutes|hours|days) or cron(…) with six fields"
    yield from matches(inputs, "schedule", _SCHEDULE, rule)
    yield from at_most(inputs, "scalableTargetAction.minCapacity", "scalableTargetAction.maxCapacity")
