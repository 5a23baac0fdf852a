# SPDX-License-Identifier: Apache-2.0
"""What a peer is to the rest of the program."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..problems import Problem


class Unsupported(Exception):
    """The library cannot express a problem."""


@dataclass(frozen=True)
class Material:
    """What a problem is made of, in a folder: its operands, and models where there are any."""

    folder: Path

    def operand(self, name: str) -> np.ndarray:
        return np.load(self.folder / f"{name}.npy")

    @property
    def operands(self) -> tuple[np.ndarray, np.ndarray]:
        return self.operand("first"), self.operand("second")

    def model(self, suffix: str) -> str:
        path = self.folder / f"model.{suffix}"
        if not path.exists():
            raise Unsupported("there is no model of it")
        return str(path)


@dataclass
class Way:
    """One way in which a library computes a problem, ready to be called.

    `call` is what is timed; `numbers` makes an array of the problem's result, as the definition
    has it, of what it returned. `keep` holds what must live as long.
    """

    call: Callable[[], Any]
    numbers: Callable[[Any], np.ndarray]
    keep: Any = field(default=None, repr=False)


# A way that is still to be made: its name, the layout of its input and output, and how.
Maker = tuple[str, str, Callable[[], Way]]


class Library:
    version = "?"

    def __init__(self, threads: int) -> None:
        raise NotImplementedError

    def ways(self, problem: Problem, material: Material) -> Iterator[Maker]:
        raise NotImplementedError


def channels_last(x: np.ndarray) -> np.ndarray:
    """(N, C, ...) as (N, ..., C), without gaps."""
    return np.ascontiguousarray(np.moveaxis(x, 1, -1))


def channels_first(x: np.ndarray) -> np.ndarray:
    return np.moveaxis(x, -1, 1)
