"""The upkeep of the repository: help, requirements, updates, owners, hooks, the change log, the decisions."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

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


def phony() -> set[str]:
    """Returns the targets that .PHONY names, on any number of lines."""
    text = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    return {name for line in re.findall(r"^\.PHONY:(.*)$", text, re.MULTILINE) for name in line.split()}


def names_in(text: str) -> set[str]:
    """Returns the packages of a requirements file, without extras, versions and markers."""
    lines = [line for line in text.splitlines() if re.match(r"[A-Za-z0-9]", line)]
    return {re.split(r"[\[=<>;!~ ]", line)[0].lower().replace("_", "-").replace(".", "-") for line in lines}


def test_help_lists_every_target_on_one_line() -> None:
    listed = re.findall(r"^make ([a-z-]+)", make("help"), re.MULTILINE)
    targets = phony() - _PARTS - {"help"}
    assert not targets - set(listed), f"`make help` does not say what these do: {sorted(targets - set(listed))}"
    assert not set(listed) - targets, f"`make help` lists what is no target: {sorted(set(listed) - targets)}"
    assert len(listed) == len(set(listed))
    assert all(len(line) <= 120 for line in make("help").splitlines())
    assert make() == make("help")


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


def test_package_in_several_files_has_one_version() -> None:
    pins = [
        pin
        for name in ("requirements", "requirements-sandbox", "requirements-dev")
        for pin in set(re.findall(r"^([a-z0-9-]+)==(\S+)( ;.*)?$", (ROOT / f"{name}.txt").read_text(), re.MULTILINE))
    ]
    versions = {
        name: {version for other, version, _ in pins if other == name} for name, _, marker in pins if not marker
    }
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


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


class TestRenovate:
    config: dict[str, Any] = json.loads((ROOT / "renovate.json").read_text())

    def rule(self, group: str) -> dict[str, Any]:
        [found] = [rule for rule in self.config["packageRules"] if rule.get("groupName") == group]
        return found

    def test_engine_language_host_sdk_and_providers_move_together(self) -> None:
        patterns = self.rule("pulumi")["matchPackageNames"]
        assert "matchManagers" not in self.rule("pulumi"), "a rule of one manager would split them"
        needed = {"pulumi", "pulumi-aws", "pulumi-awsx"}
        for module in ("engine", "engine/languagehost"):
            text = (ROOT / "sandbox" / module / "go.mod").read_text()
            direct = re.findall(r"^(?:require )?\s*(\S+) v\S+$", text, re.MULTILINE)
            assert direct, module
            needed |= set(direct)
        for name in needed:
            assert any(name == p or (p.endswith("/**") and name.startswith(p[:-2])) for p in patterns), name

    def test_only_direct_requirements_are_updated(self) -> None:
        [rule] = [r for r in self.config["packageRules"] if r.get("matchFileNames", [])[:1] == ["requirements.txt"]]
        assert rule["enabled"] is False
        excepted = {name.removeprefix("!").replace(".", "-") for name in rule["matchPackageNames"]}
        asked = {
            name
            for file in ("requirements.in", "requirements-sandbox.in", "requirements-dev.in", "requirements-scan.in")
            for name in names_in((ROOT / file).read_text())
        }
        assert excepted == asked, f"this rule of renovate.json lacks or has too much: {sorted(excepted ^ asked)}"
        assert all(name.startswith("!") for name in rule["matchPackageNames"])

    def test_pattern_finds_the_image_of_the_marked_line(self) -> None:
        [manager] = [one for one in self.config["customManagers"] if one["datasourceTemplate"] == "docker"]
        [pattern] = manager["matchStrings"]
        line = (
            '# renovate: datasource=docker depName=public.ecr.aws/x/y\n_IMAGE = "public.ecr.aws/x/y:v1.2@sha256:0a"\n'
        )
        found = re.search(pattern.replace("(?<", "(?P<"), line)
        assert found
        assert found.groups() == ("public.ecr.aws/x/y", "v1.2", "sha256:0a")

    def test_images_in_the_code_are_marked_for_updates(self) -> None:
        for path in sorted((ROOT / "components").rglob("*.py")):
            lines = path.read_text().splitlines()
            for before, line in zip(["", *lines], lines, strict=False):
                if re.search(r'"(public\.ecr\.aws|docker\.io|ghcr\.io|quay\.io)/[^"]+:[^"]+"', line):
                    assert "# renovate: datasource=docker" in before, f"{path.name}: {line.strip()}"


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


def test_hooks_are_pinned_commands_of_this_repository() -> None:
    config: Any = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    assert {repo["repo"] for repo in config["repos"]} == {"local"}, "another repository has its own versions"
    hooks = {hook["id"]: hook["entry"].split()[0] for repo in config["repos"] for hook in repo["hooks"]}
    assert hooks.pop("actionlint") == "ci/actionlint/run"
    assert set(hooks) >= {"ruff-check", "ruff-format", "pyright", "zizmor", "shellcheck", "detect-secrets"}
    assert {Path(command).parent for command in hooks.values()} == {Path(".venv/bin")}


def test_actionlint_without_go_fails_in_ci_alone(tmp_path: Path) -> None:
    for tool in ("dirname", "sh"):
        (tmp_path / tool).symlink_to(f"/usr/bin/{tool}")
    for ci, status in (("", 0), ("true", 1)):
        environment = {"PATH": str(tmp_path), "CI": ci}
        run = subprocess.run(  # noqa: S603
            [ROOT / "ci" / "actionlint" / "run"], env=environment, capture_output=True, text=True, check=False
        )
        assert run.returncode == status
        assert "there is no go on PATH" in run.stderr


def test_change_log_has_its_form() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    releases = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert releases[0] == "[Unreleased]"
    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", release) for release in releases[1:])
    kinds = set(re.findall(r"^### (.+)$", text, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_decisions_are_numbered_short_and_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    records = sorted(path for path in folder.glob("*.md") if path.name != "README.md")
    assert [path.name[:4] for path in records] == [f"{number:04}" for number in range(1, len(records) + 1)]
    index = (folder / "README.md").read_text()
    for path in records:
        text = path.read_text()
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"], path.name
        prose = " ".join(line for line in text.splitlines() if not line.startswith("|"))
        assert len(prose.split()) <= 350, f"{path.name}: half a page, tables aside"
        assert f"({path.name})" in index
