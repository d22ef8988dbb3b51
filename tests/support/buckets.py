"""What holds for every bucket of the stack."""

from __future__ import annotations

from recording.deployment import Deployment


def assert_private_and_encrypted_by_s3(run: Deployment, bucket: str) -> None:
    """Asserts that the only bucket of a program has no ACLs and no public access, and S3's own encryption."""
    assert run.one(":BucketPublicAccessBlock").inputs == {
        "bucket": bucket,
        "blockPublicAcls": True,
        "blockPublicPolicy": True,
        "ignorePublicAcls": True,
        "restrictPublicBuckets": True,
    }
    assert run.one(":BucketOwnershipControls").inputs["rule"] == {"objectOwnership": "BucketOwnerEnforced"}
    assert run.one(":BucketServerSideEncryptionConfiguration").inputs["rules"] == [
        {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}
    ]
