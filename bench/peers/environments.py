# SPDX-License-Identifier: Apache-2.0
"""Where the peers are installed: virtual environments below one folder, made where missing.

TensorFlow, which writes the models for LiteRT, has one of its own, since it wants other versions of
what it shares with the rest. Faltung is installed from its wheel into a folder of its own, so that
an environment of somebody else's can be used and stays as it is.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]

REQUIREMENTS = {
    "main": (
        "numpy", "torch", "torchvision", "onnx", "onnxruntime", "openvino", "ncnn", "MNN", "jax",
    ),
    "tensorflow": ("numpy", "tensorflow-cpu", "ai-edge-litert"),
}  # fmt: skip

_SURVEY = """
import importlib.metadata, json, os, sys
def size(distribution):
    paths = {os.path.realpath(file.locate()) for file in distribution.files or ()}
    return sum(os.path.getsize(path) for path in paths if os.path.isfile(path))
found = {}
for name in sys.argv[1:]:
    try:
        distribution = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        continue
    found[name] = {"version": distribution.version, "bytes": size(distribution)}
print(json.dumps(found))
"""


@dataclass
class Environment:
    """A Python, and what could not be installed for it, with the reason."""

    python: Path
    missing: dict[str, str] = field(default_factory=dict)

    @property
    def version(self) -> str:
        said = subprocess.run([self.python, "--version"], capture_output=True, text=True)
        return said.stdout.strip().removeprefix("Python ")

    def survey(self, packages: list[str], paths: Iterable[Path] = ()) -> dict[str, dict]:
        """Version and size on disk of each of these packages that is there."""
        path = ":".join(str(folder) for folder in paths)
        said = subprocess.run(
            [self.python, "-c", _SURVEY, *packages], check=True, capture_output=True, text=True,
            env={"PYTHONPATH": path},
        )  # fmt: skip
        return json.loads(said.stdout)


def make(name: str, folder: Path) -> Environment:
    """An environment with all that can be installed; what is there already stays as it is."""
    home = folder / f"venv-{name}"
    python = home / "bin" / "python"
    if not python.exists():
        print(f"making {home}", flush=True)
        try:
            subprocess.run([sys.executable, "-m", "venv", home], check=True)
        except subprocess.CalledProcessError:
            shutil.rmtree(home, ignore_errors=True)  # or the half of it would be taken for whole
            raise
    environment = Environment(python)
    there = environment.survey(list(REQUIREMENTS[name]))
    wanted = [package for package in REQUIREMENTS[name] if package not in there]
    if wanted:
        print(f"installing {' '.join(wanted)}; the first time this takes minutes", flush=True)
        # Together, so that one set of versions suits all; else as many as can be, one by one.
        if install(python, wanted):
            for package in wanted:
                if why := install(python, [package]):
                    environment.missing[package] = why
    return environment


def install(python: Path, what: list[str]) -> str:
    """Installs by pip; what it said in the end if that fails."""
    done = subprocess.run(
        [python, "-m", "pip", "install", "-q", *what], capture_output=True, text=True
    )
    said = done.stderr.strip().splitlines() or ["pip failed"]
    return said[-1] if done.returncode else ""


def install_faltung(python: Path, folder: Path) -> tuple[Path, int]:
    """Builds the wheel of this source and unpacks it: the folder with the package, and the wheel's
    bytes. What was built before is built on."""
    print("building Faltung's wheel", flush=True)
    wheels, package = folder / "wheel", folder / "package"
    build = f"--config-settings=build-dir={folder / 'wheel-build'}"
    pip = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    for old in wheels.glob("*.whl"):
        old.unlink()
    subprocess.run([*pip, "wheel", "--no-deps", build, "-w", wheels, _ROOT], check=True)
    (wheel,) = wheels.glob("*.whl")
    subprocess.run(
        [*pip, "install", "--no-deps", "--upgrade", "--target", package, wheel], check=True
    )
    return package, wheel.stat().st_size
