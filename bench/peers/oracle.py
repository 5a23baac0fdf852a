# SPDX-License-Identifier: Apache-2.0
"""Operands, and the answer in double precision that every peer's is compared with.

Sums are taken over the elements of the kernel, each of which is one product of matrices: plain
enough to be believed, and fast enough for every row of the table.
"""

import itertools
from collections.abc import Iterator

import numpy as np

from .problems import COMPLEX, INTEGERS, Problem

# Largest error, as a part of the largest number of the answer, that a type of numbers explains.
TOLERANCE = {"f32": 1e-4, "f64": 1e-12, "f16": 2e-3, "bf16": 1e-2, "c64": 1e-4, "c128": 1e-12}


def tolerance(dtype: str) -> float:
    return 0.0 if dtype in INTEGERS else TOLERANCE[dtype]


def round_to_bf16(x: np.ndarray) -> np.ndarray:
    """f32 numbers rounded to the nearest that bf16 has, ties to even."""
    bits = np.ascontiguousarray(x, np.float32).view(np.uint32)
    bits = bits + 0x7FFF + ((bits >> 16) & 1)
    return (bits & np.uint32(0xFFFF0000)).view(np.float32)


def operands(problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """The two operands, the same for the same problem, scaled so that results are about 1. Those of
    bf16 are f32 numbers that it has."""
    random = np.random.default_rng(7)
    taps = np.prod(problem.weight[1:])
    if problem.op == "weight":
        taps = problem.output[0] * np.prod(problem.output[2:])
    return (
        _draw(random, problem.first, problem.dtype, 1.0),
        _draw(random, problem.second, problem.dtype, taps**-0.5),
    )


def _draw(random: np.random.Generator, shape, dtype: str, scale: float) -> np.ndarray:
    if dtype in INTEGERS:
        low, high = (-128, 128) if dtype == "i8" else (0, 256)
        return random.integers(low, high, shape, np.int8 if dtype == "i8" else np.uint8)
    x = random.standard_normal(shape) * scale
    if dtype in COMPLEX:
        return (x + 1j * random.standard_normal(shape) * scale).astype(
            np.complex64 if dtype == "c64" else np.complex128
        )
    if dtype == "bf16":
        return round_to_bf16(x.astype(np.float32))
    return x.astype({"f32": np.float32, "f64": np.float64, "f16": np.float16}[dtype])


def answer(problem: Problem, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    wide = np.complex128 if problem.dtype in COMPLEX else np.float64
    first, second = first.astype(wide), second.astype(wide)
    if problem.op == "conv":
        return _convolve(problem, first, second)
    if problem.op == "weight":
        return _weight_gradient(problem, first, second)
    return _transpose(problem, first, second)


def relative_error(got: np.ndarray, expected: np.ndarray) -> float:
    """The largest error as a part of the largest number; infinite where one is not a number."""
    if got.size == 0:
        return 0.0
    error = np.abs(got - expected).max() / max(np.abs(expected).max(), 1e-300)
    return float(error) if np.isfinite(error) else float("inf")


def _taps(problem: Problem, sizes) -> Iterator[tuple[tuple, tuple]]:
    """Each element of the kernel, and the slices of the padded picture that it meets."""
    for tap in itertools.product(*(range(k) for k in problem.weight[2:])):
        yield (
            tap,
            tuple(
                slice(t * d, t * d + s * (size - 1) + 1, s)
                for t, d, s, size in zip(tap, problem.dilation, problem.stride, sizes)
            ),
        )


def _grouped(x: np.ndarray, groups: int) -> np.ndarray:
    """(N, C, ...) as (N, groups, C/groups, pixels)."""
    return x.reshape(x.shape[0], groups, x.shape[1] // groups, -1)


def _padded(problem: Problem, x: np.ndarray) -> np.ndarray:
    return np.pad(x, [(0, 0), (0, 0), *((p, p) for p in problem.padding)])


def _convolve(problem: Problem, x: np.ndarray, w: np.ndarray) -> np.ndarray:
    x = _padded(problem, x)
    sizes, groups = problem.output[2:], problem.groups
    w = w.reshape(groups, w.shape[0] // groups, *w.shape[1:])
    y = 0
    for tap, where in _taps(problem, sizes):
        y = y + _product(w[(..., *tap)], _grouped(x[(..., *where)], groups))
    return y.reshape(problem.output)


def _product(w: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Matrices of weights by those of pixels; a product of columns of one is no product of
    matrices to NumPy's taste, and many times faster without."""
    return w * x if w.shape[-1] == 1 and w.shape[-2] == 1 else w @ x


def _transpose(problem: Problem, x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """The transposed convolution, which also is the gradient with respect to the input."""
    groups, sizes = problem.groups, x.shape[2:]
    w = w.reshape(groups, w.shape[0] // groups, *w.shape[1:])
    if problem.op == "input":
        w = w.conj()
    result = problem.result
    whole = [size + 2 * p for size, p in zip(result[2:], problem.padding)]
    for axis, (k, d, s) in enumerate(zip(problem.weight[2:], problem.dilation, problem.stride)):
        whole[axis] = max(whole[axis], s * (sizes[axis] - 1) + d * (k - 1) + 1)
    y = np.zeros((*result[:2], *whole), x.dtype)
    x = _grouped(x, groups)
    for tap, where in _taps(problem, sizes):
        part = _product(np.swapaxes(w[(..., *tap)], 1, 2), x)
        y[(..., *where)] += part.reshape(*result[:2], *sizes)
    inside = (slice(p, p + size) for size, p in zip(result[2:], problem.padding))
    return y[(..., *inside)]


def _weight_gradient(problem: Problem, x: np.ndarray, dy: np.ndarray) -> np.ndarray:
    x = _padded(problem, x)
    groups = problem.groups
    dy = _grouped(dy, groups)
    dw = np.empty(problem.weight, x.dtype)
    for tap, where in _taps(problem, problem.output[2:]):
        pixels = np.swapaxes(_grouped(x[(..., *where)], groups), 2, 3)
        dw[(..., *tap)] = (dy @ pixels.conj()).sum(0).reshape(problem.weight[:2])
    return dw
