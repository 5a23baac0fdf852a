# SPDX-License-Identifier: Apache-2.0
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, Protocol, TypeVar, overload

class _DLPack(Protocol):
    def __dlpack__(self) -> Any: ...
    def __dlpack_device__(self) -> tuple[int, int]: ...

# An array of NumPy, PyTorch or JAX, or whatever speaks DLPack or the buffer protocol. The result is
# of the same kind.
_Array = TypeVar("_Array")
_Ints = int | Sequence[int]
_Padding = int | Sequence[int | tuple[int, int]] | str
_Mode = Literal["zeros", "reflect", "replicate", "circular"]
_Accuracy = Literal["balanced", "exact", "fast"]
_Activation = str | tuple[str, float] | tuple[str, float, float]

__version__: str

class Tensor:
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def dtype(self) -> str: ...
    @property
    def ndim(self) -> int: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...
    def __dlpack__(self, *args: Any, **kwargs: Any) -> Any: ...
    def __dlpack_device__(self) -> tuple[int, int]: ...

class Plan:
    operation: str
    def __init__(
        self, operation: str, input: Any, weight: Any, bias: Any | None = None, **options: Any
    ) -> None: ...
    def __call__(
        self,
        input: _Array,
        grad_output: Any | None = None,
        *,
        residual: Any | None = None,
        out: Any | None = None,
    ) -> _Array: ...
    def explain(self) -> dict[str, Any]: ...
    def needed_input(self, part: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]: ...
    def find_input(self, axis: int, position: int) -> int: ...
    def run_slab(
        self,
        input: _Array,
        part: Sequence[tuple[int, int]],
        *,
        residual: Any | None = None,
        out: Any | None = None,
    ) -> _Array: ...

class PaddingInterval(NamedTuple):
    output: int
    low: float
    high: float
    exists: bool
    lowest: int | None

class PaddingLimits(NamedTuple):
    low: int
    high: int

def conv1d(
    input: _Array,
    weight: Any,
    bias: Any | None = None,
    stride: _Ints = 1,
    padding: _Padding = 0,
    dilation: _Ints = 1,
    groups: int = 1,
    *,
    padding_mode: _Mode = "zeros",
    input_dilation: _Ints = 1,
    activation: _Activation | None = None,
    residual: Any | None = None,
    out: Any | None = None,
    threads: int | None = None,
    accuracy: _Accuracy = "balanced",
    input_zero_point: int = 0,
    weight_zero_point: int = 0,
) -> _Array: ...
def conv2d(
    input: _Array,
    weight: Any,
    bias: Any | None = None,
    stride: _Ints = 1,
    padding: _Padding = 0,
    dilation: _Ints = 1,
    groups: int = 1,
    *,
    padding_mode: _Mode = "zeros",
    input_dilation: _Ints = 1,
    activation: _Activation | None = None,
    residual: Any | None = None,
    out: Any | None = None,
    threads: int | None = None,
    accuracy: _Accuracy = "balanced",
    input_zero_point: int = 0,
    weight_zero_point: int = 0,
) -> _Array: ...
def conv3d(
    input: _Array,
    weight: Any,
    bias: Any | None = None,
    stride: _Ints = 1,
    padding: _Padding = 0,
    dilation: _Ints = 1,
    groups: int = 1,
    *,
    padding_mode: _Mode = "zeros",
    input_dilation: _Ints = 1,
    activation: _Activation | None = None,
    residual: Any | None = None,
    out: Any | None = None,
    threads: int | None = None,
    accuracy: _Accuracy = "balanced",
    input_zero_point: int = 0,
    weight_zero_point: int = 0,
) -> _Array: ...
def conv_transpose1d(
    input: _Array,
    weight: Any,
    bias: Any | None = None,
    stride: _Ints = 1,
    padding: _Padding = 0,
    output_padding: _Ints = 0,
    groups: int = 1,
    dilation: _Ints = 1,
    *,
    output_size: _Ints | None = None,
    activation: _Activation | None = None,
    residual: Any | None = None,
    out: Any | None = None,
    threads: int | None = None,
    accuracy: _Accuracy = "balanced",
    input_zero_point: int = 0,
    weight_zero_point: int = 0,
) -> _Array: ...
def conv_transpose2d(
    input: _Array,
    weight: Any,
    bias: Any | None = None,
    stride: _Ints = 1,
    padding: _Padding = 0,
    output_padding: _Ints = 0,
    groups: int = 1,
    dilation: _Ints = 1,
    *,
    output_size: _Ints | None = None,
    activation: _Activation | None = None,
    residual: Any | None = None,
    out: Any | None = None,
    threads: int | None = None,
    accuracy: _Accuracy = "balanced",
    input_zero_point: int = 0,
    weight_zero_point: int = 0,
) -> _Array: ...
def conv_transpose3d(
    input: _Array,
    weight: Any,
    bias: Any | None = None,
    stride: _Ints = 1,
    padding: _Padding = 0,
    output_padding: _Ints = 0,
    groups: int = 1,
    dilation: _Ints = 1,
    *,
    output_size: _Ints | None = None,
    activation: _Activation | None = None,
    residual: Any | None = None,
    out: Any | None = None,
    threads: int | None = None,
    accuracy: _Accuracy = "balanced",
    input_zero_point: int = 0,
    weight_zero_point: int = 0,
) -> _Array: ...
def conv1d_input(
    input_size: Sequence[int],
    weight: Any,
    grad_output: _Array,
    stride: _Ints = 1,
    padding: _Padding = 0,
    dilation: _Ints = 1,
    groups: int = 1,
    *,
    out: Any | None = None,
    threads: int | None = None,
    accuracy: _Accuracy = "balanced",
) -> _Array: ...
def conv1d_weight(
    input: _Array,
    weight_size: Sequence[int],
    grad_output: Any,
    stride: _Ints = 1,
    padding: _Padding = 0,
    dilation: _Ints = 1,
    groups: int = 1,
    *,
    out: Any | None = None,
    threads: int | None = None,
    accuracy: _Accuracy = "balanced",
) -> _Array: ...
def conv2d_input(
    input_size: Sequence[int],
    weight: Any,
    grad_output: _Array,
    stride: _Ints = 1,
    padding: _Padding = 0,
    dilation: _Ints = 1,
    groups: int = 1,
    *,
    out: Any | None = None,
    threads: int | None = None,
    accuracy: _Accuracy = "balanced",
) -> _Array: ...
def conv2d_weight(
    input: _Array,
    weight_size: Sequence[int],
    grad_output: Any,
    stride: _Ints = 1,
    padding: _Padding = 0,
    dilation: _Ints = 1,
    groups: int = 1,
    *,
    out: Any | None = None,
    threads: int | None = None,
    accuracy: _Accuracy = "balanced",
) -> _Array: ...
def conv3d_input(
    input_size: Sequence[int],
    weight: Any,
    grad_output: _Array,
    stride: _Ints = 1,
    padding: _Padding = 0,
    dilation: _Ints = 1,
    groups: int = 1,
    *,
    out: Any | None = None,
    threads: int | None = None,
    accuracy: _Accuracy = "balanced",
) -> _Array: ...
def conv3d_weight(
    input: _Array,
    weight_size: Sequence[int],
    grad_output: Any,
    stride: _Ints = 1,
    padding: _Padding = 0,
    dilation: _Ints = 1,
    groups: int = 1,
    *,
    out: Any | None = None,
    threads: int | None = None,
    accuracy: _Accuracy = "balanced",
) -> _Array: ...
def conv_transpose1d_input(
    input_size: Sequence[int],
    weight: Any,
    grad_output: _Array,
    stride: _Ints = 1,
    padding: _Padding = 0,
    dilation: _Ints = 1,
    groups: int = 1,
    *,
    out: Any | None = None,
    threads: int | None = None,
    accuracy: _Accuracy = "balanced",
) -> _Array: ...
def conv_transpose1d_weight(
    input: _Array,
    weight_size: Sequence[int],
    grad_output: Any,
    stride: _Ints = 1,
    padding: _Padding = 0,
    dilation: _Ints = 1,
    groups: int = 1,
    *,
    out: Any | None = None,
    threads: int | None = None,
    accuracy: _Accuracy = "balanced",
) -> _Array: ...
def conv_transpose2d_input(
    input_size: Sequence[int],
    weight: Any,
    grad_output: _Array,
    stride: _Ints = 1,
    padding: _Padding = 0,
    dilation: _Ints = 1,
    groups: int = 1,
    *,
    out: Any | None = None,
    threads: int | None = None,
    accuracy: _Accuracy = "balanced",
) -> _Array: ...
def conv_transpose2d_weight(
    input: _Array,
    weight_size: Sequence[int],
    grad_output: Any,
    stride: _Ints = 1,
    padding: _Padding = 0,
    dilation: _Ints = 1,
    groups: int = 1,
    *,
    out: Any | None = None,
    threads: int | None = None,
    accuracy: _Accuracy = "balanced",
) -> _Array: ...
def conv_transpose3d_input(
    input_size: Sequence[int],
    weight: Any,
    grad_output: _Array,
    stride: _Ints = 1,
    padding: _Padding = 0,
    dilation: _Ints = 1,
    groups: int = 1,
    *,
    out: Any | None = None,
    threads: int | None = None,
    accuracy: _Accuracy = "balanced",
) -> _Array: ...
def conv_transpose3d_weight(
    input: _Array,
    weight_size: Sequence[int],
    grad_output: Any,
    stride: _Ints = 1,
    padding: _Padding = 0,
    dilation: _Ints = 1,
    groups: int = 1,
    *,
    out: Any | None = None,
    threads: int | None = None,
    accuracy: _Accuracy = "balanced",
) -> _Array: ...
def unfold(
    input: _Array,
    kernel_size: _Ints,
    dilation: _Ints = 1,
    padding: _Padding = 0,
    stride: _Ints = 1,
    *,
    threads: int | None = None,
) -> _Array: ...
def fold(
    input: _Array,
    output_size: _Ints,
    kernel_size: _Ints,
    dilation: _Ints = 1,
    padding: _Padding = 0,
    stride: _Ints = 1,
    *,
    threads: int | None = None,
) -> _Array: ...
@overload
def output_size(
    input: int,
    kernel: int,
    stride: int = 1,
    padding: int | tuple[int, int] | str = 0,
    dilation: int = 1,
    *,
    transposed: bool = False,
    output_padding: int = 0,
    input_dilation: int = 1,
) -> int: ...
@overload
def output_size(
    input: Any,
    kernel: int,
    stride: int = 1,
    padding: int | tuple[int, int] | str = 0,
    dilation: int = 1,
    *,
    transposed: bool = False,
    output_padding: int = 0,
    input_dilation: int = 1,
) -> Any: ...
def padding(
    input: Any,
    kernel: int,
    stride: int = 1,
    dilation: int = 1,
    *,
    rule: str = "same_symmetric",
    transposed: bool = False,
) -> Any: ...
def padding_interval(
    input: int, kernel: int, stride: int = 1, dilation: int = 1
) -> PaddingInterval: ...
def padding_limits(kernel: int, stride: int = 1, dilation: int = 1) -> PaddingLimits: ...

class Drawing:
    svg: str
    def text(self, columns: int = 80) -> str: ...

def draw(
    input: int | tuple[int, int],
    kernel: int | tuple[int, int],
    stride: int | tuple[int, int] = 1,
    padding: int | str | tuple[Any, Any] = 0,
    dilation: int | tuple[int, int] = 1,
    *,
    transposed: bool = False,
    output_padding: int | tuple[int, int] = 0,
    animate: bool = False,
) -> Drawing: ...
def plot_padding(
    input: Any, kernel: int, stride: int = 1, dilation: int = 1, *, ax: Any = None, **style: Any
) -> Any: ...
def get_output_size(w: Any, k: int, p: int | tuple[int, int] | str, s: int) -> Any: ...
def get_lowest_padding(w: Any, k: int, s: int) -> Any: ...
def get_padding(kernel_size: int, stride: int, width: Any = 256) -> Any: ...
def randn(
    *shapes: Sequence[int], seed: int = 0, dtype: Literal["float32", "float64"] = "float32"
) -> Any: ...
