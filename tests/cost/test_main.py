"""`make cost`: its output, and its refusals with those of `make scale`."""

from __future__ import annotations

import json

import pytest

from cost import savings, stacks
from cost.__main__ import main
from cost.resources import Stack
from cost.savings import CHANGES
from tests.cost.conftest import CANARY, Bill, recorded


@pytest.fixture(autouse=True)
def no_savings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shows no savings, as each of them is a recording."""
    monkeypatch.setattr(savings, "CHANGES", ())


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
    assert "?" not in line(output, "sum")
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
    monkeypatch.setattr(Stack, "region", "eu-north-1")
    output = shown(capsys, "prod", "--against", "prod")
    found = [text for text in output.splitlines() if text.startswith("  Tables: reads by health checks  ")]
    assert found[0].split()[-3:] == ["no", "price", "?"]
    assert found[1].split()[-5:] == ["no", "price", "no", "price", "?"], "the difference is not known either"
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


def test_savings_are_the_difference_that_the_key_makes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(savings, "CHANGES", CHANGES)
    output = shown(capsys, "prod", "--sessions=10")
    assert " ".join(line(output, "natGateways: single")) == (
        "46.84 the zone of the gateway becomes a single point of failure"
    )
    answer = json.loads(shown(capsys, "prod", "--sessions=10", "--json"))
    saved = {saving["change"]: saving["usdPerMonth"] for saving in answer["savings"]}
    assert saved.keys() == {
        "cpuArchitecture: ARM64",
        "onDemandBase: 1, spotPercent: 100",
        "natGateways: single",
        "natGateways: none",
        # Not `enabled`, which costs more than `enhanced` with two tasks.
        "containerInsights: disabled",
        "logRetentionDays: 7",
    }
    assert all(usd > 0 for usd in saved.values())
    # Two gateways and their addresses. The data stays, and that of two zones crosses to the third.
    between = 10 * 730 * 60 * 4.48e-3 * 2 / 3 * 2 * 0.01
    assert saved["natGateways: single"] == pytest.approx(2 * 730 * (0.045 + 0.005) - between)
    # Beside a base, one of a thousand tasks stays on demand.
    on_spot = 730 * (0.04048 + 2 * 0.004445) * 1000 / 1001
    assert saved["onDemandBase: 1, spotPercent: 100"] == pytest.approx(on_spot * 0.7)


_NO_NUMBER = "{} is wrong: {} must be a number above 0, such as 12 or 2.5."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        *(
            (f"estimate dev --sessions={wrong}", _NO_NUMBER.format(f"SESSIONS={wrong}", "SESSIONS"))
            for wrong in ("abc", "-3", "0", "1e3", ".", "9" * 400)
        ),
        ("estimate dev --sessions=3 --minutes=0", _NO_NUMBER.format("MINUTES=0", "MINUTES")),
        ("scale dev --sessions=0", _NO_NUMBER.format("SESSIONS=0", "SESSIONS")),
        ("scale dev --sessions=9 --minutes=no", _NO_NUMBER.format("MINUTES=no", "MINUTES")),
        ("estimate dev --minutes=5", "MINUTES needs SESSIONS, the number of sessions at a time."),
        ("estimate dev --against=none", "none is neither a stack (dev, prod, staging) nor a git revision."),
        ("estimate qa", "There is no Pulumi.qa.yaml. The stacks are dev, prod, staging."),
        ("scale qa --sessions=9", "There is no Pulumi.qa.yaml. The stacks are dev, prod, staging."),
    ],
)
def test_refusals(arguments: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments.split()) == 1
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", f"{message}\n")


def test_more_sessions_than_the_stack_serves_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    said = "maxCount lets the stack serve fewer sessions: 10 tasks of 45."
    assert said in shown(capsys, "prod", "--sessions=451")
    assert said not in shown(capsys, "prod", "--sessions=450")


def test_schedules_are_said_not_to_be_counted(bill: Bill) -> None:
    assert bill("prod").notes == []
    [note] = bill("dev", **CANARY).notes
    assert note.startswith("scalingSchedule is not counted")
