"""Runs a command as ECS runs a container: with its limits, its health check and its stop timeout."""

import asyncio
import contextlib
import os
import resource
import shlex
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from operations.console import say
from operations.definition import Ulimit
from operations.errors import OperationError
from operations.health import Health, HealthCheck, Status, after

_SIGNALLED = 128  # a shell and Docker add this to the number of the signal that ended a command
_OUTPUT_BYTES = 4096


@dataclass(frozen=True)
class Launch:
    """A command and how to run it."""

    command: Sequence[str]
    cwd: Path
    environment: Mapping[str, str]  # the whole environment
    ulimits: Sequence[Ulimit]
    health_check: HealthCheck | None
    stop_timeout: float  # seconds from SIGTERM to SIGKILL


def supervise(launch: Launch) -> int:
    """Runs a command and returns its exit status. Ctrl-C, SIGTERM or SIGHUP stop the command as ECS stops a task.

    A second Ctrl-C kills the command before the stop timeout is over.

    Raises:
        OperationError: the command cannot be started.
    """
    return asyncio.run(_supervise(launch))


async def _supervise(launch: Launch) -> int:
    stops: asyncio.Queue[signal.Signals] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stops.put_nowait, number)
    began = time.monotonic()
    process = await _start(launch)
    watching = asyncio.ensure_future(_watch(launch, began))
    ending = asyncio.ensure_future(process.wait())
    try:
        stopping = asyncio.ensure_future(stops.get())
        await asyncio.wait([ending, stopping], return_when=asyncio.FIRST_COMPLETED)
        watching.cancel()
        if ending.done():
            stopping.cancel()
            say(f"task: the command ended by itself, {time.monotonic() - began:.0f} s after its start")
        else:
            await _stop(process, ending, stops, launch.stop_timeout)
        status = _status(await ending)
    finally:
        # A container ends with its first process, and the runtime kills the others.
        _kill_group(process.pid)
    say(f"task: exit status {status}")
    return status


async def _start(launch: Launch) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            *launch.command,
            cwd=launch.cwd,
            env=dict(launch.environment),
            stdin=asyncio.subprocess.DEVNULL,
            # In its own session the command gets no Ctrl-C. This process gets it, and sends what ECS would send.
            start_new_session=True,
            preexec_fn=lambda: set_limits(launch.ulimits),
        )
    except OSError as error:
        raise OperationError(
            f"`{shlex.join(launch.command)}` cannot be started in {launch.cwd}: {error.strerror}."
        ) from None


def set_limits(ulimits: Sequence[Ulimit]) -> None:
    """Sets the limits of this process. Where the machine allows less, prints that and sets what it allows.

    It runs between fork and exec, so it writes to the standard error without buffers.
    """
    for limit in ulimits:
        number: int | None = getattr(resource, f"RLIMIT_{limit.name.upper()}", None)
        if number is None:
            os.write(2, f"task: this machine has no limit {limit.name}\n".encode())
            continue
        try:
            resource.setrlimit(number, (limit.soft, limit.hard))
        except (ValueError, OSError):
            _, most = resource.getrlimit(number)
            os.write(
                2,
                f"task: this machine allows a {limit.name} of {most} at most; the definition has {limit.soft} soft,"
                f" {limit.hard} hard. The command gets what the machine allows.\n".encode(),
            )
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(number, (min(limit.soft, most), most))


async def _stop(
    process: asyncio.subprocess.Process,
    ending: asyncio.Future[int],
    stops: asyncio.Queue[signal.Signals],
    timeout: float,
) -> None:
    say(f"task: SIGTERM, as ECS sends it; SIGKILL follows after the stop timeout of {timeout:.0f} s")
    began = time.monotonic()
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    again = asyncio.ensure_future(stops.get())
    await asyncio.wait([ending, again], timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    seconds = time.monotonic() - began
    if ending.done():
        say(f"task: ended by SIGTERM, {seconds:.1f} s after it")
    else:
        why = "Ctrl-C again" if again.done() else f"still running when the stop timeout of {timeout:.0f} s was over"
        _kill_group(process.pid)
        await ending
        say(f"task: ended by SIGKILL, {seconds:.1f} s after SIGTERM ({why})")
    again.cancel()


def _kill_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _status(returncode: int) -> int:
    return returncode if returncode >= 0 else _SIGNALLED - returncode


async def _watch(launch: Launch, began: float) -> None:
    """Runs the health checks until it is cancelled, and prints each change of health."""
    check = launch.health_check
    if check is None:
        say("task: health: the definition has no health check")
        return
    status = Status()
    say(
        f"task: health: {status.health.value}; a check every {check.interval:g} s, timeout {check.timeout:g} s, retries"
        f" {check.retries}, start period {check.start_period:g} s"
    )
    while True:
        await asyncio.sleep(check.interval)
        started = time.monotonic() - began
        failure = await _check(launch, check)
        before, status = status, after(check, status, started, passed=failure is None)
        if status.health is not before.health:
            _print_change(status, failure, time.monotonic() - began)


def _print_change(status: Status, failure: str | None, seconds: float) -> None:
    text = f"task: health: {status.health.value}, {seconds:.0f} s after the start"
    if status.health is Health.UNHEALTHY:
        checks = "a check" if status.failures == 1 else f"{status.failures} checks in a row, the last"
        text += f": {checks} failed with {failure}. ECS would now replace this task"
    say(text)


async def _check(launch: Launch, check: HealthCheck) -> str | None:
    """Runs one check in the container's environment. Returns how it failed, or None if it passed."""
    try:
        process = await asyncio.create_subprocess_exec(
            *check.command,
            cwd=launch.cwd,
            env=dict(launch.environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        return f"{check.command[0]}: {error.strerror}"
    try:
        output, _ = await asyncio.wait_for(process.communicate(), check.timeout)
    except TimeoutError:
        return f"no answer within {check.timeout:g} s"
    finally:
        if process.returncode is None:
            _kill_group(process.pid)
            await process.wait()
    if process.returncode == 0:
        return None
    lines = output[-_OUTPUT_BYTES:].decode(errors="replace").split("\n")
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return f"status {_status(process.returncode or 0)}{f': {last}' if last else ''}"
