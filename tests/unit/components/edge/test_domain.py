"""The lookup of a hosted zone."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws
import pytest

from components.edge.domain import HostedZone, find_zone
from recording.fake_aws import FakeAws
from recording.mocks import deploy


def look_up(answers: FakeAws) -> HostedZone | None:
    found: list[HostedZone | None] = []

    def program() -> None:
        found.append(find_zone(aws.Provider("aws", region="eu-north-1"), "Z1D633PJN98FT9"))

    run = deploy(program, answers=answers)
    [(_, arguments, provider)] = run.calls
    assert arguments["zoneId"] == "Z1D633PJN98FT9"
    assert "::aws::" in provider
    return found[0]


@pytest.mark.parametrize("private", [True, False])
def test_name_of_a_zone_and_whether_it_is_private(private: bool) -> None:
    assert look_up(FakeAws(zone=("example.com", private))) == HostedZone("example.com", private)


def test_missing_zone_is_none() -> None:
    assert look_up(FakeAws(zone=None)) is None


def test_failure_names_the_zone_and_the_permission() -> None:
    refused = FakeAws(failures={"getZone": "AccessDenied: no"})
    with pytest.raises(pulumi.RunError, match=r"Z1D633PJN98FT9 \(route53:GetHostedZone\): .*AccessDenied"):
        look_up(refused)
