// SPDX-License-Identifier: Apache-2.0
#include "size_model.h"

#define BIT(status) (1u << FALTUNG_##status)

static bool fits(wide value)
{
    return value >= INT64_MIN && value <= INT64_MAX;
}

static wide wide_max(wide a, wide b)
{
    return a > b ? a : b;
}

// Rounded down and up, for any numerator and a denominator of at least 1.
static wide floor_div(wide a, wide b)
{
    return a / b - (a % b < 0);
}

static wide ceil_div(wide a, wide b)
{
    return -floor_div(-a, b);
}

static wide extent(const faltung_axis *axis)
{
    return (wide)axis->dilation * ((wide)axis->kernel - 1) + 1;
}

// What can be wrong with the kernel and how it moves.
static unsigned kernel_faults(const faltung_axis *axis)
{
    unsigned faults = 0;
    faults |= axis->kernel < 1 ? BIT(ERROR_KERNEL) : 0;
    faults |= axis->stride < 1 ? BIT(ERROR_STRIDE) : 0;
    faults |= axis->dilation < 1 ? BIT(ERROR_DILATION) : 0;
    faults |= axis->input_dilation < 1 ? BIT(ERROR_DILATION) : 0;
    faults |= axis->transposed && axis->input_dilation != 1 ? BIT(ERROR_DILATION) : 0;
    if (!faults && !fits(extent(axis)))
        faults |= BIT(ERROR_OVERFLOW);
    return faults;
}

static bool padding_is_bad(int64_t padding)
{
    return padding < -(INT64_MAX / 2) || padding > INT64_MAX / 2; // PyTorch's limit
}

static bool output_padding_is_bad(const faltung_axis *axis)
{
    if (!axis->transposed)
        return axis->output_padding != 0;
    return axis->output_padding < 0 ||
           (axis->output_padding >= axis->stride && axis->output_padding >= axis->dilation);
}

static unsigned padding_faults(const faltung_axis *axis)
{
    unsigned faults = 0;
    if (padding_is_bad(axis->padding.begin) || padding_is_bad(axis->padding.end))
        faults |= BIT(ERROR_PADDING);
    if (output_padding_is_bad(axis))
        faults |= BIT(ERROR_OUTPUT_PADDING);
    return faults;
}

// The size that windows move over, transposed that of the output, before anything is cropped.
static wide padded_size(const faltung_axis *axis)
{
    wide begin = axis->padding.begin, end = axis->padding.end;
    if (!axis->transposed)
        return ((wide)axis->input - 1) * axis->input_dilation + 1 + wide_max(begin, 0) +
               wide_max(end, 0);
    return ((wide)axis->input - 1) * axis->stride + extent(axis) + axis->output_padding +
           wide_max(-begin, 0) + wide_max(-end, 0);
}

static wide cropped_size(const faltung_axis *axis)
{
    wide sign = axis->transposed ? 1 : -1;
    return padded_size(axis) - wide_max(sign * axis->padding.begin, 0) -
           wide_max(sign * axis->padding.end, 0);
}

static wide size(const faltung_axis *axis)
{
    if (!axis->transposed)
        return floor_div(cropped_size(axis) - extent(axis), axis->stride) + 1;
    return cropped_size(axis);
}

unsigned model_output_size(const faltung_axis *axis, wide *result)
{
    unsigned faults = kernel_faults(axis) | padding_faults(axis);
    faults |= axis->input < 1 ? BIT(ERROR_EMPTY) : 0;
    if (!faults && !fits(padded_size(axis)))
        faults |= BIT(ERROR_OVERFLOW);
    if (faults)
        return faults;
    *result = size(axis);
    return *result < 1 ? BIT(ERROR_TOO_SMALL) : BIT(OK);
}

// A total is split in halves, the odd one going to the end or to the begin.
static model_padding split(wide total, bool odd_at_end)
{
    wide less = total / 2;
    wide more = total - less;
    return odd_at_end ? (model_padding){less, more, 0} : (model_padding){more, less, 0};
}

// ceil(W/S) outputs forward, W*S transposed, by as little padding as there can be.
static model_padding same_by_stride(const faltung_axis *axis, bool odd_at_end)
{
    wide surplus = extent(axis) - axis->stride; // transposed
    if (!axis->transposed)
        surplus =
            (ceil_div(axis->input, axis->stride) - 1) * axis->stride - axis->input + extent(axis);
    model_padding padding = split(wide_max(0, surplus), odd_at_end);
    if (axis->transposed)
        padding.output_padding = wide_max(0, -surplus);
    return padding;
}

// Whether a rule's padding depends on the kernel; the others need not find its extent too large.
static bool rule_needs_extent(faltung_padding_rule rule)
{
    return rule != FALTUNG_PADDING_EXPLICIT && rule != FALTUNG_PADDING_VALID;
}

static unsigned rule_faults(const faltung_axis *axis, faltung_padding_rule rule)
{
    bool same = rule == FALTUNG_PADDING_SAME;
    bool symmetric = rule == FALTUNG_PADDING_SAME_SYMMETRIC;
    unsigned faults = 0;
    if ((axis->transposed && (same || symmetric)) || (same && axis->stride > 1))
        faults |= BIT(ERROR_PADDING);
    if (axis->input_dilation > 1 && rule_needs_extent(rule))
        faults |= BIT(ERROR_PADDING);
    if (symmetric && axis->stride == 1 && extent(axis) % 2 == 0)
        faults |= BIT(ERROR_NO_PADDING);
    return faults;
}

// A padding that can be had although the size that it leads to cannot may be given or refused.
unsigned model_set_padding(const faltung_axis *axis, faltung_padding_rule rule,
                           model_padding *padding)
{
    unsigned faults = kernel_faults(axis) | padding_faults(axis) | rule_faults(axis, rule);
    faults |= axis->input < 1 ? BIT(ERROR_EMPTY) : 0;
    if (faults & ~BIT(ERROR_OVERFLOW))
        return faults;
    faltung_axis resolved = *axis;
    switch (rule) {
    case FALTUNG_PADDING_EXPLICIT:
        *padding = (model_padding){axis->padding.begin, axis->padding.end, axis->output_padding};
        break;
    case FALTUNG_PADDING_VALID:
        *padding = (model_padding){0, 0, axis->output_padding};
        break;
    case FALTUNG_PADDING_SAME:
        *padding = split(extent(axis) - 1, true);
        break;
    case FALTUNG_PADDING_SAME_UPPER:
    case FALTUNG_PADDING_SAME_LOWER:
        *padding = same_by_stride(axis, rule == FALTUNG_PADDING_SAME_UPPER);
        break;
    case FALTUNG_PADDING_SAME_SYMMETRIC: {
        model_interval interval = {0};
        if (model_find_interval(axis, &interval) != BIT(OK))
            return BIT(ERROR_OVERFLOW);
        *padding = (model_padding){interval.lowest, interval.lowest, 0};
    }
    }
    resolved.padding.begin = (int64_t)padding->begin;
    resolved.padding.end = (int64_t)padding->end;
    resolved.output_padding = (int64_t)padding->output_padding;
    if (faults || !fits(padding->end))
        return rule_needs_extent(rule) ? BIT(ERROR_OVERFLOW) : BIT(ERROR_OVERFLOW) | BIT(OK);
    return fits(padded_size(&resolved)) ? BIT(OK) : BIT(ERROR_OVERFLOW) | BIT(OK);
}

unsigned model_find_interval(const faltung_axis *axis, model_interval *interval)
{
    unsigned faults = kernel_faults(axis);
    faults |= axis->input < 1 ? BIT(ERROR_EMPTY) : 0;
    faults |= axis->transposed || axis->input_dilation > 1 ? BIT(ERROR_PADDING) : 0;
    if (faults)
        return faults;
    interval->output = ceil_div(axis->input, axis->stride);
    interval->twice_min = (interval->output - 1) * axis->stride - axis->input + extent(axis);
    interval->twice_max = interval->twice_min + axis->stride;
    wide lowest = wide_max(0, ceil_div(interval->twice_min, 2));
    interval->exists = 2 * lowest < interval->twice_max;
    interval->lowest = interval->exists ? lowest : 0;
    return fits(interval->twice_max) ? BIT(OK) : BIT(ERROR_OVERFLOW);
}

unsigned model_find_limits(const faltung_axis *axis, wide *low, wide *high)
{
    unsigned faults = kernel_faults(axis);
    faults |= axis->transposed || axis->input_dilation > 1 ? BIT(ERROR_PADDING) : 0;
    if (axis->stride == 1 && extent(axis) % 2 == 0)
        faults |= BIT(ERROR_NO_PADDING);
    if (faults)
        return faults;
    *low = wide_max(0, ceil_div(extent(axis) - axis->stride, 2));
    *high = wide_max(0, ceil_div(extent(axis) - 1, 2));
    return BIT(OK);
}
