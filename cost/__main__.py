"""`python -m cost COMMAND`: what `make cost`, `make scale` and `make prices` run."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from config.stack_files import committed_stacks
from cost.errors import CostError
from cost.load import DEFAULT_MINUTES, Load
from missing_module import explain


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command. Returns 0 if it succeeded."""
    options = _parser().parse_args(arguments)
    try:
        print(options.run(options))
    except CostError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except ModuleNotFoundError as error:
        sys.stderr.write(f"{explain(error)}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m cost", description="What a stack costs a month, and which limits it reaches."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    estimate = commands.add_parser("estimate", help="show the monthly cost of a stack")
    estimate.add_argument("stack")
    estimate.add_argument("--sessions", metavar="NUMBER", help="voice sessions at a time, on average; default: none")
    estimate.add_argument("--minutes", metavar="NUMBER", help=f"how long one lasts; default: {DEFAULT_MINUTES:g}")
    estimate.add_argument("--against", metavar="STACK|REVISION", help="show the difference from this one")
    estimate.add_argument("--json", action="store_true", help="print one JSON object")
    estimate.set_defaults(run=_estimate)
    scale = commands.add_parser("scale", help="show which limits a stack reaches under a load")
    scale.add_argument("stack")
    scale.add_argument("--sessions", metavar="NUMBER", required=True, help="voice sessions at a time")
    scale.add_argument("--minutes", metavar="NUMBER", help=f"how long one lasts; default: {DEFAULT_MINUTES:g}")
    scale.add_argument("--json", action="store_true", help="print one JSON object")
    scale.set_defaults(run=_scale)
    prices = commands.add_parser("prices", help="renew prices.csv from AWS's price lists")
    prices.set_defaults(run=_prices)
    return parser


def _estimate(options: argparse.Namespace) -> str:
    from cost import prices, savings, stacks, table
    from cost.estimate import Estimate, estimate
    from cost.resources import Stack

    load = _load(options.sessions, options.minutes)

    def priced(stack: Stack) -> Estimate:
        return estimate(stack, prices.of_region(stack.region), load)

    def changed(keys: Mapping[str, Any]) -> Estimate:
        return priced(stacks.registered(options.stack, keys))

    current, other = priced(stacks.registered(options.stack)), None
    if against := options.against:
        is_stack = against in committed_stacks()
        other = priced(stacks.registered(against) if is_stack else stacks.of_revision(against, options.stack))
    show = table.as_json if options.json else table.text
    return show(current, savings.savings(current, changed), other, against or "")


def _scale(options: argparse.Namespace) -> str:
    from cost import scale

    load = _load(options.sessions, options.minutes)
    assert load  # noqa: S101 - the option is required
    show = scale.as_json if options.json else scale.text
    return show(scale.report(options.stack, load))


def _prices(_options: argparse.Namespace) -> str:
    from cost import renew

    return renew.renew()


def _load(sessions: str | None, minutes: str | None) -> Load | None:
    if sessions is None:
        if minutes is not None:
            raise CostError("MINUTES needs SESSIONS, the number of sessions at a time.")
        return None
    return Load(_positive("SESSIONS", sessions), DEFAULT_MINUTES if minutes is None else _positive("MINUTES", minutes))


def _positive(name: str, text: str) -> float:
    """Returns a number above 0 from plain digits."""
    if text.isascii() and text.replace(".", "", 1).isdecimal() and 0 < (number := float(text)) < math.inf:
        return number
    raise CostError(f"{name}={text} is wrong: {name} must be a number above 0, such as 12 or 2.5.")


if __name__ == "__main__":
    sys.exit(main())
