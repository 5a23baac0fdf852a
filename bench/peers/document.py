# SPDX-License-Identifier: Apache-2.0
"""The report as a whole: one Markdown file, and its charts beside it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import charts, figures, report, startup
from .networks import report as networks


def line(row: dict[str, Any]) -> str:
    """A row in a line, for whoever waits."""
    mine = figures.ours(row)
    if mine is None:
        other = figures.best_other(row, True)
        return f"{row['name']}: {other.peer if other else 'nobody'}"
    words = f"{row['name']}: {figures.gflops(row, mine.best):.1f} GFLOP/s"
    words += f", {figures.share(row, mine.best):.0%} of the ceiling"
    said = report.against(row, figures.best_other(row, False), False)
    return words + (f", {said}" if said else "")


def head(records: list[dict[str, Any]]) -> str:
    first = records[0]
    versions: dict[str, str] = {}
    absent: dict[str, str] = {}
    for record in records:
        versions |= record.get("versions", {})
        absent |= record.get("absent", {})
    said = ", ".join(f"{name} {version}" for name, version in versions.items())
    left_out = "".join(f"- {name} is left out: {why}\n" for name, why in absent.items())
    return (
        "# Faltung beside other libraries\n\n"
        f"{first['date']}, {first['processor']}, {first['cpus']} CPUs, Python {first['python']}, "
        f"commit {first['source'] or 'unknown'}{'; ' + said if said else ''}.\n\n"
        "Everything of a section was measured in one run: each library in a process of its own, "
        "pinned and asked in turns, beside the machine's ceiling of multiply-adds. Only what gives "
        "the answer of double precision within rounding is timed. GFLOP/s count multiply-adds "
        "twice, those with the padding's zeros too, whatever the algorithm.\n\n"
        f"{left_out}{chr(10) if left_out else ''}"
    )


def summary(records: list[dict[str, Any]]) -> str:
    """A line for each run."""
    rows = []
    for record in records:
        what = figures.title(record)
        if record["kind"] == "layers":
            means = (figures.mean_ratio(record, any_layout) for any_layout in (False, True))
            count = f"{len(figures.behind(record))} of {len(record['rows'])}"
            rows.append([f"layers, {what}", *map(report.number, means), count])
        elif record["kind"] == "networks":
            found = (networks.speed_over(row, networks.best_other(row)) for row in record["rows"])
            over = [ratio for ratio in found if ratio]
            count = f"{sum(ratio < figures.BEHIND for ratio in over)} of {len(over)}"
            mean = report.number(figures.geometric_mean(over))
            rows.append([f"networks, {what}", "", mean, count])
    heads = ["Faltung's speed over the best other's", "in any layout", "rows where it is behind"]
    return report.table(["geometric means", *heads], rows) + "\n" if rows else ""


def section(record: dict[str, Any], folder: Path) -> str:
    if record["kind"] == "startup":
        return startup.section(record)
    if record["kind"] == "networks":
        return networks.section(record, draw(record, "ratio", networks.chart, folder))
    pictures = [("share", charts.shares), ("ratio", charts.ratios)]
    return report.layers(record, [draw(record, name, chart, folder) for name, chart in pictures])


def draw(record: dict[str, Any], name: str, chart: Callable[[dict], str], folder: Path) -> str:
    """Writes a chart; its file's name."""
    written = f"{figures.slug(record)}-{name}.svg"
    (folder / written).write_text(chart(record), encoding="utf-8")
    return written


def write(records: list[dict[str, Any]], folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    written = folder / "report.md"
    text = (
        head(records) + summary(records) + "\n".join(section(record, folder) for record in records)
    )
    written.write_text(text, encoding="utf-8")
    return written
