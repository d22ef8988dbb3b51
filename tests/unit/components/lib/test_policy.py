"""Policy documents: the same statements give the same text."""

from __future__ import annotations

import json

import pulumi

from components.lib.policy import Statement, document
from recording.mocks import deploy


def text_of(*statements: Statement) -> str:
    run = deploy(lambda: pulumi.export("policy", document(statements)))
    return run.exports["policy"]


def test_statements_become_json() -> None:
    read = Statement("Read", ["s3:GetObject"], [pulumi.Output.from_input("arn:b"), "arn:a"], {"Bool": {"k": "true"}})
    assert json.loads(text_of(read)) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Read",
                "Effect": "Allow",
                "Action": ["s3:GetObject"],
                "Resource": ["arn:a", "arn:b"],
                "Condition": {"Bool": {"k": "true"}},
            }
        ],
    }


def test_statement_with_a_principal() -> None:
    trust = Statement("Trust", ["sts:AssumeRole"], principal={"Service": "ecs-tasks.amazonaws.com"})
    [statement] = json.loads(text_of(trust))["Statement"]
    assert statement == {
        "Sid": "Trust",
        "Effect": "Allow",
        "Action": ["sts:AssumeRole"],
        "Principal": {"Service": "ecs-tasks.amazonaws.com"},
    }


def test_order_does_not_matter() -> None:
    one = [Statement("A", ["s3:GetObject", "s3:PutObject"], ["x", "y"]), Statement("B", ["s3:ListBucket"], ["z"])]
    other = [Statement("B", ["s3:ListBucket"], ["z"]), Statement("A", ["s3:PutObject", "s3:GetObject"], ["y", "x"])]
    assert text_of(*one) == text_of(*other)
