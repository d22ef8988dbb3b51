"""The metrics that CloudWatch Logs extracts from the app's log."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from components.monitoring.metrics import SPEECH_SERVER_ERRORS, SPEECH_THROTTLES

# The errors of a speech stream by name, which begins in lower case where the error is an event of the stream (Amazon
# Bedrock API Reference, InvokeModelWithBidirectionalStream and InvokeModelWithBidirectionalStreamOutput). A regular
# expression finds them anywhere in a line, so in JSON and in plain text. A log group takes five of them (Amazon
# CloudWatch Logs API Reference, PutMetricFilter).
PATTERNS: Final[Mapping[str, str]] = {
    SPEECH_THROTTLES: "%[Tt]hrottlingException|[Ss]erviceQuotaExceededException%",
    SPEECH_SERVER_ERRORS: (
        "%[Ii]nternalServerException|[Ss]erviceUnavailableException"
        "|[Mm]odelErrorException|[Mm]odelStreamErrorException%"
    ),
}


@dataclass(frozen=True)
class LogMetricsArgs:
    """The inputs of `LogMetrics`."""

    namespace: str  # of this stack alone: a metric of plain text has no dimensions
    log_group: pulumi.Input[str]


class LogMetrics(pulumi.ComponentResource):
    """A metric filter for each pattern, which counts the lines of the log that match. No line, no data."""

    def __init__(self, name: str, args: LogMetricsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("voiceter:log_metrics:LogMetrics", name, {}, opts)
        for metric, pattern in PATTERNS.items():
            aws.cloudwatch.LogMetricFilter(
                metric,
                name=metric,
                log_group_name=args.log_group,
                pattern=pattern,
                metric_transformation={"namespace": args.namespace, "name": metric, "value": "1", "unit": "Count"},
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})
