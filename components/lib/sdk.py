"""boto3, for the calls that the AWS provider has no function for, and for the commands.

Its clients use the credentials that the provider uses too: those of the environment.
"""

import importlib
from typing import Any


def client(service: str, region: str) -> Any:
    """Returns a client of boto3, which has no types."""
    boto3: Any = importlib.import_module("boto3")  # slow to import, and most previews do without it
    return boto3.client(service, region_name=region)
