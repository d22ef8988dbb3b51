"""`make prices`, on excerpts of AWS's price lists in the documented form."""

from __future__ import annotations

import io
import urllib.error
import urllib.request
from email.message import Message
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from cost import prices
from cost.__main__ import main
from cost.errors import CostError
from cost.prices import Price
from cost.renew import renew

HEAD = """\
"FormatVersion","v1.0"
"Disclaimer","This pricing list is for informational purposes only."
"Publication Date","2026-12-01T10:00:00Z"
"Version","20261201100000"
"OfferCode","{service}"
"SKU","OfferTermCode","TermType","StartingRange","EndingRange","Unit","PricePerUnit","Currency","Product Family",\
"Volume Type","Cache Engine","usageType"
"""
ROWS = {
    "AmazonECS": """\
"A1","T","OnDemand","0","Inf","hours","0.0405000000","USD","Compute","","","USE1-Fargate-vCPU-Hours:perCPU"
"A2","T","OnDemand","0","Inf","hours","0.0323800000","USD","Compute","","","USE1-Fargate-ARM-vCPU-Hours:perCPU"
"A3","T","Reserved","0","Inf","hours","0.0100000000","USD","Compute","","","USE1-Fargate-vCPU-Hours:perCPU"
"A4","T","OnDemand","0","Inf","hours","0.0919000000","USD","Compute","","","USE1-Fargate-Windows-vCPU-Hours:perCPU"
""",
    "AWSELB": """\
"B1","T","OnDemand","0","Inf","Hrs","0.0225000000","USD","Load Balancer-Application","","","LoadBalancerUsage"
"B2","T","OnDemand","0","Inf","Hrs","0.0300000000","USD","Load Balancer-Network","","","LoadBalancerUsage"
""",
    "AmazonDynamoDB": """\
"C1","T","OnDemand","0","25","GB-Mo","0.0000000000","USD","Database Storage","Amazon DynamoDB - Indexed DataStore",\
"","TimedStorage-ByteHrs"
"C1","T","OnDemand","25","100","GB-Mo","0.2500000000","USD","Database Storage","Amazon DynamoDB - Indexed DataStore",\
"","TimedStorage-ByteHrs"
"C1","T","OnDemand","100","Inf","GB-Mo","0.2000000000","USD","Database Storage","Amazon DynamoDB - Indexed DataStore",\
"","TimedStorage-ByteHrs"
"C2","T","OnDemand","0","Inf","WriteRequestUnits","0.0000006250","USD","Requests","","","WriteRequestUnits"
"C3","T","OnDemand","0","Inf","WriteRequestUnits","0.0000007800","USD","Requests","","","IA-WriteRequestUnits"
""",
    "AmazonECR": """\
"D1","T","OnDemand","0","Inf","GB-Mo","0.1000000000","USD","Storage","","","TimedStorage-ByteHrs"
"D2","T","OnDemand","0","Inf","GB-Mo","0.0500000000","USD","Storage","","","TimedStorage-ByteHrs"
""",
    "awskms": """\
"E1","T","OnDemand","0","Inf","Keys","1.0000000000","USD","Encryption Key","","","us-east-1-KMS-Keys"
""",
}
OLD = [
    Price("bedrock", "us-east-1", "3", "million tokens", "a page", "2026-01", ""),
    Price("ecr-storage", "us-east-1", "0.10", "GB-month", "a page", "2026-01", ""),
    Price("fargate-x86-vcpu", "us-east-1", "0.04048", "vCPU-hour", "a page", "2026-01", "recalled"),
    Price("public-ipv4", "us-east-1", "0.005", "hour", "a page", "2026-01", ""),
]


@pytest.fixture(autouse=True)
def file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A copy of the list with the units of all prices, and of one region."""
    units = {row.price: row for row in prices.load()}
    path = tmp_path / "prices.csv"
    monkeypatch.setattr(prices, "FILE", path)
    kept = {row.price for row in OLD}
    rows = [Price(name, "us-east-1", "9", row.unit, "a page", "2026-01", "") for name, row in units.items()]
    prices.save([*OLD, *(row for row in rows if row.price not in kept)])
    return path


class Answer(io.BytesIO):
    """An answer to a request. It may announce more than it has."""

    def __init__(self, text: str, missing: int = 0) -> None:
        super().__init__(text.encode())
        self.headers = {"Content-Length": str(len(text.encode()) + missing)}


def lists(address: str, **_: Any) -> Answer:
    """Opens the excerpts by the address that AWS documents."""
    start, service, *rest = address.removeprefix("https://pricing.us-east-1.amazonaws.com/offers/v1.0/").split("/")
    assert (start, rest) == ("aws", ["current", "us-east-1", "index.csv"])
    return Answer(HEAD.format(service=service) + ROWS.get(service, ""))


@pytest.fixture(autouse=True)
def published(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS publishes the excerpts."""
    monkeypatch.setattr(urllib.request, "urlopen", lists)


def row(name: str) -> Price:
    return prices.of_region("us-east-1")[name]


def test_prices_on_demand_replace_the_old_ones_with_their_source_and_day(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prices"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "fargate-x86-vcpu in us-east-1: 0.04048 -> 0.0405" in lines
    address = "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AmazonECS/current/us-east-1/index.csv"
    assert row("fargate-x86-vcpu") == Price(
        "fargate-x86-vcpu", "us-east-1", "0.0405", "vCPU-hour", address, "2026-12-01", ""
    )
    expected = {
        "fargate-arm-vcpu": "0.03238",
        "kms-key": "1",
        "alb": "0.0225",  # not the Network Load Balancer, which has the same usage type
        "dynamodb-storage": "0.25",  # the first step that costs something
        "dynamodb-writes": "0.625",  # of a million, not of the table class Standard-IA
    }
    assert {name: row(name).usd for name in expected} == expected


def test_absent_and_ambiguous_prices_stay_and_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_vpc(address: str, **_: Any) -> Answer:
        if "AmazonVPC" in address:  # a service without a list
            raise urllib.error.HTTPError(address, 404, "Not Found", Message(), None)
        return lists(address)

    monkeypatch.setattr(urllib.request, "urlopen", without_vpc)
    lines = renew().splitlines()
    assert "public-ipv4 in us-east-1: AWS's list lacks it; 0.005 of 2026-01 stays" in lines
    assert "ecr-storage in us-east-1: AWS's list has 2 prices for it; 0.10 of 2026-01 stays" in lines
    assert (row("public-ipv4").read, row("ecr-storage").usd) == ("2026-01", "0.10")
    assert "bedrock" in lines[-1]
    assert row("bedrock") == OLD[0]
    assert row("fargate-x86-vcpu").usd == "0.0405"


NOT_READ = r"AWS's price list cannot be read: https://\S+: {}\. Nothing was changed\."
WITHOUT_USAGE_TYPE = HEAD.replace("usageType", "usage") + '"A1","T","OnDemand","0","Inf","h","1","USD"'
NO_LIST = r"https://\S+ is no price list in the form that AWS documents\. Nothing was changed\."


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (urllib.error.URLError("No such host"), NOT_READ.format("No such host")),
        (urllib.error.HTTPError("", 503, "Slow Down", Message(), None), NOT_READ.format("HTTP Error 503: Slow Down")),
        (TimeoutError("timed out"), NOT_READ.format("timed out")),
        (Answer("<html>\n<p>Sign in, please</p>\n</html>\n"), NO_LIST),
        (Answer(WITHOUT_USAGE_TYPE), NO_LIST),
        (Answer(HEAD, missing=9), NOT_READ.format(r"IncompleteRead\(0 bytes read, 9 more expected\)")),
    ],
)
def test_error_is_one_sentence_and_changes_nothing(
    answer: Any, message: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(urllib.request, "urlopen", mock.Mock(side_effect=[answer]))
    before = file.read_bytes()
    with pytest.raises(CostError, match=f"^{message}$"):
        renew()
    assert file.read_bytes() == before
