"""What Amazon ECR answers when an image is put into a registry. tests/live/test_promote.py copies images."""

from __future__ import annotations

import hashlib
from contextlib import nullcontext

import pytest

from operations.errors import OperationError
from operations.images import Registry
from operations.promote import Copy
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
