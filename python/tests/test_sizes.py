# SPDX-License-Identifier: Apache-2.0
"""Sizes and paddings, of numbers and arrays of them; random numbers."""

import functools
import unittest

import faltung

try:
    import numpy
except ImportError:
    numpy = None


class Sizes(unittest.TestCase):
    def test_sizes_by_every_rule(self):
        for options, expected in (
            ({}, 14),
            ({"stride": 2}, 7),
            ({"padding": 1}, 16),
            ({"padding": (0, 1), "stride": 2}, 8),
            ({"padding": (-1, 0)}, 13),
            ({"padding": "same"}, 16),
            ({"padding": "same_upper", "stride": 3}, 6),
            ({"input_dilation": 2}, 29),
            ({"transposed": True, "stride": 2, "output_padding": 1}, 34),
        ):
            self.assertEqual(faltung.output_size(16, 3, **options), expected, options)

    def test_lists_give_lists(self):
        self.assertEqual(faltung.output_size([5, 6], 3), [3, 4])
        self.assertEqual(faltung.padding((8, 9), 5, 2), [2, 2])

    def test_lowest_paddings_by_definition(self):
        for kernel in range(1, 9):
            for stride in range(1, 6):
                for width in range(1, 30):
                    self.check_lowest(width, kernel, stride)

    def check_lowest(self, width, kernel, stride):
        wanted = -(-width // stride)
        found = [
            p
            for p in range(kernel + 1)
            if width + 2 * p >= kernel and (width + 2 * p - kernel) // stride + 1 == wanted
        ]
        interval = faltung.padding_interval(width, kernel, stride)
        self.assertEqual(interval.exists, bool(found))
        self.assertEqual(interval.lowest, found[0] if found else None)
        if found:
            self.assertEqual(faltung.get_lowest_padding(w=width, k=kernel, s=stride), found[0])
        else:
            with self.assertRaisesRegex(ValueError, "no symmetric padding exists"):
                faltung.get_lowest_padding(w=width, k=kernel, s=stride)

    def test_the_tutorials_names(self):
        self.assertEqual(faltung.get_output_size(w=16, k=3, p=1, s=2), 8)
        self.assertEqual(faltung.get_padding(kernel_size=15, stride=10), 5)
        of_width = functools.partial(faltung.get_lowest_padding, k=16, s=10)
        self.assertEqual(sorted(set(of_width(range(200, 300)))), [3, 4, 5, 6, 7, 8])

    def test_refusals_are_value_errors(self):
        for call, words in (
            (lambda: faltung.output_size(2, 5), "greater than actual input size"),
            (lambda: faltung.output_size(8, 3, stride=0), "non-positive stride"),
            (lambda: faltung.output_size(8, 3, padding=-1), "negative padding is not supported"),
            (lambda: faltung.output_size(8, 3, padding="sane"), "padding must be one of"),
            (lambda: faltung.padding(8, 4), "1:2 .same_upper. or 2:1 .same_lower."),
            (lambda: faltung.padding(8, 3, 2, rule="same"), "stride"),
        ):
            with self.assertRaisesRegex(ValueError, words):
                call()

    @unittest.skipIf(numpy is None, "NumPy is not installed")
    def test_arrays_give_arrays(self):
        widths = numpy.arange(200, 300).reshape(10, 10)
        lowest = faltung.get_lowest_padding(widths, k=15, s=10)
        self.assertIsInstance(lowest, numpy.ndarray)
        self.assertEqual(lowest.shape, (10, 10))
        self.assertEqual(set(lowest.ravel().tolist()), {3, 4, 5, 6, 7})


class Randoms(unittest.TestCase):
    def test_pytorchs_first_numbers(self):
        # torch.manual_seed(0); torch.randn(16)[:3] and torch.randn(2)
        first = memoryview(faltung.randn((16,), seed=0)).tolist()[:3]
        self.assertEqual(first, [-1.1258398294448853, -1.1523602008819580, -0.2505785822868347])
        few = memoryview(faltung.randn((2,), seed=0)).tolist()
        self.assertEqual(few, [1.5409960746765137, -0.293428897857666])

    def test_one_stream_for_all_shapes(self):
        a, b = faltung.randn((20,), (20,), seed=5)
        self.assertNotEqual(bytes(a), bytes(b))
        self.assertEqual(bytes(a), bytes(faltung.randn((20,), seed=5)))
        self.assertEqual(bytes(faltung.randn((4,), seed=-1)), bytes(faltung.randn((4,), seed=2**64 - 1)))

    def test_shapes_that_are_none(self):
        for wrong in ((-1,), (2**40, 2**40)):
            with self.assertRaises(RuntimeError):
                faltung.randn(wrong)
        with self.assertRaises(TypeError):
            faltung.randn()
        with self.assertRaises(ValueError):
            faltung.randn((1,), dtype="float16")


if __name__ == "__main__":
    unittest.main()
