"""The grants for what the app uses and the stack does not create: models, metrics, mail, traces, a shell."""

from collections.abc import Sequence
from dataclasses import dataclass

from components.access.models import InferenceProfile
from components.lib.account import Account
from components.lib.app import METRICS_NAMESPACE
from components.lib.policy import Statement


@dataclass(frozen=True, kw_only=True)
class AppAccess:
    """What the app of a stack uses."""

    speech_model_id: str
    other_model_ids: Sequence[str]
    profiles: Sequence[InferenceProfile]  # for the other models
    guardrail_arns: Sequence[str]
    prompt_arns: Sequence[str]
    ses_identity_arns: Sequence[str]
    tracing: bool  # with X-Ray
    enable_exec: bool  # whether ECS Exec is on


def app_grants(access: AppAccess, account: Account, cluster_name: str) -> list[Statement]:
    """Returns the grants to use exactly what `access` names, and to protect the cluster's tasks from a scale-in."""
    return [
        *_models(account, access),
        *_grant_if_any("BedrockGuardrails", "bedrock:ApplyGuardrail", access.guardrail_arns),
        *_grant_if_any("BedrockPrompts", "bedrock:GetPrompt", access.prompt_arns),
        *_metrics(),
        *_grant_if_any("SesMail", "ses:SendEmail", access.ses_identity_arns),
        *(_tracing() if access.tracing else []),
        *_scale_in_protection(account, cluster_name),
        *(_exec() if access.enable_exec else []),
    ]


def _models(account: Account, access: AppAccess) -> list[Statement]:
    """Bidirectional streams with the speech model; Converse with the other models, which IAM calls InvokeModel."""
    # AWS documents InvokeModel for bidirectional streams. Published samples grant the second action too.
    stream = ["bedrock:InvokeModel", "bedrock:InvokeModelWithBidirectionalStream"]
    speech = Statement("BedrockSpeech", stream, [_foundation_model(account, access.speech_model_id)])
    others = [_foundation_model(account, model_id) for model_id in access.other_model_ids]
    profiles = [profile.arn for profile in access.profiles]
    return [
        speech,
        *_grant_if_any("BedrockConverse", "bedrock:InvokeModel", [*others, *profiles]),
        *(_models_of_profiles(account, access.profiles) if profiles else []),
    ]


def _models_of_profiles(account: Account, profiles: Sequence[InferenceProfile]) -> list[Statement]:
    """The models in the destination regions of inference profiles, through these profiles only.

    Amazon Bedrock User Guide, "Geographic cross-Region inference" and "Global cross-Region inference", IAM policies:
    the models in each destination region and in the region of the request.
    """
    arns = {arn for profile in profiles for arn in profile.model_arns}
    here = {_foundation_model(account, arn.rpartition("/")[2]) for arn in arns}
    through = {"StringEquals": {"bedrock:InferenceProfileArn": sorted(profile.arn for profile in profiles)}}
    return [Statement("BedrockProfiles", ["bedrock:InvokeModel"], sorted(arns | here), through)]


def _metrics() -> list[Statement]:
    """Metrics in the app's namespace. The action takes no resource, so a condition names the namespace."""
    condition = {"StringEquals": {"cloudwatch:namespace": METRICS_NAMESPACE}}
    return [Statement("CloudWatchMetrics", ["cloudwatch:PutMetricData"], ["*"], condition)]


def _tracing() -> list[Statement]:
    """X-Ray segments, and the sampling rules for them. None of the actions takes a resource."""
    actions = [
        "xray:GetSamplingRules",
        "xray:GetSamplingStatisticSummaries",
        "xray:GetSamplingTargets",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    ]
    return [Statement("XRay", actions, ["*"])]


def _exec() -> list[Statement]:
    """The channels of ECS Exec. None of the actions takes a resource."""
    actions = [
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    ]
    return [Statement("EcsExec", actions, ["*"])]


def _scale_in_protection(account: Account, cluster_name: str) -> list[Statement]:
    """A task protects itself from a scale-in while it has sessions. The grant is for all tasks of the cluster."""
    tasks = account.arn("ecs", f"task/{cluster_name}/*")
    return [Statement("EcsScaleInProtection", ["ecs:GetTaskProtection", "ecs:UpdateTaskProtection"], [tasks])]


def _foundation_model(account: Account, model_id: str) -> str:
    """Returns the ARN of a model, which belongs to no account."""
    return f"arn:{account.partition}:bedrock:{account.region}::foundation-model/{model_id}"


def _grant_if_any(sid: str, action: str, arns: Sequence[str]) -> list[Statement]:
    return [Statement(sid, [action], arns)] if arns else []
