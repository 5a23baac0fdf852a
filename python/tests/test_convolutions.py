# SPDX-License-Identifier: Apache-2.0
"""Every operation against a sum written down, and every argument's refusal."""

import itertools
import threading
import unittest

import faltung


def numbers(array):
    """A flat dictionary from index to number."""
    view = memoryview(array)
    return {index: view[index] for index in itertools.product(*map(range, view.shape))}


def correlate(x, w, stride=1, padding=0, dilation=1):
    """One image of one channel by one kernel, along any number of axes, between zeros."""
    x, w = numbers(x), numbers(w)
    size = [max(i[a] for i in x) + 1 for a in range(len(next(iter(x))))]
    kernel = [max(k[a] for k in w) + 1 for a in range(len(size))]
    outputs = [
        (n + 2 * padding - dilation * (k - 1) - 1) // stride + 1 for n, k in zip(size, kernel)
    ]
    return {
        y: sum(
            value * x.get(tuple(a * stride + b * dilation - padding for a, b in zip(y, k)), 0)
            for k, value in w.items()
        )
        for y in itertools.product(*map(range, outputs))
    }


class Values(unittest.TestCase):
    def test_convolutions_are_what_they_say(self):
        for axes in (1, 2, 3):
            x, w = faltung.randn((5,) * axes, (2,) * axes, seed=axes, dtype="float64")
            as_image = memoryview(x).cast("B").cast("d", (1, 1) + (5,) * axes)
            as_weight = memoryview(w).cast("B").cast("d", (1, 1) + (2,) * axes)
            function = getattr(faltung, f"conv{axes}d")
            for options in ({}, {"stride": 2}, {"padding": 1}, {"dilation": 2, "padding": 2}):
                expected = correlate(x, w, **options)
                got = numbers(function(as_image, as_weight, **options))
                self.assertEqual(len(got), len(expected))
                for index, value in expected.items():
                    self.assertAlmostEqual(got[(0, 0) + index], value, places=12)

    def test_gradients_are_adjoint(self):
        for kind in ("conv{}d", "conv_transpose{}d"):
            for axes in (1, 2, 3):
                name = kind.format(axes)
                w_shape = (3, 2) if kind == "conv{}d" else (2, 3)
                x, w = faltung.randn(
                    (2, 2) + (6,) * axes, w_shape + (3,) * axes, seed=4, dtype="float64"
                )
                options = {"stride": 2, "padding": 1}
                y = getattr(faltung, name)(x, w, **options)
                g = faltung.randn(y.shape, seed=5, dtype="float64")
                dx = getattr(faltung, name + "_input")(x.shape, w, g, **options)
                dw = getattr(faltung, name + "_weight")(x, w.shape, g, **options)
                product = self.inner(y, g)
                self.assertAlmostEqual(self.inner(dx, x), product, places=9)
                self.assertAlmostEqual(self.inner(dw, w), product, places=9)

    def inner(self, a, b):
        a, b = numbers(a), numbers(b)
        return sum(a[index] * b[index] for index in a)

    def test_threads_and_plans_give_the_same_bits(self):
        x, w, b = faltung.randn((2, 32, 30, 30), (48, 32, 3, 3), (48,), seed=6)
        once = bytes(faltung.conv2d(x, w, b, padding=1, threads=1))
        self.assertEqual(bytes(faltung.conv2d(x, w, b, padding=1, threads=3)), once)
        plan = faltung.Plan("conv2d", x, w, b, padding=1)
        results = [None] * 4

        def run(i):
            results[i] = bytes(plan(x))

        workers = [threading.Thread(target=run, args=(i,)) for i in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        self.assertEqual(results, [once] * 4)

    def test_plans_of_gradients_take_both_operands(self):
        x, w = faltung.randn((2, 3, 8), (4, 3, 3), seed=7)
        y = faltung.conv1d(x, w)
        plan = faltung.Plan("conv1d_weight", x, y, output_size=3)
        self.assertEqual(bytes(plan(x, y)), bytes(faltung.conv1d_weight(x, w.shape, y)))
        with self.assertRaisesRegex(TypeError, "grad_output"):
            plan(x)
        self.assertEqual(plan.explain()["output_shape"], (4, 3, 3))

    def test_borders_and_the_last_step(self):
        x = memoryview(bytearray(16)).cast("f", (1, 1, 4))
        for i in range(4):
            x[0, 0, i] = i + 1
        w = memoryview(bytearray(8)).cast("f", (1, 1, 2))
        w[0, 0, 0] = w[0, 0, 1] = 1
        for options, expected in (
            ({"padding": [(1, 0)]}, [1, 3, 5, 7]),
            ({"padding": [(1, 0)], "padding_mode": "reflect"}, [3, 3, 5, 7]),
            ({"padding": [(-1, 1)]}, [5, 7, 4]),
            ({"padding": "same", "padding_mode": "circular"}, [3, 5, 7, 5]),
            ({"input_dilation": 2}, [1, 2, 2, 3, 3, 4]),
            ({"activation": ("clamp", 4, 6)}, [4, 5, 6]),
            ({"activation": "relu6"}, [3, 5, 6]),
            ({"stride": 2, "activation": None}, [3, 7]),
        ):
            y = faltung.conv1d(x, w, **options)
            self.assertEqual(memoryview(y).tolist(), [[expected]], options)
        y = faltung.conv1d(x, w)
        self.assertEqual(memoryview(faltung.conv1d(x, w, residual=y)).tolist(), [[[6, 10, 14]]])

    def test_blocks_slide_and_are_added_up(self):
        x = memoryview(faltung.randn((1, 1, 4, 5), seed=8))
        columns = memoryview(faltung.unfold(x, (2, 3), stride=(2, 1)))
        self.assertEqual(columns.shape, (1, 6, 6))
        for k, block in itertools.product(range(6), range(6)):
            y, x0 = block // 3 * 2 + k // 3, block % 3 + k % 3
            self.assertEqual(columns[0, k, block], x[0, 0, y, x0])
        picture = memoryview(faltung.fold(columns, (4, 5), (2, 3), stride=(2, 1)))
        times = (1, 2, 3, 2, 1)  # that a column of the picture is in a block
        for y, x0 in itertools.product(range(4), range(5)):
            self.assertAlmostEqual(picture[0, 0, y, x0], times[x0] * x[0, 0, y, x0], places=5)
        self.assertEqual(faltung.unfold(faltung.randn((2, 9)), (3,)).shape, (6, 7))
        with self.assertRaises(RuntimeError):
            faltung.fold(columns, (9, 9), (2, 3), stride=(2, 1))
        with self.assertRaises(RuntimeError):
            faltung.unfold(x, 6)

    def test_transposed_sizes(self):
        x, w = faltung.randn((1, 2, 5), (2, 3, 4), seed=0)
        self.assertEqual(faltung.conv_transpose1d(x, w, None, 2, 1).shape, (1, 3, 10))
        self.assertEqual(faltung.conv_transpose1d(x, w, stride=2, output_size=13).shape, (1, 3, 13))
        with self.assertRaisesRegex(ValueError, "valid sizes range from"):
            faltung.conv_transpose1d(x, w, stride=2, output_size=14)


class Refusals(unittest.TestCase):
    def setUp(self):
        self.x, self.w, self.b = faltung.randn((2, 3, 8, 8), (4, 3, 3, 3), (4,), seed=1)

    def test_pytorchs_errors_and_words(self):
        for options, error, words in (
            ({"stride": 0}, RuntimeError, "non-positive stride is not supported"),
            (
                {"stride": (1, 2, 3)},
                RuntimeError,
                r"expected stride to be a single integer value or a list of 2 values to match the "
                r"convolution dimensions, but got stride=\[1, 2, 3\]",
            ),
            ({"padding": (1, 2, 3)}, RuntimeError, r"but got padding=\[1, 2, 3\]"),
            ({"padding": ()}, RuntimeError, r"list of 2 values .* but got padding=\[\]"),
            ({"padding": -1}, RuntimeError, "negative padding is not supported"),
            ({"padding": "sane"}, RuntimeError, "Invalid padding string: 'sane'"),
            (
                {"padding": "same", "stride": 2},
                RuntimeError,
                "padding='same' is not supported for strided convolutions",
            ),
            ({"groups": 2}, RuntimeError, "Given groups=2, weight of size"),
            ({"groups": 0}, RuntimeError, "non-positive groups is not supported"),
            ({"stride": "2"}, TypeError, r"conv2d\(\): argument 'stride' must be tuple of ints"),
            ({"dilation": 1.5}, TypeError, "argument 'dilation' must be tuple of ints, not float"),
            ({"padding_mode": "mirror"}, ValueError, "padding_mode must be one of"),
            ({"activation": "tanh"}, ValueError, "activation must be one of"),
            ({"activation": ("clamp", 1)}, ValueError, r"\('clamp', min, max\)"),
            ({"accuracy": "low"}, ValueError, "accuracy must be one of"),
            ({"threads": 0}, ValueError, "threads=0"),
            ({"padding": [(1, 2, 3), 1]}, RuntimeError, r"\(begin, end\)"),
            ({"stride": 2**70}, OverflowError, ""),
        ):
            with self.assertRaisesRegex(error, words, msg=options):
                faltung.conv2d(self.x, self.w, self.b, **options)

    def test_other_rules_are_no_padding_of_a_transposed_one(self):
        weight = faltung.randn((3, 4, 3, 3))
        self.assertEqual(
            faltung.conv_transpose2d(self.x, weight, stride=2, padding="same_upper").shape,
            (2, 4, 16, 16),
        )
        for name in ("same", "same_symmetric", "full"):
            with self.assertRaisesRegex(
                TypeError, r"conv_transpose2d\(\): argument 'padding' must be tuple of ints, not str"
            ):
                faltung.conv_transpose2d(self.x, weight, padding=name)

    def test_operands_that_do_not_fit(self):
        double = faltung.randn((4, 3, 3, 3), dtype="float64")
        with self.assertRaisesRegex(RuntimeError, r"Input type \(float\) and weight type \(double\)"):
            faltung.conv2d(self.x, double)
        with self.assertRaisesRegex(RuntimeError, "expected bias to be 1-dimensional with 4"):
            faltung.conv2d(self.x, self.w, faltung.randn((5,)))
        with self.assertRaisesRegex(RuntimeError, "Expected 3D .unbatched. or 4D .batched. input"):
            faltung.conv2d(self.b, self.w)
        with self.assertRaisesRegex(RuntimeError, "input_size=.3, 3, 8, 8., the gradient of these operands"):
            y = faltung.conv2d(self.x, self.w)
            faltung.conv2d_input((3, 3, 8, 8), self.w, y)
        with self.assertRaises(RuntimeError):
            faltung.conv2d(self.x, self.w, out=self.x)

    def test_plans_of_nothing_are_refused(self):
        with self.assertRaisesRegex(ValueError, "operation must be one of"):
            faltung.Plan("conv4d", self.x, self.w)
        with self.assertRaises(TypeError):
            faltung.Plan("conv2d", self.x, self.w, strides=2)


if __name__ == "__main__":
    unittest.main()
