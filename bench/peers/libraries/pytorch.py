# SPDX-License-Identifier: Apache-2.0
"""PyTorch: as it is called, and with weights packed ahead by oneDNN or channels last."""

import numpy as np

from ..problems import Problem
from .library import Library, Material, Unsupported, Way


class Eager(Library):
    """torch.nn.functional under inference_mode, in the layout of the problem: the natural call."""

    def __init__(self, threads: int) -> None:
        import torch

        torch.set_num_threads(threads)
        torch.set_grad_enabled(False)
        torch.set_float32_matmul_precision("highest")
        # For the process: tensors of inference skip the bookkeeping of gradients.
        self.mode = torch.inference_mode()
        self.mode.__enter__()
        self.torch, self.version = torch, torch.__version__

    def ways(self, problem: Problem, material: Material):
        yield "eager", problem.layout, lambda: self.eager(problem, material, problem.layout)

    def tensors(self, problem: Problem, material: Material, layout: str):
        torch = self.torch
        tensors = [torch.from_numpy(x) for x in material.operands]
        if problem.dtype == "bf16":
            tensors = [x.to(torch.bfloat16) for x in tensors]
        if problem.axes == 1 and layout == "nhwc":
            raise Unsupported("there is no channels_last of one axis")
        return [self.laid_out(x, layout) for x in tensors]

    def laid_out(self, x, layout: str):
        if layout == "nchw":
            return x
        last = self.torch.channels_last if x.dim() == 4 else self.torch.channels_last_3d
        return x.contiguous(memory_format=last)

    def eager(self, problem: Problem, material: Material, layout: str) -> Way:
        first, second = self.tensors(problem, material, layout)
        return Way(self.call(problem, first, second), self.numbers)

    def call(self, problem: Problem, first, second):
        p, torch = problem, self.torch
        if p.op == "conv":
            function = getattr(torch.nn.functional, f"conv{p.axes}d")
            return lambda: function(first, second, None, p.stride, p.padding, p.dilation, p.groups)
        if p.op == "transposed":
            function = getattr(torch.nn.functional, f"conv_transpose{p.axes}d")
            more = p.output_padding, p.groups, p.dilation
            return lambda: function(first, second, None, p.stride, p.padding, *more)
        backward, none = torch.ops.aten.convolution_backward, [0] * p.axes
        how = None, p.stride, p.padding, p.dilation, False, none, p.groups
        if p.op == "input":
            x = torch.empty(p.input, dtype=first.dtype)
            return lambda: backward(first, x, second, *how, [True, False, False])[0]
        w = torch.empty(p.weight, dtype=first.dtype)
        return lambda: backward(second, first, w, *how, [False, True, False])[1]

    def numbers(self, result) -> np.ndarray:
        wide = self.torch.complex128 if result.is_complex() else self.torch.float64
        return result.to(wide).numpy()


class Packed(Eager):
    """What a compiled or a frozen model calls: weights in oneDNN's own order."""

    def ways(self, problem: Problem, material: Material):
        yield "eager, channels last", "nhwc", lambda: self.eager(problem, material, "nhwc")
        for layout in ("nchw", "nhwc"):
            yield "packed", layout, lambda layout=layout: self.packed(problem, material, layout)

    def packed(self, problem: Problem, material: Material, layout: str) -> Way:
        if problem.op == "weight" or problem.dtype not in ("f32", "bf16"):
            raise Unsupported("there is nothing to pack")
        x, w = self.tensors(problem, material, "nchw")
        p, onednn = problem, self.torch.ops.mkldnn
        # These calls know no single axis: a height of 1 is put in front.
        extra = 1 if p.axes == 1 else 0
        if extra:
            x, w = x.unsqueeze(2), w.unsqueeze(2)
        x = self.laid_out(x, layout)
        stride, dilation = [1] * extra + [*p.stride], [1] * extra + [*p.dilation]
        padding, more = [0] * extra + [*p.padding], [0] * extra + [*p.output_padding]
        how = dilation, p.groups, "none", [], ""
        if p.is_transposed:
            w = onednn._reorder_convolution_transpose_weight(
                w, padding, more, stride, dilation, p.groups, list(x.shape)
            )
            function = onednn._convolution_transpose_pointwise
            call = lambda: function(x, w, None, padding, more, stride, *how)  # noqa: E731
        else:
            w = onednn._reorder_convolution_weight(
                w, padding, stride, dilation, p.groups, list(x.shape)
            )
            function = onednn._convolution_pointwise
            call = lambda: function(x, w, None, padding, stride, *how)  # noqa: E731
        return Way(call, lambda y: self.numbers(y).reshape(p.result))
