"""The grants for the models and the inference profiles of the config."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest

from components.access.app_grants import AppAccess, app_grants
from components.access.models import InferenceProfile
from components.lib.account import Account
from components.lib.policy import document
from recording import bedrock
from recording.bedrock import DESTINATIONS, LITE, LITE_2, MICRO, PRO, SONIC
from recording.fake_aws import ACCOUNT
from recording.mocks import deploy
from tests.support import iam

PLACES = {place for regions in DESTINATIONS.values() for places in regions.values() for place in places} | {"us-west-1"}


def policy(region: str, speech: str, others: list[str], profiles: list[InferenceProfile]) -> dict[str, Any]:
    access = AppAccess(
        speech_model_id=speech,
        other_model_ids=others,
        profiles=profiles,
        guardrail_arns=[],
        prompt_arns=[],
        ses_identity_arns=[],
        tracing=False,
        enable_exec=False,
    )
    grants = app_grants(access, Account(ACCOUNT, "aws", region), "voiceter-cluster")
    return json.loads(deploy(lambda: pulumi.export("policy", document(grants))).exports["policy"])


def test_models_follow_the_config() -> None:
    granted, models = policy("us-east-1", PRO, [MICRO], []), "arn:aws:bedrock:us-east-1::foundation-model"
    assert iam.allows(granted, "bedrock:InvokeModelWithBidirectionalStream", f"{models}/{PRO}")
    assert iam.allows(granted, "bedrock:InvokeModel", f"{models}/{MICRO}")
    assert not iam.allows(granted, "bedrock:InvokeModel", f"{models}/{SONIC}")
    assert not iam.allows(granted, "bedrock:InvokeModel", f"{models}/{LITE}")


@pytest.mark.parametrize(
    ("region", "prefix"), [(region, prefix) for region in DESTINATIONS for prefix in DESTINATIONS[region]]
)
def test_inference_profile_grants_itself_and_its_model_in_each_destination(region: str, prefix: str) -> None:
    profiles = f"arn:aws:bedrock:{region}:{ACCOUNT}:inference-profile"
    profile = f"{profiles}/{prefix}.{LITE_2}"
    models = bedrock.models_of(region, f"{prefix}.{LITE_2}")
    assert models
    granted = policy(region, SONIC, [], [InferenceProfile(profile, tuple(models))])
    assert iam.allows(granted, "bedrock:InvokeModel", profile)
    assert not iam.allows(granted, "bedrock:InvokeModel", f"{profiles}/xx.{LITE_2}")
    for place in PLACES:
        arn = f"arn:aws:bedrock:{place}::foundation-model/{LITE_2}"
        leads_there = place in DESTINATIONS[region][prefix]
        assert iam.allows(granted, "bedrock:InvokeModel", arn, {"bedrock:InferenceProfileArn": profile}) is leads_there
        # Neither without a profile nor through another one.
        assert not iam.allows(granted, "bedrock:InvokeModel", arn)
        assert not iam.allows(granted, "bedrock:InvokeModel", arn, {"bedrock:InferenceProfileArn": f"{profiles}/other"})
