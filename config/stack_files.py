"""The stack files of this clone. Only the standard library: a workflow lists the stacks before it installs packages."""

import os
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
# The variable of the option --cwd of every pulumi command. `.sandbox/env` sets it to the sandbox's project folder.
_FOLDER_OF_PULUMI: Final = "PULUMI_OPTION_CWD"


def folder_of_stack_files() -> Path:
    """Returns the folder where pulumi reads the stack files: this clone, or the sandbox's project folder."""
    return Path(os.environ.get(_FOLDER_OF_PULUMI, ROOT))


def committed_stacks(folder: Path = ROOT) -> list[str]:
    """Returns the stacks that have a file, sorted."""
    return sorted(path.name.split(".")[1] for path in folder.glob("Pulumi.?*.yaml"))
