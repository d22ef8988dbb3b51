"""The lookups of models and inference profiles."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.access.models import InferenceProfile, find_models, find_profile, model_of, needs_profile
from recording.bedrock import BY_ID, BY_PROFILE, LITE_2, MODELS
from recording.fake_aws import ACCOUNT, FakeAws
from recording.mocks import deploy

PROFILE = f"eu.{LITE_2}"


def look_up(find: Any, *arguments: str, failures: dict[str, str] | None = None) -> Any:
    found: list[Any] = []

    def program() -> None:
        found.append(find(aws.Provider("aws", region="eu-north-1"), *arguments))

    run = deploy(program, answers=FakeAws(region="eu-north-1", failures=failures or {}))
    assert {provider.rpartition("::")[0].rpartition("::")[2] for _, _, provider in run.calls} == {"aws"}
    return found[0]


def test_models_with_how_each_can_be_used() -> None:
    assert look_up(find_models) == MODELS


def test_inference_profile_with_the_models_it_leads_to() -> None:
    regions = ("eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3")
    assert look_up(find_profile, PROFILE) == InferenceProfile(
        f"arn:aws:bedrock:eu-north-1:{ACCOUNT}:inference-profile/{PROFILE}",
        tuple(f"arn:aws:bedrock:{region}::foundation-model/{LITE_2}" for region in regions),
    )


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "ValidationException"])
def test_missing_inference_profile_is_none(code: str) -> None:
    failures = {"getInferenceProfile": f"error reading inference profile: x: api error {code}: invalid identifier"}
    assert look_up(find_profile, PROFILE, failures=failures) is None


@pytest.mark.parametrize(
    ("find", "arguments", "function", "action"),
    [
        (find_models, (), "getModels", "bedrock:ListFoundationModels"),
        (find_profile, (PROFILE,), "getInferenceProfile", "bedrock:GetInferenceProfile"),
    ],
)
def test_failure_names_the_permission(find: Any, arguments: tuple[str, ...], function: str, action: str) -> None:
    with pytest.raises(pulumi.RunError, match=rf"{action}\): .*AccessDenied"):
        look_up(find, *arguments, failures={function: "AccessDenied: no"})


@pytest.mark.parametrize(
    ("identifier", "model"),
    [
        (PROFILE, LITE_2),
        (f"global.{LITE_2}", LITE_2),
        (f"apac.{LITE_2}", LITE_2),
        (LITE_2, None),
        ("ai21.jamba-1-5-mini-v1:0", None),
        ("zai.glm-4.6", None),
    ],
)
def test_prefix_of_a_geography_makes_a_profile(identifier: str, model: str | None) -> None:
    assert model_of(identifier) == model


@pytest.mark.parametrize(
    ("types", "needs"), [([BY_ID], False), ([BY_PROFILE], True), ([BY_ID, BY_PROFILE], False), ([], False)]
)
def test_model_needs_a_profile_if_aws_offers_nothing_else(types: list[str], needs: bool) -> None:
    assert needs_profile(types) is needs
