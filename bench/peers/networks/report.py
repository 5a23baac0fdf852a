# SPDX-License-Identifier: Apache-2.0
"""A record of networks as a table and a chart."""

from typing import Any

from .. import charts, figures, report
from . import CONTENDERS, SIZE


def speed_over(row: dict[str, Any], name: str) -> float | None:
    """Faltung's speed over a contender's, best against best."""
    mine, other = (row["contenders"].get(who, {}).get("best_s") for who in ("faltung", name))
    return other / mine if mine and other else None


def title(row: dict[str, Any]) -> str:
    return f"{row['network']}, batch {row['batch']}"


def line(row: dict[str, Any]) -> str:
    times = [
        f"{name} {said['best_s'] * 1e3:.1f}" if "best_s" in said else f"{name}: {said['why']}"
        for name, said in row["contenders"].items()
    ]
    return f"{title(row)}, ms: {', '.join(times)}"


def best_other(row: dict[str, Any]) -> str:
    """The fastest contender but Faltung."""
    times = {name: said["best_s"] for name, said in row["contenders"].items() if "best_s" in said}
    times.pop("faltung", None)
    return min(times, key=lambda name: times[name], default="")


def chart(record: dict[str, Any]) -> str:
    heading = f"Faltung's speed over the fastest other's, {figures.title(record)}"
    return charts.bars(
        heading,
        [
            (title(row), over, best_other(row))
            for row in record["rows"]
            if (over := speed_over(row, best_other(row)))
        ],
    )


def cell(row: dict[str, Any], name: str) -> str:
    said = row["contenders"].get(name, {})
    if "best_s" not in said:
        return said.get("why", "")
    over = "" if name == "faltung" else f" ({report.number(speed_over(row, name))})"
    return f"{said['best_s'] * 1e3:.1f} / {said['median_s'] * 1e3:.1f}{over}"


def mean_over(record: dict[str, Any], name: str) -> str:
    if name == "faltung":
        return ""
    return report.number(figures.geometric_mean(speed_over(row, name) for row in record["rows"]))


def section(record: dict[str, Any], picture: str) -> str:
    rows = record["rows"]
    names = [name for name in CONTENDERS if any(name in row["contenders"] for row in rows)]
    lines = [[title(row), *(cell(row, name) for name in names)] for row in rows]
    lines.append(["geometric mean", *(mean_over(record, name) for name in names)])
    errors = [
        said["error"] for row in rows for said in row["contenders"].values() if "best_s" in said
    ]
    return (
        f"## Networks: {figures.title(record)}\n\n"
        f"Milliseconds of a forward pass over images of 3×{SIZE}×{SIZE}, best / median (Faltung's "
        "speed over it), weights random. Faltung is `faltung.torch.replace(model)`. No output that "
        "was timed differs from that of double precision by more than "
        f"{max(errors, default=0):.0e} of the largest.\n\n"
        f"![{figures.title(record)}]({picture})\n\n{report.table(['network', *names], lines)}\n"
    )
