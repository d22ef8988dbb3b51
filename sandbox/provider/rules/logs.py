"""Amazon CloudWatch Logs."""

from collections.abc import Iterator

from ..faults import Fault
from ..values import Values
from .checks import document, one_of, required, resource_statements

# Days.
# fmt: off
RETENTION = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)
# fmt: on


def log_group(inputs: Values) -> Iterator[Fault]:
    """Amazon CloudWatch Logs API Reference, PutRetentionPolicy. Pulumi writes 0 for logs that never expire."""
    yield from one_of(inputs, "retentionInDays", *RETENTION, 0)


def metric_filter(inputs: Values) -> Iterator[Fault]:
    """terraform-provider-aws, internal/service/logs/metric_filter.go: AWS's list of one item is a required object."""
    yield from required(inputs, "must be given", "metricTransformation")


def resource_policy(inputs: Values) -> Iterator[Fault]:
    """Amazon CloudWatch Logs API Reference, PutResourcePolicy."""
    yield from document(inputs, "policyDocument", 5120)
    yield from resource_statements(inputs, "policyDocument")
