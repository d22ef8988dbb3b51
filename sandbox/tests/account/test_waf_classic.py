"""AWS WAF Classic in the account: empty lists, and nothing else."""

from __future__ import annotations

import os

import pytest

from sandbox.account.process import Account
from sandbox.tests.account.world import refused


@pytest.mark.parametrize("service", ["waf", "waf-regional"])
def test_account_has_nothing_of_waf_classic(endpoint: str, service: str) -> None:
    waf = Account(endpoint, os.getpid(), "token").client(service, "us-east-1")
    assert waf.list_web_acls()["WebACLs"] == []
    assert waf.list_rules()["Rules"] == []
    assert waf.list_rule_groups()["RuleGroups"] == []
    with refused("InternalFailure"):
        waf.get_change_token()
