"""`make promote`: copies an image from one stack's registry to another's, byte for byte, through Amazon ECR's API.

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
from collections.abc import Sequence
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
# Amazon ECR API Reference, BatchCheckLayerAvailability: layers in one call.
_LAYERS_AT_ONCE = 100
_CHUNK = 1024 * 1024
_TIMEOUT_SECONDS = 60
_AGAIN = "Copied layers stay. Run the command again to copy the rest."


@dataclass(frozen=True)
class Manifest:
    """A manifest in a registry."""

    media_type: str
    text: str

    @property
    def images(self) -> list[str]:
        """The digests of the manifests in an index: the images of platforms, and their attestations."""
        return [one["digest"] for one in json.loads(self.text).get("manifests", [])]

    @property
    def blobs(self) -> dict[str, int]:
        """The configuration and the layers that the registry holds: digest → size in bytes."""
        content: dict[str, Any] = json.loads(self.text)
        listed = [*filter(None, [content.get("config")]), *content.get("layers", [])]
        # A layer with `urls` is downloaded from there; no registry holds it.
        return {one["digest"]: int(one["size"]) for one in listed if not one.get("urls")}


def promote(source: Target, destination: Target, tag: str) -> None:
    """Copies the image with a tag, and prints the commands that deploy it. A second copy changes nothing.

    Raises:
        OperationError: there is no such image, the destination has another image with the tag, or the copy failed.
    """
    copy_image(source, destination, tag)
    source_line = f"  {sourcing}\n" if (sourcing := destination.sourcing) else ""
    say(
        f"To deploy it:\n{source_line}"
        f"  pulumi config set imageTag {tag} --stack {destination.stack}\n"
        f"  pulumi up --stack {destination.stack}\n"
        f"  {destination.make('verify')}"
    )


def copy_image(source: Target, destination: Target, tag: str) -> str:
    """Copies the image with a tag, or with a digest. Returns the digest. A second copy changes nothing.

    Raises:
        OperationError: there is no such image, the destination has another image with the tag, or the copy failed.
    """
    here, there = Registry.of(source), Registry.of(destination)
    image = here.find(tag)
    if image is None:
        raise OperationError(f"{here.url} holds no image {tag}. Name a tag that it holds with TAG=….")
    digest = str(image["imageDigest"])
    if tag == digest:  # as imageTag may be; the program runs only an image that has a tag
        copied = there.find(digest) or {}
        tag = min(copied.get("imageTags") or image.get("imageTags", []), default="")
        if not tag:
            raise OperationError(f"{here.url} holds {digest} without a tag. Tag the image there first.")
    if _holds(there, tag, digest):
        say(f"{there.url} holds {tag} already, as {digest}.")
        return digest
    say(f"Copying {tag}, {digest}\n  from {here.url}\n  to   {there.url}")
    Copy(here, there).image(digest, tag)
    say(f"Copied: {there.url}:{tag}, {digest}")
    return digest


def _holds(registry: Registry, tag: str, digest: str) -> bool:
    found = registry.find(tag)
    if found is not None and found["imageDigest"] != digest:
        raise OperationError(
            f"{registry.url} holds another image as {tag}: {found['imageDigest']}, not {digest}. Tags are immutable:"
            " push the image with another tag."
        )
    return found is not None


def _open(url: str) -> IO[bytes]:
    return urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS)  # noqa: S310 - Amazon ECR's answer


@dataclass(frozen=True)
class Copy:
    """Copies images from one registry to another."""

    source: Registry
    destination: Registry

    def image(self, digest: str, tag: str | None = None) -> None:
        """Copies an image with its layers, or an index with its images. Skips what the destination holds.

        Raises:
            OperationError: the copy failed.
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
        exceptions = self.destination.ecr.exceptions
        try:
            self.destination.ecr.put_image(
                **self.destination.who,
                **given,
                imageManifest=manifest.text,
                imageManifestMediaType=manifest.media_type,
                imageDigest=digest,
            )
        except exceptions.ImageAlreadyExistsException:
            return
        except (exceptions.ImageTagAlreadyExistsException, exceptions.ImageDigestDoesNotMatchException) as error:
            raise OperationError(f"{self.destination.url} refused {tag or digest}: {error}") from None

    def manifest(self, digest: str) -> Manifest:
        """Returns a manifest of the source, after checking its digest. Raises OperationError."""
        answer = self.source.ecr.batch_get_image(
            **self.source.who, imageIds=[{"imageDigest": digest}], acceptedMediaTypes=list(_MANIFEST_TYPES)
        )
        if not answer["images"]:
            raise OperationError(f"{self.source.url} lacks {digest}, a part of the image. Push the image again.")
        text: str = answer["images"][0]["imageManifest"]
        if f"sha256:{hashlib.sha256(text.encode()).hexdigest()}" != digest:
            raise OperationError(
                f"{self.source.url} returned a manifest for {digest} that has another digest. {_AGAIN}"
            )
        content: dict[str, Any] = json.loads(text)
        kind = answer["images"][0].get("imageManifestMediaType") or content.get("mediaType") or _MANIFEST_TYPES[1]
        return Manifest(str(kind), text)

    def _missing(self, digests: Sequence[str]) -> list[str]:
        """Returns the blobs that the destination lacks."""
        there: set[str] = set()
        for start in range(0, len(digests), _LAYERS_AT_ONCE):
            answer = self.destination.ecr.batch_check_layer_availability(
                **self.destination.who, layerDigests=list(digests[start : start + _LAYERS_AT_ONCE])
            )
            there |= {one["layerDigest"] for one in answer["layers"] if one.get("layerAvailability") == "AVAILABLE"}
        return [digest for digest in digests if digest not in there]

    def _blob(self, digest: str) -> None:
        """Copies one blob through a file, as it may be large and its digest is checked before the upload."""
        try:
            with tempfile.TemporaryFile() as file:
                self._download(digest, file)
                file.seek(0)
                self._upload(digest, file)
        except (OSError, http.client.HTTPException) as error:
            free = shutil.disk_usage(tempfile.gettempdir()).free
            raise OperationError(
                f"Copying {digest} failed: {error or type(error).__name__} ({free:,} bytes are free in"
                f" {tempfile.gettempdir()}). {_AGAIN}"
            ) from None
        except importlib.import_module("botocore.exceptions").HTTPClientError as error:
            raise OperationError(f"Copying {digest} failed: {error}. {_AGAIN}") from None

    def _download(self, digest: str, file: IO[bytes]) -> None:
        url = self.source.ecr.get_download_url_for_layer(**self.source.who, layerDigest=digest)["downloadUrl"]
        checksum = hashlib.sha256()
        with _open(url) as answer:
            while chunk := answer.read(_CHUNK):
                checksum.update(chunk)
                file.write(chunk)
        if f"sha256:{checksum.hexdigest()}" != digest:
            raise OperationError(f"The downloaded layer does not have the digest {digest}. {_AGAIN}")

    def _upload(self, digest: str, file: IO[bytes]) -> None:
        ecr, who = self.destination.ecr, self.destination.who
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
            return  # another copy has uploaded it meanwhile
