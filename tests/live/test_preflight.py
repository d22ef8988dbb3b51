"""`make preflight` on the sandbox, as far as its account answers."""

from __future__ import annotations

import pytest

from tests.live.harness import ACCOUNT_ID
from tests.live.stack import Stack

pytestmark = pytest.mark.live


def test_preflight_shows_what_the_account_answers_and_warns_of_the_rest(dev: Stack) -> None:
    run = dev.sandbox.operate("preflight", "dev")
    assert run.status == 0, run.output
    rows = [line.split(maxsplit=2) for line in run.output.splitlines()[1:]]
    assert [row[:2] for row in rows[:2]] == [["OK", "account"], ["OK", "region"]]
    assert rows[0][2].startswith(f"{ACCOUNT_ID}, as arn:aws:sts::{ACCOUNT_ID}:")
    assert ["OK", "image", f"voiceter-backend-dev holds {dev.sandbox.config('dev').get('imageTag')}"] in rows
    assert ["OK", "network", "exists already"] in rows
    assert ["OK", "Fargate", "maxCount needs 1 vCPUs, and 2 during a release; the quota is 6"] in rows
    assert ["OK", "model", "amazon.nova-2-sonic-v1:0"] in rows
    assert {level for level, *_ in rows} == {"OK", "WARN"}


def test_preflight_fails_on_an_image_that_the_registry_lacks(dev: Stack) -> None:
    with dev.sandbox.temporary_config("dev", imageTag="9.9.9"):
        run = dev.sandbox.operate("preflight", "dev")
    assert run.status == 1
    assert "FAIL  image" in run.output
    assert "lacks 9.9.9: push it" in run.output
