"""What make says on a machine that lacks something: the reason and what to do, with a status other than 0."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOBODY = 65534
# A Python that creates a virtual environment in which `pip` fails, after it has warned of each attempt.
PYTHON = """#!/bin/sh
test "$1 $2" = "-m venv" || exit 0
mkdir -p .venv/bin
printf '#!/bin/sh\\n' > .venv/bin/python
printf '#!/bin/sh\\nfor n in 1 2 3 4 5; do echo "attempt $n" >&2; done; exit 1\\n' > .venv/bin/pip
chmod +x .venv/bin/*
"""


@pytest.fixture
def clone() -> Iterator[Path]:
    """A clone without packages, in a folder that other users can reach."""
    mask = os.umask(0o022)
    folder = Path(tempfile.mkdtemp()).resolve()
    folder.chmod(0o755)
    for path in (ROOT / "Makefile", *ROOT.glob("requirements*.txt")):
        shutil.copy(path, folder)
    _script(folder / "python", PYTHON)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)
    os.umask(mask)


def _script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def _install(clone: Path) -> None:
    """Makes a virtual environment that is up to date, with a `pre-commit` that prints where it keeps its files."""
    _script(clone / ".venv" / "bin" / "python", "#!/bin/sh\n")
    _script(clone / ".venv" / "bin" / "pre-commit", '#!/bin/sh\necho "keeps its files in $PRE_COMMIT_HOME"\n')
    for stamp in (".stamp", ".stamp-dev"):
        (clone / ".venv" / "bin" / stamp).touch()


def _make(
    clone: Path, *arguments: str, variables: Mapping[str, str] | None = None, user: int | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        ["make", "--no-print-directory", "PYTHON=./python", *arguments],  # noqa: S607
        cwd=clone,
        env={"PATH": os.environ["PATH"], "HOME": str(clone), **(variables or {})},
        capture_output=True,
        text=True,
        check=False,
        user=user,
        group=user,
        extra_groups=None if user is None else [],
    )


def _refused(run: subprocess.CompletedProcess[str]) -> str:
    """Returns why make refuses. Only the standard error says so, as others read the output."""
    assert (run.returncode, run.stdout) == (2, "")
    assert "Traceback" not in run.stderr
    return run.stderr


def _refused_as_another_user(clone: Path, *arguments: str) -> str:
    """Returns why make refuses a user who cannot write to the clone: not root, who can write anywhere."""
    if os.geteuid() == 0:
        return _refused(_make(clone, *arguments, user=NOBODY))
    clone.chmod(0o555)
    return _refused(_make(clone, *arguments))


def test_failed_installation_ends_with_the_reason_and_what_it_takes(clone: Path) -> None:
    lines = _refused(_make(clone, "verify", "STACK=dev", "JSON=1")).splitlines()
    assert lines[0] == "Python packages: installing requirements.txt requirements-sandbox.txt into .venv"
    assert lines[1:4] == ["attempt 3", "attempt 4", "attempt 5"]
    assert lines[4].startswith(
        "The packages could not be installed, for the reason above. This takes the package index"
    )
    assert not (clone / ".venv" / "bin" / ".stamp").exists()


@pytest.mark.parametrize("python", ["gone", "of another user"])
def test_environment_whose_python_does_not_run_is_made_again(clone: Path, python: str) -> None:
    _install(clone)
    path = clone / ".venv" / "bin" / "python"
    if python == "gone":
        path.unlink()
        path.symlink_to("/nowhere/python3")
    else:
        path.chmod(0o644)  # even root cannot run a file that nobody can
    assert _refused(_make(clone, "verify", "STACK=dev")).startswith("Python packages: installing requirements.txt")


def test_clean_without_an_environment_runs_on_the_python_of_the_machine(clone: Path) -> None:
    (clone / ".venv" / "bin").mkdir(parents=True)
    (clone / ".venv" / "bin" / "python").symlink_to("/nowhere/python3")
    run = _make(clone, "clean")
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("command", "installed"),
    [
        *((command, False) for command in ("up", "verify STACK=dev", "unit", "test")),
        *((command, True) for command in ("lint", "plans", "docs", "baseline", "hooks", "requirements")),
    ],
)
def test_command_that_writes_into_the_clone_is_refused_where_it_cannot(
    clone: Path, command: str, installed: bool
) -> None:
    if installed:
        _install(clone)
    message = "This folder cannot be written. Clone the repository into a folder of your own.\n"
    assert _refused_as_another_user(clone, *command.split()).startswith(message)


def test_sandbox_of_another_user_is_refused(clone: Path) -> None:
    _install(clone)
    home = clone / "home"
    home.mkdir()
    (home / "env").touch(mode=0o000)
    said = _refused_as_another_user(clone, "verify", "STACK=dev", "ON=sandbox", f"SANDBOX_HOME={home}")
    assert said.startswith("This is another user's sandbox. SANDBOX_HOME=… names another folder.\n")


@pytest.mark.parametrize("command", ["lint", "hooks"])
def test_linters_need_a_clone_that_git_trusts(clone: Path, command: str) -> None:
    _install(clone)
    said = _refused(_make(clone, command))
    assert "not a git repository" in said
    assert "The linters need git, and a clone that git trusts." in said
    subprocess.run(["git", "init", "--quiet"], cwd=clone, check=True)  # noqa: S607
    said = _refused(_make(clone, command, variables={"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}))
    assert "git config --global --add safe.directory" in said
    # They keep their files in the clone, as HOME may be missing or read-only.
    assert _make(clone, command).stdout == f"keeps its files in {clone}/.venv/pre-commit\n"
