"""Times a preview and an `up` of dev and the preview of an empty program, and shows where the time goes."""

import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sandbox.cli.stacks import Session, up
from sandbox.cli.teardown import down
from sandbox.cli.traces import spent
from sandbox.layout import Layout, SandboxError, write
from sandbox.process import say

_STACK = "dev"
_RUNS = 7
_AIM = 3.0


def bench(layout: Layout) -> None:
    """Times both previews in turn, then an `up` of dev from nothing and one that changes nothing.

    Prints medians, their ratio, and how a preview's time divides, as text and as one line of JSON.

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
    result |= _parts(session)
    result |= _ups(session)
    say(
        f"A preview of {_STACK} takes {result['preview_seconds']} s, one of an empty program"
        f" {result['empty_preview_seconds']} s (medians): ratio {result['ratio']}; the aim is at most {_AIM:g}."
    )
    say(json.dumps(result))


def _parts(session: Session) -> dict[str, float]:
    """Returns a preview's seconds by part. Two plugins start, `aws` and `awsx`."""
    with _traces(session.layout) as folder:
        traced = ["--otel-traces", f"{folder.as_uri()}/preview.json"]
        _run(session, session.environment, "preview", "--stack", _STACK, "--non-interactive", *traced)
        return _print_parts(f"a preview of {_STACK}", "preview", spent(folder.iterdir()))


def _ups(session: Session) -> dict[str, float]:
    """Returns the seconds of an `up` of dev from nothing, with its image, and of one that changes nothing."""
    down(session.layout, _STACK)
    with _traces(session.layout) as folder:
        began = time.perf_counter()
        up(session.layout, _STACK, folder)
        whole = time.perf_counter() - began
        began = time.perf_counter()
        up(session.layout, _STACK)
        again = time.perf_counter() - began
        parts = spent(folder.iterdir())
    parts["account_and_image"] = max(0.0, whole - sum(parts.values()))
    say(f"An up of {_STACK} from nothing takes {whole:.1f} s, one that changes nothing {again:.1f} s; the aim is 20 s.")
    timed = _print_parts(f"the up of {_STACK} from nothing", "up", parts)
    return {"up_seconds": round(whole, 2), "up_again_seconds": round(again, 2), **timed}


@contextmanager
def _traces(layout: Layout) -> Generator[Path]:
    """A folder for traces. It is deleted, as traces hold what the engine and the plugins exchange."""
    with tempfile.TemporaryDirectory(dir=layout.home) as folder:
        yield Path(folder)


def _print_parts(what: str, prefix: str, parts: Mapping[str, float]) -> dict[str, float]:
    parts_text = ", ".join(f"{part.replace('_', ' ')} {seconds:.2f} s" for part, seconds in parts.items())
    say(f"Of {what}: {parts_text}")
    return {f"{prefix}_{part}": round(seconds, 3) for part, seconds in parts.items()}


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
