"""AWS KMS: a key says that it is of one region. moto leaves it open.

Source: AWS KMS API Reference, KeyMetadata.
"""

from collections.abc import Callable
from typing import Any

from moto.kms.models import Key

from sandbox.account.patching import replaces


@replaces(Key)
def to_dict(original: Callable[[], dict[str, Any]], _key: Any) -> dict[str, Any]:
    """Returns the description of a key."""
    described = original()
    described["KeyMetadata"]["MultiRegion"] = bool(described["KeyMetadata"]["MultiRegion"])
    return described
