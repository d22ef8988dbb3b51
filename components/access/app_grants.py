"""The grants for what the app uses and the stack does not make: models, metrics, mail, traces, a shell.

Each is a list of statements, empty where the stack does not use the service.
"""

from collections.abc import Sequence

from components.lib.account import Account
from components.lib.policy import Statement
from components.monitoring.metrics import NAMESPACE


def models(account: Account, speech_model_id: str, other_model_ids: Sequence[str]) -> list[Statement]:
    """Bidirectional streams with the speech model, and Converse with the others, which is InvokeModel to IAM."""
    # AWS documents InvokeModel for bidirectional streams; published samples grant the second action as well.
    stream = ["bedrock:InvokeModel", "bedrock:InvokeModelWithBidirectionalStream"]
    speech = Statement("BedrockSpeech", stream, [_foundation_model(account, speech_model_id)])
    others = [_foundation_model(account, model_id) for model_id in other_model_ids]
    return [speech, *_on("BedrockConverse", "bedrock:InvokeModel", others)]


def guardrails(arns: Sequence[str]) -> list[Statement]:
    """Exactly the given guardrails."""
    return _on("BedrockGuardrails", "bedrock:ApplyGuardrail", arns)


def prompts(arns: Sequence[str]) -> list[Statement]:
    """Exactly the given prompts."""
    return _on("BedrockPrompts", "bedrock:GetPrompt", arns)


def metrics() -> list[Statement]:
    """Metrics in the app's own namespace. The action takes no resource; the namespace is a matter of the condition."""
    condition = {"StringEquals": {"cloudwatch:namespace": NAMESPACE}}
    return [Statement("CloudWatchMetrics", ["cloudwatch:PutMetricData"], ["*"], condition)]


def mail(identity_arns: Sequence[str]) -> list[Statement]:
    """Mail from exactly the given SES identities."""
    return _on("SesMail", "ses:SendEmail", identity_arns)


def tracing(enabled: bool) -> list[Statement]:
    """X-Ray segments and the sampling rules for them. None of the actions takes a resource."""
    actions = [
        "xray:GetSamplingRules",
        "xray:GetSamplingStatisticSummaries",
        "xray:GetSamplingTargets",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    ]
    return [Statement("XRay", actions, ["*"])] if enabled else []


def shell(enabled: bool) -> list[Statement]:
    """The channels of ECS Exec. None of the actions takes a resource."""
    actions = [
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    ]
    return [Statement("EcsExec", actions, ["*"])] if enabled else []


def scale_in_protection(account: Account, cluster_name: str) -> list[Statement]:
    """What a task needs to keep itself from a scale-in while it has sessions: on the tasks of this cluster only."""
    tasks = account.arn("ecs", f"task/{cluster_name}/*")
    return [Statement("EcsScaleInProtection", ["ecs:GetTaskProtection", "ecs:UpdateTaskProtection"], [tasks])]


def _foundation_model(account: Account, model_id: str) -> str:
    """The ARN of a model, which belongs to no account."""
    return f"arn:{account.partition}:bedrock:{account.region}::foundation-model/{model_id}"


def _on(sid: str, action: str, arns: Sequence[str]) -> list[Statement]:
    return [Statement(sid, [action], arns)] if arns else []
