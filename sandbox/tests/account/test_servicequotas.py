"""Service Quotas in the account: the values of a new account on AWS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.tests.account.world import refused


@pytest.mark.parametrize(
    ("service", "name", "value"),
    [
        ("fargate", "Fargate On-Demand vCPU resource count", 6),
        ("vpc", "NAT gateways per Availability Zone", 5),  # of moto's quotas
    ],
)
def test_quota_is_listed_with_the_value_of_a_new_account(
    aws: Callable[[str], Any], service: str, name: str, value: float
) -> None:
    quotas = aws("service-quotas")
    listed = quotas.list_service_quotas(ServiceCode=service)["Quotas"]
    (quota,) = [one for one in listed if one["QuotaName"] == name]
    assert quota["Value"] == value


def test_unknown_service_is_refused(aws: Callable[[str], Any]) -> None:
    quotas = aws("service-quotas")
    with refused("NoSuchResourceException"):
        quotas.list_service_quotas(ServiceCode="teapot")
