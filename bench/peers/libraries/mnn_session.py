# SPDX-License-Identifier: Apache-2.0
"""MNN: a session of a converted model; copying from plain NCHW and back is counted."""

import numpy as np

from ..problems import Problem
from .library import Library, Material, Way

_WINOGRAD_MEMORY_LEVEL = 3  # the number of the hint


class Mnn(Library):
    def __init__(self, threads: int) -> None:
        from importlib.metadata import version

        import MNN

        self.mnn, self.threads, self.version = MNN, threads, version("mnn")

    def ways(self, problem: Problem, material: Material):
        """MNN's own choice of Winograd's tile may be too large for f32; the hint bounds it."""
        for name, level in (("session", None), ("session, winograd level 2", 2)):
            yield name, "nchw", lambda level=level: self.session(problem, material, level)

    def session(self, problem: Problem, material: Material, level: int | None) -> Way:
        mnn = self.mnn
        net = mnn.Interpreter(material.model("mnn"))
        if level is not None:
            net.setSessionHint(_WINOGRAD_MEMORY_LEVEL, level)
        how = {"backend": "CPU", "numThread": self.threads}
        session = net.createSession({**how, "precision": "high", "memory": "high", "power": "high"})
        source, target = net.getSessionInput(session), net.getSessionOutput(session)
        x, y = material.operand("first"), np.zeros(problem.result, np.float32)
        plain = mnn.Tensor_DimensionType_Caffe
        given = mnn.Tensor(tuple(problem.first), mnn.Halide_Type_Float, x, plain)
        wanted = mnn.Tensor(tuple(problem.result), mnn.Halide_Type_Float, y, plain)

        def call():
            source.copyFrom(given)
            net.runSession(session)
            target.copyToHostTensor(wanted)
            return wanted

        def numbers(result) -> np.ndarray:
            return np.array(result.getNumpyData()).reshape(problem.result)

        return Way(call, numbers, (net, session, x, y, given))
