"""Amazon ECR."""

from collections.abc import Iterator

from ..faults import Fault
from ..values import Values
from .checks import between, document, found, get, given, objects, one_of, parse


def lifecycle_policy(inputs: Values) -> Iterator[Fault]:
    """Amazon ECR User Guide, "Lifecycle policy parameters"."""
    yield from document(inputs, "policy", 30_720)
    policy = parse(inputs, "policy")
    if policy and not list(found(policy, "policy.rules")):
        yield Fault("policy", 'must be a JSON document with a list "rules"')
    yield from one_of(policy, "policy.rules.selection.tagStatus", "tagged", "untagged", "any")
    yield from one_of(policy, "policy.rules.selection.countType", "imageCountMoreThan", "sinceImagePushed")
    yield from between(policy, "policy.rules.selection.countNumber", 1)
    for place, selection in objects(policy, "policy.rules.selection"):
        listed = given(selection, "tagPrefixList") or given(selection, "tagPatternList")
        if selection.get("tagStatus") == "tagged" and not listed:
            yield Fault(place, "must have tagPrefixList or tagPatternList for tagged images")
        by_age = selection.get("countType") == "sinceImagePushed"
        if get(selection, "countUnit") != ("days" if by_age else None):
            yield Fault(f"{place}.countUnit", "must be days with sinceImagePushed, and must not be given otherwise")
