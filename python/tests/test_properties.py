# SPDX-License-Identifier: Apache-2.0
"""Whatever PyTorch computes, Faltung computes; whatever it refuses, Faltung refuses in its words.

EXAMPLES is how many convolutions each test tries: 100 if it is not set.
"""

import importlib.util
import os
import re
import sys
import unittest

for module in ("hypothesis", "torch", "numpy"):
    if importlib.util.find_spec(module) is None:
        print(f"skipped: {module} is not installed")
        sys.exit(77)

import numpy as np
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import faltung
from generated import LAYOUTS, REAL, calls, integers, lay_out, turned, wrong_calls

EXAMPLES = int(os.environ.get("EXAMPLES", 100))

settings.register_profile(
    "faltung",
    max_examples=EXAMPLES,
    deadline=None,
    print_blob=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
settings.load_profile("faltung")

SEEDS = st.integers(0, 2**32 - 1)

# Where Faltung departs from PyTorch, as docs/semantics.md says: why, what PyTorch says, and what
# Faltung does then; None: no refusal. The type is the same where both refuse.
DEPARTURES = (
    ("one wording for every backend", r"dilation", r"dilation should be greater than zero"),
    ("one wording for any number of axes", r"output padding must be", r"output padding must be"),
    ("one wording for any number of axes", r"Output size is too small", r"Output size is too small"),
    ("one wording for any number of axes", r"kernel size should be", r"kernel size should be"),
    ("one wording for every padding", r"cannot broadcast to", r"to be a single integer value"),
    ("shapes as they were given", r"Only zero batch or zero channel", r"Only zero batch or zero"),
    ("the weight's rank by itself", r"weight|list of \d values", r"weight should have \d dimensions"),
    ("left to a backend", r"primitive|descriptor|dimensions are invalid", r"."),
    ("left to a backend", None, r"dilation should be greater than zero"),
    ("left to a backend", r"non-empty .* tensor expected", r"has no output|kernel size should be"),
    ("one order of checks", r"not supported for strided", r"non-positive stride"),
    ("one order of checks", r"Kernel size can't be greater", r"Only zero batch or zero channel"),
    ("one order of checks", r"negative padding", r"dilation should be greater than zero"),
    ("one order of checks", r"Kernel size can't be greater", r"dilation should be greater"),
    ("one order of checks", r"Given (groups|transposed)=", r"dilation should be greater"),
    ("one order of checks", r"expected bias to be", r"dilation should be greater"),
    ("one order of checks", r"expected bias to be", r"has no output channels"),
    ("an output of size 0", None, r"Output size is too small"),
    ("rules for transposed ones", r"'padding' must be tuple of ints, not str", None),
)


def departs(theirs, own):
    """Whether a difference is one of those, by what was said."""

    def agrees(pattern, error):
        return error is None if pattern is None else bool(error and re.search(pattern, str(error)))

    return any(agrees(t, theirs) and agrees(o, own) for _, t, o in DEPARTURES)


def reference(call, *arrays):
    """What PyTorch computes, in double."""
    wide = torch.complex128 if call.dtype.is_complex else torch.float64
    function = getattr(torch.nn.functional, call.name)
    return function(*(a if a is None else a.to(wide) for a in arrays), **call.options)


def computed(call, *arrays, **more):
    return getattr(faltung, call.name)(*arrays, **call.options, **more)


def make(call, fill, seed):
    """Input, weight and bias."""
    generator = torch.Generator().manual_seed(seed)
    shapes = (call.input, call.weight, call.bias)
    return [None if s is None else fill(s, call.dtype, generator) for s in shapes]


def normal(shape, dtype, generator):
    return torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype)


def unit(dtype):
    """The relative error of one rounding."""
    return torch.finfo(dtype).eps / 2


def bound(call, arrays, terms):
    """What rounding may make of a sum: of products and sums in f32 or f64, and of the result."""
    magnitudes = reference(call, *(None if a is None else a.abs() for a in arrays)).abs()
    summed = torch.float64 if call.dtype in (torch.float64, torch.complex128) else torch.float32
    factor = 4 if call.dtype.is_complex else 1
    return factor * (terms + 2) * unit(summed) * magnitudes, unit(call.dtype)


class Legal(unittest.TestCase):
    @given(calls(), SEEDS, st.sampled_from(LAYOUTS), st.sampled_from(LAYOUTS))
    def test_integers_are_exact_in_any_layout(self, call, seed, of_input, of_weight):
        arrays = make(call, integers, seed)
        expected = reference(call, *arrays).to(call.dtype)
        if of_input == "repeated" and len(call.input) > call.axes + 1:
            arrays[0] = arrays[0][:1].expand(call.input)
            expected = reference(call, *arrays).to(call.dtype)
        laid = [lay_out(arrays[0], of_input), lay_out(arrays[1], of_weight), arrays[2]]
        if "turned" in (of_input, of_weight) and call.dtype != torch.bfloat16:
            laid = [None if a is None else a.numpy() for a in laid]
            laid[0] = turned(laid[0]) if of_input == "turned" else laid[0]
            laid[1] = turned(laid[1]) if of_weight == "turned" else laid[1]
        result = computed(call, *laid)
        self.assertIs(type(result), type(laid[0]))
        found = torch.as_tensor(np.asarray(result)) if isinstance(result, np.ndarray) else result
        self.assertEqual((found.dtype, found.shape), (expected.dtype, expected.shape))
        self.assertTrue(torch.equal(found, expected))

    @given(calls(), SEEDS, st.sampled_from(("balanced", "exact", "fast")))
    def test_real_numbers_are_within_rounding(self, call, seed, accuracy):
        arrays = make(call, normal, seed)
        result = computed(call, *arrays, accuracy=accuracy).to(torch.complex128)
        expected = reference(call, *arrays).to(torch.complex128)
        terms = arrays[1][0].numel() if not call.transposed else arrays[1][:, 0].numel()
        summing, rounding = bound(call, arrays, terms + 1)
        allowed = summing + rounding * (expected.abs() + summing)
        if call.dtype == torch.float16:
            allowed += 2.0**-25  # half of its least number
        self.assertTrue(bool(((result - expected).abs() <= allowed).all()))

    @given(calls(types=REAL), SEEDS)
    def test_gradients_are_those_of_autograd(self, call, seed):
        input, weight, _ = make(call, integers, seed)
        wide = [a.double().clone().requires_grad_() for a in (input, weight)]
        output = reference(call, *wide, None)
        generator = torch.Generator().manual_seed(seed + 1)
        grad_output = integers(tuple(output.shape), call.dtype, generator)
        of_input, of_weight = torch.autograd.grad(output, wide, grad_output.double())
        options = {k: v for k, v in call.options.items() if k != "output_padding"}
        made = (
            getattr(faltung, call.name + "_input")(call.input, weight, grad_output, **options),
            getattr(faltung, call.name + "_weight")(input, call.weight, grad_output, **options),
        )
        for found, expected in zip(made, (of_input, of_weight)):
            self.assertTrue(torch.equal(found, expected.to(call.dtype)))

    @given(calls(types=(torch.float32,)), SEEDS)
    def test_a_plan_and_threads_change_no_bit(self, call, seed):
        arrays = make(call, normal, seed)
        once = computed(call, *arrays, threads=1)
        self.assertTrue(torch.equal(once, computed(call, *arrays, threads=3)))
        plan = faltung.Plan(call.name, *arrays, **call.options)
        self.assertTrue(torch.equal(once, plan(arrays[0])))

    @given(calls(types=(torch.float32, torch.float64)), SEEDS)
    def test_blocks_are_those_of_unfold(self, call, seed):
        if call.axes != 2 or call.transposed or isinstance(call.options["padding"], str):
            return
        picture = make(call, integers, seed)[0]
        options = {k: call.options[k] for k in ("stride", "padding", "dilation")}
        kernel = call.weight[2:]
        columns = torch.nn.functional.unfold(picture, kernel, **options)
        self.assertTrue(torch.equal(faltung.unfold(picture, kernel, **options), columns))
        folded = torch.nn.functional.fold(columns, picture.shape[-2:], kernel, **options)
        found = faltung.fold(columns, tuple(picture.shape[-2:]), kernel, **options)
        self.assertTrue(torch.equal(found, folded))


def outcome(function, *arguments, **options):
    """The result, or the exception."""
    try:
        return function(*arguments, **options), None
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        return None, error


def words_of(error):
    """The words, without what PyTorch prints of shapes: brackets twice, and sizes that are padded."""
    words = str(error).partition("\n")[0].replace("[[", "[").replace("]]", "]")
    return re.sub(r"expected input\[.*?\]", "expected input", words)


class Illegal(unittest.TestCase):
    @given(wrong_calls(), SEEDS)
    def test_what_pytorch_refuses_is_refused_in_its_words(self, call, seed):
        arrays = make(call, integers, seed)
        expected, theirs = outcome(getattr(torch.nn.functional, call.name), *arrays, **call.options)
        found, own = outcome(computed, call, *arrays)
        if theirs is None and own is None:
            self.assertTrue(torch.equal(found, expected))
        elif not departs(theirs, own):
            self.assertIs(type(own), type(theirs), f"{theirs!r}, but {own!r}")
            self.assertIn(words_of(theirs), words_of(own))
        elif theirs and own:
            self.assertIs(type(own), type(theirs), f"{theirs!r}, but {own!r}")


if __name__ == "__main__":
    unittest.main()
