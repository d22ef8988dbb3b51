"""Times a preview and an `up` of dev, and the preview of an empty program."""

import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping

from sandbox.cli.stacks import Session, up
from sandbox.cli.teardown import down
from sandbox.layout import Layout, SandboxError, write
from sandbox.process import say

_STACK = "dev"
_RUNS = 7
_AIM = 3.0


def bench(layout: Layout) -> None:
    """Times both previews in turn, then an `up` of dev from nothing and one that changes nothing.

    Prints medians and their ratio, as text and as one line of JSON.

    Raises:
        SandboxError: dev could not be brought up, or a preview failed.
    """
    up(layout, _STACK)
    session = Session.open(layout, _STACK, new_account=False)
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
    result |= _ups(session)
    say(
        f"A preview of {_STACK} takes {result['preview_seconds']} s, one of an empty program"
        f" {result['empty_preview_seconds']} s (medians): ratio {result['ratio']}; the aim is at most {_AIM:g}."
    )
    say(json.dumps(result))


def _ups(session: Session) -> dict[str, float]:
    """Returns the seconds of an `up` of dev from nothing, with its image, and of one that changes nothing."""
    down(session.layout, _STACK)
    whole, again = (_seconds(lambda: up(session.layout, _STACK)) for _ in range(2))
    say(f"An up of {_STACK} from nothing takes {whole:.1f} s, one that changes nothing {again:.1f} s; the aim is 20 s.")
    return {"up_seconds": round(whole, 2), "up_again_seconds": round(again, 2)}


def _empty_program(session: Session) -> Mapping[str, str]:
    """Makes a project with an empty program and its own backend, and returns the environment to preview it in."""
    folder = session.layout.home / "bench"
    project = {
        "name": "empty",
        "runtime": {"name": "python", "options": {"toolchain": "pip", "virtualenv": str(session.layout.venv)}},
    }
    write(folder / "Pulumi.yaml", json.dumps(project))  # JSON is YAML
    write(folder / "__main__.py", "")
    backend = folder / "state"
    backend.mkdir(exist_ok=True)
    environment = {
        **session.environment,
        "PULUMI_OPTION_CWD": str(folder),
        "PULUMI_BACKEND_URL": backend.as_uri(),
    }
    _run(session, environment, "stack", "select", "--create", "empty", "--non-interactive")
    return environment


def _timed(session: Session, environment: Mapping[str, str], stack: str) -> float:
    return _seconds(lambda: _run(session, environment, "preview", "--stack", stack, "--non-interactive"))


def _seconds(action: Callable[[], None]) -> float:
    began = time.perf_counter()
    action()
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
