# SPDX-License-Identifier: Apache-2.0
"""Drawings, and plots where matplotlib is installed."""

import importlib.util
import unittest
from xml.etree import ElementTree

import faltung

STRIP = """\
Convolution: input 5, kernel 3, stride 2, padding 1

               0   1   2   3   4
input      .   o   o   o   o   o   .
output 0   #---#---#
output 1           #---#---#
output 2                   #---#---#

o input   . padding   # what a window reads

output = floor((input + begin + end - kernel)/stride) + 1
output = floor((5 + 1 + 1 - 3)/2) + 1 = 3
"""


def count(svg, name):
    """Shapes of a class in an SVG."""
    return sum(1 for e in ElementTree.fromstring(svg).iter() if e.get("class") == name)


class Drawings(unittest.TestCase):
    def test_one_axis_is_a_strip(self):
        drawing = faltung.draw(5, 3, stride=2, padding=1)
        self.assertEqual(drawing.text(60), STRIP)
        self.assertEqual(drawing._repr_svg_(), drawing.svg)
        self.assertEqual(count(drawing.svg, "fal-input"), 5 + 1)  # and the legend's
        self.assertEqual(count(drawing.svg, "fal-padding"), 2 + 1)

    def test_two_axes_are_grids(self):
        svg = faltung.draw((4, 5), (3, 2), stride=(1, 2), padding=(1, (0, 1))).svg
        self.assertEqual(count(svg, "fal-input"), 4 * 5 + 1)
        self.assertEqual(count(svg, "fal-output"), 4 * 3 + 1)

    def test_rules_and_transposed_ones_are_drawn(self):
        title = faltung.draw(16, 3, stride=2, padding="same_upper").text(60).partition("\n")[0]
        self.assertIn("padding 0:1", title)
        up = faltung.draw(8, 3, 2, 1, transposed=True, output_padding=1)
        self.assertEqual(count(up.svg, "fal-added"), 1 + 1)

    def test_lines_fit_the_columns(self):
        drawing = faltung.draw(90, 15, stride=10, padding=3)
        for columns in (-5, 32, 61, 200):
            longest = max(map(len, drawing.text(columns).splitlines()))
            self.assertLessEqual(longest, max(32, columns))
        self.assertIn("output 8", str(drawing))

    def test_an_animation_moves(self):
        self.assertIn("animateTransform", faltung.draw((5, 5), 3, animate=True).svg)
        self.assertNotIn("animateTransform", faltung.draw((5, 5), 3).svg)

    def test_what_cannot_be_drawn_is_refused(self):
        for words, arguments in (
            ("input must be one number or two, but got input=(1, 2, 3)", ((1, 2, 3), 1)),
            ("kernel must be one number or 2, but got kernel=(3,)", ((5, 5), (3,))),
            ("Kernel size can't be greater than actual input size", (5, 7)),
            ("too large to draw: a strip shows at most 512 cells", (513, 3)),
            ("too large to draw: a grid is at most 64 cells wide", ((9, 65), 3)),
            ("padding='same' is not supported for strided convolutions", (5, 3, 2, "same")),
            ("negative padding is not supported: padding=-1", (5, 3, 1, -1)),
            ("padding must be one of", (5, 3, 1, "some")),
        ):
            with self.assertRaises(ValueError) as raised:
                faltung.draw(*arguments)
            self.assertIn(words, str(raised.exception))
        with self.assertRaisesRegex(ValueError, "too long to animate"):
            faltung.draw((64, 64), 1, animate=True)
        with self.assertRaises(TypeError):
            faltung.draw(5.5, 3)


class Limits(unittest.TestCase):
    def test_they_are_those_of_one_period(self):
        for kernel, stride in ((16, 10), (15, 10), (3, 2), (3, 1), (1, 4)):
            lowest = faltung.padding(range(200, 200 + stride), kernel, stride)
            limits = faltung.padding_limits(kernel, stride)
            self.assertEqual((min(lowest), max(lowest)), limits)

    def test_where_there_is_no_padding_there_are_none(self):
        with self.assertRaisesRegex(ValueError, "no symmetric padding exists"):
            faltung.padding_limits(4)


@unittest.skipIf(importlib.util.find_spec("matplotlib") is None, "matplotlib is not installed")
class Plots(unittest.TestCase):
    def setUp(self):
        import matplotlib

        matplotlib.use("Agg")
        from matplotlib import pyplot

        self.pyplot = pyplot
        self.addCleanup(pyplot.close, "all")

    def test_it_draws_on_the_axes_it_is_given(self):
        first, second = self.pyplot.subplots(2)[1]
        widths = range(200, 300)
        self.assertIs(faltung.plot_padding(widths, 16, 10, ax=second), second)
        self.assertFalse(first.lines)
        points, *limits = second.lines
        self.assertEqual(list(points.get_xdata()), list(widths))
        self.assertEqual(list(points.get_ydata()), faltung.padding(widths, 16, 10))
        self.assertEqual([line.get_ydata()[0] for line in limits], [8, 3])
        self.assertEqual(second.get_title(), "kernel 16, stride 10")

    def test_it_makes_axes_and_takes_a_style(self):
        ax = faltung.plot_padding([224, 256], 3, 2, color="red", linestyle="-")
        self.assertEqual(len(ax.lines), 2)  # there is but one limit
        self.assertEqual(ax.lines[0].get_color(), "red")
        self.assertEqual(ax.lines[0].get_linestyle(), "-")

    def test_no_padding_is_no_plot(self):
        with self.assertRaisesRegex(ValueError, "no symmetric padding exists"):
            faltung.plot_padding(range(9, 20), 4, 1)


class WithoutMatplotlib(unittest.TestCase):
    def test_the_extra_is_named(self):
        from unittest import mock

        with mock.patch.dict("sys.modules", {"matplotlib": None}):
            with self.assertRaisesRegex(ImportError, r"pip install faltung\[plot\]"):
                faltung.plot_padding(range(9, 20), 3)


if __name__ == "__main__":
    unittest.main()
