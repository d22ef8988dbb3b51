"""The policy pack, run by the engine on a stack that breaks each rule.

tests/program/test_policy.py checks that the program keeps the rules with every feature, and test_drift.py that the
engine finds nothing in a stack with everything.
"""

from __future__ import annotations

import json
import os
import re

import pytest

from policy.rules import NOTICES, RULES, STACK_RULES, escapes
from tests.live.harness import ROOT, LiveSandbox
from tests.live.stack import ensure

pytestmark = pytest.mark.live

OFFENDING = ROOT / "tests" / "live" / "offending_stack"


def violations(output: str) -> set[tuple[str, str, str]]:
    """Level, rule and resource of each violation in the output of a preview."""
    return set(re.findall(r"\[(mandatory|advisory)\]\s+(\S+)\s+\(\S+ (\S+)\)", output))


@pytest.fixture(scope="module")
def offending(sandbox: LiveSandbox, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The output of one preview of the stack that breaks each rule."""
    ensure(sandbox, "dev")
    folder = tmp_path_factory.mktemp("offending")
    plugins = sandbox.home / "bin"
    project = {
        "name": "offending",
        "runtime": {"name": "python", "options": {"toolchain": "pip", "virtualenv": str(ROOT / ".venv")}},
        "main": os.path.relpath(OFFENDING, folder),
        "plugins": {"providers": [{"name": "aws", "path": str(plugins)}]},
    }
    (folder / "Pulumi.yaml").write_text(json.dumps(project))
    (folder / "state").mkdir()
    options = f"PULUMI_OPTION_CWD={folder} PULUMI_BACKEND_URL={(folder / 'state').as_uri()}"
    sandbox.succeeds(f"{options} pulumi stack init prod --non-interactive")
    pack = plugins / "pulumi-analyzer-policy"
    run = sandbox.run(f"{options} pulumi preview -s prod --non-interactive --policy-pack {pack}")
    assert run.status != 0
    assert "Traceback" not in run.output
    return run.output


# The sandbox's provider knows none of the types that escape the rules.
def test_one_preview_reports_each_violation_with_its_resource(offending: str) -> None:
    assert violations(offending) == {
        *(("mandatory", rule.name, rule.name) for rule in (*RULES, *STACK_RULES) if rule.check is not escapes),
        *(("advisory", rule.name, rule.name) for rule in NOTICES),
    }, offending


def test_violation_shows_no_value_of_a_variable(offending: str) -> None:
    assert "API_TOKEN" in offending
    assert "correct-horse" not in offending
