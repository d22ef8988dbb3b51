"""The config as the engine passes it."""

from __future__ import annotations

import pulumi.runtime
import pytest

from config import source
from recording.config import engine_config
from tests.support.stack_config import NoResources


def test_keys_are_named_without_the_namespace_of_the_project() -> None:
    pulumi.runtime.set_mocks(NoResources(), project=source.NAMESPACE, stack="dev", preview=True)
    config = {"cpu": 512, "aws:region": "us-east-1", "secrets": {"A": "x"}, "other:key": "y"}
    with engine_config(config, ["secrets"]):
        found = source.read()
    assert found.stack == "dev"
    assert found.texts == {"cpu": "512", "aws:region": "us-east-1", "secrets": '{"A":"x"}', "other:key": "y"}
    assert found.encrypted == {"secrets"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("5", 5),
        ("-1", -1),
        ("0.5", 0.5),
        ("[1]", [1]),
        ('{"a": "b"}', {"a": "b"}),
        ("null", "null"),
        ("1e5", "1e5"),
        ("007", "007"),
        ("NaN", "NaN"),
        (" 5", " 5"),
        ('"a"', '"a"'),
        ("[", "["),
        ("", ""),
    ],
)
def test_text_is_decoded_if_it_is_plain_json(text: str, value: object) -> None:
    decoded = source.decode(text)
    assert (type(decoded), decoded) == (type(value), value)
