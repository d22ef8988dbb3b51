"""The account's registry beyond moto: layers that are kept and fetched again, and digests as Amazon ECR makes them.

Source: Amazon ECR API Reference, CompleteLayerUpload, GetDownloadUrlForLayer, PutImage.
"""

import json
import os
import re
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.ecr.exceptions import ImageAlreadyExistsException
from moto.ecr.models import ECRBackend, Image, ecr_backends
from moto.ecr.responses import ECRResponse

from sandbox.stand_in import Fault, digest, fault_in

# Where the server answers with a layer's bytes, followed by account, region, digest and repository.
LAYER_PATH = "/voiceter-sandbox/layer/"
# A repository is an object of moto's; its layers go where it goes.
_KEPT_IN = "layer_content"
_IMAGE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/(?P<repository>[^:@]+)"
    r"(?::(?P<tag>[^@]+)|@(?P<digest>sha256:[0-9a-f]{64}))"
)
_complete = ECRBackend.complete_layer_upload
_put = ECRBackend.put_image


class LayersNotFoundError(ServiceException):
    code = "LayersNotFoundException"


class ReferencedImagesNotFoundError(ServiceException):
    code = "ReferencedImagesNotFoundException"


class InvalidLayerError(ServiceException):
    code = "InvalidLayerException"


class LayerAlreadyExistsError(ServiceException):
    code = "LayerAlreadyExistsException"


class ImageDigestDoesNotMatchError(ServiceException):
    code = "ImageDigestDoesNotMatchException"


def install() -> None:
    """Put the registry under moto's Amazon ECR."""
    for owner, name, part in (
        (ECRBackend, "complete_layer_upload", complete_layer_upload),
        (ECRBackend, "put_image", put_image),
        (ECRResponse, "get_download_url_for_layer", get_download_url_for_layer),
        (Image, "_create_digest", _create_digest),
    ):
        setattr(owner, name, part)


def _layers(repository: Any) -> dict[str, bytes]:
    if not hasattr(repository, _KEPT_IN):
        setattr(repository, _KEPT_IN, {})
    return getattr(repository, _KEPT_IN)


def complete_layer_upload(
    ecr: Any, repository_name: str, upload_id: str, layer_digests: list[str], registry_id: str | None = None
) -> Any:
    """Keep the bytes that were uploaded, if they are the ones that were announced."""
    repository = ecr._get_repository(repository_name, registry_id)
    upload = repository.uploads.get(upload_id)
    content = bytes(upload.layer_parts) if upload else b""
    if upload and digest(content) not in layer_digests:
        raise InvalidLayerError(
            "The layer digest calculation performed by Amazon ECR upon receipt of the image layer"
            " does not match the digest specified."
        )
    if upload and digest(content) in _layers(repository):
        raise LayerAlreadyExistsError(f"The layer {digest(content)} already exists in the repository.")
    answer = _complete(ecr, repository_name, upload_id, layer_digests, registry_id)
    _layers(repository)[answer["layerDigest"]] = content
    return answer


def get_download_url_for_layer(response: Any) -> Any:
    """Where a layer's bytes are, for whoever has the address, as on AWS."""
    name, wanted = response._get_param("repositoryName"), response._get_param("layerDigest")
    repository = response.ecr_backend._get_repository(name, response._get_param("registryId"))
    if wanted not in _layers(repository):
        raise LayersNotFoundError(f"The layer {wanted} could not be found in the repository {name}.")
    path = f"{LAYER_PATH}{response.current_account}/{response.region}/{wanted}/{name}"
    return ActionResult({"layerDigest": wanted, "downloadUrl": f"http://127.0.0.1:{os.environ['MOTO_PORT']}{path}"})


def layer_at(path: str) -> bytes | None:
    """The layer at an address that `get_download_url_for_layer` gave."""
    account, region, wanted, name = path.removeprefix(LAYER_PATH).split("/", 3)
    repository = ecr_backends[account][region].repositories.get(name)
    return _layers(repository).get(wanted) if repository else None


def put_image(
    ecr: Any,
    repository_name: str,
    image_manifest: str,
    image_tag: str | None,
    image_manifest_mediatype: str | None = None,
    digest_given: str | None = None,
) -> Any:
    """Take an image whose layers, or for an index whose images, are all there."""
    repository = ecr._get_repository(repository_name)
    manifest: dict[str, Any] = json.loads(image_manifest)
    held = {image.get_image_digest() for image in repository.images}
    blobs = [manifest.get("config"), *manifest.get("layers", [])]
    missing = [blob["digest"] for blob in blobs if blob and blob["digest"] not in _layers(repository)]
    if missing:
        raise LayersNotFoundError(
            f"Layers with digests '{missing}' required for pushing image into repository with"
            f" name '{repository_name}' in the registry with id '{ecr.account_id}' do not exist"
        )
    absent = [one["digest"] for one in manifest.get("manifests", []) if one["digest"] not in held]
    if absent:
        raise ReferencedImagesNotFoundError(
            f"Images with digests '{absent}' required for pushing image into"
            f" repository with name '{repository_name}' do not exist"
        )
    own = digest(image_manifest.encode())
    if digest_given not in (None, own):
        raise ImageDigestDoesNotMatchError(f"The specified digest '{digest_given}' does not match '{own}'.")
    if image_tag is None and own in held:
        raise ImageAlreadyExistsException(repository_name, repository.registry_id, own, "")
    put: Any = _put
    return put(ecr, repository_name, image_manifest, image_tag, image_manifest_mediatype, digest_given)


def _create_digest(image: Any) -> None:
    image._image_digest = digest(image.image_manifest.encode())


def fault_of(account: str, image: str) -> Fault | None:
    """What keeps an image's tasks from coming up; nothing is known of images in other registries."""
    form = _IMAGE.fullmatch(image)
    if form is None or form["account"] != account:
        return None
    repository = ecr_backends[account][form["region"]].repositories.get(form["repository"])
    for held in repository.images if repository else []:
        if form["tag"] in held.image_tags or form["digest"] == held.get_image_digest():
            return fault_in(held.image_manifest)
    return Fault.MISSING
