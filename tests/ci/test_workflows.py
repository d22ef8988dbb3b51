"""The workflows, beyond what actionlint and zizmor check. `make lint` runs those two."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, cast
from unittest import mock

import pytest
import yaml

from ci import deploy
from components.lib.timeline import JOB_MINUTES
from components.service.strategy import STRATEGIES
from config.stack_files import committed_stacks
from config.stack_name import environment_of, region_of
from operations.redeploy import WAIT_SECONDS as REDEPLOY_WAIT_SECONDS
from recording.program import certificate, shape
from tests.ci.conftest import phony
from tests.support.config_values import HTTPS
from tests.support.stack_config import load

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
ALL = [*WORKFLOWS, *sorted((GITHUB / "actions").glob("*/action.yml"))]
STACKS = committed_stacks()


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


def test_forks_get_no_credentials() -> None:
    events = {path.stem: set(read(path.stem)["on"]) for path in WORKFLOWS}
    assert events == {
        "deploy": {"push", "workflow_dispatch"},
        "deploy-environment": {"workflow_call"},
        "drift": {"schedule", "workflow_dispatch"},
        "pull-request": {"pull_request"},
        "scan": {"schedule", "workflow_dispatch"},
        "stacks": {"workflow_call"},
        "test": {"workflow_call"},
    }
    for path in ALL:
        assert "secrets." not in path.read_text(), "there are none: jobs assume roles through OIDC"
    for name, job in read("pull-request")["jobs"].items():
        if "id-token" in job["permissions"]:
            assert job["if"].startswith("github.event.pull_request.head.repo.full_name == github.repository &&"), name


def test_pull_request_is_compared_with_the_commit_that_it_is_merged_into() -> None:
    """The base in the event can be older: github.com/shakacode/react_on_rails/pull/4819 has such a run."""
    assert "github.event.pull_request.base" not in (GITHUB / "workflows" / "pull-request.yml").read_text()
    compared = {name: job for name, job in read("pull-request")["jobs"].items() if "HEAD^1" in str(job)}
    assert compared.keys() == {"sandbox", "cost", "aws"}
    for name, job in compared.items():
        assert job["steps"][0]["with"]["fetch-depth"] == "2", name


@pytest.mark.parametrize(
    ("results", "status"),
    [
        ("success,success,success,success,success", 0),
        ("success,success,success,success,skipped", 0),
        ("success,failure,skipped,success,skipped", 1),
        ("success,success,cancelled,success,success", 1),
    ],
)
def test_one_check_fails_if_any_job_of_a_pull_request_does(results: str, status: int) -> None:
    """Main requires this check alone, as a matrix job that is skipped reports none under the names of its stacks."""
    jobs = read("pull-request")["jobs"]
    job = jobs.pop("all")
    assert set(job["needs"]) == set(jobs)
    assert job["if"] == "always()"
    assert job["env"] == {"RESULTS": "${{ join(needs.*.result) }}"}
    assert f'require the check "{job["name"]}"' in (ROOT / "docs" / "ci.md").read_text()
    [step] = job["steps"]
    run = subprocess.run(["/bin/sh", "-ec", step["run"]], env={"RESULTS": results}, capture_output=True, check=False)  # noqa: S603
    assert run.returncode == status


def test_jobs_have_the_permissions_they_need() -> None:
    writes = {
        ("pull-request", "aws"): {"id-token", "pull-requests"},
        ("pull-request", "cost"): {"pull-requests"},
        ("deploy", "dev"): {"id-token"},
        ("deploy", "staging"): {"id-token"},
        ("deploy", "prod"): {"id-token"},
        ("deploy-environment", "deploy"): {"id-token"},
        ("drift", "check"): {"id-token"},
        ("drift", "issue"): {"issues"},
    }
    for path in WORKFLOWS:
        assert read(path.stem)["permissions"] == {}, path.name
    for workflow, name, job in jobs():
        reads = {} if (workflow, name) == ("pull-request", "all") else {"contents": "read"}
        expected = reads | dict.fromkeys(writes.get((workflow, name), set()), "write")
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
        "dev": ("test", {"environment": "dev"}),
        "staging": ("dev", {"environment": "staging", "from": "dev"}),
        "prod": ("staging", {"environment": "prod", "from": "staging"}),
    }
    assert {environment_of(stack) for stack in STACKS} == {*deploy} - {"test"}


def test_commits_reach_the_deployments_in_their_order() -> None:
    """A run whose tests take longer than those of a later run would otherwise deploy after it."""
    assert read("deploy")["jobs"]["test"]["concurrency"] == {"group": "deploy-test", "cancel-in-progress": "false"}


def test_one_job_with_one_approval_deploys_all_regions() -> None:
    """Not a matrix: each of its jobs that starts later needs an approval, and a failed one cancels those that run."""
    [job] = read("deploy-environment")["jobs"].values()
    assert "strategy" not in job
    assert job["environment"] == "${{ inputs.environment }}"
    assert job["concurrency"] == {"group": "deploy-${{ inputs.environment }}", "cancel-in-progress": "false"}


@pytest.mark.parametrize("source", ["", "staging"])
def test_deploy_job_runs_the_deployment(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The step's command, as the shell expands it, reaches the deployment."""
    [job] = read("deploy-environment")["jobs"].values()
    variables = {"ENVIRONMENT": "prod", "FROM": source, "WAVE": "2"}
    assert variables.keys() < job["env"].keys()
    [script] = [step["run"] for step in job["steps"] if "run" in step]
    echo = script.replace(".venv/bin/python", "printf '%s\\n'")
    shell = ["/bin/sh", "-c", echo]
    words = subprocess.run(shell, env=variables, capture_output=True, text=True, check=True).stdout.split("\n")[:-1]  # noqa: S603
    assert words[:2] == ["-m", "ci.deploy"]
    deployment = mock.Mock(return_value=[])
    monkeypatch.setattr(deploy, "deploy", deployment)
    monkeypatch.setattr(deploy, "_summary", mock.Mock(return_value=""))
    assert deploy.main(words[2:]) == 0
    assert deployment.call_args.args == ("prod", source, 2)


@pytest.mark.parametrize(
    ("workflow", "job"), [("pull-request", "sandbox"), ("pull-request", "aws"), ("drift", "check"), ("scan", "scan")]
)
def test_every_stack_is_checked(workflow: str, job: str) -> None:
    jobs = read(workflow)["jobs"]
    matrix = {"stack": "${{ fromJSON(needs.stacks.outputs.stacks) }}"}
    assert jobs[job]["strategy"] == {"fail-fast": "false", "matrix": matrix}
    assert jobs[job]["needs"] == "stacks"
    assert jobs["stacks"]["uses"] == "./.github/workflows/stacks.yml"


def test_command_of_a_job_that_installs_no_packages_needs_none() -> None:
    modules = re.findall(r"(?<!/)\bpython -m ([\w.]+)", "\n".join(scripts(path) for path in ALL))
    assert modules
    code = f"import sys; sys.path.insert(0, '.'); import {', '.join(modules)}"
    subprocess.run([sys.executable, "-I", "-S", "-c", code], cwd=ROOT, check=True)  # noqa: S603


def test_stacks_are_those_that_have_a_file(tmp_path: Path) -> None:
    for folder in ("ci", "config"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.prod.yaml", "Pulumi.prod-eu-north-1.yaml"):
        (tmp_path / name).touch()
    [job] = read("stacks")["jobs"].values()
    [step] = [step for step in job["steps"] if "run" in step]
    assert job["outputs"] == {"stacks": f"${{{{ steps.{step['id']}.outputs.stacks }}}}"}
    output = tmp_path / "output"
    shell = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "GITHUB_OUTPUT": str(output)}
    subprocess.run(["/bin/sh", "-ec", step["run"]], cwd=tmp_path, env=shell, check=True)  # noqa: S603
    assert output.read_text() == 'stacks=["dev", "prod", "prod-eu-north-1"]\n'


# The first versions for Node 24. GitHub announced that it removes Node 20 from its runners on 2026-09-16:
# github.blog/changelog/2025-09-19-deprecation-of-node-20-on-github-actions-runners.
NODE_24 = {
    "actions/cache": 5,
    "actions/checkout": 5,
    "actions/download-artifact": 7,
    "actions/setup-go": 6,
    "actions/setup-python": 6,
    "actions/upload-artifact": 6,
    "aws-actions/configure-aws-credentials": 6,
    "pulumi/actions": 7,
}


def test_actions_run_on_the_node_of_the_runners() -> None:
    used = re.findall(r"uses: ([\w-]+/[\w-]+)@[0-9a-f]{40} # v(\d+)\.", "".join(path.read_text() for path in ALL))
    assert {name for name, _ in used} == set(NODE_24)
    assert [(name, major) for name, major in used if int(major) < NODE_24[name]] == []


def test_failure_before_a_pipe_counts() -> None:
    """GitHub sets pipefail only for a shell that is given by name."""
    for path in WORKFLOWS:
        for job in read(path.stem)["jobs"].values():
            for step in job.get("steps", []):
                assert " | " not in step.get("run", "") or step.get("shell") == "bash", f"{path.stem}: {step['name']}"


def test_every_job_has_a_timeout() -> None:
    for workflow, name, job in jobs():
        limit = JOB_MINUTES if workflow == "deploy-environment" else 120
        assert "uses" in job or int(job["timeout-minutes"]) <= limit, f"{workflow}: {name}"


def test_deployment_has_all_the_time_that_github_allows() -> None:
    job = read("deploy-environment")["jobs"]["deploy"]
    seconds = str(JOB_MINUTES * 60)
    assert job["timeout-minutes"] == str(JOB_MINUTES)
    [session] = [step["with"]["role-duration-seconds"] for step in job["steps"] if "assume" in str(step).lower()]
    assert session == seconds
    assert re.findall(r"--max-session-duration (\d+)", (ROOT / "docs" / "ci.md").read_text()) == [seconds]
    assert seconds == str(REDEPLOY_WAIT_SECONDS)


def test_job_can_wait_for_every_strategy_of_the_committed_stacks() -> None:
    for stack in STACKS:
        region = region_of(stack) or "us-east-1"
        https = {**HTTPS, "certificateArn": certificate(region)}
        for strategy in STRATEGIES:
            settings = load({**shape(stack), **https, "deploymentStrategy": strategy}, stack, region)
            assert settings.timeline.fits_ci_job, f"{stack} with {strategy}"


def test_deployments_run_the_official_cli_in_the_version_of_the_sandboxes_engine() -> None:
    pinned = (ROOT / ".pulumi.version").read_text().strip()
    assert f"github.com/pulumi/pulumi/pkg/v3 v{pinned}\n" in (ROOT / "sandbox" / "engine" / "go.mod").read_text()
    for workflow, name in (("deploy-environment", "deploy"), ("drift", "check"), ("pull-request", "aws")):
        steps = read(workflow)["jobs"][name]["steps"]
        assert "./.github/actions/pulumi" in [step.get("uses") for step in steps]
    for path in ALL:
        text = path.read_text()
        assert text.count("uses: pulumi/actions@") == text.count("pulumi-version-file: .pulumi.version"), path.name


def test_preview_enforces_the_policies() -> None:
    [preview] = [step for step in read("pull-request")["jobs"]["aws"]["steps"] if step.get("with", {}).get("command")]
    assert preview["with"]["policyPacks"] == "policy"
    assert "make preview" in scripts(GITHUB / "workflows" / "pull-request.yml")
    pack = yaml.safe_load((ROOT / "policy" / "PulumiPolicy.yaml").read_text())
    assert pack["runtime"]["name"] == "python"
    # The packages are those of the program.
    virtual_environment = ROOT / "policy" / pack["runtime"]["options"]["virtualenv"]
    program = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    assert virtual_environment.resolve() == (ROOT / program["runtime"]["options"]["virtualenv"]).resolve()


def test_scripts_call_existing_commands() -> None:
    text = "\n".join(scripts(path) for path in ALL)
    called = set(re.findall(r"^\s*make (?:-C \S+ )?([a-z]+)", text, re.MULTILINE))
    assert {"preview", "up", "venv"} <= called
    assert called <= phony()
    modules = set(re.findall(r"python -m ([\w.]+)", text))
    assert modules and all(importlib.util.find_spec(module) for module in modules)
    assert (ROOT / ".ci" / "run").exists()
