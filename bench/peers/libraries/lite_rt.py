# SPDX-License-Identifier: Apache-2.0
"""LiteRT, which computes by XNNPACK: a model of one operation, channels last."""

import numpy as np

from ..problems import Problem
from .library import Library, Material, Way, channels_first, channels_last


class LiteRt(Library):
    def __init__(self, threads: int) -> None:
        from importlib.metadata import version

        from ai_edge_litert.interpreter import Interpreter

        self.interpreter, self.threads = Interpreter, threads
        self.version = version("ai-edge-litert")

    def ways(self, problem: Problem, material: Material):
        yield "interpreter", "nhwc", lambda: self.interpret(problem, material)

    def interpret(self, problem: Problem, material: Material) -> Way:
        path = material.model("tflite")
        made = self.interpreter(model_path=path, num_threads=self.threads)
        made.allocate_tensors()
        source = made.get_input_details()[0]["index"]
        target = made.get_output_details()[0]["index"]
        made.set_tensor(source, channels_last(material.operand("first")))

        def numbers(_) -> np.ndarray:
            return channels_first(made.get_tensor(target))

        return Way(made.invoke, numbers, made)
