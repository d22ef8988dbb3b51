"""Amazon ECR: repositories and their lifecycle policies."""

from collections.abc import Iterator

from ..resource import Call, Name, Read, Resource, Tags
from ..rules import Fault, between, distinct, document, found, get, given, number, objects, one_of, parse, required
from ..values import Values


def _lifecycle_policy_rules(inputs: Values) -> Iterator[Fault]:
    """Amazon ECR User Guide, "Lifecycle policy properties"."""
    yield from document(inputs, "policy", 30_720)
    policy = parse(inputs, "policy")
    if policy and not list(found(policy, "policy.rules")):
        yield Fault("policy", 'must be a JSON document with a list "rules"')
    yield from distinct(found(policy, "policy.rules.rulePriority"), "must differ from rule to rule")
    yield from one_of(policy, "policy.rules.action.type", "expire")
    last = max((number(value) or 0 for _, value in found(policy, "policy.rules.rulePriority")), default=0)
    for place, rule in objects(policy, "policy.rules"):
        for name in ("rulePriority", "action.type"):
            yield from (fault.within(place) for fault in required(rule, "must be given", name))
        if get(rule, "selection.tagStatus") == "any" and number(rule.get("rulePriority")) != last:
            yield Fault(
                f"{place}.rulePriority", "must be the highest, as the rule is for any tag", rule.get("rulePriority")
            )
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


REPOSITORY = Resource(
    "aws:ecr/repository:Repository",
    service="ecr",
    create=Call(
        "CreateRepository",
        ("name", "imageTagMutability", "imageScanningConfiguration", "encryptionConfigurations"),
    ),
    id="name",
    identity=lambda it: {"repositoryName": it.id},
    read=(
        Read(
            "DescribeRepositories",
            at="repositories",
            show=lambda repository, _: {"encryptionConfigurations": [repository["encryptionConfiguration"]]},
        ),
    ),
    update=(
        Call("PutImageTagMutability", ("imageTagMutability",)),
        Call("PutImageScanningConfiguration", ("imageScanningConfiguration",)),
    ),
    delete=(Call("DeleteRepository", params=lambda it: {"repositoryName": it.id, "force": it["forceDelete"] is True}),),
    rename={"name": "repositoryName"},
    shown_as={"arn": "repositoryArn", "repositoryUrl": "repositoryUri"},
    outputs=("arn", "repositoryUrl"),
    defaults={"imageTagMutability": "MUTABLE"},
    clear={"imageScanningConfiguration": {"scanOnPush": False}},
    local=("forceDelete",),
    members={"imageScanningConfiguration": ("scanOnPush",), "encryptionConfigurations": ("encryptionType",)},
    keeps=("encryptionConfigurations",),
    name=Name("name"),
    tags=Tags(),
)

# A repository has one policy. To delete the old one after its replacement would delete the replacement.
LIFECYCLE_POLICY = Resource(
    "aws:ecr/lifecyclePolicy:LifecyclePolicy",
    service="ecr",
    create=Call("PutLifecyclePolicy", ("repository", "policy")),
    id="repository",
    identity=lambda it: {"repositoryName": it.id},
    read=(Read("GetLifecyclePolicy"),),
    delete=(Call("DeleteLifecyclePolicy"),),
    rename={"repository": "repositoryName", "policy": "lifecyclePolicyText"},
    delete_before_replace=True,
    rules=_lifecycle_policy_rules,
)

RESOURCES = (REPOSITORY, LIFECYCLE_POLICY)
