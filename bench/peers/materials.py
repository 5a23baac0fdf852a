# SPDX-License-Identifier: Apache-2.0
"""What a problem is made of, written into a folder: operands, the answer, and models of it."""

import subprocess
import sys
from pathlib import Path

import numpy as np

from . import oracle
from .libraries.library import Material, Unsupported
from .problems import Problem


class Oracle:
    """Operands and the answer in double precision."""

    def build(self, problem: Problem, folder: Path) -> None:
        first, second = oracle.operands(problem)
        np.save(folder / "first.npy", first)
        np.save(folder / "second.npy", second)
        np.save(folder / "answer.npy", oracle.answer(problem, first, second))


class OnnxModels:
    """A model of one node for ONNX Runtime, and the same converted for MNN."""

    def __init__(self) -> None:
        import onnx

        self.onnx = onnx

    def build(self, problem: Problem, folder: Path) -> None:
        if problem.op == "weight" or problem.dtype not in ("f32", "f64"):
            raise Unsupported("ONNX has no operator for it")
        self.onnx.save(
            self.model(problem, Material(folder).operand("second")), folder / "model.onnx"
        )
        converter = Path(sys.executable).with_name("mnnconvert")
        if problem.dtype == "f32" and converter.exists():
            onnx, mnn = str(folder / "model.onnx"), str(folder / "model.mnn")
            names = ["--modelFile", onnx, "--MNNModel", mnn]
            subprocess.run(
                [str(converter), "-f", "ONNX", *names, "--bizCode", "peers"],
                check=True,
                stdout=sys.stderr,
            )

    def model(self, problem: Problem, w: np.ndarray):
        helper, types = self.onnx.helper, self.onnx.TensorProto
        dtype = types.DOUBLE if problem.dtype == "f64" else types.FLOAT
        how = {
            "kernel_shape": list(problem.weight[2:]),
            "strides": list(problem.stride),
            "pads": list(problem.padding) * 2,
            "dilations": list(problem.dilation),
            "group": problem.groups,
        }
        if problem.is_transposed:
            how["output_padding"] = list(problem.output_padding)
        name = "ConvTranspose" if problem.is_transposed else "Conv"
        node = helper.make_node(name, ["x", "w"], ["y"], **how)
        x = helper.make_tensor_value_info("x", dtype, problem.first)
        y = helper.make_tensor_value_info("y", dtype, problem.result)
        weights = self.onnx.numpy_helper.from_array(w, "w")
        graph = helper.make_graph([node], "one", [x], [y], [weights])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
        model.ir_version = 8
        return model


class TfliteModels:
    """A model of one operation for LiteRT, made by TensorFlow."""

    def __init__(self) -> None:
        import tensorflow

        self.tf = tensorflow

    def build(self, problem: Problem, folder: Path) -> None:
        rare = problem.is_transposed and (problem.groups > 1 or problem.axes == 3)
        if problem.op == "weight" or problem.dtype != "f32" or rare:
            raise Unsupported("TensorFlow has no operation for it")
        w = Material(folder).operand("second")
        make = self.transposed if problem.is_transposed else self.convolution
        n, channels, *sizes = problem.first
        given = self.tf.TensorSpec((n, *sizes, channels), self.tf.float32)
        traced = self.tf.function(make(problem, w), input_signature=[given])
        convert = self.tf.lite.TFLiteConverter.from_concrete_functions
        model = convert([traced.get_concrete_function()]).convert()
        (folder / "model.tflite").write_bytes(model)

    def is_same(self, problem: Problem, inner, outer) -> bool:
        """Whether TensorFlow's SAME pads from `inner` to `outer` as the problem does."""
        steps = zip(inner, outer, problem.stride, problem.padding, extents(problem))
        return all(
            out == -(-size // s) and max((out - 1) * s + e - size, 0) == 2 * p
            for size, out, s, p, e in steps
        )

    def convolution(self, problem: Problem, w: np.ndarray):
        tf, p = self.tf, problem
        w = np.moveaxis(w, (0, 1), (-1, -2))
        same = self.is_same(p, p.input[2:], p.output[2:])
        pad = "SAME" if same and any(p.padding) else "VALID"
        is_depthwise = p.axes == 2 and p.groups == p.input[1] == p.output[1] > 1

        def function(x):
            if any(p.padding) and not same:
                x = tf.pad(x, [[0, 0], *([q, q] for q in p.padding), [0, 0]])
            if is_depthwise:
                w4, steps = np.swapaxes(w, 2, 3), (1, *p.stride, 1)
                return tf.nn.depthwise_conv2d(x, w4, steps, pad, dilations=p.dilation)
            return tf.nn.convolution(x, w, p.stride, pad, dilations=p.dilation)

        return function

    def transposed(self, problem: Problem, w: np.ndarray):
        tf, p = self.tf, problem
        w = np.moveaxis(w, (0, 1), (-1, -2))  # outputs before inputs, which is what is wanted
        n, channels, *sizes = p.result
        if self.is_same(p, sizes, p.first[2:]):
            shape = (n, *sizes, channels)
            return lambda x: tf.nn.conv_transpose(x, w, shape, p.stride, "SAME")
        steps = zip(p.first[2:], p.stride, extents(p), p.output_padding, p.padding, sizes)
        whole = [max((i - 1) * s + e + more, q + o) for i, s, e, more, q, o in steps]

        def function(x):
            y = tf.nn.conv_transpose(x, w, (n, *whole, channels), p.stride, "VALID")
            return tf.slice(y, (0, *p.padding, 0), (n, *sizes, channels))

        return function


def extents(problem: Problem) -> list[int]:
    """How many elements a kernel spans, along each axis."""
    return [d * (k - 1) + 1 for d, k in zip(problem.dilation, problem.weight[2:])]


BUILDERS = {"oracle": Oracle, "onnx": OnnxModels, "tflite": TfliteModels}
