"""The map of AWS Foundational Security Best Practices, held against what prod registers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import pytest

from operations.accepted import ACCEPTED
from recording.deployment import Deployment
from tests.support import fsbp
from tests.support.fsbp import CONTROLS, Control, Met
from tests.support.plans import planned

MET = [control for control in CONTROLS if isinstance(control.answer, Met)]
# prod with what only some stacks have: Redis, and a certificate of the program's.
ALSO = {
    "voiceter-backend:redisEnabled": True,
    "voiceter-backend:redisAuthToken": {"secure": "encrypted"},
    "voiceter-backend:domainName": "voice.example.com",
    "voiceter-backend:hostedZoneId": "Z1D633PJN98FT9",
}


def prod() -> Deployment:
    return planned("prod", ALSO)


def values(value: Any, path: Sequence[str]) -> Iterator[Any]:
    """Yields what is at a path: None for a member that is not set, each item for `*`."""
    if isinstance(value, str) and path and value.startswith(("{", "[")):
        value = json.loads(value)
    if not path:
        yield value
    elif path[0] == "*":
        for item in cast(list[Any], value or []):
            yield from values(item, path[1:])
    else:
        yield from values(cast(Mapping[str, Any], value or {}).get(path[0]), path[1:])


def holds(met: Met) -> bool:
    found = [one for one in prod().registered if one.type == met.type_ and met.only in ("", one.name)]
    return bool(found) and all(any(v in met.values for v in values(one.inputs, met.path.split("."))) for one in found)


@pytest.mark.parametrize("control", MET, ids=lambda control: control.id)
def test_prod_meets_the_control(control: Control) -> None:
    assert isinstance(control.answer, Met)
    assert holds(control.answer)


@pytest.mark.parametrize(
    "met",
    [
        Met("aws:lb/loadBalancer:LoadBalancer", "dropInvalidHeaderFields", False),
        Met("aws:lb/loadBalancer:LoadBalancer", "dropInvalidHeaderField", True),
        Met("aws:lb/listener:Listener", "protocol", "HTTPS"),
        Met("aws:lb/listener:Listener", "protocol", "HTTPS", "other"),
        Met("aws:ec2/instance:Instance", "ebsOptimized", (None, True)),
    ],
    ids=["other value", "no such property", "one resource of two", "no such name", "no such type"],
)
def test_control_that_prod_does_not_meet_is_found(met: Met) -> None:
    assert not holds(met)


def test_ports_that_admit_everybody_are_those_of_the_load_balancer() -> None:
    rules = [one for one in prod().registered if one.type.startswith("aws:vpc/securityGroupIngressRule")]
    open_to_all = {(one.inputs["fromPort"], one.inputs["toPort"]) for one in rules if "cidrIpv4" in one.inputs}
    assert open_to_all == {(80, 80), (443, 443)}


def test_each_control_has_one_answer() -> None:
    others = [*fsbp.ABSENT.values(), *fsbp.OWNER.values()]
    ids = [control.id for control in CONTROLS] + " ".join(others).split()
    assert len(ids) == len(set(ids))


def test_accepted_controls_name_checks_of_the_list() -> None:
    named = {control.answer.check for control in CONTROLS if isinstance(control.answer, fsbp.Accepted)}
    assert named <= {entry.check for entry in ACCEPTED}
