"""The workflows, beyond what actionlint and zizmor check. `make lint` runs those two."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from components.lib.timeline import JOB_MINUTES
from components.service.strategy import STRATEGIES
from operations.redeploy import WAIT_SECONDS as REDEPLOY_WAIT_SECONDS
from tests.support.program import run

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
ALL = [*WORKFLOWS, *sorted((GITHUB / "actions").glob("*/action.yml"))]
STACKS = ["dev", "staging", "prod"]


def read(name: str) -> dict[str, Any]:
    # BaseLoader: `on` is a key, not a boolean.
    text = (GITHUB / "workflows" / f"{name}.yml").read_text()
    return cast(dict[str, Any], yaml.load(text, Loader=yaml.BaseLoader))  # noqa: S506 - makes texts, lists, mappings


def jobs() -> list[tuple[str, str, dict[str, Any]]]:
    """Returns every job, as (workflow, job's id, job)."""
    return [(path.stem, name, job) for path in WORKFLOWS for name, job in read(path.stem)["jobs"].items()]


def scripts(path: Path) -> str:
    """Returns the scripts of a file."""
    content: Any = yaml.safe_load(path.read_text())
    steps: list[Any] = content.get("runs", {}).get("steps", [])
    for job in content.get("jobs", {}).values():
        steps += job.get("steps", [])
    return "\n".join(step["run"] for step in steps if "run" in step)


def test_every_action_is_pinned_by_one_commit() -> None:
    pins: dict[str, set[tuple[str, str]]] = {}
    for path in ALL:
        for line in path.read_text().splitlines():
            if (used := re.match(r"\s*(?:- )?uses: (.+)", line)) and not used[1].startswith("./"):
                found = re.fullmatch(r"([\w./-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)", used[1])
                assert found, f"{path.name}: {used[1]} is not pinned by a commit, with its version beside it"
                pins.setdefault(found[1], set()).add((found[2], found[3]))
    assert set(pins) == {
        "actions/cache",
        "actions/checkout",
        "actions/download-artifact",
        "actions/setup-go",
        "actions/setup-python",
        "actions/upload-artifact",
        "aws-actions/configure-aws-credentials",
        "pulumi/actions",
    }
    assert {name: len(found) for name, found in pins.items()} == dict.fromkeys(pins, 1)


def test_forks_get_no_credentials() -> None:
    events = {path.stem: set(read(path.stem)["on"]) for path in WORKFLOWS}
    assert events == {
        "deploy": {"push", "workflow_dispatch"},
        "deploy-stack": {"workflow_call"},
        "drift": {"schedule", "workflow_dispatch"},
        "pull-request": {"pull_request"},
        "scan": {"schedule", "workflow_dispatch"},
        "test": {"workflow_call"},
    }
    for path in ALL:
        assert "secrets." not in path.read_text(), "there are none: jobs assume roles through OIDC"
    for name, job in read("pull-request")["jobs"].items():
        if "id-token" in job["permissions"]:
            assert job["if"].startswith("github.event.pull_request.head.repo.full_name == github.repository &&"), name


def test_jobs_have_the_permissions_they_need() -> None:
    writes = {
        ("pull-request", "aws"): {"id-token", "pull-requests"},
        ("pull-request", "cost"): {"pull-requests"},
        ("deploy", "dev"): {"id-token"},
        ("deploy", "staging"): {"id-token"},
        ("deploy", "prod"): {"id-token"},
        ("deploy-stack", "deploy"): {"id-token"},
        ("drift", "check"): {"id-token"},
        ("drift", "issue"): {"issues"},
    }
    for path in WORKFLOWS:
        assert read(path.stem)["permissions"] == {}, path.name
    for workflow, name, job in jobs():
        expected = {"contents": "read", **dict.fromkeys(writes.get((workflow, name), set()), "write")}
        assert job["permissions"] == expected, f"{workflow}: {name}"


def test_no_account_or_role_is_committed() -> None:
    for path in ALL:
        text = path.read_text()
        assert not re.search(r"\b\d{12}\b|arn:aws", text), path.name
    used = set(re.findall(r"vars\.(\w+)", "".join(path.read_text() for path in ALL)))
    documented = set(re.findall(r"gh variable set (\w+)", (ROOT / "docs" / "ci.md").read_text()))
    assert used == documented


def test_deployment_order() -> None:
    deploy = read("deploy")["jobs"]
    assert {name: (job.get("needs"), job.get("with")) for name, job in deploy.items()} == {
        "test": (None, None),
        "dev": ("test", {"stack": "dev"}),
        "staging": ("dev", {"stack": "staging", "from": "dev"}),
        "prod": ("staging", {"stack": "prod", "from": "staging"}),
    }
    job = read("deploy-stack")["jobs"]["deploy"]
    assert job["environment"] == "${{ inputs.stack }}"
    assert job["concurrency"] == {"group": "deploy-${{ inputs.stack }}", "cancel-in-progress": "false"}
    runs = [step["run"] for step in job["steps"] if "run" in step]
    order = ["operations promote", "pulumi up", "operations verify", "make rollback"]
    assert [next(n for n, run in enumerate(runs) if command in run) for command in order] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("workflow", "job"), [("pull-request", "sandbox"), ("pull-request", "aws"), ("drift", "check"), ("scan", "scan")]
)
def test_every_stack_is_checked(workflow: str, job: str) -> None:
    strategy = read(workflow)["jobs"][job]["strategy"]
    assert strategy == {"fail-fast": "false", "matrix": {"stack": STACKS}}
    assert {path.name.split(".")[1] for path in ROOT.glob("Pulumi.*.yaml")} == set(STACKS)


def test_drift_has_a_concurrency_group_for_each_stack() -> None:
    concurrency = read("drift")["jobs"]["check"]["concurrency"]
    assert concurrency == {"group": "drift-${{ matrix.stack }}", "cancel-in-progress": "false"}


def test_no_expression_is_expanded_in_a_script() -> None:
    for path in ALL:
        assert "${{" not in scripts(path), path.name


def test_every_job_has_a_timeout() -> None:
    for workflow, name, job in jobs():
        limit = JOB_MINUTES if workflow == "deploy-stack" else 120
        assert "uses" in job or int(job["timeout-minutes"]) <= limit, f"{workflow}: {name}"


def test_deployment_has_all_the_time_that_github_allows() -> None:
    job = read("deploy-stack")["jobs"]["deploy"]
    seconds = str(JOB_MINUTES * 60)
    assert job["timeout-minutes"] == str(JOB_MINUTES)
    [session] = [step["with"]["role-duration-seconds"] for step in job["steps"] if "assume" in str(step).lower()]
    assert session == seconds
    assert re.findall(r"--max-session-duration (\d+)", (ROOT / "docs" / "ci.md").read_text()) == [seconds]
    [verify] = [step["run"] for step in job["steps"] if "operations verify" in step.get("run", "")]
    assert verify.endswith(f"--wait {seconds}")
    assert seconds == str(REDEPLOY_WAIT_SECONDS)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("stack", STACKS)
def test_job_can_wait_for_every_strategy_of_the_committed_stacks(stack: str, strategy: str) -> None:
    deployment = run(stack, deploymentStrategy=strategy)
    assert not [warning for warning in deployment.warnings if "CI job" in warning]


def test_deployments_run_the_official_cli_in_the_version_of_the_sandboxes_engine() -> None:
    pinned = (ROOT / ".pulumi.version").read_text().strip()
    assert f"github.com/pulumi/pulumi/pkg/v3 v{pinned}\n" in (ROOT / "sandbox" / "engine" / "go.mod").read_text()
    for workflow, name in (("deploy-stack", "deploy"), ("drift", "check"), ("pull-request", "aws")):
        steps = read(workflow)["jobs"][name]["steps"]
        assert "./.github/actions/pulumi" in [step.get("uses") for step in steps]
    for path in ALL:
        text = path.read_text()
        assert text.count("uses: pulumi/actions@") == text.count("pulumi-version-file: .pulumi.version"), path.name


def test_preview_and_deployment_enforce_the_policies() -> None:
    [preview] = [step for step in read("pull-request")["jobs"]["aws"]["steps"] if step.get("with", {}).get("command")]
    assert preview["with"]["policyPacks"] == "policy"
    assert "make preview" in scripts(GITHUB / "workflows" / "pull-request.yml")
    assert re.search(
        r"pulumi up [^#]*--policy-pack policy$", scripts(GITHUB / "workflows" / "deploy-stack.yml"), re.MULTILINE
    )
    pack = yaml.safe_load((ROOT / "policy" / "PulumiPolicy.yaml").read_text())
    assert pack["runtime"]["name"] == "python"
    # The packages are those of the program.
    virtual_environment = ROOT / "policy" / pack["runtime"]["options"]["virtualenv"]
    program = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    assert virtual_environment.resolve() == (ROOT / program["runtime"]["options"]["virtualenv"]).resolve()


def test_scripts_call_existing_commands() -> None:
    text = "\n".join(scripts(path) for path in ALL)
    phony = re.findall(r"^\.PHONY:(.*)$", (ROOT / "Makefile").read_text().replace("\\\n", " "), re.MULTILINE)
    targets = {name for line in phony for name in line.split()}
    called = set(re.findall(r"^\s*make (?:-C \S+ )?([a-z]+)", text, re.MULTILINE))
    assert {"preview", "up", "venv"} <= called
    assert called <= targets
    assert set(re.findall(r"python -m ([\w.]+)", text)) == {
        "ci.cost",
        "ci.drift",
        "ci.image_tag",
        "operations",
        "sandbox",
    }
    assert (ROOT / ".ci" / "run").exists()


def test_scan_reaches_the_sandbox_alone() -> None:
    [job] = read("scan")["jobs"].values()
    runs = [step["run"] for step in job["steps"] if "run" in step]
    assert runs == ['make up STACK="$STACK"', 'make scan STACK="$STACK" ON=sandbox | tee -a "$GITHUB_STEP_SUMMARY"']
    # With bash given by name GitHub sets pipefail, so that the scan's exit status counts, and not that of tee.
    assert job["steps"][-1]["shell"] == "bash"
