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
_STYLE = "text{font:12px sans-serif;fill:#222}.axis{stroke:#ddd}.one{stroke:#888}.small{font-size:11px}"


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


def picture(title: str, names: list[str], scale: Scale, marks: list[tuple[float, str]], inside) -> str:
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

    dots, most = [], 1.0
    for i, row in enumerate(rows):
        for peer in [*others, "faltung"]:  # ours on top
            result = figures.best_of(row, peer)
            if result:
                share = figures.share(row, result.best)
                most = max(most, share)
                dots.append((i, peer, share, result.layout == row["layout"]))
    top = math.ceil(most * 4) / 4
    scale = Scale(0, top, lambda value: value)
    step = 0.25 if top <= 2 else 0.5
    marks = [(step * k, f"{step * k:.0%}") for k in range(int(top / step) + 1)]
    inside = key(peers, colour)
    for i, peer, share, is_plain in dots:
        look = f'fill="{colour(peer)}"' if is_plain else f'fill="#fff" stroke="{colour(peer)}"'
        radius = 5 if peer == "faltung" else 4
        said = escape(f"{peer}, {rows[i]['name']}: {share:.0%}")
        inside.append(
            f'<circle cx="{scale.x(share):.1f}" cy="{middle(i):.1f}" r="{radius}" {look}>'
            f"<title>{said}</title></circle>"
        )
    title = f"Share of the ceiling, {figures.title(record)}; hollow: in another layout than the row's"
    return picture(title, [row["name"] for row in rows], scale, marks, inside)


def ratios(record: dict[str, Any]) -> str:
    """Faltung's speed over that of the best other in the row's layout, a bar on each row."""
    rows = [row for row in record["rows"] if figures.ratio(row, figures.best_other(row, False))]
    found = [figures.best_other(row, False) for row in rows]
    values = [figures.ratio(row, other) for row, other in zip(rows, found)]
    inside = []
    scale = Scale(0.25, 8, math.log2)
    for i, (other, value) in enumerate(zip(found, values)):
        x, one = scale.x(value), scale.x(1)
        colour = "#0072b2" if value >= figures.BEHIND else "#d55e00"
        inside.append(
            f'<rect x="{min(x, one):.1f}" y="{middle(i) - 6:.1f}" width="{max(abs(x - one), 1):.1f}" '
            f'height="12" fill="{colour}"/>'
        )
        inside.append(text(max(x, one) + 5, middle(i) + 4, f"{value:.2f} {other.peer}", "start", "small"))
    marks = [(value, f"{value:g}") for value in (0.25, 0.5, 1, 2, 4, 8)]
    title = f"Faltung's speed over the best other's in the row's layout, {figures.title(record)}"
    return picture(title, [row["name"] for row in rows], scale, marks, inside)
