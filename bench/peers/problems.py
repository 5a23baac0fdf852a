# SPDX-License-Identifier: Apache-2.0
"""Problem strings, as `faltung bench` takes them, and the table of layers that it has."""

import json
import re
import subprocess
from dataclasses import dataclass
from math import prod
from pathlib import Path

_KIND = re.compile(r"(conv|conv_transpose)([123])d(_input|_weight)?")
_DEFAULTS = {
    "stride": "1",
    "padding": "0",
    "dilation": "1",
    "groups": "1",
    "output_padding": "0",
    "dtype": "f32",
    "layout": "nchw",
}
COMPLEX = ("c64", "c128")
INTEGERS = ("i8", "u8")


@dataclass(frozen=True)
class Problem:
    """One convolution.

    `input`, `weight` and `output` are the shapes of the convolution itself; a gradient is described
    by the convolution that it is of. `op` is 'conv', 'transposed', 'input' or 'weight', the last
    two being gradients.
    """

    text: str
    name: str
    operation: str
    op: str
    axes: int
    input: tuple[int, ...]
    weight: tuple[int, ...]
    output: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    output_padding: tuple[int, ...]
    groups: int
    dtype: str
    layout: str

    @property
    def first(self) -> tuple[int, ...]:
        """Shape of the first operand of the operation itself."""
        return self.output if self.op == "input" else self.input

    @property
    def second(self) -> tuple[int, ...]:
        return self.output if self.op == "weight" else self.weight

    @property
    def result(self) -> tuple[int, ...]:
        return {"input": self.input, "weight": self.weight}.get(self.op, self.output)

    @property
    def is_transposed(self) -> bool:
        """Whether what is computed is a transposed convolution."""
        return self.op in ("transposed", "input")

    @property
    def multiply_adds(self) -> int:
        """Of real numbers, with those that meet the padding's zeros."""
        picture = self.input if self.op == "transposed" else self.output
        of_real = 4 if self.dtype in COMPLEX else 1
        return prod(picture) * prod(self.weight[1:]) * of_real

    @property
    def flops(self) -> int:
        return 2 * self.multiply_adds


def parse(text: str, name: str = "") -> Problem:
    """The problem that a string describes; ValueError where it says what no peer is asked for."""
    kind, _, rest = text.partition(":")
    matched = _KIND.fullmatch(kind)
    words = rest.split(",")
    if not matched or len(words) < 2:
        raise ValueError(f"'{text}' is no problem")
    axes = int(matched[2])
    shape, weight = (tuple(int(size) for size in word.split("x")) for word in words[:2])
    if len(shape) != axes + 2 or len(weight) != axes + 2:
        raise ValueError(f"'{text}': {axes + 2} axes are needed")
    options = dict(_DEFAULTS)
    for word in words[2:]:
        key, _, value = word.partition("=")
        if key not in options:
            raise ValueError(f"'{text}': peers are not asked for {key}")
        options[key] = value
    if matched[1] == "conv_transpose" and matched[3]:
        raise ValueError(f"'{text}': peers are not asked for gradients of transposed convolutions")
    values = {
        key: _per_axis(options[key], axes)
        for key in ("stride", "padding", "dilation", "output_padding")
    }
    groups = int(options["groups"])
    op = (matched[3] or "").strip("_") or ("transposed" if "transpose" in kind else "conv")
    steps = list(zip(values["stride"], values["padding"], values["dilation"], weight[2:]))
    if op == "transposed":
        sizes = tuple(
            (size - 1) * s - 2 * p + d * (k - 1) + 1 + more
            for size, (s, p, d, k), more in zip(shape[2:], steps, values["output_padding"])
        )
        output = (shape[0], weight[1] * groups, *sizes)
    else:
        sizes = tuple(
            (size + 2 * p - d * (k - 1) - 1) // s + 1
            for size, (s, p, d, k) in zip(shape[2:], steps)
        )
        output = (shape[0], weight[0], *sizes)
    if op == "input":  # the output padding by which a transposed convolution gives this input
        values["output_padding"] = tuple(
            size - ((out - 1) * s - 2 * p + d * (k - 1) + 1)
            for size, out, (s, p, d, k) in zip(shape[2:], sizes, steps)
        )
    return Problem(
        text, name or text, kind, op, axes, shape, weight, output, **values, groups=groups,
        dtype=options["dtype"], layout=options["layout"],
    )  # fmt: skip


def _per_axis(text: str, axes: int) -> tuple[int, ...]:
    values = tuple(int(value) for value in text.split("+"))
    return values * axes if len(values) == 1 else values


def table(faltung: Path) -> list[Problem]:
    """The rows of the table that the command has: it stands nowhere else."""
    said = subprocess.run(
        [faltung, "bench", "--table", "--list", "--json"],
        check=True,
        capture_output=True,
        text=True,
    )
    rows = [json.loads(line) for line in said.stdout.splitlines()]
    return [parse(row["problem"], row["name"]) for row in rows]


def choose(rows: list[Problem], texts: list[str], only: str) -> list[Problem]:
    """The problems given as strings, by the table's names where it has them; else its rows in whose
    name or string one of `only`, parted by commas, is found."""
    if texts:
        names = {row.text: row.name for row in rows}
        return [parse(text, names.get(text, "")) for text in texts]
    wanted = only.split(",")
    return [row for row in rows if any(word in row.name or word in row.text for word in wanted)]
