// SPDX-License-Identifier: Apache-2.0
//
// The figures that `size` and `padding` print for the axes of a convolution.
#ifndef CLI_FIGURES_H
#define CLI_FIGURES_H

#include "options.h"

// Replaces the padding of an axis by what `rule` gives, and finds the size of its output.
int find_output(session *s, faltung_axis *axis, faltung_padding_rule rule, int64_t *output);

// {"input": [...], "padding": [[begin, end], ...], "output": [...]}, a value per axis.
void print_axes_json(FILE *file, const faltung_axis *axes, int count, const int64_t *output);

// Refuses a range of inputs, from the axis's own up to `stop`, for one of which find_output would
// refuse.
int check_range(session *s, const faltung_axis *axis, int64_t stop, faltung_padding_rule rule);

// For every input of the range that --input gives: finds its output, and prints what
// print_axes_json prints or, without --json, the input and what `print` adds to it. Refuses before
// anything is printed.
int print_range(session *s, const options *o, faltung_padding_rule rule,
                void (*print)(FILE *file, const faltung_axis *axis, int64_t output));

#endif
