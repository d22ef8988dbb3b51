"""Rules of Amazon EventBridge in the account."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

EVENT = {"Source": "aws.ecs", "DetailType": "ECS Service Action", "Detail": '{"reason": "RESOURCE:FARGATE"}'}
LETS_IN = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "*", "Resource": "*"}
OF_ACCOUNT = {**LETS_IN, "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}}
ELSE = {**LETS_IN, "Action": ["sns:Subscribe", "kms:DescribeKey"]}
OTHER = {**LETS_IN, "Principal": {"Service": "cloudwatch.amazonaws.com"}}


def test_tags_of_an_existing_rule_change_by_tag_resource_only(aws: Callable[[str], Any]) -> None:
    events = aws("events")

    def put(stack: str) -> str:
        tags = [{"Key": "Stack", "Value": stack}]
        return events.put_rule(Name="stops", EventPattern='{"source": ["aws.ecs"]}', Tags=tags)["RuleArn"]

    def stack(arn: str) -> list[str]:
        return [tag["Value"] for tag in events.list_tags_for_resource(ResourceARN=arn)["Tags"]]

    arn = put("dev")
    assert put("other") == arn
    assert stack(arn) == ["dev"]
    events.tag_resource(ResourceARN=arn, Tags=[{"Key": "Stack", "Value": "other"}])
    assert stack(arn) == ["other"]


def policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.parametrize(
    ("of_topic", "of_key", "arrives"),
    [
        (LETS_IN, LETS_IN, True),
        (LETS_IN, None, True),
        (OTHER, LETS_IN, False),
        (LETS_IN, OTHER, False),
        (OF_ACCOUNT, LETS_IN, False),
        (LETS_IN, OF_ACCOUNT, False),
        (ELSE, LETS_IN, False),
        (LETS_IN, ELSE, False),
        (LETS_IN, {**LETS_IN, "Action": ["kms:Decrypt", "kms:GenerateDataKey*"]}, True),
        (LETS_IN, {**LETS_IN, "Action": "kms:Decrypt"}, False),
        (LETS_IN, {**LETS_IN, "Action": "kms:GenerateDataKey*"}, False),
    ],
)
def test_topic_gets_the_line_if_its_policies_let_eventbridge_in(
    aws: Callable[[str], Any], of_topic: dict[str, Any], of_key: dict[str, Any] | None, arrives: bool
) -> None:
    events, sns, sqs = aws("events"), aws("sns"), aws("sqs")
    topic = sns.create_topic(Name="alarms")["TopicArn"]
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy(of_topic))
    if of_key:
        key = aws("kms").create_key(Policy=policy(of_key))["KeyMetadata"]["Arn"]
        sns.set_topic_attributes(TopicArn=topic, AttributeName="KmsMasterKeyId", AttributeValue=key)
    queue = sqs.create_queue(QueueName="lines")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    events.put_rule(Name="placement", EventPattern='{"source": ["aws.ecs"]}')
    transformer = {"InputPathsMap": {"reason": "$.detail.reason"}, "InputTemplate": '"app: <reason>"'}
    events.put_targets(Rule="placement", Targets=[{"Id": "topic", "Arn": topic, "InputTransformer": transformer}])

    def lines() -> list[str]:
        events.put_events(Entries=[EVENT])
        return [message["Body"] for message in sqs.receive_message(QueueUrl=queue).get("Messages", [])]

    assert lines() == (['"app: RESOURCE:FARGATE"'] if arrives else [])
    events.disable_rule(Name="placement")
    assert lines() == []
