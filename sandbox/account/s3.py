"""Amazon S3: the regions without Transfer Acceleration refuse to say whether a bucket has it.

Sources: Amazon S3 User Guide, "Configuring fast, secure file transfers using Amazon S3 Transfer Acceleration", the list
of regions; the refusal in eu-north-1: hashicorp/terraform-provider-aws issue 6853.
"""

from collections.abc import Callable
from typing import Any

from moto.s3.exceptions import MethodNotAllowed
from moto.s3.responses import S3Response

from sandbox.account.patching import replaces

# Of the program's regions.
_WITHOUT_ACCELERATION = ("eu-north-1",)


@replaces(S3Response)
def get_bucket_accelerate_configuration(original: Callable[[], Any], s3: Any) -> Any:
    """Refuses the call for a bucket in a region without Transfer Acceleration."""
    if s3.backend.get_bucket(s3.bucket_name).region_name in _WITHOUT_ACCELERATION:
        raise MethodNotAllowed()
    return original()
