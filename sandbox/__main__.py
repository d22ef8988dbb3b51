"""`python -m sandbox <command>`: what the Makefile calls."""

import argparse
import errno
import importlib.util
import os
import shutil
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

from missing_module import explain
from sandbox.account import process as accounts
from sandbox.engine import build
from sandbox.inherited import restrict
from sandbox.layout import Layout, SandboxError
from sandbox.process import say

# A stack takes 3 MB at its first `up`, and more with each backup of its state and each log.
_SPACE_NEEDED = 100 << 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command. The exit status is 0 only if every step succeeded."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="An AWS account on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, summary in (
        ("up", "bring a stack up"),
        ("preview", "show what an up would change"),
        ("down", "take it down"),
    ):
        commands.add_parser(name, help=summary).add_argument("stack")
    image = commands.add_parser("image", help="push a stand-in image to a stack's repository")
    image.add_argument("stack")
    image.add_argument("tag")
    image.add_argument("--fault", default="", help="how its tasks behave: unhealthy, stuck, memory or slow")
    commands.add_parser("clean", help="stop the account and remove the sandbox")
    commands.add_parser("engine", help="find or build the engine")
    commands.add_parser("bench", help="time a preview of dev against one of an empty program")
    commands.add_parser("prerequisites", help="check, before any package is installed, that there can be an engine")
    options = parser.parse_args(arguments)
    layout = Layout.of_clone()
    restrict(layout)
    try:
        if options.command != "clean" or os.geteuid() != 0:  # root can remove what another user has left
            _require_owner(layout)
        if options.command == "clean":
            _clean(layout)
        elif options.command == "prerequisites":
            build.require_source(layout, os.environ)
        else:
            _require_space(layout)
            _run(layout, options)
    except ModuleNotFoundError as error:
        sys.stderr.write(f"{explain(error)}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"{_describe(error, layout)}\n")
        return 1
    except SandboxError as error:
        sys.stdout.flush()
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted. Run the same command again, or `make clean` to start over.\n")
        return 130
    return 0


def _require_owner(layout: Layout) -> None:
    """Refuses the sandbox of another user: each would leave files there that the other cannot write.

    Raises:
        SandboxError: the folder belongs to another user.
    """
    if layout.home.exists() and layout.home.stat().st_uid != os.geteuid():
        raise SandboxError(
            f"{layout.home} belongs to the user with the id {layout.home.stat().st_uid}, not {os.geteuid()}. Run this"
            " command as that user, or name another folder: SANDBOX_HOME=…"
        )


def _require_space(layout: Layout) -> None:
    """Refuses to start on a full disk: the engine would try to save its state for half a minute a resource.

    Raises:
        SandboxError: the disk has too little space for the sandbox's files.
    """
    folder = next(folder for folder in (layout.home, *layout.home.parents) if folder.exists())
    if shutil.disk_usage(folder).free < _SPACE_NEEDED:
        raise SandboxError(
            f"The disk of {layout.home} has less than {_SPACE_NEEDED >> 20} MB of free space. Free some, or name a"
            " folder on another disk: SANDBOX_HOME=…"
        )


def _describe(error: OSError, layout: Layout) -> str:
    """Returns an error of a file with what to do about it."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return (
            f"{error.filename or layout.home}: {error.strerror}. Free {_SPACE_NEEDED >> 20} MB, then run the same"
            " command again, or `make clean` to start over."
        )
    return (
        f"{error.filename or 'A file'}: {error.strerror}. The sandbox writes to {layout.home} (SANDBOX_HOME names"
        " another folder) and keeps a built engine in"
        f" {build.cache_folder(os.environ)} (below XDG_CACHE_HOME if that is set)."
    )


def _run(layout: Layout, options: argparse.Namespace) -> None:
    # Imported here, as `clean` and `prerequisites` run on a Python without the packages.
    from sandbox.cli import bench, stacks, teardown

    match options.command:
        case "up":
            stacks.up(layout, options.stack)
        case "preview":
            stacks.preview(layout, options.stack)
        case "down":
            teardown.down(layout, options.stack)
        case "image":
            stacks.image(layout, options.stack, options.tag, options.fault)
        case "bench":
            bench.bench(layout)
        case _:
            engine = build.find(layout, os.environ)
            say(f"Engine: pulumi {engine.version}, {engine.pulumi}")


def _clean(layout: Layout) -> None:
    with _alone(layout):
        if accounts.stop(layout):
            say("Account: stopped")
        if layout.home.exists():
            shutil.rmtree(layout.home)
            say(f"Removed {os.path.relpath(layout.home)}")


def _alone(layout: Layout) -> AbstractContextManager[None]:
    """Keeps other commands away, as far as the packages for that are installed: without them, none can run."""
    if not all(map(importlib.util.find_spec, ("filelock", "psutil"))):
        return nullcontext()
    from sandbox.cli import locks

    return locks.alone(layout)


if __name__ == "__main__":
    sys.exit(main())
