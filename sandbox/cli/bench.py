"""Times a preview and an `up` of dev, and the preview of an empty program."""

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import replace

from sandbox.cli.stacks import Session, up
from sandbox.cli.teardown import down
from sandbox.layout import Layout, write
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
        times = (_preview(session, _STACK), _preview(empty, "empty"))
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


def _empty_program(session: Session) -> Session:
    """Makes a project with an empty program and its own backend, and returns the session to preview it in."""
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
    empty = replace(session, environment=environment)
    empty.pulumi("stack", "select", "--create", "empty", "--non-interactive", quiet=True)
    return empty


def _preview(session: Session, stack: str) -> float:
    """Returns the seconds of a preview."""
    return _seconds(lambda: session.pulumi("preview", "--stack", stack, "--non-interactive", quiet=True))


def _seconds(action: Callable[[], None]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began
