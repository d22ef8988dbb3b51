"""An engine that is killed during an update: `make up` starts over, or docs/recovery.md repairs the stack.

The tests are one story, from an empty sandbox to one with the stack dev, which other files use after this one.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import psutil
import pytest

from tests.live.account import holdings
from tests.live.harness import LiveSandbox, succeeded
from tests.support import contract
from tests.support.commands import below, filled

DEADLINE_SECONDS = 60
TABLES = {f"demo-dev-{table}" for table in contract.TABLES}
# The tables and their component, so that nothing else is being created.
UPDATE = "pulumi up -s dev --yes --skip-preview --non-interactive --target '**::data-stores' --target '**:Table::*'"


@pytest.fixture(scope="module")
def sandbox(apart: LiveSandbox) -> LiveSandbox:
    return apart


def tables(sandbox: LiveSandbox) -> tuple[list[str], list[str]]:
    """The tables in the state of dev, and those whose creation the engine has begun and not ended."""
    file = sandbox.home / "state" / ".pulumi" / "stacks" / "voiceter-backend" / "dev.json"
    latest: dict[str, Any] = json.loads(file.read_text())["checkpoint"].get("latest") or {}
    created: list[dict[str, Any]] = latest.get("resources", [])
    operations: list[dict[str, Any]] = latest.get("pending_operations", [])
    pending: list[dict[str, Any]] = [operation["resource"] for operation in operations]

    def urns(resources: list[dict[str, Any]]) -> list[str]:
        return [one["urn"] for one in resources if one["type"] == "aws:dynamodb/table:Table"]

    return urns(created), urns(pending)


@contextmanager
def frozen_update(sandbox: LiveSandbox) -> Generator[subprocess.Popen[str]]:
    """An update of dev that is creating the tables, in an account that does not answer until the end."""
    account = json.loads((sandbox.home / "account.json").read_text())["pid"]
    command = f'. "{sandbox.home}/env"; exec {UPDATE}'
    with subprocess.Popen(  # noqa: S603 - the test's own command
        ["/bin/sh", "-c", command],
        env=sandbox.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as update:
        while not tables(sandbox)[1]:
            assert update.poll() is None
            time.sleep(0.002)
        os.kill(account, signal.SIGSTOP)
        try:
            began = time.monotonic()
            while sum(map(len, tables(sandbox))) < len(TABLES):
                assert time.monotonic() - began < DEADLINE_SECONDS
                time.sleep(0.1)
            time.sleep(1)  # the provider has then sent its calls, which the account handles at the end
            yield update
        finally:
            os.kill(account, signal.SIGCONT)
            update.wait(timeout=DEADLINE_SECONDS)


def kill(update: subprocess.Popen[str]) -> None:
    """Kills the engine while the account handles its calls, which end after it."""
    children = psutil.Process(update.pid).children(recursive=True)
    plugins = [child for child in children if "sandbox.provider" in child.cmdline()]
    update.kill()
    _, alive = psutil.wait_procs(plugins, timeout=DEADLINE_SECONDS)
    assert plugins
    assert not alive, "a plugin outlives its engine"
    for child in children:  # Pulumi's language host does not end with its engine
        if child.is_running():
            child.kill()


def test_commands_of_the_recovery_guide_repair_the_stack(sandbox: LiveSandbox) -> None:
    preview = succeeded(sandbox.command("preview", "dev"))
    assert "voiceter-backend@v" in preview, "it enforces the policies"
    with frozen_update(sandbox) as update:
        refusal = sandbox.fails("pulumi up -s dev --yes --skip-preview --non-interactive")
        kill(update)
    assert "the stack is currently locked by" in refusal
    cancel, show_pending, find, move, finish = below("docs/recovery.md", "An engine that was killed")
    (import_object,) = below("docs/recovery.md", "An object that is not in the state")
    folder = sandbox.home / "project"

    def run(script: str) -> str:
        # `pulumi` looks for its files in the sandbox's project folder, wherever the shell is.
        options = "PULUMI_OPTION_NON_INTERACTIVE=true PULUMI_OPTION_YES=true PULUMI_OPTION_SKIP_PREVIEW=true"
        return sandbox.succeeds(f'cd "{folder}"; export {options}; {script}')

    run("pulumi stack select dev")
    run(cancel)
    pending = tables(sandbox)[1]
    urns = re.findall(r"^creating (.+)$", run(show_pending), re.MULTILINE)
    assert urns
    assert urns == pending
    run(find.replace("Values=prod", "Values=dev"))
    dynamodb = sandbox.client("dynamodb")
    ids = {urn: f"demo-dev-{urn.rpartition('::')[2]}" for urn in urns}
    dynamodb.delete_table(TableName=ids[urns[0]])  # as if its creation had failed
    existing = set(dynamodb.list_tables()["TableNames"])
    created = {table: dynamodb.describe_table(TableName=table)["Table"] for table in existing}
    assert created
    found = {urn: name for urn, name in ids.items() if name in existing}
    overlooked = dict([found.popitem()])
    (folder / "ids.json").write_text(json.dumps(found))
    preview = run(move)
    assert "replace" not in preview
    for name in overlooked.values():
        short_name = name.removeprefix("demo-dev-")
        of_table = import_object.replace("Table sessions demo-sessions", f"Table {short_name} {name}")
        preview = run(filled(of_table, STACK="dev"))
        assert "replace" not in preview
    run(finish)
    assert set(holdings(sandbox)["tables"]) == TABLES
    for name, before in created.items():
        after = dynamodb.describe_table(TableName=name)["Table"]
        assert after["CreationDateTime"] == before["CreationDateTime"], "the table was created a second time"


def test_make_up_of_the_readme_after_the_repair_does_not_start_over_and_pushes_the_image_again(
    sandbox: LiveSandbox,
) -> None:
    assert not tables(sandbox)[1]
    make_up, _ = below("README.md", "Voiceter backend infrastructure")
    output = succeeded(sandbox.start(["/bin/sh", "-c", make_up]))
    assert "starting over" not in output
    assert "Supplied: a stand-in image" in output
    assert "dev is up" in output


def test_account_that_ended_is_named_by_preview_and_replaced(sandbox: LiveSandbox) -> None:
    """By `make down`, which starts a new account as `make up` does, and brings nothing up."""
    account = json.loads((sandbox.home / "account.json").read_text())
    os.kill(account["pid"], signal.SIGKILL)
    preview = sandbox.command("preview", "dev")
    assert preview.status == 1
    assert "its content is lost. The state still lists: dev." in preview.output
    assert "`make up STACK=dev` starts over" in preview.output
    sandbox.down("dev")
    assert json.loads((sandbox.home / "account.json").read_text())["url"] == account["url"]
    assert holdings(sandbox) == {}


def test_up_after_a_kill_starts_over(sandbox: LiveSandbox) -> None:
    sandbox.succeeds("pulumi stack init dev")
    sandbox.remove("dev", "imageTag")  # the new account has no registry yet
    with frozen_update(sandbox) as update:
        kill(update)
    assert tables(sandbox)[1]
    output = sandbox.up("dev")
    assert "starting over with a new account" in output
    assert f"make clean SANDBOX_HOME={sandbox.home}: stop" in output, "as a command in another shell needs it"
    assert set(holdings(sandbox)["tables"]) == TABLES
