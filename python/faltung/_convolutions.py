# SPDX-License-Identifier: Apache-2.0
"""The convolutions, their transposes and gradients."""

from . import _faltung
from ._arrays import given, returned, writable
from ._documentation import document

# The library's numbers of the operations, and the axes.
_KINDS = {
    "conv{}d": 1,
    "conv_transpose{}d": 2,
    "conv{}d_input": 3,
    "conv{}d_weight": 4,
    "conv_transpose{}d_input": 5,
    "conv_transpose{}d_weight": 6,
}
OPERATIONS = {
    kind.format(axes): (number, axes) for kind, number in _KINDS.items() for axes in (1, 2, 3)
}


def describe(
    operation,
    stride=1,
    padding=0,
    dilation=1,
    groups=1,
    padding_mode="zeros",
    input_dilation=1,
    output_padding=0,
    output_size=None,
    activation=None,
    threads=None,
    accuracy="balanced",
    input_zero_point=0,
    weight_zero_point=0,
):
    """A convolution as the extension module takes it."""
    number, axes = OPERATIONS[operation]
    return (
        number,
        axes,
        stride,
        padding,
        dilation,
        groups,
        padding_mode,
        input_dilation,
        output_padding,
        output_size,
        activation,
        threads,
        accuracy,
        (input_zero_point, weight_zero_point),
    )


def _call(name, description, input, weight, bias=None, residual=None, out=None):
    try:
        result = _faltung.convolve(
            description,
            given(input),
            given(weight),
            None if bias is None else given(bias),
            None if residual is None else given(residual),
            writable(out),
        )
    except TypeError as error:
        raise TypeError(f"{name}(): {error}") from None
    return returned(result, input)


def _make_forward(name):
    def function(
        input,
        weight,
        bias=None,
        stride=1,
        padding=0,
        dilation=1,
        groups=1,
        *,
        padding_mode="zeros",
        input_dilation=1,
        activation=None,
        residual=None,
        out=None,
        threads=None,
        accuracy="balanced",
        input_zero_point=0,
        weight_zero_point=0,
    ):
        description = describe(
            name,
            stride,
            padding,
            dilation,
            groups,
            padding_mode,
            input_dilation,
            activation=activation,
            threads=threads,
            accuracy=accuracy,
            input_zero_point=input_zero_point,
            weight_zero_point=weight_zero_point,
        )
        return _call(name, description, input, weight, bias, residual, out)

    return function


def _make_transposed(name):
    def function(
        input,
        weight,
        bias=None,
        stride=1,
        padding=0,
        output_padding=0,
        groups=1,
        dilation=1,
        *,
        output_size=None,
        activation=None,
        residual=None,
        out=None,
        threads=None,
        accuracy="balanced",
        input_zero_point=0,
        weight_zero_point=0,
    ):
        description = describe(
            name,
            stride,
            padding,
            dilation,
            groups,
            output_padding=output_padding,
            output_size=output_size,
            activation=activation,
            threads=threads,
            accuracy=accuracy,
            input_zero_point=input_zero_point,
            weight_zero_point=weight_zero_point,
        )
        return _call(name, description, input, weight, bias, residual, out)

    return function


def _gradient(name, argument, size, operands, options, out):
    axes = OPERATIONS[name][1]
    description = describe(name, **options, output_size=tuple(size)[-axes:])
    result = _call(name, description, *operands, out=out)
    if tuple(size) != tuple(result.shape):
        raise RuntimeError(
            f"{name}: {argument}={tuple(size)}, the gradient of these operands has the shape "
            f"{tuple(result.shape)}"
        )
    return result


def _make_of_input(name):
    def function(
        input_size,
        weight,
        grad_output,
        stride=1,
        padding=0,
        dilation=1,
        groups=1,
        *,
        out=None,
        threads=None,
        accuracy="balanced",
    ):
        options = dict(stride=stride, padding=padding, dilation=dilation, groups=groups)
        options.update(threads=threads, accuracy=accuracy)
        return _gradient(name, "input_size", input_size, (grad_output, weight), options, out)

    return function


def _make_of_weight(name):
    def function(
        input,
        weight_size,
        grad_output,
        stride=1,
        padding=0,
        dilation=1,
        groups=1,
        *,
        out=None,
        threads=None,
        accuracy="balanced",
    ):
        options = dict(stride=stride, padding=padding, dilation=dilation, groups=groups)
        options.update(threads=threads, accuracy=accuracy)
        return _gradient(name, "weight_size", weight_size, (input, grad_output), options, out)

    return function


_MAKERS = {
    "conv{}d": _make_forward,
    "conv_transpose{}d": _make_transposed,
    "conv{}d_input": _make_of_input,
    "conv{}d_weight": _make_of_weight,
    "conv_transpose{}d_input": _make_of_input,
    "conv_transpose{}d_weight": _make_of_weight,
}


def _make(kind, axes):
    name = kind.format(axes)
    function = _MAKERS[kind](name)
    function.__name__ = function.__qualname__ = name
    function.__module__ = "faltung"
    function.__doc__ = document(kind, axes)
    return function


globals().update(
    (kind.format(axes), _make(kind, axes)) for kind in _MAKERS for axes in (1, 2, 3)
)
