# SPDX-License-Identifier: Apache-2.0
"""Pictures: of a convolution, and of paddings over the width."""

import shutil

from . import _faltung
from ._sizes import _sides, padding_limits
from ._sizes import padding as lowest_padding


class Drawing:
    """A picture of a convolution, as `draw` makes it.

    A notebook shows it as SVG, ``print`` shows it as characters.

    Attributes
    ----------
    svg : str
        One SVG element, whose classes begin with ``fal-``: any number of them may stand in a page.
    """

    def __init__(self, axes, animate):
        self._axes = axes
        self.svg = _faltung.draw(axes, animate, 0)

    def text(self, columns=80):
        """The same as lines of ASCII, of at most so many characters (32 to 1024)."""
        return _faltung.draw(self._axes, False, max(1, columns))

    def _repr_svg_(self):
        return self.svg

    def __repr__(self):
        return f"<faltung.Drawing: {self.text(1000).splitlines()[0]}>"

    def __str__(self):
        return self.text(shutil.get_terminal_size().columns)


def _of_axis(value, name, axes, i):
    """Of one number for all axes, or one each, that of the i-th."""
    if not isinstance(value, (tuple, list)):
        return value
    if len(value) != axes:
        raise ValueError(f"{name} must be one number or {axes}, but got {name}={value!r}")
    return value[i]


def draw(
    input,
    kernel,
    stride=1,
    padding=0,
    dilation=1,
    *,
    transposed=False,
    output_padding=0,
    animate=False,
):
    """A picture of a convolution along one axis or two.

    One axis is a strip: the padded input cell by cell, a bar for every window, and what no window
    reaches; a transposed one is read backwards. Two axes are two grids, the input with its padding
    and the output, with one window and the output that belongs to it.

    Parameters
    ----------
    input : int or (int, int)
        W, or (H, W): at most 512 cells of a strip and 64 along each side of a grid, padding
        included.
    kernel, stride, dilation : int or (int, int)
        K, S and D, each at least 1.
    padding : int, str or tuple
        As in ``output_size``; of two axes one for all or (for H, for W), each of which is a number
        or a pair (begin, end).
    transposed : bool
        Whether it is a transposed convolution, and then
    output_padding : int or (int, int)
        is added to the output.
    animate : bool
        Whether the kernel moves, over at most 512 positions.

    Returns
    -------
    Drawing
        Which a notebook shows as SVG.

    Raises
    ------
    ValueError
        If a parameter is out of its range, there would be no output, or the picture is too large.

    Examples
    --------
    >>> print(faltung.draw(5, 3, stride=2, padding=1).text(60).splitlines()[0])
    Convolution: input 5, kernel 3, stride 2, padding 1
    >>> faltung.draw((5, 5), 3, stride=2, padding=1, animate=True).svg[:4]
    '<svg'
    """
    sizes = tuple(input) if isinstance(input, (tuple, list)) else (input,)
    axes = len(sizes)
    if axes not in (1, 2):
        raise ValueError(f"input must be one number or two, but got input={input!r}")
    described = []
    for i, size in enumerate(sizes):
        sides = padding if axes == 1 else _of_axis(padding, "padding", axes, i)
        begin, end, rule = _sides(sides)
        k, s, d, added = (
            _of_axis(value, name, axes, i)
            for value, name in (
                (kernel, "kernel"),
                (stride, "stride"),
                (dilation, "dilation"),
                (output_padding, "output_padding"),
            )
        )
        described.append((size, k, s, d, begin, end, transposed, added, 1, rule))
    return Drawing(tuple(described), animate)


def plot_padding(input, kernel, stride=1, dilation=1, *, ax=None, **style):
    """Plot the lowest symmetric padding over the width of the input, with its two limits.

    Needs matplotlib: ``pip install faltung[plot]``.

    Parameters
    ----------
    input : array, list or range of int
        The widths W.
    kernel, stride, dilation : int
        K, S and D, each at least 1.
    ax : matplotlib.axes.Axes, optional
        Where to draw; new axes if None.
    **style
        Passed on to ``ax.plot``.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    ValueError
        If there is no symmetric padding, or a parameter is out of its range.

    Examples
    --------
    >>> ax = faltung.plot_padding(range(200, 300), kernel=15, stride=10)
    >>> ax.get_title()
    'kernel 15, stride 10'
    """
    low, high = padding_limits(kernel, stride, dilation)
    paddings = lowest_padding(input, kernel, stride, dilation)
    try:
        from matplotlib import pyplot
        from matplotlib.ticker import MaxNLocator
    except ImportError as error:
        raise ImportError("plot_padding needs matplotlib: pip install faltung[plot]") from error
    if ax is None:
        ax = pyplot.subplots(layout="constrained")[1]
    ax.plot(input, paddings, **({"marker": ".", "linestyle": ""} | style))
    for limit, name in ((high, "highest"), (low, "lowest")):
        ax.axhline(limit, color="grey", linewidth=1, linestyle="--", zorder=0)
        ax.annotate(
            f"{name} of any width: {limit}" if low != high else f"of every width: {limit}",
            (0.99, limit),
            xycoords=ax.get_yaxis_transform(),
            xytext=(0, 3),
            textcoords="offset points",
            ha="right",
            color="grey",
        )
        if low == high:
            break
    ax.set_title(
        f"kernel {kernel}, stride {stride}" + (f", dilation {dilation}" if dilation != 1 else "")
    )
    ax.set_xlabel("width W")
    ax.set_ylabel("lowest padding P")
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.margins(y=0.15)
    return ax
