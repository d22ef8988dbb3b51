"""`python -m operations <command>`: what the Makefile calls for a stack that is up."""

import argparse
import sys
from collections.abc import Sequence

from operations.target import OperationError, Target, explained
from sandbox.layout import SandboxError
from sandbox.process import say


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0 only if what it asks for is so."""
    options = _parser().parse_args(arguments)
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
    return parser


def _target(options: argparse.Namespace) -> Target:
    """The stack that a command is to work on, which its first line says."""
    target = Target.open(options.stack, options.on)
    say(str(target))
    return target


def _where(options: argparse.Namespace) -> int:
    target = _target(options)
    say(f"Region: {target.region}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
