# SPDX-License-Identifier: Apache-2.0
"""Sliding blocks."""

from . import _faltung
from ._arrays import given, returned
from ._convolutions import describe


def _axes(*sizes):
    """As many axes as the longest tuple has; two, as in PyTorch, for numbers."""
    return max([len(size) for size in sizes if isinstance(size, (tuple, list))], default=2)


def unfold(input, kernel_size, dilation=1, padding=0, stride=1, *, threads=None):
    """Blocks that slide over a picture, each as a column: ``torch.nn.functional.unfold``.

    Parameters
    ----------
    input : array, (N, C, H, W) or (C, H, W)
        Or with one or three axes of space, as many as `kernel_size` has.
    kernel_size : int or tuple of int
        Size of the blocks.
    dilation, padding, stride
        As in ``conv2d``.
    threads : int, optional
        The most to use: by default what OMP_NUM_THREADS says, or one for each CPU.

    Returns
    -------
    array, (N, C*kH*kW, L) or (C*kH*kW, L)
        One column for each of the L blocks, in row-major order.

    Raises
    ------
    RuntimeError, TypeError
        If shapes or parameters do not fit.

    Examples
    --------
    >>> faltung.unfold(faltung.randn((1, 3, 5, 5)), 3, padding=1).shape
    (1, 27, 25)
    """
    name = f"conv{_axes(kernel_size, dilation, stride)}d"
    description = describe(name, stride, padding, dilation, threads=threads)
    return returned(_faltung.unfold(description, kernel_size, given(input)), input)


def fold(input, output_size, kernel_size, dilation=1, padding=0, stride=1, *, threads=None):
    """Blocks added up where they lie in a picture: ``torch.nn.functional.fold``.

    Parameters
    ----------
    input : array, (N, C*kH*kW, L) or (C*kH*kW, L)
        As `unfold` returns them.
    output_size : int or tuple of int
        The picture's spatial size.
    kernel_size, dilation, padding, stride
        As in `unfold`.
    threads : int, optional
        The most to use: by default what OMP_NUM_THREADS says, or one for each CPU.

    Returns
    -------
    array, (N, C, H, W) or (C, H, W)

    Raises
    ------
    RuntimeError, ValueError, TypeError
        If shapes or parameters do not fit.

    Examples
    --------
    >>> columns = faltung.unfold(faltung.randn((1, 3, 5, 5)), 3)
    >>> faltung.fold(columns, (5, 5), 3).shape
    (1, 3, 5, 5)
    """
    name = f"conv{_axes(output_size, kernel_size, dilation, stride)}d"
    description = describe(
        name, stride, padding, dilation, output_size=output_size, threads=threads
    )
    return returned(_faltung.fold(description, kernel_size, given(input)), input)
