"""Amazon EventBridge: rules deliver to topics, and PutRule gives tags to a new rule only. moto does neither.

A topic gets nothing unless its policy and the policy of its key let EventBridge in without a condition.

Sources: Amazon EventBridge API Reference, PutRule; User Guide, "Using resource-based policies for Amazon EventBridge",
"My rule runs, but I don't see any messages published into my Amazon SNS topic".
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from moto.events.models import EventsBackend, Rule, events_backends
from moto.events.utils import EventTemplateParser
from moto.kms.models import kms_backends
from moto.sns.models import sns_backends

from sandbox.account.bucket_policy import policy_allows
from sandbox.account.patching import replaces

_SERVICE = "events.amazonaws.com"


@replaces(EventsBackend)
def put_rule(original: Callable[..., Any], events: Any, name: str, **settings: Any) -> Any:
    """Creates or replaces a rule of the default event bus."""
    if name in events.event_buses["default"].rules:
        settings["tags"] = None
    return original(name, **settings)


def send(account_id: str, region: str, detail_type: str, resource: str, detail: Mapping[str, Any]) -> None:
    """Sends an event of ECS to the default event bus."""
    entry = {"Source": "aws.ecs", "DetailType": detail_type, "Resources": [resource], "Detail": json.dumps(detail)}
    events_backends[account_id][region].put_events([entry])


@replaces(Rule)
def send_to_targets(_original: Callable[..., None], rule: Any, event: Any, transform_input: bool = True) -> None:
    """Publishes a matching event to the topics that are the rule's targets. Other targets get nothing."""
    if rule.state != "ENABLED" or not rule.event_pattern.matches_event(event):
        return
    for target in rule.targets:
        topic = sns_backends[rule.account_id][rule.region_name].topics.get(target["Arn"])
        if topic is not None and _may_publish(rule, topic):
            transformer = target.get("InputTransformer", {})
            paths = transformer.get("InputPathsMap", {})
            line: Any = EventTemplateParser.parse(transformer.get("InputTemplate"), paths, event)
            topic.publish(json.dumps(line))


def _may_publish(rule: Any, topic: Any) -> bool:
    """EventBridge passes nothing that a condition could test."""
    if not policy_allows(topic.policy, _SERVICE, "sns:Publish", topic.arn, {}):
        return False
    if not topic.kms_master_key_id:
        return True
    key = kms_backends[rule.account_id][rule.region_name].keys.get(topic.kms_master_key_id.rpartition("/")[2])
    actions = ("kms:Decrypt", "kms:GenerateDataKey")
    return key is not None and all(policy_allows(key.policy, _SERVICE, action, key.arn, {}) for action in actions)
