// SPDX-License-Identifier: Apache-2.0
#include "arithmetic/check.h"

#include "arithmetic/axis.h"
#include "arithmetic/words.h"
#include "base/fail.h"

#include <inttypes.h>

// ------------------------------------------------------------------- what one parameter can break

// PyTorch's limit, so that both sides together are an int64.
static bool is_huge(int64_t side)
{
    return side > INT64_MAX / 2 || side < -(INT64_MAX / 2);
}

static bool has_huge_padding(const faltung_axis *axis)
{
    return is_huge(axis->padding.begin) || is_huge(axis->padding.end);
}

static bool has_negative_output_padding(const faltung_axis *axis)
{
    return axis->output_padding < 0;
}

static bool has_stray_output_padding(const faltung_axis *axis)
{
    return axis->output_padding != 0 && !axis->transposed;
}

static bool has_large_output_padding(const faltung_axis *axis)
{
    return axis->output_padding >= axis->stride && axis->output_padding >= axis->dilation;
}

static bool has_nonpositive_stride(const faltung_axis *axis)
{
    return axis->stride < 1;
}

static bool has_nonpositive_dilation(const faltung_axis *axis)
{
    return axis->dilation < 1;
}

static bool has_nonpositive_input_dilation(const faltung_axis *axis)
{
    return axis->input_dilation < 1;
}

static bool has_stray_input_dilation(const faltung_axis *axis)
{
    return axis->input_dilation != 1 && axis->transposed;
}

static bool has_empty_kernel(const faltung_axis *axis)
{
    return axis->kernel < 1;
}

static bool has_empty_input(const faltung_axis *axis)
{
    return axis->input < 1;
}

// ------------------------------------------------------------------------------ the laws in order

typedef struct law {
    bool (*broken)(const faltung_axis *axis);
    faltung_status status;
    fal_words say;
} law;

static const law parameter_laws[] = {
    {has_huge_padding, FALTUNG_ERROR_PADDING, fal_say_huge_padding},
    {has_negative_output_padding, FALTUNG_ERROR_OUTPUT_PADDING, fal_say_negative_output_padding},
    {has_stray_output_padding, FALTUNG_ERROR_OUTPUT_PADDING, fal_say_stray_output_padding},
    {has_nonpositive_stride, FALTUNG_ERROR_STRIDE, fal_say_stride},
    {has_nonpositive_dilation, FALTUNG_ERROR_DILATION, fal_say_dilation},
    {has_nonpositive_input_dilation, FALTUNG_ERROR_DILATION, fal_say_input_dilation},
    {has_stray_input_dilation, FALTUNG_ERROR_DILATION, fal_say_stray_input_dilation},
};

static const law size_laws[] = {
    {has_empty_kernel, FALTUNG_ERROR_KERNEL, fal_say_kernel},
    {has_empty_input, FALTUNG_ERROR_EMPTY, fal_say_empty},
    {has_large_output_padding, FALTUNG_ERROR_OUTPUT_PADDING, fal_say_large_output_padding},
};

static faltung_status check_laws(const law *laws, size_t law_count, const faltung_axis *axes,
                                 int count, faltung_message *message)
{
    for (size_t r = 0; r < law_count; r++)
        for (int i = 0; i < count; i++)
            if (laws[r].broken(&axes[i])) {
                laws[r].say(axes, count, i, message);
                return laws[r].status;
            }
    return FALTUNG_OK;
}

faltung_status fal_axes_check_parameters(const faltung_axis *axes, int count,
                                         faltung_message *message)
{
    return check_laws(parameter_laws, sizeof parameter_laws / sizeof *parameter_laws, axes, count,
                      message);
}

faltung_status fal_axes_check_sizes(const faltung_axis *axes, int count, faltung_message *message)
{
    // An output_padding of 0 is below any stride: only a transposed axis can break the last law.
    return check_laws(size_laws, sizeof size_laws / sizeof *size_laws, axes, count, message);
}

// ---------------------------------------------------------------------------- arithmetic in words

static faltung_status refuse_rule(const faltung_axis *axes, int count, int index,
                                  faltung_padding_rule rule, faltung_message *message)
{
    const char *name = faltung_padding_rule_name(rule);
    fal_list list;
    if (axes[index].input_dilation > 1)
        return fal_fail(message, FALTUNG_ERROR_PADDING,
                        "padding='%s' is not supported for a dilated input: input_dilation=%" PRId64
                        ", allowed is 1, or padding in numbers",
                        name, axes[index].input_dilation);
    if (axes[index].transposed)
        return fal_fail(message, FALTUNG_ERROR_PADDING,
                        "padding='%s' is not supported for transposed convolutions: use "
                        "same_upper, same_lower or numbers",
                        name);
    return fal_fail(message, FALTUNG_ERROR_PADDING,
                    "padding='%s' is not supported for strided convolutions: stride=%s, allowed "
                    "is 1 (same_upper, same_lower and same_symmetric take any)",
                    name, fal_list_strides(&list, axes, count));
}

faltung_status fal_axes_apply_rule(faltung_axis *axes, int count, faltung_padding_rule rule,
                                   faltung_message *message)
{
    for (int i = 0; i < count; i++) {
        faltung_status status = fal_axis_apply_rule(&axes[i], rule);
        if (status == FALTUNG_ERROR_PADDING)
            return refuse_rule(axes, count, i, rule, message);
        if (status == FALTUNG_ERROR_NO_PADDING)
            fal_say_no_padding(axes, count, i, message);
        if (status == FALTUNG_ERROR_OVERFLOW)
            fal_say_overflow(axes, count, i, message);
        if (status)
            return status;
    }
    return FALTUNG_OK;
}

faltung_status fal_axes_output(const faltung_axis *axes, int count, int64_t *sizes,
                               faltung_message *message)
{
    faltung_status worst = FALTUNG_OK;
    for (int i = 0; i < count; i++) {
        faltung_status status = fal_axis_output(&axes[i], &sizes[i]);
        if (status == FALTUNG_ERROR_OVERFLOW) {
            fal_say_overflow(axes, count, i, message);
            return status;
        }
        if (status)
            worst = status;
    }
    if (worst)
        fal_say_too_small(axes, count, sizes, message);
    return worst;
}

faltung_status fal_axes_request_output(faltung_axis *axes, int count, const int64_t *requested,
                                       faltung_message *message)
{
    int64_t low[FALTUNG_MAX_AXES], high[FALTUNG_MAX_AXES];
    bool possible = true;
    for (int i = 0; i < count; i++) {
        if (fal_axis_output_range(&axes[i], &low[i], &high[i])) {
            fal_say_overflow(axes, count, i, message);
            return FALTUNG_ERROR_OVERFLOW;
        }
        possible = possible && low[i] <= requested[i] && requested[i] <= high[i];
    }
    if (!possible) {
        fal_say_output_size(axes, count, (fal_output_request){requested, low, high}, message);
        return FALTUNG_ERROR_OUTPUT_SIZE;
    }
    for (int i = 0; i < count; i++)
        axes[i].output_padding = requested[i] - low[i];
    return FALTUNG_OK;
}

faltung_status fal_axes_crop_to(faltung_axis *axes, int count, faltung_padding_rule rule,
                                const int64_t *requested, faltung_message *message)
{
    fal_list list;
    for (int i = 0; i < count; i++) {
        if (requested[i] < 1)
            return fal_fail(message, FALTUNG_ERROR_OUTPUT_SIZE,
                            "output_size=%s, allowed is 1 or more with padding='%s'",
                            fal_list_write(&list, count, requested),
                            faltung_padding_rule_name(rule));
        if (fal_axis_crop_to(&axes[i], rule, requested[i])) {
            fal_say_overflow(axes, count, i, message);
            return FALTUNG_ERROR_OVERFLOW;
        }
    }
    return FALTUNG_OK;
}
