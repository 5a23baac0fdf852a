// SPDX-License-Identifier: Apache-2.0
//
// The public functions about one axis: check, then compute, with words for what fails.
#include "arithmetic/axis.h"
#include "arithmetic/check.h"
#include "arithmetic/words.h"
#include "base/checked.h"
#include "base/fail.h"

#include <inttypes.h>

static faltung_status check_pointers(const faltung_axis *axis, const void *result, const char *name,
                                     faltung_message *message)
{
    if (!axis)
        return fal_fail(message, FALTUNG_ERROR_NULL, "axis is NULL");
    if (!result)
        return fal_fail(message, FALTUNG_ERROR_NULL, "%s is NULL", name);
    return FALTUNG_OK;
}

static faltung_status check_values(const faltung_axis *axis, faltung_message *message)
{
    faltung_status status = fal_axes_check_parameters(axis, 1, message);
    return status ? status : fal_axes_check_sizes(axis, 1, message);
}

faltung_status faltung_output_size(const faltung_axis *axis, int64_t *size,
                                   faltung_message *message)
{
    faltung_status status = check_pointers(axis, size, "size", message);
    int64_t found;
    if (!status)
        status = check_values(axis, message);
    if (!status)
        status = fal_axes_output(axis, 1, &found, message);
    if (!status)
        *size = found;
    return status;
}

faltung_status faltung_axis_set_padding(faltung_axis *axis, faltung_padding_rule rule,
                                        faltung_message *message)
{
    faltung_status status = check_pointers(axis, axis, "axis", message);
    if (!status)
        status = check_values(axis, message);
    if (status)
        return status;
    if ((unsigned)rule > FALTUNG_PADDING_SAME_SYMMETRIC)
        return fal_fail(message, FALTUNG_ERROR_OPTION, "rule=%d is no padding rule", (int)rule);
    return fal_axes_apply_rule(axis, 1, rule, message);
}

// PyTorch's output_size and ONNX's output_shape are those of a transposed convolution.
static faltung_status set_output_size(faltung_axis *axis, faltung_padding_rule rule, int64_t size,
                                      faltung_message *message)
{
    if (!axis->transposed)
        return fal_fail(message, FALTUNG_ERROR_OUTPUT_SIZE,
                        "an output's size is asked of a transposed convolution only: size=%" PRId64,
                        size);
    if (rule == FALTUNG_PADDING_SAME_UPPER || rule == FALTUNG_PADDING_SAME_LOWER)
        return fal_axes_crop_to(axis, 1, rule, &size, message);
    faltung_status status = fal_axes_apply_rule(axis, 1, rule, message);
    return status ? status : fal_axes_request_output(axis, 1, &size, message);
}

faltung_status faltung_axis_set_output_size(faltung_axis *axis, faltung_padding_rule rule,
                                            int64_t size, faltung_message *message)
{
    faltung_status status = check_pointers(axis, axis, "axis", message);
    if (!status)
        status = check_values(axis, message);
    if (status)
        return status;
    if ((unsigned)rule > FALTUNG_PADDING_SAME_SYMMETRIC)
        return fal_fail(message, FALTUNG_ERROR_OPTION, "rule=%d is no padding rule", (int)rule);
    faltung_axis found = *axis;
    status = set_output_size(&found, rule, size, message);
    if (!status)
        *axis = found;
    return status;
}

// The interval and the limits are found without looking at any padding, and do not exist for a
// transposed axis or a dilated input.
static faltung_status check_plain(faltung_axis *axis, faltung_message *message)
{
    axis->padding = (faltung_padding){0, 0};
    axis->output_padding = 0;
    if (axis->transposed)
        return fal_fail(message, FALTUNG_ERROR_PADDING,
                        "padding='same_symmetric' is not supported for transposed convolutions");
    if (axis->input_dilation > 1)
        return fal_fail(message, FALTUNG_ERROR_PADDING,
                        "padding='same_symmetric' is not supported for a dilated input");
    return check_values(axis, message);
}

faltung_status faltung_find_padding_interval(const faltung_axis *axis,
                                             faltung_padding_interval *interval,
                                             faltung_message *message)
{
    faltung_status status = check_pointers(axis, interval, "interval", message);
    if (status)
        return status;
    faltung_axis plain = *axis;
    status = check_plain(&plain, message);
    if (status)
        return status;
    status = fal_axis_interval(&plain, interval);
    if (status)
        fal_say_overflow(&plain, 1, 0, message);
    return status;
}

faltung_status faltung_find_padding_limits(const faltung_axis *axis, faltung_padding_limits *limits,
                                           faltung_message *message)
{
    faltung_status status = check_pointers(axis, limits, "limits", message);
    if (status)
        return status;
    faltung_axis plain = *axis;
    plain.input = 1;
    int64_t extent;
    status = check_plain(&plain, message);
    if (status)
        return status;
    if (fal_axis_extent(&plain, &extent)) {
        fal_say_overflow(&plain, 1, 0, message);
        return FALTUNG_ERROR_OVERFLOW;
    }
    if (plain.stride == 1 && extent % 2 == 0) {
        fal_say_no_padding(&plain, 1, 0, message);
        return FALTUNG_ERROR_NO_PADDING;
    }
    int64_t low = fal_ceil_divide(extent - plain.stride, 2);
    *limits = (faltung_padding_limits){low > 0 ? low : 0, fal_ceil_divide(extent - 1, 2)};
    return FALTUNG_OK;
}
