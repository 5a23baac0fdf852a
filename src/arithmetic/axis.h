// SPDX-License-Identifier: Apache-2.0
//
// The arithmetic of sizes and paddings along one axis: pure functions, total over int64. They say
// what is wrong by a status alone; words.h puts it into words.
#ifndef FAL_ARITHMETIC_AXIS_H
#define FAL_ARITHMETIC_AXIS_H

#include <faltung.h>

// The extent of the dilated kernel, D(K - 1) + 1. Errors: OVERFLOW.
faltung_status fal_axis_extent(const faltung_axis *axis, int64_t *extent);

// The extent of the dilated input, L(W - 1) + 1. Errors: OVERFLOW.
faltung_status fal_axis_spread(const faltung_axis *axis, int64_t *spread);

// The functions below take an axis whose parameters are in their ranges (arithmetic/check.h).

// The output's size, as faltung_output_size. Errors: TOO_SMALL, OVERFLOW. After TOO_SMALL of a
// transposed axis *size holds the size that is below 1.
faltung_status fal_axis_output(const faltung_axis *axis, int64_t *size);

// The output's sizes that output_paddings of 0 to S - 1 give to a transposed axis: *low to *high,
// which may be below 1. Errors: OVERFLOW.
faltung_status fal_axis_output_range(const faltung_axis *axis, int64_t *low, int64_t *high);

// As faltung_find_padding_interval. Errors: OVERFLOW; PADDING for a transposed axis.
faltung_status fal_axis_interval(const faltung_axis *axis, faltung_padding_interval *interval);

// As faltung_axis_set_padding. Errors: PADDING, NO_PADDING, OVERFLOW; then the axis is as it was.
faltung_status fal_axis_apply_rule(faltung_axis *axis, faltung_padding_rule rule);

// Replaces the padding of a transposed axis so that the output has `size` elements, at least 1:
// ONNX's output_shape. What is cropped is divided as `rule` says, SAME_UPPER or SAME_LOWER; what is
// missing is added at the end, by a negative padding. Errors: OVERFLOW; then the axis is as it was.
faltung_status fal_axis_crop_to(faltung_axis *axis, faltung_padding_rule rule, int64_t size);

#endif
