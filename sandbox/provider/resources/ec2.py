"""What all of EC2's types share: how they are tagged, and their ARNs."""

from ..spec import Tags


def tags(kind: str) -> Tags:
    """How an object of that kind is tagged."""
    return Tags("CreateTags DeleteTags Resources=[{id}]", keys="Tags", kind=kind)


def arn(kind: str, owner: str = "{ownerId}") -> str:
    """A template (see `Resource.reads`) of the ARN of an object of that kind."""
    return f"=arn:{{partition}}:ec2:{{region}}:{owner}:{kind}/{{id}}"
