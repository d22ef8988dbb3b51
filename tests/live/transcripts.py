"""The transcripts of docs/releases.md, which live tests follow on the stack dev.

tests/live/test_documents_of_all_stacks.py follows the first one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from tests.live.harness import LiveSandbox
from tests.support.commands import Block, blocks

_, RELEASE, FAILED_RELEASE, ROLLBACK, REDEPLOY, BLUE_GREEN, BACK_TO_ROLLING, REDIS = blocks("docs/releases.md")
_FAILURES = ("error: ", "**updating failed**", "ROLLED BACK: ")  # in the output of a command that fails
# How the engine shows an operation on a resource.
_CHANGED = re.compile(r"^ (\+\+|\+|~|-) +aws:(\S+ \S+)", re.MULTILINE)


def follow(sandbox: LiveSandbox, folder: Path, block: Block) -> str:
    """Runs a transcript. Each command has to succeed, fail and print as it does there; the output of all."""
    outputs: list[str] = []
    for command, shown in zip(block.code.splitlines(), block.shown, strict=True):
        run = sandbox.types(command, folder)
        assert (run.status != 0) is any(failure in shown for failure in _FAILURES), (command, run.output)
        assert set(_CHANGED.findall(shown)) <= set(_CHANGED.findall(run.output)), (command, run.output)
        for verdict in ("OK: the service runs", "ROLLED BACK: ", "dev is back on 1.4.2."):
            assert (verdict in run.output) or (verdict not in shown), (command, run.output)
        assert [line for line in _lasting(shown) if line not in run.output] == [], (command, run.output)
        outputs.append(run.output)
    return "".join(outputs)


def changes_shown(output: str) -> Mapping[str, str]:
    """What an update changed, from its output: type and name of a resource -> the sign of the operation."""
    return {name: sign for sign, name in _CHANGED.findall(output)}


def without_update(block: str) -> str:
    """A block of configuration without its last command, for another one that deploys it."""
    assert block.endswith("\npulumi up\n")
    return block.removesuffix("pulumi up\n")


def _lasting(shown: str) -> list[str]:
    """The lines of a transcript that are the same in every run: without a number, an id or something left out."""
    lines = [line for line in shown.splitlines() if not _CHANGED.match(line)]
    return [line.strip() for line in lines if not re.search(r"\d|…", line)]
