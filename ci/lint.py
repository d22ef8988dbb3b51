"""`python -m ci.lint`: the checks of what surrounds the Python code. Each runs to its end, so that all findings show.

Nothing here asks the network: the schemas come with check-jsonschema, and zizmor works offline. actionlint is a Go
module, pinned by `ci/actionlint/go.sum`; without Go it is left out, and said to be, except where CI is set.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_SCRIPTS = (".ci/run",)


@dataclass(frozen=True)
class Check:
    """A command that exits with 0 when it finds nothing; the exit status is all that counts."""

    name: str
    command: Sequence[str]
    folder: Path


def checks(root: Path, go: str | None) -> Iterator[Check]:
    """The checks of a clone. `go` is the Go command, where there is one."""
    tools = root / ".venv" / "bin"
    github = root / ".github"
    workflows = [str(path) for path in sorted((github / "workflows").glob("*.yml"))]
    actions = [str(path) for path in sorted((github / "actions").glob("*/action.yml"))]
    yield Check("zizmor", [str(tools / "zizmor"), *_ZIZMOR, str(github)], root)
    if go:
        # Go keeps the built command in its cache: the first run takes half a minute, the others a second.
        run = [go, "tool", "actionlint", "-no-color", "-shellcheck", str(tools / "shellcheck"), "-pyflakes", ""]
        yield Check("actionlint", [*run, *workflows], root / "ci" / "actionlint")
    yield Check("shellcheck", [str(tools / "shellcheck"), *_SCRIPTS], root)
    schemas = [
        ("vendor.github-workflows", workflows),
        ("vendor.github-actions", actions),
        ("vendor.renovate", [str(root / "renovate.json")]),
    ]
    for schema, files in schemas:
        command = [str(tools / "check-jsonschema"), "--quiet", "--builtin-schema", schema, *files]
        yield Check(schema.removeprefix("vendor."), command, root)
    yield Check("pre-commit", [str(tools / "pre-commit"), "validate-config", ".pre-commit-config.yaml"], root)
    if tracked := _tracked(root):
        yield Check("detect-secrets", [str(tools / "detect-secrets-hook"), *_SECRETS, *tracked], root)


def failures(found: Iterator[Check], environment: Mapping[str, str]) -> list[str]:
    """Runs the checks, with their output on this terminal; the names of those that found something."""
    failed: list[str] = []
    for check in found:
        sys.stdout.write(f"{check.name}\n")
        sys.stdout.flush()
        if subprocess.run(check.command, cwd=check.folder, env=dict(environment), check=False).returncode:  # noqa: S603
            failed.append(check.name)
    return failed


def _tracked(root: Path) -> list[str]:
    """The files that git has of the clone; none in a copy without git, which commits nothing."""
    git = shutil.which("git")
    if git is None or not (root / ".git").exists():
        return []
    listed = subprocess.run([git, "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True).stdout  # noqa: S603
    return [name for name in listed.split("\0") if name and (root / name).is_file()]


def main() -> int:
    go = shutil.which("go")
    if go is None:
        sys.stdout.write("actionlint: left out, as it is a Go module and there is no Go on PATH\n")
    # The pinned module, whatever this shell says of others.
    environment = {**os.environ, "GOFLAGS": "-mod=readonly", "GOWORK": "off"}
    failed = failures(checks(ROOT, go), environment)
    if go is None and os.environ.get("CI"):
        failed.append("actionlint (CI leaves nothing out)")
    if "detect-secrets" in failed:
        sys.stderr.write(
            "Where what was found is no secret, `make baseline` takes it for harmless: review the change.\n"
        )
    if failed:
        sys.stderr.write(f"These found something: {', '.join(failed)}\n")
    return 1 if failed else 0


_ZIZMOR = ("--offline", "--quiet", "--no-progress", "--persona", "pedantic", "--strict-collection")
_SECRETS = ("--baseline", ".secrets.baseline")

if __name__ == "__main__":
    sys.exit(main())
