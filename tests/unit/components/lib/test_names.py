"""Names of prod and of other stacks, legal for every stack name."""

from __future__ import annotations

import re

import pytest

from components.lib.names import Names

ACCOUNT = "123456789012"
LONG = "prod-" + "x" * 95
ODD = ["a--b", "trailing-", "x-s3alias", "x--ol-s3", "x--x-s3", "x--table-s3", "x-an"]
STACKS = ["prod", "prod-eu-north-1", "dev", "staging", "a", LONG, LONG[:-1], *ODD]

ROLE = r"[\w+=,.@-]+"
BUCKET = r"[a-z0-9][a-z0-9-]*[a-z0-9](?<!-s3alias)(?<!--ol-s3)(?<!--x-s3)(?<!--table-s3)(?<!-an)"

# The longest name and the pattern of a name in each service, from its API reference or naming rules.
LEGAL = {
    "repository": (256, r"[a-z0-9]+(?:[._-][a-z0-9]+)*"),
    "cluster": (255, r"[a-zA-Z0-9_-]+"),
    "service": (255, r"[a-zA-Z0-9_-]+"),
    "log_group": (512, r"[.\-_/#A-Za-z0-9]+"),
    "execution_role": (64, ROLE),
    "task_role": (64, ROLE),
    "infrastructure_role": (64, ROLE),
    "load_balancer": (32, r"(?!internal-)[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"),
    "topic": (250, r"[a-zA-Z0-9_-]+"),
    "web_acl": (128, r"[a-zA-Z0-9_-]+"),
    "web_acl_log": (512, r"aws-waf-logs-[.\-_/#A-Za-z0-9]+"),
    "dashboard": (255, r"[a-zA-Z0-9_-]+"),
    "queries": (200, r"[a-zA-Z0-9_-]+"),
    "budget": (100, r"[^:\\]+"),
    "cache": (40, r"(?!.*--)[a-z](?:[a-z0-9-]*[a-z0-9])?"),
    "data_key": (256, r"alias/[a-zA-Z0-9/_-]+"),
    "log_metrics": (255, r"[\w./#-]+"),
    "alarm": (255, r"[a-zA-Z0-9_-]+"),
    "event_rule": (64, r"[.\-_A-Za-z0-9]+"),
    "recordings_bucket": (63, BUCKET),
    "logs_bucket": (63, BUCKET),
}


def names_of(stack: str) -> dict[str, str]:
    """Returns all names of a stack."""
    names = Names(stack)
    made = {
        "alarm": names.alarm("high-cpu-warning"),
        "event_rule": names.event_rule("task-unhealthy"),
        "recordings_bucket": names.recordings_bucket(ACCOUNT),
        "logs_bucket": names.logs_bucket(ACCOUNT),
    }
    return {kind: name for kind, name in {**vars(names), **made}.items() if kind != "stack"}


def test_a_name_that_fits_exactly_is_not_cut() -> None:
    fits = "s" * (32 - len("voiceter-backend-"))
    assert Names(fits).load_balancer == f"voiceter-backend-{fits}"
    assert re.fullmatch(r"voiceter-backend-s+-[0-9a-f]{8}", Names(f"{fits}s").load_balancer)


def test_cut_name_keeps_its_start() -> None:
    name = Names(LONG).task_role
    assert len(name) == 64
    assert name.startswith("voiceter-backend-task-role-prod-xxx")


@pytest.mark.parametrize("stack", STACKS)
def test_every_name_is_legal(stack: str) -> None:
    assert names_of(stack).keys() == LEGAL.keys()
    for kind, name in names_of(stack).items():
        limit, pattern = LEGAL[kind]
        assert len(name) <= limit, (kind, name)
        assert re.fullmatch(pattern, name), (kind, name)


@pytest.mark.parametrize("stack", ODD)
def test_name_changes_only_for_the_service_that_refuses_it(stack: str) -> None:
    assert Names(stack).task_role == f"voiceter-backend-task-role-{stack}"


@pytest.mark.parametrize("kind", LEGAL)
def test_no_two_stacks_share_a_name(kind: str) -> None:
    assert len({names_of(stack)[kind] for stack in STACKS}) == len(STACKS)


def test_hash_is_of_the_whole_name() -> None:
    assert Names("a--b").repository == "voiceter-backend-a-b-75c30839"  # of voiceter-backend-a--b
