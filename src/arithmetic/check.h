// SPDX-License-Identifier: Apache-2.0
//
// The parameters of one to three axes, checked in one order, and every refusal of their arithmetic
// in words: PyTorch's where it has any, then the argument's name and value. Axes are the last
// `count` of depth, height and width.
#ifndef FAL_ARITHMETIC_CHECK_H
#define FAL_ARITHMETIC_CHECK_H

#include <faltung.h>

// Padding, output_padding, stride and dilation, each in its own range: first all axes' paddings,
// then all output_paddings, and so on, as PyTorch does. Errors: PADDING, OUTPUT_PADDING, STRIDE,
// DILATION.
faltung_status fal_axes_check_parameters(const faltung_axis *axes, int count,
                                         faltung_message *message);

// What can only be told from several parameters: an empty kernel or input, and output_padding
// against stride and dilation. Errors: KERNEL, EMPTY, OUTPUT_PADDING.
faltung_status fal_axes_check_sizes(const faltung_axis *axes, int count, faltung_message *message);

// fal_axis_apply_rule and fal_axis_output for all axes, with a message. Errors: as these.
faltung_status fal_axes_apply_rule(faltung_axis *axes, int count, faltung_padding_rule rule,
                                   faltung_message *message);
faltung_status fal_axes_output(const faltung_axis *axes, int count, int64_t *sizes,
                               faltung_message *message);

// Sets the output_padding of transposed axes so that the output has the sizes requested. Errors:
// OUTPUT_SIZE, OVERFLOW.
faltung_status fal_axes_request_output(faltung_axis *axes, int count, const int64_t *requested,
                                       faltung_message *message);

// The same by cropping, as fal_axis_crop_to does. Errors: OUTPUT_SIZE (below 1), OVERFLOW.
faltung_status fal_axes_crop_to(faltung_axis *axes, int count, faltung_padding_rule rule,
                                const int64_t *requested, faltung_message *message);

#endif
