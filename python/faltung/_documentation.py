# SPDX-License-Identifier: Apache-2.0
"""What the convolutions say of themselves, for any number of axes."""

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
        The most to use: by default what OMP_NUM_THREADS says, or one for each CPU. The result does
        not depend on it.
    accuracy : {{'balanced', 'exact', 'fast'}}
        'exact' adds the products themselves. The others may transform input and kernel: integers
        are not exact then, and an infinity also reaches outputs beside its own.
    input_zero_point, weight_zero_point : int
        Of integers: subtracted from every element, as in ONNX's ConvInteger.

    Returns
    -------
    array, (N, O, ...) or (O, ...)
        Of the kind that `input` is: NumPy, PyTorch, JAX, else a `faltung.Tensor`; or `out`.
        A new one of conv2d and conv3d lies as PyTorch's, with channels last if `weight` does, or an
        `input` with a batch; but as `residual`, if there is one.

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
        It lies as that of ``conv{n}d``.

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
        It lies as the result of ``conv{n}d``, with `grad_output` for its input.

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


_AXES = {
    1: ("one axis", "W", "kW"),
    2: ("two axes", "H, W", "kH, kW"),
    3: ("three axes", "D, H, W", "kD, kH, kW"),
}


def document(kind, axes):
    """The docstring of a kind of operation, such as 'conv{}d_input', along some axes."""
    transposed = "transpose" in kind
    of = kind.removesuffix("_input").removesuffix("_weight")
    text = (
        _OF_INPUT
        if kind.endswith("_input")
        else _OF_WEIGHT if kind.endswith("_weight") else _TRANSPOSED if transposed else _FORWARD
    )
    words, sizes, kernel = _AXES[axes]
    weight = (2, 4) if transposed else (4, 2)
    size = 15 if transposed else 4
    return text.format(
        axes=words,
        sizes=sizes,
        kernel=kernel,
        n=axes,
        name=kind.format(axes),
        of=of.format(axes),
        x=(1, 2) + (7,) * axes,
        w=weight + (3,) * axes,
        y=(1, 4) + (size,) * axes,
    )
