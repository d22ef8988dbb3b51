"""The policy pack: turns the rules into policies of Pulumi's. Run by `pulumi preview --policy-pack policy`."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyPack,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # Pulumi runs the folder, not the package

from policy.resource import UNKNOWN, Resource, is_list, parsed
from policy.rules import NOTICES, RULES, STACK_RULES, Rule, StackRule


def _plain(value: Any) -> Any:
    """Returns a value without pulumi_policy's proxies, which raise an error where a value is not known."""
    if isinstance(value, Mapping):
        return {key: _item(value, key) for key in cast(Mapping[str, Any], value)}
    return [_item(value, index) for index in range(len(value))] if is_list(value) else value


def _item(holder: Any, key: Any) -> Any:
    try:
        return _plain(holder[key])
    except UnknownValueError:
        return UNKNOWN


def _resource(found: ResourceValidationArgs | PolicyResource) -> Resource:
    uses = (
        {name: frozenset(one.urn for one in used) for name, used in found.property_dependencies.items()}
        if isinstance(found, PolicyResource)
        else {}
    )
    return Resource(
        type=found.resource_type,
        name=found.name,
        urn=found.urn,
        properties=_plain(found.props),
        protect=found.opts.protect,
        ignore_changes=tuple(found.opts.ignore_changes),
        default_tags=_default_tags(found),
        uses=uses,
    )


def _default_tags(found: ResourceValidationArgs | PolicyResource) -> Any:
    # The engine keeps an object among a provider's inputs as JSON.
    default = _plain(found.provider.props).get("defaultTags") if found.provider else None
    default = parsed(default) if isinstance(default, str) else default
    return cast(Mapping[str, Any], default).get("tags") if isinstance(default, Mapping) else default


def _policy(rule: Rule) -> Policy:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        resource = _resource(args)
        for message in rule.check(resource):
            report(f"{resource.name} ({resource.type}): {message}", resource.urn)

    return ResourceValidationPolicy(rule.name, rule.promise, validate)


def _stack_policy(rule: StackRule, level: EnforcementLevel) -> Policy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        for resource, message in rule.check([_resource(one) for one in args.resources]):
            report(f"{resource.name} ({resource.type}): {message}", resource.urn)

    return StackValidationPolicy(rule.name, rule.promise, validate, level)


PolicyPack(
    "voiceter-backend",
    [
        *(_policy(rule) for rule in RULES),
        *(_stack_policy(rule, EnforcementLevel.MANDATORY) for rule in STACK_RULES),
        *(_stack_policy(rule, EnforcementLevel.ADVISORY) for rule in NOTICES),
    ],
    EnforcementLevel.MANDATORY,
)
