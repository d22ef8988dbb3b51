"""`python -m operations COMMAND`: what the Makefile runs on a stack that is up."""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from missing_module import explain

try:
    from operations.console import CHANGES_FOUND, number_of_stacks, say
    from operations.errors import OperationError, collected, describe_aws_error
    from operations.target import Target
except ModuleNotFoundError as error:
    sys.exit(explain(error))


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command. Returns 0 if it succeeded; `task` returns the exit status of the command that it ran."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    # What follows the first `--` is the command line of `task`.
    end = given.index("--") if "--" in given else len(given)
    options = _parser().parse_args(given[:end])
    options.command_line = given[end + 1 :]
    try:
        return int(options.run(options) or 0)
    except OperationError as error:
        return _failed(str(error))
    except ModuleNotFoundError as error:
        return _failed(explain(error))
    except BrokenPipeError:
        # Whoever read the output has enough. Python would print a traceback when it flushes the pipe at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return _failed("\nInterrupted.", 130)
    except Exception as error:
        message = describe_aws_error(error)
        if message is None:
            raise
        return _failed(message)


def _failed(message: str, status: int = 1) -> int:
    _complain(message)
    return status


def _complain(message: str) -> None:
    sys.stderr.write(f"{message}\n")
    sys.stderr.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m operations", description="Operate a stack that is up.")
    commands = parser.add_subparsers(dest="command", required=True)

    def add(name: str, run: Any, description: str, *positional: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=description, description=description)
        for argument in positional:
            command.add_argument(argument)
        command.set_defaults(run=run)
        return command

    verify = add(
        "verify",
        _verify,
        "check that the service runs the stack's revision, is healthy, and has nothing added by hand",
    )
    which = verify.add_mutually_exclusive_group(required=True)
    which.add_argument("stack", nargs="?")
    which.add_argument("--environment", help="verify every stack of an environment")
    verify.add_argument("--wait", type=_seconds, default=0, metavar="SECONDS", help="how long to wait for a deployment")
    verify.add_argument("--json", action="store_true", help="print one JSON object; progress goes to standard error")
    status = add("status", _status, "show all stacks of an environment; status 1 if anything is amiss", "environment")
    status.add_argument("--json", action="store_true", help="print one JSON object")
    add("added", _added, f"list what was added by hand; status {CHANGES_FOUND} if there is any", "stack")
    add("preflight", _preflight, "check the account before the first `pulumi up` of a stack", "stack")
    scan = add("scan", _scan, "run Prowler on a stack that is up; status 1 if a finding is left", "stack")
    scan.add_argument("--json", action="store_true", help="print one JSON object; progress goes to standard error")
    add("redeploy", _redeploy, "replace every task by a new one of the same revision", "stack")
    rollback = add("rollback", _rollback, "deploy the previous version", "stack")
    rollback.add_argument("--to", metavar="TAG", help="the version to deploy instead")
    rollback.add_argument("--yes", action="store_true", help="change a stack on AWS without asking")
    add("promote", _promote, "copy an image to another stack's registry", "source", "destination", "tag")
    release = add(
        "release", _release, "deploy a version to all regions of an environment", "environment", "source", "tag"
    )
    release.add_argument(
        "--wave", type=number_of_stacks, default=1, help="stacks to update at a time after the first; default: 1"
    )
    release.add_argument("--yes", action="store_true", help="change stacks on AWS without asking")
    task = add("task", _task, "run a command on this machine as the deployed task", "stack")
    task.usage = "python -m operations task STACK [options] -- COMMAND [argument …]"
    task.add_argument("--cwd", type=Path, default=Path(), help="the command's folder; default: the current one")
    task.add_argument("--port", type=_port, help="the port to listen on instead of the container's")
    task.add_argument("--revision", type=int, help="a revision other than the deployed one")
    task.add_argument("--yes", action="store_true", help="give real secrets to the command without asking")
    compose = add("compose", _compose, "write a Docker Compose file of the deployed task", "stack")
    compose.add_argument("--into", type=Path, help="the folder to write to; default: .compose/STACK, which git ignores")
    compose.add_argument("--yes", action="store_true", help="write real secrets without asking")
    return parser


def _port(text: str) -> int:
    if text.isascii() and text.isdecimal() and 0 < int(text) < 65536:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port. A port is a number from 1 to 65535.")


def _seconds(text: str) -> float:
    if text.isascii() and text.isdecimal():
        return float(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of seconds.")


def _target(stack: str) -> Target:
    """Opens a stack and prints which one it is, as the command's first line."""
    target = Target.open(stack)
    say(str(target))
    return target


# Each command imports its module when it runs: `verify` needs nothing of `compose`.


def _verify(options: argparse.Namespace) -> int:
    if options.environment:
        return _verify_environment(options)
    good, answer = _verify_one(Target.open(options.stack), options.wait, json_only=options.json)
    if options.json:
        say(json.dumps(answer, indent=2))
    return 0 if good else 1


def _verify_environment(options: argparse.Namespace) -> int:
    """Verifies each stack. They share the time to wait, as their deployments run at the same time."""
    from operations.environment import open_all

    deadline = time.monotonic() + options.wait
    all_good = True
    answers: list[dict[str, Any]] = []
    for target in open_all(options.environment):
        errors: list[str] = []
        with collected(errors):
            good, answer = _verify_one(target, max(0, deadline - time.monotonic()), json_only=options.json)
            all_good = all_good and good
            answers.append(answer)
        if errors:
            all_good = False
            answers.append({"stack": target.stack, "on": target.on, "outcome": "not read", "line": errors[0]})
            if not options.json:
                say(f"NOT READ: {errors[0]}")
    if options.json:
        say(json.dumps(answers, indent=2))
    return 0 if all_good else 1


def _verify_one(target: Target, wait: float, *, json_only: bool) -> tuple[bool, dict[str, Any]]:
    """Verifies a stack. Returns whether it is good, and the verdict for JSON.

    Args:
        json_only: print nothing but progress, and that to standard error.
    """
    from operations.added import added_by_hand, print_added
    from operations.verdict import Outcome
    from operations.verify import as_object, print_verdict, verify

    if not json_only:
        say(str(target))
    verdict = verify(target, wait, progress=_complain if json_only else say)
    if not json_only:
        print_verdict(target, verdict)
    added = added_by_hand(target)
    if not json_only:
        print_added(added)
    return verdict.outcome is Outcome.GOOD and not added, as_object(target, verdict, added)


def _status(options: argparse.Namespace) -> int:
    from operations.environment import open_all
    from operations.status import as_json, as_text, report

    targets = open_all(options.environment)
    if not options.json:
        say(f"{options.environment} on {'the sandbox' if targets[0].on == 'sandbox' else 'AWS'}")
    found = report(options.environment, targets)
    say(as_json(found) if options.json else as_text(found))
    return 0 if found.good else 1


def _added(options: argparse.Namespace) -> int:
    from operations.added import added_by_hand, print_added

    added = added_by_hand(_target(options.stack))
    print_added(added)
    return CHANGES_FOUND if added else 0


def _preflight(options: argparse.Namespace) -> int:
    from operations.preflight import preflight

    return 0 if preflight(_target(options.stack)) else 1


def _scan(options: argparse.Namespace) -> int:
    from operations.scan import as_json, print_report, scan

    target = Target.open(options.stack) if options.json else _target(options.stack)
    report = scan(target, progress=_complain if options.json else say)
    if options.json:
        say(as_json(target, report))
    else:
        print_report(report)
    return 0 if report.good else 1


def _redeploy(options: argparse.Namespace) -> None:
    from operations.redeploy import redeploy

    redeploy(_target(options.stack))


def _rollback(options: argparse.Namespace) -> None:
    from operations.rollback import rollback

    rollback(_target(options.stack), options.to, yes=options.yes)


def _promote(options: argparse.Namespace) -> None:
    from operations.promote import promote

    promote(_target(options.source), _target(options.destination), options.tag)


def _release(options: argparse.Namespace) -> None:
    from operations.environment import open_all
    from operations.release import release

    source = _target(options.source)
    targets = open_all(options.environment)
    release(options.environment, source, targets, options.tag, wave=options.wave, yes=options.yes)


def _task(options: argparse.Namespace) -> int:
    from operations import task

    return task.run(
        _target(options.stack),
        options.command_line,
        options.cwd.absolute(),
        port=options.port,
        revision=options.revision,
        yes=options.yes,
    )


def _compose(options: argparse.Namespace) -> None:
    from operations import compose

    target = _target(options.stack)
    compose.run(target, options.into or compose.default_folder(target.stack), yes=options.yes)


if __name__ == "__main__":
    sys.exit(main())
