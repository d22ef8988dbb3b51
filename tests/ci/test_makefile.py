"""Where the Makefile runs a command of operations: in the sandbox's environment, or in this shell's."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The folder of a sandbox that has the stack dev, and staging in one region."""
    home = tmp_path / "sandbox"
    state = home / "state" / ".pulumi" / "stacks" / "voiceter-backend"
    state.mkdir(parents=True)
    (state / "dev.json").touch()
    (state / "staging-us-west-2.json").touch()
    (home / "env").write_text(f"export VOICETER_SANDBOX={home}\n")
    return home


def make(
    home: Path, *arguments: str, sourced: str = "", variables: Mapping[str, str] | None = None, prints: str = ""
) -> tuple[int, str]:
    """Runs make with a python that prints its arguments and the sandbox of its environment.

    Args:
        prints: what python prints instead, as a command of the shell.
    """
    python = home.parent / "bin" / "python"
    python.parent.mkdir(exist_ok=True)
    python.write_text("#!/bin/sh\n" + (prints or 'echo "$* in [$VOICETER_SANDBOX]"'))
    python.chmod(0o755)
    (python.parent / ".stamp").touch()  # the virtual environment is up to date
    shell = {"PATH": os.environ["PATH"], "VOICETER_SANDBOX": sourced, **(variables or {})}
    settings = [f"VENV={python.parent}", f"SANDBOX_HOME={home}", "PYTHON=true"]
    run = subprocess.run(  # noqa: S603
        ["make", "--no-print-directory", *settings, *arguments],  # noqa: S607
        cwd=ROOT,
        env=shell,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return run.returncode, run.stdout.strip()


@pytest.mark.parametrize(
    ("arguments", "in_sandbox"),
    [
        ("verify STACK=dev", True),
        ("verify STACK=dev ON=aws", False),
        ("verify STACK=prod", False),
        ("verify STACK=prod ON=sandbox", True),
        ("verify ENV=dev", True),
        ("verify ENV=prod", False),
        ("status ENV=dev", True),
        ("status ENV=dev ON=aws", False),
        ("status ENV=staging", True),
        ("status ENV=de", False),
        ("promote FROM=dev TO=dev TAG=1", True),
        ("promote FROM=staging TO=prod TAG=1", False),
        ("release ENV=dev FROM=dev TAG=1", True),
        ("release ENV=prod FROM=staging TAG=1", False),
        ("promote FROM=dev TO=prod TAG=1 ON=aws", False),
    ],
)
def test_command_runs_where_the_stack_is(home: Path, arguments: str, in_sandbox: bool) -> None:
    status, output = make(home, *arguments.split())
    assert status == 0
    assert output.endswith(f"in [{home if in_sandbox else ''}]")


def test_sourced_sandbox_is_used_for_every_stack(home: Path) -> None:
    assert make(home, "verify", "STACK=prod", sourced=str(home))[1].endswith(f"in [{home}]")


@pytest.mark.parametrize(
    ("arguments", "sourced", "message"),
    [
        ("verify STACK=dev ON=aws", True, "Use a new shell for ON=aws"),
        ("verify STACK=dev ON=here", False, "ON=here: choose sandbox or aws"),
        ("verify STACK=dev ON=sandbox SANDBOX_HOME=/nowhere", False, "There is no sandbox: `make up` starts it"),
        ("promote FROM=dev TO=prod TAG=1", False, "only one of the stacks dev and prod. Choose where both are"),
        ("promote FROM=dev TO=prod", False, "name TAG: make promote FROM=… TO=… TAG=…"),
        ("release ENV=prod FROM=dev TAG=1", False, "only one of the stack dev and the environment prod."),
        ("release ENV=prod", False, "name TAG FROM: make release ENV=… TAG=… FROM=…"),
        ("rollback", False, "name STACK: make rollback STACK=…"),
        ("rollback STACK=dev TAG=1", False, "there is no option TAG here. The options are: STACK TO"),
        ("rollback STACK=dev TO=", False, "TO is empty"),
        ("verify ENV=dev STACK=dev", False, "there is no option STACK here. The options are: ENV WAIT JSON ON."),
        ("status", False, "name ENV: make status ENV=…"),
        ("status ENV=-h", False, "ENV starts with a hyphen"),
        ("up STAK=dev", False, "there is no option STAK here. The options are: STACK."),
        ("up PYTHON=", False, "PYTHON is empty"),
        ("verify STACK=-h", False, "STACK starts with a hyphen"),
        ("task STACK=dev YES=yes", False, "YES is neither 1 nor 0"),
        ("cost", False, "name STACK: make cost STACK=…"),
        (
            "cost STACK=dev ON=aws",
            False,
            "there is no option ON here. The options are: STACK SESSIONS MINUTES AGAINST JSON",
        ),
        ("scale STACK=dev", False, "name SESSIONS: make scale STACK=… SESSIONS=…"),
        ("cost STACK=dev AGAINST=--help", False, "AGAINST starts with a hyphen"),
    ],
)
def test_refusals(home: Path, arguments: str, sourced: bool, message: str) -> None:
    status, output = make(home, *arguments.split(), sourced=str(home) if sourced else "")
    assert status == 2
    assert message in output


@pytest.mark.parametrize("option", ["STACK=dev\necho", "CMD=true\ntrue", "PYTHON=python3\n"])
def test_option_of_two_lines_is_refused(home: Path, option: str) -> None:
    """make would run the second line as a command of its own."""
    status, output = make(home, "task" if option.startswith("CMD") else "verify", option)
    assert status == 2
    assert f"{option.partition('=')[0]} has more than one line" in output


def test_options_reach_the_command(home: Path) -> None:
    assert make(home, "verify", "ENV=dev", "WAIT=30", "JSON=1")[1].startswith(
        "-m operations verify --environment=dev --wait=30 --json in"
    )
    assert make(home, "release", "ENV=dev", "FROM=dev", "TAG=1", "WAVE=2", "YES=1")[1].startswith(
        "-m operations release dev dev 1 --wave=2 --yes in"
    )
    assert make(home, "status", "ENV=dev", "JSON=1")[1].startswith("-m operations status dev --json in")
    assert make(home, "verify", "STACK=dev", "WAIT=30")[1].startswith("-m operations verify dev --wait=30 in")
    assert make(home, "rollback", "STACK=dev", "TO=1.10")[1].startswith("-m operations rollback dev --to=1.10 in")
    assert make(home, "compose", "STACK=dev", "YES=0")[1].startswith("-m operations compose dev in")
    cost = make(home, "cost", "STACK=prod", "SESSIONS=10", "MINUTES=5", "AGAINST=main", "JSON=1")[1]
    assert cost.startswith("-m cost estimate prod --sessions=10 --minutes=5 --against=main --json in")
    scale = make(home, "scale", "STACK=prod", "SESSIONS=10", "MINUTES=5", "JSON=1")[1]
    assert scale.startswith("-m cost scale prod --sessions=10 --minutes=5 --json in")
    task = make(home, "task", "STACK=dev", "PORT=8081", "YES=1", "CWD=a b", "CMD=true")[1]
    assert task.startswith("-m operations task dev --cwd=a b --port=8081 --yes -- sh -c true in")


def test_value_reaches_the_command_as_one_word(home: Path) -> None:
    line = """true && echo "$PORT" 'a  b' #`id`"""
    words = make(home, "task", "STACK=o'brien", f"CMD={line}", prints='for word in "$@"; do echo "$word"; done')[1]
    assert words.splitlines()[2:] == ["task", "o'brien", "--", "sh", "-c", line]


@pytest.mark.parametrize("command", ["down", "rollback", "redeploy", "image", "promote", "release"])
def test_option_in_the_environment_does_not_count(home: Path, command: str) -> None:
    names: list[str] = ["STACK", "TAG", "FROM", "TO", "ON", "WAIT", "FAULT"]
    variables = dict.fromkeys(names, "dev")
    status, output = make(home, command, variables=variables)
    assert status == 2
    assert "name " in output


def test_python_and_pip_are_not_led_elsewhere(home: Path) -> None:
    variables = {
        "PYTHONPATH": "/x",
        "PYTHONHOME": "/x",
        "PIP_PREFIX": "/x",
        "PIP_USER": "1",
        "PIP_INDEX_URL": "http://x",
    }
    printed = make(home, "verify", "STACK=dev", variables=variables, prints="env")[1].splitlines()
    names = {line.partition("=")[0] for line in printed if line.startswith(("PYTHON", "PIP"))}
    assert names == {"PYTHON", "PYTHONUTF8", "PIP_INDEX_URL"}


@pytest.mark.parametrize("name", ["the sand box", "it's a $(HOME)", "$HOME"])
def test_sandbox_folder_of_any_name_is_found(home: Path, name: str) -> None:
    folder = home.rename(home.with_name(name))
    (folder / "env").write_text(f"export VOICETER_SANDBOX={shlex.quote(str(folder))}\n")
    for command in ("verify STACK=dev", "verify ENV=staging", "status ENV=dev", "release ENV=staging FROM=dev TAG=1"):
        assert make(folder, *command.split())[1].endswith(f"in [{folder}]"), command
    assert make(folder, "verify", "STACK=prod", sourced=str(folder))[1].endswith(f"in [{folder}]")
