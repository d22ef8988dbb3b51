"""How long a preview of dev takes, against the preview of an empty program on the same engine."""

import json
import os
import statistics
import subprocess
import time
from collections.abc import Mapping

import yaml

from sandbox import engine_state
from sandbox.layout import Layout, SandboxError, write
from sandbox.process import say
from sandbox.stacks import Session, is_gone, up

_STACK = "dev"
_RUNS = 7
_AIM = 4.0


def bench(layout: Layout) -> None:
    """Time both previews in turn, and print the medians and their ratio, for people and as one line of JSON.

    Raises:
        SandboxError: dev could not be brought up, or a preview failed.
    """
    session = Session.open(layout, _STACK, new_account=True)
    if not engine_state.resources(layout, _STACK) or is_gone(session):
        up(layout, _STACK)
    empty = _empty_program(session)
    whole: list[float] = []
    bare: list[float] = []
    say(f"Bench: {_RUNS} previews of {_STACK}, and as many of an empty program, in turn")
    for run in range(_RUNS + 1):
        times = (_timed(session, session.environment, _STACK), _timed(session, empty, "empty"))
        say(f"  {'warm-up' if run == 0 else run}: {times[0]:.2f} s and {times[1]:.2f} s")
        if run:
            whole.append(times[0])
            bare.append(times[1])
    result = {
        "preview_seconds": round(statistics.median(whole), 3),
        "empty_preview_seconds": round(statistics.median(bare), 3),
        "ratio": round(statistics.median(whole) / statistics.median(bare), 2),
        "runs": _RUNS,
    }
    say(
        f"A preview of {_STACK} takes {result['preview_seconds']} s, one of an empty program"
        f" {result['empty_preview_seconds']} s (medians): ratio {result['ratio']}, the aim is at most {_AIM:g}."
    )
    say(json.dumps(result))


def _empty_program(session: Session) -> Mapping[str, str]:
    """A project whose program does nothing, with a backend of its own; the environment to preview it in."""
    folder = session.layout.home / "bench"
    project = {
        "name": "empty",
        "runtime": {"name": "python", "options": {"toolchain": "pip", "virtualenv": str(session.layout.venv)}},
    }
    write(folder / "Pulumi.yaml", yaml.safe_dump(project))
    write(folder / "__main__.py", "")
    state = folder / "state"
    state.mkdir(exist_ok=True)
    environment = {
        **session.environment,
        "PULUMI_OPTION_CWD": str(folder),
        "PULUMI_BACKEND_URL": state.as_uri(),
    }
    _run(session, environment, "stack", "select", "--create", "empty", "--non-interactive")
    return environment


def _timed(session: Session, environment: Mapping[str, str], stack: str) -> float:
    began = time.perf_counter()
    _run(session, environment, "preview", "--stack", stack, "--non-interactive")
    return time.perf_counter() - began


def _run(session: Session, environment: Mapping[str, str], *arguments: str) -> None:
    answer = subprocess.run(  # noqa: S603
        [str(session.engine.pulumi), *arguments],
        cwd=os.fspath(session.layout.root),
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if answer.returncode != 0:
        raise SandboxError(f"{answer.stdout}\n`pulumi {arguments[0]}` ended with status {answer.returncode}.")
