# SPDX-License-Identifier: Apache-2.0
"""JAX: a jitted function with its weights closed over, in either layout."""

import numpy as np

from ..problems import Problem
from .library import Library, Material, Unsupported, Way, channels_first, channels_last

_TYPES = {"bf16": "bfloat16", "f16": "float16"}


class Jax(Library):
    def __init__(self, threads: int) -> None:
        import jax

        jax.config.update("jax_enable_x64", True)
        jax.config.update("jax_platforms", "cpu")
        jax.config.update("jax_default_matmul_precision", "highest")
        self.jax, self.version = jax, jax.__version__

    def ways(self, problem: Problem, material: Material):
        for layout in ("nchw", "nhwc"):
            yield "jit", layout, lambda layout=layout: self.jitted(problem, material, layout)

    def jitted(self, problem: Problem, material: Material, layout: str) -> Way:
        if problem.is_transposed and problem.groups > 1:
            raise Unsupported("not expressed with groups")
        x, w = material.operands
        is_last = layout == "nhwc"
        if problem.op == "weight":
            function, given, turn = self.of_weight(problem, x, w, is_last)
        else:
            function, given, turn = self.forward(problem, x, w, is_last)
        compiled = self.jax.jit(function)

        def numbers(result) -> np.ndarray:
            wide = np.complex128 if np.iscomplexobj(result) else np.float64
            return turn(np.asarray(result).astype(wide))

        return Way(lambda: compiled(*given).block_until_ready(), numbers)

    def array(self, problem: Problem, x: np.ndarray, is_last: bool):
        x = channels_last(x) if is_last else np.ascontiguousarray(x)
        return self.jax.numpy.asarray(x, _TYPES.get(problem.dtype))

    def forward(self, problem: Problem, x: np.ndarray, w: np.ndarray, is_last: bool):
        convolve = self.convolve
        if problem.is_transposed:  # a dilated input, and the kernel turned round
            convolve = self.transpose
            w = np.flip(w, tuple(range(2, w.ndim))).swapaxes(0, 1)
        weights = self.jax.numpy.asarray(
            np.ascontiguousarray(to_hwio(w) if is_last else w), _TYPES.get(problem.dtype)
        )
        given = (self.array(problem, x, is_last),)
        turn = channels_first if is_last else lambda y: y
        return lambda x: convolve(problem, x, weights, is_last), given, turn

    def of_weight(self, problem: Problem, x: np.ndarray, dy: np.ndarray, is_last: bool):
        shape = to_hwio(np.empty(problem.weight, np.bool_)).shape if is_last else problem.weight
        given = self.array(problem, x, is_last), self.array(problem, dy, is_last)
        zeros = self.jax.numpy.zeros(shape, given[0].dtype)

        def gradient(x, dy):
            forward = lambda w: self.convolve(problem, x, w, is_last)  # noqa: E731
            return self.jax.vjp(forward, zeros)[1](dy)[0]

        return gradient, given, from_hwio if is_last else lambda w: w

    def convolve(self, problem: Problem, x, w, is_last: bool, **more):
        axes = "DHW"[-problem.axes :]
        picture = f"N{axes}C" if is_last else f"NC{axes}"
        kernel = f"{axes}IO" if is_last else f"OI{axes}"
        options = {
            "window_strides": problem.stride,
            "padding": [(p, p) for p in problem.padding],
            "preferred_element_type": np.int32 if problem.dtype in ("i8", "u8") else None,
            **more,
        }
        return self.jax.lax.conv_general_dilated(
            x, w, rhs_dilation=problem.dilation, dimension_numbers=(picture, kernel, picture),
            feature_group_count=problem.groups, **options,
        )  # fmt: skip

    def transpose(self, problem: Problem, x, w, is_last: bool):
        steps = zip(problem.dilation, problem.weight[2:], problem.padding, problem.output_padding)
        padding = [(d * (k - 1) - p, d * (k - 1) - p + more) for d, k, p, more in steps]
        ones = (1,) * problem.axes
        return self.convolve(
            problem,
            x,
            w,
            is_last,
            window_strides=ones,
            padding=padding,
            lhs_dilation=problem.stride,
        )


def to_hwio(w: np.ndarray) -> np.ndarray:
    return np.moveaxis(w, (0, 1), (-1, -2))


def from_hwio(w: np.ndarray) -> np.ndarray:
    return np.moveaxis(w, (-1, -2), (0, 1))
