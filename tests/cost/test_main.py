"""`make cost`: its output and its refusals."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from cost import savings, stacks
from cost.__main__ import main
from cost.resources import Stack
from cost.savings import CHANGES
from tests.cost.conftest import recorded


@pytest.fixture(autouse=True)
def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Records each stack once for all tests, and shows no savings."""

    def registered(stack: str, also: Mapping[str, Any] | None = None) -> Stack:
        return recorded(stack, **(also or {}))

    monkeypatch.setattr(stacks, "registered", registered)
    monkeypatch.setattr(savings, "CHANGES", ())


@pytest.fixture
def changes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Shows savings. The other tests do without these recordings."""
    monkeypatch.setattr(savings, "CHANGES", CHANGES)
    yield


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["estimate", *arguments]) == 0
    return capsys.readouterr().out


def line(output: str, item: str) -> list[str]:
    """Returns the words after the name of an item."""
    [found] = [text for text in output.splitlines() if text.strip().startswith(f"{item}  ")]
    return found.strip().removeprefix(item).split()


def test_row_can_be_checked_by_hand(capsys: pytest.CaptureFixture[str]) -> None:
    output = shown(capsys, "prod")
    assert " ".join(line(output, "Fargate on demand: vCPU")) == "2 tasks x 1 vCPU x 730 h 1,460 vCPU-hour 0.04048 59.10"
    assert " ".join(line(output, "NAT gateways")) == "3 gateways x 730 h 2,190 hour 0.045 98.55"
    assert "Under load" not in output
    assert "Bedrock" not in output


def test_first_line_has_the_sums(capsys: pytest.CaptureFixture[str]) -> None:
    output = shown(capsys, "prod", "--sessions", "10", "--minutes=5", "--json")
    sums = json.loads(output)["usdPerMonth"]
    first = shown(capsys, "prod", "--sessions", "10", "--minutes=5").splitlines()[0]
    assert first == (
        f"prod in us-east-1: {sums['atRest']:,.0f} USD a month at rest, {sums['underLoad']:,.0f} with 10 sessions of 5"
        f" minutes at a time, and {sums['bedrock']:,.0f} for Bedrock"
    )
    assert sums["total"] == pytest.approx(sums["underLoad"] + sums["bedrock"])


def test_parts_add_up_to_their_sums(capsys: pytest.CaptureFixture[str]) -> None:
    answer = json.loads(shown(capsys, "staging", "--sessions=2.5", "--json"))
    parts = dict.fromkeys(("at rest", "under load", "Bedrock"), 0.0)
    for item in answer["items"]:
        assert item["usdPerMonth"] == pytest.approx(item["quantity"] * item["usdPerUnit"])
        parts[item["when"]] += item["usdPerMonth"]
    sums = answer["usdPerMonth"]
    assert parts["at rest"] == pytest.approx(sums["atRest"])
    assert parts["at rest"] + parts["under load"] == pytest.approx(sums["underLoad"])
    assert parts["Bedrock"] == pytest.approx(sums["bedrock"])
    assert (answer["sessions"], answer["minutes"]) == (2.5, 10)


def test_uncertain_prices_and_assumed_quantities_are_marked(capsys: pytest.CaptureFixture[str]) -> None:
    output = shown(capsys, "dev")
    assert line(output, "Fargate Spot: vCPU")[-2:] == ["†", "4.43"]
    assert line(output, "Registry: images")[-2:] == ["~", "0.20"]
    assert line(output, "Load balancer")[-1] == "16.43"
    assert "† the price is uncertain" in output
    assert "~ the quantity depends on an assumption" in output


def test_missing_price_is_said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stacks, "registered", lambda stack, also=None: recorded(stack, **{"aws:region": "eu-north-1"}))  # pyright: ignore
    output = shown(capsys, "prod")
    assert line(output, "Tables: reads by health checks")[-3:] == ["no", "price", "?"]
    assert "? no price for dynamodb-reads in eu-north-1: it is not in the sums" in output
    assert " (without 1 item that lacks a price) USD a month at rest" in output.splitlines()[0]
    assert line(output, "sum")[0] == "?"


def test_difference_from_another_stack(capsys: pytest.CaptureFixture[str]) -> None:
    output = shown(capsys, "prod", "--against", "staging")
    difference = output[output.index("Difference from staging") :]
    assert line(difference, "NAT gateways") == ["32.85", "98.55", "+65.70"]
    assert "Fargate" not in difference.partition("Cheaper")[0]
    prod, staging = (
        json.loads(shown(capsys, stack, "--json"))["usdPerMonth"]["total"] for stack in ("prod", "staging")
    )
    assert output.splitlines()[0].endswith(f"; {prod - staging:+,.2f} against staging")


def test_same_stack_has_no_difference(capsys: pytest.CaptureFixture[str]) -> None:
    output = shown(capsys, "dev", "--against", "dev")
    assert output.splitlines()[0].endswith("; the same as dev")
    assert "Difference from dev, USD a month\nnone" in output


def test_difference_from_a_revision(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []

    def of_revision(revision: str, stack: str) -> Stack:
        asked.append((revision, stack))
        return recorded(stack, logRetentionDays=7)

    monkeypatch.setattr(stacks, "of_revision", of_revision)
    answer = json.loads(shown(capsys, "prod", "--sessions=10", "--against=v1.0", "--json"))
    assert asked == [("v1.0", "prod")]
    assert answer["against"]["name"] == "v1.0"
    assert answer["against"]["usdPerMonth"]["total"] < answer["usdPerMonth"]["total"]


@pytest.mark.usefixtures("changes")
@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_savings_are_the_difference_that_the_key_makes(stack: str, capsys: pytest.CaptureFixture[str]) -> None:
    answer = json.loads(shown(capsys, stack, "--sessions=10", "--json"))
    saved = {saving["change"]: saving["usdPerMonth"] for saving in answer["savings"]}
    assert all(usd > 0 for usd in saved.values())
    expected = {
        "dev": {"cpuArchitecture: ARM64", "containerInsights: disabled"},
        "prod": {
            "cpuArchitecture: ARM64",
            "onDemandBase: 1, spotPercent: 100",
            "natGateways: single",
            "natGateways: none",
            "containerInsights: disabled",
            "logRetentionDays: 7",
        },
    }
    assert saved.keys() == expected[stack]
    if stack == "prod":
        # Two gateways and their addresses; the data stays.
        assert saved["natGateways: single"] == pytest.approx(2 * 730 * (0.045 + 0.005))
        assert saved["onDemandBase: 1, spotPercent: 100"] == pytest.approx(730 * (0.04048 + 2 * 0.004445) * 0.7)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--sessions=abc"], "SESSIONS=abc is wrong: SESSIONS must be a number above 0, such as 12 or 2.5."),
        (["--sessions=-3"], "SESSIONS=-3 is wrong: SESSIONS must be a number above 0, such as 12 or 2.5."),
        (["--sessions=0"], "SESSIONS=0 is wrong: SESSIONS must be a number above 0, such as 12 or 2.5."),
        (["--sessions=1e3"], "SESSIONS=1e3 is wrong: SESSIONS must be a number above 0, such as 12 or 2.5."),
        (["--sessions=3", "--minutes=0"], "MINUTES=0 is wrong: MINUTES must be a number above 0, such as 12 or 2.5."),
        (["--sessions=3", "--minutes=."], "MINUTES=. is wrong: MINUTES must be a number above 0, such as 12 or 2.5."),
        (["--minutes=5"], "MINUTES needs SESSIONS, the number of sessions at a time."),
        (["--against=no-such-thing"], "no-such-thing is neither a stack (dev, prod, staging) nor a git revision."),
    ],
)
def test_refusals(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["estimate", "dev", *arguments]) == 1
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", f"{message}\n")


def test_unknown_stack(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert main(["estimate", "qa"]) == 1
    assert capsys.readouterr().err == "There is no Pulumi.qa.yaml. The stacks are dev, prod, staging.\n"


def test_more_sessions_than_the_stack_serves_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    said = "maxCount lets the stack serve fewer sessions: 10 tasks of 45."
    assert said in shown(capsys, "prod", "--sessions=451")
    assert said not in shown(capsys, "prod", "--sessions=450")


def test_schedules_are_said_not_to_be_counted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = {"up": {"cron": "0 6 * * ? *", "timeZone": "UTC", "min": 3, "max": 5}}
    monkeypatch.setattr(stacks, "registered", lambda stack, also=None: recorded(stack, scalingSchedule=schedule))  # pyright: ignore
    assert "scalingSchedule is not counted" in shown(capsys, "prod")
