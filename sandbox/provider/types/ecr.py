"""Amazon ECR: repositories and their lifecycle policies."""

from ..resource import Call, Name, Read, Resource, Tags

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
            params=lambda it: {"repositoryNames": [it.id]},
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
    tags=Tags(
        "TagResource",
        "UntagResource",
        lambda it: {"resourceArn": it["arn"]},
        list="ListTagsForResource",
        listed_at="tags",
    ),
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
)

RESOURCES = (REPOSITORY, LIFECYCLE_POLICY)
