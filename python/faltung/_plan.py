# SPDX-License-Identifier: Apache-2.0
"""Convolutions that are prepared once and run many times."""

from . import _faltung
from ._arrays import given, returned, writable
from ._convolutions import OPERATIONS, describe


class Plan:
    """A convolution that is validated, chosen and packed once, to be run many times.

    Parameters
    ----------
    operation : str
        'conv1d', 'conv2d', 'conv3d', 'conv_transpose2d', and so on; or a gradient: 'conv2d_input',
        'conv2d_weight'.
    input : array
        Of the shape and type of the inputs to come; of its numbers none is looked at.
    weight : array
        Copied. For a gradient with respect to the weight, an array like the grad_output to come.
    bias : array, optional
        Copied.
    **options
        Those of the function of the same name, but `out` and `residual`.

    Raises
    ------
    RuntimeError, ValueError, TypeError
        As the function of the same name.

    Notes
    -----
    Several threads may run one plan at once.

    Examples
    --------
    >>> x, kernel = faltung.randn((1, 3, 16, 16), (10, 3, 3, 3), seed=14)
    >>> plan = faltung.Plan("conv2d", x, kernel, padding=1)
    >>> plan(x).shape
    (1, 10, 16, 16)
    >>> plan.explain()["algorithm"]
    'direct'
    """

    def __init__(self, operation, input, weight, bias=None, **options):
        if operation not in OPERATIONS:
            raise ValueError(
                f"operation must be one of {sorted(OPERATIONS)}, but got operation={operation!r}"
            )
        self.operation = operation
        self._is_of_weight = operation.endswith("_weight")
        self._plan = _faltung.Plan(
            describe(operation, **options), given(input), given(weight), _optional(bias)
        )

    def __call__(self, input, grad_output=None, *, residual=None, out=None):
        """Run the plan.

        Parameters
        ----------
        input : array
            Of the planned shape and type, with any strides.
        grad_output : array
            For a gradient with respect to the weight only.
        residual : array, optional
            Added before the activation; of the result's shape and strides.
        out : array, optional
            Where the result goes, instead of into a new array.

        Returns
        -------
        array
            Of the kind of `input`, or `out`.
        """
        if self._is_of_weight != (grad_output is not None):
            raise TypeError(f"{self.operation}: grad_output is for gradients of a weight, and needed there")
        result = self._plan.run(
            given(input), _optional(grad_output), _optional(residual), writable(out)
        )
        return returned(result, input)

    def explain(self):
        """How the plan is computed: a dictionary with its algorithm, tiles, threads and bytes."""
        return self._plan.explain()

    def needed_input(self, part):
        """What of the input a part of the result is computed from.

        Parameters
        ----------
        part : tuple of (begin, end)
            Along each axis of the result.

        Returns
        -------
        tuple of (begin, end)
            Along each axis of the input. With circular padding they may reach beyond it, and
            `find_input` names the elements that are there; else they lie within.
        """
        return self._plan.needed_input(tuple((int(b), int(e)) for b, e in part))

    def find_input(self, axis, position):
        """The element of the input at a position along a spatial axis, counted from 0: another one
        only where circular padding shows it outside."""
        return self._plan.find_input(axis, position)

    def run_slab(self, input, part, *, residual=None, out=None):
        """Compute a part of the result from what it needs of the input, with the bits of the whole.

        Parameters
        ----------
        input : array
            What `needed_input(part)` names, and no more.
        part : tuple of (begin, end)
            Along each axis of the result.
        residual, out : array, optional
            As of a call, of the part's shape.

        Returns
        -------
        array
            The part, of the kind of `input`, or `out`.

        Examples
        --------
        >>> x, kernel = faltung.randn((1, 3, 16, 16), (10, 3, 3, 3), seed=14)
        >>> plan = faltung.Plan("conv2d", x, kernel, padding=1)
        >>> part = (0, 1), (0, 10), (8, 12), (0, 16)
        >>> plan.needed_input(part)
        ((0, 1), (0, 3), (7, 13), (0, 16))
        """
        part = tuple((int(b), int(e)) for b, e in part)
        result = self._plan.run_slab(given(input), part, _optional(residual), writable(out))
        return returned(result, input)

    def __repr__(self):
        e = self.explain()
        return f"<faltung.Plan {self.operation} to {e['output_shape']} by {e['algorithm']}>"


def _optional(array):
    return None if array is None else given(array)
