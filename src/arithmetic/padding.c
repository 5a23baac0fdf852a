// SPDX-License-Identifier: Apache-2.0
//
// The padding rules. Notation as in faltung.h: W input, K_eff extent of the kernel, S stride.
#include "arithmetic/axis.h"

#include "base/checked.h"

// What both sides together must pad for an output of ceil(W/S): (ceil(W/S) - 1)*S - W + K_eff. It
// is negative where the last window ends inside the input. The first two terms lie in [-S, 0).
static bool find_total(const faltung_axis *axis, int64_t extent, int64_t *total)
{
    int64_t last_start = (axis->input - 1) / axis->stride * axis->stride;
    return fal_add(last_start - axis->input, extent, total);
}

faltung_status fal_axis_interval(const faltung_axis *axis, faltung_padding_interval *interval)
{
    faltung_padding_interval found;
    int64_t extent;
    if (axis->transposed || axis->input_dilation > 1)
        return FALTUNG_ERROR_PADDING;
    if (fal_axis_extent(axis, &extent) || !find_total(axis, extent, &found.twice_min) ||
        !fal_add(found.twice_min, axis->stride, &found.twice_max))
        return FALTUNG_ERROR_OVERFLOW;
    found.output = (axis->input - 1) / axis->stride + 1;
    found.lowest = found.twice_min > 0 ? fal_ceil_divide(found.twice_min, 2) : 0;
    // twice_max - 1 is the greatest whole 2P: comparing halves keeps 2*lowest from overflowing.
    found.exists = found.lowest <= fal_floor_divide(found.twice_max - 1, 2);
    if (!found.exists)
        found.lowest = 0;
    *interval = found;
    return FALTUNG_OK;
}

static faltung_status apply_valid(faltung_axis *axis)
{
    axis->padding = (faltung_padding){0, 0};
    return FALTUNG_OK;
}

static faltung_status apply_same(faltung_axis *axis)
{
    int64_t extent;
    if (axis->transposed || axis->stride != 1)
        return FALTUNG_ERROR_PADDING;
    if (fal_axis_extent(axis, &extent))
        return FALTUNG_ERROR_OVERFLOW;
    int64_t begin = (extent - 1) / 2;
    axis->padding = (faltung_padding){begin, extent - 1 - begin};
    return FALTUNG_OK;
}

// An odd one goes to the end, or to the begin for SAME_LOWER.
static faltung_padding split(int64_t total, faltung_padding_rule rule)
{
    int64_t less = total / 2, more = total - less;
    return rule == FALTUNG_PADDING_SAME_LOWER ? (faltung_padding){more, less}
                                              : (faltung_padding){less, more};
}

faltung_status fal_axis_crop_to(faltung_axis *axis, faltung_padding_rule rule, int64_t size)
{
    faltung_axis whole = *axis;
    int64_t output;
    whole.padding = (faltung_padding){0, 0};
    if (fal_axis_output(&whole, &output))
        return FALTUNG_ERROR_OVERFLOW;
    axis->padding = output < size ? (faltung_padding){0, output - size} // both are at least 1
                                  : split(output - size, rule);
    return FALTUNG_OK;
}

// For a transposed axis, the output is to be W*S: where the kernel is larger than the stride its
// surplus is cropped, where it is smaller the output is padded.
static faltung_status apply_same_upper(faltung_axis *axis)
{
    int64_t extent, total, scaled;
    if (fal_axis_extent(axis, &extent))
        return FALTUNG_ERROR_OVERFLOW;
    if (axis->transposed) {
        if (!fal_multiply(axis->input, axis->stride, &scaled))
            return FALTUNG_ERROR_OVERFLOW;
        total = extent - axis->stride;
    } else if (!find_total(axis, extent, &total)) {
        return FALTUNG_ERROR_OVERFLOW;
    }
    int64_t surplus = total > 0 ? total : 0;
    axis->padding = split(surplus, FALTUNG_PADDING_SAME_UPPER);
    if (axis->transposed)
        axis->output_padding = total < 0 ? -total : 0;
    return FALTUNG_OK;
}

static faltung_status apply_same_lower(faltung_axis *axis)
{
    faltung_status status = apply_same_upper(axis);
    if (!status)
        axis->padding = (faltung_padding){axis->padding.end, axis->padding.begin};
    return status;
}

static faltung_status apply_same_symmetric(faltung_axis *axis)
{
    faltung_padding_interval interval;
    faltung_status status = fal_axis_interval(axis, &interval);
    if (status)
        return status;
    if (!interval.exists)
        return FALTUNG_ERROR_NO_PADDING;
    axis->padding = (faltung_padding){interval.lowest, interval.lowest};
    return FALTUNG_OK;
}

faltung_status fal_axis_apply_rule(faltung_axis *axis, faltung_padding_rule rule)
{
    static faltung_status (*const rules[])(faltung_axis *) = {
        [FALTUNG_PADDING_VALID] = apply_valid,
        [FALTUNG_PADDING_SAME] = apply_same,
        [FALTUNG_PADDING_SAME_UPPER] = apply_same_upper,
        [FALTUNG_PADDING_SAME_LOWER] = apply_same_lower,
        [FALTUNG_PADDING_SAME_SYMMETRIC] = apply_same_symmetric,
    };
    if (rule == FALTUNG_PADDING_EXPLICIT)
        return FALTUNG_OK;
    if (rule != FALTUNG_PADDING_VALID && axis->input_dilation > 1)
        return FALTUNG_ERROR_PADDING;
    return rules[rule](axis);
}
