# SPDX-License-Identifier: Apache-2.0
"""Convolutions at random, for Hypothesis, as PyTorch's functions take them."""

from dataclasses import dataclass, field

import numpy as np
import torch
from hypothesis import strategies as st

REAL = (torch.float32, torch.float64, torch.float16, torch.bfloat16)
TYPES = (*REAL, torch.complex64, torch.complex128)

LAYOUTS = ("contiguous", "channels last", "apart", "turned", "repeated")


@dataclass
class Call:
    """A convolution: the name of the function, shapes, and the arguments behind the arrays."""

    name: str
    axes: int
    dtype: torch.dtype
    input: tuple
    weight: tuple
    bias: tuple | None
    options: dict = field(default_factory=dict)

    @property
    def transposed(self):
        return "transpose" in self.name


@st.composite
def axis(draw, transposed):
    """Sizes of one axis with an output: input, kernel, stride, padding, dilation, output_padding."""
    kernel = draw(st.integers(1, 5))
    dilation = draw(st.integers(1, 3))
    stride = draw(st.integers(1, 3))
    reach = dilation * (kernel - 1) + 1
    if transposed:
        added = draw(st.integers(0, max(stride, dilation) - 1))
        size = draw(st.integers(1, 8))
        padding = draw(st.integers(0, max(0, ((size - 1) * stride + reach + added - 1) // 2)))
        return size, kernel, stride, padding, dilation, added
    padding = draw(st.integers(0, 4))
    size = draw(st.integers(max(1, reach - 2 * padding), reach + 9))
    return size, kernel, stride, padding, dilation, 0


def one_or_each(draw, values):
    """One number where all are alike, now and then, else a tuple."""
    return values[0] if len(set(values)) == 1 and draw(st.booleans()) else tuple(values)


@st.composite
def calls(draw, types=TYPES):
    """Any convolution that PyTorch computes."""
    axes, transposed = draw(st.integers(1, 3)), draw(st.booleans())
    drawn = [draw(axis(transposed)) for _ in range(axes)]
    sizes, kernel, stride, padding, dilation, added = zip(*drawn)
    groups = draw(st.integers(1, 3))
    one, other = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    batch = draw(st.sampled_from([(), (1,), (2,), (3,)]))
    options = {
        "stride": one_or_each(draw, stride),
        "padding": one_or_each(draw, padding),
        "dilation": one_or_each(draw, dilation),
        "groups": groups,
    }
    if transposed:
        options["output_padding"] = one_or_each(draw, added)
    elif set(stride) == {1} and draw(st.booleans()):
        options["padding"] = "same"
    elif all(s >= d * (k - 1) + 1 for s, k, d in zip(sizes, kernel, dilation)):
        options["padding"] = draw(st.sampled_from([options["padding"], "valid"]))
    return Call(
        f"conv_transpose{axes}d" if transposed else f"conv{axes}d",
        axes,
        draw(st.sampled_from(types)),
        (*batch, groups * one, *sizes),
        (groups * one, other, *kernel) if transposed else (groups * other, one, *kernel),
        draw(st.sampled_from([None, (groups * other,)])),
        options,
    )


# What replaces an argument of a call, to make it wrong more often than not.
_NUMBERS = st.one_of(
    st.integers(-3, 6), st.lists(st.integers(-2, 4), min_size=0, max_size=4).map(tuple)
)
_SHAPES = st.lists(st.integers(0, 7), min_size=0, max_size=6).map(tuple)


@st.composite
def wrong_calls(draw):
    """A call of which an argument has been replaced."""
    call = draw(calls(types=(torch.float32,)))
    name = draw(st.sampled_from([*call.options, "input", "weight", "bias"]))
    if name in ("input", "weight", "bias"):
        old = getattr(call, name) or (1,)
        at = draw(st.integers(0, len(old) - 1))
        near = (*old[:at], draw(st.integers(0, 7)), *old[at + 1 :])
        setattr(call, name, draw(st.one_of(st.just(near), _SHAPES)))
    elif name == "groups":
        call.options[name] = draw(st.integers(-1, 5))
    elif name == "padding" and draw(st.booleans()):
        call.options[name] = draw(st.sampled_from(["same", "valid", "full", ""]))
    else:
        call.options[name] = draw(_NUMBERS)
    return call


def lay_out(tensor, layout):
    """The same numbers as a tensor of other strides. What is turned is so in NumPy only."""
    if layout == "channels last" and tensor.dim() > 2:
        order = (0, *range(2, tensor.dim()), 1)
        back = (0, tensor.dim() - 1, *range(1, tensor.dim() - 1))
        return tensor.permute(order).contiguous().permute(back)
    if layout == "apart" and tensor.dim():
        wide = torch.zeros((*tensor.shape[:-1], 2 * tensor.shape[-1]), dtype=tensor.dtype)
        wide[..., ::2] = tensor
        return wide[..., ::2]
    return tensor


def turned(array):
    """The same numbers as an array that lies backwards in memory."""
    return np.ascontiguousarray(array[..., ::-1])[..., ::-1]


def integers(shape, dtype, generator):
    """Whole numbers whose sums of products no type rounds on the way."""
    numbers = torch.randint(-4, 5, shape, generator=generator).to(dtype)
    if dtype.is_complex:
        numbers = numbers + 1j * torch.randint(-4, 5, shape, generator=generator).to(dtype)
    return numbers
