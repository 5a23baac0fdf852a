# SPDX-License-Identifier: Apache-2.0
"""Sizes and paddings along an axis, for numbers or arrays of them."""

from collections import namedtuple

from . import _faltung

RULES = ("explicit", "valid", "same", "same_upper", "same_lower", "same_symmetric")

PaddingInterval = namedtuple("PaddingInterval", "output low high exists lowest")
PaddingInterval.__doc__ = """The symmetric paddings P with output ceil(W/S): those with low <= P < high.

``lowest`` is the lowest whole number among them that is not negative; None where there is none, and
then ``exists`` is False.
"""

PaddingLimits = namedtuple("PaddingLimits", "low high")
PaddingLimits.__doc__ = """The least and the greatest of the lowest symmetric paddings of all widths."""


def _over(size, function):
    """The function of a number, or of each number of an array, list or range."""
    if hasattr(size, "shape") and hasattr(size, "dtype") and size.shape != ():
        results = [function(int(one)) for one in size.ravel()]
        made = type(size).__module__.partition(".")[0]
        if made == "numpy":
            import numpy

            return numpy.array(results).reshape(size.shape)
        return results
    if isinstance(size, (list, tuple, range)):
        return [function(one) for one in size]
    return function(size)


def _sides(padding):
    """(begin, end, rule) of a padding as the functions take it."""
    if isinstance(padding, str):
        if padding not in RULES[1:]:
            raise ValueError(f"padding must be one of {set(RULES[1:])}, but got {padding!r}")
        return 0, 0, RULES.index(padding)
    if isinstance(padding, (tuple, list)):
        begin, end = padding
        return begin, end, 0
    if padding < 0:
        raise ValueError(
            f"negative padding is not supported: padding={padding}, allowed is 0 or more, or "
            "(begin, end), of which a negative side crops"
        )
    return padding, padding, 0


def output_size(
    input,
    kernel,
    stride=1,
    padding=0,
    dilation=1,
    *,
    transposed=False,
    output_padding=0,
    input_dilation=1,
):
    """The output's size along one axis.

    floor(((W - 1)*L + 1 + begin + end - D*(K - 1) - 1)/S) + 1; transposed:
    (W - 1)*S - begin - end + D*(K - 1) + 1 + output_padding.

    Parameters
    ----------
    input : int, or an array or list of them
        W, the input's size.
    kernel, stride, dilation : int
        K, S and D, each at least 1.
    padding : int, (int, int) or str
        On both sides, (begin, end), or a rule: 'valid', 'same', 'same_upper' (TensorFlow's SAME),
        'same_lower', 'same_symmetric'.
    transposed : bool
        Whether it is a transposed convolution.
    output_padding : int
        Transposed only: below `stride` or `dilation`.
    input_dilation : int
        L, the distance between the input's elements.

    Returns
    -------
    int, or an array or list of them, as `input` is

    Raises
    ------
    ValueError
        If a parameter is out of its range, or there would be no output.

    Examples
    --------
    >>> faltung.output_size(16, 3)
    14
    >>> faltung.output_size(8, 3, stride=2, padding=1, transposed=True)
    15
    >>> faltung.output_size(range(5, 9), 3, stride=2, padding="same_upper")
    [3, 3, 4, 4]
    """
    begin, end, rule = _sides(padding)
    return _over(
        input,
        lambda w: _faltung.output_size(
            w, kernel, stride, dilation, begin, end, transposed, output_padding, input_dilation, rule
        ),
    )


def padding(input, kernel, stride=1, dilation=1, *, rule="same_symmetric", transposed=False):
    """The padding by which a rule makes the output ceil(W/S) (transposed: W*S).

    Parameters
    ----------
    input : int, or an array or list of them
        W, the input's size.
    kernel, stride, dilation : int
        K, S and D, each at least 1.
    rule : {'same_symmetric', 'same', 'same_upper', 'same_lower', 'valid'}
        The lowest padding that is equal on both sides; PyTorch's (stride 1 only); TensorFlow's SAME
        and ONNX's SAME_UPPER; ONNX's SAME_LOWER; none.
    transposed : bool
        Whether it is a transposed convolution: 'same_upper' and 'same_lower' only.

    Returns
    -------
    int, (int, int), or an array or list of them, as `input` is
        One number by 'same_symmetric', else (begin, end).

    Raises
    ------
    ValueError
        If no such padding exists, as a symmetric one for stride 1 and an even kernel, or a
        parameter is out of its range.

    Examples
    --------
    >>> faltung.padding(90, 15, 10)
    3
    >>> faltung.padding(16, 3, 2, rule="same_upper")
    (0, 1)
    >>> sorted(set(faltung.padding(range(200, 300), 5, 2)))
    [2]
    """
    index = _sides(rule)[2]

    def one(w):
        sides = _faltung.padding(w, kernel, stride, dilation, 0, 0, transposed, 0, 1, index)
        return sides[0] if rule == "same_symmetric" else sides

    return _over(input, one)


def padding_interval(input, kernel, stride=1, dilation=1):
    """The symmetric paddings that give an output of ceil(W/S).

    Parameters
    ----------
    input, kernel, stride, dilation : int
        W, K, S and D, each at least 1.

    Returns
    -------
    PaddingInterval
        (output, low, high, exists, lowest), with low <= P < high; both may be half-integers.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    Examples
    --------
    >>> faltung.padding_interval(90, 15, 10)
    PaddingInterval(output=9, low=2.5, high=7.5, exists=True, lowest=3)
    """
    output, low, high, exists, lowest = _faltung.padding_interval(
        input, kernel, stride, dilation, 0, 0, False, 0, 1, 0
    )
    return PaddingInterval(output, low / 2, high / 2, exists, lowest if exists else None)


def padding_limits(kernel, stride=1, dilation=1):
    """The least and the greatest value of the lowest symmetric padding over all widths.

    max(0, ceil((K - S)/2)) and max(0, ceil((K - 1)/2)), with D*(K - 1) + 1 for K. The padding
    depends on the width by W mod S alone, and not at all where the two are equal.

    Parameters
    ----------
    kernel, stride, dilation : int
        K, S and D, each at least 1.

    Returns
    -------
    PaddingLimits
        (low, high)

    Raises
    ------
    ValueError
        If there is no symmetric padding, which is so for stride 1 and an even kernel, or a
        parameter is out of its range.

    Examples
    --------
    >>> faltung.padding_limits(16, stride=10)
    PaddingLimits(low=3, high=8)
    """
    limits = _faltung.padding_limits(1, kernel, stride, dilation, 0, 0, False, 0, 1, 0)
    return PaddingLimits(*limits)


def get_output_size(w, k, p, s):
    """``output_size(w, k, stride=s, padding=p)``, by the tutorial's name and keywords.

    Examples
    --------
    >>> faltung.get_output_size(w=16, k=3, p=1, s=2)
    8
    """
    return output_size(w, k, stride=s, padding=p)


def get_lowest_padding(w, k, s):
    """``padding(w, k, stride=s)``, by the tutorial's name and keywords.

    Never negative. A ValueError names the two one-sided paddings where no symmetric one exists.

    Examples
    --------
    >>> from functools import partial
    >>> partial(get_lowest_padding, k=5, s=2)([200, 201])
    [2, 2]
    """
    return padding(w, k, stride=s)


def get_padding(kernel_size, stride, width=256):
    """The lowest symmetric padding for pictures of a width, by the tutorial's name and keywords.

    Examples
    --------
    >>> faltung.get_padding(kernel_size=5, stride=2)
    2
    """
    return padding(width, kernel_size, stride=stride)
