"""Commands of the documents that only read or configure, as they stand there, on the stack with everything.

Other files run those of one subject: tests/unit/support/test_commands.py knows which file runs what.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from tests.live.harness import succeeded
from tests.live.stack import Stack
from tests.support.commands import below, blocks

pytestmark = pytest.mark.live

SHELLS = 4


def test_examples_of_the_configuration(everything: Stack, tmp_path: Path) -> None:
    sandbox = everything.sandbox
    (examples,) = below("docs/configuration.md", "Configuration")
    with sandbox.temporary_config("dev"):
        succeeded(sandbox.types(f"pulumi stack select dev\n{examples}", tmp_path))
        assert "oncall@example.com" in sandbox.stack_file("dev").read_text()


def test_first_commands_of_the_alarms(everything: Stack, tmp_path: Path) -> None:
    """They only read, so they run side by side.

    `pulumi stack output` is a lookup in the state here: they ask for many outputs, and starting pulumi takes long.
    """
    first, *others = blocks("docs/alarms.md")
    head = first.code.replace("stack select prod", "stack select dev")
    for name, value in everything.outputs.items():
        (tmp_path / name).write_text(str(value))
    head += '\npulumi() { test "$1 $2" = "stack output" && cat "$3"; }'
    headings = {block.code: block.heading for block in others}  # two alarms may have the same commands
    commands = [f"{{ {code}}} || echo 'failed: {heading}'" for code, heading in headings.items()]
    shells = ["\n".join([head, *commands[first::SHELLS]]) for first in range(SHELLS)]
    types = partial(everything.sandbox.types, folder=tmp_path)
    with ThreadPoolExecutor(SHELLS) as threads:
        outputs = "\n".join(succeeded(run) for run in threads.map(types, shells))
    assert "failed: " not in outputs, outputs
