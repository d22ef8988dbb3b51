"""Alarms and graphs of the calls that Amazon Bedrock throttles or fails.

AWS counts Converse, ConverseStream, InvokeModel and InvokeModelWithResponseStream by model, and names no speech stream:
Amazon Bedrock User Guide, "Monitor bedrock-runtime inference using CloudWatch metrics"; AWS Machine Learning Blog,
"Improve operational visibility for inference workloads on Amazon Bedrock", 2026-03. So the streams are counted by their
errors in the app's log.
"""

from __future__ import annotations

from components.monitoring.commands import BEDROCK_QUOTAS, last_hour, lines_of_log
from components.monitoring.log_metrics import PATTERNS
from components.monitoring.metric_math import Single
from components.monitoring.metrics import SPEECH_SERVER_ERRORS, SPEECH_THROTTLES, Metric, Metrics
from components.monitoring.profile import Alarm, Graph, Profile, join

_PERIOD = 300
_THRESHOLD = 5
_HEALTH = "check the AWS Health dashboard for Bedrock in this region"


def bedrock_profile(metrics: Metrics) -> Profile:
    """Returns the alarms and graphs of the speech model, and of each model that the app calls with Converse."""
    models = [_model(metrics, model_id) for model_id in dict.fromkeys(metrics.models)]  # each once
    return join([_speech(metrics), *models])


def _speech(metrics: Metrics) -> Profile:
    """One refused stream is one client without a voice. The SDK tries a stream once."""
    throttles, errors = metrics.speech_throttles, metrics.speech_server_errors
    graph = _graph("Failed speech streams, by the log", throttles, errors)
    note = "AWS documents no metric of speech streams, so these are lines of the log that name such an error."
    return Profile(
        graphs=[graph],
        alarms=[
            Alarm(
                kind="speech-throttles",
                severity="critical",
                component="bedrock",
                watches=Single(throttles, "Sum", _PERIOD),
                threshold=_THRESHOLD,
                evaluations=1,
                graph=graph,
                meaning=(
                    "The log names more than {threshold} throttled calls in five minutes: clients may get no speech. "
                    "The quota of streams is one for all stacks of the account in the region."
                ),
                first_step="read in the log which call was throttled, then compare the sessions with Bedrock's quotas",
                look_at="the failed speech streams and the sessions on the dashboard",
                note=note,
                command=lines_of_log(PATTERNS[SPEECH_THROTTLES]),
            ),
            Alarm(
                kind="speech-server-errors",
                severity="critical",
                component="bedrock",
                watches=Single(errors, "Sum", _PERIOD),
                threshold=_THRESHOLD,
                evaluations=1,
                graph=graph,
                meaning="Bedrock failed more than {threshold} speech streams in five minutes: clients get no speech.",
                first_step=_HEALTH,
                look_at="the failed speech streams on the dashboard and at the saved query errors-by-code",
                note=note,
                command=lines_of_log(PATTERNS[SPEECH_SERVER_ERRORS]),
            ),
        ],
    )


def _model(metrics: Metrics, model_id: str) -> Profile:
    """The SDK repeats a call that failed, and AWS counts each attempt: one bad minute loses no answer."""
    throttles, errors = metrics.model_throttles(model_id), metrics.model_server_errors(model_id)
    graph = _graph(f"Failed calls of {model_id}", throttles, errors)
    subject = model_id.replace(":", "-")  # a colon separates the parts of an ARN
    note = "The metric names no stack: every caller of the model in the account and region counts."
    return Profile(
        graphs=[graph],
        alarms=[
            Alarm(
                kind="bedrock-throttles",
                subject=subject,
                severity="warning",
                component="bedrock",
                watches=Single(throttles, "Sum", _PERIOD),
                threshold=_THRESHOLD,
                evaluations=2,
                graph=graph,
                meaning=(
                    f"Bedrock throttled more than {{threshold}} calls of {model_id} in five minutes, twice in a row: "
                    "answers are missing after sessions."
                ),
                first_step="compare the calls of all stacks and programs in the account with Bedrock's quotas",
                look_at="the model's failed calls on the dashboard",
                note=note,
                command=BEDROCK_QUOTAS,
            ),
            Alarm(
                kind="bedrock-server-errors",
                subject=subject,
                severity="warning",
                component="bedrock",
                watches=Single(errors, "Sum", _PERIOD),
                threshold=_THRESHOLD,
                evaluations=2,
                graph=graph,
                meaning=(
                    f"Bedrock failed more than {{threshold}} calls of {model_id} in five minutes, twice in a row: "
                    "answers are missing after sessions."
                ),
                first_step=_HEALTH,
                look_at="the model's failed calls on the dashboard",
                note=note,
                command=last_hour(
                    "--region $(pulumi stack output region) --namespace AWS/Bedrock",
                    f"--metric-name InvocationServerErrors --dimensions Name=ModelId,Value={model_id}",
                    "--statistics Sum",
                ),
            ),
        ],
    )


def _graph(title: str, throttles: Metric, errors: Metric) -> Graph:
    lines = [throttles.line("throttled", "Sum"), errors.line("server errors", "Sum")]
    return Graph(title=title, unit="Count", lines=lines, period=_PERIOD)
