# SPDX-License-Identifier: Apache-2.0
"""Arrays on their way in and out, and random ones."""

import sys

from . import _faltung


def _library_of(array):
    return type(array).__module__.partition(".")[0]


def _is_torch(array):
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(array, torch.Tensor)


def given(array):
    """What is handed to the extension module: a torch tensor without its gradient, and with its
    numbers as they are meant; all else as it is. A tensor whose gradient is being recorded is
    refused, since it would be lost."""
    if not _is_torch(array):
        return array
    if array.is_conj() or array.is_neg():  # marked, but not yet computed
        array = array.resolve_conj().resolve_neg()
    if not array.requires_grad:
        return array
    if sys.modules["torch"].is_grad_enabled():
        raise RuntimeError(
            "faltung's functions do not record gradients: use them under torch.no_grad(), "
            "or on tensor.detach()"
        )
    return array.detach()


def writable(out):
    """A caller's own `out`, which must not be one that PyTorch sees otherwise than it lies."""
    if not _is_torch(out):
        return out
    if out.is_conj() or out.is_neg():
        raise RuntimeError("out is a conjugated or negated view: give a tensor of its own memory")
    if out.requires_grad and sys.modules["torch"].is_grad_enabled():
        raise RuntimeError(
            "functions with out=... arguments don't support automatic differentiation, but one of "
            "the arguments requires grad."
        )
    return out


def returned(result, like):
    """A result as an array of the library that `like` is of, sharing its memory."""
    if not isinstance(result, _faltung.Tensor):
        return result  # the caller's own `out`
    library = _library_of(like)
    if library == "numpy":
        return sys.modules["numpy"].asarray(result)
    if library == "torch":
        return sys.modules["torch"].from_dlpack(result)
    if library in ("jax", "jaxlib"):
        import jax.dlpack

        return jax.dlpack.from_dlpack(result)
    return result


def randn(*shapes, seed=0, dtype="float32"):
    """Numbers of the standard normal distribution, bit for bit those of ``torch.randn``.

    Parameters
    ----------
    *shapes : tuple of int
        The shape of each array. All are drawn from one stream, one after the other, as after
        ``torch.manual_seed(seed)``.
    seed : int
        As given to ``torch.manual_seed``.
    dtype : {'float32', 'float64'}
        Type of the numbers.

    Returns
    -------
    Tensor, or a list of them if there are several shapes
        ``numpy.asarray``, ``torch.from_dlpack`` and ``jax.dlpack.from_dlpack`` take them without
        a copy.

    Raises
    ------
    ValueError
        If `dtype` is another one.
    RuntimeError
        If a shape is none, or too large.

    Examples
    --------
    >>> faltung.randn((2, 3), seed=14)
    faltung.Tensor(shape=(2, 3), dtype=float32)
    >>> memoryview(faltung.randn((2,), seed=0)).tolist()
    [1.5409960746765137, -0.293428897857666]
    """
    if dtype not in ("float32", "float64"):
        raise ValueError(f"dtype must be 'float32' or 'float64', but got dtype={dtype!r}")
    if not shapes:
        raise TypeError("randn() needs a shape")
    arrays = _faltung.randn(shapes, seed % 2**64, 64 if dtype == "float64" else 32)
    return arrays[0] if len(arrays) == 1 else arrays
