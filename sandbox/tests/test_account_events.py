"""Rules of Amazon EventBridge in the account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


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
