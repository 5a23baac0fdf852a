# SPDX-License-Identifier: Apache-2.0
"""A record of layers as tables in Markdown."""

from typing import Any

from . import figures
from .figures import Result


def table(head: list[str], rows: list[list[str]], texts: int = 1) -> str:
    """The first columns are texts, the others are numbers."""
    lines = [head, ["---"] * texts + ["--:"] * (len(head) - texts), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def number(value: float | None, pattern: str = "{:.2f}") -> str:
    return "" if value is None else pattern.format(value)


def micro(seconds: float) -> str:
    us = seconds * 1e6
    return f"{us:.1f}" if us < 100 else f"{us:.0f}"


def against(row: dict[str, Any], other: Result | None, with_way: bool) -> str:
    """Faltung's speed over another's, and whose that is."""
    ratio = figures.ratio(row, other)
    if other is None or ratio is None:
        return ""
    way = f" ({other.layout})" if with_way and other.layout != row["layout"] else ""
    return f"{ratio:.2f} {other.peer}{way}"


def of_faltung(record: dict[str, Any]) -> str:
    rows = []
    for row in record["rows"]:
        mine = figures.ours(row)
        if mine is None:
            why = "; ".join(way.get("why", "") for way in row["peers"].get("faltung", []))
            rows.append([row["name"], f"`{row['problem']}`", why, "", "", "", "", ""])
            continue
        rows.append(
            [
                row["name"],
                f"`{row['problem']}`",
                micro(mine.best),
                f"{figures.gflops(row, mine.best):.0f}",
                f"{figures.gflops(row, mine.median):.0f}",
                f"{figures.share(row, mine.best):.0%}",
                against(row, figures.best_other(row, False), False),
                against(row, figures.best_other(row, True), True),
            ]
        )
    head = ["layer", "problem", "µs", "GFLOP/s", "median", "share"]
    return table([*head, "over the best in this layout", "in any layout"], rows, 2)


def of_all(record: dict[str, Any]) -> str:
    """GFLOP/s and share of each peer; the fastest in bold."""
    names = figures.peers_of(record)
    rows = []
    for row in record["rows"]:
        found = {name: figures.best_of(row, name) for name in names}
        best = figures.fastest([result for result in found.values() if result])
        cells = [cell(row, name, found[name], found[name] is best) for name in names]
        rows.append([row["name"], f"{row['ceiling']['best_gflops']:.0f}", *cells])
    return table(["layer", "ceiling", *names], rows)


def cell(row: dict[str, Any], name: str, result: Result | None, is_best: bool) -> str:
    if result is None:
        refused = [way for way in row["peers"].get(name, []) if "error" in way and "why" in way]
        return "wrong" if refused else "-"
    speed, middle = (figures.gflops(row, s) for s in (result.best, result.median))
    mark = "**" if is_best else ""
    layout = " " + result.layout if result.layout != row["layout"] else ""
    share = figures.share(row, result.best)
    return f"{mark}{speed:.1f}{mark} / {middle:.1f} ({share:.0%}){layout}"


def means(record: dict[str, Any]) -> str:
    """Faltung over each peer by itself, on the rows that both can do."""
    rows = []
    rows_of = [row for row in record["rows"] if row["dtype"] == "f32"]
    for name in figures.peers_of(record):
        if name == "faltung":
            continue
        found = (figures.ratio(row, figures.best_of(row, name)) for row in rows_of)
        ratios = [ratio for ratio in found if ratio]
        mean = figures.geometric_mean(ratios)
        version = record["versions"].get(name, "")
        rows.append(
            [f"{name} {version}", str(len(ratios)), number(mean), number(min(ratios, default=None))]
        )
    head = ["peer", "rows of f32", "geometric mean of Faltung's speed over its best", "least"]
    return table(head, rows)


def behind(record: dict[str, Any]) -> str:
    """The rows in which Faltung is slower, by name."""
    slow = figures.behind(record)
    if not slow:
        return f"In no row is Faltung below {figures.BEHIND} of the best in the row's layout."
    names = ", ".join(f"{name} ({ratio:.2f})" for ratio, name in slow)
    return f"Below {figures.BEHIND} of the best in the row's layout: {names}."


def refused(record: dict[str, Any]) -> str:
    """What was not timed because its answer was wrong."""
    found: dict[str, list[str]] = {}
    for row in record["rows"]:
        for peer, ways in row["peers"].items():
            for way in ways:
                if "error" in way and "why" in way:
                    found.setdefault(f"{peer} ({way['name']})", []).append(
                        f"{row['name']} ({way['error']:.0e})"
                    )
    if not found:
        return ""
    lines = [f"- {who}: {', '.join(rows)}\n" for who, rows in found.items()]
    return (
        "Not timed, since the answer is off by more than the type explains (error as a part of "
        "the largest number):\n\n" + "".join(lines) + "\n"
    )


def layers(record: dict[str, Any], charts: list[str]) -> str:
    """A section of the report."""
    note = ""
    if record["isa"] == "avx2":
        note = (
            "Every peer is capped to AVX2 by CPUID faulting. "
            if record["capped"]
            else "Only peers that a variable caps to AVX2 are measured. "
        )
    pictures = "".join(f"![{figures.title(record)}]({chart})\n\n" for chart in charts)
    return (
        f"## Layers: {figures.title(record)}\n\n"
        f"{record['rounds']} rounds of {record['seconds']:g} s each. {note}"
        f"Geometric mean of Faltung's speed over that of the best peer of each row of f32: "
        f"{number(figures.mean_ratio(record, False))} in the row's layout, "
        f"{number(figures.mean_ratio(record, True))} over the best in any layout.\n\n"
        f"{pictures}{of_faltung(record)}\n{behind(record)}\n\n{means(record)}\n"
        f"GFLOP/s, best / median (share of the ceiling of {record['rows'][0]['ceiling']['isa']}), "
        f"each peer in the layout it is fastest in, named where that is not the row's:\n\n"
        f"{of_all(record)}\n{refused(record)}"
    )
