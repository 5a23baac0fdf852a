# SPDX-License-Identifier: Apache-2.0
"""ncnn: a net of one layer; the way from plain NCHW into its own layout and back is counted."""

import numpy as np

from ..problems import Problem
from .library import Library, Material, Unsupported, Way

# The numbers by which ncnn's parameter files know what a layer has, along width, height and depth.
_KERNEL, _DILATION, _STRIDE, _BEGIN, _END = (
    (1, 11, 21),
    (2, 12, 22),
    (3, 13, 23),
    (4, 14, 24),
    (15, 16, 17),
)
_OUTPUT_PADDING = (18, 19, 20)
_OUTPUTS, _HAS_BIAS, _WEIGHTS, _GROUPS = 0, 5, 6, 7
_SHORT_NUMBERS = (
    "fp16_packed", "fp16_storage", "fp16_arithmetic", "bf16_storage", "bf16_packed",
)  # fmt: skip


def parameters(problem: Problem, weights: int) -> str:
    """The parameter file of a net of this one convolution."""
    numbers = {_OUTPUTS: problem.result[1], _HAS_BIAS: 0, _WEIGHTS: weights}
    per_axis = [
        (_KERNEL, problem.weight[2:]),
        (_DILATION, problem.dilation),
        (_STRIDE, problem.stride),
        (_BEGIN, problem.padding),
        (_END, problem.padding),
    ]
    if problem.is_transposed:
        per_axis.append((_OUTPUT_PADDING, problem.output_padding))
    for keys, values in per_axis:
        numbers.update(zip(keys, reversed(values)))
    layer = "Deconvolution" if problem.is_transposed else "Convolution"
    if problem.groups > 1:
        layer += "DepthWise"
        numbers[_GROUPS] = problem.groups
    layer += {1: "1D", 2: "", 3: "3D"}[problem.axes]
    words = " ".join(f"{key}={value}" for key, value in numbers.items())
    return f"7767517\n2 2\nInput in 0 1 in0\n{layer} layer 1 1 in0 out0 {words}\n"


class Ncnn(Library):
    def __init__(self, threads: int) -> None:
        import ncnn

        self.ncnn, self.threads, self.version = ncnn, threads, ncnn.__version__
        self.pools = []  # never freed: ncnn ends the process if a pool goes before its net

    def ways(self, problem: Problem, material: Material):
        yield "net", "nchw", lambda: self.net(problem, material)

    def net(self, problem: Problem, material: Material) -> Way:
        if problem.op == "weight" or problem.dtype != "f32":
            raise Unsupported("there is no layer for it")
        x, w = material.operands
        net = self.load(problem, self.ordered(problem, w), material.folder / "net")
        images = [self.ncnn.Mat(np.ascontiguousarray(image)).clone() for image in x]

        def call():
            outputs = []
            for image in images:
                extractor = net.create_extractor()
                extractor.input("in0", image)
                outputs.append(extractor.extract("out0")[1])
            return outputs

        def numbers(outputs) -> np.ndarray:
            return np.stack([np.array(y) for y in outputs]).reshape(problem.result)

        return Way(call, numbers, (net, images, x))

    def ordered(self, problem: Problem, w: np.ndarray) -> np.ndarray:
        """Weights as ncnn's files have them: outputs first, of transposed ones too."""
        if not problem.is_transposed:
            return w
        groups = problem.groups
        w = w.reshape(groups, w.shape[0] // groups, *w.shape[1:])
        return np.ascontiguousarray(np.swapaxes(w, 1, 2))

    def load(self, problem: Problem, w: np.ndarray, stem):
        net = self.ncnn.Net()
        net.opt.num_threads = self.threads
        net.opt.use_vulkan_compute = False
        for name in _SHORT_NUMBERS:
            setattr(net.opt, "use_" + name, False)
        # As ncnn's own benchmark does it: without pools some layers pay for fresh memory each time.
        pools = self.ncnn.UnlockedPoolAllocator(), self.ncnn.PoolAllocator()
        self.pools.append(pools)
        net.opt.blob_allocator, net.opt.workspace_allocator = pools
        stem.with_suffix(".param").write_text(parameters(problem, w.size))
        stem.with_suffix(".bin").write_bytes(bytes(4) + w.tobytes())  # 0: numbers of f32 follow
        if net.load_param(f"{stem}.param") or net.load_model(f"{stem}.bin"):
            raise Unsupported("the net does not load")
        return net
