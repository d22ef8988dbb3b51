"""The models and the inference profiles that Amazon Bedrock offers in the stack's region."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from components.lib.lookup import ask, look_up

# Amazon Bedrock User Guide, "Regional availability": the geographies of our regions. A profile's id is one of these
# prefixes and the id of its model.
GEOGRAPHIES: Final = ("us", "eu", "apac", "jp", "global")
# The ids of profiles, of other geographies too. No provider of models has a name of two letters.
_PROFILE: Final = re.compile(r"(?:[a-z]{2}|us-gov|apac|global)\.(.+)")
# Amazon Bedrock API Reference, FoundationModelSummary: how a model can be used.
_BY_ID, _BY_PROFILE = "ON_DEMAND", "INFERENCE_PROFILE"
InferenceTypes = Sequence[str]


@dataclass(frozen=True)
class InferenceProfile:
    """An inference profile, with which Bedrock runs a model in one of several regions."""

    arn: str
    model_arns: tuple[str, ...]  # the model in each destination region


def model_of(profile_id: str) -> str | None:
    """Returns the id of the model of an inference profile, or None if the id is no profile's."""
    match = _PROFILE.fullmatch(profile_id)
    return match[1] if match else None


def needs_profile(types: InferenceTypes) -> bool:
    """Returns whether a model can be used by an inference profile alone."""
    return _BY_PROFILE in types and _BY_ID not in types


def find_models(provider: aws.Provider) -> Mapping[str, InferenceTypes]:
    """Returns the models of the region by id, with how each can be used.

    Raises:
        pulumi.RunError: AWS does not answer.
    """
    # The list has no pages. Which error AWS answers for a single model that a region lacks is documented nowhere.
    found = ask(
        "the models of Amazon Bedrock (bedrock:ListFoundationModels)",
        lambda: aws.bedrockfoundation.get_models(opts=pulumi.InvokeOptions(provider=provider)),
    )
    return {model.model_id: model.inference_types_supporteds for model in found.model_summaries}


def find_profile(provider: aws.Provider, profile_id: str) -> InferenceProfile | None:
    """Returns an inference profile, or None if the region has none with this id.

    Raises:
        pulumi.RunError: AWS does not answer.
    """
    # By id, as the provider reads only the first page of the list (terraform-provider-aws,
    # internal/service/bedrock/inference_profiles_data_source.go).
    found = look_up(
        f"the inference profile {profile_id!r} (bedrock:GetInferenceProfile)",
        lambda: aws.bedrock.get_inference_profile(
            inference_profile_id=profile_id, opts=pulumi.InvokeOptions(provider=provider)
        ),
        "validationexception",  # the id is the only thing that can be invalid
    )
    if found is None:
        return None
    return InferenceProfile(found.inference_profile_arn, tuple(sorted(model.model_arn for model in found.models)))
