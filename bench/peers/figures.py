# SPDX-License-Identifier: Apache-2.0
"""Figures of a record: what tables and charts show."""

import math
from dataclasses import dataclass
from typing import Any

from .entries import ENTRIES

# A row counts as behind below this: less is what changes from run to run.
BEHIND = 0.97


@dataclass(frozen=True)
class Result:
    """A peer's fastest way on a row."""

    peer: str
    way: str
    layout: str
    best: float  # seconds
    median: float


def results(row: dict[str, Any], peer: str) -> list[Result]:
    return [
        Result(peer, way["name"], way["layout"], way["best_s"], way["median_s"])
        for way in row["peers"].get(peer, [])
        if "best_s" in way
    ]


def fastest(found: list[Result]) -> Result | None:
    return min(found, key=lambda result: result.best, default=None)


def best_of(row: dict[str, Any], peer: str) -> Result | None:
    """Of a peer, in whatever layout it likes."""
    return fastest(results(row, peer))


def ours(row: dict[str, Any]) -> Result | None:
    return best_of(row, "faltung")


def best_other(row: dict[str, Any], any_layout: bool) -> Result | None:
    """The fastest of the other libraries, in the row's layout or in any."""
    return fastest(
        [
            result
            for peer in row["peers"]
            if peer != "faltung"
            for result in results(row, peer)
            if any_layout or result.layout == row["layout"]
        ]
    )


def gflops(row: dict[str, Any], seconds: float) -> float:
    return row["flops"] / seconds * 1e-9


def share(row: dict[str, Any], seconds: float) -> float:
    """Of the machine's ceiling, best against best."""
    return gflops(row, seconds) / row["ceiling"]["best_gflops"]


def ratio(row: dict[str, Any], other: Result | None) -> float | None:
    """Faltung's speed over another's, best against best."""
    mine = ours(row)
    return other.best / mine.best if mine and other else None


def mean_ratio(record: dict[str, Any], any_layout: bool) -> float | None:
    """Over the best other of each row of f32: of other types there are few rows, and in some of
    them others do not even try."""
    rows = [row for row in record["rows"] if row["dtype"] == "f32"]
    return geometric_mean(ratio(row, best_other(row, any_layout)) for row in rows)


def behind(record: dict[str, Any]) -> list[tuple[float, str]]:
    """The rows in which Faltung is slower than others in the same layout, the slowest first."""
    rows = [(ratio(row, best_other(row, False)), row["name"]) for row in record["rows"]]
    return sorted((value, name) for value, name in rows if value and value < BEHIND)


def geometric_mean(values) -> float | None:
    values = [value for value in values if value]
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None


def peers_of(record: dict[str, Any]) -> list[str]:
    """Those that were measured anywhere."""
    return [name for name in ENTRIES if any(results(row, name) for row in record["rows"])]


def title(record: dict[str, Any]) -> str:
    threads = record["threads"]
    words = "one thread" if threads == 1 else f"{threads} threads"
    return f"{words}, {'AVX2' if record['isa'] == 'avx2' else 'native'}"


def slug(record: dict[str, Any]) -> str:
    return f"{record['kind']}-{record['isa']}-{record['threads']}"
