"""What Amazon Bedrock offers in the app's regions, from AWS's model cards: an independent source for the grants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

BY_ID: Final = "ON_DEMAND"
BY_PROFILE: Final = "INFERENCE_PROFILE"
SONIC: Final = "amazon.nova-2-sonic-v1:0"
LITE: Final = "amazon.nova-lite-v1:0"
LITE_2: Final = "amazon.nova-2-lite-v1:0"
MICRO: Final = "amazon.nova-micro-v1:0"
PRO: Final = "amazon.nova-pro-v1:0"
MODELS: Final[Mapping[str, Sequence[str]]] = {
    SONIC: [BY_ID],
    LITE: [BY_ID, BY_PROFILE],
    LITE_2: [BY_PROFILE],
    MICRO: [BY_ID],
    PRO: [BY_ID],
}
# Prefix of a profile -> its destination regions, from a region of the app. A model without a region: anywhere.
DESTINATIONS: Final[Mapping[str, Mapping[str, Sequence[str]]]] = {
    "us-east-1": {"us": ["us-east-1", "us-east-2", "us-west-2"], "global": ["", "us-east-1"]},
    "us-west-2": {"us": ["us-east-1", "us-east-2", "us-west-2"], "global": ["", "us-west-2"]},
    "ap-northeast-1": {"jp": ["ap-northeast-1", "ap-northeast-3"], "global": ["", "ap-northeast-1"]},
    "eu-north-1": {
        "eu": ["eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3"],
        "global": ["", "eu-north-1"],
    },
}


def models_of(region: str, profile_id: str) -> list[str] | None:
    """Returns the ARNs of the models that a profile of Nova 2 Lite routes to, or None if the region has no such one."""
    prefix, _, model = profile_id.partition(".")
    if model != LITE_2 or prefix not in DESTINATIONS[region]:
        return None
    return [f"arn:aws:bedrock:{place}::foundation-model/{model}" for place in DESTINATIONS[region][prefix]]
