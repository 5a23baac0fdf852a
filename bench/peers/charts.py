# SPDX-License-Identifier: Apache-2.0
"""Charts as SVG, drawn by hand: rows of a run downwards, a scale to the right."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

from . import figures

# By the order of peers; Faltung is black.
_COLOURS = ("#d55e00", "#e69f00", "#0072b2", "#56b4e9", "#009e73", "#cc79a7", "#999933", "#882255")
_LINE, _LEFT, _WIDTH, _RIGHT, _TOP, _BOTTOM = 18, 160, 560, 30, 64, 34
_MOST_SHARE = 3.0
_STYLE = (
    "text{font:12px sans-serif;fill:#222}.axis{stroke:#ddd}.one{stroke:#888}"
    "text.small{font-size:11px}text.on{font-size:11px;fill:#fff}"
)


@dataclass(frozen=True)
class Scale:
    """From a value to where it is drawn."""

    low: float
    high: float
    place: Callable[[float], float]

    def x(self, value: float) -> float:
        value = min(max(value, self.low), self.high)
        low, high = self.place(self.low), self.place(self.high)
        return _LEFT + _WIDTH * (self.place(value) - low) / (high - low)


def picture(
    title: str, names: list[str], scale: Scale, marks: list[tuple[float, str]], inside
) -> str:
    """A frame with a line per name and a labelled line at each mark of the scale."""
    bottom = _TOP + _LINE * len(names)
    width, height = _LEFT + _WIDTH + _RIGHT, bottom + _BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}">',
        f"<style>{_STYLE}</style>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        text(8, 18, title, "start"),
    ]
    for value, label in marks:
        x = scale.x(value)
        kind = "one" if value == 1 else "axis"
        parts.append(f'<path class="{kind}" d="M{x:.1f} {_TOP - 4}V{bottom}"/>')
        parts.append(text(x, bottom + 16, label, "middle"))
    for i, name in enumerate(names):
        parts.append(text(_LEFT - 8, middle(i) + 4, name, "end"))
    return "\n".join([*parts, *inside, "</svg>\n"])


def text(x: float, y: float, words: str, anchor: str, kind: str = "") -> str:
    kind = f' class="{kind}"' if kind else ""
    return f'<text{kind} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def middle(i: int) -> float:
    return _TOP + _LINE * (i + 0.5)


def key(names: list[str], colour: Callable[[str], str]) -> list[str]:
    """What colour each peer has, above the frame."""
    parts, x = [], 8.0
    for name in names:
        parts.append(f'<circle cx="{x + 5:.1f}" cy="36" r="4.5" fill="{colour(name)}"/>')
        parts.append(text(x + 14, 40, name, "start"))
        x += 30 + 6.6 * len(name)
    return parts


def shares(record: dict[str, Any]) -> str:
    """Each peer's best share of the ceiling, a dot on each row."""
    rows, peers = record["rows"], figures.peers_of(record)
    others = [peer for peer in peers if peer != "faltung"]

    def colour(peer: str) -> str:
        return "#000" if peer == "faltung" else _COLOURS[others.index(peer) % len(_COLOURS)]

    scale = Scale(0, _MOST_SHARE, lambda value: value)
    inside = key(peers, colour)
    for i, row in enumerate(rows):
        for peer in [*others, "faltung"]:  # ours on top
            if result := figures.best_of(row, peer):
                is_plain = result.layout == row["layout"]
                inside.append(dot(scale, i, row, result, colour(peer), is_plain))
    marks = [(k / 2, f"{k / 2:.0%}") for k in range(int(2 * _MOST_SHARE) + 1)]
    title = (
        f"Share of the ceiling, {figures.title(record)}; hollow: in another layout than the row's; "
        f"what is over {_MOST_SHARE:.0%} is at the edge"
    )
    return picture(title, [row["name"] for row in rows], scale, marks, inside)


def dot(
    scale: Scale, i: int, row: dict, result: figures.Result, colour: str, is_plain: bool
) -> str:
    share = figures.share(row, result.best)
    look = f'fill="{colour}"' if is_plain else f'fill="#fff" stroke="{colour}"'
    said = escape(f"{result.peer}, {row['name']}: {share:.0%}")
    return (
        f'<circle cx="{scale.x(share):.1f}" cy="{middle(i):.1f}" r="4.5" {look}>'
        f"<title>{said}</title></circle>"
    )


def bars(title: str, bars: list[tuple[str, float, str]]) -> str:
    """Ratios as bars to the left and right of 1: what of, the ratio, and over whom."""
    inside = []
    scale = Scale(0.25, 8, math.log2)
    for i, (_, value, whom) in enumerate(bars):
        x, one = scale.x(value), scale.x(1)
        colour = "#0072b2" if value >= figures.BEHIND else "#d55e00"
        inside.append(
            f'<rect x="{min(x, one):.1f}" y="{middle(i) - 6:.1f}" height="12" '
            f'width="{max(abs(x - one), 1):.1f}" fill="{colour}"/>'
        )
        said, is_long = f"{value:.2f} {whom}", value > 5
        x, anchor, kind = (x - 5, "end", "on") if is_long else (max(x, one) + 5, "start", "small")
        inside.append(text(x, middle(i) + 4, said, anchor, kind))
    marks = [(value, f"{value:g}") for value in (0.25, 0.5, 1, 2, 4, 8)]
    return picture(title, [name for name, _, _ in bars], scale, marks, inside)


def ratios(record: dict[str, Any]) -> str:
    """Faltung's speed over that of the best other in the row's layout, a bar on each row."""
    found = [(row, figures.best_other(row, False)) for row in record["rows"]]
    title = f"Faltung's speed over the best other's in the row's layout, {figures.title(record)}"
    return bars(
        title,
        [
            (row["name"], ratio, other.peer)
            for row, other in found
            if other and (ratio := figures.ratio(row, other))
        ],
    )
