// SPDX-License-Identifier: Apache-2.0
#include "arithmetic/axis.h"

#include "base/checked.h"

faltung_status fal_axis_extent(const faltung_axis *axis, int64_t *extent)
{
    bool fits = fal_subtract(axis->kernel, 1, extent) &&
                fal_multiply(*extent, axis->dilation, extent) && fal_add(*extent, 1, extent);
    return fits ? FALTUNG_OK : FALTUNG_ERROR_OVERFLOW;
}

faltung_status fal_axis_spread(const faltung_axis *axis, int64_t *spread)
{
    bool fits = fal_subtract(axis->input, 1, spread) &&
                fal_multiply(*spread, axis->input_dilation, spread) && fal_add(*spread, 1, spread);
    return fits ? FALTUNG_OK : FALTUNG_ERROR_OVERFLOW;
}

// floor(((W - 1)*L + 1 + begin + end - K_eff)/S) + 1. Without what is cropped all positions are
// representable, too: what is cropped at one side may be padded again at the other.
static faltung_status forward_output(const faltung_axis *axis, int64_t extent, int64_t *size)
{
    const faltung_padding p = axis->padding;
    int64_t spread, padded;
    if (fal_axis_spread(axis, &spread) || !fal_add(spread, fal_most(p.begin, 0), &padded) ||
        !fal_add(padded, fal_most(p.end, 0), &padded))
        return FALTUNG_ERROR_OVERFLOW;
    padded += fal_least(p.begin, 0);
    padded += fal_least(p.end, 0);
    if (padded < extent)
        return FALTUNG_ERROR_TOO_SMALL;
    *size = (padded - extent) / axis->stride + 1;
    return FALTUNG_OK;
}

// (W - 1)*S + K_eff + output_padding, before anything is cropped.
static bool full_output(const faltung_axis *axis, int64_t extent, int64_t *size)
{
    return fal_multiply(axis->input - 1, axis->stride, size) && fal_add(*size, extent, size) &&
           fal_add(*size, axis->output_padding, size);
}

// Extends it where a side is negative, and then crops it.
static bool crop(const faltung_axis *axis, int64_t *size)
{
    const faltung_padding p = axis->padding;
    if (!fal_add(*size, fal_most(-p.begin, 0), size) || !fal_add(*size, fal_most(-p.end, 0), size))
        return false;
    *size -= fal_most(p.begin, 0);
    *size -= fal_most(p.end, 0);
    return true;
}

faltung_status fal_axis_output(const faltung_axis *axis, int64_t *size)
{
    int64_t extent;
    if (fal_axis_extent(axis, &extent))
        return FALTUNG_ERROR_OVERFLOW;
    if (!axis->transposed)
        return forward_output(axis, extent, size);
    if (!full_output(axis, extent, size) || !crop(axis, size))
        return FALTUNG_ERROR_OVERFLOW;
    return *size < 1 ? FALTUNG_ERROR_TOO_SMALL : FALTUNG_OK;
}

faltung_status fal_axis_output_range(const faltung_axis *axis, int64_t *low, int64_t *high)
{
    faltung_axis plain = *axis;
    int64_t extent;
    plain.output_padding = 0;
    bool fits = !fal_axis_extent(&plain, &extent) && full_output(&plain, extent, low) &&
                crop(&plain, low) && fal_add(*low, axis->stride - 1, high);
    return fits ? FALTUNG_OK : FALTUNG_ERROR_OVERFLOW;
}
