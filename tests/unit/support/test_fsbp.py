"""The map of AWS Foundational Security Best Practices in docs/hardening.md, held against what prod registers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

import pytest

from operations.accepted import ACCEPTED
from recording.deployment import Deployment
from recording.program import ROOT
from tests.support.config_values import DOMAIN, ENCRYPTED_REDIS
from tests.support.plans import planned

TEXT: Final = (ROOT / "docs" / "hardening.md").read_text().partition("\n## AWS Foundational")[2]
# The answer of each control about a resource of the stack.
ANSWERS: Final = dict(re.findall(r"^\| ([A-Za-z0-9]+\.\d+) \| [^|]+ \| ([^|]+) \|$", TEXT, re.MULTILINE))
# A type of Pulumi with a resource's name if only one counts, a property (`*` is any item of a list), and its values.
PROPERTY: Final = re.compile(r"met: `(?P<type>[\w:/]+)`(?: `(?P<only>[\w-]+)`)?, `(?P<path>\S+)` is (?P<values>.+)")
MET: Final = {control: answer for control, answer in ANSWERS.items() if answer.startswith("met: `")}


def prod() -> Deployment:
    """Returns what prod registers with what only some stacks have: Redis, and a certificate of the program's."""
    return planned("prod", {**ENCRYPTED_REDIS, **DOMAIN})


def values(value: Any, path: Sequence[str]) -> Iterator[str]:
    """Yields what is at a path, as the document shows it: each item for `*`."""
    if isinstance(value, str) and path and value.startswith(("{", "[")):
        value = json.loads(value)
    if not path:
        shown = str(value).lower() if isinstance(value, bool) else str(value)
        yield "not set" if value is None else f"`{shown}`"
    elif path[0] == "*":
        for item in cast(list[Any], value or []):
            yield from values(item, path[1:])
    else:
        yield from values(cast(Mapping[str, Any], value or {}).get(path[0]), path[1:])


def holds(answer: str) -> bool:
    """Returns whether every resource that an answer names has one of its values."""
    met = PROPERTY.fullmatch(answer)
    assert met, answer
    path, good = met["path"].split("."), met["values"].split(" or ")
    found = [one for one in prod().registered if one.type == met["type"] and met["only"] in (None, one.name)]
    return bool(found) and all(any(value in good for value in values(one.inputs, path)) for one in found)


@pytest.mark.parametrize("control", MET)
def test_prod_meets_the_control(control: str) -> None:
    assert holds(MET[control])


@pytest.mark.parametrize(
    "answer",
    [
        "met: `aws:lb/loadBalancer:LoadBalancer`, `dropInvalidHeaderFields` is `false`",
        "met: `aws:lb/loadBalancer:LoadBalancer`, `dropInvalidHeaderField` is `true`",
        "met: `aws:lb/listener:Listener`, `protocol` is `HTTPS`",
        "met: `aws:lb/listener:Listener` `other`, `protocol` is `HTTPS`",
        "met: `aws:ec2/instance:Instance`, `ebsOptimized` is not set or `true`",
    ],
    ids=["other value", "no such property", "one resource of two", "no such name", "no such type"],
)
def test_control_that_prod_does_not_meet_is_found(answer: str) -> None:
    assert not holds(answer)


def test_ports_that_admit_everybody_are_those_of_the_load_balancer() -> None:
    rules = [one for one in prod().registered if one.type.startswith("aws:vpc/securityGroupIngressRule")]
    open_to_all = {(one.inputs["fromPort"], one.inputs["toPort"]) for one in rules if "cidrIpv4" in one.inputs}
    assert open_to_all == {(80, 80), (443, 443)}


def test_each_control_has_one_answer() -> None:
    ids = re.findall(r"(?<=[|:,] )[A-Za-z0-9]+\.\d+(?= \||,|$)", TEXT, re.MULTILINE)
    assert len(ids) == len(set(ids)) > len(ANSWERS) > len(MET) > 40
    assert all(re.match(r"(not )?met: \S", answer) for answer in ANSWERS.values())


def test_accepted_controls_name_checks_of_the_list() -> None:
    named = set(re.findall(r"not met: accepted as `(\w+)`", TEXT))
    assert named and named <= {entry.check for entry in ACCEPTED}
