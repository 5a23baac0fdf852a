# SPDX-License-Identifier: Apache-2.0
"""OpenVINO: a model of one operation, its weights constant, its tensors made ahead."""

import sys

import numpy as np

from ..problems import Problem
from .library import Library, Material, Unsupported, Way


def load():
    """The library, without the module by which it would report its use over the network, from a
    process that stays behind; it goes on where there is no such module."""
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    import openvino

    return openvino


def compiled(core, model, threads: int):
    """For the latency of single calls, in f32 where the processor has something shorter, too."""
    return core.compile_model(
        model,
        "CPU",
        {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "f32",
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": 1,
        },
    )


def bound(openvino, model, x: np.ndarray, y: np.ndarray):
    """A call of a compiled model from `x` to `y`, and what must live as long."""
    request = model.create_infer_request()
    source, target = openvino.Tensor(x, shared_memory=True), openvino.Tensor(y, shared_memory=True)
    request.set_input_tensor(source)
    request.set_output_tensor(target)
    infer = request.infer

    def call():
        infer(share_inputs=True, share_outputs=True)
        return target

    return call, (model, request, source, x, y)


class OpenVino(Library):
    def __init__(self, threads: int) -> None:
        openvino = load()
        self.openvino, self.threads, self.core = openvino, threads, openvino.Core()
        self.version = openvino.__version__.split("-")[0]

    def ways(self, problem: Problem, material: Material):
        yield "infer request", "nchw", lambda: self.request(problem, material)

    def request(self, problem: Problem, material: Material) -> Way:
        if problem.op == "weight" or problem.dtype != "f32":
            raise Unsupported("there is no operation for it")
        x, w = material.operands
        model = compiled(self.core, self.model(problem, w), self.threads)
        call, keep = bound(self.openvino, model, x, np.zeros(problem.result, np.float32))
        return Way(call, lambda y: y.data, keep)

    def model(self, problem: Problem, w: np.ndarray):
        from openvino import opset13 as operations

        p, grouped = problem, problem.groups > 1
        x = operations.parameter(list(p.first), np.float32)
        if grouped:
            w = w.reshape(p.groups, w.shape[0] // p.groups, *w.shape[1:])
        stride, padding, dilation = list(p.stride), list(p.padding), list(p.dilation)
        if p.is_transposed:
            name = "group_convolution_backprop_data" if grouped else "convolution_backprop_data"
            y = getattr(operations, name)(
                x, operations.constant(w), stride, pads_begin=padding, pads_end=padding,
                dilations=dilation, output_padding=list(p.output_padding),
            )  # fmt: skip
        else:
            make = operations.group_convolution if grouped else operations.convolution
            y = make(x, operations.constant(w), stride, padding, padding, dilation)
        return self.openvino.Model([y], [x], "one")
