"""The stacks of an environment: one for each region, as the Pulumi backend lists them."""

import json
from collections.abc import Iterable

from config.stack_name import STACK_NAME, environment_of, region_of
from operations.errors import OperationError
from operations.target import Target, run_pulumi


def stacks_of(environment: str, names: Iterable[str]) -> list[str]:
    """Returns the stacks of an environment: the one without a region in its name first, then by region.

    Args:
        names: stacks of the project. Pulumi Cloud puts the organization before the name: `octo/prod`.
    """
    plain = [name.rpartition("/")[2] for name in names]
    return sorted(
        (name for name in plain if environment_of(name) == environment), key=lambda name: region_of(name) or ""
    )


def open_all(environment: str) -> list[Target]:
    """Returns the stacks of an environment in this shell's Pulumi backend.

    Raises:
        OperationError: the name is not one of an environment, or it has no stack.
    """
    if not STACK_NAME.fullmatch(environment):
        raise OperationError(
            f"ENV={environment}: an environment is a lower-case letter, then lower-case letters, digits and hyphens."
        )
    if region := region_of(environment):
        raise OperationError(
            f"ENV={environment} is the stack of one region, {region}. Name the environment:"
            f" ENV={environment_of(environment)}."
        )
    on = Target.open(environment).on
    listed: list[dict[str, str]] = json.loads(run_pulumi(["stack", "ls", "--json"], "`pulumi stack ls`", capture=True))
    names = stacks_of(environment, [one["name"] for one in listed])
    if not names:
        there = ", ".join(sorted({environment_of(one["name"].rpartition("/")[2]) for one in listed}))
        where = "sandbox" if on == "sandbox" else "Pulumi backend of this shell"
        raise OperationError(
            f"ENV={environment}: the {where} has no stack of this environment. It has stacks of: {there or 'none'}."
        )
    return [Target(name, on) for name in names]
