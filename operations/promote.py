"""`make promote`: an image from one stack's registry into another's, byte for byte, by Amazon ECR's API alone.

Sources: Amazon ECR API Reference (BatchGetImage, GetDownloadUrlForLayer, InitiateLayerUpload, UploadLayerPart,
CompleteLayerUpload, PutImage); OCI image specification 1.1, image manifest and image index.
"""

import hashlib
import http.client
import importlib
import json
import shutil
import tempfile
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO, Any

from operations.console import say
from operations.errors import OperationError
from operations.images import Registry
from operations.target import Target

_MANIFEST_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
# Amazon ECR: layers in one BatchCheckLayerAvailability.
_LAYERS_AT_ONCE = 100
_CHUNK = 1024 * 1024
_TIMEOUT_SECONDS = 60
_AGAIN = "What was copied stays: run it again, and it goes on from there."
Fetch = Callable[[str], IO[bytes]]


@dataclass(frozen=True)
class Manifest:
    """A manifest as it lies in a registry."""

    digest: str
    media_type: str
    text: str

    @property
    def images(self) -> list[str]:
        """Digests of the manifests that an index names: a platform's image each, or an attestation of one."""
        return [one["digest"] for one in json.loads(self.text).get("manifests", [])]

    @property
    def blobs(self) -> dict[str, int]:
        """The configuration and the layers that lie in the registry, each with its size in bytes."""
        content: dict[str, Any] = json.loads(self.text)
        listed = [*filter(None, [content.get("config")]), *content.get("layers", [])]
        # A layer with addresses of its own is fetched from there and is in no registry.
        return {one["digest"]: int(one["size"]) for one in listed if not one.get("urls")}


def promote(source: Target, destination: Target, tag: str) -> None:
    """Copy the image with a tag, and say how to deploy it. Copying it again changes nothing.

    Raises:
        OperationError: there is no such image, the tag stands for another one there, or the copy broke off.
    """
    if tag.startswith("sha256:"):
        raise OperationError(f"TAG={tag}: name the image by its tag; the copy is made by digest.")
    here, there = Registry.of(source), Registry.of(destination)
    image = here.find(tag)
    if image is None:
        raise OperationError(f"{here.url} holds no image {tag}.")
    digest = image["imageDigest"]
    if _is_there(there, tag, digest):
        say(f"{there.url} holds {tag} already, as {digest}.")
    else:
        say(f"Copying {tag}, {digest}\n  from {here.url}\n  to   {there.url}")
        Copy(here, there, _open).image(digest, tag)
        if not _is_there(there, tag, digest):
            raise OperationError(f"{there.url} does not show {tag} after the copy. {_AGAIN}")
        say(f"Copied: {there.url}:{tag}, {digest}")
    say(
        "To deploy it:\n"
        f"  pulumi config set imageTag {tag} --stack {destination.stack}\n"
        f"  pulumi up --stack {destination.stack}\n"
        f"  make verify STACK={destination.stack}"
    )


def _is_there(registry: Registry, tag: str, digest: str) -> bool:
    found = registry.find(tag)
    if found is not None and found["imageDigest"] != digest:
        raise OperationError(
            f"{registry.url} holds another image as {tag}: {found['imageDigest']}, not {digest}. Tags are immutable"
            " there: give the image another tag."
        )
    return found is not None


def _open(url: str) -> IO[bytes]:
    return urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS)  # noqa: S310 - Amazon ECR's answer


class Copy:
    """A copy under way."""

    def __init__(self, source: Registry, destination: Registry, fetch: Fetch) -> None:
        self._source = source
        self._destination = destination
        self._fetch = fetch

    def image(self, digest: str, tag: str | None = None) -> None:
        """Copy an image with all that it consists of; what is there already is left alone.

        Raises:
            OperationError: it broke off.
        """
        manifest = self.manifest(digest)
        for part in manifest.images:
            self.image(part)
        blobs = manifest.blobs
        missing = self._missing(list(blobs))
        for number, blob in enumerate(missing, 1):
            say(f"  layer {number} of {len(missing)}: {blob}, {blobs[blob]:,} bytes")
            self._blob(blob)
        given: dict[str, Any] = {"imageTag": tag} if tag else {}
        exceptions = self._destination.ecr.exceptions
        try:
            self._destination.ecr.put_image(
                **self._destination.who,
                **given,
                imageManifest=manifest.text,
                imageManifestMediaType=manifest.media_type,
                imageDigest=digest,
            )
        except exceptions.ImageAlreadyExistsException:
            return
        except (exceptions.ImageTagAlreadyExistsException, exceptions.ImageDigestDoesNotMatchException) as error:
            raise OperationError(f"{self._destination.url} refused {tag or digest}: {error}") from None

    def manifest(self, digest: str) -> Manifest:
        """A manifest of the source, the very bytes that its digest stands for. Raises OperationError."""
        answer = self._source.ecr.batch_get_image(
            **self._source.who, imageIds=[{"imageDigest": digest}], acceptedMediaTypes=list(_MANIFEST_TYPES)
        )
        if not answer["images"]:
            raise OperationError(f"{self._source.url} does not hold {digest}, of which the image consists.")
        text: str = answer["images"][0]["imageManifest"]
        if f"sha256:{hashlib.sha256(text.encode()).hexdigest()}" != digest:
            raise OperationError(
                f"The manifest that {self._source.url} gave for {digest} is not the one of that digest."
            )
        content: dict[str, Any] = json.loads(text)
        kind = answer["images"][0].get("imageManifestMediaType") or content.get("mediaType") or _MANIFEST_TYPES[1]
        return Manifest(digest, str(kind), text)

    def _missing(self, digests: Sequence[str]) -> list[str]:
        """Those of the blobs that the destination lacks."""
        there: set[str] = set()
        for start in range(0, len(digests), _LAYERS_AT_ONCE):
            answer = self._destination.ecr.batch_check_layer_availability(
                **self._destination.who, layerDigests=list(digests[start : start + _LAYERS_AT_ONCE])
            )
            there |= {one["layerDigest"] for one in answer["layers"] if one.get("layerAvailability") == "AVAILABLE"}
        return [digest for digest in digests if digest not in there]

    def _blob(self, digest: str) -> None:
        """Copy one blob through a file, so that its size is no matter and its digest is checked before it is sent."""
        try:
            with tempfile.TemporaryFile() as file:
                self._download(digest, file)
                file.seek(0)
                self._upload(digest, file)
        except (OSError, http.client.HTTPException) as error:
            free = shutil.disk_usage(tempfile.gettempdir()).free
            raise OperationError(
                f"Copying {digest} broke off: {error or type(error).__name__} ({free:,} bytes are free in"
                f" {tempfile.gettempdir()}). {_AGAIN}"
            ) from None
        except importlib.import_module("botocore.exceptions").HTTPClientError as error:
            raise OperationError(f"Copying {digest} broke off: {error}. {_AGAIN}") from None

    def _download(self, digest: str, file: IO[bytes]) -> None:
        url = self._source.ecr.get_download_url_for_layer(**self._source.who, layerDigest=digest)["downloadUrl"]
        checksum = hashlib.sha256()
        with self._fetch(url) as answer:
            while chunk := answer.read(_CHUNK):
                checksum.update(chunk)
                file.write(chunk)
        if f"sha256:{checksum.hexdigest()}" != digest:
            raise OperationError(f"What came for {digest} is not what that digest stands for. {_AGAIN}")

    def _upload(self, digest: str, file: IO[bytes]) -> None:
        ecr, who = self._destination.ecr, self._destination.who
        upload = ecr.initiate_layer_upload(**who)
        first = 0
        while part := file.read(int(upload["partSize"])):
            ecr.upload_layer_part(
                **who,
                uploadId=upload["uploadId"],
                partFirstByte=first,
                partLastByte=first + len(part) - 1,
                layerPartBlob=part,
            )
            first += len(part)
        try:
            ecr.complete_layer_upload(**who, uploadId=upload["uploadId"], layerDigests=[digest])
        except ecr.exceptions.LayerAlreadyExistsException:
            return  # brought by somebody else meanwhile
