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


if __name__ == "__main__":
    sys.exit(main())
