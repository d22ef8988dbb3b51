"""Keys of AWS KMS in the account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def test_key_says_whether_it_is_of_several_regions(aws: Callable[[str], Any]) -> None:
    kms = aws("kms")
    for several in (False, True):
        made = kms.create_key(MultiRegion=several)["KeyMetadata"]
        assert kms.describe_key(KeyId=made["KeyId"])["KeyMetadata"]["MultiRegion"] is several
    assert kms.create_key()["KeyMetadata"]["MultiRegion"] is False
