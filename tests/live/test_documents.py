"""The commands of the documents, run in order and as they stand there on the stack dev.

tests/live/test_documents_of_all_stacks.py runs those that need staging and prod, other files those of one subject.
tests/unit/support/test_commands.py knows which file runs what.
"""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from tests.live.harness import LiveSandbox, succeeded
from tests.live.stack import Stack
from tests.support.commands import Block, below, blocks

pytestmark = pytest.mark.live

# The transcripts of docs/releases.md. tests/live/test_documents_of_all_stacks.py runs the first one.
_, RELEASE, FAILED_RELEASE, ROLLBACK, REDEPLOY, BLUE_GREEN, BACK_TO_ROLLING, REDIS = blocks("docs/releases.md")
SHELLS = 4
FAILURES = ("error: ", "**updating failed**", "ROLLED BACK: ")  # in the output of a command that fails
CHANGED = re.compile(r"^ (\+\+|\+|~|-) +(aws:\S+ \S+)", re.MULTILINE)  # how the engine shows an operation on a resource


@pytest.fixture(scope="module")
def sandbox(dev: Stack) -> LiveSandbox:
    """A sandbox with the stack dev and an image to release."""
    dev.sandbox.image("dev", "1.4.2")
    dev.sandbox.succeeds("pulumi stack select dev")
    return dev.sandbox


def without_update(block: str) -> str:
    """A block of configuration without its last command, for another one that deploys it."""
    assert block.endswith("\npulumi up\n")
    return block.removesuffix("pulumi up\n")


def follow(sandbox: LiveSandbox, folder: Path, block: Block) -> None:
    """Runs a transcript. Each command has to succeed, fail and print as it does there."""
    for command, shown in zip(block.code.splitlines(), block.shown, strict=True):
        run = sandbox.types(command, folder)
        assert (run.status != 0) is any(failure in shown for failure in FAILURES), (command, run.output)
        assert set(CHANGED.findall(shown)) <= set(CHANGED.findall(run.output)), (command, run.output)
        for verdict in ("OK: the service runs", "ROLLED BACK: ", "dev is back on 1.4.2."):
            assert (verdict in run.output) or (verdict not in shown), (command, run.output)
        assert [line for line in lasting(shown) if line not in run.output] == [], (command, run.output)


def lasting(shown: str) -> list[str]:
    """The lines of a transcript that are the same in every run: without a number, an id or something left out."""
    lines = [line for line in shown.splitlines() if not CHANGED.match(line)]
    return [line.strip() for line in lines if not re.search(r"\d|…", line)]


def test_secrets_a_schedule_and_redis(sandbox: LiveSandbox, tmp_path: Path) -> None:
    """One update deploys all of them."""
    sections = ("Secrets", "Scheduled scaling")
    commands = [without_update(block) for section in sections for block in below("docs/configuration.md", section)]
    succeeded(sandbox.types("".join(commands), tmp_path))
    follow(sandbox, tmp_path, REDIS)
    assert {"enableAuth", "scalingSchedule", "redisAuthToken"} <= deployed(sandbox)


def deployed(sandbox: LiveSandbox) -> set[str]:
    """The keys in the configuration of the last update."""
    (latest, *_) = json.loads(sandbox.succeeds("pulumi stack history --json --page-size 1 -s dev"))
    return {key.partition(":")[2] for key in latest["config"]}


def test_examples_of_the_configuration(sandbox: LiveSandbox, tmp_path: Path) -> None:
    (examples,) = below("docs/configuration.md", "Configuration")
    with sandbox.temporary_config("dev"):
        succeeded(sandbox.types(examples, tmp_path))
        assert "oncall@example.com" in sandbox.stack_file("dev").read_text()


def test_first_commands_of_the_alarms(sandbox: LiveSandbox, tmp_path: Path) -> None:
    """They only read, so they run side by side.

    `pulumi stack output` is a lookup in the state here: they ask for many outputs, and starting pulumi takes long.
    """
    first, *others = blocks("docs/alarms.md")
    head = first.code.replace("stack select prod", "stack select dev")
    for name, value in sandbox.outputs("dev").items():
        (tmp_path / name).write_text(str(value))
    head += '\npulumi() { test "$1 $2" = "stack output" && cat "$3"; }'
    commands = [f"{{ {block.code}}} || echo 'failed: {block.heading}'" for block in others]
    shells = ["\n".join([head, *commands[first::SHELLS]]) for first in range(SHELLS)]
    with ThreadPoolExecutor(SHELLS) as threads:
        outputs = "\n".join(succeeded(run) for run in threads.map(partial(sandbox.types, folder=tmp_path), shells))
    assert "failed: " not in outputs, outputs


def test_release_a_failed_one_and_the_way_back(sandbox: LiveSandbox, tmp_path: Path) -> None:
    (with_an_image,) = [block for block in blocks("README.md") if block.code.startswith("pulumi config set imageTag")]
    # The transcript starts with the command that is left out.
    succeeded(sandbox.types(without_update(with_an_image.code), tmp_path))
    follow(sandbox, tmp_path, RELEASE)
    sandbox.image("dev", "1.5.0", "unhealthy")
    sandbox.set("dev", imageTag="1.5.0")
    follow(sandbox, tmp_path, FAILED_RELEASE)
    follow(sandbox, tmp_path, ROLLBACK)
    follow(sandbox, tmp_path, REDEPLOY)


def test_deployment_strategy_and_the_way_back(sandbox: LiveSandbox, tmp_path: Path) -> None:
    follow(sandbox, tmp_path, BLUE_GREEN)
    follow(sandbox, tmp_path, BACK_TO_ROLLING)
