"""`make prices`: renews prices.csv from the price lists that AWS publishes for everyone, without an account.

AWS Billing user guide, "Getting price list files manually", "Reading the service price list file for an AWS service":
the first five lines of a CSV file are about the file, the sixth names the columns. The list of EC2 has some hundred
megabytes, so a file is read line by line.
"""

from __future__ import annotations

import csv
import http.client
import re
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import Any, Final

from cost import prices
from cost.errors import CostError
from cost.prices import Price

_SECONDS: Final = 60
_LIST: Final = "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/{service}/current/{region}/index.csv"
# Usage types start with a code of the region, except some of us-east-1: USE1-, EUN1-, us-east-1-. Other prefixes name
# another product: IA-ReadRequestUnits is of DynamoDB's table class Standard-IA.
_REGION_CODE: Final = r"(?:[A-Z]{3}\d-|[a-z]+-[a-z]+-\d-)?"


@dataclass(frozen=True)
class Listed:
    """Where a price stands in AWS's lists.

    Args:
        service: the service's code, part of the address.
        usage_type: without the region's code.
        per: how many of AWS's units are one unit of prices.csv.
        columns: what further columns hold, where several products have the usage type.
    """

    service: str
    usage_type: str
    per: int = 1
    columns: Mapping[str, str] = field(default_factory=dict[str, str])


_MILLION: Final = 1_000_000
_ALB: Final = {"Product Family": "Load Balancer-Application"}
# Prices that are not here, such as Bedrock's, keep the value and the date of prices.csv.
LISTED: Final = {
    "alarm-metric": Listed("AmazonCloudWatch", "CW:AlarmMonitorUsage"),
    "alb": Listed("AWSELB", "LoadBalancerUsage", columns=_ALB),
    "alb-lcu": Listed("AWSELB", "LCUUsage", columns=_ALB),
    "custom-metric": Listed("AmazonCloudWatch", "CW:MetricMonitorUsage"),
    "data-to-internet": Listed("AWSDataTransfer", "DataTransfer-Out-Bytes"),
    "dynamodb-point-in-time-recovery": Listed("AmazonDynamoDB", "TimedPITRStorage-ByteHrs"),
    "dynamodb-reads": Listed("AmazonDynamoDB", "ReadRequestUnits", _MILLION),
    "dynamodb-storage": Listed(
        "AmazonDynamoDB", "TimedStorage-ByteHrs", columns={"Volume Type": "Amazon DynamoDB - Indexed DataStore"}
    ),
    "dynamodb-writes": Listed("AmazonDynamoDB", "WriteRequestUnits", _MILLION),
    "ecr-storage": Listed("AmazonECR", "TimedStorage-ByteHrs"),
    "elasticache-valkey-cache.t4g.small": Listed(
        "AmazonElastiCache", "NodeUsage:cache.t4g.small", columns={"Cache Engine": "Valkey"}
    ),
    "fargate-arm-memory": Listed("AmazonECS", "Fargate-ARM-GB-Hours"),
    "fargate-arm-vcpu": Listed("AmazonECS", "Fargate-ARM-vCPU-Hours:perCPU"),
    "fargate-x86-memory": Listed("AmazonECS", "Fargate-GB-Hours"),
    "fargate-x86-vcpu": Listed("AmazonECS", "Fargate-vCPU-Hours:perCPU"),
    "kms-key": Listed("awskms", "KMS-Keys"),
    "logs-ingestion": Listed("AmazonCloudWatch", "DataProcessing-Bytes"),
    "logs-storage": Listed("AmazonCloudWatch", "TimedStorage-ByteHrs"),
    "nat-gateway": Listed("AmazonEC2", "NatGateway-Hours"),
    "nat-gateway-data": Listed("AmazonEC2", "NatGateway-Bytes"),
    "public-ipv4": Listed("AmazonVPC", "PublicIPv4:InUseAddress"),
    "s3-storage": Listed("AmazonS3", "TimedStorage-ByteHrs", columns={"Volume Type": "Standard"}),
    "secret": Listed("AWSSecretsManager", "AWSSecretsManager-Secrets"),
}


def renew() -> str:
    """Writes the prices of AWS's lists to prices.csv. Returns what changed, a line each.

    Raises:
        CostError: a list cannot be read. Nothing was changed.
    """
    rows = {(price.price, price.region): price for price in prices.load()}
    units = {price.price: price.unit for price in rows.values()}
    regions = list(dict.fromkeys(region for _, region in rows))
    lines: list[str] = []
    for region in regions:
        for service in sorted({listed.service for listed in LISTED.values()}):
            names = [name for name, listed in LISTED.items() if listed.service == service]
            address = _LIST.format(service=service, region=region)
            found, published = _read(address, names)
            for name in names:
                old, usd = rows.get((name, region)), found.get(name, set())
                if len(usd) == 1:
                    new = Price(name, region, usd.pop(), units[name], address, published, "")
                    if old is None or Decimal(old.usd) != Decimal(new.usd):
                        lines.append(f"{name} in {region}: {old.usd if old else 'no price'} -> {new.usd}")
                    rows[name, region] = new
                else:
                    what = f"has {len(usd)} prices for it" if usd else "lacks it"
                    stays = f"; {old.usd} of {old.read} stays" if old else ""
                    lines.append(f"{name} in {region}: AWS's list {what}{stays}")
    prices.save(sorted(rows.values(), key=lambda row: regions.index(row.region)))
    others = ", ".join(sorted(units.keys() - LISTED.keys()))
    return "\n".join([*lines, f"{prices.FILE.name} is renewed, except {others}: look these up."])


def _read(address: str, names: Sequence[str]) -> tuple[dict[str, set[str]], str]:
    """Returns what AWS's list has for each of these prices, in USD, and the day on which AWS published it."""
    try:
        with urllib.request.urlopen(address, timeout=_SECONDS) as body:  # noqa: S310 - the address is https
            lines = _lines(body)
            head = {row[0]: row[1] for row in islice(csv.reader(lines), 5)}
            return _prices(csv.DictReader(lines), names), head["Publication Date"][:10]
    except (csv.Error, LookupError, UnicodeError) as error:
        raise CostError(f"{address} is no price list in the form that AWS documents. Nothing was changed.") from error
    except urllib.error.HTTPError as error:
        if error.code in (403, 404):  # as S3 answers for a file that is not there: AWS has no list for the region
            return {}, ""
        raise CostError(f"AWS's price list cannot be read: {address}: {error}. Nothing was changed.") from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise CostError(f"AWS's price list cannot be read: {address}: {reason}. Nothing was changed.") from error


def _lines(body: Any) -> Iterator[str]:
    """Yields the lines of an answer.

    A list without its end could lack the first step of a price, and the next step would become the price. Python's
    answers end there without an error.

    Raises:
        IncompleteRead: the answer has fewer bytes than it announced.
    """
    received = 0
    for line in body:
        received += len(line)
        yield line.decode()
    expected = int(body.headers.get("Content-Length", received))
    if received < expected:
        raise http.client.IncompleteRead(b"", expected - received)


def _prices(rows: Iterable[Mapping[str, str]], names: Sequence[str]) -> dict[str, set[str]]:
    """Returns the prices on demand by name: more than one if several products have the usage type."""
    patterns = {name: re.compile(_REGION_CODE + re.escape(LISTED[name].usage_type)) for name in names}
    steps: dict[tuple[str, str], dict[float, Decimal]] = {}  # (name, SKU) -> start of the step -> USD
    for row in rows:
        if row["TermType"] != "OnDemand" or row["Currency"] != "USD":
            continue
        for name in names:
            listed = LISTED[name]
            if patterns[name].fullmatch(row["usageType"]) and all(
                row.get(key) == text for key, text in listed.columns.items()
            ):
                usd = Decimal(row["PricePerUnit"]) * listed.per
                if usd:  # a first step may be free
                    steps.setdefault((name, row["SKU"]), {})[float(row["StartingRange"])] = usd
    found: dict[str, set[str]] = {}
    for (name, _), of_product in steps.items():
        found.setdefault(name, set()).add(f"{of_product[min(of_product)].normalize():f}")
    return found
