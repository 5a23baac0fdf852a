# SPDX-License-Identifier: Apache-2.0
"""What runs a network: in a worker, one of these, or the one that makes the material."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .. import oracle
from ..worker import burst
from . import SIZE


class Material:
    """Makes the weights of a network, images, the answer in double precision, and its ONNX."""

    def __init__(self, threads: int) -> None:
        import torch

        self.torch = torch

    def build(self, network: str, batch: int, folder: str) -> dict:
        from . import models

        torch, home = self.torch, Path(folder)
        generator = torch.Generator().manual_seed(1)
        images = torch.randn(batch, 3, SIZE, SIZE, generator=generator)
        model = models.settled(network, torch.randn(8, 3, SIZE, SIZE, generator=generator))
        torch.save(model.state_dict(), home / "weights.pt")
        np.save(home / "images.npy", images.numpy())
        with torch.no_grad():
            torch.onnx.export(model, (images,), str(home / "model.onnx"), dynamo=False)
            np.save(home / "answer.npy", model.double()(images.double()).numpy())
        return {}


class Contender:
    """Asked for one network after the other."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self.call: Callable[[], Any] = lambda: None
        self.keep: Any = None  # what must live as long as the call
        self.start()

    def start(self) -> None:
        """Imports the library."""
        raise NotImplementedError

    def make(self, network: str, folder: Path, images: np.ndarray):
        """A call of the network, and what makes an array of what it returns."""
        raise NotImplementedError

    def prepare(self, network: str, batch: int, folder: str) -> dict:
        self.call = lambda: None
        self.keep = None
        home = Path(folder)
        begin = time.perf_counter()
        self.call, numbers = self.make(network, home, np.load(home / "images.npy"))
        got = numbers(self.call())
        taken = time.perf_counter() - begin
        error = oracle.relative_error(np.asarray(got), np.load(home / "answer.npy"))
        if not error <= oracle.tolerance("f32"):
            return {"why": f"wrong by {error:.1e} of the largest number", "error": error}
        return {"error": error, "first_s": taken}

    def time(self, seconds: float) -> dict:
        return burst(self.call, seconds)


class Torch(Contender):
    """Eager, as people call it."""

    is_channels_last = False

    def start(self) -> None:
        import torch

        torch.set_num_threads(self.threads)
        torch.set_grad_enabled(False)
        torch.set_float32_matmul_precision("highest")
        self.torch, self.version = torch, torch.__version__

    def make(self, network: str, folder: Path, images: np.ndarray):
        from . import models

        model = models.make(network)
        model.load_state_dict(self.torch.load(folder / "weights.pt"))
        model, x = model.eval(), self.torch.from_numpy(images)
        if self.is_channels_last:
            last = self.torch.channels_last
            model, x = model.to(memory_format=last), x.contiguous(memory_format=last)
        model = self.change(model)
        return lambda: model(x), lambda y: y.numpy()

    def change(self, model):
        return model


class ChannelsLast(Torch):
    is_channels_last = True


class Compiled(Torch):
    """With weights frozen, so that they are packed ahead."""

    def change(self, model):
        import torch._inductor.config

        torch._inductor.config.freezing = True
        self.torch._dynamo.reset()
        return self.torch.compile(model)


class Faltung(Torch):
    def start(self) -> None:
        super().start()
        import faltung.torch

        self.faltung, self.version = faltung, faltung.__version__

    def change(self, model):
        return self.faltung.torch.replace(model)


class OnnxRuntime(Contender):
    def start(self) -> None:
        import onnxruntime

        self.version = onnxruntime.__version__

    def make(self, network: str, folder: Path, images: np.ndarray):
        from ..libraries.onnx_runtime import bound

        y = np.zeros(np.load(folder / "answer.npy", mmap_mode="r").shape, np.float32)
        call, self.keep = bound(str(folder / "model.onnx"), self.threads, images, y)
        return call, lambda value: value.numpy()


class OpenVino(Contender):
    def start(self) -> None:
        from ..libraries.open_vino import load

        openvino = load()
        self.openvino, self.core = openvino, openvino.Core()
        self.version = openvino.__version__.split("-")[0]

    def make(self, network: str, folder: Path, images: np.ndarray):
        from ..libraries.open_vino import bound, compiled

        y = np.zeros(np.load(folder / "answer.npy", mmap_mode="r").shape, np.float32)
        model = compiled(self.core, self.core.read_model(folder / "model.onnx"), self.threads)
        call, self.keep = bound(self.openvino, model, images, y)
        return call, lambda tensor: tensor.data


KINDS = {
    "material": Material,
    "faltung": Faltung,
    "torch": Torch,
    "torch-channels-last": ChannelsLast,
    "torch-compile": Compiled,
    "onnxruntime": OnnxRuntime,
    "openvino": OpenVino,
}
