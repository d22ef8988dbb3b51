"""The `imageTag` of a stack file, for the previews of pull requests.

python -m ci.image_tag STACK --base REF   takes back a new tag whose image the stack's registry lacks

A pull request sets a new tag for all stacks before the deployment copies the image to staging and prod. The command
sets such a stack's tag back to that of the base branch, in this checkout, so that its preview succeeds. It prints a
note.
"""

import argparse
import shlex
import subprocess
import sys
from collections.abc import Sequence
from typing import Any, Final

import yaml

from components.lib import sdk
from components.lib.names import Names
from config.stack_files import folder_of_stack_files
from config.yaml_values import needs_quotes
from operations.errors import OperationError, PulumiError, collected
from operations.images import Registry

_KEY: Final = "voiceter-backend:imageTag"


class _Unquoted(str):
    """A value that stands in a stack file without quotes."""

    __slots__ = ()


class _Loader(yaml.BaseLoader):
    """Reads every value as the text that the stack file has: `1.10` stays `1.10`."""

    def construct_scalar(self, node: yaml.ScalarNode) -> str:
        text = str(super().construct_scalar(node))
        return _Unquoted(text) if node.style is None else text


def config_of(text: str) -> dict[str, Any]:
    """Returns the config of a stack file, with every plain value as it is written, see `_Loader`."""
    content: dict[str, Any] = yaml.load(text, Loader=_Loader) or {}  # noqa: S506 - makes plain values only
    return content.get("config") or {}


def image_tag(text: str) -> str:
    """Returns the tag that a stack file sets, or an empty string.

    Raises:
        OperationError: the tag is encrypted, or Pulumi would read it as something else, and so deploy another image.
    """
    tag = config_of(text).get(_KEY, "")
    if not isinstance(tag, str):
        raise OperationError("imageTag is encrypted in the stack file: `pulumi config set imageTag <tag> --plaintext`.")
    if isinstance(tag, _Unquoted) and needs_quotes(tag):
        raise OperationError(
            f"imageTag: {tag} needs quotes in the stack file: Pulumi reads it as a number, a boolean or a date. "
            f"`pulumi config set imageTag {tag}` writes them."
        )
    return tag


def registry_has(stack: str, region: str, image: str) -> bool:
    """Returns whether the stack's ECR repository exists and holds an image, given by its tag or digest."""
    registry = Registry.named(Names(stack).repository, sdk.client("ecr", region))
    try:
        return registry.find(image) is not None
    except OperationError:  # there is no such repository
        return False


def hold_back(stack: str, base: str) -> str:
    """Sets the tag back to that of `base` if the stack's registry lacks the new image. Returns a note, or nothing.

    Raises:
        OperationError: there is no such stack, its file is wrong, or pulumi fails.
    """
    file = folder_of_stack_files() / f"Pulumi.{stack}.yaml"
    if not file.exists():
        raise OperationError(f"There is no {file.name}: name a stack of this repository.")
    text = file.read_text()
    of_base = config_of(_run("git", "show", f"{base}:{file.name}"))  # the base may lack the stack
    new, old = image_tag(text), of_base.get(_KEY, "")
    if not isinstance(old, str):  # encrypted, which the program refuses: nothing was deployed with it
        old = ""
    if not new or new == old or registry_has(stack, _region(stack, text), new):
        return ""
    change = ["set", "imageTag", old, "--plaintext"] if old else ["rm", "imageTag"]
    command = ["pulumi", "config", *change, "--stack", stack]
    run = subprocess.run(command, cwd=folder_of_stack_files(), capture_output=True, text=True, check=False)  # noqa: S603
    if run.returncode != 0:
        raise PulumiError(f"`{shlex.join(command)}` failed", run.stderr)
    shown = f"with `{old}`" if old else "without an image, and so without the service"
    return f"{stack}: the registry lacks `{new}` until the deployment copies it there. The preview is {shown}."


def _region(stack: str, text: str) -> str:
    """Returns the region of a stack. Only Pulumi reads it from a Pulumi ESC environment, or if it is encrypted.

    Raises:
        OperationError: Pulumi knows no region either.
    """
    region = config_of(text).get("aws:region")
    if not isinstance(region, str):
        region = _run("pulumi", "config", "get", "aws:region", "--stack", stack)
    if not region.strip():
        raise OperationError(
            f"aws:region of {stack} is not set: `pulumi config set aws:region <region> --stack {stack}`"
        )
    return region.strip()


def _run(*command: str) -> str:
    """Returns what a command prints, or an empty string if it fails."""
    run = subprocess.run(  # noqa: S603 - no shell
        command, cwd=folder_of_stack_files(), capture_output=True, text=True, check=False
    )
    return run.stdout if run.returncode == 0 else ""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m ci.image_tag", description="Takes back a tag without an image.")
    parser.add_argument("stack")
    parser.add_argument("--base", required=True, help="the commit that the pull request is compared with")
    options = parser.parse_args(arguments)
    errors: list[str] = []
    with collected(errors):
        if note := hold_back(options.stack, options.base):
            print(note)
    for line in errors:
        sys.stderr.write(f"{line}\n")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
