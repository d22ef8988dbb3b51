"""Policy documents: the same statements give the same text."""

from __future__ import annotations

import pulumi

from components.lib.policy import Statement, document
from recording.mocks import deploy


def text_of(*statements: Statement) -> str:
    run = deploy(lambda: pulumi.export("policy", document(statements)))
    return run.exports["policy"]


def test_order_does_not_matter() -> None:
    one = [Statement("A", ["s3:GetObject", "s3:PutObject"], ["x", "y"]), Statement("B", ["s3:ListBucket"], ["z"])]
    other = [Statement("B", ["s3:ListBucket"], ["z"]), Statement("A", ["s3:PutObject", "s3:GetObject"], ["y", "x"])]
    assert text_of(*one) == text_of(*other)
