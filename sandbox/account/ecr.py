"""Amazon ECR: layers that can be downloaded, and digests of what was pushed.

moto stores no layers, accepts an image whose layers are missing, and makes digests up.

Source: Amazon ECR API Reference: CompleteLayerUpload, GetDownloadUrlForLayer, PutImage.
"""

import json
import os
import re
from collections.abc import Callable
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.ecr.exceptions import ImageAlreadyExistsException
from moto.ecr.models import ECRBackend, Image, ecr_backends
from moto.ecr.responses import ECRResponse

from sandbox.account.patching import replaces
from sandbox.stand_in import Fault, digest, fault_in

# The server answers with a layer's bytes here. Account, region, digest and repository follow.
LAYER_PATH = "/voiceter-sandbox/layer/"
_LAYERS = "layer_content"  # an attribute of moto's repository
_IMAGE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/(?P<repository>[^:@]+)"
    r"(?::(?P<tag>[^@]+)|@(?P<digest>sha256:[0-9a-f]{64}))"
)


class EcrError(ServiceException):
    """An error of Amazon ECR: moto takes the service from the name of this module."""


def _layers(repository: Any) -> dict[str, bytes]:
    """Returns the layers of a repository by digest."""
    return repository.__dict__.setdefault(_LAYERS, {})


@replaces(ECRBackend)
def complete_layer_upload(
    original: Callable[..., Any],
    ecr: Any,
    repository_name: str,
    upload_id: str,
    layer_digests: list[str],
    registry_id: str | None = None,
) -> Any:
    """Stores a layer whose digest is one of `layer_digests`."""
    repository = ecr._get_repository(repository_name, registry_id)
    upload = repository.uploads.get(upload_id)
    content = bytes(upload.layer_parts) if upload else b""
    if upload and digest(content) not in layer_digests:
        raise EcrError(
            "InvalidLayerException",
            "The layer digest calculation performed by Amazon ECR upon receipt of the image layer"
            " does not match the digest specified.",
        )
    if upload and digest(content) in _layers(repository):
        raise EcrError("LayerAlreadyExistsException", f"The layer {digest(content)} already exists in the repository.")
    answer = original(repository_name, upload_id, layer_digests, registry_id)
    _layers(repository)[answer["layerDigest"]] = content
    return answer


@replaces(ECRResponse)
def get_download_url_for_layer(_original: Callable[[], Any], request: Any) -> Any:
    """Returns an address of the layer's bytes that, as on AWS, needs no credentials."""
    name, layer = request._get_param("repositoryName"), request._get_param("layerDigest")
    repository = request.ecr_backend._get_repository(name, request._get_param("registryId"))
    if layer not in _layers(repository):
        raise EcrError("LayersNotFoundException", f"The layer {layer} could not be found in the repository {name}.")
    path = f"{LAYER_PATH}{request.current_account}/{request.region}/{layer}/{name}"
    return ActionResult({"layerDigest": layer, "downloadUrl": f"http://127.0.0.1:{os.environ['MOTO_PORT']}{path}"})


def layer_at(path: str) -> bytes | None:
    """Returns the layer at a path that `get_download_url_for_layer` returned."""
    account, region, layer, name = path.removeprefix(LAYER_PATH).split("/", 3)
    repository = ecr_backends[account][region].repositories.get(name)
    return _layers(repository).get(layer) if repository else None


@replaces(ECRBackend)
def put_image(
    original: Callable[..., Any],
    ecr: Any,
    repository_name: str,
    image_manifest: str,
    image_tag: str | None,
    image_manifest_mediatype: str | None = None,
    digest_given: str | None = None,
) -> Any:
    """Requires every layer of an image, or every image of an index."""
    repository = ecr._get_repository(repository_name)
    manifest: dict[str, Any] = json.loads(image_manifest)
    held = {image.get_image_digest() for image in repository.images}
    blobs = [manifest.get("config"), *manifest.get("layers", [])]
    missing = [blob["digest"] for blob in blobs if blob and blob["digest"] not in _layers(repository)]
    if missing:
        raise EcrError(
            "LayersNotFoundException",
            f"Layers with digests '{missing}' required for pushing image into repository with"
            f" name '{repository_name}' in the registry with id '{ecr.account_id}' do not exist",
        )
    absent = [image["digest"] for image in manifest.get("manifests", []) if image["digest"] not in held]
    if absent:
        raise EcrError(
            "ReferencedImagesNotFoundException",
            f"Images with digests '{absent}' required for pushing image into"
            f" repository with name '{repository_name}' do not exist",
        )
    actual = digest(image_manifest.encode())
    if digest_given not in (None, actual):
        raise EcrError(
            "ImageDigestDoesNotMatchException", f"The specified digest '{digest_given}' does not match '{actual}'."
        )
    if image_tag is None and actual in held:
        raise ImageAlreadyExistsException(repository_name, repository.registry_id, actual, "")
    return original(repository_name, image_manifest, image_tag, image_manifest_mediatype, digest_given)


@replaces(Image)
def _create_digest(_original: Callable[[], None], image: Any) -> None:
    """Computes the digest of the manifest."""
    image._image_digest = digest(image.image_manifest.encode())


def fault_of(account: str, image: str) -> Fault | None:
    """Returns what prevents the tasks of an image from running; None for an image in another registry."""
    form = _IMAGE.fullmatch(image)
    if form is None or form["account"] != account:
        return None
    repository = ecr_backends[account][form["region"]].repositories.get(form["repository"])
    for held in repository.images if repository else []:
        if form["tag"] in held.image_tags or form["digest"] == held.get_image_digest():
            return fault_in(held.image_manifest)
    return Fault.MISSING
