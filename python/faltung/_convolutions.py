# SPDX-License-Identifier: Apache-2.0
"""The convolutions, their transposes and gradients."""

from . import _faltung
from ._arrays import given, returned

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
            out,
        )
    except TypeError as error:
        raise TypeError(f"{name}(): {error}") from None
    return returned(result, input)


_FORWARD = '''Convolve along {axes}.

    Parameters
    ----------
    input : array, (N, C, {sizes}) or (C, {sizes})
        float32, float64, float16, bfloat16, complex64, complex128, int8 or uint8, on the CPU, with
        any strides.
    weight : array, (O, C/groups, {kernel})
        Of the input's type; of integers int8 or uint8.
    bias : array, (O,), optional
        Of the result's type, which is the input's; of integers int32.
    stride, dilation : int or tuple of int
        At least 1; one for all axes or one for each.
    padding : int, tuple or str
        Numbers of 0 or more, one or one per axis; a pair (begin, end) in place of a number, of
        which a negative side crops; or a rule: 'valid', 'same' (stride 1), and besides PyTorch
        'same_upper' (TensorFlow's SAME), 'same_lower' (ONNX), 'same_symmetric' (the lowest that is
        equal on both sides with an output of ceil(size/stride)).
    groups : int
        Divides both channel counts.
    padding_mode : {{'zeros', 'reflect', 'replicate', 'circular'}}
        What the padding shows.
    input_dilation : int or tuple of int
        Distance between the input's elements, with zeros in between.
    activation : str or tuple, optional
        'relu', 'relu6', 'leaky_relu', 'sigmoid', 'silu', 'gelu', 'gelu_tanh', 'hardswish',
        ('leaky_relu', slope) or ('clamp', min, max): applied before the result is written.
    residual : array, optional
        Of the result's shape and strides: added before the activation. May be `out`.
    out : array, optional
        Where the result goes, instead of into a new array; of its shape and type.
    threads : int, optional
        The most to use; the result does not depend on it.
    accuracy : {{'balanced', 'exact', 'fast'}}
        What the result may cost in accuracy to be fast.
    input_zero_point, weight_zero_point : int
        Of integers: subtracted from every element, as in ONNX's ConvInteger.

    Returns
    -------
    array, (N, O, ...) or (O, ...)
        Of the kind that `input` is: NumPy, PyTorch, JAX, else a `faltung.Tensor`; or `out`.

    Raises
    ------
    RuntimeError
        With PyTorch's message, if shapes, types or parameters do not fit.
    ValueError
        If a name is none.
    TypeError
        If an argument is of a type that it cannot be.

    Examples
    --------
    >>> x, w = faltung.randn({x}, {w}, seed=0)
    >>> faltung.{name}(x, w, stride=2, padding=1).shape
    {y}
    '''

_TRANSPOSED = '''Transposed convolution along {axes}.

    Parameters
    ----------
    input : array, (N, C, {sizes}) or (C, {sizes})
        As in ``conv{n}d``.
    weight : array, (C, O/groups, {kernel})
        Of the input's type; of integers int8 or uint8.
    bias : array, (O,), optional
        Of the result's type, which is the input's; of integers int32.
    stride, dilation : int or tuple of int
        At least 1; one for all axes or one for each.
    padding : int, tuple or str
        Cropped from the output: numbers, pairs (begin, end), of which a negative side extends it,
        or 'valid', 'same_upper', 'same_lower': an output of size*stride.
    output_padding : int or tuple of int
        Added at the end of the output; below `stride` or `dilation`.
    groups : int
        Divides both channel counts.
    output_size : int or tuple of int, optional
        The output's spatial size, from which `output_padding` follows.
    activation, residual, out, threads, accuracy, input_zero_point, weight_zero_point
        As in ``conv{n}d``.

    Returns
    -------
    array, (N, O, ...) or (O, ...)
        Along each axis (W - 1)*stride - begin - end + dilation*(K - 1) + output_padding + 1.

    Raises
    ------
    RuntimeError, ValueError, TypeError
        As in ``conv{n}d``; ValueError with the valid range if `output_size` cannot be had.

    Examples
    --------
    >>> x, w = faltung.randn({x}, {w}, seed=0)
    >>> faltung.{name}(x, w, stride=2).shape
    {y}
    '''

_OF_INPUT = '''Gradient of ``{of}`` with respect to its input.

    Parameters
    ----------
    input_size : tuple of int
        Shape of the input.
    weight : array
        That of the convolution.
    grad_output : array
        Derivatives of some number with respect to the convolution's output.
    stride, padding, dilation, groups
        Those of the convolution.
    out, threads, accuracy
        As in ``conv{n}d``.

    Returns
    -------
    array, of shape `input_size`

    Raises
    ------
    RuntimeError, ValueError, TypeError
        If shapes, types or parameters do not fit.

    Examples
    --------
    >>> x, w = faltung.randn({x}, {w}, seed=0)
    >>> y = faltung.{of}(x, w)
    >>> faltung.{name}(x.shape, w, y).shape == x.shape
    True
    '''

_OF_WEIGHT = '''Gradient of ``{of}`` with respect to its weight.

    Parameters
    ----------
    input : array
        That of the convolution.
    weight_size : tuple of int
        Shape of the weight.
    grad_output : array
        Derivatives of some number with respect to the convolution's output.
    stride, padding, dilation, groups
        Those of the convolution.
    out, threads, accuracy
        As in ``conv{n}d``.

    Returns
    -------
    array, of shape `weight_size`

    Raises
    ------
    RuntimeError, ValueError, TypeError
        If shapes, types or parameters do not fit.

    Examples
    --------
    >>> x, w = faltung.randn({x}, {w}, seed=0)
    >>> y = faltung.{of}(x, w)
    >>> faltung.{name}(x, w.shape, y).shape == w.shape
    True
    '''


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


def _check_shape(name, argument, size, result):
    if tuple(size) != tuple(result.shape):
        raise RuntimeError(
            f"{name}: {argument}={tuple(size)}, the gradient of these operands has the shape "
            f"{tuple(result.shape)}"
        )
    return result


def _make_of_input(name):
    axes = OPERATIONS[name][1]

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
        description = describe(
            name,
            stride,
            padding,
            dilation,
            groups,
            output_size=tuple(input_size)[-axes:],
            threads=threads,
            accuracy=accuracy,
        )
        result = _call(name, description, grad_output, weight, out=out)
        return _check_shape(name, "input_size", input_size, result)

    return function


def _make_of_weight(name):
    axes = OPERATIONS[name][1]

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
        description = describe(
            name,
            stride,
            padding,
            dilation,
            groups,
            output_size=tuple(weight_size)[-axes:],
            threads=threads,
            accuracy=accuracy,
        )
        result = _call(name, description, input, grad_output, out=out)
        return _check_shape(name, "weight_size", weight_size, result)

    return function


_MAKERS = {
    "conv{}d": (_make_forward, _FORWARD),
    "conv_transpose{}d": (_make_transposed, _TRANSPOSED),
    "conv{}d_input": (_make_of_input, _OF_INPUT),
    "conv{}d_weight": (_make_of_weight, _OF_WEIGHT),
    "conv_transpose{}d_input": (_make_of_input, _OF_INPUT),
    "conv_transpose{}d_weight": (_make_of_weight, _OF_WEIGHT),
}

_AXES = {
    1: ("one axis", "W", "kW"),
    2: ("two axes", "H, W", "kH, kW"),
    3: ("three axes", "D, H, W", "kD, kH, kW"),
}


def _document(kind, axes, text):
    transposed = "transpose" in kind
    words, sizes, kernel = _AXES[axes]
    weight = (2, 4) if transposed else (4, 2)
    size = 15 if transposed else 4
    return text.format(
        axes=words,
        sizes=sizes,
        kernel=kernel,
        n=axes,
        name=kind.format(axes),
        of=kind.partition("_input")[0].partition("_weight")[0].format(axes),
        x=(1, 2) + (7,) * axes,
        w=weight + (3,) * axes,
        y=(1, 4) + (size,) * axes,
    )


def _make(kind, axes):
    name = kind.format(axes)
    maker, text = _MAKERS[kind]
    function = maker(name)
    function.__name__ = function.__qualname__ = name
    function.__module__ = "faltung"
    function.__doc__ = _document(kind, axes, text)
    return function


globals().update(
    (kind.format(axes), _make(kind, axes)) for kind in _MAKERS for axes in (1, 2, 3)
)
