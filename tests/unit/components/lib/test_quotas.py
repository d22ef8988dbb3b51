"""The quotas: each is stated once, with a document of AWS."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from components.lib import quotas
from components.lib.quotas import Quota

ROOT: Final = Path(__file__).parents[4]
QUOTAS: Final = [one for one in vars(quotas).values() if isinstance(one, Quota)]
FOLDERS: Final = ("components", "config", "cost", "operations", "ci", "policy")


@pytest.mark.parametrize("quota", QUOTAS, ids=lambda quota: quota.name)
def test_quota_has_a_document_of_aws(quota: Quota) -> None:
    assert re.fullmatch(r"https://docs\.aws\.amazon\.com/[\w/.-]+\.html", quota.source)
    assert re.fullmatch(r"(L-[0-9A-F]{8})?", quota.code)
    assert quota.default > 0


def test_no_two_quotas_are_the_same() -> None:
    assert len({quota.name for quota in QUOTAS}) == len(QUOTAS) > 5
    codes = [quota.code for quota in QUOTAS if quota.code]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("quota", QUOTAS, ids=lambda quota: quota.name)
def test_quota_stands_in_one_file(quota: Quota) -> None:
    found = [
        path.relative_to(ROOT).as_posix()
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        if any(text and text in path.read_text() for text in (quota.name, quota.code))
    ]
    assert found == ["components/lib/quotas.py"]
