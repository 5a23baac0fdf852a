#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How exact convolutions are, beside PyTorch's: what `faltung errors` says of its problems, and the
same of PyTorch's own calls on the same numbers, as a table.

    python3 bench/errors.py [build/faltung]
"""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch

from peers import oracle, problems
from peers.libraries.pytorch import Eager

UNIT = {"f32": 2.0**-24, "f64": 2.0**-53, "f16": 2.0**-11, "bf16": 2.0**-8}


def normal(count: int, is_weight: bool) -> np.ndarray:
    torch.manual_seed(int(is_weight))
    return torch.randn(count).numpy()


def uniform(count: int, is_weight: bool) -> np.ndarray:
    """SplitMix64, as cli/errors/data.c has it."""
    z = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z += np.uint64(is_weight)
    z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return ((z ^ z >> np.uint64(31)) >> np.uint64(11)) * 2.0**-53


def one_huge(count: int, is_weight: bool) -> np.ndarray:
    numbers = normal(count, is_weight)
    if not is_weight:
        numbers[count // 2] = 2.0**12
    return numbers


def alternating(count: int, is_weight: bool) -> np.ndarray:
    numbers = 1 + 1e-3 * uniform(count, is_weight)
    if not is_weight:
        numbers[::2] *= -1
    return numbers


DATA = {"normal": normal, "uniform": uniform, "one huge": one_huge, "alternating": alternating}


def operands(problem: problems.Problem, data: str) -> list[np.ndarray]:
    made = []
    for is_weight, shape in enumerate((problem.first, problem.second)):
        x = DATA[data](int(np.prod(shape)), bool(is_weight)).astype(np.float32).reshape(shape)
        if problem.dtype == "bf16":
            x = oracle.round_to_bf16(x)
        made.append(x.astype({"f64": np.float64, "f16": np.float16}.get(problem.dtype, np.float32)))
    return made


def errors_of_torch(eager: Eager, problem: problems.Problem, data: str) -> tuple[float, float]:
    """The greatest error and the root of the mean of their squares, as the command counts them."""
    given = operands(problem, data)
    expected = oracle.answer(problem, *given)
    bound = oracle.answer(problem, *(np.abs(x.astype(np.float64)) for x in given))
    tensors = eager.tensors(problem, SimpleNamespace(operands=given), "nchw")
    got = eager.numbers(eager.call(problem, *tensors)())
    error = np.abs(got - expected) / (bound * UNIT[problem.dtype])
    error[bound == 0] = 0
    return float(error.max()), float(np.sqrt(np.mean(error**2)))


def main() -> None:
    command = sys.argv[1] if len(sys.argv) > 1 else "build/faltung"
    said = subprocess.run([command, "errors", "--json"], check=True, capture_output=True, text=True)
    rows: dict[tuple[str, str], dict[str, str]] = {}
    eager = Eager(1)
    for ours in map(json.loads, said.stdout.splitlines()):
        most, rms = errors_of_torch(eager, problems.parse(ours["problem"]), ours["data"])
        cells = rows.setdefault((ours["problem"], ours["algorithm"]), {})
        cells[ours["data"]] = f"{ours['max']:.2f} / {ours['rms']:.2f} ({most:.2f} / {rms:.2f})"
    print(f"Errors of Faltung (of PyTorch {eager.version.partition('+')[0]}), greatest / rms:\n")
    print("| problem | algorithm |", " | ".join(DATA), "|")
    print("| --- | --- |", " | ".join("--:" for _ in DATA), "|")
    for (text, algorithm), cells in rows.items():
        print(f"| `{text}` | {algorithm} |", " | ".join(cells[data] for data in DATA), "|")


if __name__ == "__main__":
    main()
