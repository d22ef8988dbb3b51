"""Fills an empty account: the calls in `content.json` beside this file, on the account that `AWS_ENDPOINT_URL` names.

Runs in moto's own image, so it needs boto3 and nothing else. What is there already stays.
"""

import importlib
import json
from pathlib import Path
from typing import Any

_THERE_ALREADY = ("ResourceInUseException", "BucketAlreadyOwnedByYou")


def fill(calls: list[dict[str, Any]]) -> None:
    """Make the calls, in their order: each a service, an operation of boto3's client, and its parameters."""
    boto3: Any = importlib.import_module("boto3")
    exceptions: Any = importlib.import_module("botocore.exceptions")
    for call in calls:
        client = boto3.client(call["service"])
        what = f"{call['service']} {call['operation']}"
        try:
            getattr(client, call["operation"])(**call["parameters"])
        except exceptions.ClientError as error:
            said: Any = error
            if said.response["Error"]["Code"] not in _THERE_ALREADY:
                raise
            what += ": there already"
        print(what, flush=True)


if __name__ == "__main__":
    fill(json.loads(Path(__file__).with_name("content.json").read_text()))
