"""What Amazon ECR answers about the image in the other registry. tests/live/test_promote.py copies images."""

from __future__ import annotations

import hashlib
from contextlib import nullcontext
from typing import Any, cast
from unittest import mock

import pytest

from operations.errors import OperationError
from operations.images import Registry
from operations.promote import Copy, copy_image
from operations.target import Target
from tests.support.boto import stubbed

KIND = "application/vnd.oci.image.index.v1+json"
TEXT = '{"schemaVersion": 2, "manifests": []}'
DIGEST = f"sha256:{hashlib.sha256(TEXT.encode()).hexdigest()}"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        # Another copy put it meanwhile, or it is a part of an index that the registry has already.
        ("ImageAlreadyExistsException", None),
        ("ImageTagAlreadyExistsException", "there refused 1: .*ImageTagAlreadyExistsException"),
        ("ImageDigestDoesNotMatchException", "there refused 1: .*ImageDigestDoesNotMatchException"),
    ],
)
def test_answer_of_the_destination(answer: str, error: str | None) -> None:
    image = {"imageManifest": TEXT, "imageManifestMediaType": KIND}
    source = stubbed("ecr", ("batch_get_image", {"images": [image], "failures": []}))
    put = {"imageTag": "1", "imageManifest": TEXT, "imageManifestMediaType": KIND, "imageDigest": DIGEST}
    destination = stubbed("ecr")
    destination.add_client_error("put_image", answer, expected_params={"repositoryName": "there", **put})
    copy = Copy(Registry.named("here", source.client), Registry.named("there", destination.client))
    with pytest.raises(OperationError, match=error) if error else nullcontext():
        copy.image(DIGEST, "1")
    destination.assert_no_pending_responses()


def test_image_named_by_its_digest_that_the_destination_has_under_a_tag_is_not_copied(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The image may have more tags at the source, and the destination another image with one of them."""

    def described(*tags: str, **image_id: str) -> tuple[Any, ...]:
        answer = {"imageDetails": [{"imageDigest": DIGEST, "imageTags": list(tags)}]}
        return "describe_images", answer, {"repositoryName": mock.ANY, "imageIds": [image_id]}

    source = stubbed("ecr", described("1", "2", imageDigest=DIGEST))
    destination = stubbed("ecr", described("2", imageDigest=DIGEST), described("2", imageTag="2"))
    registries = {"source": source.client, "destination": destination.client}
    monkeypatch.setattr(Registry, "of", lambda name: Registry.named(name, registries[name]))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    assert copy_image(cast(Target, "source"), cast(Target, "destination"), DIGEST) == DIGEST
    destination.assert_no_pending_responses()
