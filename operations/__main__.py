"""`python -m operations <command>`: what the Makefile calls for a stack that is up."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from operations.target import OperationError, Target, explained
from sandbox.layout import SandboxError
from sandbox.process import say


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0 only if what it asks for is so."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    # What follows the first `--` is another command line, and no options of this one are looked for in it.
    own = given.index("--") if "--" in given else len(given)
    options = _parser().parse_args(given[:own])
    options.command_line = given[own + 1 :]
    try:
        return int(options.run(options))
    except (OperationError, SandboxError) as error:
        return _failed(str(error))
    except KeyboardInterrupt:
        return _failed("\nInterrupted.", 130)
    except Exception as error:
        text = explained(error)
        if text is None:
            raise
        return _failed(text)


def _failed(text: str, status: int = 1) -> int:
    sys.stdout.flush()
    sys.stderr.write(f"{text}\n")
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m operations", description="What operators do to a stack that is up."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    where = argparse.ArgumentParser(add_help=False)
    where.add_argument("--on", choices=["sandbox", "aws"], help="where the stack is; default: see the README")
    outputs = commands.add_parser("where", parents=[where], help="say which stack a command would work on")
    outputs.add_argument("stack")
    outputs.set_defaults(run=_where)
    task = commands.add_parser("task", parents=[where], help="run a command as the task that the stack deployed")
    task.add_argument("stack")
    task.add_argument("--cwd", type=Path, default=Path(), help="the folder to run it in; default: this one")
    task.add_argument("--port", type=_port, help="listen here in place of the container's port")
    task.add_argument("--revision", type=int, help="another revision than the deployed one, to try it")
    task.add_argument("--yes", action="store_true", help="do not ask before real secrets are handed over")
    task.usage = "python -m operations task STACK [options] -- COMMAND [argument …]"
    task.set_defaults(run=_task)
    compose = commands.add_parser("compose", parents=[where], help="write a Docker Compose file of the deployed task")
    compose.add_argument("stack")
    compose.add_argument(
        "--into", type=Path, help="the folder to write into; default: .compose/STACK, which git ignores"
    )
    compose.add_argument("--yes", action="store_true", help="do not ask before real secrets are written")
    compose.set_defaults(run=_compose)
    return parser


def _port(text: str) -> int:
    if text.isascii() and text.isdecimal() and 0 < int(text) < 65536:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no port, a number from 1 to 65535")


def _target(options: argparse.Namespace) -> Target:
    """The stack that a command is to work on, which its first line says."""
    target = Target.open(options.stack, options.on)
    say(str(target))
    return target


def _where(options: argparse.Namespace) -> int:
    target = _target(options)
    say(f"Region: {target.region}")
    return 0


def _task(options: argparse.Namespace) -> int:
    from operations import task

    given = task.Options(options.command_line, options.cwd.absolute(), options.port, options.revision, options.yes)
    return task.run(_target(options), given)


def _compose(options: argparse.Namespace) -> int:
    from operations import compose

    target = _target(options)
    compose.run(target, options.into or compose.default_folder(target.stack), yes=options.yes)
    return 0


if __name__ == "__main__":
    sys.exit(main())
