# SPDX-License-Identifier: Apache-2.0
"""The environment in which workers run, and how they are kept from using more than AVX2.

Variables cap some libraries. The others (ONNX Runtime, ncnn, LiteRT and JAX keep their AVX-512
speed in spite of all of them) are capped by cap.c, where kernel and processor let CPUID fault.
"""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_VARIABLES = {
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "DNNL_MAX_CPU_ISA": "AVX2",
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "XLA_FLAGS": "--xla_cpu_max_isa=AVX2",
    "FALTUNG_ISA": "avx2",
}
CAPPED_BY_VARIABLES = ("faltung", "torch", "torch-packed", "openvino")


@dataclass(frozen=True)
class Setting:
    """How the workers of one run are started."""

    isa: str  # 'native' or 'avx2'
    threads: int
    cpus: set[int]
    environment: dict[str, str]
    capped: bool  # every peer, if the instruction set is 'avx2'

    def leaves_out(self, peer: str) -> str:
        """Why a peer cannot be measured so, or nothing."""
        if self.isa == "native" or self.capped or peer in CAPPED_BY_VARIABLES:
            return ""
        return "it cannot be kept from using AVX-512 here"


def allowed_cpus() -> list[int]:
    return sorted(os.sched_getaffinity(0))


def setting(isa: str, threads: int, cpu: int | None, paths: list[Path], folder: Path) -> Setting:
    cpus = set(allowed_cpus()[-threads:]) if cpu is None else {cpu + i for i in range(threads)}
    environment = dict(
        os.environ,
        PYTHONPATH=os.pathsep.join(str(path) for path in paths),
        PYTHONWARNINGS="ignore",
        OMP_NUM_THREADS=str(threads),
        ONEDNN_DEFAULT_FPMATH_MODE="STRICT",
        TF_CPP_MIN_LOG_LEVEL="3",
        CUDA_VISIBLE_DEVICES="",
        JAX_PLATFORMS="cpu",
    )
    environment.pop("FALTUNG_ISA", None)
    capped = False
    if isa == "avx2":
        environment.update(_VARIABLES)
        library = build(folder)
        capped = library is not None and is_capped(library)
        if capped:
            environment["LD_PRELOAD"] = str(library)
    return Setting(isa, threads, cpus, environment, capped)


def build(folder: Path) -> Path | None:
    library = folder / "cap.so"
    compiler = os.environ.get("CC", "cc")
    command = [compiler, "-O2", "-shared", "-fPIC", "-o", library, _HERE / "cap.c", "-ldl"]
    try:
        made = subprocess.run(command, capture_output=True)
    except FileNotFoundError:
        return None
    return library if made.returncode == 0 else None


def is_capped(library: Path) -> bool:
    """Whether a process that the library is preloaded into is told of no AVX-512."""
    probe = library.with_name("probe")
    program = 'int main(void) { return !!__builtin_cpu_supports("avx512f"); }'
    command = [os.environ.get("CC", "cc"), "-x", "c", "-", "-o", probe]
    made = subprocess.run(command, input=program, text=True, capture_output=True)
    if made.returncode != 0:
        return False
    return subprocess.run([probe], env={"LD_PRELOAD": str(library)}).returncode == 0


def has_avx512() -> bool:
    try:
        return "avx512f" in Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
