"""Amazon Bedrock: the models and the inference profiles that a region offers. moto has neither.

The answers hold what the program, its operations and the sandbox's provider read.
The account has access to every model. The lists hold the models that AWS documents for a speech app of this size, and
no others.

Sources: Amazon Bedrock API Reference, ListFoundationModels, GetInferenceProfile, GetFoundationModelAvailability; User
Guide, the model cards of Nova 2 Sonic, Nova Lite and Nova 2 Lite, and "Supported Regions and models for batch
inference" for Nova Micro and Nova Pro. The User Guide does not list the destination regions of the profile of Nova Lite
for Asia.
"""

import json
from typing import Any

from moto.bedrock.exceptions import ResourceNotFoundException
from moto.bedrock.responses import BedrockResponse

from sandbox.account.patching import adds

_EVERYWHERE = ("us-east-1", "us-west-2", "ap-northeast-1", "eu-north-1")
_BY_ID, _BY_PROFILE = "ON_DEMAND", "INFERENCE_PROFILE"
# Model -> the regions that offer it by its id.
_MODELS = {
    "amazon.nova-2-sonic-v1:0": _EVERYWHERE,
    "amazon.nova-lite-v1:0": _EVERYWHERE,
    "amazon.nova-2-lite-v1:0": (),
    "amazon.nova-micro-v1:0": ("us-east-1",),
    "amazon.nova-pro-v1:0": ("us-east-1",),
}
# Prefix of a profile -> the regions from which it can be used, which are also its destination regions.
_GEOGRAPHIES = {
    "us": ("us-east-1", "us-east-2", "us-west-2"),
    "eu": ("eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3"),
    "jp": ("ap-northeast-1", "ap-northeast-3"),
}
_GLOBAL = "global"
# Model -> the prefixes of its profiles.
_PROFILES = {
    "amazon.nova-lite-v1:0": ("us", "eu"),
    "amazon.nova-2-lite-v1:0": ("us", "eu", "jp", _GLOBAL),
}


@adds(BedrockResponse)
def list_foundation_models(request: Any) -> str:
    """Returns the models that can be used in the region, by their ids or by profile. The API has no pages."""
    region = request.region
    found = {model: _inference_types(model, region) for model in _MODELS}
    return json.dumps(
        {
            "modelSummaries": [
                {"modelArn": _model_arn(region, model), "modelId": model, "inferenceTypesSupported": types}
                for model, types in found.items()
                if types
            ]
        }
    )


@adds(BedrockResponse)
def get_inference_profile(request: Any) -> str:
    """Returns a profile of the region, with the models in its destination regions."""
    identifier: str = request._get_param("inferenceProfileIdentifier")
    prefix, _, model = identifier.partition(".")
    if prefix not in _prefixes(model, request.region):
        raise ResourceNotFoundException(f"The provided inference profile {identifier} was not found.")
    # A global profile routes to a model without a region, and to the model in the region of the request.
    regions = ("", request.region) if prefix == _GLOBAL else _GEOGRAPHIES[prefix]
    arn = f"arn:aws:bedrock:{request.region}:{request.current_account}:inference-profile/{identifier}"
    models = [{"modelArn": _model_arn(region, model)} for region in regions]
    return json.dumps({"inferenceProfileId": identifier, "inferenceProfileArn": arn, "models": models})


@adds(BedrockResponse)
def get_foundation_model_availability(request: Any) -> str:
    """Returns that the account may use the model, if the region offers it."""
    model: str = request._get_param("modelId")
    if not _inference_types(model, request.region):
        raise ResourceNotFoundException(f"The model {model} was not found.")
    return json.dumps(
        {
            "modelId": model,
            "agreementAvailability": {"status": "AVAILABLE"},
            "authorizationStatus": "AUTHORIZED",
            "entitlementAvailability": "AVAILABLE",
            "regionAvailability": "AVAILABLE",
        }
    )


def _inference_types(model: str, region: str) -> list[str]:
    by_id = [_BY_ID] if region in _MODELS.get(model, ()) else []
    return by_id + ([_BY_PROFILE] if _prefixes(model, region) else [])


def _prefixes(model: str, region: str) -> list[str]:
    """Returns the prefixes of the model's profiles in a region."""
    return [
        prefix
        for prefix in _PROFILES.get(model, ())
        if (region in _EVERYWHERE if prefix == _GLOBAL else region in _GEOGRAPHIES[prefix])
    ]


def _model_arn(region: str, model: str) -> str:
    return f"arn:aws:bedrock:{region}::foundation-model/{model}"
