// SPDX-License-Identifier: Apache-2.0
//
// From options to the axes of a convolution.
#ifndef CLI_GEOMETRY_H
#define CLI_GEOMETRY_H

#include "options.h"

// Spreads the values of an option over `axes` axes: one stands for all, `usual` for none. Refuses
// any other number of them in PyTorch's words.
int spread_values(session *s, option_id id, const axis_values *given, int axes, int64_t usual,
                  int64_t *values);
int spread_paddings(session *s, const axis_paddings *given, int axes, faltung_padding *values);

// The axes that --input, --kernel, --stride, --dilation, --input-dilation, --padding, --transposed
// and --output-padding describe, with the padding's rule applied; of a range of inputs, the first
// one.
// --input and --kernel are required.
int read_axes(session *s, const options *o, faltung_axis axes[FALTUNG_MAX_AXES], int *count);

// As read_axes for a range of inputs or a single one: one axis, whose input runs from the axis's
// own up to, but not including, *stop. Refuses empty and reversed ranges.
int read_axis_range(session *s, const options *o, faltung_axis *axis, int64_t *stop);

// Says what the library refused.
int refuse_message(session *s, const faltung_message *message);

// Writes a padding as --padding takes it: "3", or "1:2" where the sides differ.
void print_padding(FILE *file, faltung_padding padding);

#endif
