"""Which checks Prowler did not decide, by its log and its source. The sources here are as short as the rule allows."""

from __future__ import annotations

from pathlib import Path

import pytest

from operations.undecided import undecided

SERVICE = """\
class EC2(AWSService):
    def __init__(self, provider):
        self.snapshots = []
        self.states = []
        self.addresses = {}

    def _describe_snapshots(self, client):
        try:
            self.snapshots.append(Snapshot(arn=""))
        except Exception as error:
            logger.error(f"{error}")

    def _get_states(self, client):
        try:
            for snapshot in self.snapshots:
                snapshot.public = client.get()
        except Exception as error:
            logger.error(f"{error}")

    def _describe_addresses(self, client):
        try:
            self.addresses["arn"] = client.get()
        except Exception as error:
            logger.error(f"{error}")

    def _lookup(self, client):
        try:
            return client.lookup()
        except Exception as error:
            logger.error(f"{error}")
"""
READS = {
    "ec2_snapshot_public": "[one.public for one in ec2_client.snapshots]",
    "ec2_snapshot_exists": "len(ec2_client.snapshots)",
    "ec2_address_used": "ec2_client.addresses.values()",
    "ec2_events": "ec2_client._lookup()",
}
HELPER = """\
def risky(policy):
    try:
        return expand(policy)
    except Exception as error:
        logger.error(f"{error}")
"""


@pytest.fixture
def services(tmp_path: Path) -> Path:
    """The folder of Prowler's services, with one service, four checks of it and one that uses a helper."""
    ec2 = tmp_path / "ec2"
    (ec2 / "lib").mkdir(parents=True)
    (ec2 / "ec2_service.py").write_text(SERVICE)
    (ec2 / "lib" / "risk.py").write_text(HELPER)
    start = "from prowler.providers.aws.services.ec2"
    for check, reads in READS.items():
        (ec2 / check).mkdir()
        (ec2 / check / f"{check}.py").write_text(f"{start}.ec2_client import ec2_client\n\n{reads}\n")
    (ec2 / "ec2_risk").mkdir()
    (ec2 / "ec2_risk" / "ec2_risk.py").write_text(f"{start}.lib.risk import risky\n\nrisky(policy)\n")
    return tmp_path


def record(file: str, line: int, text: str, level: str = "ERROR") -> str:
    return (
        f'{{"timestamp": "2026-11-28 09:58:54,100", "filename": "{file}:{line}", "level": "{level}",'
        f' "module": "{file[:-3]}", "message": "{text}"}}\n'
    )


def line_of(text: str) -> int:
    return next(n for n, line in enumerate(SERVICE.splitlines(), 1) if text in line)


@pytest.mark.parametrize(
    ("function", "affected"),
    [
        ("_describe_snapshots", {"ec2_snapshot_public", "ec2_snapshot_exists"}),  # self.snapshots.append(…)
        ("_get_states", {"ec2_snapshot_public"}),  # snapshot.public = …
        ("_describe_addresses", {"ec2_address_used"}),  # self.addresses[…] = …
        ("_lookup", {"ec2_events"}),  # the check calls it
    ],
)
def test_checks_that_read_what_a_failed_call_fills_are_undecided(
    services: Path, function: str, affected: set[str]
) -> None:
    text = 'us-east-1 -- ClientError[9]: An error occurred when calling "X"'
    log = record("ec2_service.py", line_of(f"def {function}(") + 4, text)
    assert undecided(log, services, [*READS, "ec2_risk"]) == dict.fromkeys(affected, text)


def test_failed_helper_affects_the_checks_that_use_it(services: Path) -> None:
    log = record("risk.py", 5, "Invalid action pattern")
    assert undecided(log, services, [*READS, "ec2_risk"]) == {"ec2_risk": "Invalid action pattern"}


def test_check_that_failed_itself_is_undecided(services: Path) -> None:
    in_check = record("ec2_events.py", 3, "KeyError[3]: 'x'")
    by_runner = record("check.py", 750, "ec2_risk -- KeyError[3]: 'x'", "CRITICAL")
    assert set(undecided(in_check + by_runner, services, [*READS, "ec2_risk"])) == {"ec2_events", "ec2_risk"}


def test_warnings_and_checks_that_did_not_run_are_left_out(services: Path) -> None:
    line = line_of("def _describe_addresses(") + 4
    assert undecided(record("ec2_service.py", line, "no policy", "WARNING"), services, list(READS)) == {}
    assert undecided(record("ec2_service.py", line, "failed"), services, ["ec2_risk"]) == {}
