"""CloudWatch's evaluation of the alarms of this program. It refuses every feature that they do not use.

From the Amazon CloudWatch User Guide: "Alarm evaluation", "Configuring how CloudWatch alarms treat missing data",
"Using math expressions with CloudWatch metrics", "CloudWatch Metrics Insights query components", "Limits".
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal, NamedTuple, cast

State = Literal["OK", "ALARM"]
Series = dict[int, float]  # number of the period -> value; a period without data has no entry
Value = float | Series | list[Series]

# CloudWatch reads more periods than it evaluates: 5 for 3 in the example of the user guide.
_EXTRA_PERIODS: Final = 2
_MAX_METRICS: Final = 10


class UnsupportedAlarmError(ValueError):
    """CloudWatch refuses this alarm, or this evaluator does not know how CloudWatch evaluates it."""


class Datum(NamedTuple):
    """One value, as the app or AWS emits it. A test has thousands, and a tuple is made faster than a dataclass."""

    namespace: str
    name: str
    unit: str
    dimensions: Mapping[str, str]
    value: float
    time: float  # seconds


@dataclass(frozen=True)
class Reading:
    """A reading of what AWS's documents leave open. The alarms have to work under each."""

    fills_empty: bool  # whether FILL adds points to a metric that has none at all
    lists_skip: bool  # whether MAX and SUM of a list ignore a metric that lacks a point


READINGS: Final = (Reading(fills_empty=True, lists_skip=False), Reading(fills_empty=False, lists_skip=True))


@dataclass(frozen=True)
class Selection:
    """One metric and its statistic."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    stat: str
    period: int

    def series(self, data: Iterable[Datum], window: range) -> Series:
        """The statistic of each period, of data with this name. No alarm names a unit, so it does not select data."""
        chosen = (datum for datum in data if datum.dimensions == self.dimensions)
        return {n: _statistic(self.stat, values) for n, values in _by_period(chosen, self.period, window).items()}


@dataclass(frozen=True)
class Insights:
    """A Metrics Insights query that returns one series: the sum of all metrics with exactly these dimension names."""

    namespace: str
    name: str
    dimensions: tuple[str, ...]
    period: int

    @classmethod
    def parse(cls, text: str, period: int) -> Insights:
        found = re.fullmatch(r'SELECT SUM\((\w+)\) FROM SCHEMA\("([^"]+)"((?:, \w+)*)\)', text)
        if not found:
            raise UnsupportedAlarmError(f"not a query for one series: {text}")
        name, namespace, names = found.groups()
        return cls(namespace, name, tuple(names.split(", ")[1:]), period)

    def series(self, data: Iterable[Datum], window: range) -> Series:
        chosen = (datum for datum in data if sorted(datum.dimensions) == sorted(self.dimensions))
        return {n: math.fsum(values) for n, values in _by_period(chosen, self.period, window).items()}


@dataclass(frozen=True)
class Rule:
    """An alarm that the program registered."""

    sources: Mapping[str, Selection | Insights]  # id -> metric or query
    expressions: Mapping[str, str]  # id -> metric math
    watched: str  # id
    threshold: float
    comparison: str
    evaluations: int
    missing: str

    @classmethod
    def registered(cls, inputs: Mapping[str, Any]) -> Rule:
        """Returns the rule of a `MetricAlarm` that the program registered."""
        queries: Sequence[Mapping[str, Any]] | None = inputs.get("metricQueries")
        if not queries:
            stat = inputs.get("statistic") or inputs["extendedStatistic"]
            queries = [{"id": "only", "metric": {**inputs, "stat": stat}, "returnData": True}]
        sources: dict[str, Selection | Insights] = {}
        expressions: dict[str, str] = {}
        for query in queries:
            if "metric" in query:
                m = query["metric"]
                sources[query["id"]] = Selection(
                    m["namespace"], m["metricName"], m.get("dimensions") or {}, m["stat"], int(m["period"])
                )
            elif query["expression"].startswith("SELECT "):
                sources[query["id"]] = Insights.parse(query["expression"], int(query["period"]))
            else:
                expressions[query["id"]] = query["expression"]
        watched = [query["id"] for query in queries if query.get("returnData")]
        metrics = [source for source in sources.values() if isinstance(source, Selection)]
        if len(watched) != 1 or len(metrics) > _MAX_METRICS or len(sources) - len(metrics) > 1:
            raise UnsupportedAlarmError(
                "not one watched series, more than ten metrics, or two Metrics Insights queries"
            )
        if expressions and len(sources) > len(metrics):
            raise UnsupportedAlarmError("metric math on a Metrics Insights query: AWS documents it for graphs only")
        if len({source.period for source in sources.values()}) != 1:
            raise UnsupportedAlarmError("more than one period")
        if inputs["treatMissingData"] not in ("breaching", "notBreaching"):
            raise UnsupportedAlarmError(f"unknown: {inputs['treatMissingData']}")
        return cls(
            sources,
            expressions,
            watched[0],
            float(inputs["threshold"]),
            inputs["comparisonOperator"],
            int(inputs["evaluationPeriods"]),
            inputs["treatMissingData"],
        )

    @property
    def period(self) -> int:
        return next(iter(self.sources.values())).period

    def state(self, data: Sequence[Datum], now: float, reading: Reading) -> State:
        """Returns the state at `now`, from the complete periods before it."""
        end = int(now // self.period)
        window = range(end - self.evaluations - _EXTRA_PERIODS, end)
        recent: dict[tuple[str, str], list[Datum]] = {}
        for datum in data:
            if datum.time >= window.start * self.period:
                recent.setdefault((datum.namespace, datum.name), []).append(datum)
        known: dict[str, Series] = {
            id_: source.series(recent.get((source.namespace, source.name), []), window)
            for id_, source in self.sources.items()
        }
        waiting = dict(self.expressions)
        while waiting:
            ready = [id_ for id_, text in waiting.items() if not _names(text) & waiting.keys()]
            if not ready:
                raise UnsupportedAlarmError("expressions that refer to each other in a circle")
            for id_ in ready:
                result = _Math(known, window, reading).value(_parsed(waiting.pop(id_)))
                if not isinstance(result, dict):
                    raise UnsupportedAlarmError(f"{id_} is not a series")
                known[id_] = result
        return self._judged(known[self.watched], window)

    def _judged(self, series: Series, window: range) -> State:
        breaches = cast(
            Callable[[float, float], bool],
            {"GreaterThanThreshold": operator.gt, "LessThanThreshold": operator.lt}[self.comparison],
        )
        newest = list(reversed(window))
        points = [breaches(series[n], self.threshold) if n in series else None for n in newest]
        judged = points[: self.evaluations]
        if None in judged:
            # CloudWatch takes the newest real points first, and treats what is still lacking as missing data.
            judged = [point for point in points if point is not None][: self.evaluations]
            judged += [self.missing == "breaching"] * (self.evaluations - len(judged))
        return "ALARM" if all(judged) else "OK"


class _Math:
    """Metric math over the series of one window. Python's parser reads its syntax."""

    def __init__(self, known: Mapping[str, Series], window: range, reading: Reading) -> None:
        self._known, self._window, self._reading = known, window, reading

    def value(self, node: ast.expr) -> Value:
        match node:
            case ast.Constant(value=int() | float() as number):
                return float(number)
            case ast.Name(id=name):
                if name not in self._known:
                    raise UnsupportedAlarmError(f"no metric {name}")
                return self._known[name]
            case ast.List(elts=items):
                return [self._series(item) for item in items]
            case ast.Compare(left=left, ops=[ast.Gt()], comparators=[ast.Constant(value=int() | float() as number)]):
                return {n: float(value > number) for n, value in self._series(left).items()}
            case ast.Call(func=ast.Name(id="FILL"), args=[series, ast.Constant(value=int() | float() as number)]):
                points = self._series(series)
                empty = not points and not self._reading.fills_empty
                return {} if empty else {n: points.get(n, float(number)) for n in self._window}
            case ast.Call(func=ast.Name(id="IF"), args=[condition, yes, no]):
                return self._choice(self._series(condition), self.value(yes), self.value(no))
            case ast.Call(func=ast.Name(id="MAX" | "MIN" | "SUM" as name), args=[ast.List() as items]):
                return self._list(_FOLDS[name], cast(list[Series], self.value(items)))
            case _:
                raise UnsupportedAlarmError(f"unknown: {ast.unparse(node)}")

    def _series(self, node: ast.expr) -> Series:
        value = self.value(node)
        if not isinstance(value, dict):
            raise UnsupportedAlarmError(f"not a series: {ast.unparse(node)}")
        return value

    def _choice(self, condition: Series, yes: Value, no: Value) -> Series:
        chosen: Series = {}
        for n, holds in condition.items():
            value = yes if holds else no
            if isinstance(value, float):
                chosen[n] = value
            elif isinstance(value, dict) and n in value:
                chosen[n] = value[n]
        return chosen

    def _list(self, fold: Callable[[list[float]], float], items: list[Series]) -> Series:
        points = {n: [item[n] for item in items if n in item] for n in self._window}
        enough = 1 if self._reading.lists_skip else len(items)
        return {n: fold(values) for n, values in points.items() if len(values) >= enough}


_FOLDS: Final[Mapping[str, Callable[[list[float]], float]]] = {"MAX": max, "MIN": min, "SUM": math.fsum}


@cache
def _parsed(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


@cache
def _names(text: str) -> frozenset[str]:
    return frozenset(node.id for node in ast.walk(_parsed(text)) if isinstance(node, ast.Name))


def _by_period(data: Iterable[Datum], period: int, window: range) -> dict[int, list[float]]:
    found: dict[int, list[float]] = {}
    for datum in data:
        if (n := int(datum.time // period)) in window:
            found.setdefault(n, []).append(datum.value)
    return found


def _statistic(stat: str, values: Sequence[float]) -> float:
    match stat:
        case "Sum":
            return math.fsum(values)
        case "Average":
            return math.fsum(values) / len(values)
        case "Minimum":
            return min(values)
        case "Maximum":
            return max(values)
        case _:
            found = re.fullmatch(r"p([0-9]{1,2}(?:\.[0-9]+)?)", stat)
            if not found:
                raise UnsupportedAlarmError(f"unknown statistic {stat}")
            # The nearest rank.
            return sorted(values)[math.ceil(float(found[1]) / 100 * len(values)) - 1]
