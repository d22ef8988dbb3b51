"""The models and inference profiles that Amazon Bedrock offers in the account's regions."""

from __future__ import annotations

import pytest

from sandbox.tests.account.world import client, refused

REGIONS = ("us-east-1", "us-west-2", "ap-northeast-1", "eu-north-1")
LITE_2 = "amazon.nova-2-lite-v1:0"

pytestmark = pytest.mark.usefixtures("aws")


@pytest.mark.parametrize("region", REGIONS)
def test_every_region_offers_the_speech_model_and_nova_lite_by_id(region: str) -> None:
    found = client("bedrock", region).list_foundation_models()["modelSummaries"]
    by_id = {model["modelId"] for model in found if "ON_DEMAND" in model["inferenceTypesSupported"]}
    assert {"amazon.nova-2-sonic-v1:0", "amazon.nova-lite-v1:0"} <= by_id
    assert LITE_2 not in by_id
    assert LITE_2 in {model["modelId"] for model in found}


@pytest.mark.parametrize(
    ("region", "prefix", "regions"),
    [
        ("us-west-2", "us", ["us-east-1", "us-east-2", "us-west-2"]),
        ("eu-north-1", "eu", ["eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3"]),
        ("ap-northeast-1", "jp", ["ap-northeast-1", "ap-northeast-3"]),
        ("eu-north-1", "global", ["", "eu-north-1"]),
    ],
)
def test_profile_leads_to_the_regions_of_its_geography(region: str, prefix: str, regions: list[str]) -> None:
    found = client("bedrock", region).get_inference_profile(inferenceProfileIdentifier=f"{prefix}.{LITE_2}")
    assert [model["modelArn"].split(":")[3] for model in found["models"]] == regions


def test_region_gives_access_to_its_own_models_and_profiles() -> None:
    bedrock = client("bedrock", "us-west-2")
    assert bedrock.get_foundation_model_availability(modelId=LITE_2)["entitlementAvailability"] == "AVAILABLE"
    with refused("ResourceNotFoundException"):
        bedrock.get_foundation_model_availability(modelId="amazon.nova-pro-v1:0")
    with refused("ResourceNotFoundException"):
        bedrock.get_inference_profile(inferenceProfileIdentifier=f"eu.{LITE_2}")
