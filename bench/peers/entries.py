# SPDX-License-Identifier: Apache-2.0
"""The list of peers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    name: str
    module: str
    kind: str
    imports: str
    packages: tuple[str, ...]
    environment: str = "main"


# In the order of the report: a name, the module of libraries/ and its class, what a user
# imports, and the packages that are it; then the environment of environments.py that has them.
ENTRIES = {
    entry.name: entry
    for entry in (
        Entry("faltung", "faltung_plan", "Faltung", "faltung", ("faltung",)),
        Entry("torch", "pytorch", "Eager", "torch", ("torch",)),
        Entry("torch-packed", "pytorch", "Packed", "torch", ("torch",)),
        Entry("onnxruntime", "onnx_runtime", "OnnxRuntime", "onnxruntime", ("onnxruntime",)),
        Entry("openvino", "open_vino", "OpenVino", "openvino", ("openvino",)),
        Entry("ncnn", "ncnn_net", "Ncnn", "ncnn", ("ncnn",)),
        Entry("mnn", "mnn_session", "Mnn", "MNN", ("mnn",)),
        Entry(
            "litert",
            "lite_rt",
            "LiteRt",
            "ai_edge_litert.interpreter",
            ("ai-edge-litert",),
            "tensorflow",
        ),
        Entry("jax", "jax_jit", "Jax", "jax", ("jax", "jaxlib")),
    )
}
