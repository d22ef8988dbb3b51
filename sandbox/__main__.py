"""`python -m sandbox <command>`: what the Makefile calls."""

import argparse
import contextlib
import os
import shutil
import sys
from collections.abc import Callable, Sequence

from sandbox import engine_state
from sandbox.account import process as accounts
from sandbox.layout import Layout, SandboxError
from sandbox.process import say


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0 only if all of it worked."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="An AWS account on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, words in (("up", "bring a stack up"), ("preview", "show what an up would do"), ("down", "take it down")):
        commands.add_parser(name, help=words).add_argument("stack")
    image = commands.add_parser("image", help="put a stand-in image into a stack's registry")
    image.add_argument("stack")
    image.add_argument("tag")
    image.add_argument("--fault", default="", help="what its tasks suffer from: unhealthy, stuck or memory")
    commands.add_parser("clean", help="stop the account and remove the sandbox")
    commands.add_parser("engine", help="find or build the engine")
    commands.add_parser("bench", help="time a preview of dev against one of an empty program")
    options = parser.parse_args(arguments)
    try:
        _commands()[options.command](Layout.of_clone(), options)
    except SandboxError as error:
        sys.stdout.flush()
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write(f"\nInterrupted. `make {options.command}` goes on, `make clean` starts over.\n")
        return 130
    return 0


def _commands() -> dict[str, Callable[[Layout, argparse.Namespace], None]]:
    """Each command imports what it needs: `clean` runs on a Python that has none of the packages."""
    return {
        "up": _up,
        "preview": _preview,
        "down": _down,
        "image": _image,
        "clean": _clean,
        "engine": _engine,
        "bench": _bench,
    }


def _up(layout: Layout, options: argparse.Namespace) -> None:
    from sandbox.stacks import up

    up(layout, options.stack)


def _preview(layout: Layout, options: argparse.Namespace) -> None:
    from sandbox.stacks import preview

    preview(layout, options.stack)


def _down(layout: Layout, options: argparse.Namespace) -> None:
    from sandbox.teardown import down

    down(layout, options.stack)


def _image(layout: Layout, options: argparse.Namespace) -> None:
    from sandbox.stacks import image

    image(layout, options.stack, options.tag, options.fault)


def _engine(layout: Layout, _options: argparse.Namespace) -> None:
    from sandbox.engine import build as engine

    found = engine.find(layout, os.environ)
    say(f"Engine: pulumi {found.version}, {found.pulumi}")


def _bench(layout: Layout, _options: argparse.Namespace) -> None:
    from sandbox.bench import bench

    bench(layout)


def _clean(layout: Layout, _options: argparse.Namespace) -> None:
    engine_state.end_engines(layout)
    if accounts.stop(layout):
        say("Account: stopped")
    if layout.home.exists():
        # What still ends may write once more.
        with contextlib.suppress(OSError):
            shutil.rmtree(layout.home)
        if layout.home.exists():
            shutil.rmtree(layout.home)
        say(f"Removed {os.path.relpath(layout.home)}")


if __name__ == "__main__":
    sys.exit(main())
