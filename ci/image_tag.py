"""`python -m ci.image_tag STACK`: the `imageTag` of a stack file, as it is written; nothing where it has none."""

from __future__ import annotations

import sys
from pathlib import Path

from sandbox.layout import SandboxError
from sandbox.stack_file import StackFile

ROOT = Path(__file__).resolve().parent.parent


def image_tag(root: Path, stack: str) -> str:
    """The tag; empty where the file sets none.

    Raises:
        SandboxError: there is no such stack file, or it is not one.
    """
    path = root / f"Pulumi.{stack}.yaml"
    if not path.exists():
        raise SandboxError(f"There is no {path.name}.")
    return StackFile(path.read_text(), path.name).get("imageTag") or ""


def main() -> int:
    try:
        sys.stdout.write(f"{image_tag(ROOT, sys.argv[1])}\n")
    except (SandboxError, IndexError) as error:
        sys.stderr.write(f"{error}\n" if isinstance(error, SandboxError) else f"{__doc__}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
