# SPDX-License-Identifier: Apache-2.0
"""Convolutions with PyTorch's functional semantics, on a CPU.

The functions are those of ``torch.nn.functional``, by their names, signatures, defaults and
messages; they take arrays of NumPy, PyTorch and JAX, and whatever else speaks DLPack or the buffer
protocol, without a copy and with any strides, and give back the same kind of array. Nothing but
Python is needed. Up to 128 MiB of freed results are kept for the next ones, since memory that is
new costs more time than most convolutions.

>>> import faltung
>>> x, kernel = faltung.randn((16, 3, 16, 16), (10, 3, 3, 3), seed=14)
>>> faltung.conv2d(x, kernel).shape
(16, 10, 14, 14)
>>> faltung.conv2d(x, kernel, stride=2, padding="same_symmetric").shape
(16, 10, 8, 8)
"""

from ._arrays import randn
from ._blocks import fold, unfold
from ._convolutions import (
    conv1d,
    conv1d_input,
    conv1d_weight,
    conv2d,
    conv2d_input,
    conv2d_weight,
    conv3d,
    conv3d_input,
    conv3d_weight,
    conv_transpose1d,
    conv_transpose1d_input,
    conv_transpose1d_weight,
    conv_transpose2d,
    conv_transpose2d_input,
    conv_transpose2d_weight,
    conv_transpose3d,
    conv_transpose3d_input,
    conv_transpose3d_weight,
)
from ._faltung import Tensor, __version__
from ._pictures import Drawing, draw, plot_padding
from ._plan import Plan
from ._sizes import (
    PaddingInterval,
    PaddingLimits,
    get_lowest_padding,
    get_output_size,
    get_padding,
    output_size,
    padding,
    padding_interval,
    padding_limits,
)

__all__ = [
    "Drawing",
    "PaddingInterval",
    "PaddingLimits",
    "Plan",
    "Tensor",
    "conv1d",
    "conv1d_input",
    "conv1d_weight",
    "conv2d",
    "conv2d_input",
    "conv2d_weight",
    "conv3d",
    "conv3d_input",
    "conv3d_weight",
    "conv_transpose1d",
    "conv_transpose1d_input",
    "conv_transpose1d_weight",
    "conv_transpose2d",
    "conv_transpose2d_input",
    "conv_transpose2d_weight",
    "conv_transpose3d",
    "conv_transpose3d_input",
    "conv_transpose3d_weight",
    "draw",
    "fold",
    "get_lowest_padding",
    "get_output_size",
    "get_padding",
    "output_size",
    "padding",
    "padding_interval",
    "padding_limits",
    "plot_padding",
    "randn",
    "unfold",
]
