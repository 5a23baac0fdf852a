# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime: a model of one node, its weights constant, its tensors bound ahead."""

import numpy as np

from ..problems import Problem
from .library import Library, Material, Way


def session(path: str, threads: int):
    """On the CPU, on so many threads, with every optimisation that keeps f32 as it is."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def bound(path: str, threads: int, x: np.ndarray, y: np.ndarray):
    """A call of a model from `x` to `y`, and what must live as long."""
    from onnxruntime import OrtValue

    made = session(path, threads)
    source, target = OrtValue.ortvalue_from_numpy(x), OrtValue.ortvalue_from_numpy(y)
    binding = made.io_binding()
    binding.bind_ortvalue_input(made.get_inputs()[0].name, source)
    binding.bind_ortvalue_output(made.get_outputs()[0].name, target)
    run = made.run_with_iobinding

    def call():
        run(binding)
        return target

    return call, (made, source, x, y)


class OnnxRuntime(Library):
    def __init__(self, threads: int) -> None:
        import onnxruntime

        self.threads, self.version = threads, onnxruntime.__version__

    def ways(self, problem: Problem, material: Material):
        yield "io binding", "nchw", lambda: self.bound(problem, material)

    def bound(self, problem: Problem, material: Material) -> Way:
        path, x = material.model("onnx"), material.operand("first")
        call, keep = bound(path, self.threads, x, np.zeros(problem.result, x.dtype))
        return Way(call, lambda y: y.numpy(), keep)
