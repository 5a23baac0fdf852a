# SPDX-License-Identifier: Apache-2.0
"""Faltung itself: a plan of the Python package, which writes into an array that is there."""

import numpy as np

from ..problems import Problem
from .library import Library, Material, Way, channels_first, channels_last


class Faltung(Library):
    def __init__(self, threads: int) -> None:
        import faltung

        self.faltung, self.threads, self.version = faltung, threads, faltung.__version__

    def ways(self, problem: Problem, material: Material):
        yield "plan", problem.layout, lambda: self.plan(problem, *material.operands)

    def plan(self, problem: Problem, first: np.ndarray, second: np.ndarray) -> Way:
        if problem.layout == "nhwc":
            first = channels_first(channels_last(first))
            if problem.op == "weight":  # grad_output, which lies as its input does
                second = channels_first(channels_last(second))
        out = self.empty(problem, first)
        if problem.dtype == "bf16":
            first, second, out = (as_bf16(x) for x in (first, second, out))
        plan = self.faltung.Plan(problem.operation, first, second, **self.options(problem))
        operands = (first, second) if problem.op == "weight" else (first,)
        return Way(lambda: plan(*operands, out=out), numbers_of)

    def options(self, problem: Problem) -> dict:
        options = {
            "stride": problem.stride,
            "padding": problem.padding,
            "dilation": problem.dilation,
            "groups": problem.groups,
            "threads": self.threads,
        }
        if problem.op == "transposed":
            options["output_padding"] = problem.output_padding
        elif problem.op != "conv":
            options["output_size"] = problem.result[2:]
        return options

    def empty(self, problem: Problem, like: np.ndarray) -> np.ndarray:
        dtype = np.int32 if like.dtype.itemsize == 1 else like.dtype
        if problem.layout != "nhwc":
            return np.zeros(problem.result, dtype)
        n, channels, *sizes = problem.result
        return channels_first(np.zeros((n, *sizes, channels), dtype))


def as_bf16(x: np.ndarray):
    """NumPy has no bf16; a tensor of PyTorch's has, and is taken without a copy."""
    import torch

    return torch.from_numpy(x).to(torch.bfloat16)


def numbers_of(result) -> np.ndarray:
    return result if isinstance(result, np.ndarray) else result.float().numpy()
