# SPDX-License-Identifier: Apache-2.0
"""Convolutions of chunked Dask arrays: chunk by chunk, with the bits of the whole.

    import faltung.dask

    y = faltung.dask.conv2d(x, kernel, padding=1)   # a Dask array, computed when it is asked for

Each chunk of the result is computed from no more of the input than it needs, whatever the stride,
the dilation and the padding, so that neither has to fit into memory, and chunks may be computed on
any workers in any order. Needs the package dask, with its arrays.
"""

import itertools
import threading
from collections import OrderedDict

import dask
import dask.array as da
import numpy as np

from ._convolutions import OPERATIONS
from ._plan import Plan

__all__ = [
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
]

# Plans that a process keeps, since the chunks of a result have one in common.
_MOST_PLANS = 8
_plans = OrderedDict()
_lock = threading.Lock()


def _make_plan(operation, shape, dtype, weight, bias, options):
    like = np.broadcast_to(np.zeros((), dtype), shape)  # nothing but a shape is looked at
    return Plan(operation, like, weight, bias, **options)


def _find_plan(token, description):
    with _lock:
        if token in _plans:
            _plans.move_to_end(token)
            return _plans[token]
    plan = _make_plan(*description)  # perhaps twice, which does no harm
    with _lock:
        _plans[token] = plan
        while len(_plans) > _MOST_PLANS:
            _plans.popitem(last=False)
    return plan


def _compute(token, description, slab, part):
    return np.asarray(_find_plan(token, description).run_slab(slab, part))


def _in_memory(array):
    return None if array is None else np.asarray(array)  # a Dask array is computed here


def _boundaries(chunks):
    return list(itertools.accumulate(chunks, initial=0))


def _matching_chunks(chunks, size):
    """Chunks of an axis of so many elements that lie as those of another axis do."""
    total = sum(chunks)
    ends = sorted({end * size // total for end in _boundaries(chunks)} | {0, size})
    return tuple(b - a for a, b in zip(ends, ends[1:])) or (0,)


def _output_chunks(x, shape, axes, chunks):
    if chunks is not None:
        return da.core.normalize_chunks(chunks, shape=shape, dtype=x.dtype)
    channel = x.ndim - axes - 1
    return tuple(
        x.chunks[i] if i < channel else (shape[i],) if i == channel else _matching_chunks(x.chunks[i], shape[i])
        for i in range(x.ndim)
    )


def _runs(indices):
    """Indices as (begin, end) of those that follow each other."""
    runs = []
    for i in indices:
        if runs and runs[-1][1] == i:
            runs[-1][1] = i + 1
        else:
            runs.append([i, i + 1])
    return runs


def _slab(x, plan, axes, needed):
    """A part of the input, along which positions may lie outside where a border goes round."""
    for i, (begin, end) in enumerate(needed):
        along = (slice(None),) * i
        if 0 <= begin and end <= x.shape[i]:
            x = x[along + (slice(begin, end),)]
            continue
        elements = [plan.find_input(i - (x.ndim - axes), p) for p in range(begin, end)]
        x = da.concatenate([x[along + (slice(b, e),)] for b, e in _runs(elements)], axis=i)
    return x


def _convolve(operation, x, weight, bias, chunks, options):
    x = da.asarray(x)
    axes = OPERATIONS[operation][1]
    if any(np.isnan(size) for size in x.shape):
        raise ValueError(f"{operation}(): the chunks of the input have unknown sizes: compute_chunk_sizes() finds them")
    options.setdefault("threads", 1)  # Dask has its own
    description = (operation, x.shape, x.dtype, _in_memory(weight), _in_memory(bias), options)
    plan = _make_plan(*description)
    shape = plan.explain()["output_shape"]
    dtype = np.dtype(np.int32) if x.dtype.itemsize == 1 else x.dtype
    token = dask.base.tokenize(*description)
    shared = dask.delayed(description, name=f"faltung-{token}", traverse=False)
    compute = dask.delayed(_compute, pure=True)

    def block(part):
        size = tuple(end - begin for begin, end in part)
        slab = _slab(x, plan, axes, plan.needed_input(part))
        return da.from_delayed(compute(token, shared, slab, part), size, dtype)

    def blocks(part, rest):
        if not rest:
            return block(part)
        ends = _boundaries(rest[0])
        return [blocks(part + ((b, e),), rest[1:]) for b, e in zip(ends, ends[1:])]

    return da.block(blocks((), _output_chunks(x, shape, axes, chunks)))


def _make(operation):
    def function(input, weight, bias=None, *, chunks=None, **options):
        return _convolve(operation, input, weight, bias, chunks, options)

    function.__name__ = function.__qualname__ = operation
    function.__doc__ = f"""faltung.{operation} of a chunked array.

    Parameters
    ----------
    input : dask.array.Array, or whatever dask.array.asarray takes
        (N, C, spatial...) or (C, spatial...), in any chunks.
    weight, bias : array
        In memory; Dask arrays are computed at once.
    chunks : optional
        Those of the result, as dask.array.rechunk takes them. Usually they lie as those of the
        input do, with all channels in one.
    **options
        Those of faltung.{operation}, but `out` and `residual`: stride, padding, ... `threads` is
        1 unless told otherwise, since chunks are computed at once.

    Returns
    -------
    dask.array.Array
        With the bits of faltung.{operation} of the whole input.

    Raises
    ------
    RuntimeError, ValueError, TypeError
        As faltung.{operation}, at once; ValueError also where chunks have unknown sizes.
    """
    return function


conv1d = _make("conv1d")
conv2d = _make("conv2d")
conv3d = _make("conv3d")
conv_transpose1d = _make("conv_transpose1d")
conv_transpose2d = _make("conv_transpose2d")
conv_transpose3d = _make("conv_transpose3d")
