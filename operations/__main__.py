"""`python -m operations <command>`: what the Makefile calls for a stack that is up."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

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
    for name, words, run in (
        ("where", "say which stack a command would work on", _where),
        ("verify", "whether the service runs what the stack says, whole and healthy", _verify),
        ("redeploy", "the same version out again", _redeploy),
        ("rollback", "back to the version before", _rollback),
    ):
        command = commands.add_parser(name, help=words, parents=[where])
        command.add_argument("stack")
        command.set_defaults(run=run)
        if name == "verify":
            command.add_argument("--wait", type=float, default=0, metavar="SECONDS", help="for a deployment under way")
        if name == "rollback":
            command.add_argument("--to", metavar="TAG", help="the version, instead of the one before")
    promote = commands.add_parser(
        "promote", help="copy an image from one stack's registry to another's", parents=[where]
    )
    for name in ("source", "destination", "tag"):
        promote.add_argument(name)
    promote.set_defaults(run=_promote)
    _add_local(commands, where)
    return parser


def _add_local(commands: Any, where: argparse.ArgumentParser) -> None:
    """What runs on this machine. `commands` is argparse's own object, whose type has no public name."""
    task = commands.add_parser("task", parents=[where], help="run a command as the task that the stack deployed")
    task.usage = "python -m operations task STACK [options] -- COMMAND [argument …]"
    task.add_argument("stack")
    task.add_argument("--cwd", type=Path, default=Path(), help="the folder to run it in; default: this one")
    task.add_argument("--port", type=_port, help="listen here in place of the container's port")
    task.add_argument("--revision", type=int, help="another revision than the deployed one, to try it")
    task.add_argument("--yes", action="store_true", help="do not ask before real secrets are handed over")
    task.set_defaults(run=_task)
    compose = commands.add_parser("compose", parents=[where], help="write a Docker Compose file of the deployed task")
    compose.add_argument("stack")
    compose.add_argument("--into", type=Path, help="the folder to write into; default: .compose/STACK, ignored by git")
    compose.add_argument("--yes", action="store_true", help="do not ask before real secrets are written")
    compose.set_defaults(run=_compose)


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


def _verify(options: argparse.Namespace) -> int:
    from operations.verdict import Outcome
    from operations.verify import verify

    return 0 if verify(_target(options), options.wait).outcome is Outcome.GOOD else 1


def _redeploy(options: argparse.Namespace) -> int:
    from operations.redeploy import redeploy

    redeploy(_target(options))
    return 0


def _rollback(options: argparse.Namespace) -> int:
    from operations.rollback import rollback

    rollback(_target(options), options.to)
    return 0


def _promote(options: argparse.Namespace) -> int:
    from operations.promote import promote, targets

    source, destination = targets(options.source, options.destination, options.on)
    for target in (source, destination):
        say(str(target))
    promote(source, destination, options.tag)
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
