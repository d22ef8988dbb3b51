"""Makes the calls of `content.json`, beside this file, in the account at AWS_ENDPOINT_URL.

It runs in the image of moto, so it uses boto3 and nothing else. Objects that exist already are left alone.
"""

import importlib
import json
from pathlib import Path
from typing import Any

_EXISTS = ("ResourceInUseException", "BucketAlreadyOwnedByYou")


def fill(calls: list[dict[str, Any]]) -> None:
    """Makes the calls in their order. Each names a service, a method of its boto3 client, and the parameters."""
    boto3: Any = importlib.import_module("boto3")
    exceptions: Any = importlib.import_module("botocore.exceptions")
    for call in calls:
        client = boto3.client(call["service"])
        what = f"{call['service']} {call['operation']}"
        try:
            getattr(client, call["operation"])(**call["parameters"])
        except exceptions.ClientError as error:
            refusal: Any = error
            if refusal.response["Error"]["Code"] not in _EXISTS:
                raise
            what += ": there already"
        print(what, flush=True)


if __name__ == "__main__":
    fill(json.loads(Path(__file__).with_name("content.json").read_text()))
