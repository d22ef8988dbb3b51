"""Copies of images between registries of the sandbox's account: layers, indexes, and copies that fail."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import IO, Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from operations import promote as promoting
from operations.errors import OperationError
from operations.images import Registry
from operations.promote import Copy, promote
from operations.target import Target
from sandbox import stand_in
from sandbox.account import process as accounts
from sandbox.account.process import Account
from sandbox.cli import fixtures
from sandbox.layout import Layout
from tests.support.printed_stack import with_outputs

pytestmark = pytest.mark.sandbox  # it deploys no stack, and needs only the registry of the sandbox's account

REGIONS = {"dev": "eu-north-1", "staging": "us-east-1"}


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    folder = tmp_path_factory.mktemp("account")
    layout = Layout(folder, folder / ".sandbox")
    yield accounts.start(layout, os.environ)
    accounts.stop(layout)


@pytest.fixture(autouse=True)
def credentials(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"ENDPOINT_URL": account.url, "ACCESS_KEY_ID": "test", "SECRET_ACCESS_KEY": "test"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)


@contextmanager
def stack(account: Account, name: str) -> Generator[Target]:
    """A stack with a new registry, in its region."""
    repository, ecr = f"voiceter-backend-{name}", account.client("ecr", REGIONS[name])
    made = ecr.create_repository(repositoryName=repository, imageTagMutability="IMMUTABLE")
    outputs = {"region": REGIONS[name], "repositoryUrl": made["repository"]["repositoryUri"]}
    try:
        yield with_outputs(Target(name, "sandbox"), outputs)
    finally:
        ecr.delete_repository(repositoryName=repository, force=True)


@pytest.fixture
def dev(account: Account) -> Iterator[Target]:
    with stack(account, "dev") as target:
        yield target


@pytest.fixture
def staging(account: Account) -> Iterator[Target]:
    with stack(account, "staging") as target:
        yield target


def push(target: Target, tag: str, image: stand_in.Image) -> str:
    registry = Registry.of(target)
    return fixtures.put_image(registry.ecr, registry.who["repositoryName"], tag, image)


def layers(target: Target, digests: list[str]) -> list[bytes]:
    """Returns the blobs as a container engine pulls them from a registry."""
    registry = Registry.of(target)
    urls = [registry.ecr.get_download_url_for_layer(**registry.who, layerDigest=one)["downloadUrl"] for one in digests]
    return [urlopen(url).read() for url in urls]  # noqa: S310 - an address of the account


def test_image_is_copied_byte_for_byte(dev: Target, staging: Target, capsys: pytest.CaptureFixture[str]) -> None:
    image = stand_in.image("app:1.4.2")
    digest = push(dev, "1.4.2", image)
    assert digest == f"sha256:{hashlib.sha256(image.manifest.encode()).hexdigest()}"
    promote(dev, staging, "1.4.2")
    found = Registry.of(staging).find("1.4.2")
    assert found is not None
    assert found["imageDigest"] == digest
    digests = list(Copy(Registry.of(staging), Registry.of(dev)).manifest(digest).blobs)
    assert tuple(layers(staging, digests)) == image.blobs
    said = capsys.readouterr().out
    assert "pulumi config set imageTag 1.4.2 --stack staging" in said
    promote(dev, staging, "1.4.2")
    again = capsys.readouterr().out
    assert "holds 1.4.2 already" in again
    assert "layer" not in again


def test_index_is_copied_with_platforms_and_attestations(dev: Target, staging: Target) -> None:
    registry = Registry.of(dev)
    parts: list[dict[str, Any]] = []
    for architecture, notes in (("amd64", {}), ("arm64", {}), ("unknown", {"vnd.docker.reference.type": "x"})):
        image = stand_in.image(architecture)
        for blob in image.blobs:
            fixtures.put_blob(registry.ecr, registry.who["repositoryName"], blob)
        shown = registry.ecr.put_image(**registry.who, imageManifest=image.manifest)["image"]["imageId"]
        platform = {"architecture": architecture, "os": "linux"}
        descriptor = {"mediaType": stand_in.MANIFEST_TYPE, "digest": shown["imageDigest"], "size": len(image.manifest)}
        parts.append({**descriptor, "platform": platform, "annotations": notes})
    kind = "application/vnd.oci.image.index.v1+json"
    # Indented, as buildx writes it: the digest depends on every byte.
    index = json.dumps({"schemaVersion": 2, "mediaType": kind, "manifests": parts}, indent=2)
    registry.ecr.put_image(**registry.who, imageTag="2.0.0", imageManifest=index, imageManifestMediaType=kind)
    promote(dev, staging, "2.0.0")
    there = Registry.of(staging)
    found = there.find("2.0.0")
    assert found is not None
    assert found["imageDigest"] == f"sha256:{hashlib.sha256(index.encode()).hexdigest()}"
    assert all(there.find(part["digest"]) for part in parts)


def test_tag_of_another_image_is_refused(dev: Target, staging: Target) -> None:
    push(dev, "1", stand_in.image("one"))
    other = push(staging, "1", stand_in.image("other"))
    with pytest.raises(OperationError, match=f"holds another image as 1: {other}.*Tags are immutable"):
        promote(dev, staging, "1")


def test_image_named_by_its_digest_is_copied_with_its_tag(dev: Target, staging: Target) -> None:
    """As the imageTag that CI deploys may be a digest. A registry runs no image without a tag."""
    digest = push(dev, "1.4.2", stand_in.image("one"))
    promote(dev, staging, digest)
    found = Registry.of(staging).find("1.4.2")
    assert found is not None
    assert found["imageDigest"] == digest


@pytest.mark.parametrize("tag", ["9", "sha256:" + "0" * 64])
def test_missing_tag_and_digest_are_refused(dev: Target, staging: Target, tag: str) -> None:
    with pytest.raises(OperationError, match=f"holds no image {tag}"):
        promote(dev, staging, tag)


def test_digest_of_an_image_without_a_tag_is_refused(dev: Target, staging: Target) -> None:
    registry, image = Registry.of(dev), stand_in.image("one")
    for blob in image.blobs:
        fixtures.put_blob(registry.ecr, registry.who["repositoryName"], blob)
    digest = registry.ecr.put_image(**registry.who, imageManifest=image.manifest)["image"]["imageId"]["imageDigest"]
    with pytest.raises(OperationError, match=f"holds {digest} without a tag"):
        promote(dev, staging, digest)


class _Broken(io.BytesIO):
    """An answer that fails when it is read."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def read(self, size: int | None = -1, /) -> bytes:
        raise self._error


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        URLError("Network is unreachable"),
        TimeoutError("timed out"),
    ],
)
def test_second_run_completes_a_failed_copy(
    dev: Target, staging: Target, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    push(dev, "1", stand_in.image("one"))
    sound = promoting._open  # pyright: ignore[reportPrivateUsage]
    opened: list[str] = []

    def fetch(url: str) -> IO[bytes]:
        opened.append(url)
        return sound(url) if len(opened) == 1 else _Broken(error)

    with monkeypatch.context() as broken:
        broken.setattr(promoting, "_open", fetch)
        with pytest.raises(OperationError, match=r"failed: .* bytes are free in .* Run the command again"):
            promote(dev, staging, "1")
    assert Registry.of(staging).find("1") is None
    opened.clear()
    monkeypatch.setattr(promoting, "_open", lambda url: opened.append(url) or sound(url))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    promote(dev, staging, "1")
    assert Registry.of(staging).find("1") is not None
    assert len(opened) == 1, "the first layer was copied before"


def test_layer_with_another_digest_is_not_uploaded(
    dev: Target, staging: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(dev, "1", stand_in.image("one"))
    monkeypatch.setattr(promoting, "_open", lambda _url: io.BytesIO(b"spoilt"))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    with pytest.raises(OperationError, match="does not have the digest"):
        promote(dev, staging, "1")
    assert Registry.of(staging).find("1") is None


def test_large_layer_is_uploaded_in_parts(dev: Target, staging: Target) -> None:
    part = Registry.of(dev).ecr.initiate_layer_upload(**Registry.of(dev).who)["partSize"]
    copy = Copy(Registry.of(dev), Registry.of(staging))
    content = os.urandom(part + 1)
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    copy._upload(digest, io.BytesIO(content))  # pyright: ignore[reportPrivateUsage]
    assert layers(staging, [digest]) == [content]
    copy._upload(digest, io.BytesIO(content))  # pyright: ignore[reportPrivateUsage]


def test_account_refuses_what_amazon_ecr_refuses(dev: Target) -> None:
    registry = Registry.of(dev)
    ecr, who = registry.ecr, registry.who
    image = stand_in.image("one")
    with pytest.raises(ecr.exceptions.LayersNotFoundException):
        ecr.put_image(**who, imageTag="1", imageManifest=image.manifest)
    index = json.dumps({"schemaVersion": 2, "mediaType": "x", "manifests": [{"digest": "sha256:" + "0" * 64}]})
    with pytest.raises(ecr.exceptions.ReferencedImagesNotFoundException):
        ecr.put_image(**who, imageTag="1", imageManifest=index)
    upload = ecr.initiate_layer_upload(**who)["uploadId"]
    ecr.upload_layer_part(**who, uploadId=upload, partFirstByte=0, partLastByte=0, layerPartBlob=b"x")
    with pytest.raises(ecr.exceptions.InvalidLayerException):
        ecr.complete_layer_upload(**who, uploadId=upload, layerDigests=["sha256:" + "0" * 64])
    push(dev, "1", image)
    with pytest.raises(ecr.exceptions.ImageDigestDoesNotMatchException):
        ecr.put_image(**who, imageTag="2", imageManifest=image.manifest, imageDigest="sha256:" + "0" * 64)
    with pytest.raises(ecr.exceptions.ImageAlreadyExistsException):
        ecr.put_image(**who, imageManifest=image.manifest)
    with pytest.raises(ecr.exceptions.LayersNotFoundException):
        ecr.get_download_url_for_layer(**who, layerDigest="sha256:" + "0" * 64)
